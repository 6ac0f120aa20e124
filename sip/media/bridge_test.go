package media

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

var loopback = netip.MustParseAddr("127.0.0.1")

// patience bounds every wait of these tests; only a failure takes so long.
const patience = 5 * time.Second

func newPool(t testing.TB, change ...func(*Config)) *Pool {
	t.Helper()
	c := Config{BindIP: loopback, PortMin: 41000, PortMax: 43999}
	for _, f := range change {
		f(&c)
	}
	p, err := NewPool(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newBridge(t testing.TB, change ...func(*Config)) *Bridge {
	t.Helper()
	b, err := newPool(t, change...).NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// peer is a far end: an RTP and an RTCP socket, and a stream to send.
type peer struct {
	t         testing.TB
	rtp, rtcp *net.UDPConn
	to        Description // our bridge's side
	next      rtp.Header
}

func newPeer(t testing.TB) *peer {
	t.Helper()
	p := &peer{t: t, next: rtp.Header{Version: 2, SequenceNumber: 1000, Timestamp: 5000, SSRC: 0xabcd}}
	for _, conn := range []**net.UDPConn{&p.rtp, &p.rtcp} {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		*conn = c
	}
	return p
}

func port(c *net.UDPConn) uint16 { return c.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// sdp describes the peer; formats is the end of its m= line, extra are
// attributes.
func (p *peer) sdp(formats string, extra ...string) []byte {
	lines := []string{"c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d RTP/AVP %s", port(p.rtp), formats),
		"a=rtpmap:101 telephone-event/8000", "a=rtpmap:96 telephone-event/8000",
		fmt.Sprintf("a=rtcp:%d", port(p.rtcp))}
	return body(append(lines, extra...)...)
}

// join answers the bridge's offer to a side.
func (p *peer) join(b *Bridge, side Side, formats string, extra ...string) {
	p.t.Helper()
	var err error
	if p.to, err = Parse(b.Offer(side)); err != nil {
		p.t.Fatal(err)
	}
	if err := b.SetRemote(side, p.sdp(formats, extra...)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) send(pt uint8, payload []byte) {
	p.t.Helper()
	p.sendFrom(p.rtp, pt, payload)
}

func (p *peer) sendFrom(conn *net.UDPConn, pt uint8, payload []byte) {
	p.t.Helper()
	p.next.PayloadType = pt
	raw, err := (&rtp.Packet{Header: p.next, Payload: payload}).Marshal()
	if err == nil {
		_, err = conn.WriteToUDPAddrPort(raw, p.to.RTP)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.next.SequenceNumber++
	p.next.Timestamp += frameSamples
}

func (p *peer) receive() rtp.Packet {
	p.t.Helper()
	var packet rtp.Packet
	buffer := make([]byte, maxPacket)
	if err := p.rtp.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	n, err := p.rtp.Read(buffer)
	if err == nil {
		err = packet.Unmarshal(buffer[:n])
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return packet
}

// until polls, with a limit.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func talk(t testing.TB, deskFormats, customerFormats string) (b *Bridge, desk, customer *peer) {
	t.Helper()
	b, desk, customer = newBridge(t), newPeer(t), newPeer(t)
	desk.join(b, Desk, deskFormats)
	customer.join(b, Customer, customerFormats)
	b.Connect()
	return b, desk, customer
}

func TestRelayForwardsUntouchedWhenCodecsAgree(t *testing.T) {
	_, desk, customer := talk(t, "0", "8 0")
	sound := []byte{1, 2, 3, 0x7f, 0xff}
	desk.send(0, sound)
	if got := customer.receive(); got.PayloadType != 0 || !bytes.Equal(got.Payload, sound) {
		t.Errorf("desk → customer: %v", got)
	}
	customer.send(0, sound)
	if got := desk.receive(); got.PayloadType != 0 || !bytes.Equal(got.Payload, sound) {
		t.Errorf("customer → desk: %v", got)
	}
}

func TestRelayConvertsWhenCodecsDiffer(t *testing.T) {
	_, desk, customer := talk(t, "0", "8")
	sound := Render(Frame, DialTone.Source())
	sent, want := make([]byte, len(sound)), make([]byte, len(sound))
	PCMU.Encode(sent, sound)
	copy(want, sent)
	PCMU.Convert(want)
	desk.send(0, sent)
	got := customer.receive()
	if got.PayloadType != 8 || !bytes.Equal(got.Payload, want) {
		t.Errorf("payload type %d, %x", got.PayloadType, got.Payload)
	}
	heard := make([]int16, len(got.Payload))
	PCMA.Decode(heard, got.Payload)
	if s := strength(heard, 400); s < toneAmplitude*0.9 {
		t.Errorf("the tone arrives with amplitude %.0f", s)
	}
	customer.send(8, want)
	if got := desk.receive(); got.PayloadType != 0 {
		t.Errorf("customer → desk: payload type %d", got.PayloadType)
	}
}

func TestKeyPressesGetTheOtherSidesNumber(t *testing.T) {
	_, desk, customer := talk(t, "0 101", "0 96")
	event := []byte{5, 0x0a, 0, 160}
	desk.send(101, event)
	if got := customer.receive(); got.PayloadType != 96 || !bytes.Equal(got.Payload, event) {
		t.Errorf("desk → customer: %v", got)
	}
	// The customer may send our number, as it should, or its own, as many do.
	for _, pt := range []uint8{101, 96} {
		customer.send(pt, event)
		if got := desk.receive(); got.PayloadType != 101 || !bytes.Equal(got.Payload, event) {
			t.Errorf("customer's %d → desk: %v", pt, got)
		}
	}
}

func TestKeyPressesNobodyTakesLeaveNoGap(t *testing.T) {
	_, desk, customer := talk(t, "0 101", "0")
	desk.send(0, []byte{1})
	first := customer.receive()
	desk.send(101, []byte{5, 0x0a, 0, 160})
	desk.send(0, []byte{2})
	if got := customer.receive(); got.SequenceNumber != first.SequenceNumber+1 || got.Payload[0] != 2 {
		t.Errorf("after the event: %v, first was %v", got, first)
	}
}

func TestOneStreamThoughTheSourceChanges(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	customer.send(0, []byte{1})
	first := desk.receive()
	// Another phone takes over the call: new address, new SSRC, new numbers.
	other := newPeer(t)
	other.next.SSRC, other.next.SequenceNumber, other.next.Timestamp = 99, 40000, 1
	other.join(b, Customer, "8")
	other.send(8, []byte{0xd5})
	got := desk.receive()
	if got.SSRC != first.SSRC || got.SequenceNumber != first.SequenceNumber+1 || int32(got.Timestamp-first.Timestamp) <= 0 {
		t.Errorf("after the change: %v, before: %v", got.Header, first.Header)
	}
	if !got.Marker || got.PayloadType != 0 {
		t.Errorf("marker %v, payload type %d", got.Marker, got.PayloadType)
	}
}

func TestStrangersAreDroppedAndCounted(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	stranger := newPeer(t)
	stranger.to = desk.to
	for range 3 {
		stranger.send(0, []byte{66})
	}
	until(t, "strangers counted", func() bool { return b.Stats(Desk).Strangers == 3 })
	desk.send(0, []byte{1})
	if got := customer.receive(); got.Payload[0] != 1 {
		t.Errorf("heard %v", got)
	}
	if s := b.Stats(Desk); s.PacketsIn != 1 {
		t.Errorf("counted %d packets", s.PacketsIn)
	}
}

func TestRubbishIsCountedAndNotPassedOn(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	if _, err := desk.rtp.WriteToUDPAddrPort([]byte("hello, is this RTP?"), desk.to.RTP); err != nil {
		t.Fatal(err)
	}
	desk.send(18, []byte{66}) // G.729, never agreed on
	desk.send(0, []byte{1})
	if got := customer.receive(); got.Payload[0] != 1 {
		t.Errorf("heard %v", got)
	}
	if s := b.Stats(Desk); s.Malformed != 1 || s.Unexpected != 1 {
		t.Errorf("malformed %d, unexpected %d", s.Malformed, s.Unexpected)
	}
}

func TestBehindNATTheFirstValidPacketDecides(t *testing.T) {
	b, desk, customer := newBridge(t), newPeer(t), newPeer(t)
	customer.join(b, Customer, "0")
	desk.to, _ = Parse(b.Offer(Desk))
	b.BehindNAT(Desk, loopback)
	hidden := body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 9 RTP/AVP 0")
	if err := b.SetRemote(Desk, hidden); err != nil {
		t.Fatal(err)
	}
	b.Connect()
	if _, err := desk.rtp.WriteToUDPAddrPort([]byte("not RTP"), desk.to.RTP); err != nil {
		t.Fatal(err)
	}
	until(t, "rubbish counted", func() bool { return b.Stats(Desk).Malformed == 1 })
	desk.send(0, []byte{1})
	customer.receive()
	customer.send(0, []byte{2})
	if got := desk.receive(); got.Payload[0] != 2 {
		t.Errorf("desk heard %v", got)
	}
	// Latched: another port of the same host is a stranger, also after the same
	// SDP came again.
	if err := b.SetRemote(Desk, hidden); err != nil {
		t.Fatal(err)
	}
	other := newPeer(t)
	other.to = desk.to
	other.send(0, []byte{66})
	until(t, "stranger counted", func() bool { return b.Stats(Desk).Strangers == 1 })
	// A new SDP opens the latch.
	if err := b.SetRemote(Desk, body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 11 RTP/AVP 0")); err != nil {
		t.Fatal(err)
	}
	other.send(0, []byte{3})
	if got := customer.receive(); got.Payload[0] != 3 {
		t.Errorf("customer heard %v", got)
	}
}

func TestNothingPassesBeforeConnect(t *testing.T) {
	b, desk, customer := newBridge(t), newPeer(t), newPeer(t)
	desk.join(b, Desk, "0")
	customer.join(b, Customer, "0")
	if b.Heard(Customer) {
		t.Error("heard before a word was said")
	}
	customer.send(0, []byte{1})
	until(t, "early media heard", func() bool { return b.Heard(Customer) })
	b.Connect()
	b.Connect()
	customer.send(0, []byte{2})
	if got := desk.receive(); got.Payload[0] != 2 {
		t.Errorf("desk heard %v", got)
	}
}

func TestHoldStopsSoundTowardsTheHolderOnly(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	desk.send(0, []byte{1})
	first := customer.receive()
	answer, err := b.Answer(Customer, customer.sdp("0", "a=sendonly"))
	if err != nil || !bytes.Contains(answer, []byte("a=recvonly")) || !b.Held(Customer) || b.Held(Desk) {
		t.Fatalf("%v, held %v\n%s", err, b.Held(Customer), answer)
	}
	desk.send(0, []byte{2})
	until(t, "held packet taken", func() bool { return b.Stats(Desk).PacketsIn == 2 })
	customer.send(0, []byte{3}) // music on hold
	if got := desk.receive(); got.Payload[0] != 3 {
		t.Errorf("desk heard %v", got)
	}
	if _, err := b.Answer(Customer, customer.sdp("0")); err != nil || b.Held(Customer) {
		t.Fatalf("resume: %v, held %v", err, b.Held(Customer))
	}
	desk.send(0, []byte{4})
	if got := customer.receive(); got.Payload[0] != 4 || got.SequenceNumber != first.SequenceNumber+1 {
		t.Errorf("after the hold: %v, before: %v", got, first)
	}
}

func TestBadAnswerChangesNothing(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	if err := b.SetRemote(Desk, desk.sdp("18")); !errors.Is(err, ErrNoCodec) {
		t.Errorf("got %v", err)
	}
	if _, err := b.Answer(Desk, []byte("rubbish")); !errors.Is(err, ErrMalformedSDP) {
		t.Errorf("got %v", err)
	}
	customer.send(0, []byte{1})
	if got := desk.receive(); got.Payload[0] != 1 {
		t.Errorf("desk heard %v", got)
	}
}

func TestRingbackPlaysAndYieldsToTheNetwork(t *testing.T) {
	b, desk, customer := newBridge(t), newPeer(t), newPeer(t)
	b.PlayTone(Desk, Ringback) // before the far end is known: waits for it
	desk.join(b, Desk, "8")
	first := desk.receive()
	last := first
	var pcm []int16
	for range 10 {
		last = desk.receive()
		frame := make([]int16, len(last.Payload))
		PCMA.Decode(frame, last.Payload)
		pcm = append(pcm, frame...)
	}
	if last.SequenceNumber != first.SequenceNumber+10 || last.Timestamp != first.Timestamp+1600 || last.PayloadType != 8 {
		t.Errorf("10 packets on: %v after %v", last.Header, first.Header)
	}
	if strength(pcm, 400) < toneAmplitude/4 {
		t.Errorf("no 400 Hz: %.0f", strength(pcm, 400))
	}
	customer.join(b, Customer, "0")
	b.Connect()
	customer.send(0, []byte{0x11})
	for last.PayloadType == 8 && len(last.Payload) != 1 {
		last = desk.receive()
	}
	customer.send(0, []byte{0x12})
	if got := desk.receive(); len(got.Payload) != 1 || got.SSRC != first.SSRC || got.SequenceNumber != last.SequenceNumber+1 {
		t.Errorf("after the network spoke: %v, before %v", got, last)
	}
}

func TestBusyToneShutsOutStrayPackets(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	b.PlayTone(Desk, Busy)
	if got := desk.receive(); len(got.Payload) != frameSamples {
		t.Errorf("no tone: %v", got)
	}
	customer.send(0, []byte{66})
	until(t, "stray packet taken", func() bool { return b.Stats(Customer).PacketsIn == 1 })
	for range 3 {
		if got := desk.receive(); len(got.Payload) != frameSamples {
			t.Errorf("the stray packet came through: %v", got)
		}
	}
	b.StopTone(Desk)
	customer.send(0, []byte{7})
	for {
		if got := desk.receive(); len(got.Payload) == 1 {
			break
		}
	}
}

func TestReportsCarryTrueFigures(t *testing.T) {
	b, desk, customer := newBridge(t, func(c *Config) { c.RTCPInterval = 40 * time.Millisecond }), newPeer(t), newPeer(t)
	desk.join(b, Desk, "0")
	customer.join(b, Customer, "0")
	b.Connect()
	for i := range 20 {
		if i == 10 {
			desk.next.SequenceNumber += 5 // lost on the way
		}
		desk.send(0, []byte{1, 2})
		customer.receive()
	}
	// Earlier reports may have been of the middle of it.
	toDesk := desk.report(func(p rtcp.Packet) bool {
		rr, ok := p.(*rtcp.ReceiverReport)
		return ok && rr.Reports[0].LastSequenceNumber == 1024
	}).(*rtcp.ReceiverReport)
	if r := toDesk.Reports[0]; r.SSRC != desk.next.SSRC || r.TotalLost != 5 {
		t.Errorf("to the desk: %+v", r)
	}
	toCustomer := customer.report(func(p rtcp.Packet) bool {
		sr, ok := p.(*rtcp.SenderReport)
		return ok && sr.PacketCount == 20
	}).(*rtcp.SenderReport)
	if toCustomer.OctetCount != 40 {
		t.Errorf("to the customer: %+v", toCustomer)
	}
	customer.answerReport(toCustomer)
	until(t, "the customer's report read", func() bool { return b.Stats(Customer).Far.Reports == 1 })
	s := b.Stats(Customer)
	if s.Far.Lost != 3 || s.Far.Jitter != 10*time.Millisecond || s.Far.RoundTrip > time.Second {
		t.Errorf("%+v", s.Far)
	}
	if s := b.Stats(Desk); s.PacketsIn != 20 || s.Lost != 5 || s.BytesIn != 20*14 || s.LastIn.IsZero() {
		t.Errorf("desk: %+v", s)
	}
	b.Close()
	customer.report(func(p rtcp.Packet) bool { _, ok := p.(*rtcp.Goodbye); return ok })
}

// report waits for an RTCP packet that fits.
func (p *peer) report(fits func(rtcp.Packet) bool) rtcp.Packet {
	p.t.Helper()
	buffer := make([]byte, maxPacket)
	if err := p.rtcp.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	for {
		n, err := p.rtcp.Read(buffer)
		if err != nil {
			p.t.Fatal(err)
		}
		if p.rtcp == p.rtp && !isReport(buffer[:n]) {
			continue
		}
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err == nil {
			err = rtcp.CompoundPacket(packets).Validate()
		}
		if err != nil {
			p.t.Fatal(err)
		}
		for _, packet := range packets {
			if fits(packet) {
				return packet
			}
		}
	}
}

// answerReport tells the bridge of 3 lost packets and 10 ms of jitter.
func (p *peer) answerReport(sr *rtcp.SenderReport) {
	p.t.Helper()
	rr := &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, TotalLost: 3, Jitter: 80, LastSenderReport: uint32(sr.NTPTime >> 16)}}}
	raw, err := rr.Marshal()
	if err == nil {
		_, err = p.rtcp.WriteToUDPAddrPort(raw, p.to.RTCP)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestPortsRunOutAndComeBack(t *testing.T) {
	pool := newPool(t, func(c *Config) { c.PortMin, c.PortMax = 44001, 44005 })
	b, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	for side, sdp := range map[string][]byte{"desk": b.Offer(Desk), "customer": b.Offer(Customer)} {
		d, err := Parse(sdp)
		if err != nil || d.RTP.Port()%2 != 0 || d.RTCP.Port() != d.RTP.Port()+1 {
			t.Errorf("%s: %v, %+v", side, err, d)
		}
	}
	if _, err := pool.NewBridge(); !errors.Is(err, ErrPortsExhausted) {
		t.Errorf("third and fourth pair of two: %v", err)
	}
	b.Close()
	b.Close()
	if pool.Free() != 2 {
		t.Errorf("%d pairs free after Close", pool.Free())
	}
	again, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestPortsOfOthersArePassedOver(t *testing.T) {
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 44021})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	pool := newPool(t, func(c *Config) { c.PortMin, c.PortMax = 44020, 44023 })
	pair, err := pool.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer pair.Close()
	if pair.Addr().Port() != 44022 {
		t.Errorf("got port %d", pair.Addr().Port())
	}
	if _, err := pool.Open(); !errors.Is(err, ErrPortsExhausted) {
		t.Errorf("got %v", err)
	}
}

func TestNewPoolRefuses(t *testing.T) {
	any4, v6 := netip.IPv4Unspecified(), netip.IPv6Loopback()
	for name, c := range map[string]Config{
		"no address":               {PortMin: 4000, PortMax: 5000},
		"two IP versions":          {BindIP: v6, AdvertiseIP: loopback, PortMin: 4000, PortMax: 5000},
		":: to be advertised":      {BindIP: netip.IPv6Unspecified(), PortMin: 4000, PortMax: 5000},
		"0.0.0.0 to be advertised": {BindIP: any4, PortMin: 4000, PortMax: 5000},
		"range too small":          {BindIP: loopback, PortMin: 4000, PortMax: 4002},
		"range upside down":        {BindIP: loopback, PortMin: 5000, PortMax: 4000},
		"port 0":                   {BindIP: loopback, PortMax: 4000},
		"past the end":             {BindIP: loopback, PortMin: 65535, PortMax: 65535},
	} {
		if _, err := NewPool(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	foreign := newPool(t, func(c *Config) { c.BindIP = netip.MustParseAddr("192.0.2.1") })
	if _, err := foreign.Open(); err == nil || errors.Is(err, ErrPortsExhausted) {
		t.Errorf("an address that is not ours: %v", err)
	}
}

// TestNoSoundGoesToThisMachine: a far end cannot have us send to what listens on loopback.
func TestNoSoundGoesToThisMachine(t *testing.T) {
	for name, own := range map[string]bool{"of a machine by itself": true, "of one that others reach": false} {
		b := newBridge(t, func(c *Config) {
			if !own {
				c.BindIP, c.AdvertiseIP = netip.IPv4Unspecified(), netip.MustParseAddr("192.0.2.1")
			}
		})
		newPeer(t).join(b, Customer, "0")
		far := b.leg(Customer).far.Load()
		if far.sendable() != own || far.rtcp.Addr().IsUnspecified() == own {
			t.Errorf("%s: sound goes to %v, reports to %v", name, far.rtp, far.rtcp)
		}
	}
	v6 := newPool(t, func(c *Config) { c.BindIP, c.AdvertiseIP = netip.IPv6Unspecified(), netip.MustParseAddr("2001:db8::1") })
	if at := v6.outside(netip.MustParseAddrPort("[::1]:4000")); at != netip.MustParseAddrPort("[::]:4000") {
		t.Errorf("sound goes to %v", at)
	}
}

// TestNoSoundGoesInARing: nobody has a call's own port be its far end, neither that of their side nor the other's.
func TestNoSoundGoesInARing(t *testing.T) {
	b := newBridge(t)
	newPeer(t).join(b, Customer, "0")
	if !b.leg(Customer).far.Load().sendable() {
		t.Fatal("an ordinary far end takes no sound")
	}
	for _, side := range []Side{Desk, Customer} {
		at := b.leg(side).Addr()
		for _, ours := range []netip.AddrPort{at, netip.AddrPortFrom(at.Addr(), at.Port()+1)} {
			if got := b.pool.outside(ours); !got.Addr().IsUnspecified() {
				t.Errorf("sound goes to %v", got)
			}
		}
	}
}

// TestForwardPathDoesNotAllocate drives the handler itself, so that only our
// own work is measured; it includes the send.
func TestForwardPathDoesNotAllocate(t *testing.T) {
	b, desk, _ := talk(t, "0", "8")
	l := b.leg(Desk)
	packet := make([]byte, rtpHeaderSize+frameSamples)
	packet[0] = rtpVersionBits
	from := netip.AddrPortFrom(loopback, port(desk.rtp))
	h := header{ssrc: 5}
	allocs := testing.AllocsPerRun(1000, func() {
		writeHeader(packet, h)
		h.seq++
		h.ts += frameSamples
		l.heardRTP(packet, from, time.Now())
	})
	if allocs != 0 {
		t.Errorf("%.1f allocations a packet", allocs)
	}
	if s := b.Stats(Customer); s.PacketsOut < 1000 {
		t.Errorf("only %d packets sent", s.PacketsOut)
	}
}

// TestEverythingAtOnce is for the race detector: signalling, tones, sound and
// the end in any order.
func TestEverythingAtOnce(t *testing.T) {
	b, desk, customer := talk(t, "0", "8")
	var work sync.WaitGroup
	for _, f := range []func(i int){
		func(int) { desk.send(0, []byte{1}) },
		func(int) { customer.send(8, []byte{1}) },
		func(i int) { b.PlayTone(Desk, Tone(i%3)) },
		func(int) { b.StopTone(Desk) },
		func(int) { b.BehindNAT(Customer, loopback) },
		func(i int) { _ = b.SetRemote(Customer, customer.sdp([]string{"0", "8"}[i%2])) },
		func(int) { b.Stats(Desk); b.Heard(Customer); b.Offer(Desk) },
		func(i int) {
			if i == 150 {
				b.Close()
			}
		},
	} {
		work.Go(func() {
			for i := range 200 {
				f(i)
			}
		})
	}
	work.Wait()
	b.PlayTone(Desk, Busy) // after the end: nothing
	b.Close()
}

func BenchmarkForward(b *testing.B) {
	bridge, desk, _ := talk(b, "0", "8")
	l := bridge.leg(Desk)
	packet := make([]byte, rtpHeaderSize+frameSamples)
	packet[0] = rtpVersionBits
	from := netip.AddrPortFrom(loopback, port(desk.rtp))
	h := header{ssrc: 5}
	b.ReportAllocs()
	for b.Loop() {
		writeHeader(packet, h)
		h.seq++
		h.ts += frameSamples
		l.heardRTP(packet, from, time.Now())
	}
}

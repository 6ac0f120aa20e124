package sip

import (
	"math"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
)

// chat is a talk whose ends both send sound all the time, until they are told not to.
type chat struct {
	r              *rig
	line           dialer.Line
	desk, customer *speaker
	legs           [2]*watched
	invites        [2]*sip.Request // ours to the far ends
	cseq           [2]int          // of their own requests
}

// speaker is a far end that talks: a packet every 10 ms.
type speaker struct {
	*voice

	silent atomic.Bool
	drops  atomic.Int64                // of as many packets, one never leaves; 0 for none
	from   atomic.Pointer[net.UDPConn] // another socket to send from
	spoken atomic.Int64
}

func speak(t *testing.T) *speaker {
	t.Helper()
	return &speaker{voice: newVoice(t)}
}

// talks sends until the test ends.
func (s *speaker) talks(t *testing.T) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(stop); <-stopped })
	go func() {
		defer close(stopped)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if s.silent.Load() {
				continue
			}
			n++
			if every := int(s.drops.Load()); every > 0 && n%every == 0 {
				continue
			}
			s.sound(n)
		}
	}()
}

func (s *speaker) sound(n int) {
	raw, err := (&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: uint32(80 * n), SSRC: 7}, //nolint:gosec // they wrap
		Payload: make([]byte, 80),
	}).Marshal()
	if err != nil {
		panic(err)
	}
	conn := s.conn
	if other := s.from.Load(); other != nil {
		conn = other
	}
	if _, err := conn.WriteToUDPAddrPort(raw, s.to); err == nil {
		s.spoken.Add(1)
	}
}

// soundTimers are short, and still far longer than anything a busy machine does between two packets.
func soundTimers(c *Config) {
	c.SoundCheck, c.SilentAfter = 250*time.Millisecond, time.Second
}

func newChat(t *testing.T, change ...func(*Config)) *chat {
	t.Helper()
	r := newRig(t, append([]func(*Config){soundTimers}, change...)...)
	k := &chat{r: r, line: r.line(t), desk: speak(t), customer: speak(t), cseq: [2]int{1, 1}}
	k.legs = [2]*watched{watch(k.line.Desk()), watch(k.line.Customer())}
	for i, l := range k.legs {
		l.Dial()
		p, s, tag := k.far(i)
		k.invites[i] = s.answer(t, p, tag)
		l.until(t, dialer.LegAnswered)
		l.Confirm()
		s.talks(t)
	}
	k.line.Join()
	return k
}

// far is a leg's far end: 0 is the desk, 1 the customer.
func (k *chat) far(leg int) (*peer, *speaker, string) {
	if leg == 0 {
		return k.r.desk, k.desk, "d"
	}
	return k.r.trunk, k.customer, "a"
}

// waits until the talk has been looked at for so long, whatever the looks found.
func (k *chat) waits(t *testing.T, d time.Duration) {
	t.Helper()
	s := k.line.(*line).sound
	from := time.Now()
	eventually(t, "the talk was looked at for "+d.String(), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.looked.Sub(from) > d
	})
}

// ends hangs up and checks what was told of the sound in all, by leg.
func (k *chat) ends(t *testing.T, desk, customer []dialer.EvidenceEvent) {
	t.Helper()
	for i, l := range k.legs {
		l.Drop()
		p, _, _ := k.far(i)
		p.reply(p.request(t, "BYE"), say{status: 200})
		l.gone(t)
		want := [][]dialer.EvidenceEvent{desk, customer}[i]
		var got []dialer.EvidenceEvent
		for _, f := range l.all {
			switch f.Evidence.Event {
			case dialer.EvOneWay, dialer.EvDeadAir, dialer.EvSoundBack:
				got = append(got, f.Evidence.Event)
			default:
			}
		}
		if len(got) != len(want) {
			t.Errorf("leg %d told %v, want %v", i, got, want)
			continue
		}
		for n := range got {
			if got[n] != want[n] {
				t.Errorf("leg %d told %v, want %v", i, got, want)
			}
		}
	}
}

func told(events ...dialer.EvidenceEvent) []dialer.EvidenceEvent { return events }

// TestSilentEndIsToldWithItsSide: once when it stops, once when it is back, by the leg that it is about.
func TestSilentEndIsToldWithItsSide(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.waits(t, time.Millisecond)
	for i, s := range []*speaker{k.desk, k.customer} {
		s.silent.Store(true)
		if f := k.legs[i].untilEvent(t, dialer.EvOneWay); f.Kind != dialer.LegNote || f.Evidence.Leg != []dialer.LegName{dialer.DeskLeg, dialer.CustomerLeg}[i] {
			t.Errorf("%+v", f)
		}
		s.silent.Store(false)
		k.legs[i].untilEvent(t, dialer.EvSoundBack)
	}
	k.desk.silent.Store(true)
	k.customer.silent.Store(true)
	k.legs[1].untilEvent(t, dialer.EvDeadAir)
	k.customer.silent.Store(false)
	k.legs[0].untilEvent(t, dialer.EvOneWay) // what is left of it
	k.desk.silent.Store(false)
	k.legs[0].untilEvent(t, dialer.EvSoundBack)
	twice := told(dialer.EvOneWay, dialer.EvSoundBack, dialer.EvOneWay, dialer.EvSoundBack)
	k.ends(t, twice, told(dialer.EvOneWay, dialer.EvSoundBack, dialer.EvDeadAir))
}

// TestSoundThatNeverComes: and a hint at why, if its packets come and cannot be taken.
func TestSoundThatNeverComes(t *testing.T) {
	t.Parallel()
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	k := newChat(t)
	k.customer.silent.Store(true)
	k.legs[1].untilEvent(t, dialer.EvOneWay)
	k.customer.silent.Store(false)
	k.legs[1].untilEvent(t, dialer.EvSoundBack)
	k.customer.from.Store(other)
	f := k.legs[1].untilEvent(t, dialer.EvOneWay)
	if f.Evidence.Reason != "packets come from an address that its SDP does not name" {
		t.Errorf("%+v", f.Evidence)
	}
	k.customer.from.Store(nil)
	k.legs[1].untilEvent(t, dialer.EvSoundBack)
	k.ends(t, nil, told(dialer.EvOneWay, dialer.EvSoundBack, dialer.EvOneWay, dialer.EvSoundBack))
}

// TestNobodyIsMissedWhoNeedNotSend: on hold, from whichever side, and a phone that is muted.
func TestNobodyIsMissedWhoNeedNotSend(t *testing.T) {
	t.Parallel()
	for name, rest := range map[string]func(*testing.T, *chat) (over func()){
		"held by the panel": func(_ *testing.T, k *chat) func() {
			k.line.Hold(true)
			k.desk.silent.Store(true)
			k.customer.silent.Store(true)
			return func() { k.line.Hold(false) }
		},
		"muted by the panel": func(_ *testing.T, k *chat) func() {
			k.line.Mute(true)
			k.desk.silent.Store(true)
			return func() { k.line.Mute(false) }
		},
		"held by the phone":                  func(t *testing.T, k *chat) func() { return k.holds(t, 0, "a=sendonly") },
		"held by the phone, inactive":        func(t *testing.T, k *chat) func() { return k.holds(t, 0, "a=inactive") },
		"held by the customer":               func(t *testing.T, k *chat) func() { return k.holds(t, 1, "a=sendonly") },
		"held by the customer, inactive":     func(t *testing.T, k *chat) func() { return k.holds(t, 1, "a=inactive") },
		"a customer who only listens":        func(t *testing.T, k *chat) func() { return k.holds(t, 1, "a=recvonly") },
		"a customer who is held the old way": func(t *testing.T, k *chat) func() { return k.holds(t, 1, "c=IN IP4 0.0.0.0") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newChat(t)
			over := rest(t, k)
			k.waits(t, 2*k.r.cfg.SilentAfter)
			k.desk.silent.Store(false)
			k.customer.silent.Store(false)
			over()
			k.waits(t, 2*k.r.cfg.SilentAfter)
			k.ends(t, nil, nil)
		})
	}
}

// holds has a far end say by a re-INVITE that it holds us, and send nothing more.
func (k *chat) holds(t *testing.T, leg int, how string) (over func()) {
	t.Helper()
	p, s, tag := k.far(leg)
	port := int(localAddr(s.conn).Port())
	again := func(more ...string) {
		k.cseq[leg]++
		invite := k.invites[leg]
		p.write(k.r.Agent, p.within(invite, tag, "INVITE", k.cseq[leg], nil, sdpAt(port, more...)))
		if res := p.response(t, sip.INVITE); res.StatusCode != 200 {
			t.Fatalf("got %d", res.StatusCode)
		}
		p.write(k.r.Agent, p.within(invite, tag, "ACK", k.cseq[leg], nil, ""))
		k.legs[leg].untilEvent(t, dialer.EvChanged)
	}
	again(how)
	s.silent.Store(true)
	return func() { again() }
}

// TestMutedPhoneDoesNotHideTheCustomer: what is muted is the operator's sound alone.
func TestMutedPhoneDoesNotHideTheCustomer(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.line.Mute(true)
	k.desk.silent.Store(true)
	k.customer.silent.Store(true)
	k.legs[1].untilEvent(t, dialer.EvOneWay)
	k.customer.silent.Store(false)
	k.legs[1].untilEvent(t, dialer.EvSoundBack)
	k.ends(t, nil, told(dialer.EvOneWay, dialer.EvSoundBack))
}

// TestSilentTalkThatIsHeldIsOneEpisode: nothing is told anew when it is taken up again.
func TestSilentTalkThatIsHeldIsOneEpisode(t *testing.T) {
	t.Parallel()
	k := newChat(t)
	k.customer.silent.Store(true)
	k.legs[1].untilEvent(t, dialer.EvOneWay)
	k.line.Hold(true)
	k.waits(t, k.r.cfg.SilentAfter)
	k.line.Hold(false)
	k.waits(t, 2*k.r.cfg.SilentAfter)
	k.customer.silent.Store(false)
	k.legs[1].untilEvent(t, dialer.EvSoundBack)
	k.ends(t, nil, told(dialer.EvOneWay, dialer.EvSoundBack))
}

// TestTalkInWhichNobodyEverSent is dead air from the start, wherever it has been handed on to.
func TestTalkInWhichNobodyEverSent(t *testing.T) {
	t.Parallel()
	h := newHandOn(t, soundTimers)
	h.customer.untilEvent(t, dialer.EvDeadAir)
	h.line.Transfer("desk2", false)
	invite := h.next(t)
	h.desk.until(t, dialer.LegMoved)
	h.phone().reply(h.phone().request(t, "BYE"), say{status: 200})
	h.end(t, h.second, invite, "q")
	if h.customer.saw(dialer.EvSoundBack) || h.customer.saw(dialer.EvOneWay) || h.desk.saw(dialer.EvOneWay) {
		t.Errorf("%v, %v", h.desk.kinds(), h.customer.kinds())
	}
	if h.line.Quality().Known() {
		t.Errorf("it sounded like %+v", h.line.Quality())
	}
}

// TestQualityOfALossyCustomer: one packet in ten of the customer's never comes, and by its own word it gets less than all of
// ours. The desk's leg has nothing to do with that.
func TestQualityOfALossyCustomer(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	reports, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reports.Close() })
	k := newChat(t, func(c *Config) { c.Metrics = registry })
	k.cseq[1]++
	k.r.trunk.write(k.r.Agent, k.r.trunk.within(k.invites[1], "a", "INVITE", k.cseq[1], nil,
		sdpAt(int(localAddr(k.customer.conn).Port()), "a=rtcp:"+strconv.Itoa(int(localAddr(reports).Port())))))
	k.r.trunk.response(t, sip.INVITE)
	k.r.trunk.write(k.r.Agent, k.r.trunk.within(k.invites[1], "a", "ACK", k.cseq[1], nil, ""))
	k.legs[1].untilEvent(t, dialer.EvChanged)
	k.customer.drops.Store(10)
	eventually(t, "enough was heard", func() bool {
		q := k.line.Quality()
		return q.Customer.In != nil && q.Customer.In.Packets > 300 && q.Desk.In != nil && q.Desk.In.Packets > 300
	})
	if q := k.line.Quality(); q.Customer.Out != nil || q.Desk.Out != nil {
		t.Errorf("nobody has reported yet: %+v", q.Customer.Out)
	}
	k.report(t, reports, 25)
	eventually(t, "the report was read", func() bool { return k.line.Quality().Customer.Out != nil })
	for _, s := range []*speaker{k.desk, k.customer} {
		s.silent.Store(true)
	}
	k.waits(t, time.Millisecond)
	k.line.Close()
	q := k.line.Quality()
	in, out, desk := q.Customer.In, q.Customer.Out, q.Desk.In
	if loss := in.LossPercent(); math.Abs(loss-10) > 1.5 {
		t.Errorf("%.1f %% lost of the customer's sound, want 10", loss)
	}
	if out.Lost != 25 || out.LossPercent() <= 0 {
		t.Errorf("of ours the customer lost %+v", out)
	}
	if desk.Lost != 0 || desk.MOS <= in.MOS || in.WorstMOS > in.MOS || in.MOS < 1 {
		t.Errorf("desk %+v, customer %+v", desk, in)
	}
	if again := k.line.Quality().Customer.In; *again != *in {
		t.Errorf("a call that is over sounds on: %+v", again)
	}
	if n := opinions(t, registry); n != 3 {
		t.Errorf("%d opinions were counted, want the two legs' and the report's", n)
	}
}

// report is the customer's word on our stream.
func (k *chat) report(t *testing.T, from *net.UDPConn, lost uint32) {
	t.Helper()
	if err := k.customer.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	n, err := k.customer.conn.Read(buf)
	var ours rtp.Packet
	if err == nil {
		err = ours.Unmarshal(buf[:n])
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: ours.SSRC, TotalLost: lost, Jitter: 16}}},
		rtcp.NewCNAMESourceDescription(7, "customer"),
	})
	if err == nil {
		_, err = from.WriteToUDPAddrPort(raw, netip.AddrPortFrom(k.customer.to.Addr(), k.customer.to.Port()+1))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// opinions is how many have gone into the histogram.
func opinions(t *testing.T, registry *prometheus.Registry) (n uint64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "kakeru_mos" {
			for _, m := range f.GetMetric() {
				n += m.GetHistogram().GetSampleCount()
			}
		}
	}
	return n
}

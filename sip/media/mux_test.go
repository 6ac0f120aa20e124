package media

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// muxed has a far end offer to have sound and reports at one port (RFC 5761).
func muxed(t *testing.T, b *Bridge, side Side) *peer {
	t.Helper()
	p := newPeer(t)
	answer, err := b.Answer(side, p.sdp("0", "a=rtcp-mux"))
	if err != nil {
		t.Fatal(err)
	}
	if p.to, err = Parse(answer); err != nil || !p.to.Muxed || p.to.RTCP != p.to.RTP || strings.Contains(string(answer), "a=rtcp:") {
		t.Fatalf("answered: %v, %v\n%s", p.to, err, answer)
	}
	p.rtcp = p.rtp
	return p
}

func TestReportsShareThePortOfTheSound(t *testing.T) {
	b, customer := newBridge(t, func(c *Config) { c.RTCPInterval = 40 * time.Millisecond }), newPeer(t)
	desk := muxed(t, b, Desk)
	customer.join(b, Customer, "0")
	b.Connect()
	if !strings.Contains(string(b.Offer(Desk)), "a=rtcp-mux") {
		t.Error("an offer of ours forgets it")
	}
	if strings.Contains(string(b.Offer(Customer)), "a=rtcp-mux") {
		t.Error("it is offered to somebody who did not ask")
	}
	desk.send(0, []byte{1})
	customer.receive()
	rr := desk.report(func(p rtcp.Packet) bool { _, ok := p.(*rtcp.ReceiverReport); return ok })
	if r := rr.(*rtcp.ReceiverReport).Reports; len(r) != 1 || r[0].SSRC != desk.next.SSRC {
		t.Errorf("%v", rr)
	}
	customer.send(0, []byte{2})
	desk.answerReport(desk.report(func(p rtcp.Packet) bool { _, ok := p.(*rtcp.SenderReport); return ok }).(*rtcp.SenderReport))
	until(t, "the report is read", func() bool { return b.Stats(Desk).Far.Reports == 1 })
	if s := b.Stats(Desk); s.Far.Lost != 3 || s.PacketsIn != 1 || s.Unexpected+s.Malformed+s.Strangers != 0 {
		t.Errorf("%+v", s)
	}
}

func TestOnePortIsNotAskedOfOthers(t *testing.T) {
	b := newBridge(t)
	muxed(t, b, Desk)
	if offer := string(b.OfferAnew(Desk, SRTPOff)); strings.Contains(offer, "rtcp-mux") || !strings.Contains(offer, "a=rtcp:") {
		t.Errorf("somebody new is offered\n%s", offer)
	}
	if !strings.Contains(string(b.Offer(Desk)), "rtcp-mux") {
		t.Error("who agreed to it is not offered it any more")
	}
	if err := b.SetRemote(Desk, newPeer(t).sdp("0")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b.Offer(Desk)), "rtcp-mux") {
		t.Error("who answered without it is offered it")
	}
}

func TestSoundAloneOpensALatchForBoth(t *testing.T) {
	b := newBridge(t)
	b.BehindNAT(Desk, loopback)
	desk, stranger := muxed(t, b, Desk), newPeer(t)
	hidden := body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 9 RTP/AVP 0", "a=rtcp-mux")
	if _, err := b.Answer(Desk, hidden); err != nil {
		t.Fatal(err)
	}
	report, err := (&rtcp.ReceiverReport{SSRC: 1}).Marshal()
	if err == nil {
		_, err = stranger.rtp.WriteToUDPAddrPort(report, desk.to.RTP)
	}
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the report is read", func() bool { return b.Stats(Desk).Far.Reports == 1 })
	if far := b.leg(Desk).far.Load(); far.rtcpLatched || far.rtcp.AddrPort != netip.MustParseAddrPort("192.0.2.77:9") {
		t.Errorf("a report says that reports go to %s", far.rtcp)
	}
	desk.send(0, []byte{1})
	until(t, "the sound is heard", func() bool { return b.Stats(Desk).PacketsIn == 1 })
	far := b.leg(Desk).far.Load()
	if at := netip.AddrPortFrom(loopback, port(desk.rtp)); far.rtp.AddrPort != at || far.rtcp.AddrPort != at {
		t.Errorf("sound goes to %s, reports to %s, not to %s", far.rtp, far.rtcp, at)
	}
}

// TestASideThatIsRenewed is the next one's alone: who was there behind a NAT goes on sending, and is nobody there any more.
func TestASideThatIsRenewed(t *testing.T) {
	b, was := newBridge(t), newPeer(t)
	was.to, _ = Parse(b.Offer(Desk))
	b.BehindNAT(Desk, loopback)
	hidden := body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 9 RTP/AVP 0")
	is := func(what string, heard, strangers int) {
		t.Helper()
		was.send(0, []byte{1})
		until(t, what, func() bool { s := b.Stats(Desk); return int(s.PacketsIn) == heard && int(s.Strangers) == strangers })
	}
	if err := b.SetRemote(Desk, hidden); err != nil {
		t.Fatal(err)
	}
	is("it is heard", 1, 0)
	b.Renew(Desk)
	is("nobody is there", 1, 1)
	if err := b.SetRemote(Desk, hidden); err != nil {
		t.Fatal(err)
	}
	is("somebody else is there", 1, 2)
}

func TestBehindNATNetworksOfTheSettingsMaySpeak(t *testing.T) {
	for _, c := range []struct {
		network string
		heard   bool
	}{{"127.0.0.0/24", true}, {"192.0.2.0/24", false}} {
		b := newBridge(t, func(config *Config) { config.Networks = []netip.Prefix{netip.MustParsePrefix(c.network)} })
		b.BehindNAT(Desk, netip.MustParseAddr("192.0.2.77")) // where the signalling comes from
		desk := newPeer(t)
		answer, err := b.Answer(Desk, body("c=IN IP4 192.0.2.78", "t=0 0", "m=audio 9 RTP/AVP 0"))
		if err == nil {
			desk.to, err = Parse(answer)
		}
		if err != nil {
			t.Fatal(err)
		}
		desk.send(0, []byte{1})
		until(t, "it came", func() bool { s := b.Stats(Desk); return s.PacketsIn+s.Strangers == 1 })
		if b.Heard(Desk) != c.heard {
			t.Errorf("%s: heard %v", c.network, b.Heard(Desk))
		}
		b.Close()
	}
}

// TestWhoSpeaksBeforeThePhoneHasAnsweredIsNotThePhone: whoever shares the NAT of a phone and speaks to our port all the time is passed over when the phone speaks, and is heard
// a second later where nobody else has spoken, since an answer may come late.
func TestWhoSpeaksBeforeThePhoneHasAnsweredIsNotThePhone(t *testing.T) {
	for _, silent := range []bool{false, true} {
		b, desk, sprayer, customer := newBridge(t), newPeer(t), newPeer(t), newPeer(t)
		customer.join(b, Customer, "0")
		desk.to, _ = Parse(b.Offer(Desk))
		sprayer.to = desk.to
		b.BehindNAT(Desk, loopback)
		sprayer.send(0, []byte{66})
		until(t, "it came too early", func() bool { return b.Stats(Desk).Strangers == 1 })
		if err := b.SetRemote(Desk, body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 9 RTP/AVP 0")); err != nil {
			t.Fatal(err)
		}
		b.Connect()
		sprayer.send(0, []byte{66})
		until(t, "it is not heard", func() bool { return b.Stats(Desk).Strangers == 2 })
		speaker := desk
		if silent {
			speaker = sprayer
		}
		until(t, "somebody is heard", func() bool {
			speaker.send(0, []byte{1})
			return b.Stats(Desk).PacketsIn > 0
		})
		sprayer.send(0, []byte{66})
		customer.send(0, []byte{2})
		if got := speaker.receive(); got.Payload[0] != 2 {
			t.Errorf("the one that is heard hears %v", got)
		}
		b.Close()
	}
}

// TestBehindNATOneForgedPacketIsNotTheEnd: who forges the address of a phone behind a NAT before the phone has said anything decides for a
// second where its sound goes, and no longer.
func TestBehindNATOneForgedPacketIsNotTheEnd(t *testing.T) {
	b, desk, forger, customer := newBridge(t), newPeer(t), newPeer(t), newPeer(t)
	customer.join(b, Customer, "0")
	desk.to, _ = Parse(b.Offer(Desk))
	forger.to = desk.to
	b.BehindNAT(Desk, loopback)
	if err := b.SetRemote(Desk, body("c=IN IP4 192.0.2.77", "t=0 0", "m=audio 9 RTP/AVP 0")); err != nil {
		t.Fatal(err)
	}
	b.Connect()
	forger.send(0, []byte{66})
	if got := customer.receive(); got.Payload[0] != 66 {
		t.Fatalf("heard %v", got)
	}
	until(t, "the phone is heard", func() bool {
		desk.send(0, []byte{1})
		return b.Stats(Desk).PacketsIn > 1
	})
	customer.send(0, []byte{2})
	if got := desk.receive(); got.Payload[0] != 2 {
		t.Errorf("the desk heard %v", got)
	}
}

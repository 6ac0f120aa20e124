package media

import (
	"net"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// What far ends send that they should not. What strangers send is in bridge_test.go and poller_test.go.

// listened sends a packet of from and says what to hears of it, so that nothing is left on the way.
func listened(from, to *peer) uint16 {
	from.send(0, []byte{1})
	return to.receive().SequenceNumber
}

func TestTwoSourcesUnderOneSSRCStayOneStream(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	last := listened(customer, desk)
	// Somebody else with the same SSRC takes its place, from another port, by a new SDP: its numbers are of another world.
	other := newPeer(t)
	other.next.SSRC, other.next.SequenceNumber, other.next.Timestamp = customer.next.SSRC, 41000, 1<<31
	other.join(b, Customer, "0")
	for range 3 {
		if seq := listened(other, desk); seq != last+1 {
			t.Errorf("number %d after %d", seq, last)
		}
		last++
	}
	if s := b.Stats(Customer); s.Lost != 0 || s.PacketsIn != 4 {
		t.Errorf("%d lost of %d", s.Lost, s.PacketsIn)
	}
	// An echo under the SSRC that is ours is a far end's stream like any other.
	desk.next.SSRC = b.leg(Customer).out.ssrc
	listened(desk, other)
}

func TestNumbersThatJumpLeaveNoHole(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	last := listened(desk, customer)
	for _, jump := range []uint16{10000, 32768, 50000} {
		desk.next.SequenceNumber += jump
		seq := listened(desk, customer)
		if seq != last+1 {
			t.Errorf("jump of %d: number %d after %d", jump, seq, last)
		}
		last = seq
	}
	if s := b.Stats(Desk); s.Lost != 0 {
		t.Errorf("%d are taken for lost", s.Lost)
	}
}

// TestTenTimesTheRate has a far end send 500 packets a second for a while, by the clock: all are passed on, and the other
// direction is not disturbed.
func TestTenTimesTheRate(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	tick := time.NewTicker(Frame / 10)
	defer tick.Stop()
	for i := range 300 {
		<-tick.C
		desk.send(0, []byte{byte(i)})
		if got := customer.receive(); got.Payload[0] != byte(i) {
			t.Fatalf("packet %d: %v", i, got)
		}
		if i%10 == 0 {
			customer.send(0, []byte{byte(i)})
			if got := desk.receive(); got.Payload[0] != byte(i) {
				t.Fatalf("the desk hears %v", got)
			}
		}
	}
	if s := b.Stats(Desk); s.PacketsIn != 300 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// TestGoodbyesEndNothing: it is signalling that ends a call, and anybody on the way can forge an RTCP BYE.
func TestGoodbyesEndNothing(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	listened(desk, customer)
	goodbye, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: desk.next.SSRC}, &rtcp.Goodbye{Sources: []uint32{desk.next.SSRC}}})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(desk.to.RTCP))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	for range 500 {
		_, _ = stranger.Write(goodbye)
		if _, err := desk.rtcp.WriteToUDPAddrPort(goodbye, desk.to.RTCP); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "they came", func() bool { s := b.Stats(Desk); return s.Far.Reports > 0 && s.Strangers > 0 })
	listened(desk, customer)
	listened(customer, desk)
}

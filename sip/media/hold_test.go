package media

import (
	"bytes"
	"testing"
)

// hears sends a packet of from until to gets it: what a mark says.
func hears(t *testing.T, from, to *peer, mark byte) {
	t.Helper()
	payload := bytes.Repeat([]byte{mark}, frameSamples)
	from.send(0, payload)
	for {
		if got := to.receive(); bytes.Equal(got.Payload, payload) {
			return
		}
	}
}

func TestCallIsHandedOnToAnotherPhone(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	hears(t, desk, customer, 1)
	if b.Stats(Other).PacketsIn != 0 {
		t.Error("a third side before there is one")
	}
	if err := b.Open(Other); err != nil {
		t.Fatal(err)
	}
	if err := b.Open(Other); err != nil {
		t.Error(err)
	}
	other := newPeer(t)
	other.join(b, Other, "0")

	// The operator asks a colleague, and the customer hears that somebody will come back.
	b.Link(Desk, Other)
	b.PlayTone(Customer, Hold)
	hears(t, desk, other, 2)
	hears(t, other, desk, 3)
	heardTone := false
	for !heardTone {
		p := customer.receive()
		heardTone = len(p.Payload) == frameSamples && bytes.Count(p.Payload, p.Payload[:1]) < frameSamples
	}

	// The colleague takes over; the operator is out.
	b.StopTone(Customer)
	b.Link(Customer, Other)
	hears(t, customer, other, 4)
	hears(t, other, customer, 5)
	before := b.Stats(Other).PacketsOut
	desk.send(0, bytes.Repeat([]byte{6}, frameSamples))
	until(t, "the operator's packet came", func() bool { return b.Stats(Desk).PacketsIn == 3 })
	if got := b.Stats(Other).PacketsOut; got != before {
		t.Errorf("whoever is out is heard: %d packets more", got-before)
	}
}

func TestMuteKeepsOnesOwnSoundBack(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	hears(t, desk, customer, 1)
	b.Mute(Desk, true)
	b.PlayTone(Customer, Silence)
	desk.send(0, bytes.Repeat([]byte{2}, frameSamples))
	hears(t, customer, desk, 3)
	seq := customer.receive().SequenceNumber
	for range 3 { // the stream goes on in silence, without a gap
		p := customer.receive()
		if bytes.Count(p.Payload, []byte{0xff}) != frameSamples || p.SequenceNumber != seq+1 {
			t.Errorf("sequence %d after %d, payload %d…", p.SequenceNumber, seq, p.Payload[0])
		}
		seq = p.SequenceNumber
	}
	b.Mute(Desk, false)
	hears(t, desk, customer, 4)
}

// TestWhatMustBeHeardWholeWaits for a far end that takes no sound, and begins anew for one that has missed some of it.
func TestWhatMustBeHeardWholeWaits(t *testing.T) {
	for name, deaf := range map[string]string{"it holds": "a=sendonly", "it is inactive": "a=inactive", "it holds the old way": "c=IN IP4 0.0.0.0"} {
		t.Run(name, func(t *testing.T) {
			b, customer := newBridge(t), newPeer(t)
			made, done := make(chan int, 1000), make(chan struct{})
			source := func() Source {
				made <- len(made)
				return For(5*Frame, DialTone.Source())
			}
			again := func() { // what could not be sent yet begins over and over
				n := len(made) + 10
				until(t, "it waits", func() bool { return len(made) >= n })
			}
			b.PlayWhole(Customer, source, func() { close(done) })
			again() // nothing is known of the far end
			customer.join(b, Customer, "0", deaf)
			again()
			customer.join(b, Customer, "0")
			customer.receive()
			customer.join(b, Customer, "0", deaf) // within it
			again()
			select {
			case <-done:
				t.Fatal("it is told to have been heard")
			default:
			}
			before := b.Stats(Customer).PacketsOut
			customer.join(b, Customer, "0")
			<-done
			if sent := b.Stats(Customer).PacketsOut - before; sent < 5 || before > 4 {
				t.Errorf("%d packets of it were sent, and %d before", sent, before)
			}
		})
	}
}

func TestClipIsPlayedOnceAndSaysSo(t *testing.T) {
	b, _, customer := talk(t, "0", "0")
	done := make(chan struct{})
	b.Play(Customer, For(3*Frame, DialTone.Source()), func() { close(done) })
	<-done
	var seen int
	for seen < 3 {
		if p := customer.receive(); len(p.Payload) == frameSamples {
			seen++
		}
	}
	if b.leg(Customer).tone.Load() != nil {
		t.Error("a clip that has ended still plays")
	}
	b.Play(Customer, DialTone.Source(), func() { t.Error("told of an end that it had not") })
	b.Close()
}

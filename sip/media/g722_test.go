package media

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"
)

// tone is one tone; purity is how much of some sound's power is that tone's.
func tone(hz float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/SampleRate))
	}
	return pcm
}

func purity(hz float64, pcm []int16) float64 {
	var in, quad, all float64
	for i, s := range pcm {
		turn := 2 * math.Pi * hz * float64(i) / SampleRate
		in += float64(s) * math.Cos(turn)
		quad += float64(s) * math.Sin(turn)
		all += float64(s) * float64(s)
	}
	return 2 * (in*in + quad*quad) / (all * float64(len(pcm)))
}

// wideTalk is a talk whose line carries G.722; the customer is offered what the desk has.
func wideTalk(t *testing.T, deskFormats, customerFormats string) (b *Bridge, desk, customer *peer, offered string) {
	t.Helper()
	b, desk, customer = newBridge(t), newPeer(t), newPeer(t)
	b.Wideband(true)
	desk.join(b, Desk, deskFormats)
	offered = formatsIn(b.Offer(Customer))
	customer.join(b, Customer, customerFormats)
	b.Connect()
	return b, desk, customer, offered
}

func formatsIn(sdp []byte) string {
	for line := range strings.Lines(string(sdp)) {
		if _, formats, ok := strings.Cut(line, "RTP/AVP "); ok {
			return strings.TrimSpace(formats)
		}
	}
	return ""
}

func TestG722PassesUntouchedWhereBothHaveIt(t *testing.T) {
	_, desk, customer, offered := wideTalk(t, "9 0", "9")
	if offered != "9 0 8 101" {
		t.Errorf("the customer was offered %s", offered)
	}
	sound := bytes.Repeat([]byte{0x7e, 0x01, 0xfa}, 53)
	desk.send(9, sound)
	if got := customer.receive(); got.PayloadType != 9 || !bytes.Equal(got.Payload, sound) {
		t.Errorf("%d: %x", got.PayloadType, got.Payload)
	}
	customer.send(9, sound)
	if got := desk.receive(); got.PayloadType != 9 || !bytes.Equal(got.Payload, sound) {
		t.Errorf("%d: %x", got.PayloadType, got.Payload)
	}
}

func TestG722IsOfferedOnlyWhereItCanPass(t *testing.T) {
	b := newBridge(t)
	if got := formatsIn(b.Offer(Desk)); got != "0 8 101" {
		t.Errorf("a line that does not carry it: %s", got)
	}
	b.Wideband(true)
	if got := formatsIn(b.OfferAnew(Desk, SRTPOff)); got != "9 0 8 101" {
		t.Errorf("a line that carries it: %s", got)
	}
	newPeer(t).join(b, Desk, "8")
	if got := formatsIn(b.Offer(Customer)); got != "0 8 101" {
		t.Errorf("a phone without it: %s", got)
	}
	answer, err := b.Answer(Customer, newPeer(t).sdp("9 8"))
	if got := formatsIn(answer); err != nil || got != "8" {
		t.Errorf("a caller with it, a phone without: %q, %v", got, err)
	}
	if _, err := b.Answer(Customer, newPeer(t).sdp("9")); err == nil {
		t.Error("nothing in common was accepted")
	}
}

// TestSoundReachesWhoeverHasNoG722: in both directions, and it is still the sound that it was.
func TestSoundReachesWhoeverHasNoG722(t *testing.T) {
	_, desk, customer, _ := wideTalk(t, "9", "8 0")
	sound := tone(1000, 50*frameSamples)
	var heardByCustomer, heardByDesk []int16
	var wide, narrow, back converter
	for frame := range slices.Chunk(sound, frameSamples) {
		octets := make([]byte, frameSamples)
		wide.encode(octets, frame, G722)
		desk.send(9, octets)
		got := customer.receive()
		if got.PayloadType != 8 || len(got.Payload) != frameSamples {
			t.Fatalf("payload type %d, %d octets", got.PayloadType, len(got.Payload))
		}
		heardByCustomer = append(heardByCustomer, make([]int16, frameSamples)...)
		PCMA.Decode(heardByCustomer[len(heardByCustomer)-frameSamples:], got.Payload)

		narrow.encode(octets, frame, PCMA)
		customer.send(8, octets)
		if got = desk.receive(); got.PayloadType != 9 || len(got.Payload) != frameSamples {
			t.Fatalf("payload type %d, %d octets", got.PayloadType, len(got.Payload))
		}
		back.convert(got.Payload, G722, PCMU)
		heardByDesk = append(heardByDesk, make([]int16, frameSamples)...)
		PCMU.Decode(heardByDesk[len(heardByDesk)-frameSamples:], got.Payload)
	}
	const settled = 5 * frameSamples
	for who, heard := range map[string][]int16{"customer": heardByCustomer, "desk": heardByDesk} {
		if p := purity(1000, heard[settled:]); p < 0.99 {
			t.Errorf("what the %s hears is %.3f of the tone", who, p)
		}
	}
}

func TestTonesAreHeardInG722(t *testing.T) {
	b, desk, _, _ := wideTalk(t, "9", "9")
	b.PlayTone(Desk, Busy) // 400 Hz, half a second long
	var c converter
	var heard []int16
	for range 20 {
		got := desk.receive()
		if got.PayloadType != 9 {
			t.Fatalf("payload type %d", got.PayloadType)
		}
		c.convert(got.Payload, G722, PCMU)
		heard = append(heard, make([]int16, len(got.Payload))...)
		PCMU.Decode(heard[len(heard)-len(got.Payload):], got.Payload)
	}
	if p := purity(400, heard[5*frameSamples:]); p < 0.99 {
		t.Errorf("%.3f of it is the tone", p)
	}
}

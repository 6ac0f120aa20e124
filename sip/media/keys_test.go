package media

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// events reads a far end's packets of events until n keys have ended thrice.
func (p *peer) events(pt uint8, keys int) []rtp.Packet {
	p.t.Helper()
	var all []rtp.Packet
	for ends := 0; ends < keys*endPackets; {
		got := p.receive()
		if got.PayloadType != pt {
			continue
		}
		all = append(all, got)
		if got.Payload[1]&eventEnd != 0 {
			ends++
		}
	}
	return all
}

func TestKeysOnTheWire(t *testing.T) {
	b, desk, customer := talk(t, "0 101", "0 96")
	hears(t, desk, customer, 1)
	desk.send(0, []byte{2})
	last := customer.receive()
	if err := b.SendDigits(Customer, "5#"); err != nil {
		t.Fatal(err)
	}
	got := customer.events(96, 2)
	if len(got) != 14 {
		t.Fatalf("%d packets", len(got))
	}
	for i, p := range got {
		step, key := i%7, i/7
		first := got[key*7]
		duration := uint16(160 * min(step+1, 5))
		if p.SSRC != last.SSRC || p.SequenceNumber != last.SequenceNumber+1+uint16(i) {
			t.Errorf("packet %d leaves the stream: %v after %v", i, p.Header, last.Header)
		}
		if p.Marker != (step == 0) || p.Timestamp != first.Timestamp {
			t.Errorf("packet %d: marker %v, timestamp %d of %d", i, p.Marker, p.Timestamp, first.Timestamp)
		}
		want := []byte{[]byte{5, 11}[key], 10, byte(duration >> 8), byte(duration)}
		if step >= 4 {
			want[1] |= 0x80
		}
		if !bytes.Equal(p.Payload, want) {
			t.Errorf("packet %d: % x, want % x", i, p.Payload, want)
		}
	}
	if between := got[7].Timestamp - got[0].Timestamp; between != 1280 {
		t.Errorf("the second key begins %d units after the first", between)
	}
	if int32(got[0].Timestamp-last.Timestamp) < 160 {
		t.Errorf("keys begin at %d, before what was heard: %d", got[0].Timestamp, last.Timestamp)
	}
	// Sound goes on as the same stream, behind the keys in time.
	until(t, "the keys are over", func() bool {
		b.leg(Customer).out.mu.Lock()
		defer b.leg(Customer).out.mu.Unlock()
		return !b.leg(Customer).out.reserved
	})
	desk.send(0, []byte{3})
	after := customer.receive()
	if after.SequenceNumber != got[13].SequenceNumber+1 || after.SSRC != last.SSRC || int32(after.Timestamp-got[13].Timestamp) < 800 {
		t.Errorf("after the keys: %v, they ended with %v", after.Header, got[13].Header)
	}
}

func TestSoundPausesWhileKeysAreSent(t *testing.T) {
	b, desk, customer := talk(t, "0 101", "0 101")
	hears(t, desk, customer, 1)
	b.PlayTone(Customer, Hold)
	customer.receive()
	if err := b.SendDigits(Customer, "1"); err != nil {
		t.Fatal(err)
	}
	if err := b.SendDigits(Customer, "2"); err != nil { // behind the first
		t.Fatal(err)
	}
	begun := false
	for !begun {
		begun = customer.receive().PayloadType == 101
	}
	for i := 1; i < 14; i++ {
		desk.send(0, bytes.Repeat([]byte{2}, frameSamples))
		if got := customer.receive(); got.PayloadType != 101 {
			t.Fatalf("packet %d of the keys is sound", i)
		}
	}
	for range 2 { // and the tone is heard again
		if got := customer.receive(); got.PayloadType != 0 {
			t.Errorf("after the keys: %v", got)
		}
	}
}

func TestKeysThatCannotBeSent(t *testing.T) {
	b, _, _ := talk(t, "0 101", "0")
	for _, c := range []struct {
		side   Side
		digits string
		want   error
	}{
		{Customer, "1", ErrNoEvents},
		{Other, "1", ErrNoEvents},
		{Desk, "12x", ErrBadKeys},
		{Desk, "1\xff", ErrBadKeys},
		{Desk, strings.Repeat("1", maxKeys+1), ErrBadKeys},
	} {
		if err := b.SendDigits(c.side, c.digits); !errors.Is(err, c.want) {
			t.Errorf("%s %d keys: %v", c.side, len(c.digits), err)
		}
	}
	if err := b.SendDigits(Desk, "1234567890"); err != nil {
		t.Error(err)
	}
	b.Close() // in the middle of it
}

func TestKeysOnHoldGoNowhere(t *testing.T) {
	b, desk, customer := talk(t, "0 101", "0 101")
	hears(t, desk, customer, 1)
	b.OnKey(func(Side, Press) { t.Error("a key was told of that nobody shall hear") })
	before := b.Stats(Customer).PacketsOut
	for i, quiet := range []func(){b.Unlink, func() { b.Connect(); b.Mute(Desk, true) }} {
		quiet()
		desk.send(101, []byte{5, 0x8a, 3, 32})
		until(t, "the key came", func() bool { return b.Stats(Desk).PacketsIn == uint64(2+i) })
	}
	if got := b.Stats(Customer).PacketsOut; got != before {
		t.Errorf("%d packets of keys were passed on", got-before)
	}
	b.Mute(Desk, false)
	hears(t, desk, customer, 2)
}

func TestKeysPassToAndFromTheThirdSide(t *testing.T) {
	b, desk, customer := talk(t, "0 101", "0 96")
	if err := b.Open(Other); err != nil {
		t.Fatal(err)
	}
	other := newPeer(t)
	other.join(b, Other, "0 96")
	for _, pair := range []struct {
		from, to *peer
		a, b     Side
	}{{desk, other, Desk, Other}, {customer, other, Customer, Other}} {
		b.Link(pair.a, pair.b)
		sent, got := uint8(101), uint8(96)
		pair.from.send(sent, []byte{5, 10, 0, 160})
		if p := pair.to.receive(); p.PayloadType != got || p.Payload[0] != 5 {
			t.Errorf("%s → %s: %v", pair.a, pair.b, p)
		}
		pair.to.send(96, []byte{6, 10, 0, 160})
		want := uint8(101)
		if pair.a == Customer {
			want = 96
		}
		if p := pair.from.receive(); p.PayloadType != want || p.Payload[0] != 6 {
			t.Errorf("%s → %s: %v", pair.b, pair.a, p)
		}
	}
}

func TestFirstPacketOfAnEventKeepsItsMarker(t *testing.T) {
	_, desk, customer := talk(t, "0 101", "0 101")
	desk.next.Marker = true
	desk.send(101, []byte{5, 10, 0, 160})
	if got := customer.receive(); !got.Marker {
		t.Error("an event that begins a stream has lost its marker")
	}
	desk.next.Marker = false
	desk.next.SSRC++ // another stream, in the middle of an event
	desk.send(101, []byte{5, 10, 1, 64})
	if got := customer.receive(); got.Marker {
		t.Error("the middle of an event is marked as its first packet")
	}
}

func TestKeysForAListenerWithoutEventsAreTold(t *testing.T) {
	b, desk, _ := talk(t, "0 101", "0")
	told := make(chan Press, 2)
	b.OnKey(func(from Side, p Press) {
		if from != Desk {
			t.Errorf("from %s", from)
		}
		told <- p
	})
	for _, payload := range [][]byte{{5, 10, 0, 160}, {5, 10, 1, 64}, {5, 0x8a, 3, 32}, {5, 0x8a, 3, 32}, {5, 0x8a, 3, 32}} {
		desk.send(101, payload)
		desk.next.Timestamp -= frameSamples
	}
	if got := <-told; got != (Press{'5', 100 * time.Millisecond}) {
		t.Errorf("%v", got)
	}
	until(t, "all came", func() bool { return b.Stats(Desk).PacketsIn == 5 })
	if len(told) > 0 {
		t.Errorf("one key was told twice: %v", <-told)
	}
}

func TestEventsAreReadOnce(t *testing.T) {
	type packet struct {
		ssrc, ts uint32
		payload  []byte
	}
	five := Press{'5', 100 * time.Millisecond}
	for _, c := range []struct {
		name string
		in   []packet
		want []Press
	}{
		{"one key", []packet{{1, 0, []byte{5, 10, 0, 160}}, {1, 0, []byte{5, 0x8a, 3, 32}}, {1, 0, []byte{5, 0x8a, 3, 32}}}, []Press{five}},
		{"only its end came", []packet{{1, 9, []byte{5, 0x8a, 3, 32}}}, []Press{five}},
		{"its end was lost", []packet{{1, 0, []byte{5, 10, 3, 32}}, {1, 1280, []byte{6, 0x8a, 3, 32}}}, []Press{five, {'6', five.Length}}},
		{"the same key twice", []packet{{1, 0, []byte{5, 0x8a, 3, 32}}, {1, 1280, []byte{5, 0x8a, 3, 32}}}, []Press{five, five}},
		{"packets out of order", []packet{{1, 0, []byte{5, 10, 1, 64}}, {1, 0, []byte{5, 0x8a, 3, 32}}, {1, 0, []byte{5, 10, 0, 160}}}, []Press{five}},
		{"one that comes after the next", []packet{{1, 0, []byte{5, 0x8a, 3, 32}}, {1, 1280, []byte{6, 10, 0, 160}}, {1, 0, []byte{5, 0x8a, 3, 32}}}, []Press{five}},
		{"timestamps wrap", []packet{{1, 0xffffff00, []byte{5, 0x8a, 3, 32}}, {1, 0x400, []byte{5, 0x8a, 3, 32}}}, []Press{five, five}},
		{"another sender", []packet{{1, 5000, []byte{5, 10, 3, 32}}, {2, 10, []byte{15, 0x8a, 3, 32}}}, []Press{five, {'D', five.Length}}},
		{"flash is no key", []packet{{1, 0, []byte{16, 0x8a, 3, 32}}}, nil},
		{"too short", []packet{{1, 0, []byte{5, 0x8a, 3}}}, nil},
	} {
		var r keyReader
		var got []Press
		for _, p := range c.in {
			r.read(header{ssrc: p.ssrc, ts: p.ts}, p.payload, func(p Press) { got = append(got, p) })
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// FuzzEvents feeds the reader any packets twice in a row: a duplicate is never
// another press, and a press is of a key that there is.
func FuzzEvents(f *testing.F) {
	f.Add([]byte{1, 0, 5, 10, 0, 160, 1, 0, 5, 0x8a, 3, 32, 1, 8, 11, 0x8a, 3, 32})
	f.Add([]byte{1, 0xff, 5, 10, 0, 160, 2, 0, 16, 0x8a, 3, 32})
	f.Fuzz(func(t *testing.T, data []byte) {
		var r keyReader
		packets, presses := 0, 0
		for ; len(data) >= 6; data = data[6:] {
			h := header{ssrc: uint32(data[0]), ts: binary.BigEndian.Uint32([]byte{data[1], 0, data[1], 0})}
			packets++
			r.read(h, data[2:6], func(p Press) {
				presses++
				if !KnownKey(p.Key) || p.Length < 0 {
					t.Errorf("%v", p)
				}
			})
			r.read(h, data[2:6], func(p Press) { t.Errorf("a duplicate is a press: %v", p) })
		}
		if presses > packets {
			t.Errorf("%d presses of %d packets", presses, packets)
		}
	})
}

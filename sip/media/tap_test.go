package media

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// listener keeps what a tap says.
type listener struct {
	mu     sync.Mutex
	sounds []Sound
}

func (l *listener) listen(sounds []Sound) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sounds = append(l.sounds, sounds...)
}

func (l *listener) heard() []Sound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.sounds)
}

func TestTapHearsBothSides(t *testing.T) {
	b, desk, customer := talk(t, "0 101", "8")
	var l listener
	tap := b.Tap(l.listen)
	defer tap.Stop()
	before := time.Now()
	desk.send(0, []byte{1, 2})
	until(t, "the desk is heard", func() bool { return len(l.heard()) == 1 })
	desk.send(101, []byte{5, 0x8a, 0, 160}) // a key is no sound
	b.Unlink()                              // nobody hears, but for the tap
	customer.send(8, []byte{3})
	until(t, "the customer is heard", func() bool { return len(l.heard()) == 2 })
	for i, want := range []Sound{
		{Side: Desk, Codec: PCMU, SSRC: 0xabcd, Seq: 1000, Stamp: 5000, octets: [tapOctets]byte{1, 2}, length: 2},
		{Side: Customer, Codec: PCMA, SSRC: 0xabcd, Seq: 1000, Stamp: 5000, octets: [tapOctets]byte{3}, length: 1},
	} {
		got := l.heard()[i]
		if got.At.Before(before) || got.At.After(time.Now()) {
			t.Errorf("sound %d came at %s", i, got.At)
		}
		got.At = time.Time{}
		if got != want {
			t.Errorf("sound %d: %+v", i, got)
		}
	}
}

func TestTapGivesAllAtItsEnd(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	var l listener
	tap := b.Tap(l.listen)
	for i := range byte(20) {
		desk.send(0, []byte{i})
		customer.receive()
	}
	b.Close()
	tap.Stop()
	tap.Stop()
	heard := l.heard()
	for i, s := range heard {
		if s.Octets()[0] != byte(i) {
			t.Fatalf("sound %d is %d", i, s.Octets()[0])
		}
	}
	if len(heard) != 20 || tap.Missed() != 0 {
		t.Errorf("%d heard, %d missed", len(heard), tap.Missed())
	}
}

// TestASlowListenerHoldsUpNobody has one that does not return while hundreds of packets pass.
func TestASlowListenerHoldsUpNobody(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	begun, goOn := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(begun); <-goOn })
	heard := 0
	tap := b.Tap(func(sounds []Sound) { once(); heard += len(sounds) })
	desk.send(0, []byte{0})
	<-begun
	const many = 5 * sideRoom
	for i := range many {
		hears(t, desk, customer, byte(i))
	}
	close(goOn)
	tap.Stop()
	if missed := int(tap.Missed()); missed == 0 || heard+missed != many+1 {
		t.Errorf("%d heard, %d missed of %d", heard, missed, many+1)
	}
}

// A far end that sends far more than sound has takes the room of nobody else.
func TestAFarEndCrowdsOutItselfAlone(t *testing.T) {
	said := map[Side]int{}
	tap := &Tap{listen: func(sounds []Sound) {
		for _, s := range sounds {
			said[s.Side]++
		}
	}}
	for range 3 { // round by round: what was read makes room again
		for range 10 * sideRoom {
			tap.put(Customer, PCMU, header{}, []byte{1}, time.Time{})
		}
		for range sideRoom {
			tap.put(Desk, PCMU, header{}, []byte{2}, time.Time{})
		}
		tap.drain()
	}
	if said[Desk] != 3*sideRoom || said[Customer] != 3*sideRoom || tap.Missed() != 3*9*sideRoom {
		t.Errorf("heard: %v, missed %d", said, tap.Missed())
	}
}

func TestTappingDoesNotAllocate(t *testing.T) {
	tap := &Tap{listen: func([]Sound) {}}
	payload := make([]byte, frameSamples)
	if allocs := testing.AllocsPerRun(1000, func() {
		tap.put(Desk, PCMU, header{}, payload, time.Time{})
		tap.drain()
	}); allocs != 0 {
		t.Errorf("%.1f allocations a packet", allocs)
	}
}

// TestTapsComeAndGo ends the last tap of one call as another's begins, again and again: neither waits for the other.
func TestTapsComeAndGo(t *testing.T) {
	pool := newPool(t)
	var work sync.WaitGroup
	for range 3 {
		b, err := pool.NewBridge()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		work.Go(func() {
			for range 3000 {
				b.Tap(func([]Sound) {}).Stop()
			}
		})
	}
	work.Wait()
	if len(pool.ears.taps) != 0 {
		t.Errorf("%d taps are left", len(pool.ears.taps))
	}
}

func TestASlowListenerHoldsNoOtherTapUp(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	begun, goOn := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(begun); <-goOn })
	slow := b.Tap(func([]Sound) { once() })
	desk.send(0, []byte{0})
	customer.receive()
	<-begun
	var l listener
	quick := b.Tap(l.listen) // while the other listens
	desk.send(0, []byte{1})
	customer.receive()
	quick.Stop()
	if heard := l.heard(); len(heard) != 1 {
		t.Errorf("heard %d", len(heard))
	}
	close(goOn)
	slow.Stop()
}

func TestALongPacketIsSeveralSounds(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	var l listener
	tap := b.Tap(l.listen)
	payload := make([]byte, 3*frameSamples/2+frameSamples) // 50 ms
	for i := range payload {
		payload[i] = byte(i)
	}
	desk.send(0, payload)
	customer.receive()
	tap.Stop()
	var all []byte
	for _, s := range l.heard() {
		if s.Seq != 1000 || s.Stamp != 5000+uint32(len(all)) {
			t.Errorf("number %d, time %d after %d octets", s.Seq, s.Stamp, len(all))
		}
		all = append(all, s.Octets()...)
	}
	if !slices.Equal(all, payload) {
		t.Errorf("%d octets of %d", len(all), len(payload))
	}
}

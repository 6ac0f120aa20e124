package media

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// tapEvery is how often what was copied is handed over.
	tapEvery = 100 * time.Millisecond
	// tapRoom is how many packets wait for that: some six times as many as two far ends send in the meantime.
	tapRoom = 64
	// tapOctets is the most sound that a packet is taken to have: 40 ms.
	tapOctets = 2 * frameSamples
)

// Sound is a packet's sound as it came from a far end.
type Sound struct {
	Side  Side
	Codec Codec
	At    time.Time // when it came
	SSRC  uint32
	Seq   uint16 // the far end's numbers: what is missing was lost, or overtaken
	Stamp uint32 // in 1/8000 s

	octets [tapOctets]byte
	length int
}

// Octets is the sound, an octet for each 1/8000 s. It is good until the listener returns.
func (s *Sound) Octets() []byte { return s.octets[:s.length] }

// Tap copies what a bridge's far ends say for somebody who listens. It stands beside the path: what its listener does not
// take in time is lost to that listener, and to nobody else.
type Tap struct {
	bridge *Bridge
	listen func([]Sound)
	missed atomic.Uint64

	sounds     [tapRoom]Sound
	head, tail atomic.Uint32 // the poller writes at the head, the ears read at the tail
}

// Tap has listen called, about ten times a second, with what has come from the far ends meanwhile: all of them, in the order
// in which it came, whether or not anybody heard it. It must be stopped. One goroutine listens to all taps of the pool:
// whoever is slow makes the others miss something.
func (b *Bridge) Tap(listen func([]Sound)) *Tap {
	t := &Tap{bridge: b, listen: listen}
	b.pool.ears.add(t)
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	b.taps = append(b.taps, t)
	return t
}

// Stop ends the tap; listen has had all there was when it returns, and is not called again. It may be called again, after the
// bridge was closed too, but not by listen.
func (t *Tap) Stop() {
	b := t.bridge
	b.poller.mu.Lock()
	b.taps = slices.DeleteFunc(b.taps, func(other *Tap) bool { return other == t })
	b.poller.mu.Unlock()
	b.pool.ears.remove(t)
}

// Missed is how many packets came faster than they were listened to.
func (t *Tap) Missed() uint64 { return t.missed.Load() }

// put copies a packet's sound. The poller calls it.
func (t *Tap) put(side Side, codec Codec, h header, payload []byte, now time.Time) {
	head := t.head.Load()
	if head-t.tail.Load() == tapRoom {
		t.missed.Add(1)
		return
	}
	s := &t.sounds[head%tapRoom]
	s.Side, s.Codec, s.At, s.SSRC, s.Seq, s.Stamp = side, codec, now, h.ssrc, h.seq, h.ts
	s.length = copy(s.octets[:], payload)
	t.head.Store(head + 1)
}

// drain hands over what there is.
func (t *Tap) drain() {
	tail, head := t.tail.Load(), t.head.Load()
	for tail != head {
		from := tail % tapRoom
		n := min(head-tail, tapRoom-from)
		t.listen(t.sounds[from : from+n])
		tail += n
	}
	t.tail.Store(tail)
}

// ears are the goroutine that listens to the taps of a pool. It is there as long as they are.
type ears struct {
	mu   sync.Mutex
	taps []*Tap
	stop chan struct{}
	work sync.WaitGroup
}

func (e *ears) add(t *Tap) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.taps = append(e.taps, t)
	if len(e.taps) == 1 {
		e.stop = make(chan struct{})
		e.work.Go(func() { e.run(e.stop) })
	}
}

// remove ends a tap, and with the last the goroutine.
func (e *ears) remove(t *Tap) {
	e.mu.Lock()
	i := slices.Index(e.taps, t)
	if i >= 0 {
		t.drain()
		e.taps = slices.Delete(e.taps, i, i+1)
	}
	last := i >= 0 && len(e.taps) == 0
	if last {
		close(e.stop)
	}
	e.mu.Unlock()
	if last {
		e.work.Wait()
	}
}

func (e *ears) run(stop chan struct{}) {
	ticks := time.NewTicker(tapEvery)
	defer ticks.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticks.C:
			e.mu.Lock()
			for _, t := range e.taps {
				t.drain()
			}
			e.mu.Unlock()
		}
	}
}

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
	// sideRoom is how many packets of one far end wait for that, some ten times as many as it sends in the meantime: one that sends more
	// crowds out nobody but itself.
	sideRoom = 64
	tapRoom  = sideRoom * uint32(sides)
	// tapOctets is the most that is handed over as one: 20 ms. A longer packet is several sounds.
	tapOctets = frameSamples
)

// Sound is a packet's sound as it came from a far end, or 20 ms of it.
type Sound struct {
	Side  Side
	Codec Codec
	At    time.Time // when it came
	SSRC  uint32
	Seq   uint16 // the packet's number: what is missing was lost, or overtaken
	Stamp uint32 // of its first octet, in 1/8000 s

	octets [tapOctets]byte
	length int
}

// Octets is the sound, an octet for each 1/8000 s. It is good until the listener returns.
func (s *Sound) Octets() []byte { return s.octets[:s.length] }

// Tap copies what a bridge's far ends say for somebody who listens. It stands beside the path: what its listener does not
// take in time is lost to that listener, and to nobody else.
type Tap struct {
	bridge *Bridge
	missed atomic.Uint64

	listening sync.Mutex // guards what follows
	listen    func([]Sound)
	stopped   bool

	sounds     [tapRoom]Sound
	head, tail atomic.Uint32       // the poller writes at the head, the ears read at the tail
	waiting    [sides]atomic.Int32 // how many of each far end are written and not yet read
}

// Tap has listen called, about ten times a second, with what has come from the far ends meanwhile: all of them, in the order
// in which it came, whether or not anybody heard it. It must be stopped. One goroutine listens to all taps of the pool:
// whoever is slow makes the others miss something, and nothing worse.
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
	t.drain()
	t.listening.Lock()
	defer t.listening.Unlock()
	t.stopped = true
}

// Missed is how many sounds came faster than they were listened to.
func (t *Tap) Missed() uint64 { return t.missed.Load() }

// put copies a packet's sound. The poller calls it.
func (t *Tap) put(side Side, codec Codec, h header, payload []byte, now time.Time) {
	for len(payload) > tapOctets {
		t.putOne(side, codec, h, payload[:tapOctets], now)
		payload = payload[tapOctets:]
		h.ts += tapOctets
	}
	t.putOne(side, codec, h, payload, now)
}

func (t *Tap) putOne(side Side, codec Codec, h header, payload []byte, now time.Time) {
	if t.waiting[side].Load() == sideRoom {
		t.missed.Add(1)
		return
	}
	t.waiting[side].Add(1)
	head := t.head.Load()
	s := &t.sounds[head%tapRoom]
	s.Side, s.Codec, s.At, s.SSRC, s.Seq, s.Stamp = side, codec, now, h.ssrc, h.seq, h.ts
	s.length = copy(s.octets[:], payload)
	t.head.Store(head + 1)
}

// drain hands over what there is, unless the tap is stopped.
func (t *Tap) drain() {
	t.listening.Lock()
	defer t.listening.Unlock()
	if t.stopped {
		return
	}
	tail, head := t.tail.Load(), t.head.Load()
	var read [sides]int32
	for tail != head {
		from := tail % tapRoom
		sounds := t.sounds[from : from+min(head-tail, tapRoom-from)]
		t.listen(sounds)
		for i := range sounds {
			read[sounds[i].Side]++
		}
		tail += uint32(len(sounds)) //nolint:gosec // tapRoom at most
	}
	t.tail.Store(tail)
	for side, n := range read { // last: with this their places are written again
		t.waiting[side].Add(-n)
	}
}

// ears are the goroutine that listens to the taps of a pool. It is there as long as they are.
type ears struct {
	mu   sync.Mutex // of the list alone: nobody listens while it is held
	taps []*Tap
	over chan struct{} // of the goroutine there is
}

func (e *ears) add(t *Tap) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.taps = append(e.taps, t); len(e.taps) == 1 {
		e.over = make(chan struct{})
		go e.run(e.over)
	}
}

// remove forgets a tap, and with the last the goroutine ends.
func (e *ears) remove(t *Tap) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i := slices.Index(e.taps, t)
	if i < 0 {
		return
	}
	if e.taps = slices.Delete(e.taps, i, i+1); len(e.taps) == 0 {
		close(e.over)
	}
}

func (e *ears) run(over chan struct{}) {
	ticks := time.NewTicker(tapEvery)
	defer ticks.Stop()
	for {
		select {
		case <-over:
			return
		case <-ticks.C:
			e.mu.Lock()
			taps := slices.Clone(e.taps)
			e.mu.Unlock()
			for _, t := range taps {
				t.drain()
			}
		}
	}
}

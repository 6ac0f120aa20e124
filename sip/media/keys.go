package media

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// Why keys cannot be sent.
var (
	// ErrNoEvents: the far end has not agreed to telephone-event, or is not known.
	ErrNoEvents = errors.New("media: the far end takes no telephone-event")
	// ErrBadKeys does not say which key is wrong: it may be part of a secret.
	ErrBadKeys = errors.New("media: keys are 0-9, *, #, A-D, and 64 at most wait")
)

// How long a key is pressed, and how long it is let go before the next.
const (
	KeyPress = 100 * time.Millisecond
	KeyPause = 60 * time.Millisecond
)

// keyNames are the keys in the order of their event codes (RFC 4733 §3.2).
const keyNames = "0123456789*#ABCD"

const (
	eventSize   = 4    // octets of an event's payload (RFC 4733 §2.3)
	eventEnd    = 0x80 // the E bit
	eventVolume = 10   // -10 dBm0
	maxKeys     = 64   // that wait to be sent
	endPackets  = 3    // RFC 4733 §2.5.1.4
)

// KnownKey reports whether a telephone's keypad has the key.
func KnownKey(key byte) bool { return strings.IndexByte(keyNames, key) >= 0 }

// keyQueue holds the keys that wait to be sent to a far end.
type keyQueue struct {
	mu      sync.Mutex
	waiting []byte
	running bool
}

// put is false when they are too many; first when nobody sends yet.
func (q *keyQueue) put(keys string) (first, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting)+len(keys) > maxKeys {
		return false, false
	}
	q.waiting = append(q.waiting, keys...)
	first = !q.running
	q.running = true
	return first, true
}

// take is false when none is left: whoever sends must stop then.
func (q *keyQueue) take() (code byte, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.running = false
		return 0, false
	}
	code = byte(strings.IndexByte(keyNames, q.waiting[0]))
	q.waiting = q.waiting[1:]
	return code, true
}

// TakesKeys reports whether the side's far end has agreed to telephone-event.
func (b *Bridge) TakesKeys(side Side) bool {
	l := b.leg(side)
	if l == nil {
		return false
	}
	far := l.far.Load()
	return far != nil && far.spoken[kindEvent] != notSent
}

// SendDigits presses keys at a side's far end (RFC 4733), one after the other,
// behind those that are still being sent. It returns at once. While keys are
// sent, all else the far end would hear is left out.
func (b *Bridge) SendDigits(side Side, digits string) error {
	for i := range len(digits) {
		if !KnownKey(digits[i]) {
			return ErrBadKeys
		}
	}
	if !b.TakesKeys(side) {
		return ErrNoEvents
	}
	l := b.leg(side)
	first, ok := l.keys.put(digits)
	switch {
	case !ok:
		return ErrBadKeys
	case first:
		b.start(time.Now(), frames(l.keyPresser()))
	}
	return nil
}

// keyPresser sends what waits as a stream of its own, joined to what the far end
// heard before: a packet every 20 ms from the key's start, its end three times.
func (l *leg) keyPresser() func(now time.Time) (goesOn bool) {
	const (
		updates = int(KeyPress / Frame)
		whole   = int((KeyPress + KeyPause) / Frame)
	)
	var (
		packet [rtpHeaderSize + eventSize]byte
		h      = header{ssrc: rand.Uint32(), from: rtpHeaderSize, to: len(packet)}
		code   byte
		step   = whole // within a key
	)
	packet[0] = rtpVersionBits
	l.out.reserve(h, time.Now())
	return func(now time.Time) bool {
		if step == whole {
			var more bool
			if code, more = l.keys.take(); !more {
				l.out.release(h.ssrc)
				return false
			}
			step = 0
		}
		if step < updates+endPackets-1 {
			length := min(step+1, updates)
			putEvent(packet[rtpHeaderSize:], code, length == updates, uint16(length*frameSamples))
			h.marker = step == 0
			_, _ = l.send(packet[:], h, kindEvent, now)
			h.seq++
		}
		if step++; step == whole {
			h.ts += uint32(whole * frameSamples) // one timestamp an event
		}
		return true
	}
}

func putEvent(payload []byte, code byte, end bool, duration uint16) {
	payload[0], payload[1] = code, eventVolume
	if end {
		payload[1] |= eventEnd
	}
	binary.BigEndian.PutUint16(payload[2:], duration)
}

// Press is a key that was pressed at a far end.
type Press struct {
	Key    byte
	Length time.Duration
}

// keyReader makes one Press of the packets of an event. What identifies an
// event is its timestamp (RFC 4733 §2.2); its end may be lost with all three
// packets, so that the next event's beginning ends it as well.
type keyReader struct {
	open, known bool
	ssrc, ts    uint32
	press       Press
	length      uint16
}

// read tells of the presses that end with a packet: none, one, or two.
func (r *keyReader) read(h header, payload []byte, tell func(Press)) {
	// Events beyond the keypad, such as flash, are no keys. A payload may hold
	// one event only (§2.3).
	if len(payload) != eventSize || int(payload[0]) >= len(keyNames) {
		return
	}
	same := r.known && h.ssrc == r.ssrc
	if same && int32(h.ts-r.ts) < 0 {
		return // a late packet of a press that is over
	}
	if !same || h.ts != r.ts {
		r.close(tell)
		*r = keyReader{open: true, known: true, ssrc: h.ssrc, ts: h.ts, press: Press{Key: keyNames[payload[0]]}}
	}
	r.length = max(r.length, binary.BigEndian.Uint16(payload[2:]))
	if payload[1]&eventEnd != 0 {
		r.close(tell)
	}
}

func (r *keyReader) close(tell func(Press)) {
	if r.open {
		r.open = false
		r.press.Length = clockUnits(uint32(r.length))
		tell(r.press)
	}
}

// OnKey has f told of each key that is pressed at a far end and whose listener
// takes no telephone-event, so that it can be passed on by other means. It is
// called by the poller, with its lock: f must return at once, and
// neither call the bridge nor take a lock under which somebody calls one. To post it elsewhere is right.
func (b *Bridge) OnKey(f func(from Side, key Press)) { b.onKey.Store(&f) }

// HearsOf is whom a side's sound goes to at present; false is nobody.
func (b *Bridge) HearsOf(side Side) (Side, bool) {
	listener := b.to[side].Load()
	if listener == 0 || b.muted[side].Load() {
		return 0, false
	}
	return Side(listener - 1), true
}

// heardKey tells of a press whose packets the listener cannot be sent.
func (l *leg) heardKey(packet []byte, h header) {
	l.read.read(h, packet[h.from:h.to], func(p Press) {
		to, ok := l.bridge.HearsOf(l.side)
		tell := l.bridge.onKey.Load()
		if ok && tell != nil && !l.bridge.TakesKeys(to) {
			(*tell)(l.side, p)
		}
	})
}

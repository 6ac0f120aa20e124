package hearing

import "time"

// moment is a block as the voice sees it.
type moment struct {
	power, tilt float64
	from, end   time.Duration
	tone        bool
}

// possible is the number of blocks after which a sine is a tone or none.
const possible = int(modulatedTone / blockTime)

// recent holds what was heard last until it is known whether it was a tone's:
// vowels begin as tones do.
type recent struct {
	moments [possible]moment
	next, n int
}

// push takes the newest and returns the oldest, once there are enough.
func (r *recent) push(m moment) (oldest moment, ok bool) {
	if r.n == possible {
		oldest, ok = r.pop()
	}
	r.moments[r.next] = m
	r.next = (r.next + 1) % possible
	r.n++
	return oldest, ok
}

// pop gives the oldest up.
func (r *recent) pop() (oldest moment, ok bool) {
	if r.n == 0 {
		return moment{}, false
	}
	r.n--
	return r.moments[(r.next+2*possible-r.n-1)%possible], true
}

// newest is the one that was pushed last.
func (r *recent) newest() moment { return r.moments[(r.next+possible-1)%possible] }

// claim gives a tone its blocks, and the one in which it begins.
func (r *recent) claim(from time.Duration) {
	for i := range r.moments {
		if m := &r.moments[i]; m.end >= from {
			m.tone = true
		}
	}
}

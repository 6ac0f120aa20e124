package lab

import "time"

// agenda is what a goroutine means to do later. It belongs to that goroutine,
// which waits on C and then calls run.
type agenda struct {
	C     <-chan time.Time
	timer *time.Timer
	items []*item
}

// item is one thing to do; cancelled when do is nil.
type item struct {
	at time.Time
	do func()
}

func newAgenda() *agenda {
	timer := time.NewTimer(time.Hour)
	return &agenda{C: timer.C, timer: timer}
}

// after does f once, d from now. Calling the result takes it off again.
func (a *agenda) after(d time.Duration, f func()) (cancel func()) {
	it := &item{time.Now().Add(d), f}
	a.items = append(a.items, it)
	a.set()
	return func() { it.do = nil }
}

// repeat does f every interval that next gives, beginning after the first,
// until that is 0 or the result is called.
func (a *agenda) repeat(next func() time.Duration, f func()) (cancel func()) {
	stop := func() {}
	var again func()
	again = func() {
		f()
		if d := next(); d > 0 {
			stop = a.after(d, again)
		}
	}
	stop = a.after(next(), again)
	return func() { stop() }
}

// run does what is due.
func (a *agenda) run() {
	now := time.Now()
	var due, later []*item
	for _, it := range a.items {
		switch {
		case it.do == nil:
		case it.at.After(now):
			later = append(later, it)
		default:
			due = append(due, it)
		}
	}
	a.items = later
	for _, it := range due { // in the order of their making
		if it.do != nil {
			it.do()
		}
	}
	a.set()
}

// set winds the timer for the earliest item.
func (a *agenda) set() {
	wait := time.Hour
	for _, it := range a.items {
		if it.do != nil {
			wait = min(wait, time.Until(it.at))
		}
	}
	a.timer.Reset(max(wait, 0))
}

func (a *agenda) stop() { a.timer.Stop() }

// doubling gives the intervals of a retransmission: T1, twice that, and so on
// up to T2, until 64·T1 have passed (RFC 3261 §17.1.1.2, §17.1.2.2).
func doubling(t1 time.Duration) func() time.Duration {
	interval, total := t1, time.Duration(0)
	return func() time.Duration {
		d := interval
		if total += d; total >= 64*t1 {
			return 0
		}
		interval = min(2*interval, 8*t1) // T2 is 4 s where T1 is 500 ms
		return d
	}
}

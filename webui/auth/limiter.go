package auth

import (
	"strings"
	"sync"
	"time"

	"kakeru/dialer"
)

// How many wrong sign-ins are taken in a window. An address may be a whole office behind one router.
const (
	wrongWindow     = 15 * time.Minute
	wrongPerLogin   = 10
	wrongPerAddress = 100
	wrongCodes      = 5  // of a second factor
	wrongSetups     = 20 // codes of the first set-up, or of a screen on the wall, of an address
	talliesKept     = 10_000
)

// limiter counts wrong sign-ins. Its memory is bounded by keeping two generations: when the younger is full it becomes
// the older, and what was older and not touched since is forgotten.
type limiter struct {
	mu      sync.Mutex
	now     dialer.Clock
	younger map[string]tally // by tallied.key
	older   map[string]tally
}

type tally struct {
	wrong int
	under int // of an own tally: tries that were taken and are not over
	from  time.Time
}

func newLimiter(now dialer.Clock) *limiter { return &limiter{now: now, younger: map[string]tally{}} }

// tallied is one tally that a try is counted in, and how many wrong ones are taken there. A right try clears an own one: of one
// login, or of one browser of its.
type tallied struct {
	key  string
	most int
	own  bool
}

// plainLogin is a login as its tries are counted, however it was typed.
func plainLogin(login string) string { return strings.ToLower(normal(login)) }

// strangers are the tallies of a try from a browser that is not known.
func strangers(login, address string) []tallied {
	return []tallied{
		{key: "login:" + plainLogin(login), most: wrongPerLogin, own: true}, {key: "address:" + networkOf(address), most: wrongPerAddress},
	}
}

// take counts a try as wrong before it is known to be, so that tries side by side cannot slip through; forgive takes
// that back. wait is how long until the next try is taken, 0 when this one is.
func (l *limiter) take(tallies ...tallied) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range tallies {
		if t := l.get(c.key); t.wrong >= c.most {
			wait = max(wait, t.from.Add(wrongWindow).Sub(l.now()))
		}
	}
	if wait > 0 {
		return wait
	}
	for _, c := range tallies {
		t := l.get(c.key)
		t.wrong++
		if c.own {
			t.under++
		}
		l.put(c.key, t)
	}
	return 0
}

// over says that a try which take has counted is not under way any more, however it ended. Own tallies need it.
func (l *limiter) over(tallies ...tallied) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range tallies {
		if t := l.get(c.key); c.own && t.under > 0 { // none: it began before this window
			t.under--
			l.put(c.key, t)
		}
	}
}

// giveBack takes back what take counted for a try that was neither right nor wrong.
func (l *limiter) giveBack(tallies ...tallied) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range tallies {
		t := l.get(c.key)
		t.wrong--
		l.put(c.key, t)
	}
}

// forgive takes back what take counted for a try that was right, and the own tallies' earlier wrong ones. Those still under way stay counted: whoever
// knows their password would have as many more compared side by side with each right one.
func (l *limiter) forgive(tallies ...tallied) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range tallies {
		t := l.get(c.key)
		t.wrong--
		if c.own {
			t.wrong = min(t.wrong, max(0, t.under-1)) // but this one
		}
		l.put(c.key, t)
	}
}

func (l *limiter) get(key string) tally {
	t, ok := l.younger[key]
	if !ok {
		t, ok = l.older[key]
	}
	if !ok || l.now().Sub(t.from) >= wrongWindow {
		return tally{from: l.now()}
	}
	return t
}

func (l *limiter) put(key string, t tally) {
	delete(l.older, key)
	if t.wrong <= 0 {
		delete(l.younger, key)
		return
	}
	if len(l.younger) >= talliesKept/2 {
		l.older, l.younger = l.younger, map[string]tally{}
	}
	l.younger[key] = t
}

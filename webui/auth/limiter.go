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
	talliesKept     = 10_000
)

// limiter counts wrong sign-ins. Its memory is bounded by keeping two generations: when the younger is full it becomes
// the older, and what was older and not touched since is forgotten.
type limiter struct {
	mu      sync.Mutex
	now     dialer.Clock
	younger map[string]tally // by "login:…" and "address:…"
	older   map[string]tally
}

type tally struct {
	wrong int
	from  time.Time
}

func newLimiter(now dialer.Clock) *limiter { return &limiter{now: now, younger: map[string]tally{}} }

// take counts a try as wrong before it is known to be, so that tries side by side cannot slip through; forgive takes
// that back. wait is how long until the next try is taken, 0 when this one is.
func (l *limiter) take(login, address string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := limitKeys(login, address)
	for key, most := range keys {
		if t := l.get(key); t.wrong >= most {
			wait = max(wait, t.from.Add(wrongWindow).Sub(l.now()))
		}
	}
	if wait > 0 {
		return wait
	}
	for key := range keys {
		t := l.get(key)
		t.wrong++
		l.put(key, t)
	}
	return 0
}

// forgive takes back what take counted for a try that was right, and the login's earlier wrong ones.
func (l *limiter) forgive(login, address string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key := range limitKeys(login, address) {
		t := l.get(key)
		t.wrong--
		if strings.HasPrefix(key, "login:") {
			t.wrong = 0
		}
		l.put(key, t)
	}
}

func limitKeys(login, address string) map[string]int {
	return map[string]int{"login:" + strings.ToLower(login): wrongPerLogin, "address:" + address: wrongPerAddress}
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

package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// The lengths a new password may have, in characters (NIST SP 800-63B-4 §3.1.1.2): one that is the only factor needs more.
const (
	MinPassword     = 8
	MinPasswordOnly = 15
	MaxPassword     = 200
)

// Cost is what checking one password takes. The zero Cost is the default: 64 MiB, one pass (RFC 9106 §4, second choice
// with less parallelism).
type Cost struct {
	MemoryKiB uint32
	Passes    uint32
}

func (c Cost) params() *argon2id.Params {
	p := &argon2id.Params{Memory: 64 * 1024, Iterations: 3, Parallelism: uint8(min(4, runtime.NumCPU())), SaltLength: 16, KeyLength: 32}
	if c.MemoryKiB != 0 {
		p.Memory, p.Iterations = c.MemoryKiB, max(1, c.Passes)
	}
	return p
}

// ErrPassword is a new password that cannot be taken.
var ErrPassword = errors.New("the password is too short or too long")

// normal is a password as it is hashed and compared: the same characters, however a keyboard made them (NIST SP 800-63B-4 §3.1.1.2).
func normal(password string) string { return norm.NFKC.String(password) }

// HashPassword makes the argon2id hash (PHC string) that is kept of a new password. ErrPassword when its length is out
// of MinPassword to MaxPassword.
func HashPassword(password string, c Cost) (string, error) {
	password = normal(password)
	if n := utf8.RuneCountInString(password); n < MinPassword || n > MaxPassword {
		return "", fmt.Errorf("%w: give %d to %d characters", ErrPassword, MinPassword, MaxPassword)
	}
	hash, err := argon2id.CreateHash(password, c.params())
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// checker compares passwords, a few at a time: each takes its Cost in memory, and a flood of sign-ins must not take all.
type checker struct {
	turns  chan struct{}
	known  chan struct{} // the turn of those who are signed in, or whose browser is known: they do not stand behind strangers
	queue  chan struct{} // strangers who have a turn or wait for one
	each   sync.Mutex
	logins map[string]int // who has so many that wait for the known turn or have it, by login
	checks atomic.Int64   // how many hashes were computed: what a test counts instead of time
	decoy  string         // compared with when there is no such login, so that the answer takes as long
}

func newChecker(c Cost) (*checker, error) {
	decoy, err := argon2id.CreateHash("no login has this password", c.params())
	if err != nil {
		return nil, fmt.Errorf("argon2id: %w", err)
	}
	return &checker{turns: make(chan struct{}, 2), known: make(chan struct{}, 1), queue: make(chan struct{}, mostWaiting), logins: map[string]int{}, decoy: decoy}, nil
}

// mostWaiting is how many strangers' passwords wait or are compared at once, mostOfOne how many of one person who is known: they all have one turn, and nobody
// shall hold it by their own right password. One more is told to come back after busyWait.
const (
	mostWaiting = 64
	mostOfOne   = 2
	busyWait    = 10 * time.Second
)

// comeKnown counts one more of a login; leave takes that back. nil when there are enough of it.
func (c *checker) comeKnown(login string) (leave func()) {
	c.each.Lock()
	defer c.each.Unlock()
	if c.logins[login] >= mostOfOne {
		return nil
	}
	c.logins[login]++
	return func() {
		c.each.Lock()
		defer c.each.Unlock()
		if c.logins[login]--; c.logins[login] == 0 {
			delete(c.logins, login)
		}
	}
}

type hungUpKey struct{}

// Lasting is a context that goes on when whoever asked hangs up, so that what they changed is carried to its end; but no password of theirs is compared any
// more that has not come to its turn by then: nothing was done yet, and whoever sends and closes would have others wait.
func Lasting(ctx context.Context) context.Context {
	return context.WithValue(context.WithoutCancel(ctx), hungUpKey{}, ctx.Done())
}

// hungUp is closed when whoever asked has gone; nil, which never is, of a context that is not Lasting.
func hungUp(ctx context.Context) <-chan struct{} {
	gone, _ := ctx.Value(hungUpKey{}).(<-chan struct{})
	return gone
}

// matches compares a password with a hash. With an empty hash it does the same work and says no. known is the login of somebody
// who is signed in, or whose browser is known; "" is a stranger. *TooMany when too many strangers, or too many of the login, wait.
func (c *checker) matches(ctx context.Context, password, hash, known string) (bool, error) {
	turns := c.known
	if known != "" {
		leave := c.comeKnown(known)
		if leave == nil {
			return false, &TooMany{Wait: busyWait}
		}
		defer leave()
	} else {
		turns = c.turns
		select {
		case c.queue <- struct{}{}:
			defer func() { <-c.queue }()
		default:
			return false, &TooMany{Wait: busyWait}
		}
	}
	select {
	case turns <- struct{}{}:
		defer func() { <-turns }()
	case <-ctx.Done():
		return false, ctx.Err()
	case <-hungUp(ctx):
		return false, context.Canceled
	}
	select {
	case <-hungUp(ctx): // while they waited: nobody reads the answer
		return false, context.Canceled
	default:
	}
	there := hash != ""
	if !there {
		hash = c.decoy
	}
	c.checks.Add(1)
	ok, err := argon2id.ComparePasswordAndHash(normal(password), hash)
	if err != nil {
		return false, fmt.Errorf("a stored password hash cannot be read: %w", err)
	}
	return ok && there, nil
}

package webui

import (
	"crypto/sha256"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// Rates are how many requests a second are answered, over a while; ten times as many may come at once. 0 is no bound. What comes
// with a session counts against that alone, and what comes from a browser in which somebody has signed in before against that person: a
// stranger's noise behind the same router slows neither.
type Rates struct {
	Session float64
	Address float64 // of requests that bear no session which was seen to be one, and come from no such browser
}

// Connections are how many may be open at the panel's door: in all, and from one address (of IPv6 from one /64) that is no trusted
// proxy's. 0 is the default of each. Websockets are among them.
type Connections struct{ All, Each int }

const (
	rateBurst = 10 // seconds' worth that may come at once
	// An address that goes on for so many seconds' worth beyond its rate is not answered for a while.
	banAfter = 10
	banFor   = 10 * time.Minute
	// keysKept bounds the memory, about 300 bytes each; those that were silent longest are forgotten first.
	keysKept = 8192
	// Of an address from which too much comes, so many a second are let through all the same that bear a token which was not seen here yet: it may be a session's
	// from before a start, or from another node, in a browser without the cookie of one.
	unseenEach  = 2
	unseenBurst = 5
)

// rated is whose requests are counted: a session by the digest of its token, a person, or an address. What is kept of a token opens nothing.
type rated struct {
	session [sha256.Size]byte
	person  dialer.UserID
	address netip.Prefix
}

// asking is what one of them has asked for.
type asking struct {
	may   *rate.Limiter
	check *rate.Limiter // of tokens that were not seen yet, beyond the rate; nil until there was one
	over  int           // requests beyond the rate since it last kept within it
	until time.Time     // banned until then
}

// throttle bounds what is asked of the server, before any of it is looked at.
type throttle struct {
	rates Rates
	now   dialer.Clock
	came  func(*http.Request) dialer.UserID // in whose browser it is asked, if they have signed in there before; "" is nobody

	mu sync.Mutex
	// Half of those remembered are young; when they are too many they become the old, and the old before them are forgotten.
	young, old map[rated]*asking
}

func newThrottle(r Rates, now dialer.Clock, came func(*http.Request) dialer.UserID) *throttle {
	return &throttle{rates: r, now: now, came: came, young: map[rated]*asking{}}
}

// judge says how long whoever asks has to wait, 0 for not at all, and whether this was the request too many.
func (t *throttle) judge(r *http.Request, token string) (wait time.Duration, ban bool) {
	now := t.now()
	who, per := t.whose(r, token)
	if per <= 0 {
		return 0, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.meet(who, per)
	wait, ban = a.ask(now, per, who.address.IsValid())
	if wait > 0 && token != "" && who.address.IsValid() && a.mayCheck(now) {
		wait = 0
	}
	return wait, ban
}

// ask counts one request more. It needs the throttle's mu.
func (a *asking) ask(now time.Time, per float64, bannable bool) (wait time.Duration, ban bool) {
	if now.Before(a.until) {
		return a.until.Sub(now), false
	}
	if a.may.AllowN(now, 1) {
		if a.may.TokensAt(now) >= per*rateBurst-1 {
			a.over = 0
		}
		return 0, false
	}
	a.over++
	if bannable && float64(a.over) >= per*banAfter {
		a.over, a.until = 0, now.Add(banFor)
		return banFor, true
	}
	return time.Duration(float64(time.Second) / per), false
}

// whose is whom a request is counted for, and at which rate.
func (t *throttle) whose(r *http.Request, token string) (who rated, per float64) {
	if token != "" {
		who.session = sha256.Sum256([]byte(token))
		t.mu.Lock()
		known := t.find(who) != nil
		t.mu.Unlock()
		if known {
			return who, t.rates.Session
		}
	}
	if person := t.came(r); person != "" {
		return rated{person: person}, t.rates.Session
	}
	return rated{address: addressOf(r)}, t.rates.Address
}

// mayCheck reports whether one more token that was not seen yet is looked at, of an address from which too much comes. It needs the throttle's mu.
func (a *asking) mayCheck(now time.Time) bool {
	if a.check == nil {
		a.check = rate.NewLimiter(unseenEach, unseenBurst)
	}
	return a.check.AllowN(now, 1)
}

// learn is told of a token that was seen to be a session's: from now on it is counted by itself.
func (t *throttle) learn(token string) {
	if t.rates.Session <= 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.meet(rated{session: sha256.Sum256([]byte(token))}, t.rates.Session)
}

// forget is told of a token that is no session's any more.
func (t *throttle) forget(token string) {
	who := rated{session: sha256.Sum256([]byte(token))}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.young, who)
	delete(t.old, who)
}

// find needs t.mu; nil for one that is not known.
func (t *throttle) find(who rated) *asking {
	if a := t.young[who]; a != nil {
		return a
	}
	return t.old[who]
}

// meet finds one, or makes room for it. It needs t.mu.
func (t *throttle) meet(who rated, per float64) *asking {
	a := t.find(who)
	if a == nil {
		a = &asking{may: rate.NewLimiter(rate.Limit(per), max(1, int(per*rateBurst)))}
	}
	if t.young[who] == nil {
		if len(t.young) >= keysKept/2 {
			t.old, t.young = t.young, map[rated]*asking{}
		}
		t.young[who] = a
	}
	return a
}

// addressOf is what of a request's origin is counted by. Whoever has no address is counted together.
func addressOf(r *http.Request) netip.Prefix {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	return auth.Network(from.Addr())
}

// throttled answers 429 to whoever asks too much, without looking at what they ask. A ban is one line of the log.
func (s *Server) throttled(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait, ban := s.throttle.judge(r, s.keeper.Token(r))
		if ban {
			s.log.Warn("an address asks too much and is not answered for a while", "source", addressOf(r), "for", banFor.String())
		}
		if wait <= 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", strconv.Itoa(1+int(wait/time.Second)))
		w.Header().Set("Connection", "close") // nor is anything that follows on it
		writeProblem(w, errTooMuch)
	})
}

var errTooMuch = newProblem(http.StatusTooManyRequests, "too_many",
	"短い時間に要求が多すぎます。Retry-After の秒数だけ待ってからやり直してください", "too many requests in a short time; wait for the seconds in Retry-After")

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
// with a session counts against that alone: a stranger's noise behind the same router slows nobody who is signed in.
type Rates struct {
	Session float64
	Address float64 // of requests that bear no session which was seen to be one
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
)

// rated is whose requests are counted: a session by the digest of its token, or an address. What is kept of a token opens nothing.
type rated struct {
	session [sha256.Size]byte
	address netip.Prefix
}

// asking is what one of them has asked for.
type asking struct {
	may   *rate.Limiter
	over  int       // requests beyond the rate since it last kept within it
	until time.Time // banned until then
}

// throttle bounds what is asked of the server, before any of it is looked at.
type throttle struct {
	rates Rates
	now   dialer.Clock

	mu sync.Mutex
	// Half of those remembered are young; when they are too many they become the old, and the old before them are forgotten.
	young, old map[rated]*asking
}

func newThrottle(r Rates, now dialer.Clock) *throttle {
	return &throttle{rates: r, now: now, young: map[rated]*asking{}}
}

// judge says how long whoever asks has to wait, 0 for not at all, and whether this was the request too many.
func (t *throttle) judge(r *http.Request, token string) (wait time.Duration, ban bool) {
	now := t.now()
	t.mu.Lock()
	defer t.mu.Unlock()
	who, per := rated{session: sha256.Sum256([]byte(token))}, t.rates.Session
	if token == "" || t.find(who) == nil {
		who, per = rated{address: addressOf(r)}, t.rates.Address
	}
	if per <= 0 {
		return 0, false
	}
	a := t.meet(who, per)
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
	if who.address.IsValid() && float64(a.over) >= per*banAfter {
		a.over, a.until = 0, now.Add(banFor)
		return banFor, true
	}
	return time.Duration(float64(time.Second) / per), false
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

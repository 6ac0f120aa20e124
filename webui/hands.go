package webui

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
)

// handBurst calls by hand one person may note at once, and then one in handEvery: faster than anybody writes in a list of an afternoon's calls, and
// too slow to fill the record with what nobody has talked.
const (
	handBurst = 30
	handEvery = 10 * time.Second
)

var errTooManyByHand = newProblem(http.StatusTooManyRequests, "too_many",
	"手動の登録が短い時間に多すぎます。Retry-After の秒数だけ待ってから、続きを登録してください",
	"too many calls were noted by hand in a short time; wait for the seconds in Retry-After, then go on")

// hands bounds how many calls each person notes by hand. It remembers no more of them than there are people.
type hands struct {
	now dialer.Clock
	mu  sync.Mutex
	may map[dialer.UserID]*rate.Limiter
}

func newHands(now dialer.Clock) *hands {
	return &hands{now: now, may: map[dialer.UserID]*rate.Limiter{}}
}

// take counts one more call of somebody's; wait is how long until it is taken, 0 when it is.
func (h *hands) take(who dialer.UserID) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	may := h.may[who]
	if may == nil {
		may = rate.NewLimiter(rate.Every(handEvery), handBurst)
		h.may[who] = may
	}
	now := h.now()
	r := may.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

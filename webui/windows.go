package webui

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
)

// An operator reads a case whole when it stands at their desk, and has any case stand there by naming or skipping. Work asks for that a few
// times an hour; a program would have the whole list pass within minutes.
const (
	casesAtOnce = 60
	casesEvery  = 30 * time.Second // one more, beyond those at once
)

// windows count how many cases each operator has had stand at a desk by naming or skipping.
type windows struct {
	mu sync.Mutex
	of map[dialer.UserID]*rate.Limiter // as many as people
}

func newWindows() *windows { return &windows{of: map[dialer.UserID]*rate.Limiter{}} }

// open reports whether one more case may stand at a desk.
func (w *windows) open(who dialer.UserID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of[who] == nil {
		w.of[who] = rate.NewLimiter(rate.Every(casesEvery), casesAtOnce)
	}
	return w.of[who].AllowN(now, 1)
}

var errTooManyCases = newProblem(http.StatusTooManyRequests, "too_many",
	"短い時間に多くの案件を席に呼び出しています。表示中の案件に発信するか、しばらく待ってからやり直してください",
	"too many cases were called to the desk in a short time; call the one that stands there, or wait a little")

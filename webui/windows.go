package webui

import (
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
)

// An operator reads a case whole while it stands at their desk, and has any case stand there: by naming or skipping, in a call that came in, or as
// the next that comes by itself. Work asks for that a few times an hour; a program would have the whole list pass within minutes. So each case that
// is read whole for the first time in a while counts, however it came to the desk.
const (
	casesAtOnce = 60
	casesEvery  = 30 * time.Second // one more, beyond those at once
	casesAgain  = time.Hour        // after which a case counts again
)

// ManyCases is the kind of the alert that an operator reads more cases than work asks for.
const ManyCases = "many_cases"

// windows are what each operator has read whole.
type windows struct {
	mu sync.Mutex
	of map[dialer.UserID]*window // as many as people
}

type window struct {
	left *rate.Limiter
	seen map[dialer.CaseID]time.Time // when each was counted; those of the last casesAgain, and so a few hundred at most
	told time.Time                   // when the supervisor was last told that it was shut
}

func newWindows() *windows { return &windows{of: map[dialer.UserID]*window{}} }

// open reports whether a person may read a case whole, and counts it the first time.
func (w *windows) open(who dialer.UserID, id dialer.CaseID, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.window(who)
	if at, counted := of.seen[id]; counted && now.Sub(at) < casesAgain {
		of.seen[id] = now // as long as it is at hand
		return true
	}
	if !of.left.AllowN(now, 1) {
		return false
	}
	maps.DeleteFunc(of.seen, func(_ dialer.CaseID, at time.Time) bool { return now.Sub(at) >= casesAgain })
	of.seen[id] = now
	return true
}

// shut reports that a case may not be read, or, with no id, that none may that was not counted yet; and whether that is news to the supervisor.
func (w *windows) shut(who dialer.UserID, id dialer.CaseID, now time.Time) (shut, news bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.window(who)
	if at, counted := of.seen[id]; of.left.TokensAt(now) >= 1 || counted && now.Sub(at) < casesAgain {
		return false, false
	}
	if news = of.told.IsZero() || now.Sub(of.told) >= casesAgain; news {
		of.told = now
	}
	return true, news
}

func (w *windows) window(who dialer.UserID) *window {
	if w.of[who] == nil {
		w.of[who] = &window{left: rate.NewLimiter(rate.Every(casesEvery), casesAtOnce), seen: map[dialer.CaseID]time.Time{}}
	}
	return w.of[who]
}

// tooMany refuses an operator who has read as many cases as may be, and tells the supervisor the first time in a while.
func (s *Server) tooMany(v viewer, desk dialer.DeskID, id dialer.CaseID) error {
	if v.role != dialer.RoleOperator {
		return nil
	}
	now := s.d.Now()
	shut, news := s.windows.shut(v.user, id, now)
	if !shut {
		return nil
	}
	if news {
		s.log.Warn("an operator reads more cases than work asks for", "user", v.user, "desk", desk)
		s.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, At: now, Alert: &dialer.Alert{
			Kind: ManyCases, Desk: desk, Subject: string(v.user),
			Text:   fmt.Sprintf("%sさんが短い時間に多くの案件を開きました。理由を確かめ、「監査」で閲覧の記録を見てください", s.names.of(v.user)),
			TextEN: s.names.of(v.user) + " opened many cases in a short time; ask why, and see the record of who read what",
		}})
	}
	return errTooManyCases
}

var errTooManyCases = newProblem(http.StatusTooManyRequests, "too_many",
	"短い時間に多くの案件を席で開いています。少し待ってからやり直してください",
	"too many cases were opened at the desk in a short time; wait a little, and try again")

package webui

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// pace is how much one person may write at once of what is kept, and how often from then on: faster than anybody types, and too slow to fill the record, the
// day's close or a list that others read with what nobody has done.
type pace struct {
	what    string // two of the same speed are two
	atOnce  int
	every   time.Duration
	tooFast *Problem
}

var (
	callsByHand  = pace{"callsByHand", 30, 10 * time.Second, errTooManyByHand}
	typedNumbers = pace{"typedNumbers", 60, 15 * time.Second, errTooFast}
	newHandoffs  = pace{"newHandoffs", 30, 20 * time.Second, errTooFast}
	handoffMoves = pace{"handoffMoves", 120, 5 * time.Second, errTooFast} // the ward goes through a morning's
	incidentActs = pace{"incidentActs", 20, 30 * time.Second, errTooFast}
	newSettings  = pace{"newSettings", 60, 10 * time.Second, errTooFast} // whoever sets up a centre goes through all of them
	newSources   = pace{"newSources", 20, 30 * time.Second, errTooFast}
	corrections  = pace{"corrections", 120, 2 * time.Second, errTooFast} // a result that was sent again is one, too
	absences     = pace{"absences", 30, 10 * time.Second, errTooFast}

	// Whoever relieves a colleague does so at the change of a shift. Over and over it would keep them from working.
	seatsTaken = pace{"seatsTaken", 4, 5 * time.Minute, errTooManySeats}
	seatAlerts = pace{"seatAlerts", 1, 10 * time.Minute, errTooManySeats}

	exportsMade = pace{"exportsMade", 10, 2 * time.Minute, errTooFast} // each is a file of the day, whose rows are looked at whenever it is closed

	// What is done to a talk stands in its evidence, and nobody presses so many buttons.
	talkActs = pace{"talkActs", 60, time.Second / 2, errTooManyActs}

	// Of all that is written down as a change, what shows a debt, takes a list in, gives something out or prints with it, and of all searches: what has no pace of its own.
	changesMade = pace{"changesMade", 300, 2 * time.Second, errTooFast}
	auditChecks = pace{"auditChecks", 5, time.Minute, errTooMuch} // each reads the whole record
	searches    = pace{"searches", 120, time.Second, errTooMuch}
)

// SeatsTaken is the kind of the alert that somebody takes seats over again and again. Whoever does so is not told.
const SeatsTaken = "seats_taken"

var errTooFast = newProblem(http.StatusTooManyRequests, "too_many",
	"登録が短い時間に多すぎます。Retry-After の秒数だけ待ってから、続きを登録してください",
	"too much was registered in a short time; wait for the seconds in Retry-After, then go on")

var errTooManyActs = newProblem(http.StatusTooManyRequests, "too_many",
	"通話の操作が短い時間に多すぎます。1秒ほど待ってから、もう一度操作してください",
	"too much was asked of the call in a short time; wait a second, then ask again")

var errTooManySeats = newProblem(http.StatusTooManyRequests, "too_many",
	"席の引き継ぎが短い時間に多すぎます。空いている席に着くか、スーパーバイザーに知らせてください",
	"too many seats were taken over in a short time; sit at a free one, or tell a supervisor")

var errTooManyByHand = newProblem(http.StatusTooManyRequests, "too_many",
	"手動の登録が短い時間に多すぎます。Retry-After の秒数だけ待ってから、続きを登録してください",
	"too many calls were noted by hand in a short time; wait for the seconds in Retry-After, then go on")

// hands bounds what each person writes of a kind. It remembers no more than there are people, for each kind.
type hands struct {
	now dialer.Clock
	mu  sync.Mutex
	may map[hand]*rate.Limiter
}

type hand struct {
	who dialer.UserID
	of  pace
}

func newHands(now dialer.Clock) *hands {
	return &hands{now: now, may: map[hand]*rate.Limiter{}}
}

// take counts one more of somebody's: nil, or the pace's problem with how long to wait.
func (h *hands) take(who dialer.UserID, of pace) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	may := h.may[hand{who, of}]
	if may == nil {
		may = rate.NewLimiter(rate.Every(of.every), of.atOnce)
		h.may[hand{who, of}] = may
	}
	now := h.now()
	r := may.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return after(wait, of.tooFast)
	}
	return nil
}

// inPace counts what a request leaves in the record of who did what. What ends sessions and changes passwords has no pace here: whoever has somebody's session could
// use it up, and be there to stay.
func (s *Server) inPace(ctx context.Context, row auth.Row) error {
	who := from(ctx).User.ID
	switch {
	case who == "" || strings.Contains(row.Route, " /api/session"):
		return nil
	case row.Route == "POST /api/audit/check":
		return s.hands.take(who, auditChecks)
	case row.Noted == audit.Searched || row.Noted == audit.AuditRead:
		return s.hands.take(who, searches)
	case !changes(row):
		return nil
	case slices.Contains(talkRoutes, row.Route):
		return s.hands.take(who, talkActs)
	case row.Route == "POST /api/exports":
		return s.hands.take(who, exportsMade)
	case slices.Contains(changesPaced, row.Noted):
		return s.hands.take(who, changesMade)
	}
	return nil
}

// talkRoutes are what may be asked of a call over and over; to hang up is none of them, it can always be asked.
var talkRoutes = []string{
	"POST /api/calls/{id}/dtmf", "POST /api/calls/{id}/hold", "POST /api/calls/{id}/resume", "POST /api/calls/{id}/mute", "POST /api/calls/{id}/unmute",
	"POST /api/calls/{id}/recording/pause", "POST /api/calls/{id}/recording/resume", "POST /api/calls/{id}/transfer", "POST /api/calls/{id}/heard",
}

// changesPaced are what a change may be noted as that has the pace of all changes.
var changesPaced = []audit.Action{audit.Changed, audit.DebtShown, audit.Exported, audit.ListTaken, audit.Printed}

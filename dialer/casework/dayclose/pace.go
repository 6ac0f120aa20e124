package dayclose

import (
	"fmt"
	"time"

	"kakeru/dialer"
)

// A close that was given up stays, and so does which records and numbers it had taken, which the next close of the day reads again. Nobody gives up a day's close so often, so
// after some of them the next waits. It is a pace and no bound: a day can always be closed, at the latest a few minutes later.
const (
	// MostGivenUp is how many closes of a day are given up without a wait.
	MostGivenUp = 20
	// WaitGivenUp is how long after the last of them the next begins.
	WaitGivenUp = 10 * time.Minute
)

// TooManyGivenUp refuses to begin a close before its time.
const TooManyGivenUp dialer.Rule = "too_many_given_up"

// GivenUpBefore sums the closes of a day that were given up, as it matters to one that would begin now.
type GivenUpBefore struct {
	Now time.Time

	n    int
	last time.Time // of those of the last minutes
}

// Add adds one. What was given up at a time that is far ahead was so by a clock that was wrong, and is not waited for.
func (g *GivenUpBefore) Add(c Close) {
	g.n++
	if c.Moved.After(g.last) && g.Now.Sub(c.Moved).Abs() < WaitGivenUp {
		g.last = c.Moved
	}
}

// Refuse says why no close begins yet; nil when one may.
func (g *GivenUpBefore) Refuse() *dialer.Refusal {
	if g.n < MostGivenUp || g.last.IsZero() {
		return nil
	}
	from := g.last.Add(WaitGivenUp + time.Minute - 1).In(dialer.Tokyo).Format("15:04")
	return &dialer.Refusal{
		Rule: TooManyGivenUp,
		JA:   fmt.Sprintf("この日の終業返却は%d回以上取りやめられたため、次は%sから始められます。それまで待ってから、もう一度押してください", MostGivenUp, from),
		EN:   fmt.Sprintf("this day's close was given up %d times or more, so the next begins from %s; wait until then, and press again", MostGivenUp, from),
	}
}

package report

import (
	"time"

	"kakeru/dialer"
)

// HalfHour is what was dialled in one half hour of a day.
type HalfHour struct {
	At       time.Time `json:"at" doc:"when it begins"`
	Attempts int       `json:"attempts"`
	Answered int       `json:"answered"`
	// Plan is how many should have been dialled by its end, since the opening.
	Plan int `json:"plan"`
}

// Curve is a day by the half hour, from the opening to the close and wherever else something was dialled.
type Curve struct {
	Date   string     `json:"day"`
	Target int        `json:"target"`
	Halves []HalfHour `json:"halves" nullable:"false"`
}

const half = 30 * time.Minute

// Spread puts what was dialled on a day beside its plan: the day's target, spread evenly over the opening hours.
func Spread(d dialer.Date, hours dialer.Hours, target int, done []HalfHour) Curve {
	c := Curve{Date: d.String(), Target: target, Halves: []HalfHour{}}
	at := map[int64]HalfHour{}
	for _, h := range done {
		at[h.At.Unix()] = h
	}
	span, _, open := hours.On(d)
	from, to := d.At(span.From), d.At(span.To)
	for t, end := d.At(0), d.Next().At(0); t.Before(end); t = t.Add(half) {
		h, some := at[t.Unix()]
		within := open && t.Add(half).After(from) && t.Before(to)
		if !some && !within {
			continue
		}
		h.At = t
		if open {
			worked := min(max(t.Add(half).Sub(from), 0), to.Sub(from))
			h.Plan = int(float64(target)*float64(worked)/float64(to.Sub(from)) + 0.5)
		}
		c.Halves = append(c.Halves, h)
	}
	return c
}

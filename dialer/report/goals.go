package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// Contract is what the contract says the work is to come to (§10), and from when to when it runs (§2).
type Contract struct {
	Calls       int         // 件 a month; a year's are its months'
	SMS, Number Bounds      // messages, and numbers entered
	From, Until dialer.Date // first and last day; zero: no matter
}

// Bounds are what a measure is to come to in a month and in a fiscal year; a zero is none.
type Bounds struct {
	Month int
	UpTo  int // what a month should not go beyond
	Year  int
	Most  int // what a year must never go beyond
}

// within is the part of a period in which the contract runs; it may be empty.
func (c Contract) within(p Period) Period {
	if c.From != (dialer.Date{}) && p.From.Before(c.From) {
		p.From = c.From
	}
	if c.Until != (dialer.Date{}) && c.Until.Next().Before(p.To) {
		p.To = c.Until.Next()
	}
	if p.To.Before(p.From) {
		p.To = p.From
	}
	return p
}

// Goal is what a measure is to come to in a month or a fiscal year. Words are the ward's, the newest of each month. Outside the contract
// there is no target; a year half inside it has the months that are, whole ones and begun ones.
func (c Contract) Goal(m Measure, p Period, words []TargetWord) Goal {
	g := Goal{Measure: m, Period: c.within(p)}
	if g.Period.From == g.Period.To {
		return g
	}
	switch {
	case m == Calls && p.Kind == OfMonth:
		g.Target, g.Ward = c.month(p.Name, words)
	case m == Calls:
		for at := g.Period.From; at.Before(g.Period.To); at = nextMonth(at) {
			n, _ := c.month(monthName(at.At(0)), words)
			g.Target += n
		}
	default:
		b := c.SMS
		if m == Entries {
			b = c.Number
		}
		if g.Target, g.UpTo = b.Month, b.UpTo; p.Kind == OfYear {
			months := 0
			for at := g.Period.From; at.Before(g.Period.To); at = nextMonth(at) {
				months++
			}
			g.Target, g.UpTo, g.Most = (b.Year*months+11)/12, 0, b.Most
		}
	}
	return g
}

// month is the target of a month, and the ward's word on it where there is one.
func (c Contract) month(name string, words []TargetWord) (int, *TargetWord) {
	at := slices.IndexFunc(words, func(w TargetWord) bool { return w.Month == name })
	if at < 0 || words[at].Calls == nil {
		return c.Calls, nil
	}
	return *words[at].Calls, &words[at]
}

func nextMonth(d dialer.Date) dialer.Date {
	return dialer.DateOf(time.Date(d.Year, d.Month+1, 1, 0, 0, 0, 0, dialer.Tokyo))
}

// MostTarget is the most that a month may be told to come to.
const MostTarget = 1_000_000

// monthsAhead is how far ahead a target may be set.
const monthsAhead = 24

// CheckTarget refuses a word on a month that is over, or that says nothing: an *AskError.
func CheckTarget(w TargetWord, now time.Time) error {
	first, err := firstOf(w.Month)
	if err != nil {
		return err
	}
	last := dialer.DateOf(now)
	switch n := len([]rune(strings.TrimSpace(w.Reason))); {
	case first.After(now.AddDate(0, monthsAhead, 0)):
		return &AskError{
			JA: fmt.Sprintf("%s は先すぎます。%dか月先までの月に設定してください", w.Month, monthsAhead),
			EN: fmt.Sprintf("%s is too far ahead; set a target for a month at most %d months from now", w.Month, monthsAhead),
		}
	case !first.AddDate(0, 1, 0).After(now):
		return &AskError{
			JA: fmt.Sprintf("%s は終わった月です。目標件数は今月(%d-%02d)以降の月に設定してください", w.Month, last.Year, int(last.Month)),
			EN: fmt.Sprintf("%s is over; set a target for %d-%02d or a later month", w.Month, last.Year, int(last.Month)),
		}
	case n == 0 || n > maxReason:
		return &AskError{
			JA: fmt.Sprintf("区の誰がどのような理由で指示したかを%d文字以内で書いてください", maxReason),
			EN: fmt.Sprintf("write who of the ward said so and why, in at most %d characters", maxReason),
		}
	case w.Calls != nil && (*w.Calls < 0 || *w.Calls > MostTarget):
		return &AskError{JA: "目標件数は0以上1,000,000以下にしてください", EN: "a target is between 0 and 1,000,000"}
	default:
		return nil
	}
}

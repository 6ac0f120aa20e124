package dialer

import "time"

// HourAdvice knows from the centre's own history at which hours people answer which kind of number (dialer/besthour). It
// orders cases of equal priority and chooses among the times that the rules allow; it never allows what they forbid. It is
// asked in the way of a click, so it answers from memory.
type HourAdvice interface {
	// Rank is the place of a kind of number among cases of equal priority at an instant: smaller is sooner. Kinds for which
	// the hour is not known to be better or worse than others have the same.
	Rank(kind NumberKind, at time.Time) int
	// Better returns an instant in a better hour than due's, later than due and allowed, and what makes it better, for a
	// number that was called just now; ok is false when due is to be kept.
	Better(kind NumberKind, called, due time.Time, allowed func(time.Time) bool) (at time.Time, why HourNote, ok bool)
	// Note says what is known of the hour of an instant; ok is false when it is like the kind's others, or nothing is known.
	Note(kind NumberKind, at time.Time) (n HourNote, ok bool)
}

// HourNote is what the history says of an hour of the week and a kind of number that differs from the kind's other hours.
type HourNote struct {
	// Good is whether people answer more in it, or less.
	Good bool
	// Rate is the share of tries that a person is estimated to answer, Low and High its bounds (95 in 100), from so many
	// Tries; Usual is the kind's share over all hours.
	Rate, Low, High, Usual float64
	Tries                  int
	// JA and EN say it in one sentence.
	JA, EN string
}

// AtBestHour moves what a case waits for to a better hour, where there is advice and the wait is not about a certain time.
// called is when the case was called. What the rules decided stays true: it is not earlier, the centre is open, and where
// they came to another part of the day it is another still.
func (r Rules) AtBestHour(n CaseNext, kind NumberKind, called time.Time, hours Hours) CaseNext {
	if r.Advice == nil || n.State != CaseWaiting || n.Due.Sub(called) < shortWait {
		return n
	}
	another := r.Bands.Of(n.Due) != r.Bands.Of(called)
	at, why, ok := r.Advice.Better(kind, called, n.Due, func(t time.Time) bool {
		return hours.Open(t) && (!another || r.Bands.Of(t) != r.Bands.Of(called))
	})
	if ok {
		n.Due, n.Why, n.WhyEN = at, n.Why+"。"+why.JA+"ため、その時間に架電します", n.WhyEN+"; moved to a better hour: "+why.EN
	}
	return n
}

// shortWait is how long a wait must be to be moved: a busy number has somebody there, and trouble on the line passes.
const shortWait = time.Hour

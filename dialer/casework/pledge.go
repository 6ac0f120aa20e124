package casework

import (
	"cmp"
	"maps"
	"slices"

	"kakeru/dialer"
)

// Pledge is a promise as it stands in the books: what was promised, in which entry, and on which day.
type Pledge struct {
	Promise
	Attempt  dialer.CallID
	Revision int
	// MadeOn is the day of the talk. A later correction of its entry does not make the promise younger.
	MadeOn dialer.Date
	// Replaced: a later entry took its place, and it counts for nothing.
	Replaced bool
	// Owes are the insurances the case is held for: which of them a promise that is not split is paid to, nobody knows.
	Owes []Insurance
}

// Payment is one line of a paid list that was taken in. A negative sum takes an earlier one back (取消).
type Payment struct {
	ID        int64
	Insurance Insurance
	Term      string
	PaidOn    dialer.Date
	Yen       int64
}

// Books are what a verdict hangs on besides promises and payments.
type Books struct {
	// GraceDays are how long after its due date a promise is waited for: payments take about two weeks to reach the books.
	GraceDays int
	// ReadTo is, by insurance, the last day that the paid lists reach which were read and have it. A list without a payment of an
	// insurance may be the other's alone, and is no proof that nobody paid.
	ReadTo map[Insurance]dialer.Date
}

// readTo is how far the lists reach that a promise is judged by, and the insurance whose reach least; the zero day when of one no list was read.
func (b Books) readTo(p Pledge) (insurance Insurance, day dialer.Date) {
	asked := p.insurances()
	if len(asked) == 0 {
		asked = slices.Sorted(maps.Keys(b.ReadTo))
	}
	for i, of := range asked {
		if to := b.ReadTo[of]; i == 0 || earlier(to, day) {
			insurance, day = of, to
		}
	}
	return insurance, day
}

// insurances are those to which the promise may be paid; none when nobody knows.
func (p Pledge) insurances() (some []Insurance) {
	if len(p.Parts) == 0 {
		return p.Owes
	}
	for _, part := range p.Parts {
		if part.Insurance == "" {
			return p.Owes
		}
		some = append(some, part.Insurance)
	}
	return some
}

// lastDay is the last day on which a payment counts for a promise that falls due on the day given.
func (b Books) lastDay(due dialer.Date) dialer.Date {
	return dialer.DateOf(due.At(b.GraceDays * 24 * 60))
}

// Counted is how much of one payment counts towards a promise; Part is the place of the part, -1 for an unsplit promise.
type Counted struct {
	Payment int64
	Part    int
	PaidOn  dialer.Date
	Yen     int64
}

func earlier(a, b dialer.Date) bool { return a.At(0).Before(b.At(0)) }

func byDay(a, b dialer.Date) int { return a.At(0).Compare(b.At(0)) }

// oldestFirst orders promises: by the day they were made, then by their talks, whose ids sort by time.
func oldestFirst(a, b Pledge) int {
	return cmp.Or(byDay(a.MadeOn, b.MadeOn), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Revision, b.Revision))
}

func inOrder(a, b Payment) int {
	return cmp.Or(byDay(a.PaidOn, b.PaidOn), cmp.Compare(a.Insurance, b.Insurance), cmp.Compare(a.Term, b.Term),
		cmp.Compare(a.Yen, b.Yen), cmp.Compare(a.ID, b.ID))
}

// standing are the payments that are left once corrections have taken theirs back, the oldest first. A correction takes back
// the newest payment of just its sum that is not younger, of the same insurance and term; where there is none, the newest
// yen of them. One that finds nothing takes nothing: what it corrects was never read.
func standing(payments []Payment) []Payment {
	var left, back []Payment
	for _, p := range payments {
		if p.Yen > 0 {
			left = append(left, p)
		} else if p.Yen < 0 {
			back = append(back, p)
		}
	}
	slices.SortFunc(left, inOrder)
	slices.SortFunc(back, inOrder)
	whole := slices.Clone(left)
	for _, c := range back {
		takeBack(left, whole, c)
	}
	return slices.DeleteFunc(left, func(p Payment) bool { return p.Yen == 0 })
}

func takeBack(left, whole []Payment, c Payment) {
	for i := len(left) - 1; i >= 0; i-- {
		untouched := left[i].Yen == whole[i].Yen
		if c.takesFrom(left[i]) && untouched && left[i].Yen == -c.Yen && !earlier(c.PaidOn, left[i].PaidOn) {
			left[i].Yen = 0
			return
		}
	}
	rest := -c.Yen
	for i := len(left) - 1; i >= 0 && rest > 0; i-- {
		if c.takesFrom(left[i]) {
			some := min(rest, left[i].Yen)
			left[i].Yen, rest = left[i].Yen-some, rest-some
		}
	}
}

func (p Payment) takesFrom(other Payment) bool {
	return p.Insurance == other.Insurance && p.Term == other.Term
}

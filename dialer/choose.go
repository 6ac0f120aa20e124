package dialer

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// NumberFacts is a number of a case with what is known of it now.
type NumberFacts struct {
	CaseNumber
	Tries   []Try
	Calling bool // somebody calls us from it, or talks with us
}

// Choice is which of a case's numbers is dialled next.
type Choice struct {
	// At is the number's place among those there were to choose from; -1 when none of them may be dialled at all, and No says why.
	At int
	No *Refusal
	// From is when it may be dialled; why is said when that is later than now, or when only an exception lets it be.
	From time.Time
	Why  Reason
	// Turn says why it is this number; empty for the first.
	Turn Reason
}

// Choose finds the number of a case that is dialled next: the first whose turn it is and which may be dialled now, or else the
// one that may be dialled soonest. A number's turn passes to the next when so many tries in a row reached nobody there.
func (r Rules) Choose(now time.Time, numbers []NumberFacts, supervisor bool) Choice {
	c := Choice{At: -1, No: Refuse(UnknownCase)}
	var order []int
	for i, n := range numbers {
		rule, why := n.Number.ForbiddenFor(supervisor)
		switch {
		case n.DoNotCall:
			c.No = Refuse(DoNotCall)
		case rule != "":
			c.No = &Refusal{Rule: ForbiddenNumber, JA: why, EN: "the number may not be dialled (" + rule + ")"}
		default:
			order = append(order, i)
		}
	}
	turns := func(i int) int { return misses(numbers[i].Tries) / max(1, r.Numbers.RotateAfter) }
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(turns(a), turns(b)) })
	for _, i := range order {
		from, why := r.free(now, numbers[i])
		if c.At >= 0 && !from.Before(c.From) {
			continue
		}
		c = Choice{At: i, From: from, Why: why}
		if !from.After(now) {
			break
		}
	}
	if c.At > 0 {
		c.Turn = r.turn(now, numbers[0], supervisor)
	}
	return c
}

func (r Rules) free(now time.Time, n NumberFacts) (time.Time, Reason) {
	if n.Calling {
		return now.Add(householdGap), Reason{ErrCallsUs.JA, ErrCallsUs.EN}
	}
	return r.Number.FreeFrom(now, n.Tries)
}

// turn says why the first number is not the one that is dialled.
func (r Rules) turn(now time.Time, first NumberFacts, supervisor bool) Reason {
	rule, _ := first.Number.ForbiddenFor(supervisor)
	n := misses(first.Tries)
	switch from, _ := r.free(now, first); {
	case first.DoNotCall:
		return Reason{"1番目の番号は架電禁止の登録があるため", "the first is on the do-not-call list"}
	case rule != "":
		return Reason{"1番目の番号には発信できないため", "the first may not be dialled"}
	case n >= r.Numbers.RotateAfter:
		return Reason{fmt.Sprintf("1番目の番号は%d回続けてつながらないため", n), fmt.Sprintf("the first reached nobody %d times in a row", n)}
	case from.After(now):
		return Reason{"1番目の番号はいま発信できないため", "the first may not be rung now"}
	}
	return Reason{}
}

// misses is how many tries at a number, since somebody was last reached there, met no person.
func misses(tries []Try) int {
	n := 0
	for _, t := range tries {
		switch {
		case t.CalledUs, t.answeredByPerson():
			n = 0
		case t.Result == Answered, t.Result == NoAnswer, t.Result == OutOfReach, t.Result == Unallocated:
			n++
		}
	}
	return n
}

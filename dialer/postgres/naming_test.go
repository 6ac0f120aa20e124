package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// placing is where a case stands, and in what order.
type placing struct {
	Next     dialer.CaseNext
	Pinned   bool
	Moved    time.Time
	Priority *int32
	Order    *time.Time
}

func placingOf(t *testing.T, l *Ledger, id dialer.CaseID) (s placing) {
	t.Helper()
	s.Next = caseOf(t, l, id).Next
	err := l.pool.QueryRow(t.Context(), "SELECT pinned, moved_at, placed_priority, placed_due FROM cases WHERE id = $1", string(id)).
		Scan(&s.Pinned, &s.Moved, &s.Priority, &s.Order)
	must(t, err)
	s.Moved = s.Moved.UTC()
	return s
}

func (s placing) is(other placing) bool {
	same := s.Next == other.Next && s.Pinned == other.Pinned && s.Moved.Equal(other.Moved) && (s.Priority == nil) == (other.Priority == nil) &&
		(s.Order == nil) == (other.Order == nil)
	return same && (s.Priority == nil || *s.Priority == *other.Priority) && (s.Order == nil || s.Order.Equal(*other.Order))
}

// TestACaseThatWasNotTheCallersStandsAsItDid: a talk is named to one case after the other, and each that is let go again waits for what it waited for, whatever
// that was; with that it stands in the line.
func TestACaseThatWasNotTheCallersStandsAsItDid(t *testing.T) {
	l := newLedger(t)
	defers := func(of dialer.Target, next dialer.CaseNext) {
		t.Helper()
		must(t, l.Defer(t.Context(), of.CaseID, next))
	}
	order := func(of dialer.Target, o casework.Order) {
		t.Helper()
		o.By, o.At, o.Reason = "supervisor1", noon, "依頼"
		_, err := l.Order(t.Context(), of.CaseID, o)
		must(t, err)
	}
	record := func(of dialer.Target, next dialer.CaseNext) {
		t.Helper()
		r := callAgain(call(t, l, of, noon.Add(-time.Hour), dialer.Answered).ID, of, noon.Add(-50*time.Minute))
		r.Next = next
		_, err := l.Record(t.Context(), r)
		must(t, err)
	}
	stands := map[string]func(of dialer.Target){
		"as the list brought it": func(dialer.Target) {},
		"due since yesterday": func(of dialer.Target) {
			defers(of, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(-24 * time.Hour), Cause: dialer.CauseNumber, Why: "番号の間隔です", WhyEN: "why"})
		},
		"promised": func(of dialer.Target) {
			record(of, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(20 * 24 * time.Hour), Cause: dialer.CausePromise, Why: "約束の期日待ち"})
		},
		"asked for, and somebody's": func(of dialer.Target) {
			until := noon.Add(5 * time.Hour)
			record(of, dialer.CaseNext{
				State: dialer.CaseWaiting, Due: noon.Add(4 * time.Hour), Cause: dialer.CauseAsked, Why: "指定の時刻です", Mine: "operator2", MineUntil: until,
			})
		},
		"closed": func(of dialer.Target) { record(of, dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"}) },
		"held":   func(of dialer.Target) { heldBySupervisor(t, l, of, noon) },
		"pinned": func(of dialer.Target) { order(of, casework.Order{Act: casework.Pin}) },
		"placed by hand": func(of dialer.Target) {
			first := casework.Placed{Case: of.CaseID, Priority: 3, Due: noon.Add(-time.Minute), From: 2, To: 1}
			_, err := l.Move(t.Context(), first, casework.Order{By: "supervisor1", At: noon, Reason: "依頼"})
			must(t, err)
		},
	}
	var named []dialer.Target
	before := map[string]placing{}
	kinds := map[string]string{}
	for what, does := range stands {
		of := listedTarget(t, l)
		does(of)
		before[string(of.CaseID)], kinds[string(of.CaseID)] = placingOf(t, l, of.CaseID), what
		named = append(named, of)
	}
	end := listedTarget(t, l)
	in := comesIn(t, l, named[0], noon.Add(time.Minute))
	for i, of := range append(named[1:], end) {
		for range 2 { // said twice, it is the same
			_, err := l.NameCase(t.Context(), in, of.CaseID, "operator1")
			must(t, err)
		}
		if state := caseOf(t, l, of.CaseID).Next.State; state != dialer.CaseResultDue {
			t.Errorf("the result of the talk is owed, and its case is %s", state)
		}
		was := string(named[i].CaseID)
		if now := placingOf(t, l, named[i].CaseID); !now.is(before[was]) {
			t.Errorf("%s: it stands %+v, and stood %+v", kinds[was], now, before[was])
		}
		place, err := l.Place(t.Context(), named[i].CaseID)
		if must(t, err); (place != nil) != (before[was].Next.State == dialer.CaseWaiting) {
			t.Errorf("%s: in the line it is %+v", kinds[was], place)
		}
	}
}

// TestACaseThatMovedMeanwhileIsLeft: what else came to pass of a case that was taken for the caller's is not undone; and an entry that could not move it, as it
// waited for the talk's result, is a supervisor's to look at.
func TestACaseThatMovedMeanwhileIsLeft(t *testing.T) {
	l := newLedger(t)
	of, other := listedTarget(t, l), listedTarget(t, l)
	in := comesIn(t, l, of, noon.Add(time.Minute))
	call(t, l, of, noon.Add(3*time.Minute), dialer.NoAnswer)
	moved := placingOf(t, l, of.CaseID)
	_, err := l.NameCase(t.Context(), in, other.CaseID, "operator1")
	must(t, err)
	if now := placingOf(t, l, of.CaseID); !now.is(moved) {
		t.Errorf("it stands %+v, and stood %+v", now, moved)
	}

	of = listedTarget(t, l)
	r := reservation(of, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(time.Second), customerLeg(noon)))
	ours := endOf(r, dialer.Answered)
	ours.Next = dialer.ResultOwed
	must(t, l.End(t.Context(), ours))
	in = comesIn(t, l, of, noon.Add(time.Minute))
	_, err = l.Record(t.Context(), callAgain(r.ID, of, noon.Add(10*time.Minute)))
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseResultDue {
		t.Errorf("it stands %+v", next)
	}
	_, err = l.NameCase(t.Context(), in, other.CaseID, "operator1")
	must(t, err)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseHeld || next.Why != notTheirsWhy {
		t.Errorf("it stands %+v", next)
	}
}

package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// TestAMoveOutlivesARebuild: the order that a supervisor made by hand is what the line is built of, ranks made anew leave it, a rule that puts
// the case off ends its order among equals, and its call ends all of it.
func TestAMoveOutlivesARebuild(t *testing.T) {
	l, _, _ := ruled(t, casework.DefaultRules())
	var ids []dialer.CaseID
	for _, w := range load(t, l, person("0000000001"), person("0000000002"), person("0000000003")).Waiting {
		ids = append(ids, w.Case)
		must(t, l.Defer(t.Context(), w.Case, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(-time.Hour), Why: "いま"}))
	}
	moved, equal := ids[2], ids[0]
	p := casework.Placed{
		Case: moved, Priority: 7, Due: noon.Add(-time.Hour - time.Millisecond), From: 3, To: 2,
		Respaced: []casework.Respaced{{Case: equal, Due: noon.Add(-time.Hour - 2*time.Millisecond)}},
	}
	before := placeOf(t, l, equal)
	places, err := l.Move(t.Context(), p, casework.Order{By: "supervisor", At: noon, Reason: "区の依頼 0312345678"})
	must(t, err)
	if len(places) != 2 {
		t.Errorf("%d places are told", len(places))
	}
	check := func(when string) {
		t.Helper()
		line := map[dialer.CaseID]dialer.Waiting{}
		for w, err := range l.Waiting(t.Context()) {
			must(t, err)
			line[w.Case] = w
		}
		if w := line[moved]; w.Priority != 7 || !w.Due.Equal(p.Due) {
			t.Errorf("%s: the moved case stands at %+v", when, w)
		}
		if w := line[equal]; w.Priority != before.Priority || !w.Due.Equal(p.Respaced[0].Due) {
			t.Errorf("%s: its equal stands at %+v", when, w)
		}
	}
	check("built anew")
	l.rank(t.Context(), moved)
	check("ranked anew")
	c := caseOf(t, l, moved)
	if o := c.Order; o == nil || o.Act != casework.Move || o.From != 3 || o.To != 2 || o.By != "supervisor" || o.Reason == "区の依頼 0312345678" {
		t.Errorf("kept: %+v", c.Order)
	}

	later := noon.Add(time.Hour)
	must(t, l.Defer(t.Context(), moved, dialer.CaseNext{State: dialer.CaseWaiting, Due: later, Cause: dialer.CauseNumber, Why: "間隔"}))
	if w := placeOf(t, l, moved); w.Priority != 7 || !w.Due.Equal(later) {
		t.Errorf("put off: %+v", w)
	}
	_, err = l.Move(t.Context(), p, casework.Order{By: "supervisor", At: noon, Reason: "x"})
	wantRule(t, err, dialer.CaseBusy)

	target, err := l.Target(t.Context(), equal, "")
	must(t, err)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	_, err = l.Move(t.Context(), casework.Placed{Case: equal, Priority: 1, Due: noon.Add(-time.Hour), From: 1, To: 2}, casework.Order{By: "s", At: noon, Reason: "x"})
	wantRule(t, err, dialer.CaseBusy)
	must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.NoAnswer)))
	if w := placeOf(t, l, equal); !w.Due.After(noon) {
		t.Errorf("after its call: %+v", w)
	}
}

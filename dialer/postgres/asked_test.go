package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// A call that was asked for is told when its time is near, for whoever promised it and then for anyone, until it is made.
func TestCallsAskedForAreToldUntilTheyAreMade(t *testing.T) {
	l, _, _ := ruled(t, casework.DefaultRules())
	target := listedTarget(t, l)
	r := call(t, l, target, noon.Add(-time.Hour), dialer.Answered)
	e := entry(r)
	e.Next = dialer.CaseNext{
		State: dialer.CaseWaiting, Due: noon, Cause: dialer.CauseAsked, Why: "希望の日時", Mine: "operator1", MineUntil: noon.Add(30 * time.Minute),
	}
	_, err := l.Record(t.Context(), e)
	must(t, err)
	told := func(until time.Time) []casework.AskedFor {
		t.Helper()
		list, err := l.AskedFor(t.Context(), until)
		must(t, err)
		return list
	}
	if early := told(noon.Add(-time.Minute)); len(early) != 0 {
		t.Errorf("told too early: %+v", early)
	}
	list := told(noon.Add(time.Hour)) // however late: what nobody made is not forgotten
	if len(list) != 1 || list[0].Case != target.CaseID || !list[0].At.Equal(noon) || list[0].Mine != "operator1" {
		t.Fatalf("told: %+v", list)
	}
	tidied(t, l, noon.Add(30*time.Minute))
	if list := told(noon); len(list) != 1 || list[0].Mine != "" {
		t.Errorf("once the grace is over: %+v", list)
	}
	// It is made, and nobody answers: the case waits for something else.
	call(t, l, target, noon.Add(time.Minute), dialer.NoAnswer)
	if list := told(noon.Add(time.Hour)); len(list) != 0 {
		t.Errorf("made, and still told: %+v", list)
	}
}

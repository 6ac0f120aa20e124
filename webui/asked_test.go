package webui

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func asked(id dialer.CaseID, at time.Time, mine dialer.UserID) casework.Case {
	return casework.Case{ID: id, Person: casework.Person{Name: "見本 太郎"}, Next: dialer.CaseNext{State: dialer.CaseWaiting, Cause: dialer.CauseAsked, Due: at, Mine: mine}}
}

// Who promised a call is told when its time comes, and everybody where it is anyone's; the supervisor sees them all, with
// those that are late. Nobody is told whom it is to.
func TestCallsAskedForAreToldToWhomTheyConcern(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.cases = map[dialer.CaseID]casework.Case{}
		for _, c := range []casework.Case{
			asked("mine", tuesday.Add(2*time.Minute), "user-operator"), asked("theirs", tuesday.Add(-10*time.Minute), "user-operator2"),
			asked("anyones", tuesday.Add(-9*time.Minute), ""), asked("later", tuesday.Add(16*time.Minute), ""),
		} {
			h.cases[c.ID] = c
		}
		h.desks[0].CaseID, h.desks[0].Operator, h.desks[0].State = "anyones", "user-operator2", dialer.DeskReady
	})
	type list struct{ Items []AskedFor }
	got := func(who string) (ids, late, at string) {
		t.Helper()
		answer := h.as(who).do("GET", "/api/asked-for", nil).want(t, 200)
		if strings.Contains(string(answer.body), "見本") {
			t.Error("it says whom the call is to")
		}
		for _, a := range into[list](t, answer).Items {
			ids += " " + string(a.CaseID)
			if a.Late {
				late += " " + string(a.CaseID)
			}
			if a.Desk != "" {
				at += " " + string(a.CaseID) + "@" + a.Desk
			}
		}
		return ids, late, at
	}
	if ids, late, _ := got("operator"); ids != " anyones mine" || late != "" {
		t.Errorf("the operator is told of%s, late%s", ids, late)
	}
	ids, late, at := got("supervisor")
	if ids != " theirs anyones mine" || late != " theirs" || !strings.HasPrefix(at, " anyones@") {
		t.Errorf("the supervisor is told of%s, late%s, standing%s", ids, late, at)
	}
	h.as("ward").do("GET", "/api/asked-for", nil).problem(t, 403, "forbidden")
	h.as("admin").do("GET", "/api/asked-for", nil).problem(t, 403, "forbidden")
	h.set(func() { h.fail.counts = dialer.ErrLedgerDown })
	h.as("operator").do("GET", "/api/asked-for", nil).problem(t, 503, "ledger_down")
}

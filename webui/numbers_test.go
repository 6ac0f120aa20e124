package webui

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

var testRefs = dialer.NewRefs([]byte(strings.Repeat("k", 32)))

// The marks of the sample case's numbers.
var firstMark, secondMark = testRefs.NumberOf("case-1", "0300001234"), testRefs.NumberOf("case-1", "09000001234")

// typing keeps the numbers that are entered. One person is among the cases.
type typing struct {
	mu   sync.Mutex
	kept []casework.EnteredNumber
	fail error
}

func (y *typing) EnterNumber(_ context.Context, n casework.EnteredNumber) (casework.EnteredNumber, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.fail != nil {
		return n, y.fail
	}
	for _, k := range y.kept {
		if k.CaseRef == n.CaseRef && k.Number == n.Number && !k.TakenBack {
			return n, casework.RefuseNumber(casework.NumberEntered)
		}
	}
	n.ID, n.Seen = dialer.NewID(n.At), casework.NumberNew
	if n.CaseRef == testRefs.Case("0001234567") {
		n.Case = "case-1"
	}
	y.kept = append(y.kept, n)
	return n, nil
}

func (y *typing) TakeNumberBack(_ context.Context, id string, by dialer.UserID, anybodys bool, _ time.Time) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	for i, k := range y.kept {
		if k.ID == id && (k.By == by || anybodys) {
			y.kept[i].TakenBack = true
			return nil
		}
	}
	return dialer.ErrNotFound
}

func (y *typing) EnteredNumbers(_ context.Context, by dialer.UserID, since time.Time, _ int) (out []casework.EnteredNumber, _ error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, k := range y.kept {
		if k.By == by && !k.At.Before(since) {
			out = slices.Insert(out, 0, k)
		}
	}
	return out, nil
}

func (y *typing) NumberCounts(_ context.Context, from, to time.Time) ([]casework.NumberCount, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	var out []casework.NumberCount
	for _, k := range y.kept {
		if !k.TakenBack && !k.At.Before(from) && k.At.Before(to) {
			out = append(out, casework.NumberCount{Day: dialer.DateOf(k.At).String(), By: k.By, N: 1})
		}
	}
	return out, nil
}

func TestEnteringNumbers(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	row := func(ward, number, again string) map[string]any {
		return map[string]any{"ward_number": ward, "number": number, "again": again, "source": "counter", "document_on": "2026/11/20", "first": true}
	}
	type answer struct {
		Entered EnteredNumber
		Tally   EnteredTally
	}
	one := into[answer](t, op.do("POST", "/api/numbers", row("1234567", "０９０−００００−９９９９", "09000009999")).want(t, 201))
	if e := one.Entered; e.CaseID != "case-1" || e.WardNumber != "0001234567" || e.Number != "09000009999" || e.Kind != dialer.KindMobile ||
		e.Seen != casework.NumberNew || e.DocumentOn != "2026-11-20" || one.Tally != (EnteredTally{1, 1}) {
		t.Errorf("entered %+v, %+v", e, one.Tally)
	}
	if k := h.typing.kept[0]; k.By != "user-operator" || !k.First || k.Source != "counter" || !k.At.Equal(tuesday) {
		t.Errorf("kept %+v", k)
	}
	op.do("POST", "/api/numbers", row("1234567", "09000009999", "09000009999")).problem(t, 409, "number_entered")
	p := op.do("POST", "/api/numbers", row("", "110", "110")).problem(t, 422, "invalid")
	if len(p.Errors) != 2 || p.Errors[0].Field != "ward_number" || p.Errors[1].Field != "number" || p.Errors[1].Code != "service" {
		t.Errorf("%+v", p.Errors)
	}
	h.clock.forward(-24 * time.Hour) // the day before: of the month, not of the day
	two := into[answer](t, boss.do("POST", "/api/numbers", row("7654321", "0300009999", "0300009999")).want(t, 201))
	h.clock.forward(24 * time.Hour)

	mine := into[struct {
		Items   []EnteredNumber
		Tally   EnteredTally
		Sources []casework.NumberSource
	}](t, op.do("GET", "/api/numbers", nil).want(t, 200))
	if len(mine.Items) != 1 || mine.Items[0].ID != one.Entered.ID || len(mine.Sources) != 4 || mine.Sources[0].JA != "資格異動届" {
		t.Errorf("mine: %+v", mine)
	}
	if boss := into[struct{ Tally EnteredTally }](t, boss.do("GET", "/api/numbers", nil).want(t, 200)).Tally; boss != (EnteredTally{0, 1}) {
		t.Errorf("the supervisor's tally: %+v", boss)
	}
	counts := into[struct {
		Month string
		Items []EnteredCount
		Total int
	}](t, boss.do("GET", "/api/numbers/counts", nil).want(t, 200))
	if counts.Month != "2026-11" || counts.Total != 2 || counts.Items[0].ByName != "職員operator" {
		t.Errorf("counts: %+v", counts)
	}
	boss.do("GET", "/api/numbers/counts?month=2026-13", nil).problem(t, 422, "invalid")

	op.do("DELETE", "/api/numbers/"+two.Entered.ID, nil).problem(t, 404, "not_found") // not theirs
	h.as("operator2").do("DELETE", "/api/numbers/"+one.Entered.ID, nil).problem(t, 404, "not_found")
	boss.do("DELETE", "/api/numbers/"+one.Entered.ID, nil).want(t, 204)
	if tally := into[struct{ Tally EnteredTally }](t, op.do("GET", "/api/numbers", nil).want(t, 200)).Tally; tally != (EnteredTally{}) {
		t.Errorf("after taking it back: %+v", tally)
	}
	if log := h.logs.String(); strings.Contains(log, "00009999") || strings.Contains(log, "1234567") {
		t.Error("a number stands in the log")
	}
}

func TestANumberCannotBeEnteredWhileTheLedgerIsAway(t *testing.T) {
	h := open(t)
	h.typing.fail = dialer.ErrLedgerDown
	h.as("operator").do("POST", "/api/numbers", map[string]any{
		"ward_number": "1", "number": "0300001234", "again": "0300001234", "source": "other", "document_on": "2026-11-20",
	}).problem(t, 503, "ledger_down")
}

package webui

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// paidState is the world's paid lists and promises.
type paidState struct {
	mu      sync.Mutex
	lists   map[string]casework.PaidPreview
	stage   error // what staging fails with
	lines   []casework.PromiseLine
	figures casework.PromiseFigures
	to      casework.PaidToCase
}

// paidShelf is a fake of PaidLists and casework.PromiseStore.
type paidShelf struct{ *paidState }

func (w paidShelf) StagePaid(_ context.Context, list casework.StagedList, file io.Reader, progress func(int)) (casework.PaidPreview, error) {
	b, err := io.ReadAll(file)
	if err != nil {
		return casework.PaidPreview{}, err
	}
	progress(1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stage != nil {
		return casework.PaidPreview{}, w.stage
	}
	if w.lists == nil {
		w.lists = map[string]casework.PaidPreview{}
	}
	p := casework.PaidPreview{List: list.ID, FileName: list.FileName, State: listStaged, Rows: strings.Count(string(b), "\n")}
	w.lists[list.ID] = p
	return p, nil
}

func (w paidShelf) PaidPreview(_ context.Context, list string) (casework.PaidPreview, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.lists[list]
	if !ok {
		return p, dialer.ErrNotFound
	}
	return p, nil
}

func (w paidShelf) ApplyPaid(_ context.Context, list string, _ dialer.UserID) (casework.PaidPreview, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.lists[list]
	p.State, p.Settled.Kept = listApplied, 1
	w.lists[list] = p
	return p, nil
}

func (w paidShelf) DiscardPaid(_ context.Context, list string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.lists, list)
	return nil
}

func (w paidShelf) Promises(context.Context, string, int) ([]casework.PromiseLine, error) {
	return w.lines, nil
}

func (w paidShelf) PromiseFigures(_ context.Context, month string) (casework.PromiseFigures, error) {
	f := w.figures
	f.Month = month
	return f, nil
}

func (w paidShelf) PromisesOf(context.Context, dialer.CaseID) ([]casework.PromiseLine, error) {
	return w.lines, nil
}

func (w paidShelf) PaidTo(context.Context, dialer.CaseID) (casework.PaidToCase, error) {
	return w.to, nil
}

func (w paidShelf) ReadTo(context.Context) (string, error) { return "2026-11-20", nil }

func (h *house) promised() {
	h.paid.lines = []casework.PromiseLine{{
		Attempt: "a1", Case: "case-1", MadeAt: tuesday, Yen: 8000, PaidYen: 3000, DueOn: dialer.Date{Year: 2026, Month: 11, Day: 20}, Means: "slip",
		Stage: casework.StageGrace, Why: dialer.Reason{JA: "判定しません", EN: "no verdict"},
	}}
	h.paid.figures.Add(casework.StageGrace, 1, 8000, 3000)
	h.paid.to = casework.PaidToCase{Yen: 3000, Newest: "2026-11-19", ReadAt: tuesday}
}

type promisesSeen struct {
	Figures casework.PromiseFigures
	Items   []PromiseLine
	ReadTo  string `json:"read_to"`
	Grace   int    `json:"grace_days"`
}

func TestPromisesByRole(t *testing.T) {
	h := open(t)
	h.promised()
	got := into[promisesSeen](t, h.as("supervisor").do("GET", "/api/promises?month=2026-11", nil).want(t, 200))
	if len(got.Items) != 1 || got.Items[0].Name != sampleCase().Person.Name || got.Items[0].Stage != casework.StageGrace || got.Figures.Open.Yen != 8000 ||
		got.ReadTo != "2026-11-20" || got.Grace != 14 || got.Items[0].DueOn != "2026-11-20" {
		t.Errorf("%+v", got)
	}
	ward := h.as("ward").do("GET", "/api/promises", nil).want(t, 200)
	if got := into[promisesSeen](t, ward); len(got.Items) != 0 || got.Figures.Promised.N != 1 || got.Figures.Month != "2026-11" {
		t.Errorf("the ward sees %+v", got)
	}
	h.as("operator").do("GET", "/api/promises", nil).problem(t, 403, "forbidden")
	h.as("supervisor").do("GET", "/api/promises?month=11", nil).problem(t, 422, "invalid")
}

func TestACaseShowsItsPromisesAndWhatWasPaid(t *testing.T) {
	h := open(t)
	h.promised()
	type page struct {
		Promises []PromiseLine
		Paid     *Paid
	}
	got := into[page](t, h.as("supervisor").do("GET", "/api/cases/case-1", nil).want(t, 200))
	if len(got.Promises) != 1 || *got.Promises[0].PaidYen != 3000 || got.Paid == nil || got.Paid.Yen != 3000 || got.Paid.Newest != "2026-11-19" {
		t.Errorf("%+v", got)
	}
	// Who may not read the case reads neither.
	if got := into[page](t, h.as("operator").do("GET", "/api/cases/case-1", nil).want(t, 200)); len(got.Promises) != 0 || got.Paid != nil {
		t.Errorf("%+v", got)
	}
}

func TestBankDaysAreAsked(t *testing.T) {
	h := open(t)
	type answer struct {
		Open      bool
		Why, Next string
	}
	op := h.as("operator")
	if got := into[answer](t, op.do("GET", "/api/promises/day?on=2026-11-28", nil).want(t, 200)); got != (answer{false, "土曜日", "2026-11-30"}) {
		t.Errorf("%+v", got)
	}
	if got := into[answer](t, op.do("GET", "/api/promises/day?on=2026-11-30", nil).want(t, 200)); got != (answer{true, "", "2026-11-30"}) {
		t.Errorf("%+v", got)
	}
	op.do("GET", "/api/promises/day?on=tomorrow", nil).problem(t, 422, "invalid")
}

func TestAWarningIsConfirmed(t *testing.T) {
	h := open(t)
	h.set(func() { h.attempts = []casework.Attempt{talked("a1", "user-operator")} })
	owed := sampleCase().TotalYen()
	entry := map[string]any{
		"party": "self", "business_results": []string{"promise"}, "promise": map[string]any{"amount_yen": owed + 1, "due_on": "2026-11-28", "means": "slip"},
	}
	op := h.as("operator")
	h.atDesk(0, "user-operator", "a1", dialer.DeskWrapUp)
	op.do("PUT", "/api/calls/a1/identity", map[string]any{"confirmed": []string{"name", "born_on"}}).want(t, 200)
	p := into[Problem](t, op.do("PUT", "/api/attempts/a1/result", entry).want(t, 422))
	if len(p.Errors) != 1 || p.Errors[0].Code != casework.AboveBalance || p.Errors[0].Field != "promise.amount_yen" {
		t.Fatalf("%+v", p)
	}
	entry["confirm"] = []string{casework.AboveBalance}
	got := into[struct{ Warnings []FieldProblem }](t, op.do("PUT", "/api/attempts/a1/result", entry).want(t, 200))
	if len(got.Warnings) != 2 || got.Warnings[0].Code != casework.AboveBalance || got.Warnings[1].Code != casework.NonBankingDay {
		t.Errorf("%+v", got)
	}
	// With a person whom nobody knows nothing is said of what is owed, and that they are not known is.
	op.do("PUT", "/api/calls/a1/identity", map[string]any{"confirmed": []string{}}).want(t, 200)
	delete(entry, "confirm")
	h.looks.lines = nil
	got = into[struct{ Warnings []FieldProblem }](t, op.do("PUT", "/api/attempts/a1/result", entry).want(t, 200))
	if len(got.Warnings) != 2 || got.Warnings[0].Code != casework.NonBankingDay || got.Warnings[1].Code != "identity_unchecked" {
		t.Errorf("%+v", got)
	}
}

// uploadPaid sends a paid list as the panel does.
func (c *client) uploadPaid(t *testing.T, text string) (id string) {
	t.Helper()
	return into[struct{ List string }](t, c.uploadTo("/api/payments", "消込.csv", text).want(t, 202)).List
}

func TestAPaidListInTwoSteps(t *testing.T) {
	h := open(t)
	sup := h.as("supervisor")
	id := sup.uploadPaid(t, "a\nb\n")
	awaitPaid(t, sup, id, listStaged)
	sup.do("POST", "/api/payments/"+id+"/apply", nil).want(t, 202)
	if p := awaitPaid(t, sup, id, listApplied); p.Settled.Kept != 1 || p.Problems == nil {
		t.Errorf("%+v", p)
	}
	sup.do("POST", "/api/payments/"+id+"/apply", nil).want(t, 202) // once more is no mistake
	sup.do("DELETE", "/api/payments/"+id, nil).want(t, 204)
	sup.do("GET", "/api/payments/"+id, nil).problem(t, 404, "not_found")
	h.as("operator").do("GET", "/api/payments/"+id, nil).problem(t, 403, "forbidden")

	h.paid.mu.Lock()
	h.paid.stage = &casework.ListError{Code: "columns", JA: "必要な列がありません", EN: "columns are missing"}
	h.paid.mu.Unlock()
	id = sup.uploadPaid(t, "a\n")
	if p := awaitPaid(t, sup, id, listFailed); len(p.Problems) != 1 || p.Problems[0].Code != "columns" || p.Problems[0].JA != "必要な列がありません" {
		t.Errorf("%+v", p)
	}
	sup.do("POST", "/api/payments/"+id+"/apply", nil).problem(t, 404, "not_found")
	sup.do("DELETE", "/api/payments/"+id, nil).want(t, 204)
}

func awaitPaid(t *testing.T, who *client, id, state string) casework.PaidPreview {
	t.Helper()
	deadline := time.NewTimer(patienceOfTests)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		p := into[casework.PaidPreview](t, who.do("GET", "/api/payments/"+id, nil).want(t, 200))
		if p.State == state {
			return p
		}
		select {
		case <-deadline.C:
			t.Fatalf("it is %s, not %s", p.State, state)
		case <-tick.C:
		}
	}
}

package webui

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
)

// wordOn is a word on a number that the ledger was given.
type wordOn struct {
	of dialer.CaseID
	n  dialer.Number
	on bool
}

// handed stands in for the ledger's hand-offs.
type handed struct {
	mu        sync.Mutex
	list      []casework.Handoff
	reads     []dialer.UserID
	filter    casework.HandoffFilter
	forbidden []wordOn
}

func (b *handed) Handoffs(_ context.Context, f casework.HandoffFilter) (items []casework.Handoff, next string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.filter = f
	for _, h := range b.list {
		if f.By == "" || h.By == f.By {
			items = append(items, h)
		}
	}
	return items, "", nil
}

func (b *handed) Handoff(_ context.Context, id string, by dialer.UserID, may func(casework.Handoff) bool) (casework.Handoff, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(h casework.Handoff) bool { return h.ID == id })
	if i < 0 || !may(b.list[i]) {
		return casework.Handoff{}, dialer.ErrNotFound
	}
	b.reads = append(b.reads, by)
	return b.list[i], nil
}

func (b *handed) PassOn(
	_ context.Context, of dialer.CaseID, kind casework.HandoffKind, text string, by dialer.UserID,
) (casework.Handoff, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := casework.Handoff{
		ID: "handoff-" + string(kind), Case: of, Kind: kind, State: casework.HandoffOpen, By: by, At: tuesday, Moved: tuesday,
		DueOn: dialer.DateOf(tuesday), About: casework.HandoffAbout{WardNumber: "0000000001", Name: "見本 花子", Number: "09000000001"},
		Events: []casework.HandoffEvent{{Act: casework.HandoffPass, To: casework.HandoffOpen, By: by, At: tuesday, Text: text}},
	}
	b.list = append(b.list, h)
	return h, nil
}

func (b *handed) MoveHandoff(_ context.Context, m casework.HandoffMove) (casework.Handoff, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(h casework.Handoff) bool { return h.ID == m.ID })
	if i < 0 {
		return casework.Handoff{}, dialer.ErrNotFound
	}
	h := &b.list[i]
	to, _, may := h.State.After(m.Act, m.Role)
	if !may {
		return casework.Handoff{}, &dialer.Refusal{Rule: "handoff_moved", JA: "できません", EN: "no"}
	}
	h.Events = append(h.Events, casework.HandoffEvent{Act: m.Act, From: h.State, To: to, By: m.By, At: tuesday, Text: m.Text})
	h.State = to
	return *h, nil
}

func (b *handed) ForbidNumber(_ context.Context, of dialer.CaseID, n dialer.Number, f casework.Forbidding) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forbidden = append(b.forbidden, wordOn{of, n, f.On})
	return nil
}

// TestAHandoffGoesToTheWardAndBack: the operator passes it on with the case in hand, the ward takes note and answers, the operator
// reads the answer; another operator reads nothing of it.
func TestAHandoffGoesToTheWardAndBack(t *testing.T) {
	h := open(t)
	operator, other, ward := h.as("operator"), h.as("operator2"), h.as("ward")
	pass := map[string]any{"case_id": "case-1", "kind": "other", "text": "住所が変わったとのこと"}
	operator.do(http.MethodPost, "/api/handoffs", pass).problem(t, http.StatusForbidden, "forbidden") // no case in hand
	h.set(func() {
		h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1"
	})
	made := into[HandoffWhole](t, operator.do(http.MethodPost, "/api/handoffs", pass).want(t, http.StatusCreated))
	at := "/api/handoffs/" + made.ID

	seen := into[HandoffWhole](t, ward.do(http.MethodGet, at, nil).want(t, http.StatusOK))
	if seen.Name == "" || seen.WardNumber == "" || seen.Number == "" || seen.Events[0].Text != "住所が変わったとのこと" || seen.CaseID != "" {
		t.Errorf("the ward reads %+v", seen)
	}
	if !slices.Equal(h.board.reads, []dialer.UserID{"user-ward"}) {
		t.Errorf("reads kept: %v", h.board.reads)
	}
	other.do(http.MethodGet, at, nil).problem(t, http.StatusNotFound, "not_found")
	ward.do(http.MethodPost, at+"/answer", map[string]any{}).problem(t, http.StatusUnprocessableEntity, "invalid")
	ward.do(http.MethodPost, at+"/acknowledge", map[string]any{}).want(t, http.StatusOK)
	ward.do(http.MethodPost, at+"/acknowledge", map[string]any{}).problem(t, http.StatusConflict, "handoff_moved")
	ward.do(http.MethodPost, at+"/answer", map[string]any{"text": "転居届を送付済み"}).want(t, http.StatusOK)

	got := into[HandoffWhole](t, operator.do(http.MethodGet, at, nil).want(t, http.StatusOK))
	if got.State != casework.HandoffAnswered || got.Events[2].Text != "転居届を送付済み" || got.Events[2].ByName != "職員ward" {
		t.Errorf("the operator reads %+v", got)
	}
	h.set(func() { h.desks[0].CaseID = "" }) // the next case; this one's number is no longer theirs to see
	if later := into[HandoffWhole](t, operator.do(http.MethodGet, at, nil).want(t, http.StatusOK)); got.Number != seen.Number || later.Number != "•••••••••01" {
		t.Errorf("the operator sees %s with the case in hand, and %s later", got.Number, later.Number)
	}
	other.do(http.MethodGet, "/api/handoffs", nil).want(t, http.StatusOK)
	if h.board.filter.By != "user-operator2" {
		t.Errorf("another operator is listed those of %q", h.board.filter.By)
	}
	for _, word := range []string{"住所", "見本", "09000000001"} {
		if strings.Contains(h.logs.String(), word) {
			t.Errorf("%q is in the log", word)
		}
	}
}

// TestOnlyASupervisorTakesANumberOffTheList: putting one on is for whoever has the case in hand.
func TestOnlyASupervisorTakesANumberOffTheList(t *testing.T) {
	h := open(t)
	on, off := forbidding(firstMark, true), forbidding(firstMark, false)
	operator := h.as("operator")
	operator.do(http.MethodPost, forbidAt, on).problem(t, http.StatusForbidden, "forbidden")
	h.atHand()
	operator.do(http.MethodPost, forbidAt, on).want(t, http.StatusNoContent)
	operator.do(http.MethodPost, forbidAt, off).problem(t, http.StatusForbidden, "forbidden")
	h.as("supervisor").do(http.MethodPost, forbidAt, off).want(t, http.StatusNoContent)
	if want := []wordOn{{"case-1", "0300001234", true}, {"case-1", "0300001234", false}}; !slices.Equal(h.board.forbidden, want) {
		t.Errorf("the list was changed %v", h.board.forbidden)
	}
}

const forbidAt = "/api/cases/case-1/do-not-call"

func forbidding(mark string, on bool) map[string]any {
	return map[string]any{"mark": mark, "on": on, "reason": "本人の申し出"}
}

// TestTheNumberThatWasReadIsForbidden: whatever a colleague has put before it since then; of one that was taken out meanwhile it is said.
func TestTheNumberThatWasReadIsForbidden(t *testing.T) {
	h := open(t)
	h.atHand()
	operator := h.as("operator")
	read := into[struct{ Case Case }](t, operator.do(http.MethodGet, "/api/cases/case-1", nil).want(t, http.StatusOK)).Case.Phones
	h.set(func() {
		first := []casework.Phone{{Rank: 1, Number: "09000009999", Kind: dialer.KindMobile, Usable: true}, {Rank: 2, Number: "0300001234", Kind: dialer.KindFixed}}
		c := h.cases["case-1"]
		c.Phones = first
		h.cases["case-1"] = c
	})
	operator.do(http.MethodPost, forbidAt, forbidding(read[0].Mark, true)).want(t, http.StatusNoContent)
	if want := []wordOn{{"case-1", "0300001234", true}}; !slices.Equal(h.board.forbidden, want) {
		t.Errorf("the list was changed %v", h.board.forbidden)
	}
	for name, mark := range map[string]string{"taken out": read[1].Mark, "another case's": testRefs.NumberOf("case-2", "0300001234"), "none": ""} {
		p := operator.do(http.MethodPost, forbidAt, forbidding(mark, true)).problem(t, http.StatusUnprocessableEntity, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Field != "mark" || p.Errors[0].Code != "not_the_cases" {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	gone := noting(map[string]any{"number": nil, "number_mark": read[1].Mark})
	if p := operator.do(http.MethodPost, "/api/attempts", gone).problem(t, http.StatusUnprocessableEntity, "invalid"); p.Errors[0].Code != "not_the_cases" {
		t.Errorf("a call to a number that was taken out: %+v", p.Errors)
	}
}

// TestEveryActOnAHandoffIsWrittenDown: each act shows whom the hand-off is about, so each leaves an entry that says who did it, which
// hand-off and which case; and so does one that was refused.
func TestEveryActOnAHandoffIsWrittenDown(t *testing.T) {
	h := open(t)
	operator, ward := h.as("operator"), h.as("ward")
	h.set(func() { h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1" })
	pass := map[string]any{"case_id": "case-1", "kind": "other", "text": "住所が変わったとのこと"}
	before := len(h.book.all())
	at := "/api/handoffs/" + into[HandoffWhole](t, operator.do(http.MethodPost, "/api/handoffs", pass).want(t, http.StatusCreated)).ID
	said := map[string]any{"text": "見本花子 09000000001"}
	for _, c := range []struct {
		who          *client
		by           dialer.UserID
		act, outcome string
		status       int
	}{
		{operator, "user-operator", "add", "", http.StatusOK},
		{ward, "user-ward", "acknowledge", "", http.StatusOK},
		{ward, "user-ward", "acknowledge", "handoff_moved", http.StatusConflict},
		{ward, "user-ward", "answer", "", http.StatusOK},
		{ward, "user-ward", "reopen", "", http.StatusOK},
		{operator, "user-operator", "withdraw", "", http.StatusOK},
	} {
		from := len(h.book.all())
		c.who.do(http.MethodPost, at+"/"+c.act, said).want(t, c.status)
		written := h.book.all()[from:]
		if len(written) != 1 {
			t.Errorf("%s: %d entries", c.act, len(written))
			continue
		}
		e := written[0]
		if e.Action != audit.CaseRead || e.By != c.by || e.Route != "POST /api/handoffs/{id}/"+c.act || e.Object != "handoff-other" || e.Outcome != c.outcome {
			t.Errorf("%s: %+v", c.act, e)
		}
		// The ward is not shown which case of the centre's it is; the record knows.
		if c.outcome == "" && !slices.Equal(e.Refs, []string{"ref-case-1"}) {
			t.Errorf("%s: the case is not named: %+v", c.act, e)
		}
	}
	passed := h.book.all()[before]
	if passed.Action != audit.CaseRead || passed.Route != "POST /api/handoffs" || !slices.Contains(passed.Refs, "ref-case-1") {
		t.Errorf("passed on: %+v", passed)
	}
	for _, e := range h.book.all()[before:] {
		if text := e.Object + e.Detail + e.Route; strings.Contains(text, "見本") || strings.Contains(text, "0900000") || strings.Contains(text, "住所") {
			t.Errorf("the record holds what was said: %+v", e)
		}
	}
}

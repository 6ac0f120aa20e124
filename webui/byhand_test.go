package webui

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/casework"
)

// byHandWorld is the world's part that knows of calls made without SIP.
type byHandWorld struct {
	rung  map[dialer.CallID]map[dialer.CaseID]casework.Rung
	tries []dialer.Try
	noted []casework.HandCall
	stood map[dialer.Number]dialer.CaseNext // what the cases of numbers wait for
	fail  error
}

// RungBefore implements Callers.
func (w *world) RungBefore(_ context.Context, id dialer.CallID, since time.Time) (map[dialer.CaseID]casework.Rung, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hand.fail != nil {
		return nil, w.hand.fail
	}
	rung := maps.Clone(w.hand.rung[id])
	maps.DeleteFunc(rung, func(_ dialer.CaseID, r casework.Rung) bool { return r.At.Before(since) })
	return rung, nil
}

// Tries implements casework.HandStore.
func (w *world) Tries(context.Context, string, time.Time) ([]dialer.Try, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hand.tries, w.hand.fail
}

// NoteCall implements casework.HandStore.
func (w *world) NoteCall(_ context.Context, n casework.HandCall) (casework.Recorded, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hand.fail != nil {
		return casework.Recorded{}, w.hand.fail
	}
	w.hand.noted = append(w.hand.noted, n)
	kept := casework.Recorded{Attempt: n.ID, Case: n.Case, Next: n.Next, By: n.By, At: n.Noted}
	if stood, known := w.hand.stood[n.Number]; known && n.Case == "" {
		kept.Case, kept.Next = "case-1", stood
	}
	a := casework.Attempt{
		ID: n.ID, CaseID: n.Case, Operator: n.By, Direction: string(n.Direction), Origin: casework.ByHand, StartedAt: n.At,
		EndedAt: n.At, EndedBy: dialer.ByOperator, Verdict: n.Verdict(), NumberKind: n.Number.Kind(),
	}
	if n.Entry != nil {
		kept.Entry, kept.Revision = *n.Entry, 1
		a.Entry = &kept
	}
	w.attempts = append([]casework.Attempt{a}, w.attempts...)
	return kept, nil
}

// noting is a call by hand as the panel sends it, with changes.
func noting(change map[string]any) map[string]any {
	body := map[string]any{
		"direction": "outbound", "case_id": "case-1", "number": "090-0000-1234", "at": tuesday.Add(-10 * time.Minute), "result": "answered",
		"party": "self", "business_results": []string{"no_commitment"}, "note": "携帯から架電",
	}
	for k, v := range change {
		if body[k] = v; v == nil {
			delete(body, k)
		}
	}
	return body
}

// atHand has the case stand at the operator's desk.
func (h *house) atHand() {
	h.set(func() { h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1" })
}

type notedCall struct {
	ID       dialer.CallID
	Revision int
	Next     Next
}

// TestACallMadeByHandFollowsTheRules: it is kept with its result, the line is told where its case stands, and it is shown as what it is.
func TestACallMadeByHandFollowsTheRules(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	h.atHand()
	got := into[notedCall](t, op.do("POST", "/api/attempts", noting(nil), "Idempotency-Key", "click-1").want(t, 201))
	n := h.hand.noted[0]
	if got.ID != n.ID || got.Revision != 1 || got.Next.State != dialer.CaseWaiting || !n.Next.Due.After(dialer.DateOf(tuesday).Next().At(0)) {
		t.Errorf("%+v of %+v", got, n)
	}
	if n.By != "user-operator" || n.Number != "09000001234" || n.Key != "click-1" || !n.Noted.Equal(tuesday) || n.Entry.Note != "携帯から架電" {
		t.Errorf("%+v", n)
	}
	if len(h.told) != 1 {
		t.Errorf("the line was told %v", h.told)
	}
	a := into[Attempt](t, op.do("GET", "/api/attempts/"+string(n.ID), nil).want(t, 200))
	if a.Origin != casework.ByHand || a.Counted || a.SIPCallID != "" || len(a.Evidence) != 0 {
		t.Errorf("%+v", a)
	}

	// Nobody answered: the table for calls that reach nobody decides, with what was tried before at the number.
	h.set(func() { h.hand.tries = []dialer.Try{{At: tuesday.Add(-time.Hour), Result: dialer.Unallocated}} })
	gone := map[string]any{"party": nil, "business_results": nil, "note": nil, "number": nil, "number_mark": secondMark, "result": "unallocated"}
	op.do("POST", "/api/attempts", noting(gone)).want(t, 201)
	n = h.hand.noted[1]
	if n.Entry != nil || n.Number != "09000001234" || !n.Spoilt || n.Next.State != dialer.CaseHeld {
		t.Errorf("unallocated for the second time, at the only number: %+v", n)
	}
	if logs := h.logs.String(); !strings.Contains(logs, "call noted by hand") || strings.Contains(logs, "09000001234") || strings.Contains(logs, "携帯から架電") {
		t.Error("the log does not say so, or says too much")
	}
}

func TestACallByHandThatIsNone(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	h.atHand()
	nobody := map[string]any{"party": nil, "business_results": nil, "note": nil, "result": "no_answer"}
	for name, of := range map[string]struct {
		change map[string]any
		field  string
		code   string
	}{
		"of tomorrow":             {map[string]any{"at": tuesday.Add(time.Minute)}, "at", "future"},
		"of yesterday":            {map[string]any{"at": tuesday.Add(-11 * time.Hour)}, "at", "not_today"},
		"at another's number":     {map[string]any{"number": "0300005678"}, "number", "not_the_cases"},
		"at no number":            {map[string]any{"number": nil}, "number", "not_the_cases"},
		"at a mark there is not":  {map[string]any{"number": nil, "number_mark": testRefs.NumberOf("case-2", "09000001234")}, "number", "not_the_cases"},
		"at a word":               {map[string]any{"number": "自宅"}, "number", "bad_number"},
		"of no case":              {map[string]any{"case_id": nil}, "case_id", "missing"},
		"without its result":      {map[string]any{"result": nil, "party": nil, "business_results": nil, "note": nil}, "result", "unknown"},
		"that did not leave":      {map[string]any{"result": "line_trouble", "party": nil, "business_results": nil, "note": nil}, "result", "unknown"},
		"with a talk with nobody": {map[string]any{"result": "no_answer"}, "party", "nobody_answered"},
		"without who was there":   {map[string]any{"party": nil}, "party", "missing"},
		"of ours with a kind":     {map[string]any{"kind": "inquiry"}, "kind", "not_inbound"},
		"that came in, without":   {map[string]any{"direction": "inbound", "result": nil}, "kind", "missing"},
		"that came in, unheard":   {map[string]any{"direction": "inbound", "kind": "gossip", "result": nil}, "kind", "unknown"},
		"that came in and missed": {maps.Collect(func(yield func(string, any) bool) {
			for k, v := range nobody {
				yield(k, v)
			}
			yield("direction", "inbound")
		}), "result", "unknown"},
	} {
		p := op.do("POST", "/api/attempts", noting(of.change)).problem(t, 422, "invalid")
		if !slices.ContainsFunc(p.Errors, func(e FieldProblem) bool { return e.Field == of.field && e.Code == of.code }) {
			t.Errorf("%s: %+v", name, p.Errors)
		}
	}
	// More than is owed is told to who may see what is owed, and to nobody else: the refusal says the sum.
	above := noting(map[string]any{"business_results": []string{"promise"}, "promise": map[string]any{"amount_yen": 20_000, "due_on": "2026-11-30", "means": "slip"}})
	if p := h.as("supervisor").do("POST", "/api/attempts", above).problem(t, 422, "invalid"); p.Errors[0].Code != casework.AboveBalance {
		t.Errorf("%+v", p.Errors)
	}
	if got := op.do("POST", "/api/attempts", above).want(t, 201); strings.Contains(string(got.body), "12,300") {
		t.Errorf("an operator is told what is owed: %s", got.body)
	}
	h.set(func() { h.hand.noted = nil })
	op.do("POST", "/api/attempts", noting(map[string]any{"case_id": "case-9"})).problem(t, 404, "not_found")
	h.as("ward").do("POST", "/api/attempts", noting(nil)).problem(t, 403, "forbidden")
	h.set(func() { h.hand.fail = dialer.Refuse(dialer.CaseBusy) })
	op.do("POST", "/api/attempts", noting(nil)).problem(t, 409, "case_busy")
	h.set(func() { h.hand.fail = dialer.ErrLedgerDown })
	op.do("POST", "/api/attempts", noting(nobody)).problem(t, 503, "ledger_down")
	if len(h.hand.noted) != 0 {
		t.Errorf("kept %+v", h.hand.noted)
	}
}

// TestByHandACaseThatIsNotInHandGoesOn: an operator notes a call for a case found by search, by the place of its number; whether a
// number is the case's is not told, and nothing takes the case out of the line.
func TestByHandACaseThatIsNotInHandGoesOn(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	atRank := map[string]any{"number": nil, "number_mark": secondMark}
	for _, number := range []string{"090-0000-1234", "030-0000-5678"} {
		op.do("POST", "/api/attempts", noting(map[string]any{"number": number})).problem(t, 403, "forbidden")
	}
	op.do("POST", "/api/attempts", noting(atRank)).want(t, 201)
	moved := noting(map[string]any{"number": nil, "number_mark": secondMark, "party": "family", "business_results": []string{"moved_or_deceased"}})
	wrong := noting(map[string]any{"number": nil, "number_mark": secondMark, "party": "third_party", "business_results": []string{"wrong_number"}})
	cameIn := noting(map[string]any{"direction": "inbound", "result": nil, "kind": "inquiry", "business_results": []string{"moved_or_deceased"}})
	for _, stops := range []map[string]any{moved, wrong, cameIn} {
		op.do("POST", "/api/attempts", stops).problem(t, 403, "forbidden")
	}
	if len(h.hand.noted) != 1 {
		t.Fatalf("kept %+v", h.hand.noted)
	}
	for _, stops := range []map[string]any{moved, wrong, cameIn} {
		boss.do("POST", "/api/attempts", stops).want(t, 201)
	}
	h.atHand()
	op.do("POST", "/api/attempts", moved).want(t, 201)
	op.do("POST", "/api/attempts", noting(nil)).want(t, 201)
}

// TestACallTakenByHand may belong to a case, a number, or to nobody.
func TestACallTakenByHand(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	for _, change := range []map[string]any{
		{"number": nil}, {"case_id": nil, "number": "03-0000-1234"}, {"case_id": nil, "number": nil},
	} {
		change["direction"], change["kind"], change["result"] = "inbound", "inquiry", nil
		boss.do("POST", "/api/attempts", noting(change)).want(t, 201)
	}
	for i, n := range h.hand.noted {
		if n.Direction != dialer.Inbound || n.Result != dialer.Answered || n.Entry.Kind != casework.Inquiry || (n.Case == "") != (i > 0) || (n.Number == "") != (i != 1) {
			t.Errorf("%d: %+v", i, n)
		}
	}
}

// TestAComplaintThatCameInAlarms, as the business result does: it is among the results, and the supervisor is told, once.
func TestAComplaintThatCameInAlarms(t *testing.T) {
	h := open(t)
	came := talked("in-1", "user-operator")
	came.Direction = "inbound"
	h.set(func() { h.attempts = []casework.Attempt{came} })
	board := h.as("supervisor").watch("")
	op, entry := h.as("operator"), map[string]any{"party": "self", "business_results": []string{"information"}}
	p := op.do("PUT", "/api/attempts/in-1/result", entry).problem(t, 422, "invalid")
	if len(p.Errors) != 1 || p.Errors[0].Field != "kind" {
		t.Errorf("without its kind: %+v", p.Errors)
	}
	entry["kind"] = "complaint"
	op.do("PUT", "/api/attempts/in-1/result", entry).want(t, 200)
	alert := dataOf[Alert](t, board.until("alert"))
	kept := into[Attempt](t, op.do("GET", "/api/attempts/in-1", nil).want(t, 200)).Entry
	want := []casework.Business{casework.Information, casework.Complaint}
	if alert.Kind != "complaint" || kept.Kind != casework.ComplaintMade || !reflect.DeepEqual(kept.BusinessResults, want) {
		t.Errorf("alert %+v, entry %+v", alert, kept)
	}
}

// TestWhoeverCallsWasRungByUs: the caller's cases each say when we called there last, for as long as that is lately.
func TestWhoeverCallsWasRungByUs(t *testing.T) {
	h := open(t)
	h.set(func() {
		other := sampleCase()
		other.ID, other.Person.Name = "case-2", "見本 花子"
		h.cases["case-2"] = other
		h.calls["in-1"] = dialer.CallView{ID: "in-1", Direction: dialer.Inbound, CaseID: "case-1", State: dialer.CallingDesk}
		h.callers["in-1"] = callerIn{"0300001234", []dialer.CaseID{"case-1", "case-2"}}
		h.hand.rung = map[dialer.CallID]map[dialer.CaseID]casework.Rung{"in-1": {
			"case-1": {At: tuesday.Add(-time.Hour), By: "user-operator2", Result: dialer.NoAnswer, Origin: casework.BySIP},
			"case-2": {At: tuesday.Add(-60 * 24 * time.Hour), By: "user-operator2", Result: dialer.Answered},
		}}
	})
	boss := h.as("supervisor")
	got := into[Caller](t, boss.do("GET", "/api/attempts/in-1/caller", nil).want(t, 200))
	if len(got.Cases) != 2 || got.Cases[0].Rung == nil || got.Cases[1].Rung != nil {
		t.Fatalf("%+v", got.Cases)
	}
	if r := got.Cases[0].Rung; !r.At.Equal(tuesday.Add(-time.Hour)) || r.ByName != "職員operator2" || r.Result != dialer.NoAnswer || r.BusinessResults == nil {
		t.Errorf("%+v", r)
	}
	// What cannot be had keeps nobody from seeing who calls.
	h.set(func() { h.hand.fail = dialer.ErrLedgerDown })
	got = into[Caller](t, boss.do("GET", "/api/attempts/in-1/caller", nil).want(t, 200))
	if len(got.Cases) != 2 || got.Cases[0].Rung != nil || got.Number == "" {
		t.Errorf("%+v", got)
	}
}

// TestAGuessedNumberIsNotConfirmedByTheFuture: a call that cannot be noted at all tells nothing of its number, and each refusal is on the record.
func TestAGuessedNumberIsNotConfirmedByTheFuture(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	for _, number := range []string{"0300005678", "0312345678"} { // nor does one of a case that is not in hand
		op.do("POST", "/api/attempts", noting(map[string]any{"at": tuesday.Add(time.Minute), "number": number})).problem(t, 403, "forbidden")
	}
	h.set(func() { h.desks[0].Operator, h.desks[0].CaseID = "user-operator", "case-1" })
	for _, number := range []string{"0300005678", "0312345678"} {
		p := op.do("POST", "/api/attempts", noting(map[string]any{"at": tuesday.Add(time.Minute), "number": number})).problem(t, 422, "invalid")
		if slices.ContainsFunc(p.Errors, func(e FieldProblem) bool { return e.Field == "number" }) {
			t.Errorf("%s: %+v", number, p.Errors)
		}
	}
	refused := 0
	for _, e := range h.book.all() {
		if e.Route == "POST /api/attempts" && e.Outcome == "invalid" && len(e.Cases) == 1 {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d of 2 refusals are on the record", refused)
	}
}

// TestByHandANumberAloneStopsNobodysCalls: without case_id the number finds the case, and what would stop it is refused as with it. The answer is the
// same for a number that nobody has.
func TestByHandANumberAloneStopsNobodysCalls(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	cameIn := func(change map[string]any) map[string]any {
		body := noting(map[string]any{"direction": "inbound", "case_id": nil, "result": nil, "kind": "inquiry"})
		maps.Copy(body, change)
		return body
	}
	complaint := map[string]any{"kind": "complaint"}
	stop := []map[string]any{
		complaint, {"business_results": []string{"moved_or_deceased"}}, {"party": "third_party", "business_results": []string{"wrong_number"}},
		{"do_not_call": true},
	}
	for _, change := range stop {
		var told []string
		for _, number := range []string{"090-0000-1234", "090-9999-1234"} {
			change["number"] = number
			p := op.do("POST", "/api/attempts", cameIn(change)).problem(t, 403, "forbidden")
			told = append(told, p.Detail+p.DetailEN)
		}
		if told[0] != told[1] {
			t.Errorf("%v: a number that is known is told from one that is not: %q", change, told)
		}
	}
	if len(h.hand.noted) != 0 {
		t.Fatalf("kept %+v", h.hand.noted)
	}
	// Nothing is lost by it: it is noted without its number, or by the supervisor, or where the case stands at the desk.
	complaint["number"] = "090-0000-1234"
	op.do("POST", "/api/attempts", cameIn(map[string]any{"kind": "complaint", "number": ""})).want(t, 201)
	op.do("POST", "/api/attempts", cameIn(map[string]any{"number": "090-0000-1234"})).want(t, 201)
	boss.do("POST", "/api/attempts", cameIn(complaint)).want(t, 201)
	h.atHand()
	op.do("POST", "/api/attempts", cameIn(complaint)).want(t, 201)
	op.do("POST", "/api/attempts", cameIn(map[string]any{"kind": "complaint", "number": "090-9999-1234"})).problem(t, 403, "forbidden")
	if n := h.hand.noted[3]; n.Case != "case-1" || h.hand.noted[1].Case != "" {
		t.Errorf("of the case in hand: %+v", n)
	}
}

// TestByHandAGuessedNumberIsAnsweredAsAnyOther: what the number's case waits for is told to who has it in hand, and to the supervisor. Whose case it was is on the record.
func TestByHandAGuessedNumberIsAnsweredAsAnyOther(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	held := dialer.CaseNext{State: dialer.CaseHeld, Why: "架電禁止", WhyEN: "must not be called"}
	h.set(func() { h.hand.stood = map[dialer.Number]dialer.CaseNext{"09000001234": held} })
	said := func(c *client, number string) Next {
		body := noting(map[string]any{"direction": "inbound", "case_id": nil, "result": nil, "kind": "inquiry", "number": number})
		return into[notedCall](t, c.do("POST", "/api/attempts", body).want(t, 201)).Next
	}
	if known, other := said(op, "090-0000-1234"), said(op, "090-9999-1234"); !reflect.DeepEqual(known, other) {
		t.Errorf("a number that is known is told by %+v from one that is not, %+v", known, other)
	}
	if !slices.ContainsFunc(h.book.all(), func(e audit.Entry) bool { return e.Route == "POST /api/attempts" && slices.Contains(e.Cases, "case-1") }) {
		t.Error("the case is not on the record")
	}
	if next := said(boss, "090-0000-1234"); next.State != dialer.CaseHeld {
		t.Errorf("the supervisor is told %+v", next)
	}
}

// TestByHandACorrectionStopsNothingEither: what may not be noted is not reached by correcting what was.
func TestByHandACorrectionStopsNothingEither(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	got := into[notedCall](t, op.do("POST", "/api/attempts", noting(map[string]any{"number": nil, "number_mark": secondMark})).want(t, 201))
	at := "/api/attempts/" + string(got.ID) + "/result"
	entry := map[string]any{"party": "family", "business_results": []string{"moved_or_deceased"}}
	op.do("PUT", at, entry).problem(t, 403, "forbidden")
	op.do("PUT", at, map[string]any{"party": "self", "business_results": []string{"no_commitment"}, "do_not_call": true}).problem(t, 403, "forbidden")
	op.do("PUT", at, map[string]any{"party": "self", "business_results": []string{"no_commitment"}, "note": "訂正"}).want(t, 200)
	h.as("supervisor").do("PUT", at, entry).want(t, 200)
	h.atHand()
	op.do("PUT", at, entry).want(t, 200)
}

// TestByHandNothingIsArrangedForACaseNotInHand: nor is anything else decided of it by somebody's word that there was a call: when it is called again, in which language,
// or what the ward hears of it. What a supervisor notes may have a held case be called again.
func TestByHandNothingIsArrangedForACaseNotInHand(t *testing.T) {
	h := open(t)
	op, boss := h.as("operator"), h.as("supervisor")
	later := h.clock.Now().Add(time.Hour).Format(time.RFC3339)
	arranges := map[string]map[string]any{
		"a time":                  {"business_results": []string{"call_back"}, "call_again_at": later},
		"a promise":               {"business_results": []string{"promise"}, "promise": map[string]any{"amount_yen": 1, "due_on": "2026-12-10", "means": "slip"}},
		"what the ward hears":     {"business_results": []string{"hardship"}},
		"that its number is none": {"result": "unallocated", "party": nil, "business_results": nil, "note": nil},
		"in another language":     {"business_results": []string{"no_commitment"}, "language": "vi"},
	}
	of := func(change map[string]any) map[string]any {
		body := noting(map[string]any{"number": nil, "number_mark": secondMark})
		maps.Copy(body, change)
		return body
	}
	for what, change := range arranges {
		t.Run(what, func(t *testing.T) {
			if p := op.do("POST", "/api/attempts", of(change)).problem(t, 403, "forbidden"); p.DetailEN != errWouldStop.DetailEN {
				t.Errorf("refused since %s", p.DetailEN)
			}
		})
	}
	if len(h.hand.noted) != 0 {
		t.Fatalf("kept %+v", h.hand.noted)
	}
	got := into[notedCall](t, op.do("POST", "/api/attempts", of(nil)).want(t, 201))
	asked := map[string]any{"party": "self", "business_results": []string{"call_back"}, "call_again_at": later}
	op.do("PUT", "/api/attempts/"+string(got.ID)+"/result", asked).problem(t, 403, "forbidden")
	boss.do("POST", "/api/attempts", of(arranges["a time"])).want(t, 201)
	h.atHand()
	op.do("POST", "/api/attempts", of(arranges["a time"])).want(t, 201)
	for i, decides := range []bool{false, true, false} {
		if h.hand.noted[i].Decides != decides {
			t.Errorf("%d: %+v", i, h.hand.noted[i])
		}
	}
}

// TestByHandWhatWasArrangedStays: a call noted by hand by who has not got the case in hand moves nothing that somebody has decided.
func TestByHandWhatWasArrangedStays(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	note := func() bool {
		t.Helper()
		op.do("POST", "/api/attempts", noting(map[string]any{"number": nil, "number_mark": secondMark})).want(t, 201)
		return h.hand.noted[len(h.hand.noted)-1].Stays
	}
	waits := dialer.CaseNext{State: dialer.CaseWaiting, Due: h.clock.Now(), Cause: dialer.CauseEntry}
	for _, cause := range []dialer.Cause{dialer.CauseSupervisor, dialer.CauseAsked, dialer.CausePromise} {
		next := waits
		next.Cause = cause
		h.set(func() { c := h.cases["case-1"]; c.Next = next; h.cases["case-1"] = c })
		if !note() {
			t.Errorf("%s is undone", cause)
		}
	}
	h.set(func() { c := h.cases["case-1"]; c.Next = waits; h.cases["case-1"] = c })
	if note() {
		t.Error("what nobody has arranged stays, too")
	}
}

// TestSoManyCallsByHand are noted by one person at once, and then one every ten seconds; others note theirs.
func TestSoManyCallsByHand(t *testing.T) {
	h := open(t)
	op := h.as("operator")
	h.atHand()
	for range callsByHand.atOnce {
		op.do("POST", "/api/attempts", noting(nil)).want(t, 201)
	}
	again := h.as("operator") // by whatever session
	a := again.do("POST", "/api/attempts", noting(nil))
	if a.problem(t, 429, "too_many"); a.header.Get("Retry-After") != "10" {
		t.Errorf("come back in %q s", a.header.Get("Retry-After"))
	}
	h.as("supervisor").do("POST", "/api/attempts", noting(nil)).want(t, 201)
	h.clock.forward(callsByHand.every)
	op.do("POST", "/api/attempts", noting(nil)).want(t, 201)
	op.do("POST", "/api/attempts", noting(nil)).problem(t, 429, "too_many")
	if n := len(h.hand.noted); n != callsByHand.atOnce+2 {
		t.Errorf("%d are kept", n)
	}
}

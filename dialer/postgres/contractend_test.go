package postgres

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/vault"
)

func finalClose(at time.Time) dayclose.Close {
	c := newClose(at)
	c.Final = true
	return c
}

func arrival(at time.Time) dialer.Arrival {
	n := newNumber()
	return dialer.Arrival{
		ID: dialer.CallID(dialer.NewID(at)), At: at, Trunk: "lab", Caller: n, NumberRef: testRefs.Number(n), Kind: n.Kind(),
		NewCase: dialer.CaseID(dialer.NewID(at)), CustomerLeg: customerLeg(at),
	}
}

// asksAll tries everything that a contract's end refuses, and hands each answer to told by its name.
func asksAll(t *testing.T, l *Ledger, of dialer.Target, at time.Time, told func(what string, err error)) {
	t.Helper()
	told("a reservation", l.Reserve(t.Context(), reservation(newTarget(), at)))
	_, err := l.Arrive(t.Context(), arrival(at))
	told("a call that comes in", err)
	_, err = l.NoteCall(t.Context(), byHand(of, at, dialer.NoAnswer))
	told("a call by hand", err)
	_, err = l.NoteCall(t.Context(), takenByHand("", newNumber(), casework.Inquiry))
	told("a call taken by hand", err)
	_, err = l.Stage(t.Context(), newList(true), rowsOf(person("0000000077")), nil)
	told("a list", err)
	list := newList(true)
	list.At = at
	_, err = l.StagePaid(t.Context(), list, paidRows(), nil)
	told("a paid list", err)
	_, err = l.EnterNumber(t.Context(), typed("0000000078", newNumber(), at))
	told("a number that is entered", err)
	_, err = l.AdHoc(t.Context(), newNumber(), "照会", "supervisor")
	told("a case for a number", err)
	_, err = l.PassOn(t.Context(), of.CaseID, casework.HandOther, "照会", "operator1")
	told("a hand-off", err)
}

// TestTheContractsEnd: from the begin of a final close nothing is called, taken in or written, and for ever once it is over; given up
// before anything goes, all is as before. All hand-offs go, open ones too, and no key is left.
func TestTheContractsEnd(t *testing.T) {
	t.Parallel()
	l := openWith(t, migrated(t), ownVault(t), noon)
	target := listedTarget(t, l)
	call(t, l, target, noon.Add(-2*time.Hour), dialer.NoAnswer)
	var passed []string
	for range 3 {
		h, err := l.PassOn(t.Context(), target.CaseID, casework.HandComplaint, "窓口の対応について", "operator1")
		must(t, err)
		passed = append(passed, h.ID)
	}
	for i, act := range []casework.HandoffAct{casework.HandoffAcknowledge, casework.HandoffAnswer} {
		_, err := l.MoveHandoff(t.Context(), casework.HandoffMove{ID: passed[i], Act: act, Text: "承知", By: "ward1", Role: dialer.RoleWard})
		must(t, err)
	}
	waiting := newList(true) // staged before, to be applied after
	_, err := l.Stage(t.Context(), waiting, rowsOf(person("0000000079")), nil)
	must(t, err)
	ended := func(at time.Time) {
		t.Helper()
		asksAll(t, l, target, at, func(what string, err error) {
			t.Helper()
			if no := (*dialer.Refusal)(nil); !errors.As(err, &no) || no.Rule != dialer.ContractEnded {
				t.Errorf("%s: %v", what, err)
			}
		})
		_, err := l.Apply(t.Context(), waiting.ID, "supervisor", nil)
		wantRule(t, err, dialer.ContractEnded)
		wantRule(t, l.BeginClose(t.Context(), newClose(at)), dialer.ContractEnded)
		wantRule(t, l.BeginClose(t.Context(), finalClose(at)), dialer.ContractEnded)
	}
	given := finalClose(noon)
	must(t, l.BeginClose(t.Context(), given))
	ended(noon)
	must(t, l.MoveClose(t.Context(), with(given, dayclose.GivenUp), dayclose.Begun))
	asksAll(t, l, listedTarget(t, l), noon.Add(-time.Minute), func(what string, err error) {
		if err != nil {
			t.Errorf("given up, and %s is refused: %v", what, err)
		}
	})
	for _, a := range openAttempts(t, l) {
		result := dialer.NotDialled
		if a.Direction == dialer.Inbound {
			result = dialer.NoAnswer
		}
		must(t, l.End(t.Context(), dialer.AttemptEnd{ID: a.ID, EndedAt: noon, Verdict: dialer.Verdict{Result: result, Confidence: dialer.High, Rule: "x", Why: "x"}}))
	}

	c := finalClose(noon.Add(time.Hour))
	goes := func(c dayclose.Close) []string {
		t.Helper()
		ids, err := l.HandoffsToReturn(t.Context(), c)
		must(t, err)
		return ids
	}
	must(t, l.BeginClose(t.Context(), c))
	if got, err := l.CloseByID(t.Context(), c.ID); err != nil || !got.Final {
		t.Errorf("%+v, %v", got, err)
	}
	if n := len(goes(newClose(noon))); n != 1 { // the one that was answered
		t.Errorf("%d hand-offs go with an ordinary close", n)
	}
	ids := goes(c)
	whole, err := l.WholeHandoffs(t.Context(), ids)
	must(t, err)
	said := 0
	for _, h := range whole {
		if h.About.WardNumber != "" && h.Events[0].Text == "窓口の対応について" {
			said++
		}
	}
	if len(ids) != 4 || said != 3 {
		t.Errorf("%d hand-offs go, %d of them as they were passed on", len(ids), said)
	}
	c = walk(t, l, c, dayclose.Destroying)
	orphan := vault.Matter(dialer.NewID(noon)) // of a transaction that failed
	_, err = l.vault.Seal(orphan, []byte("x"), nil)
	must(t, err)
	for range 2 { // asked again it does what is left
		for _, id := range ids {
			must(t, l.ReturnHandoff(t.Context(), id, "supervisor", noon))
		}
		must(t, l.Destroy(t.Context(), c))
	}
	if left := goes(c); len(left) > 0 {
		t.Errorf("%d hand-offs are left", len(left))
	}
	matters, err := l.vault.Matters()
	must(t, err)
	days, err := l.vault.Days()
	must(t, err)
	if len(matters) > 0 || slices.ContainsFunc(days, func(d dialer.Date) bool { return d.String() <= c.Day.String() }) {
		t.Errorf("keys are left: %v, %v", matters, days)
	}
	for _, id := range ids {
		if h, err := l.Handoff(t.Context(), id, "ward1", anybody); err != nil || !h.Gone || h.State != casework.HandoffReturned {
			t.Errorf("%+v, %v", h, err)
		}
	}
	walk(t, l, c, dayclose.Closed)
	for _, at := range []time.Time{noon.Add(2 * time.Hour), noon.Add(24 * time.Hour), noon.Add(400 * 24 * time.Hour)} {
		ended(at)
	}
	for _, table := range []string{"persons", "inbound_callers", "entry_notes", "staged_rows", "numbers_entered_whose", "cases WHERE custody IS NOT NULL"} {
		if n := count(t, l, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows of %s say who somebody is", n, table)
		}
	}
	if list, err := l.Closes(t.Context(), 5); err != nil || len(list) != 2 || !list[0].Ends() || list[1].Ends() {
		t.Errorf("%+v, %v", list, err)
	}
}

func openAttempts(t *testing.T, l *Ledger) []dialer.OpenAttempt {
	t.Helper()
	open, err := l.Open(t.Context())
	must(t, err)
	return open
}

// TestWhatComesAfterTheEnd: the end of a call that came in, and a result that waited in the spool, bring nobody back.
func TestWhatComesAfterTheEnd(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	r := call(t, l, listedTarget(t, l), noon, dialer.Answered)
	_, err := l.Record(t.Context(), entry(r))
	must(t, err)
	c := finalClose(noon)
	must(t, l.BeginClose(t.Context(), c))
	walk(t, l, c, dayclose.Closed)
	in := arrival(noon.Add(time.Hour))
	must(t, l.End(t.Context(), dialer.AttemptEnd{
		ID: in.ID, StartedAt: in.At, EndedAt: in.At.Add(time.Minute), Arrival: &in,
		Verdict: dialer.Verdict{Result: dialer.NoAnswer, Confidence: dialer.High, Rule: "x", Why: "x"},
	}))
	late := entry(r)
	late.Note, late.At = "夕方に電話がほしい", noon.Add(time.Hour)
	for _, rec := range []record{{Arrival: &in}, {Result: &late}} {
		must(t, l.write(t.Context(), rec))
	}
	for table, want := range map[string]int{"attempts": 1, "attempt_results": 1, "entry_notes": 1, "inbound_callers": 0, "cases": 1} {
		if n := count(t, l, `SELECT count(*) FROM `+table); n != want {
			t.Errorf("%d rows in %s", n, table)
		}
	}
	if n := count(t, l, `SELECT count(*) FROM handoffs`); n > 0 {
		t.Error("something was written after the contract's end")
	}
}

// TestTheDatabaseKnowsTheEnd: whoever asks, a close that is final stays so, takes all, and is the last.
func TestTheDatabaseKnowsTheEnd(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	url := l.pool.Config().ConnString()
	c := newClose(noon)
	must(t, l.BeginClose(t.Context(), c))
	refused := func(sql string) {
		t.Helper()
		if exec(t, url, sql) == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
	refused(`UPDATE day_closes SET final = true`)
	must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), dayclose.Begun))
	partly := finalClose(noon)
	partly.Upto = nil
	if l.BeginClose(t.Context(), partly) == nil {
		t.Error("a final close began that leaves something")
	}
	c = finalClose(noon)
	must(t, l.BeginClose(t.Context(), c))
	insert := `INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at) VALUES (gen_random_uuid(), '2027-01-01', 'x', now(), 'closed', now())`
	refused(`UPDATE day_closes SET final = false WHERE final`)
	refused(insert)
	c = walk(t, l, c, dayclose.Closed)
	refused(insert)
	refused(`UPDATE day_closes SET final = false WHERE id = '` + c.ID + `'`)
}

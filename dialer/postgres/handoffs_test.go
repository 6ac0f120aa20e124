package postgres

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// wishes is an entry for the ward.
func wishes(r dialer.Reservation, at time.Time, business ...casework.Business) casework.Recorded {
	e := entry(r)
	e.Promise, e.Business, e.At = nil, business, at
	return e
}

func handoffsOf(t testing.TB, l *Ledger, id dialer.CaseID) []casework.Handoff {
	t.Helper()
	items, next, err := l.Handoffs(t.Context(), casework.HandoffFilter{Case: id})
	if must(t, err); next != "" {
		t.Fatalf("more than a page: %q", next)
	}
	return items
}

func anybody(casework.Handoff) bool { return true }

func actsOf(h casework.Handoff) (acts []string) {
	for _, e := range h.Events {
		acts = append(acts, string(e.Act))
	}
	return acts
}

func TestAResultIsPassedOnOnceAndFollowsItsCorrections(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	first := wishes(r, noon, casework.Instalments, casework.SlipReissue, casework.Information)
	first.Details = map[casework.HandoffKind]string{casework.HandInstalments: "10日に3000円"}
	for range 2 { // the second is what a replay, or an answer that was lost, brings
		_, err := l.Record(t.Context(), first)
		must(t, err)
	}
	found := handoffsOf(t, l, target.CaseID)
	if len(found) != 2 {
		t.Fatalf("%d hand-offs, want 2: %+v", len(found), found)
	}
	i := slices.IndexFunc(found, func(h casework.Handoff) bool { return h.Kind == casework.HandInstalments })
	h, err := l.Handoff(t.Context(), found[i].ID, "ward1", anybody)
	must(t, err)
	if h.About.Number != target.Number || h.About.WardNumber == "" || h.About.Name == "" || h.Events[0].Text != "10日に3000円" || len(h.Events) != 1 {
		t.Fatalf("the ward reads %+v", h)
	}
	if n := count(t, l, `SELECT count(*) FROM handoff_reads WHERE handoff_id = $1 AND by_user = 'ward1'`, h.ID); n != 1 {
		t.Errorf("%d reads kept, want 1", n)
	}
	// The ward has one of them; then the operator corrects the result to neither.
	_, err = l.MoveHandoff(t.Context(), casework.HandoffMove{ID: h.ID, Act: casework.HandoffAcknowledge, By: "ward1", Role: dialer.RoleWard})
	must(t, err)
	second := wishes(r, noon.Add(time.Minute), casework.Complaint)
	_, err = l.Record(t.Context(), second)
	must(t, err)
	states := map[casework.HandoffKind]casework.HandoffState{}
	for _, h := range handoffsOf(t, l, target.CaseID) {
		states[h.Kind] = h.State
	}
	for kind, want := range map[casework.HandoffKind]casework.HandoffState{
		casework.HandInstalments: casework.HandoffAcknowledged, casework.HandSlip: casework.HandoffWithdrawn, casework.HandComplaint: casework.HandoffOpen,
	} {
		if states[kind] != want {
			t.Errorf("%s is %q, want %q", kind, states[kind], want)
		}
	}
	// The old entry comes again, from a spool, say: what came later has decided.
	_, err = l.Record(t.Context(), first)
	must(t, err)
	third := wishes(r, noon.Add(2*time.Minute), casework.SlipReissue)
	_, err = l.Record(t.Context(), third)
	must(t, err)
	for _, h := range handoffsOf(t, l, target.CaseID) {
		if h.Kind == casework.HandSlip {
			h, err := l.Handoff(t.Context(), h.ID, "ward1", anybody)
			if must(t, err); h.State != casework.HandoffOpen || !slices.Equal(actsOf(h), []string{"pass", "withdraw", "reopen"}) {
				t.Errorf("the slip went through %v and is %s", actsOf(h), h.State)
			}
		}
	}
}

func TestTheNetworksWordOfANumberIsPassedOnByRule(t *testing.T) {
	l := newLedger(t)
	for _, c := range []struct {
		name    string
		results []dialer.Result
		want    int
	}{
		{"changed", []dialer.Result{dialer.NumberChanged}, 1},
		{"cannot be one", []dialer.Result{dialer.BadNumber}, 1},
		{"unallocated once", []dialer.Result{dialer.Unallocated}, 0},
		{"unallocated twice", []dialer.Result{dialer.Unallocated, dialer.Unallocated}, 1},
		{"nobody there", []dialer.Result{dialer.NoAnswer}, 0},
	} {
		target := listedTarget(t, l)
		for i, result := range c.results {
			r := call(t, l, target, noon.Add(time.Duration(i)*24*time.Hour), result)
			must(t, l.End(t.Context(), endOf(r, result))) // once more changes nothing
		}
		got := handoffsOf(t, l, target.CaseID)
		if len(got) != c.want {
			t.Errorf("%s: %d hand-offs, want %d", c.name, len(got), c.want)
		}
		for _, h := range got {
			if h.Kind != casework.HandDiscrepancy || h.By != "" {
				t.Errorf("%s: %+v", c.name, h)
			}
		}
	}
}

// TestNoHandoffIsLost tries acts in any order: only the table's are taken, each is appended, and nothing goes but by its end.
func TestNoHandoffIsLost(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	acts := []casework.HandoffAct{
		casework.HandoffAdd, casework.HandoffAcknowledge, casework.HandoffAnswer, casework.HandoffReopen, casework.HandoffWithdraw, casework.HandoffReturn,
	}
	made := 0
	rapid.Check(t, func(rt *rapid.T) {
		h, err := l.PassOn(t.Context(), target.CaseID, casework.HandOther, "はじめ", "operator1")
		must(t, err)
		made++
		state, want := casework.HandoffOpen, []string{"pass"}
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			act := rapid.SampledFrom(acts).Draw(rt, "act")
			role := rapid.SampledFrom(dialer.Roles).Draw(rt, "role")
			to, known, may := state.After(act, role)
			got, err := l.MoveHandoff(t.Context(), casework.HandoffMove{ID: h.ID, Act: act, Text: "つぎ", By: "operator1", Role: role})
			if !known || !may {
				if err == nil {
					rt.Fatalf("%s by %s of one that is %s was taken", act, role, state)
				}
				continue
			}
			if err != nil || got.State != to {
				rt.Fatalf("%s by %s of one that is %s: %s, %v", act, role, state, got.State, err)
			}
			state, want = to, append(want, string(act))
		}
		got, err := l.Handoff(t.Context(), h.ID, "ward1", anybody)
		must(t, err)
		if got.State != state || !slices.Equal(actsOf(got), want) || got.Gone != (state == casework.HandoffReturned) {
			rt.Fatalf("it is %s (gone %v) by %v; want %s by %v", got.State, got.Gone, actsOf(got), state, want)
		}
		if !got.Gone && got.Events[0].Text != "はじめ" || got.Gone && (got.Events[0].Text != "" || got.About != casework.HandoffAbout{}) {
			rt.Fatalf("what was said: %+v", got)
		}
	})
	if n := count(t, l, `SELECT count(*) FROM handoffs`); n != made {
		t.Errorf("%d hand-offs of %d are there", n, made)
	}
	if n := count(t, l, `SELECT count(*) FROM handoffs h WHERE state <>
		(SELECT to_state FROM handoff_events e WHERE e.handoff_id = h.id ORDER BY n DESC LIMIT 1)`); n != 0 {
		t.Errorf("%d hand-offs stand where no act led", n)
	}
}

func TestTheDatabaseLosesNoHandoffAndReadsNone(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	target := listedTarget(t, l)
	h, err := l.PassOn(t.Context(), target.CaseID, casework.HandComplaint, "窓口の対応について", "operator1")
	must(t, err)
	for _, sql := range []string{
		`DELETE FROM handoff_events`, `UPDATE handoff_events SET act = 'answer'`, `DELETE FROM handoffs`, `TRUNCATE handoffs CASCADE`,
		`UPDATE handoffs SET kind = 'other'`, `UPDATE handoffs SET sealed = ''`,
	} {
		if err := exec(t, url, sql); err == nil {
			t.Errorf("%s was taken", sql)
		}
	}
	var about, said []byte
	must(t, l.pool.QueryRow(t.Context(), `SELECT h.sealed, e.sealed FROM handoffs h JOIN handoff_events e ON e.handoff_id = h.id WHERE h.id = $1`, h.ID).
		Scan(&about, &said))
	if bytes.Contains(about, []byte(target.Number)) || bytes.Contains(said, []byte("窓口")) || len(about) == 0 || len(said) == 0 {
		t.Error("the database holds what a hand-off says of a person")
	}
	if found, err := l.Found(t.Context()); err != nil || found.HandoffsOpen != 1 || found.HandoffsUnseen != 1 {
		t.Errorf("the close finds %+v, %v", found, err)
	}
}

func TestAnEntryMayForbidTheNumberAndLearnTheLanguage(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	e := wishes(r, noon, casework.LanguageWanted)
	e.Language, e.DoNotCall = "vi", true
	for range 2 {
		_, err := l.Record(t.Context(), e)
		must(t, err)
	}
	if c := caseOf(t, l, target.CaseID); c.Language != "vi" || !c.DoNotCall {
		t.Errorf("the case: language %q, do not call %v", c.Language, c.DoNotCall)
	}
	must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, casework.Forbidding{By: "supervisor1", At: noon, Reason: "本人が電話 0312345678 で了承"}))
	if c := caseOf(t, l, target.CaseID); c.DoNotCall {
		t.Error("the number is still on the list")
	}
	if n := count(t, l, `SELECT count(*) FROM do_not_call_log`); n != 2 {
		t.Errorf("%d rows say who did that, want 2", n)
	}
	if n := count(t, l, `SELECT count(*) FROM do_not_call_log WHERE reason LIKE '%0312345678%'`); n != 0 {
		t.Error("the log has a number")
	}
}

// TestAHandoffHasAnEnd: more than anybody reads is neither added nor noted by corrections; what ends it is done all the same, and so is what waited in the spool.
func TestAHandoffHasAnEnd(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	told := func(n int) casework.Recorded {
		e := wishes(r, noon.Add(time.Duration(n)*time.Minute), casework.Instalments)
		e.Details = map[casework.HandoffKind]string{casework.HandInstalments: strconv.Itoa(n)}
		return e
	}
	for n := range casework.MostHandoffEvents {
		_, err := l.Record(t.Context(), told(n))
		must(t, err)
	}
	_, err := l.Record(t.Context(), told(casework.MostHandoffEvents))
	wantRule(t, err, casework.HandoffFull)
	full := told(casework.MostHandoffEvents + 1)
	full.Note = "訂正"
	_, err = l.Record(t.Context(), full)
	wantRule(t, err, casework.HandoffFull)
	_, err = l.Record(t.Context(), told(casework.MostHandoffEvents-1)) // its answer was lost
	must(t, err)
	if n := count(t, l, "SELECT count(*) FROM attempt_results"); n != 1 {
		t.Errorf("%d entries, want the one that was said over and over", n)
	}
	h := handoffsOf(t, l, target.CaseID)[0]
	does := func(act casework.HandoffAct, by dialer.Role) error {
		_, err := l.MoveHandoff(t.Context(), casework.HandoffMove{ID: h.ID, Act: act, Text: "x", By: h.By, Role: by})
		return err
	}
	wantRule(t, does(casework.HandoffAdd, dialer.RoleOperator), casework.HandoffFull)
	must(t, does(casework.HandoffAnswer, dialer.RoleWard))
	wantRule(t, does(casework.HandoffReopen, dialer.RoleWard), casework.HandoffFull)
	must(t, l.write(t.Context(), record{Result: &full}))
}

// TestAFullHandoffKeepsNobodyFromWithdrawing it, from forbidding the number, or from telling the ward something else; nothing but its withdrawal is added to it.
func TestAFullHandoffKeepsNobodyFromWithdrawing(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	target := listedTarget(t, l)
	r := call(t, l, target, noon, dialer.Answered)
	minute := 0
	says := func(note string, business ...casework.Business) casework.Recorded {
		minute++
		e := wishes(r, noon.Add(time.Duration(minute)*time.Minute), business...)
		e.Note = note
		return e
	}
	_, err := l.Record(t.Context(), says("分割希望", casework.Instalments))
	must(t, err)
	h := handoffsOf(t, l, target.CaseID)[0]
	for n := 1; n < casework.MostHandoffEvents; n++ {
		_, err := l.MoveHandoff(t.Context(), casework.HandoffMove{ID: h.ID, Act: casework.HandoffAdd, Text: strconv.Itoa(n), By: h.By, Role: dialer.RoleSupervisor})
		must(t, err)
	}
	wantEvents := func(more int, state casework.HandoffState) {
		t.Helper()
		got, err := l.Handoff(t.Context(), h.ID, "ward1", anybody)
		if must(t, err); len(got.Events) != casework.MostHandoffEvents+more || got.State != state {
			t.Errorf("%d entries, %s; want %d more than are taken, %s", len(got.Events), got.State, more, state)
		}
	}
	_, err = l.Record(t.Context(), says("さらに", casework.Instalments))
	wantRule(t, err, casework.HandoffFull)

	forbids := says("もう掛けないで", casework.Instalments)
	forbids.DoNotCall = true
	_, err = l.Record(t.Context(), forbids)
	must(t, err)
	if !caseOf(t, l, target.CaseID).DoNotCall {
		t.Error("the number is not forbidden")
	}
	wantEvents(0, casework.HandoffOpen)

	_, err = l.Record(t.Context(), says("苦情", casework.Instalments, casework.Complaint))
	must(t, err)
	if n := len(handoffsOf(t, l, target.CaseID)); n != 2 {
		t.Errorf("%d hand-offs, want one for the complaint too", n)
	}
	wantEvents(0, casework.HandoffOpen)

	_, err = l.Record(t.Context(), says("取消", casework.Complaint))
	must(t, err)
	wantEvents(1, casework.HandoffWithdrawn)
	_, err = l.Record(t.Context(), says("取消", casework.Complaint, casework.Instalments)) // it is full, and stays withdrawn
	wantRule(t, err, casework.HandoffFull)
	wantEvents(1, casework.HandoffWithdrawn)
}

// TestAReadIsKeptOnceAMinute of a hand-off and a person, however often it is asked for: reads stay for good, and reports look at all of them.
func TestAReadIsKeptOnceAMinute(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	now := noon.Add(10 * time.Second)
	l.now = func() time.Time { return now }
	ids := make([]string, 2)
	for i := range ids {
		h, err := l.PassOn(t.Context(), target.CaseID, casework.HandOther, "確認", "operator1")
		must(t, err)
		ids[i] = h.ID
	}
	read := func(id string, by dialer.UserID, want int) {
		t.Helper()
		for range 3 {
			if h, err := l.Handoff(t.Context(), id, by, anybody); err != nil || h.Events[0].Text != "確認" {
				t.Fatalf("%+v, %v", h, err)
			}
		}
		if n := count(t, l, "SELECT count(*) FROM handoff_reads"); n != want {
			t.Errorf("%d reads are kept, want %d", n, want)
		}
	}
	read(ids[0], "ward1", 1)
	read(ids[0], "ward2", 2)
	read(ids[1], "ward1", 3)
	now = noon.Add(59 * time.Second)
	read(ids[0], "ward1", 3)
	now = noon.Add(time.Minute)
	read(ids[0], "ward1", 4)
}

package postgres

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// TestACallThatWasPutThereIsNotCounted: calls that the role that serves writes into the database in the name of a node that died, as if they rang or came in, are no
// node's to recover: they are ended, not counted and without a seal, move no case, lock no number, and are told. Those that were begun are recovered as ever.
func TestACallThatWasPutThereIsNotCounted(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	ended, cut, ghosts, waits := listedTarget(t, l), listedTarget(t, l), listedTarget(t, l), listedTarget(t, l)
	first := reservation(ended, noon)
	must(t, l.Reserve(t.Context(), first))
	must(t, l.Dialled(t.Context(), first.ID, noon.Add(2*time.Second), customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(first, dialer.NoAnswer)))
	odd := noon.Add(1999 * time.Nanosecond) // finer than PostgreSQL has it
	up := reservation(cut, odd)
	must(t, l.Reserve(t.Context(), up))
	in := arrival(odd)
	_, err := l.Arrive(t.Context(), in)
	must(t, err)

	put := func(of dialer.Target, direction, node string) dialer.CallID {
		t.Helper()
		id := dialer.NewID(noon)
		_, err := l.pool.Exec(t.Context(), `INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk,
				direction, started_at, dialled_at, node, node_epoch, mark)
			SELECT $1, $2, $3, $4, 'fixed', insurance, language, balance_band, sample, desk, operator, trunk, $5, started_at,
				CASE WHEN $5 = 'outbound' THEN started_at END, $6, 1, (SELECT mark FROM attempts WHERE direction = $5 AND mark IS NOT NULL LIMIT 1)
			FROM attempts WHERE id = $7`, id, string(of.CaseID), of.CaseRef, of.NumberRef, direction, node, string(first.ID))
		must(t, err)
		_, err = l.pool.Exec(t.Context(),
			"INSERT INTO attempt_evidence SELECT $2, n, at, leg, event, status, reason, cause FROM attempt_evidence WHERE attempt_id = $1", string(first.ID), id)
		must(t, err)
		_, err = l.pool.Exec(t.Context(),
			"INSERT INTO attempt_legs (attempt_id, leg, sip_call_id, custody, handle) VALUES ($1, 'customer', 'x', '2026-11-24', '\\x00')", id)
		must(t, err)
		return dialer.CallID(id)
	}
	before := map[dialer.CaseID]dialer.CaseNext{}
	for _, of := range []dialer.Target{ghosts, waits} {
		before[of.CaseID] = caseOf(t, l, of.CaseID).Next
	}
	_, err = l.pool.Exec(t.Context(),
		"INSERT INTO nodes VALUES ('ghost', 1, 'ghost', 'live', now() - interval '1 min', now() - interval '1 min', now() - interval '1 min', now() - interval '30 s')")
	must(t, err)
	forged := []dialer.CallID{put(ghosts, "outbound", "ghost"), put(ghosts, "inbound", "ghost")}
	left, err := l.Left(t.Context(), fleet.Life{Node: "ghost", Epoch: 2})
	if must(t, err); len(left) > 0 {
		t.Errorf("%d calls that were put there are recovered", len(left))
	}
	forged = append(forged, put(waits, "outbound", "ghost"))
	must(t, l.End(t.Context(), endOf(dialer.Reservation{ID: forged[2], At: noon, Target: waits}, dialer.Busy))) // by whoever
	forged = append(forged, put(waits, "outbound", "another"))                                                  // nobody's to recover, and in the way of a call
	kinds, err := l.ForeignRows(t.Context())
	if must(t, err); !slices.Equal(kinds, []string{"attempt"}) {
		t.Errorf("of it is told %v", kinds)
	}
	for _, id := range forged {
		a, err := l.Attempt(t.Context(), id)
		must(t, err)
		if a.EndedAt.IsZero() || a.Verdict.Counted || !a.DialledAt.IsZero() || a.Verdict.Rule != "foreign" {
			t.Errorf("it ended as %+v", a)
		}
	}
	for _, of := range []dialer.Target{ghosts, waits} {
		if next := caseOf(t, l, of.CaseID).Next; next != before[of.CaseID] {
			t.Errorf("its case stands %+v, and stood %+v", next, before[of.CaseID])
		}
		if tries, err := l.Tries(t.Context(), of.NumberRef, time.Time{}); err != nil || len(tries) > 0 {
			t.Errorf("its number was tried %+v, %v", tries, err)
		}
		must(t, l.Reserve(t.Context(), reservation(of, noon)))
	}
	c, err := l.CheckCalls(t.Context(), time.Time{})
	must(t, err)
	if c.Sealed != 1 || len(c.Findings) != len(forged) || slices.ContainsFunc(c.Findings, func(f CallFinding) bool { return f.Fault != CallUnsealed }) {
		t.Errorf("%+v", c)
	}

	for _, change := range []string{"mark = NULL", "sample = NOT sample", "node = 'ghost'", "node_epoch = 7", "desk = 'x'"} {
		if _, err := l.pool.Exec(t.Context(), "UPDATE attempts SET "+change+" WHERE id = $1", string(up.ID)); err == nil {
			t.Errorf("of a call that is up %s is let through", change)
		}
	}
	again := openLedger(t, url, t.TempDir())
	open, err := again.Open(t.Context())
	must(t, err)
	if len(open) != 4 || !slices.ContainsFunc(open, func(a dialer.OpenAttempt) bool { return a.ID == in.ID }) ||
		!slices.ContainsFunc(open, func(a dialer.OpenAttempt) bool { return a.ID == up.ID }) {
		t.Errorf("to recover are %+v", open)
	}
}

// TestCallsThatAreOpenAtAnUpdateAreRecovered: those that a version without marks began are marked once; what is put there later is not.
func TestCallsThatAreOpenAtAnUpdateAreRecovered(t *testing.T) {
	l := newLedger(t)
	owner := asOwner(t, l)
	begin := func() dialer.CallID {
		t.Helper()
		r := reservation(listedTarget(t, l), noon)
		must(t, l.Reserve(t.Context(), r))
		for _, sql := range []string{"ALTER TABLE attempts DISABLE TRIGGER USER", "UPDATE attempts SET mark = NULL", "ALTER TABLE attempts ENABLE TRIGGER USER"} {
			byOwner(t, owner, sql)
		}
		return r.ID
	}
	old, dir := begin(), t.TempDir()
	for _, sql := range []string{"ALTER TABLE rows_marked DISABLE TRIGGER USER", "DELETE FROM rows_marked", "ALTER TABLE rows_marked ENABLE TRIGGER USER"} {
		byOwner(t, owner, sql)
	}
	must(t, l.markRows(t.Context(), dir))
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 1 || open[0].ID != old {
		t.Fatalf("to recover are %+v", open)
	}
	must(t, l.End(t.Context(), endOf(dialer.Reservation{ID: old, At: noon}, dialer.NotDialled)))
	begin()
	must(t, l.markRows(t.Context(), dir))
	must(t, l.markRows(t.Context(), t.TempDir()))
	if open, err = l.Open(t.Context()); err != nil || len(open) > 0 {
		t.Errorf("to recover are %+v, %v", open, err)
	}
}

// TestAnAlteredLegHoldsUpNoRecovery: where a leg went was altered by SQL; the call it belongs to, and all others, are recovered without it.
func TestAnAlteredLegHoldsUpNoRecovery(t *testing.T) {
	l := newLedger(t)
	var ids []dialer.CallID
	for range 2 {
		r := reservation(listedTarget(t, l), noon)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon, customerLeg(noon)))
		ids = append(ids, r.ID)
	}
	must(t, exec(t, l.pool.Config().ConnString(), `UPDATE attempt_legs SET handle = '\x00' WHERE attempt_id = $1 AND leg = 'desk'`, string(ids[0])))
	open, err := l.Open(t.Context())
	if must(t, err); len(open) != 2 {
		t.Fatalf("%d calls are recovered", len(open))
	}
	for _, a := range open {
		if want := 1 + slices.Index(ids, a.ID); len(a.Legs) != want {
			t.Errorf("%s has the legs %+v", a.ID, a.Legs)
		}
	}
}

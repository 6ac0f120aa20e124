package postgres

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// TestACallThatWasNotMadeBearsNoSeal: calls that end by whichever way are sealed with their evidence. A call that the role that serves puts there as it likes,
// evidence that it adds, and what who owns the tables changes, is found and named; what is older than the seals is not taken for forged.
func TestACallThatWasNotMadeBearsNoSeal(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	target := listedTarget(t, l)
	r := reservation(target, noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	must(t, l.End(t.Context(), endOf(r, dialer.NoAnswer)))
	in := arrival(noon.Add(time.Minute))
	_, err := l.Arrive(t.Context(), in)
	must(t, err)
	end := endOf(dialer.Reservation{ID: in.ID, At: in.At}, dialer.NoAnswer)
	end.DialledAt, end.Verdict.Counted = time.Time{}, false
	must(t, l.End(t.Context(), end))
	_, err = l.NameCase(t.Context(), in.ID, target.CaseID, "u") // whose it was is found out later
	must(t, err)
	_, err = l.NoteCall(t.Context(), byHand(listedTarget(t, l), noon.Add(time.Hour), dialer.NoAnswer))
	must(t, err)
	check := func() CallsChecked {
		t.Helper()
		c, err := l.CheckCalls(t.Context(), time.Time{})
		must(t, err)
		return c
	}
	if c := check(); c.Sealed != 3 || c.Older != 0 || !c.Sound() {
		t.Fatalf("%+v", c)
	}
	owner := asOwner(t, l)
	const copied = `INSERT INTO attempts (id, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk, direction,
			started_at, dialled_at, ringing_at, answered_at, ended_at, ended_by, result, confidence, rule, why, counted)
		SELECT $2, case_id, case_ref, number_ref, number_kind, insurance, language, balance_band, sample, desk, operator, trunk, direction,
			started_at + interval '1 min', dialled_at, ringing_at, answered_at, ended_at + interval '1 min', ended_by, result, confidence, rule, why, counted
		FROM attempts WHERE id = $1`
	forged, old := dialer.NewID(noon), dialer.NewID(noon)
	_, err = l.pool.Exec(t.Context(), copied, string(r.ID), forged)
	must(t, err)
	_, err = l.pool.Exec(t.Context(),
		"INSERT INTO attempt_evidence SELECT $2, n, at, leg, event, status, reason, cause FROM attempt_evidence WHERE attempt_id = $1", string(r.ID), forged)
	must(t, err)
	if c := check(); c.Sealed != 3 || !slices.Equal(c.Findings, []CallFinding{{CallUnsealed, dialer.CallID(forged), c.Findings[0].Started}}) {
		t.Errorf("a call that was not made: %+v", c)
	}
	_, err = l.pool.Exec(t.Context(), "INSERT INTO call_seals SELECT $2, seal FROM call_seals WHERE attempt_id = $1", string(r.ID), forged)
	must(t, err)
	if c := check(); len(c.Findings) != 1 || c.Findings[0].Fault != CallChanged || c.Findings[0].Call != dialer.CallID(forged) {
		t.Errorf("with another's seal: %+v", c)
	}
	_, err = l.pool.Exec(t.Context(),
		"INSERT INTO attempt_evidence (attempt_id, n, at, leg, event, status, reason, cause) VALUES ($1, 90, now(), 'customer', 'ringing', 180, '', 0)", string(in.ID))
	must(t, err)
	if c := check(); len(c.Findings) != 2 || c.Findings[0].Call != in.ID && c.Findings[1].Call != in.ID {
		t.Errorf("with evidence that came later: %+v", c)
	}
	for _, change := range []string{
		"case_ref = 'x'", "number_ref = 'x'", "number_kind = 'x'", "sample = NOT sample", "desk = 'x'", "operator = 'x'", "trunk = 'x'", "sip_call_id = 'x'",
		"started_at = started_at + interval '1 us'", "dialled_at = dialled_at + interval '1 us'", "ringing_at = ringing_at + interval '1 us'", "ended_at = ended_at + interval '1 us'",
		"ended_by = 'x'", "confidence = 'low'", "rule = 'x'", "why = 'x'", "counted = NOT counted", "result = 'busy'",
	} {
		tx, err := owner.Begin(t.Context())
		must(t, err)
		_, err = tx.Exec(t.Context(), "ALTER TABLE attempts DISABLE TRIGGER USER")
		must(t, err)
		_, err = tx.Exec(t.Context(), "UPDATE attempts SET "+change+" WHERE id = $1", string(r.ID))
		must(t, err)
		q := db.New(tx)
		call, err := q.SealedCall(t.Context(), string(r.ID))
		must(t, err)
		evidence, err := q.EvidenceOf(t.Context(), []string{call.ID})
		must(t, err)
		var c CallsChecked
		if l.checkCall(&c, call, evidence, noon); len(c.Findings) != 1 || c.Findings[0].Fault != CallChanged {
			t.Errorf("%s is not found: %+v", change, c)
		}
		must(t, tx.Rollback(t.Context()))
	}
	// A call of before the seals is none of the forged ones.
	byOwner(t, owner, "ALTER TABLE rows_marked DISABLE TRIGGER USER")
	_, err = owner.Exec(t.Context(), "UPDATE rows_marked SET at = $1 WHERE what = 'call'", noon)
	must(t, err)
	_, err = owner.Exec(t.Context(), copied, string(r.ID), old)
	must(t, err)
	byOwner(t, owner, "ALTER TABLE attempts DISABLE TRIGGER USER")
	_, err = owner.Exec(t.Context(), "UPDATE attempts SET started_at = started_at - interval '1 day', ended_at = ended_at - interval '1 day' WHERE id = $1", old)
	must(t, err)
	if c := check(); c.Older != 1 {
		t.Errorf("%+v", c)
	}
}

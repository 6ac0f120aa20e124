package postgres

import (
	"context"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// missedEnd is the end of a call from a target's number that nobody answered, by which its case is called back.
func missedEnd(of dialer.Target, at time.Time) dialer.AttemptEnd {
	in := arrival(at)
	in.Caller, in.NumberRef, in.Kind = of.Number, of.NumberRef, of.Number.Kind()
	return dialer.AttemptEnd{
		ID: in.ID, StartedAt: at, EndedAt: at.Add(time.Minute), EndedBy: dialer.ByCustomer, Arrival: &in,
		Verdict: dialer.Verdict{Result: dialer.NoAnswer, Confidence: dialer.High, Rule: "inbound_missed", Why: "不在着信"},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(time.Minute), Cause: dialer.CauseMissed, Why: "不在着信がありました"},
	}
}

// replayed writes a record as it comes out of another node's spool.
func replayed(t *testing.T, l *Ledger, r record) {
	t.Helper()
	must(t, l.inTx(t.Context(), "replay", func(ctx context.Context, q *db.Queries) error {
		_, err := l.put(ctx, q, r)
		return err
	}))
}

// TestAnOldMissedCallUndoesNoLaterTalk: it waited in a spool while somebody talked with the caller.
func TestAnOldMissedCallUndoesNoLaterTalk(t *testing.T) {
	l, _ := sinceNoon(t)
	of, _ := owes(t, l)
	talk := call(t, l, of, noon.Add(30*time.Minute), dialer.Answered)
	putIn(t, l, saidIn("promised", talk.ID, of, noon.Add(35*time.Minute)))
	want := caseOf(t, l, of.CaseID).Next
	old, newer := missedEnd(of, noon), missedEnd(of, noon.Add(40*time.Minute))
	replayed(t, l, record{End: &old})
	if next := caseOf(t, l, of.CaseID).Next; next != want || next.Cause != dialer.CausePromise {
		t.Errorf("it stands %+v, and stood %+v", next, want)
	}
	replayed(t, l, record{End: &newer})
	wantWaiting(t, l, of, dialer.CauseMissed)
}

// TestAMissedCallThatEndsLeavesAHoldThatIsBeingWritten: the hold is committed while the call's end waits for the case.
func TestAMissedCallThatEndsLeavesAHoldThatIsBeingWritten(t *testing.T) {
	l, _ := sinceNoon(t)
	of, _ := owes(t, l)
	end := missedEnd(of, noon.Add(20*time.Minute))
	_, err := l.Arrive(t.Context(), *end.Arrival)
	must(t, err)
	ended := make(chan error, 1)
	must(t, l.inTx(t.Context(), "hold", func(ctx context.Context, q *db.Queries) error {
		if _, err := q.LockCasePlace(ctx, string(of.CaseID)); err != nil {
			return err
		}
		hold := dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseSupervisor, Why: "苦情です。"}
		if err := moveCase(ctx, q, string(of.CaseID), hold, noon.Add(21*time.Minute)); err != nil {
			return err
		}
		go func() { ended <- l.End(t.Context(), end) }()
		for waits := false; !waits && len(ended) == 0; time.Sleep(5 * time.Millisecond) {
			if err := l.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").Scan(&waits); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, <-ended)
	if next := caseOf(t, l, of.CaseID).Next; next.State != dialer.CaseHeld {
		t.Errorf("it stands %+v", next)
	}
}

// TestAnEntryThatComesLateDoesNotCountOverANewer: it waited in a spool while a supervisor recorded of the same talk that nobody is to be called.
func TestAnEntryThatComesLateDoesNotCountOverANewer(t *testing.T) {
	l, _ := sinceNoon(t)
	of, _ := owes(t, l)
	talk := call(t, l, of, noon, dialer.Answered)
	old := saidIn("nothing", talk.ID, of, noon.Add(5*time.Minute))
	for i, what := range []string{"promised", "dead"} {
		newer := saidIn(what, talk.ID, of, noon.Add(time.Duration(20+10*i)*time.Minute))
		newer.By, newer.Decides, newer.Note = "supervisor1", true, "確かめた"
		putIn(t, l, newer)
		stood := caseOf(t, l, of.CaseID).Next
		for range 2 {
			replayed(t, l, record{Result: &old})
		}
		got := attempt(t, l, talk.ID).Entry
		if next := caseOf(t, l, of.CaseID).Next; next != stood {
			t.Errorf("%s: it stands %+v, and stood %+v", what, next, stood)
		}
		if !saysTheSame(got.Entry, newer.Entry) || got.By != "supervisor1" || !got.At.Equal(newer.At) {
			t.Errorf("%s: %+v counts", what, got)
		}
		open := count(t, l, "SELECT count(*) FROM promises WHERE attempt_id = $1 AND state <> 'replaced'", string(talk.ID))
		if open != 1-i {
			t.Errorf("%s: %d promises stand", what, open)
		}
		old.At = old.At.Add(time.Minute)
	}
	if n := count(t, l, "SELECT count(*) FROM attempt_results WHERE attempt_id = $1", string(talk.ID)); n != 6 {
		t.Errorf("%d entries are kept", n)
	}
}

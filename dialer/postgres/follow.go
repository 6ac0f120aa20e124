package postgres

import (
	"context"
	"slices"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// putAndPassOn writes an entry in the transaction of q, and what follows from it by itself. What a person records now is bounded: how often they correct one result,
// and how much is said of one hand-off. What comes from a spool was taken long ago, and is refused nothing.
func (l *Ledger) putAndPassOn(ctx context.Context, q *db.Queries, r casework.Recorded, bounded bool) (casework.Recorded, error) {
	kept, err := l.putResult(ctx, q, r, bounded)
	if err != nil {
		return kept, err
	}
	next, err := q.NextRevision(ctx, string(r.Attempt))
	if err != nil {
		return kept, err
	}
	if int(next) != kept.Revision+1 { // replayed after what came later, which has decided all else; but it does not take the number off the list
		return kept, l.forbidToo(ctx, q, r)
	}
	r.Case = kept.Case
	return kept, l.follow(ctx, q, r, bounded)
}

// forbidToo forbids the number of an entry that says so and comes late, unless a word since then has it be called.
func (l *Ledger) forbidToo(ctx context.Context, q *db.Queries, r casework.Recorded) error {
	if !r.DoNotCall {
		return nil
	}
	a, err := q.LockAttempt(ctx, string(r.Attempt))
	if err != nil {
		return err
	}
	said, err := l.saidOf(ctx, q, []string{a.NumberRef})
	if newest := said[a.NumberRef]; err != nil || newest.heard && newest.at.After(r.At) {
		return err
	}
	return l.forbid(ctx, q, a.NumberRef, forbiddenBy(r))
}

// forbiddenBy is the word of an entry that its number is not to be called.
func forbiddenBy(r casework.Recorded) casework.Forbidding {
	return casework.Forbidding{On: true, By: r.By, At: r.At, Reason: "結果の登録による"}
}

// following is what an entry leads to, while it is being done.
type following struct {
	casework.Recorded
	bounded bool
	// leftOut: a hand-off is full that this would add to. done: something else follows, which must not fail for that: a number is forbidden, a hand-off is withdrawn,
	// another one is made.
	leftOut, done bool
}

// follow does what an entry leads to: what it has for the ward is passed on, what it has no longer is withdrawn unless the
// ward has seen it. Done again, it changes nothing.
func (l *Ledger) follow(ctx context.Context, q *db.Queries, r casework.Recorded, bounded bool) error {
	a, err := q.LockAttempt(ctx, string(r.Attempt))
	if err != nil {
		return err
	}
	if r.Language != "" {
		if err := q.SetLanguage(ctx, r.Language, a.CaseID); err != nil {
			return err
		}
	}
	if r.DoNotCall {
		if err := l.forbid(ctx, q, a.NumberRef, forbiddenBy(r)); err != nil {
			return err
		}
	}
	there, err := q.HandoffsOfAttempt(ctx, string(r.Attempt))
	if err != nil {
		return err
	}
	f := following{Recorded: r, bounded: bounded, done: r.DoNotCall}
	wanted := r.Handoffs()
	for _, h := range there {
		kind := casework.HandoffKind(h.Kind)
		if err := l.reconcile(ctx, q, &f, h, slices.Contains(wanted, kind)); err != nil {
			return err
		}
		wanted = slices.DeleteFunc(wanted, func(k casework.HandoffKind) bool { return k == kind })
	}
	for _, kind := range wanted {
		_, err := l.passOn(ctx, q, pass{
			of: dialer.CaseID(a.CaseID), attempt: r.Attempt, numberRef: a.NumberRef, kind: kind, text: tells(r, kind), by: r.By, at: r.At,
		})
		if err != nil {
			return err
		}
		f.done = true
	}
	if f.leftOut && !f.done {
		return casework.RefuseFullHandoff()
	}
	return nil
}

// tells is what the ward is told with a hand-off: what was written for it, else what was noted of the talk.
func tells(r casework.Recorded, kind casework.HandoffKind) string {
	if text := r.Details[kind]; text != "" {
		return text
	}
	return r.Note
}

// reconcile has a hand-off that an earlier entry or a rule made fit the newest entry.
func (l *Ledger) reconcile(ctx context.Context, q *db.Queries, f *following, h db.HandoffsOfAttemptRow, wanted bool) error {
	state, text := casework.HandoffState(h.State), tells(f.Recorded, casework.HandoffKind(h.Kind))
	act := casework.HandoffAdd
	switch {
	case !wanted && h.ByUser == "": // the network's word, which no entry takes back
		return nil
	case !wanted:
		act, text = casework.HandoffWithdraw, "結果の訂正による"
	case state == casework.HandoffWithdrawn:
		act = casework.HandoffReopen
	default:
		events, err := l.handoff(ctx, q, h.ID)
		if err != nil || text == "" || slices.ContainsFunc(events.Events, func(e casework.HandoffEvent) bool { return e.Text == plain(text) }) {
			return err
		}
	}
	to, known, _ := state.After(act, "")
	if !known {
		return nil // the ward has it: what it answers stands
	}
	if f.bounded && !act.Ends() {
		n, err := q.NextHandoffEvent(ctx, h.ID)
		if err != nil {
			return err
		}
		if n > casework.MostHandoffEvents {
			f.leftOut = true
			return nil
		}
	}
	f.done = f.done || act.Ends()
	return l.addEvent(ctx, q, h.ID, casework.HandoffEvent{Act: act, From: state, To: to, By: f.By, At: f.At, Text: text})
}

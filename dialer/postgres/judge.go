package postgres

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// judgedAtOnce is how many cases' promises are settled in one transaction: a call's end may wait for one of them.
const judgedAtOnce = 500

// judgeAll settles every promise by the payments there are, moves the cases that wait for a verdict, and holds those that are
// perhaps paid. list is the paid list that gave the occasion; empty for none. Told again, it changes nothing.
func (l *Ledger) judgeAll(ctx context.Context, list string, now time.Time) (casework.Moved, error) {
	if list != "" {
		// The planner knows nothing of payments that have just come.
		if _, err := l.pool.Exec(ctx, countForPlanner, "payments"); err != nil {
			return casework.Moved{}, l.noticed(classify("look at the payments", err))
		}
	}
	var all casework.Verdicts
	var changed []string
	for after, more := "", true; more; {
		err := l.inTx(ctx, "settle the promises", func(ctx context.Context, q *db.Queries) error {
			if err := q.HoldPromises(ctx); err != nil {
				return err
			}
			refs, err := q.PromisedRefs(ctx, after, judgedAtOnce)
			if more = len(refs) == judgedAtOnce; err != nil || len(refs) == 0 {
				return err
			}
			after = refs[len(refs)-1]
			some, moved, err := l.judge(ctx, q, refs, list, now)
			all = sumOf(all, some)
			changed = append(changed, moved...)
			return err
		})
		if err != nil {
			return casework.Moved{}, err
		}
	}
	paid, freed, err := l.holdPaid(ctx, now)
	if err != nil {
		return casework.Moved{}, err
	}
	all.MaybePaid = len(paid)
	if list != "" {
		if err := l.keepSettled(ctx, list, all); err != nil {
			return casework.Moved{}, err
		}
	}
	l.unjudged.Store(false)
	return l.moved(ctx, slices.Concat(changed, paid, freed))
}

func sumOf(a, b casework.Verdicts) casework.Verdicts {
	return casework.Verdicts{Kept: a.Kept + b.Kept, Partly: a.Partly + b.Partly, Broken: a.Broken + b.Broken, Open: a.Open + b.Open}
}

// moved ranks cases that moved, and says where they stand.
func (l *Ledger) moved(ctx context.Context, ids []string) (casework.Moved, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for some := range slices.Chunk(ids, ranksAtOnce) {
		cases := make([]dialer.CaseID, len(some))
		for i, id := range some {
			cases[i] = dialer.CaseID(id)
		}
		l.rank(ctx, cases...)
	}
	waiting, err := l.placesOf(ctx, ids)
	if err != nil {
		return casework.Moved{}, err
	}
	m, waits := casework.Moved{Waiting: waiting}, make(map[dialer.CaseID]bool, len(waiting))
	for _, w := range waiting {
		waits[w.Case] = true
	}
	for _, id := range ids {
		if !waits[dialer.CaseID(id)] {
			m.Left = append(m.Left, dialer.CaseID(id))
		}
	}
	return m, nil
}

func (l *Ledger) keepSettled(ctx context.Context, list string, v casework.Verdicts) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return l.query(ctx, "keep what a paid list settled", func(ctx context.Context, q *db.Queries) error { return q.KeepSettled(ctx, b, list) })
}

// holdPaid holds the cases whose payments cover all that is owed, and lets go those that they do not cover any more.
func (l *Ledger) holdPaid(ctx context.Context, now time.Time) (held, freed []string, err error) {
	var perhaps []string
	err = l.inTx(ctx, "look which cases are perhaps paid", func(ctx context.Context, q *db.Queries) (err error) {
		freed, perhaps, err = letGoUnpaid(ctx, q, now)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for some := range slices.Chunk(perhaps, judgedAtOnce) {
		err := l.inTx(ctx, "hold the cases that are perhaps paid", func(ctx context.Context, q *db.Queries) error {
			// What puts one of them back into the line just now may not have seen the payments: it is waited for, and seen.
			if err := q.LockCases(ctx, some); err != nil {
				return err
			}
			paid, err := holdThePaid(ctx, q, some, now)
			held = append(held, paid...)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	return held, freed, nil
}

// holdThePaid holds those of some cases that wait though the payments there are cover all that is owed.
func holdThePaid(ctx context.Context, q *db.Queries, cases []string, at time.Time) (held []string, err error) {
	return q.HoldMaybePaid(ctx, db.HoldMaybePaidParams{Ids: cases, Why: casework.MaybePaid.JA, WhyEn: casework.MaybePaid.EN, At: at})
}

// letGoUnpaid lets go the cases that the payments there are do not cover any more, and finds those that they may cover.
func letGoUnpaid(ctx context.Context, q *db.Queries, now time.Time) (freed, perhaps []string, err error) {
	if freed, err = q.FreeNotPaid(ctx, now, casework.NotPaid.JA, casework.NotPaid.EN); err != nil {
		return nil, nil, err
	}
	perhaps, err = q.PerhapsPaid(ctx)
	return freed, perhaps, err
}

// judgeCase settles the promises of one case after an entry, which may have made, corrected or taken one away. Nothing is lost
// where it could not be done: the next look at all promises makes it good.
func (l *Ledger) judgeCase(ctx context.Context, id dialer.CaseID) {
	err := l.inTx(ctx, "settle a case's promises", func(ctx context.Context, q *db.Queries) error {
		if err := q.HoldPromises(ctx); err != nil {
			return err
		}
		ref, err := q.RefOfCase(ctx, string(id))
		if err != nil {
			return err
		}
		_, _, err = l.judge(ctx, q, []string{ref}, "", l.now())
		return err
	})
	if err != nil {
		l.unjudged.Store(true)
		l.log.Warn("a case's promises could not be settled; the next look at all makes it good", "case", id, "err", err)
	}
}

// judge settles the promises of some cases in the transaction of q, and returns the cases that moved.
func (l *Ledger) judge(ctx context.Context, q *db.Queries, refs []string, list string, now time.Time) (casework.Verdicts, []string, error) {
	b, err := l.booksOf(ctx, q, refs)
	if err != nil {
		return casework.Verdicts{}, nil, err
	}
	w := verdicts{at: now, list: list}
	var f db.FollowVerdictsParams
	for _, ref := range refs {
		settled := casework.Settle(b.pledges[ref], b.payments[ref], b.books)
		for _, s := range settled {
			w.add(s, b.kept[key(s.Attempt, s.Revision)])
		}
		l.followVerdicts(&f, ref, settled, now)
	}
	if err := w.write(ctx, q); err != nil {
		return w.n, nil, err
	}
	f.At = now
	rows, err := q.FollowVerdicts(ctx, f)
	moved := make([]string, len(rows))
	for i, r := range rows {
		moved[i] = r.ID
	}
	return w.n, moved, err
}

// follow adds where a case stands after the verdict on its newest promise.
func (l *Ledger) followVerdicts(f *db.FollowVerdictsParams, ref string, settled []casework.Settled, now time.Time) {
	i := len(settled) - 1
	for i >= 0 && settled[i].Replaced {
		i--
	}
	if i < 0 {
		return
	}
	next, ok := l.rules().AfterPromise(settled[i], now, l.hours())
	if !ok {
		return
	}
	f.Refs, f.States, f.Dues = append(f.Refs, ref), append(f.States, string(next.State)), append(f.Dues, next.Due)
	f.Causes, f.Whys, f.WhysEn = append(f.Causes, string(next.Cause)), append(f.Whys, next.Why), append(f.WhysEn, next.WhyEN)
}

// verdicts are those that are other than before, as columns.
type verdicts struct {
	at   time.Time
	list string
	n    casework.Verdicts

	all, changed, recounted db.AppendVerdictsParams
	counted                 db.InsertCountedParams
}

func (w *verdicts) add(s casework.Settled, was verdict) {
	keptOn := ""
	if s.State == casework.PromiseKept {
		keptOn = s.KeptOn.String()
	}
	same := string(s.State) == was.state && s.PaidYen == was.paid && keptOn == was.keptOn
	if !same {
		appendVerdict(&w.changed, s, keptOn)
		w.count(s.State, was.state)
	}
	if !same || s.Why.JA != was.why {
		appendVerdict(&w.all, s, keptOn)
	}
	if !sameCounted(was.counted, s.Counted) {
		appendVerdict(&w.recounted, s, keptOn)
		for _, c := range s.Counted {
			w.counted.Attempts = append(w.counted.Attempts, string(s.Attempt))
			w.counted.Revisions = append(w.counted.Revisions, int32(s.Revision)) //nolint:gosec // counted from 1
			w.counted.Payments, w.counted.Yen = append(w.counted.Payments, c.Payment), append(w.counted.Yen, c.Yen)
			w.counted.Parts = append(w.counted.Parts, int32(c.Part)) //nolint:gosec // a handful
		}
	}
}

func (w *verdicts) count(state casework.PromiseState, was string) {
	if string(state) == was {
		return
	}
	switch state {
	case casework.PromiseKept:
		w.n.Kept++
	case casework.PromisePartly:
		w.n.Partly++
	case casework.PromiseBroken:
		w.n.Broken++
	case casework.PromiseOpen:
		w.n.Open++
	default:
	}
}

func appendVerdict(to *db.AppendVerdictsParams, s casework.Settled, keptOn string) {
	to.Attempts, to.Revisions = append(to.Attempts, string(s.Attempt)), append(to.Revisions, int32(s.Revision)) //nolint:gosec // counted from 1
	to.States, to.Paid, to.Kept = append(to.States, string(s.State)), append(to.Paid, s.PaidYen), append(to.Kept, keptOn)
	to.Whys, to.WhysEn = append(to.Whys, s.Why.JA), append(to.WhysEn, s.Why.EN)
}

func sameCounted(was, now []casework.Counted) bool {
	if len(was) != len(now) {
		return false
	}
	had := make(map[casework.Counted]bool, len(was))
	for _, c := range was {
		had[c] = true
	}
	return !slices.ContainsFunc(now, func(c casework.Counted) bool { c.PaidOn = dialer.Date{}; return !had[c] })
}

func (w *verdicts) write(ctx context.Context, q *db.Queries) error {
	// What a payment counted for goes before it counts anew.
	if len(w.recounted.Attempts) > 0 {
		if err := q.DropCounted(ctx, w.recounted.Attempts, w.recounted.Revisions); err != nil {
			return err
		}
	}
	if len(w.all.Attempts) > 0 {
		a := w.all
		err := q.SetVerdicts(ctx, db.SetVerdictsParams{
			Attempts: a.Attempts, Revisions: a.Revisions, States: a.States, Paid: a.Paid, Kept: a.Kept, Whys: a.Whys, WhysEn: a.WhysEn,
		})
		if err != nil {
			return err
		}
	}
	if len(w.changed.Attempts) > 0 {
		w.changed.At = w.at
		if w.list != "" {
			if err := w.changed.ListID.Scan(w.list); err != nil {
				return err
			}
		} else {
			w.changed.ListID = pgtype.UUID{}
		}
		if err := q.AppendVerdicts(ctx, w.changed); err != nil {
			return err
		}
	}
	if len(w.counted.Attempts) == 0 {
		return nil
	}
	return q.InsertCounted(ctx, w.counted)
}

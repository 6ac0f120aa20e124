package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// longPatience bounds the staging and applying of a list, and the reading of the whole line, where the caller gave no
// deadline.
const longPatience = 10 * time.Minute

// Stage streams a list into tables of its own and compares it with the cases there are. Nothing of it is kept when rows
// yields an error or the database fails: the list is then marked failed. progress is called from another goroutine, but
// never after Stage has returned. After the contract's end it is a refusal (contract_ended); from the begin of a day's close until that is over it is
// casework.ErrStopped, also for what is being staged then.
func (l *Ledger) Stage(
	ctx context.Context, list casework.StagedList, rows iter.Seq2[casework.Row, error], progress func(rows int),
) (casework.Preview, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	if err := l.enterCustody(ctx); err != nil {
		return casework.Preview{}, l.noticed(classify("stage the list", err))
	}
	c, err := l.custody()
	if err != nil {
		return casework.Preview{}, err
	}
	release, err := l.holdStaging(ctx, list.ID)
	if err != nil {
		return casework.Preview{}, err
	}
	defer release()
	err = l.inTx(ctx, "open the list", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterToStage(ctx, q); err != nil {
			return err
		}
		if err := boundStaged(ctx, q, l.stagedCases(q), list.By); err != nil {
			return err
		}
		return q.InsertList(ctx, db.InsertListParams{
			ID: list.ID, FileName: plain(list.FileName), ByUser: string(list.By), At: list.At, Sample: list.Sample, Source: plain(list.Source),
		})
	})
	if err != nil {
		return casework.Preview{}, err
	}
	at, forget := l.track(list.ID)
	err = l.stage(ctx, newIntake(list, l.refs, c, rows, func(n int) {
		at.Store(int64(n))
		if progress != nil {
			progress(n)
		}
	}))
	forget()
	if err != nil {
		l.markFailed(ctx, list.ID)
		return casework.Preview{}, err
	}
	return l.Preview(ctx, list.ID)
}

// markFailed outlives the context that staging failed with.
func (l *Ledger) markFailed(ctx context.Context, list string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := l.query(ctx, "mark the list failed", func(ctx context.Context, q *db.Queries) error {
		return q.SetListState(ctx, "failed", list)
	})
	if err != nil {
		l.log.Warn("a list that failed could not be marked so", "list", list, "err", err)
	}
}

// track lets Preview show how far a list has come that is being worked on here.
func (l *Ledger) track(list string) (at *atomic.Int64, forget func()) {
	at = new(atomic.Int64)
	l.progress.Store(list, at)
	return at, func() { l.progress.Delete(list) }
}

func (l *Ledger) stage(ctx context.Context, in *intake) error {
	defer in.stop() // COPY may end before the rows do
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staged_rows"}, stagedColumns, in); err != nil {
			return in.errOr(err)
		}
		return l.compare(ctx, tx, in)
	})
	if in.err != nil {
		return in.err // the reader's own: it says what is wrong with the file
	}
	return l.noticed(classify("stage the list", err))
}

func (l *Ledger) compare(ctx context.Context, tx pgx.Tx, in *intake) error {
	q, id := db.New(tx), in.list.ID
	// The planner knows nothing of rows that came in this transaction.
	if _, err := tx.Exec(ctx, countForPlanner, "staged_rows"); err != nil {
		return err
	}
	repeats, err := q.DropRepeats(ctx, id)
	if err != nil {
		return err
	}
	in.leftOut(repeats.N, repeats.Lines, repeated)
	incomplete, err := q.DropIncomplete(ctx, id, slices.Sorted(maps.Keys(in.spoiled)))
	if err != nil {
		return err
	}
	in.leftOut(incomplete.N, incomplete.Lines, caseIncomplete)
	differing, err := q.DropDiffering(ctx, id)
	if err != nil {
		return err
	}
	in.leftOut(differing.N, differing.Lines, personDiffers)
	if err := q.GroupStaged(ctx, id, in.list.At); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, countForPlanner, "staged_cases"); err != nil {
		return err
	}
	n, err := q.CountStaged(ctx, id)
	if err != nil {
		return err
	}
	found, missing, err := findings(ctx, q, in, repeats.Persons)
	if err != nil {
		return err
	}
	kinds, err := q.CountKinds(ctx, id)
	if err != nil {
		return err
	}
	byKind := map[string]int32{}
	for _, k := range kinds {
		byKind[k.Kind] = k.N
	}
	p := db.FinishStagingParams{
		ID: id, Rows: in.rows, Taken: in.taken - repeats.N - incomplete.N - differing.N, Cases: n.Cases, New: n.New, Changed: n.Changed, Same: n.Same,
		Missing: missing, Wrong: in.wrong, Repaired: in.repaired,
	}
	for to, v := range map[*[]byte]any{&p.Problems: in.problems, &p.Repairs: in.repairs, &p.Kinds: byKind, &p.Findings: found} {
		if *to, err = json.Marshal(v); err != nil {
			return err
		}
	}
	if err := l.markStaged(ctx, q, in, p.Taken); err != nil {
		return err
	}
	return finishStaging(ctx, q, p)
}

// Discard forgets a staged list. A list that was applied stays known; one that is not there is dialer.ErrNotFound.
func (l *Ledger) Discard(ctx context.Context, list string) error {
	return l.inTx(ctx, "discard the list", func(ctx context.Context, q *db.Queries) error {
		row, err := q.LockList(ctx, list)
		if err != nil {
			return err
		}
		if row.State == "applied" {
			return errListApplied
		}
		return l.dropStaged(ctx, q, list, q.DeleteList)
	})
}

// dropStaged forgets what is staged of a list: it is over, and is not applied once more, whatever its row says.
func (l *Ledger) dropStaged(ctx context.Context, q *db.Queries, list string, also ...func(context.Context, string) error) error {
	for _, drop := range append(also, q.DropStagedRows, q.DropStagedCases) {
		if err := drop(ctx, list); err != nil {
			return err
		}
	}
	return q.MarkRow(ctx, markedLists, list, l.markOfListOver(list))
}

// applyAtOnce is how many cases are written between two reports of progress, and how many cases' rows are looked at together before.
const applyAtOnce = 5000

// Apply makes a staged list's cases real, in one transaction. New cases wait from now on, in the order of the list; a
// known case gets its person, numbers and balances anew and stays where it stands. Applying a list again changes nothing
// and returns what it did the first time, with the cases that wait now.
func (l *Ledger) Apply(ctx context.Context, list string, by dialer.UserID, progress func(cases int)) (casework.Applied, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	at, forget := l.track(list)
	defer forget()
	var done casework.Applied
	var freed []string
	err := l.inTx(ctx, "apply the list", func(ctx context.Context, q *db.Queries) error {
		// The digests of some thousand rows are reckoned between two statements: on a machine short of time, that is no process that was stopped.
		if err := q.MayIdle(ctx, "30s"); err != nil {
			return err
		}
		if err := q.HoldLists(ctx); err != nil {
			return err
		}
		if err := l.enterDay(ctx, q); err != nil {
			return err
		}
		row, err := q.LockList(ctx, list)
		if err != nil {
			return err
		}
		a := application{l: l, q: q, list: row, by: by, at: l.now(), progress: func(n int) {
			at.Store(int64(n))
			if progress != nil {
				progress(n)
			}
		}}
		done, err = a.run(ctx)
		freed = a.freed
		return err
	})
	if err == nil {
		err = l.query(ctx, "index the list", func(ctx context.Context, q *db.Queries) error { return q.IndexTokens(ctx) })
	}
	if err == nil {
		done.Waiting, err = l.rankList(ctx, list)
	}
	if err == nil && len(freed) > 0 {
		err = l.addFreed(ctx, &done, freed)
	}
	if err != nil {
		return casework.Applied{}, err
	}
	l.log.Info("list applied", "list", list, "by", by, "new", done.New, "changed", done.Changed, "same", done.Same)
	return done, nil
}

// application is one list being applied in one transaction.
type application struct {
	l        *Ledger
	q        *db.Queries
	list     db.List
	by       dialer.UserID
	at       time.Time
	progress func(cases int)
	freed    []string // the cases that were held as perhaps paid, and are not any more
}

// addFreed puts cases that wait again, and that the list left as they were, to those that wait.
func (l *Ledger) addFreed(ctx context.Context, done *casework.Applied, freed []string) error {
	moved, err := l.moved(ctx, freed)
	for _, w := range moved.Waiting {
		if !slices.ContainsFunc(done.Waiting, func(known dialer.Waiting) bool { return known.Case == w.Case }) {
			done.Waiting = append(done.Waiting, w)
		}
	}
	return err
}

func (a *application) run(ctx context.Context) (done casework.Applied, err error) {
	switch a.list.State {
	case "applied":
		done = casework.Applied{New: int(a.list.New), Changed: int(a.list.Changed), Same: int(a.list.Same)}
	case "staged":
		done, err = a.apply(ctx)
	default:
		err = errNotStaged
	}
	return done, err
}

func (a *application) apply(ctx context.Context) (done casework.Applied, err error) {
	if err := a.q.LockStaging(ctx); err != nil {
		return done, err
	}
	if err := a.check(ctx); err != nil {
		return done, err
	}
	// Another list may have been applied since this one was staged: compare once more.
	if err := a.q.DropStagedCases(ctx, a.list.ID); err != nil {
		return done, err
	}
	if err := a.q.GroupStaged(ctx, a.list.ID, a.at); err != nil {
		return done, err
	}
	n, err := a.q.CountStaged(ctx, a.list.ID)
	if err != nil {
		return done, err
	}
	if err := a.sameAsRead(ctx, n.Cases); err != nil {
		return done, err
	}
	for after := int32(0); after < n.Cases; after += applyAtOnce {
		upto := min(after+applyAtOnce, n.Cases)
		if err := a.chunk(ctx, n.Cases, after, upto); err != nil {
			return done, err
		}
		a.progress(int(upto))
	}
	if err := a.q.TouchChanged(ctx, a.at, a.list.ID); err != nil {
		return done, err
	}
	if err := a.markGone(ctx); err != nil {
		return done, err
	}
	if err := a.absorbPayments(ctx); err != nil {
		return done, err
	}
	if err := a.l.dropStaged(ctx, a.q, a.list.ID); err != nil {
		return done, err
	}
	return casework.Applied{New: int(n.New), Changed: int(n.Changed), Same: int(n.Same)}, a.q.FinishApplying(ctx, db.FinishApplyingParams{
		ID: a.list.ID, Cases: n.Cases, New: n.New, Changed: n.Changed, Same: n.Same, AppliedAt: a.at, AppliedBy: string(a.by),
	})
}

// absorbPayments leaves to the list's balances what was paid before it was read: the ward's word is the truth of what is owed. What came since may cover that, and
// whose it is does not come into the line.
func (a *application) absorbPayments(ctx context.Context) (err error) {
	if err := a.q.PaymentsInList(ctx, a.list.ID); err != nil {
		return err
	}
	freed, perhaps, err := letGoUnpaid(ctx, a.q, a.at)
	if a.freed = freed; err != nil {
		return err
	}
	_, err = holdThePaid(ctx, a.q, perhaps, a.at)
	return err
}

// check refuses what must not be applied.
func (a *application) check(ctx context.Context) error {
	rows, err := a.q.CountStagedRows(ctx, a.list.ID)
	if err != nil {
		return err
	}
	if rows != a.list.Taken {
		return errListLost
	}
	mixed, err := a.q.OtherSort(ctx, a.list.Sample)
	if err != nil {
		return err
	}
	if mixed {
		return errMixed
	}
	older, err := a.q.NewerApplied(ctx, a.list.Sample, a.list.At)
	if err == nil && older {
		return errListOlder
	}
	return err
}

func (a *application) chunk(ctx context.Context, total, after, upto int32) error {
	err := a.q.ApplyCases(ctx, db.ApplyCasesParams{
		ListID: a.list.ID, After: after, Upto: upto, Why: newCaseWhy, WhyEn: newCaseWhyEN, At: a.at,
		FirstDue: a.at.Add(-time.Duration(total) * time.Millisecond),
	})
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	for _, step := range []func(context.Context, string, int32, int32) error{
		a.q.ApplyPersons, a.q.DropNotes, a.q.ApplyNotes, a.applyPhones, a.q.DropBalances, a.q.ApplyBalances,
	} {
		if err := step(ctx, a.list.ID, after, upto); err != nil {
			return err
		}
	}
	if err := a.dropPhones(ctx, after, upto); err != nil {
		return err
	}
	return a.markSums(ctx, after, upto)
}

package postgres

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// StagePaid streams a paid list into a table of its own and compares it with the payments there are. Nothing of it is kept
// when rows yields an error or the database fails: the list is then marked failed.
func (l *Ledger) StagePaid(
	ctx context.Context, list casework.StagedList, rows iter.Seq2[casework.PaidRow, error], progress func(rows int),
) (casework.PaidPreview, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	release, err := l.holdStaging(ctx, list.ID)
	if err != nil {
		return casework.PaidPreview{}, err
	}
	defer release()
	err = l.inTx(ctx, "open the paid list", func(ctx context.Context, q *db.Queries) error {
		if err := l.enterContract(ctx, q); err != nil {
			return err
		}
		if err := boundStaged(ctx, q, stagedPaid(q), list.By); err != nil {
			return err
		}
		return q.InsertPaidList(ctx, db.InsertPaidListParams{
			ID: list.ID, FileName: plain(list.FileName), ByUser: string(list.By), At: list.At, Sample: list.Sample,
		})
	})
	if err != nil {
		return casework.PaidPreview{}, err
	}
	at, forget := l.track(list.ID)
	err = l.stagePaid(ctx, newPaidIntake(list, rows, func(n int) {
		at.Store(int64(n))
		if progress != nil {
			progress(n)
		}
	}))
	forget()
	if err != nil {
		l.markPaidFailed(ctx, list.ID)
		return casework.PaidPreview{}, err
	}
	return l.PaidPreview(ctx, list.ID)
}

// markPaidFailed outlives the context that staging failed with.
func (l *Ledger) markPaidFailed(ctx context.Context, list string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := l.query(ctx, "mark the paid list failed", func(ctx context.Context, q *db.Queries) error {
		return q.SetPaidListState(ctx, "failed", list)
	})
	if err != nil {
		l.log.Warn("a paid list that failed could not be marked so", "list", list, "err", err)
	}
}

func (l *Ledger) stagePaid(ctx context.Context, in *paidIntake) error {
	defer in.stop()
	err := pgx.BeginFunc(ctx, l.pool, func(tx pgx.Tx) error {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staged_payments"}, stagedPaymentColumns, in); err != nil {
			return in.errOr(err)
		}
		if _, err := tx.Exec(ctx, countForPlanner, "staged_payments"); err != nil {
			return err
		}
		return comparePaid(ctx, db.New(tx), in)
	})
	if in.err != nil {
		return in.err
	}
	return l.noticed(classify("stage the paid list", err))
}

func comparePaid(ctx context.Context, q *db.Queries, in *paidIntake) error {
	id := in.list.ID
	if err := q.NumberStagedPayments(ctx, id); err != nil {
		return err
	}
	n, err := q.ComparePayments(ctx, id)
	if err != nil {
		return err
	}
	unknown, err := q.UnknownLines(ctx, id, problemsKept)
	if err != nil {
		return err
	}
	in.note(unknown, casework.FieldWardNumber, "unknown_case")
	back, err := q.TakenBackLines(ctx, id, problemsKept)
	if err != nil {
		return err
	}
	in.note(back, casework.FieldPaidYen, "taken_back_once")
	p := db.FinishPaidStagingParams{
		ID: id, Rows: in.rows, Taken: in.taken, New: n.New, NewYen: n.NewYen, Known: n.Known, TakenBack: n.TakenBack, Unknown: n.Unknown,
		Wrong: in.wrong, Repaired: in.repaired, FromOn: n.FromOn, ToOn: n.ToOn,
	}
	if p.Problems, err = json.Marshal(in.problems); err != nil {
		return err
	}
	if p.Repairs, err = json.Marshal(in.repairs); err != nil {
		return err
	}
	return q.FinishPaidStaging(ctx, p)
}

// PaidPreview returns what StagePaid found, and once the list was applied what it did.
func (l *Ledger) PaidPreview(ctx context.Context, list string) (p casework.PaidPreview, err error) {
	err = l.query(ctx, "read the paid list's preview", func(ctx context.Context, q *db.Queries) error {
		row, err := q.PaidListByID(ctx, list)
		if err != nil {
			return err
		}
		if _, here := l.progress.Load(list); row.State == "staging" && !here {
			if row, err = failedPaidIfLost(ctx, q, row); err != nil {
				return err
			}
		}
		p, err = paidPreviewFrom(row)
		return err
	})
	return p, err
}

// failedPaidIfLost marks a list failed whose staging nobody goes on with.
func failedPaidIfLost(ctx context.Context, q *db.Queries, row db.PaidList) (db.PaidList, error) {
	problems, err := json.Marshal([]casework.Problem{interrupted})
	if err != nil {
		return row, err
	}
	n, err := q.FailLostPaidStaging(ctx, problems, row.ID)
	if err != nil || n == 0 {
		return row, err
	}
	return q.PaidListByID(ctx, row.ID)
}

func paidPreviewFrom(r db.PaidList) (casework.PaidPreview, error) {
	p := casework.PaidPreview{
		List: r.ID, FileName: r.FileName, State: r.State, Rows: int(r.Rows), New: int(r.New), NewYen: r.NewYen, Known: int(r.Known),
		TakenBack: int(r.TakenBack), Unknown: int(r.Unknown), Wrong: int(r.Wrong), Repaired: int(r.Repaired), Sample: r.Sample,
		From: isoOf(r.FromOn), To: isoOf(r.ToOn), Progress: int(r.Rows), AppliedAt: timeOf(r.AppliedAt),
	}
	for _, part := range []struct {
		from []byte
		to   any
	}{{r.Problems, &p.Problems}, {r.Repairs, &p.Repairs}, {r.Settled, &p.Settled}} {
		if err := json.Unmarshal(part.from, part.to); err != nil {
			return p, err
		}
	}
	return p, nil
}

// DiscardPaid forgets a staged paid list. One that was applied stays.
func (l *Ledger) DiscardPaid(ctx context.Context, list string) error {
	return l.inTx(ctx, "discard the paid list", func(ctx context.Context, q *db.Queries) error {
		row, err := q.LockPaidList(ctx, list)
		if err != nil {
			return err
		}
		if row.State == "applied" {
			return errListApplied
		}
		return dropPaid(ctx, q, list)
	})
}

func dropPaid(ctx context.Context, q *db.Queries, list string) error {
	if err := q.DropStagedPayments(ctx, list); err != nil {
		return err
	}
	return q.DeletePaidList(ctx, list)
}

// ApplyPaid makes a staged list's payments count, in one transaction, and then settles the promises; what could not be settled
// then, the next look at the line settles. A second time it changes nothing.
func (l *Ledger) ApplyPaid(ctx context.Context, list string, by dialer.UserID) (casework.PaidPreview, casework.Moved, error) {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	_, forget := l.track(list)
	defer forget()
	first := false
	err := l.inTx(ctx, "apply the paid list", func(ctx context.Context, q *db.Queries) (err error) {
		if err := q.HoldPaidLists(ctx); err != nil {
			return err
		}
		if err := l.enterContract(ctx, q); err != nil {
			return err
		}
		row, err := q.LockPaidList(ctx, list)
		if err != nil {
			return err
		}
		first = row.State != "applied" || string(row.Settled) == "{}" // who applied it may have died before it was settled
		if row.State == "applied" {
			return nil
		}
		return l.applyPaid(ctx, q, row, by)
	})
	var moved casework.Moved
	if err == nil && first {
		l.unjudged.Store(true)
		moved, err = l.judgeAll(ctx, list, l.now())
	}
	if err != nil {
		return casework.PaidPreview{}, casework.Moved{}, err
	}
	p, err := l.PaidPreview(ctx, list)
	if first && err == nil {
		l.log.Info("paid list applied", "list", list, "by", by, "new", p.New, "known", p.Known, "kept", p.Settled.Kept, "broken", p.Settled.Broken)
	}
	return p, moved, err
}

func (l *Ledger) applyPaid(ctx context.Context, q *db.Queries, row db.PaidList, by dialer.UserID) error {
	if row.State != "staged" {
		return errNotStaged
	}
	staged, err := q.CountStagedPayments(ctx, row.ID)
	if err != nil {
		return err
	}
	if staged != row.Taken {
		return errListLost
	}
	mixed, err := q.OtherSort(ctx, row.Sample)
	if err != nil {
		return err
	}
	if mixed {
		return errMixed
	}
	// Another list may have been applied since this one was staged: compare once more.
	n, err := q.ComparePayments(ctx, row.ID)
	if err != nil {
		return err
	}
	at := l.now()
	if err := q.ApplyPayments(ctx, at, row.ID); err != nil {
		return err
	}
	if many, err := q.TooManyPayments(ctx, row.ID, mostPayments); err != nil || many {
		return orElse(err, errManyPayments)
	}
	if err := q.DropStagedPayments(ctx, row.ID); err != nil {
		return err
	}
	return q.FinishPaidApplying(ctx, db.FinishPaidApplyingParams{
		ID: row.ID, New: n.New, NewYen: n.NewYen, Known: n.Known, TakenBack: n.TakenBack, Unknown: n.Unknown, AppliedAt: at, AppliedBy: string(by),
	})
}

// stagedPaymentColumns are the columns of staged_payments in the order in which paidIntake gives their values.
var stagedPaymentColumns = []string{"list_id", "line", "case_ref", "insurance", "term", "paid_on", "yen", "means"}

// paidIntake hands the rows of a paid list to COPY one by one, and keeps what the preview says of them.
type paidIntake struct {
	list     casework.StagedList
	next     func() (casework.PaidRow, error, bool)
	stop     func()
	progress func(rows int)

	row                          []any
	err                          error // what ended the reading
	rows, taken, wrong, repaired int32
	problems, repairs            []casework.Problem
}

func newPaidIntake(list casework.StagedList, rows iter.Seq2[casework.PaidRow, error], progress func(int)) *paidIntake {
	in := &paidIntake{list: list, progress: progress, problems: []casework.Problem{}, repairs: []casework.Problem{}}
	in.next, in.stop = iter.Pull2(rows)
	return in
}

// Next goes on to the next row that is taken (pgx.CopyFromSource).
func (in *paidIntake) Next() bool {
	for {
		r, err, more := in.next()
		if !more || err != nil {
			in.err = err
			in.stop()
			in.progress(int(in.rows))
			return false
		}
		in.rows++
		if in.rows%progressEvery == 0 {
			in.progress(int(in.rows))
		}
		if in.take(r) {
			return true
		}
	}
}

// Values returns the row (pgx.CopyFromSource).
func (in *paidIntake) Values() ([]any, error) { return in.row, nil }

// Err returns what ended the reading (pgx.CopyFromSource).
func (in *paidIntake) Err() error { return in.err }

func (in *paidIntake) errOr(err error) error {
	if in.err != nil {
		return in.err
	}
	return err
}

func (in *paidIntake) take(r casework.PaidRow) bool {
	problems := r.Problems
	fatal := func(p casework.Problem) bool { return p.Fatal }
	if !slices.ContainsFunc(problems, fatal) {
		problems = append(slices.Clip(problems), in.minds(r)...)
	}
	for _, p := range problems {
		in.problems = keep(in.problems, p)
	}
	for _, p := range r.Repairs {
		in.repairs = keep(in.repairs, p)
	}
	if len(r.Repairs) > 0 {
		in.repaired++
	}
	if slices.ContainsFunc(problems, fatal) {
		in.wrong++
		return false
	}
	in.taken++
	p := r.Payment
	in.row = []any{in.list.ID, r.Line, r.CaseRef, string(p.Insurance), plain(p.Term), dateColumn(p.PaidOn), p.Yen, plain(r.Means)}
	return true
}

// minds says what only the ledger minds of a row.
func (in *paidIntake) minds(r casework.PaidRow) (problems []casework.Problem) {
	if r.Sample != in.list.Sample {
		p := casework.Problem{
			Code: "sample_mixed", Line: r.Line, Fatal: true, JA: "見本の行と実際の行が混ざっています。この行は取り込みません",
			EN: "made-up rows and real ones are mixed; this row is not taken",
		}
		problems = append(problems, p)
	}
	if r.Payment.PaidOn.At(0).After(in.list.At) {
		problems = append(problems, casework.PaidProblem(r.Line, casework.FieldPaidOn, "paid_later", true))
	}
	return problems
}

// note has the person who reads the list see some of its lines, which are taken all the same.
func (in *paidIntake) note(lines []int32, field casework.Field, code string) {
	for _, line := range lines {
		in.problems = keep(in.problems, casework.PaidProblem(int(line), field, code, false))
	}
}

// dateFrom is the reverse of dateColumn; the zero date for none.
func dateFrom(d pgtype.Date) dialer.Date {
	if !d.Valid {
		return dialer.Date{}
	}
	y, m, day := d.Time.Date()
	return dialer.Date{Year: y, Month: m, Day: day}
}

func isoOf(d pgtype.Date) string {
	if !d.Valid {
		return ""
	}
	return dateFrom(d).String()
}

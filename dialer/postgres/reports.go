package postgres

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var (
	_ report.Ledger = (*Ledger)(nil)
)

// factsAtOnce is how many days of calls are read with one query: a year does not lie in memory, and a month takes few queries.
const factsAtOnce = 10

// Facts gives a span's facts as they all were at one instant.
func (l *Ledger) Facts(ctx context.Context, from, to time.Time, into report.Sink) error {
	return l.atOneInstant(ctx, "read a report's facts", func(ctx context.Context, q *db.Queries) error {
		return facts(ctx, q, from, to, into)
	})
}

// FactsAndEarlier implements report.Ledger.
func (l *Ledger) FactsAndEarlier(ctx context.Context, from, to time.Time, into report.HistorySink) error {
	return l.atOneInstant(ctx, "read an analysis's facts", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ReportEarlier(ctx, from, to)
		if err != nil {
			return err
		}
		for _, r := range rows {
			into.Earlier(report.Earlier{CaseRef: r.CaseRef, Attempts: int(r.Attempts)})
		}
		return facts(ctx, q, from, to, into)
	})
}

// Papers gives a span's facts and the daily reports of it that went out, as they all were at one instant.
func (l *Ledger) Papers(ctx context.Context, from, to time.Time, into report.PaperSink) error {
	return l.atOneInstant(ctx, "read an inspection's facts", func(ctx context.Context, q *db.Queries) error {
		if err := facts(ctx, q, from, to, into); err != nil {
			return err
		}
		return l.papers(ctx, q, dialer.DateOf(from), dialer.DateOf(to), into)
	})
}

// atOneInstant reads what all was so at one instant.
func (l *Ledger) atOneInstant(ctx context.Context, what string, read func(context.Context, *db.Queries) error) error {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	return l.asReader(ctx, what, func() error {
		if err := l.settle(ctx); err != nil { // what waits in the spool is a fact too
			return err
		}
		snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		return l.noticed(classify(what, pgx.BeginTxFunc(ctx, l.pool, snapshot, func(tx pgx.Tx) error { return read(ctx, db.New(tx)) })))
	})
}

func (l *Ledger) papers(ctx context.Context, q *db.Queries, from, to dialer.Date, into report.PaperSink) error {
	issued, err := q.ReportPapers(ctx, from.String(), to.String())
	if err != nil {
		return err
	}
	var days []string
	var first []time.Time // when each of them first went out
	for _, r := range issued {
		if !l.issued(db.IssuedReportsRow(r)) {
			continue
		}
		day, err := dialer.ParseDate(r.Period)
		if err != nil {
			return err
		}
		into.Paper(report.Paper{Day: day, Revision: int(r.Revision), At: r.At, By: dialer.UserID(r.ByUser), SHA256: hex.EncodeToString(r.Sha256)})
		if n := len(days); n == 0 || days[n-1] != r.Period {
			days, first = append(days, r.Period), append(first, r.At)
		}
	}
	amended, err := q.ReportAmendments(ctx, days, first)
	for _, r := range amended {
		into.Amendment(report.Amendment{Attempt: dialer.CallID(r.ID), Began: r.Began, At: r.At})
	}
	return err
}

// Look implements report.Ledger: with one query for all periods.
func (l *Ledger) Look(ctx context.Context, periods []report.Period) ([]report.Look, error) {
	if err := l.settle(ctx); err != nil {
		return nil, err
	}
	froms, tos, logs := make([]string, len(periods)), make([]string, len(periods)), make([]bool, len(periods))
	for i, p := range periods {
		froms[i], tos[i], logs[i] = p.From.String(), p.To.String(), p.Kind == report.Privacy
	}
	out := make([]report.Look, len(periods))
	err := l.read(ctx, "look what there is to report", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.LookAtSpans(ctx, froms, logs, tos)
		for _, r := range rows {
			out[r.N-1] = report.Look{Any: r.Facts, Open: r.Open}
		}
		return err
	})
	return out, err
}

// facts has some calls taken in while the next are read.
func facts(ctx context.Context, q *db.Queries, from, to time.Time, into report.Sink) error {
	read, taken := make(chan []report.Attempt, 1), make(chan struct{})
	go func() {
		defer close(taken)
		for some := range read {
			for i := range some {
				into.Attempt(some[i])
			}
		}
	}()
	all, err := readCalls(ctx, q, from, to, read)
	close(read)
	<-taken
	if err != nil {
		return err
	}
	return otherFacts(ctx, q, factSpan{from, to, all}, into)
}

// readCalls reads a span's calls, some at a time, and returns which ids they have. All are asked for at once: while some are being
// decoded, the server looks for the next.
func readCalls(ctx context.Context, q *db.Queries, from, to time.Time, read chan<- []report.Attempt) (all idRange, err error) {
	var spans []db.ReportAttemptsParams
	for at := from; at.Before(to); at = at.AddDate(0, 0, factsAtOnce) {
		until := at.AddDate(0, 0, factsAtOnce)
		if until.After(to) {
			until = to
		}
		spans = append(spans, db.ReportAttemptsParams{FromAt: at, ToAt: until})
	}
	all = noIDs
	q.ReportAttempts(ctx, spans).Query(func(_ int, rows []db.ReportAttemptsRow, failed error) {
		if err = errors.Join(err, failed); err != nil {
			return
		}
		for i := range rows {
			all = all.with(rows[i].ID)
		}
		read <- factsOf(rows)
	})
	return all, err
}

// factSpan is what a report is read of: a time, and the ids of the calls that began in it.
type factSpan struct {
	from, to time.Time
	idRange
}

// idRange are the ids from one to another.
type idRange struct{ first, last string }

// noIDs is the range that nothing lies in.
var noIDs = idRange{first: "ffffffff-ffff-ffff-ffff-ffffffffffff", last: "00000000-0000-0000-0000-000000000000"}

func (r idRange) with(id string) idRange { return idRange{min(r.first, id), max(r.last, id)} }

// otherFacts gives what there is besides the calls.
func otherFacts(ctx context.Context, q *db.Queries, s factSpan, into report.Sink) error {
	fromDay, toDay := dialer.DateOf(s.from).String(), dialer.DateOf(s.to).String()
	promises, err := q.ReportPromises(ctx, db.ReportPromisesParams{
		FirstID: s.first, LastID: s.last, FromAt: s.from, ToAt: s.to, FromDay: fromDay, ToDay: toDay,
	})
	if err != nil {
		return err
	}
	for _, r := range promises {
		p, err := promiseFact(r)
		if err != nil {
			return err
		}
		into.Promise(p)
	}
	payments, err := q.ReportPayments(ctx, fromDay, toDay)
	if err != nil {
		return err
	}
	for _, r := range payments {
		on, err := dialer.ParseDate(r.PaidOn)
		if err != nil {
			return err
		}
		into.Payment(report.Payment{Attempt: dialer.CallID(r.AttemptID), Promised: r.MadeAt, CaseRef: r.CaseRef, PaidOn: on, Yen: r.Yen})
	}
	handoffs, err := q.ReportHandoffs(ctx, s.from, s.to)
	for _, r := range handoffs {
		into.Handoff(report.Handoff{ID: r.ID, At: r.At, Kind: casework.HandoffKind(r.Kind)})
	}
	if err != nil {
		return err
	}
	numbers, err := q.ReportNumbers(ctx, s.from, s.to)
	for _, r := range numbers {
		into.Number(report.Number{ID: r.ID, At: r.At, First: r.First})
	}
	if err != nil {
		return err
	}
	messages, err := q.ReportSMS(ctx, fromDay, toDay)
	if err != nil {
		return err
	}
	for _, r := range messages {
		on, err := dialer.ParseDate(r.Day)
		if err != nil {
			return err
		}
		into.SMS(report.SMS{On: on, Sent: int(r.Sent)})
	}
	return nil
}

// factsOf makes calls of rows: one of each, from a row for each revision of its result.
func factsOf(rows []db.ReportAttemptsRow) []report.Attempt {
	out := make([]report.Attempt, 0, len(rows))
	for i := range rows {
		a := factOf(&rows[i])
		if n := len(out); n > 0 && out[n-1].ID == a.ID {
			a.WrapUp = out[n-1].WrapUp // until the first time that something was recorded
			out[n-1] = a
			continue
		}
		out = append(out, a)
	}
	return out
}

func factOf(r *db.ReportAttemptsRow) report.Attempt {
	a := report.Attempt{
		ID: dialer.CallID(r.ID), At: r.Began, Direction: dialer.Direction(r.Direction), Origin: casework.Origin(r.Origin),
		Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator), CaseRef: r.CaseRef, NumberRef: r.NumberRef,
		NumberKind: dialer.NumberKind(r.NumberKind), Insurance: r.Insurance, Language: r.Language,
		Result: dialer.Result(r.Result), Counted: r.Counted, Revision: int(r.Revision), Party: casework.Party(r.Party),
		Kind: casework.InboundKind(r.Kind), Wanted: r.Wanted, Ended: r.EndedAt, WrapUp: lasted(r.EndedAt, r.RecordedAt),
	}
	if r.AnsweredAt != nil {
		a.Talk = lasted(*r.AnsweredAt, r.EndedAt)
	}
	for _, b := range r.Business {
		a.Business = append(a.Business, casework.Business(b))
	}
	return a
}

// lasted is the time between two instants; none where the clock was set back between them, and takes nothing off the others' sum.
func lasted(from, to time.Time) time.Duration { return max(0, to.Sub(from)) }

func promiseFact(r db.ReportPromisesRow) (p report.Promise, err error) {
	p = report.Promise{
		Attempt: dialer.CallID(r.AttemptID), At: r.MadeAt, CaseRef: r.CaseRef, Inbound: r.Direction == string(dialer.Inbound),
		Origin: casework.Origin(r.Origin), Party: casework.Party(r.Party), Yen: r.Yen, Means: r.Means, State: r.State, PaidYen: r.PaidYen, ByKokuho: r.Kokuho, ByKouki: r.Kouki,
	}
	if p.DueOn, err = dialer.ParseDate(r.DueOn); err != nil {
		return p, fmt.Errorf("a promise's day: %w", err)
	}
	if r.KeptOn != "" {
		if p.KeptOn, err = dialer.ParseDate(r.KeptOn); err != nil {
			return p, fmt.Errorf("the day a promise was kept: %w", err)
		}
	}
	return p, nil
}

// EnterSMS writes down how many messages were sent on a day; the newest entry of a day counts.
func (l *Ledger) EnterSMS(ctx context.Context, day dialer.Date, sent int, by dialer.UserID) error {
	return l.query(ctx, "enter the messages of a day", func(ctx context.Context, q *db.Queries) error {
		return q.EnterSMS(ctx, db.EnterSMSParams{Day: day.String(), Sent: int32(sent), ByUser: string(by), At: l.now()})
	})
}

// ReportCalls returns the calls behind a figure, by when they began.
func (l *Ledger) ReportCalls(ctx context.Context, ids []dialer.CallID) (out []report.Attempt, err error) {
	err = l.read(ctx, "read the calls behind a figure", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.ReportCalls(ctx, textsOf(ids))
		calls := make([]db.ReportAttemptsRow, len(rows))
		for i := range rows {
			calls[i] = db.ReportAttemptsRow(rows[i])
		}
		out = factsOf(calls)
		return err
	})
	return out, err
}

// CorrectedSince lists the corrections of a span's calls that were made after an instant, the first 200.
func (l *Ledger) CorrectedSince(ctx context.Context, from, to, since time.Time) (out []report.Correction, err error) {
	err = l.read(ctx, "find what was corrected", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.CorrectedSince(ctx, from, to, since)
		for _, r := range rows {
			out = append(out, report.Correction{Attempt: dialer.CallID(r.ID), Revision: int(r.Revision), By: dialer.UserID(r.ByUser), At: r.At})
		}
		return err
	})
	return out, err
}

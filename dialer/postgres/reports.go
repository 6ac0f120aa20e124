package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

var _ report.Ledger = (*Ledger)(nil)

// factsAtOnce is how many days of calls are read with one query: a year does not lie in memory, and a month takes few queries.
const factsAtOnce = 10

// Facts gives a span's facts as they all were at one instant.
func (l *Ledger) Facts(ctx context.Context, from, to time.Time, into report.Sink) error {
	ctx, cancel := bounded(ctx, longPatience)
	defer cancel()
	atOnce := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return l.noticed(classify("read a report's facts", pgx.BeginTxFunc(ctx, l.pool, atOnce, func(tx pgx.Tx) error {
		q := db.New(tx)
		for at := from; at.Before(to); at = at.AddDate(0, 0, factsAtOnce) {
			until := at.AddDate(0, 0, factsAtOnce)
			if until.After(to) {
				until = to
			}
			rows, err := q.ReportAttempts(ctx, at, until)
			if err != nil {
				return err
			}
			for i := range rows {
				into.Attempt(factOf(&rows[i]))
			}
		}
		return otherFacts(ctx, q, from, to, into)
	})))
}

// otherFacts gives what there is besides the calls.
func otherFacts(ctx context.Context, q *db.Queries, from, to time.Time, into report.Sink) error {
	fromDay, toDay := dialer.DateOf(from).String(), dialer.DateOf(to).String()
	promises, err := q.ReportPromises(ctx, db.ReportPromisesParams{FromAt: from, ToAt: to, FromDay: fromDay, ToDay: toDay})
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
		into.Payment(report.Payment{Attempt: dialer.CallID(r.AttemptID), Promised: r.MadeAt, PaidOn: on, Yen: r.Yen})
	}
	handoffs, err := q.ReportHandoffs(ctx, from, to)
	for _, r := range handoffs {
		into.Handoff(report.Handoff{ID: r.ID, At: r.At, Kind: casework.HandoffKind(r.Kind)})
	}
	if err != nil {
		return err
	}
	numbers, err := q.ReportNumbers(ctx, from, to)
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

func factOf(r *db.ReportAttemptsRow) report.Attempt {
	a := report.Attempt{
		ID: dialer.CallID(r.ID), At: r.Began, Direction: dialer.Direction(r.Direction), Origin: casework.Origin(r.Origin),
		Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator), CaseRef: r.CaseRef, NumberRef: r.NumberRef,
		NumberKind: dialer.NumberKind(r.NumberKind), Insurance: r.Insurance, Language: r.Language,
		Result: dialer.Result(r.Result), Counted: r.Counted, Revision: int(r.Revision), Party: casework.Party(r.Party),
		Kind: casework.InboundKind(r.Kind), Wanted: r.Wanted, WrapUp: r.RecordedAt.Sub(r.EndedAt),
	}
	if r.AnsweredAt != nil {
		a.Talk = r.EndedAt.Sub(*r.AnsweredAt)
	}
	for _, b := range r.Business {
		a.Business = append(a.Business, casework.Business(b))
	}
	return a
}

func promiseFact(r db.ReportPromisesRow) (p report.Promise, err error) {
	p = report.Promise{
		Attempt: dialer.CallID(r.AttemptID), At: r.MadeAt, Inbound: r.Direction == string(dialer.Inbound), Party: casework.Party(r.Party),
		Yen: r.Yen, Means: r.Means, State: r.State, PaidYen: r.PaidYen, ByKokuho: r.Kokuho, ByKouki: r.Kouki,
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

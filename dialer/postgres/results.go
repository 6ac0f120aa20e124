package postgres

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
)

// Attempt returns an attempt with its evidence, how it sounded, and its newest entry.
func (l *Ledger) Attempt(ctx context.Context, id dialer.CallID) (a casework.Attempt, err error) {
	// An end that waits in the spool has happened, and whoever looks at the attempt shall see it.
	if err := l.settle(ctx); err != nil {
		return casework.Attempt{}, err
	}
	err = l.query(ctx, "read an attempt", func(ctx context.Context, q *db.Queries) error {
		row, err := q.AttemptByID(ctx, string(id))
		if err != nil {
			return err
		}
		list, err := l.withEntries(ctx, q, []db.Attempt{row})
		if err != nil {
			return err
		}
		if err := addDetails(ctx, q, list); err != nil {
			return err
		}
		a = list[0]
		return nil
	})
	return a, err
}

// The bounds of a page of attempts (CONTRACT "attempts").
const (
	pageDefault = 50
	pageMost    = 500
)

// Attempts lists attempts newest first, with their evidence and how they sounded. A cursor that was not made here is an error that says so.
func (l *Ledger) Attempts(ctx context.Context, f casework.AttemptFilter) (items []casework.Attempt, next string, err error) {
	limit := f.Limit
	if limit <= 0 {
		limit = pageDefault
	}
	limit = min(limit, pageMost)
	p, err := pageFrom(f, limit)
	if err != nil {
		return nil, "", err
	}
	err = l.read(ctx, "list attempts", func(ctx context.Context, q *db.Queries) error {
		rows, err := attemptRows(ctx, q, f.CaseID, p)
		if err != nil {
			return err
		}
		if len(rows) > limit {
			rows = rows[:limit]
			next = cursor(rows[limit-1])
		}
		if items, err = l.withEntries(ctx, q, rows); err != nil {
			return err
		}
		return addDetails(ctx, q, items)
	})
	return items, next, err
}

func addDetails(ctx context.Context, q *db.Queries, items []casework.Attempt) error {
	ids := make([]string, len(items))
	for i, a := range items {
		ids[i] = string(a.ID)
	}
	evidence, err := evidenceOf(ctx, q, ids)
	if err != nil {
		return err
	}
	quality, err := qualityOf(ctx, q, ids)
	for i, id := range ids {
		items[i].Evidence, items[i].Quality = evidence[id], quality[id]
	}
	return err
}

// pageFrom reads a filter; it asks for one row more than the page has, to know whether there is another.
func pageFrom(f casework.AttemptFilter, limit int) (db.AttemptsBeforeParams, error) {
	p := db.AttemptsBeforeParams{
		FromAt: f.From, ToAt: f.To, Desk: string(f.Desk), Operator: string(f.Operator), BeforeAt: farFuture, BeforeID: lastID,
		Max: int32(limit + 1), //nolint:gosec // bounded above
	}
	if f.From.IsZero() {
		p.FromAt = time.Unix(0, 0)
	}
	if f.To.IsZero() {
		p.ToAt = farFuture
	}
	if f.Cursor == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	at, id, ok := strings.Cut(string(b), " ")
	micros, perr := strconv.ParseInt(at, 10, 64)
	if err != nil || perr != nil || !ok || len(id) != len(lastID) {
		return p, &dialer.Refusal{
			Rule: "bad_cursor", JA: "続きの位置の指定が正しくありません。先頭から読み直してください",
			EN: "the cursor was not made by this list; leave it out to begin at the newest",
		}
	}
	p.BeforeAt, p.BeforeID = time.UnixMicro(micros), id
	return p, nil
}

const lastID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func cursor(a db.Attempt) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", a.StartedAt.UnixMicro(), a.ID))
}

func attemptRows(ctx context.Context, q *db.Queries, of dialer.CaseID, p db.AttemptsBeforeParams) ([]db.Attempt, error) {
	if of == "" {
		return q.AttemptsBefore(ctx, p)
	}
	return q.AttemptsOfCaseBefore(ctx, db.AttemptsOfCaseBeforeParams{
		CaseID: string(of), FromAt: p.FromAt, ToAt: p.ToAt, Desk: p.Desk, Operator: p.Operator, BeforeAt: p.BeforeAt,
		BeforeID: p.BeforeID, Max: p.Max,
	})
}

func (l *Ledger) withEntries(ctx context.Context, q *db.Queries, rows []db.Attempt) ([]casework.Attempt, error) {
	ids := make([]string, len(rows))
	out := make([]casework.Attempt, len(rows))
	for i, r := range rows {
		ids[i], out[i] = r.ID, attemptFrom(r)
	}
	if len(rows) == 0 {
		return out, nil
	}
	entries, err := l.entriesOf(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if e := entries[id]; e != nil {
			e.Case = out[i].CaseID
			out[i].Entry = e
		}
	}
	return out, nil
}

func attemptFrom(r db.Attempt) casework.Attempt {
	return casework.Attempt{
		ID: dialer.CallID(r.ID), CaseID: dialer.CaseID(r.CaseID), Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator),
		HandedDesk: dialer.DeskID(textOf(r.HandedDesk)), HandedTo: dialer.UserID(textOf(r.HandedOperator)),
		Direction: r.Direction, Origin: casework.Origin(r.Origin), Trunk: r.Trunk, SIPCallID: textOf(r.SipCallID), StartedAt: r.StartedAt,
		DialledAt: timeOf(r.DialledAt), RingingAt: timeOf(r.RingingAt), AnsweredAt: timeOf(r.AnsweredAt),
		EndedAt: timeOf(r.EndedAt), EndedBy: dialer.EndedBy(textOf(r.EndedBy)),
		Verdict: dialer.Verdict{
			Result: dialer.Result(textOf(r.Result)), Confidence: dialer.Confidence(textOf(r.Confidence)),
			Rule: textOf(r.Rule), Why: textOf(r.Why), Counted: r.Counted,
		},
		NumberKind: dialer.NumberKind(r.NumberKind), Insurance: r.Insurance, Language: r.Language, Band: r.BalanceBand,
	}
}

// entriesOf reads the newest entry of each attempt.
func (l *Ledger) entriesOf(ctx context.Context, q *db.Queries, ids []string) (map[string]*casework.Recorded, error) {
	rows, err := q.NewestResults(ctx, ids)
	if err != nil {
		return nil, err
	}
	entries := make(map[string]*casework.Recorded, len(rows))
	var promised []string
	var revisions []int32
	for _, r := range rows {
		e := entryFrom(r)
		if e.Note, err = l.unsealNote(r.Custody, r.Sealed, aboutEntryNote(r.AttemptID, r.Revision)); err != nil {
			return nil, err
		}
		if entries[r.AttemptID] = e; e.Promise != nil {
			promised, revisions = append(promised, r.AttemptID), append(revisions, r.Revision)
		}
	}
	if len(promised) == 0 {
		return entries, nil
	}
	parts, err := q.PromisePartsOf(ctx, promised, revisions)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		e := entries[p.AttemptID]
		e.Promise.Parts = append(e.Promise.Parts, casework.PromisePart{Insurance: casework.Insurance(p.Insurance), Term: p.Term, Yen: p.Yen})
	}
	return entries, nil
}

func entryFrom(r db.NewestResultsRow) *casework.Recorded {
	e := &casework.Recorded{
		Entry: casework.Entry{
			Party: casework.Party(r.Party), CallAgain: r.CallAgainAt, Mine: r.Mine, Kind: casework.InboundKind(r.Kind), Language: r.Language,
		},
		Attempt: dialer.CallID(r.AttemptID), Revision: int(r.Revision), By: dialer.UserID(r.ByUser), At: r.At,
		Next: dialer.CaseNext{State: dialer.CaseState(r.NextState), Due: timeOf(r.NextDue), Why: r.NextWhy},
	}
	for _, b := range r.Business {
		e.Business = append(e.Business, casework.Business(b))
	}
	if r.PromiseDueOn != "" {
		e.Promise = &casework.Promise{Yen: r.PromiseYen, DueOn: r.PromiseDueOn, Means: r.PromiseMeans}
	}
	return e
}

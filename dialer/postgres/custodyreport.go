package postgres

import (
	"context"
	"strconv"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

// Custody gives what the logs of personal data say of a span, as they all were at one instant.
func (l *Ledger) Custody(ctx context.Context, from, to time.Time) (c report.Custody, err error) {
	err = l.atOneInstant(ctx, "read the logs of custody", func(ctx context.Context, q *db.Queries) error {
		if err := l.custodyDays(ctx, q, dialer.DateOf(from).String(), dialer.DateOf(to).String(), &c); err != nil {
			return err
		}
		if err := custodyMoves(ctx, q, from, to, &c); err != nil {
			return err
		}
		return custodyViews(ctx, q, from, to, &c)
	})
	return c, err
}

// custodyDays reads which days held something, and their closes.
func (l *Ledger) custodyDays(ctx context.Context, q *db.Queries, from, to string, c *report.Custody) error {
	held, err := q.CustodyHeld(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range held {
		day, err := dialer.ParseDate(r)
		if err != nil {
			return err
		}
		c.Held = append(c.Held, day)
	}
	closes, err := q.CustodyCloses(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range closes {
		of := l.closeOf(r)
		if of.Foreign && of.Step.Over() {
			continue
		}
		c.Closes = append(c.Closes, closeFact(of))
	}
	return nil
}

// closeFact is a close as a report counts it: what the ward was given are the files without the two that prove it.
func closeFact(of dayclose.Close) report.Close {
	out := report.Close{
		ID: of.ID, Day: of.Day, Final: of.Final, By: of.By, Begun: of.BegunAt, Step: string(of.Step), Moved: of.Moved, Manifest: of.Manifest,
		Rows: map[string]int64{}, Destroyed: of.Destroyed, Files: len(of.Files),
	}
	if of.Upto != nil {
		out.Upto = *of.Upto
	}
	for _, f := range of.Files {
		out.Rows[f.Kind] += int64(f.Rows)
		out.Receipt = out.Receipt || f.Kind == "receipt"
	}
	return out
}

// custodyMoves reads what came in and what was written out.
func custodyMoves(ctx context.Context, q *db.Queries, from, to time.Time, c *report.Custody) error {
	exports, err := q.CustodyExports(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range exports {
		day, err := dialer.ParseDate(r.Day)
		if err != nil {
			return err
		}
		c.Exports = append(c.Exports, report.Export{
			ID: r.ID, Day: day, By: dialer.UserID(r.ByUser), At: r.At,
			Firsts: int(r.Firsts), Corrections: int(r.Corrections), Repeats: int(r.Repeats), Files: int(r.Files),
		})
	}
	lists, err := q.CustodyLists(ctx, from, to)
	for _, r := range lists {
		c.Lists = append(c.Lists, report.List{
			ID: r.ID, Paid: r.Paid, By: dialer.UserID(r.ByUser), At: r.At, State: r.State, Rows: int(r.Rows), Persons: int(r.Cases),
		})
	}
	return err
}

// custodyViews reads who was shown what.
func custodyViews(ctx context.Context, q *db.Queries, from, to time.Time, c *report.Custody) error {
	shown, err := q.CustodyDisclosures(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range shown {
		d := report.Disclosure{
			ID: strconv.FormatInt(r.N, 10), Attempt: dialer.CallID(r.AttemptID), CaseRef: r.CaseRef, By: dialer.UserID(r.ByUser), At: r.At, Shown: r.Shown,
			Party: casework.Party(r.Party),
		}
		for _, by := range r.Ticked {
			d.Ticked = append(d.Ticked, casework.Identifier(by))
		}
		c.Disclosures = append(c.Disclosures, d)
	}
	checks, err := q.CustodyChecks(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range checks {
		c.Checks = append(c.Checks, report.Act{ID: strconv.FormatInt(r.N, 10), About: r.CaseRef, By: dialer.UserID(r.ByUser), At: r.At})
	}
	reads, err := q.CustodyReads(ctx, from, to)
	if err != nil {
		return err
	}
	for _, r := range reads {
		c.Reads = append(c.Reads, report.Act{ID: r.HandoffID, About: r.CaseRef, By: dialer.UserID(r.ByUser), At: r.At})
	}
	if c.Incidents, err = q.CustodyIncidents(ctx, from, to); err != nil {
		return err
	}
	refused, err := q.CustodyRefused(ctx, from, to)
	if err != nil {
		return err
	}
	c.Refused = int(refused)
	listens, err := q.CustodyListens(ctx, from, to)
	for _, r := range listens {
		c.Listens = append(c.Listens, report.Act{ID: strconv.FormatInt(r.ID, 10), About: r.AttemptID, By: dialer.UserID(r.ByUser), At: r.At})
	}
	return err
}

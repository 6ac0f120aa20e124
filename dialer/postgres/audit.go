package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/dialer/postgres/internal/db"
)

var (
	_ audit.Log  = (*Ledger)(nil)
	_ audit.Book = (*Ledger)(nil)
)

// auditKey names the key of the record's seals among those that the installation's secret makes.
const auditKey = "audit"

// AuditChain seals under the installation's secret, which the database does not have.
func AuditChain(refs dialer.Refs) audit.Chain { return audit.NewChain(refs.Key(auditKey)) }

// settled is an event as the record keeps it: cases by their references, and text that PostgreSQL gives back as it took it.
func settled(e audit.Event, refs map[string][]string) audit.Event {
	all := append([]string{}, e.Refs...)
	for _, id := range idsOf(e) {
		all = append(all, refs[id]...)
	}
	e.Refs = all
	for _, field := range []*string{&e.Route, &e.Object, &e.Outcome, &e.Detail, &e.Address} {
		*field = plain(*field)
	}
	return e
}

func orNone(refs []string) []string {
	if refs == nil {
		return []string{}
	}
	return refs
}

// idsOf are the ids of an event's cases and calls that can be any's: by another spelling, which PostgreSQL takes, no reference would be found, and what
// only looks like an id would fail the entries of all who are written down together.
func idsOf(e audit.Event) (ids []string) {
	keep := func(id string) {
		if dialer.IsID(id) {
			ids = append(ids, id)
		}
	}
	for _, id := range e.Cases {
		keep(string(id))
	}
	for _, id := range e.Calls {
		keep(string(id))
	}
	return ids
}

// refsOf finds the references of all cases that the events are about, by the ids of cases and calls: for those that were read here as they were read, for a
// call that came in each that it was taken for. An id of which there is none is passed over: what was not there was not seen.
func (l *Ledger) refsOf(ctx context.Context, q *db.Queries, batch []*dictation) (map[string][]string, error) {
	var ids []string
	for _, d := range batch {
		for _, e := range d.events {
			ids = append(ids, idsOf(e)...)
		}
	}
	refs := map[string][]string{}
	if len(ids) == 0 {
		return refs, nil
	}
	cases, err := q.RefsOfCases(ctx, ids)
	if err != nil {
		return nil, err
	}
	calls, err := q.RefsOfCalls(ctx, ids)
	for _, r := range cases {
		refs[r.ID] = append(refs[r.ID], l.opened.ref(r.ID, r.CaseRef))
	}
	for _, r := range calls {
		refs[r.ID] = append(refs[r.ID], l.opened.ref(r.CaseID, r.CaseRef)) // one that a call has twice is kept once
	}
	return refs, err
}

// newestAudit is the newest entry that bears its seal, and whether rows without one stand above it: whoever may write into the table can put
// such there, but cannot seal them.
func newestAudit(ctx context.Context, q *db.Queries, chain audit.Chain) (e audit.Entry, strange bool, err error) {
	below, most := int64(math.MaxInt64), int32(1) // the first is nearly always the one
	for {
		rows, err := q.AuditBelow(ctx, below, most)
		if err != nil {
			return e, strange, err
		}
		for _, r := range rows {
			if e = auditEntry(r); chain.Holds(e) {
				return e, strange, nil
			}
			strange = true
		}
		if len(rows) < int(most) {
			return audit.Entry{}, strange, nil
		}
		below, most = e.N-1, min(10*most, auditPage)
	}
}

// Newest implements audit.Book.
func (l *Ledger) Newest(ctx context.Context) (e audit.Entry, err error) {
	err = l.readRecord(ctx, "read the audit", func(ctx context.Context, q *db.Queries) error {
		e, _, err = newestAudit(ctx, q, AuditChain(l.refs))
		return err
	})
	return e, err
}

// Entries implements audit.Book.
func (l *Ledger) Entries(ctx context.Context, ask audit.Query) (found []audit.Entry, err error) {
	if ask.Below == 0 {
		ask.Below = math.MaxInt64
	}
	if ask.Until.IsZero() {
		ask.Until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	err = l.readRecord(ctx, "search the audit", func(ctx context.Context, q *db.Queries) error {
		rows, err := auditRows(ctx, q, ask)
		for _, r := range rows {
			found = append(found, auditEntry(r))
		}
		return err
	})
	return found, err
}

func auditRows(ctx context.Context, q *db.Queries, ask audit.Query) ([]db.Audit, error) {
	most := int32(min(max(ask.Most, 1), 10_000)) //nolint:gosec // bounded
	if ask.Case != "" {
		ref, err := q.RefOfCase(ctx, string(ask.Case))
		if err != nil {
			return nil, err
		}
		ask.Ref = ref
	}
	if ask.Ref != "" {
		found, err := q.AuditOfCase(ctx, db.AuditOfCaseParams{
			Ref: ask.Ref, Below: ask.Below, ByUser: string(ask.By), Action: string(ask.Action), FromAt: ask.From, UntilAt: ask.Until, Most: most,
		})
		rows := make([]db.Audit, len(found))
		for i, r := range found {
			rows[i] = db.Audit(r)
		}
		return rows, err
	}
	at, below := ask.Until, int64(0) // (at, n) before the first of that instant
	if ask.Below != math.MaxInt64 {
		then, err := q.AuditAt(ctx, ask.Below)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		if err == nil && then.Before(at) {
			at, below = then, ask.Below
		}
	}
	if ask.By != "" {
		return q.AuditOfUser(ctx, db.AuditOfUserParams{
			ByUser: string(ask.By), BelowAt: at, Below: below, FromAt: ask.From, Action: string(ask.Action), Most: most,
		})
	}
	return q.AuditOfAll(ctx, db.AuditOfAllParams{BelowAt: at, Below: below, FromAt: ask.From, Action: string(ask.Action), Most: most})
}

// auditPage is how many entries All reads at a time.
const auditPage = 5000

// All implements audit.Book. Entries that come while it reads are read too.
func (l *Ledger) All(ctx context.Context, from int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for {
			var rows []db.Audit
			err := l.readRecord(ctx, "read the audit", func(ctx context.Context, q *db.Queries) (err error) {
				rows, err = q.AuditFrom(ctx, from, auditPage)
				return err
			})
			if err != nil {
				yield(audit.Entry{}, fmt.Errorf("from entry %d: %w", from, err))
				return
			}
			for _, r := range rows {
				if !yield(auditEntry(r), nil) {
					return
				}
				from = r.N
			}
			if len(rows) < auditPage || from == math.MaxInt64 {
				return
			}
			from++
		}
	}
}

// Within implements audit.Book.
func (l *Ledger) Within(ctx context.Context, from, until time.Time, who []dialer.UserID) iter.Seq2[audit.Entry, error] {
	// Numbers begin at 1: the first page is what comes after entry 0 of the first instant.
	p := db.AuditWithinParams{AfterAt: from, UntilAt: until, Who: []string{}, Most: auditPage}
	for _, w := range who {
		p.Who = append(p.Who, string(w))
	}
	return func(yield func(audit.Entry, error) bool) {
		for {
			var rows []db.Audit
			err := l.readRecord(ctx, "read the audit", func(ctx context.Context, q *db.Queries) (err error) {
				rows, err = q.AuditWithin(ctx, p)
				return err
			})
			if err != nil {
				yield(audit.Entry{}, fmt.Errorf("after entry %d: %w", p.After, err))
				return
			}
			for _, r := range rows {
				if !yield(auditEntry(r), nil) {
					return
				}
				p.AfterAt, p.After = r.At, r.N
			}
			if len(rows) < auditPage {
				return
			}
		}
	}
}

func auditEntry(r db.Audit) audit.Entry {
	return audit.Entry{
		N: r.N,
		Event: audit.Event{
			At: r.At, By: dialer.UserID(r.ByUser), Role: dialer.Role(r.Role), Action: audit.Action(r.Action), Route: r.Route, Object: r.Object,
			Outcome: r.Outcome, Detail: r.Detail, Address: r.Address, Refs: r.CaseRefs,
		},
		Before: r.Before, Seal: r.Seal,
	}
}

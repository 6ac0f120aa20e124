package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"sync"
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

// clerk appends to the record. Whoever comes while somebody writes waits, and all who wait are written together: one commit for
// as many as there are, and the order of the seals never holds up more than that.
type clerk struct {
	mu      sync.Mutex
	writing bool
	waiting []*dictation
	// newest is the entry that this clerk wrote last; only who writes touches it.
	newest audit.Entry
}

// dictation is what one caller wants written down.
type dictation struct {
	events []audit.Event
	done   chan struct{}
	err    error
}

// WriteDown implements audit.Log.
func (l *Ledger) WriteDown(ctx context.Context, events ...audit.Event) error {
	if len(events) == 0 {
		return nil
	}
	d := &dictation{events: events, done: make(chan struct{})}
	c := &l.clerk
	c.mu.Lock()
	c.waiting = append(c.waiting, d)
	first := !c.writing
	c.writing = true
	c.mu.Unlock()
	if first {
		// What the others dictated must not end with this one's request.
		go l.writeAll(context.WithoutCancel(ctx))
	}
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	select {
	case <-d.done:
		return d.err
	case <-ctx.Done():
		c.giveUp(d) // what is being written already may come to stand there all the same: that does no harm
		return l.noticed(classify("write the audit", ctx.Err()))
	}
}

// giveUp takes back what nobody has begun to write: whoever dictated it has been told that it is not there.
func (c *clerk) giveUp(d *dictation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = slices.DeleteFunc(c.waiting, func(other *dictation) bool { return other == d })
}

// mostTogether bounds one transaction.
const mostTogether = 500

// writeAll writes until nobody waits.
func (l *Ledger) writeAll(ctx context.Context) {
	c := &l.clerk
	for {
		c.mu.Lock()
		if len(c.waiting) == 0 {
			c.writing = false
			c.mu.Unlock()
			return
		}
		n := min(mostTogether, len(c.waiting))
		batch := c.waiting[:n:n]
		c.waiting = c.waiting[n:]
		c.mu.Unlock()
		err := l.appendAudit(ctx, batch)
		for _, d := range batch {
			d.err = err
			close(d.done)
		}
	}
}

func (l *Ledger) appendAudit(ctx context.Context, batch []*dictation) error {
	chain := AuditChain(l.refs)
	var last audit.Entry
	err := l.inTx(ctx, "write the audit", func(ctx context.Context, q *db.Queries) error {
		if err := q.LockAudit(ctx); err != nil {
			return err
		}
		var err error
		if last, err = l.clerk.after(ctx, q, chain, eventsIn(batch)); err != nil {
			return err
		}
		refs, err := l.refsOf(ctx, q, batch)
		if err != nil {
			return err
		}
		if err := asMade(ctx, q); err != nil {
			return err
		}
		var rows []db.AppendAuditParams
		for _, d := range batch {
			for _, e := range d.events {
				last = chain.Append(last, settled(e, refs))
				rows = append(rows, db.AppendAuditParams{
					N: last.N, At: last.At, ByUser: string(last.By), Role: string(last.Role), Action: string(last.Action), Route: last.Route,
					Object: last.Object, Outcome: last.Outcome, Detail: last.Detail, Address: last.Address,
					CaseRefs: orNone(last.Refs), Before: last.Before, Seal: last.Seal,
				})
			}
		}
		_, err = q.AppendAudit(ctx, rows)
		return err
	})
	if err == nil {
		l.clerk.newest = last
	}
	return err
}

// after is the entry that the next ones follow: the record's newest. Where what we wrote ourselves is gone, or another's stands in its
// place, somebody has cut the record's end off: then the next one follows ours, under the number after both, so that the gap stays
// for every check to come. A cut that nobody wrote after is what anchors are for. Rows that bear no right seal stay where they are, for
// every check to name, and stop nobody: the next ones go on after the newest that bears one, where there is room for so many.
func (c *clerk) after(ctx context.Context, q *db.Queries, chain audit.Chain, room int64) (audit.Entry, error) {
	newest, strange, err := newestAudit(ctx, q, chain)
	if err != nil {
		return audit.Entry{}, err
	}
	last := newest
	if c.newest.N > 0 && (newest.N != c.newest.N || !bytes.Equal(newest.Seal, c.newest.Seal)) {
		ours, err := q.SealOfAudit(ctx, c.newest.N)
		switch {
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return audit.Entry{}, err
		case err != nil || !bytes.Equal(ours, c.newest.Seal):
			last = c.newest
			last.N = max(last.N, newest.N+1) // one number is left out even where others wrote on over the gap
		}
	}
	if strange {
		if last.N == 0 {
			last.Seal = chain.Origin()
		}
		last.N, err = q.RoomInAudit(ctx, last.N, room)
	}
	return last, err
}

func eventsIn(batch []*dictation) (n int64) {
	for _, d := range batch {
		n += int64(len(d.events))
	}
	return n
}

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

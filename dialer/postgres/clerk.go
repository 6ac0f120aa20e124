package postgres

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer/audit"
	"kakeru/dialer/postgres/internal/db"
)

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

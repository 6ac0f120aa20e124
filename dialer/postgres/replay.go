package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// replayAtOnce is how many records are read from the spool, and written in one transaction, at a time.
const replayAtOnce = 64

// writeOrKeep writes a record, or keeps it in the spool when the database does not take it. One that is known to be away is
// not waited for.
func (l *Ledger) writeOrKeep(r record, write func() error) error {
	err := dialer.ErrLedgerDown
	if l.spool == nil || !l.Down() {
		err = write()
	}
	if err == nil || l.spool == nil || !keepable(err) {
		return err
	}
	if kept := l.keep(r); kept != nil {
		return errors.Join(err, kept)
	}
	return nil
}

// keep has a record wait in the spool.
func (l *Ledger) keep(r record) error {
	if err := l.spool.append(r); err != nil {
		return err
	}
	depth := l.spool.depth()
	l.metrics.spoolDepth.Set(float64(depth))
	kind, id := r.about()
	l.log.Warn("what the database did not take waits in the spool", "what", kind, "call", id, "depth", depth)
	l.poke()
	return nil
}

// write writes one record in a transaction of its own.
func (l *Ledger) write(ctx context.Context, r record) error {
	var ended bool
	err := l.inTx(ctx, "write what was kept", func(ctx context.Context, q *db.Queries) (err error) {
		ended, err = l.put(ctx, q, r)
		return err
	})
	if err == nil && ended {
		l.countEnd(r)
		l.rankEnded(ctx, r)
	}
	return err
}

// put writes a record in the transaction of q. Written twice, or after what came later, it changes nothing. ended is true
// when it ended an attempt.
func (l *Ledger) put(ctx context.Context, q *db.Queries, r record) (ended bool, err error) {
	switch {
	case r.Arrival != nil:
		_, err = l.arrive(ctx, q, *r.Arrival)
		err = l.unlessEnded(r.Arrival.ID, err)
	case r.Note != nil:
		err = l.putNote(ctx, q, *r.Note)
	case r.End != nil:
		ended, err = l.putEnd(ctx, q, *r.End)
	case r.Result != nil:
		if err = l.enterContract(ctx, q); err == nil {
			_, err = l.putAndPassOn(ctx, q, *r.Result, false)
		}
		err = l.unlessEnded(r.Result.Attempt, err) // what it notes of a person would stay
		l.unjudged.Store(true)                     // the next upkeep settles what it promises
	}
	return ended, err
}

func (l *Ledger) countEnd(r record) {
	l.metrics.attempts.WithLabelValues(string(r.End.Verdict.Result)).Inc()
}

// waiting is how many records wait in the spool.
func (l *Ledger) waiting() int {
	if l.spool == nil {
		return 0
	}
	return l.spool.depth()
}

// settle replays the spool, in order, until nothing waits. One caller at a time replays; the others wait for it, within
// their own deadline.
func (l *Ledger) settle(ctx context.Context) error {
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	return l.replayAll(ctx, longPatience)
}

// replayPatience is how long a start, and who looks after the ledger, gives what is written at once: a record that takes longer than a click may wait must come in
// some day. However much waits, what has gone in is progress, and the next has as long.
const replayPatience = time.Minute

// settleAtLength is settle for who has time.
func (l *Ledger) settleAtLength(ctx context.Context) error {
	return l.replayAll(ctx, replayPatience)
}

// replayAll is settle, with so long for what is written at once.
func (l *Ledger) replayAll(ctx context.Context, each time.Duration) error {
	if l.waiting() == 0 {
		return nil
	}
	if l.Down() {
		return fmt.Errorf("what waits in the spool comes first: %w", dialer.ErrLedgerDown)
	}
	select {
	case l.replay <- struct{}{}:
		defer func() { <-l.replay }()
	case <-ctx.Done():
		return classify("wait for the spool's replay", ctx.Err())
	}
	for n := 0; ; {
		batch, err := l.spool.next(replayAtOnce)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if n > 0 {
				l.log.Info("the spool was replayed", "records", n)
			}
			return nil
		}
		if err := l.replayBatch(ctx, batch, each); err != nil {
			return err
		}
		n += len(batch)
	}
}

// replayBatch writes records in one transaction, which is what makes a long spool short; when one of them is refused, each
// gets its own.
func (l *Ledger) replayBatch(ctx context.Context, batch []spooled, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var ended []record
	err := l.inTx(ctx, "replay the spool", func(ctx context.Context, q *db.Queries) error {
		ended = nil
		for _, r := range batch {
			now, err := l.put(ctx, q, r.record)
			if err != nil {
				return err
			}
			if now {
				ended = append(ended, r.record)
			}
		}
		return nil
	})
	if err != nil && isDown(err) {
		return err
	}
	if err != nil {
		for _, r := range batch {
			if err := l.replayOne(ctx, r); err != nil {
				return err
			}
		}
		return nil
	}
	for _, r := range ended {
		l.countEnd(r)
	}
	l.rankEnded(ctx, ended...)
	return l.replayed(batch...)
}

func (l *Ledger) replayOne(ctx context.Context, r spooled) error {
	err := l.write(ctx, r.record)
	if f := (*failure)(nil); errors.As(err, &f) && f.final() || errors.Is(err, dialer.ErrNotFound) {
		kind, id := r.about()
		l.log.Error("the database refuses for good what waited in the spool; it was set aside",
			"what", kind, "call", id, "file", rejectedName, "err", err)
		err = l.spool.reject(r)
	}
	if err != nil {
		return err
	}
	return l.replayed(r)
}

func (l *Ledger) replayed(rs ...spooled) error {
	err := l.spool.done(rs...)
	l.metrics.spoolDepth.Set(float64(l.spool.depth()))
	return err
}

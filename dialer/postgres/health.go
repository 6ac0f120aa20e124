package postgres

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

const (
	lookEvery    = time.Second            // while the database answers
	lookAgain    = 250 * time.Millisecond // while it does not, or ends wait
	lookWithin   = time.Second            // after which a silent database counts as away
	sweepEvery   = 10 * time.Minute       // stale sessions
	replayAtOnce = 64                     // records read from the spool at a time
)

// Run watches the database's health, replays the spool when it is back, and sweeps out stale sessions, until ctx is done.
func (l *Ledger) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-timer.C:
		}
		up := l.look(ctx)
		if up && l.now().Sub(swept) >= sweepEvery {
			swept = l.now()
			l.sweep(ctx)
		}
		timer.Reset(l.lookIn(up))
	}
}

func (l *Ledger) lookIn(up bool) time.Duration {
	if !up || l.waiting() > 0 {
		return lookAgain
	}
	return lookEvery
}

// look asks the database whether it is there, tells of a change, and replays what waits for it.
func (l *Ledger) look(ctx context.Context) (up bool) {
	ping, cancel := context.WithTimeout(ctx, lookWithin)
	err := l.pool.Ping(ping)
	cancel()
	if ctx.Err() != nil {
		return false
	}
	up = err == nil
	if l.down.Swap(!up) == up {
		if up {
			l.log.Info("the ledger is back")
		} else {
			l.log.Error("the ledger does not answer", "err", classify("ping", err))
		}
		for _, f := range l.onHealth {
			f(up)
		}
	}
	if up {
		if err := l.settle(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("the spool could not be replayed", "depth", l.waiting(), "err", err)
		}
	}
	return up
}

func (l *Ledger) sweep(ctx context.Context) {
	err := l.query(ctx, "sweep sessions", func(ctx context.Context, q *db.Queries) error { return q.DeleteStaleSessions(ctx, l.now()) })
	if err != nil && ctx.Err() == nil {
		l.log.Warn("stale sessions could not be swept", "err", err)
	}
}

// Down reports whether the database did not answer when Run last looked.
func (l *Ledger) Down() bool { return l.down.Load() }

// OnHealth has f called by Run whenever the database goes away or comes back. Call it before Run.
func (l *Ledger) OnHealth(f func(up bool)) { l.onHealth = append(l.onHealth, f) }

// waiting is how many ends wait in the spool.
func (l *Ledger) waiting() int {
	if l.spool == nil {
		return 0
	}
	return l.spool.depth()
}

// settle replays the spool, in order, until nothing waits. One caller at a time replays; the others wait for it, within
// their own deadline.
func (l *Ledger) settle(ctx context.Context) error {
	if l.waiting() == 0 {
		return nil
	}
	ctx, cancel := bounded(ctx, patience)
	defer cancel()
	select {
	case l.replay <- struct{}{}:
		defer func() { <-l.replay }()
	case <-ctx.Done():
		return classify("wait for the spool's replay", ctx.Err())
	}
	n := 0
	for {
		batch, err := l.spool.next(replayAtOnce)
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			if n > 0 {
				l.log.Info("the spool was replayed", "ends", n)
			}
			return nil
		}
		if err := l.replayBatch(ctx, batch); err != nil {
			return err
		}
		n += len(batch)
	}
}

// replayBatch writes ends in one transaction, which is what makes a long spool short; when one of them is refused, each
// gets its own.
func (l *Ledger) replayBatch(ctx context.Context, batch []spooled) error {
	var ended []dialer.AttemptEnd
	err := l.inTx(ctx, "replay the spool", func(ctx context.Context, q *db.Queries) error {
		for _, e := range batch {
			now, err := endAttempt(ctx, q, e.AttemptEnd)
			if err != nil {
				return err
			}
			if now {
				ended = append(ended, e.AttemptEnd)
			}
		}
		return nil
	})
	if err != nil && isDown(err) {
		return err
	}
	if err != nil {
		for _, e := range batch {
			if err := l.replayEnd(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range ended {
		l.metrics.attempts.WithLabelValues(string(e.Verdict.Result)).Inc()
	}
	err = l.spool.done(batch...)
	l.metrics.spoolDepth.Set(float64(l.spool.depth()))
	return err
}

func (l *Ledger) replayEnd(ctx context.Context, e spooled) error {
	err := l.writeEnd(ctx, e.AttemptEnd)
	if f := (*failure)(nil); errors.As(err, &f) && f.final() || errors.Is(err, dialer.ErrNotFound) {
		l.log.Error("the database refuses a spooled end for good; it was set aside", "call", e.ID, "file", rejectedName, "err", err)
		err = l.spool.reject(e)
	}
	if err != nil {
		return err
	}
	err = l.spool.done(e)
	l.metrics.spoolDepth.Set(float64(l.spool.depth()))
	return err
}

package postgres

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

const (
	lookEvery  = time.Second            // while the database answers
	lookAgain  = 250 * time.Millisecond // while it does not, or something waits
	lookWithin = time.Second            // after which a silent database counts as away
	sweepEvery = 10 * time.Minute       // stale sessions
)

// Run watches the database's health, replays the spool when it is back, and sweeps out stale sessions, until ctx is done.
func (l *Ledger) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept, asked, learned time.Time
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
		if up && l.now().Sub(asked).Abs() >= learnEvery {
			asked = l.now()
			if l.learnOthers(ctx, learned) {
				learned = asked
			}
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
		if err := l.settleAtLength(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("the spool could not be replayed", "depth", l.waiting(), "err", err)
		}
	}
	return up
}

func (l *Ledger) sweep(ctx context.Context) {
	err := l.query(ctx, "sweep sessions", func(ctx context.Context, q *db.Queries) error {
		return errors.Join(q.DeleteStaleSessions(ctx, l.now()), q.DeleteStaleAnswers(ctx, l.now()))
	})
	if err != nil && ctx.Err() == nil {
		l.log.Warn("stale sessions could not be swept", "err", err)
	}
}

// Down reports whether the database did not answer when Run last looked.
func (l *Ledger) Down() bool { return l.down.Load() }

// OnHealth has f called by Run whenever the database goes away or comes back. Call it before Run.
func (l *Ledger) OnHealth(f func(up bool)) { l.onHealth = append(l.onHealth, f) }

// OnSetAside has f called whenever a record is set aside that waited in the spool, and that the database refuses for good or nobody can read; of is the call it is
// about, where that is known. Call it before Run; f must not block.
func (l *Ledger) OnSetAside(f func(of dialer.CallID)) {
	if l.spool != nil {
		l.spool.onAside = f
	}
}

// Time is what the database's clock shows.
func (l *Ledger) Time(ctx context.Context) (at time.Time, err error) {
	ctx, cancel := bounded(ctx, lookWithin)
	defer cancel()
	err = l.pool.QueryRow(ctx, tellTime).Scan(&at)
	return at, l.noticed(classify("ask the time", err))
}

const tellTime = "SELECT clock_timestamp()"

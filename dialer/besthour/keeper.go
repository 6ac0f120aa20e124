package besthour

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"kakeru/dialer"
)

// Source counts the tries of the history. The ledger implements it.
type Source interface {
	// HourCounts counts the tries at numbers since an instant that say something of the hour; weeks ago are from now.
	HourCounts(ctx context.Context, since, now time.Time) ([]Count, error)
}

// history is how far back counts are read. What is older would weigh less than a hundredth.
const history = 365 * 24 * time.Hour

// every is how often the history is read anew, and patience how long that may take.
const (
	every    = time.Hour
	patience = 2 * time.Minute
)

// Keeper keeps the newest model where calls find it: in memory, so that no call waits for the history. Until the first has
// been made every hour is like every other; a history that cannot be read changes nothing.
type Keeper struct {
	source Source
	now    func() time.Time
	log    *slog.Logger
	model  atomic.Pointer[Model]
}

var _ dialer.HourAdvice = (*Keeper)(nil)

// NewKeeper makes a keeper that knows nothing yet.
func NewKeeper(source Source, now func() time.Time, log *slog.Logger) *Keeper {
	return &Keeper{source: source, now: now, log: log}
}

// Run learns at once, and again every hour, until ctx is done.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := k.Refresh(ctx); err != nil && ctx.Err() == nil {
			k.log.Warn("the best hours could not be learnt anew; what was known stays", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Refresh reads the history and learns from it.
func (k *Keeper) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := k.now()
	counts, err := k.source.HourCounts(ctx, now.Add(-history), now)
	if err != nil {
		return err
	}
	m := Learn(counts, Standard())
	if before := k.model.Swap(m); m != nil && (before == nil || before.Learnt != m.Learnt) {
		k.log.Info("best hours learnt", "earlier", m.Learnt.Earlier, "kind", m.Learnt.Kind, "hour", m.Learnt.Hour,
			"weekday", m.Learnt.Weekday, "cell", m.Learnt.Cell)
	}
	return nil
}

// Rank implements dialer.HourAdvice.
func (k *Keeper) Rank(kind dialer.NumberKind, at time.Time) int { return k.model.Load().Rank(kind, at) }

// Better implements dialer.HourAdvice.
func (k *Keeper) Better(kind dialer.NumberKind, called, due time.Time, allowed func(time.Time) bool) (time.Time, dialer.HourNote, bool) {
	return k.model.Load().Better(kind, called, due, allowed)
}

// Note implements dialer.HourAdvice.
func (k *Keeper) Note(kind dialer.NumberKind, at time.Time) (dialer.HourNote, bool) {
	return k.model.Load().Note(kind, at)
}

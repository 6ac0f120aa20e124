package dialer

import (
	"context"
	"slices"
	"time"
)

const (
	// tidyEvery is how often the line is looked at for what time alone changes.
	tidyEvery = 20 * time.Second
	// tidyAtOnce is how many places the queue is told of at once.
	tidyAtOnce = 1000
)

// RulesChanged has keepTidy look without delay: the rules or the hours are others than before. It does not block.
func (e *Engine) RulesChanged() {
	select {
	case e.tidyNow <- struct{}{}:
	default:
	}
}

// keepTidy has the ledger make the changes that time alone brings, and tells the queue, until ctx is done.
func (e *Engine) keepTidy(ctx context.Context) {
	if e.d.Upkeep == nil {
		return
	}
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for {
		e.tidy(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-e.tidyNow:
		}
	}
}

func (e *Engine) tidy(ctx context.Context) {
	if e.d.ClockWrong() != nil {
		return // calls that were promised in person would go to anybody, for good; the next look makes up for what waits
	}
	moved, err := e.d.Upkeep.Tidy(ctx, e.d.Now())
	if err != nil {
		if ctx.Err() == nil {
			e.d.Log.Warn("the line could not be tidied; it is tried again", "err", err)
		}
		return
	}
	for places := range slices.Chunk(moved, tidyAtOnce) {
		if err := e.d.Queue.Put(ctx, places...); err != nil {
			if ctx.Err() == nil {
				e.lineMissed("put", "", err)
			}
			return
		}
	}
	if len(moved) > 0 {
		e.d.Board.Show(Change{Type: ChangeQueue, At: e.d.Now()})
	}
}

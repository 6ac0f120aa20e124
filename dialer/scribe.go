package dialer

import (
	"context"
	"log/slog"
	"time"
)

// scribe writes one call to the ledger, in order, apart from the call's own goroutine: so a hang-up never waits for a
// store, and a store that hangs delays only what comes after it, each by no more than its own deadline.
type scribe struct {
	ledger Ledger
	id     CallID
	log    *slog.Logger
	jobs   chan scribeJob
}

type scribeJob struct {
	within time.Duration
	write  func(context.Context, Ledger) error
}

// scribeJobs is more than a call has facts, unless a leg floods us with evidence.
const scribeJobs = 256

func newScribe(l Ledger, id CallID, log *slog.Logger) *scribe {
	return &scribe{ledger: l, id: id, log: log, jobs: make(chan scribeJob, scribeJobs)}
}

// try hands over a job, unless there is no room for it: the call must not wait.
func (s *scribe) try(within time.Duration, write func(context.Context, Ledger) error) bool {
	select {
	case s.jobs <- scribeJob{within, write}:
		return true
	default:
		return false
	}
}

// last hands over the last job, however long that takes: the call is over.
func (s *scribe) last(within time.Duration, write func(context.Context, Ledger) error) {
	s.jobs <- scribeJob{within, write}
	close(s.jobs)
}

// run writes until the last job is done. Its deadlines are its own: no browser and no call can cancel them.
func (s *scribe) run() {
	for j := range s.jobs {
		ctx, cancel := context.WithTimeout(context.Background(), j.within)
		if err := j.write(ctx, s.ledger); err != nil {
			s.log.Warn("the ledger did not take a note", "call", s.id, "err", err)
		}
		cancel()
	}
}

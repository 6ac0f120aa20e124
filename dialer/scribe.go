package dialer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"
)

// scribe writes one call to the ledger, in order, apart from the call's own goroutine: so a hang-up never waits for a
// store, and a store that hangs delays only what comes after it, each by no more than its own deadline.
type scribe struct {
	ledger Ledger
	id     CallID
	log    *slog.Logger
	jobs   chan scribeJob
	over   <-chan struct{} // closed when the call has ended: its end brings all there is to know

	owed Progress // run's: what the ledger was told and did not take
}

type scribeJob struct {
	within time.Duration
	write  func(context.Context, Ledger) error
	note   *Progress // instead of write
	then   func()    // with note
}

// scribeJobs is more than a call has facts, unless a leg floods us with evidence.
const scribeJobs = 256

func newScribe(l Ledger, id CallID, log *slog.Logger, over <-chan struct{}) *scribe {
	return &scribe{ledger: l, id: id, log: log, jobs: make(chan scribeJob, scribeJobs), over: over}
}

// try hands over a job, unless there is no room for it: the call must not wait.
func (s *scribe) try(within time.Duration, write func(context.Context, Ledger) error) bool {
	select {
	case s.jobs <- scribeJob{within: within, write: write}:
		return true
	default:
		return false
	}
}

// note hands over what has come to be known. then runs once it was written, or could not be within the time: what the ledger
// did not take is owed, and tried again with the next note or by itself.
func (s *scribe) note(within time.Duration, p Progress, then func()) bool {
	select {
	case s.jobs <- scribeJob{within: within, note: &p, then: then}:
		return true
	default:
		return false
	}
}

// last hands over the last job, however long that takes: the call is over.
func (s *scribe) last(within time.Duration, write func(context.Context, Ledger) error) {
	s.jobs <- scribeJob{within: within, write: write}
	close(s.jobs)
}

// payAgain is how long what is owed waits for another try.
const payAgain = time.Second

// run writes until the last job is done. Its deadlines are its own: no browser and no call can cancel them.
func (s *scribe) run() {
	again := time.NewTicker(payAgain)
	defer again.Stop()
	within := payAgain
	for {
		select {
		case j, more := <-s.jobs:
			for more && j.note != nil {
				within = j.within
				j, more = s.notes(j)
			}
			if !more {
				return
			}
			if j.write != nil {
				s.do(j)
			}
		case <-again.C:
			if !s.owed.empty() {
				s.do(scribeJob{within: within, write: s.pay})
			}
		}
	}
}

// notes writes a note together with those that wait behind it, so that a ledger that is slow is asked less often. It returns
// the job after them, which is none if nothing waits.
func (s *scribe) notes(j scribeJob) (next scribeJob, more bool) {
	within, then := j.within, []func(){}
	for more = true; j.note != nil; {
		s.owed.add(*j.note)
		then = append(then, j.then)
		j = scribeJob{}
		select {
		case j, more = <-s.jobs:
		default:
		}
	}
	s.do(scribeJob{within: within, write: s.pay})
	for _, f := range then {
		f()
	}
	return j, more
}

func (s *scribe) do(j scribeJob) {
	ctx, cancel := context.WithTimeout(context.Background(), j.within)
	defer cancel()
	if err := j.write(ctx, s.ledger); err != nil {
		s.log.Warn("the ledger did not take a note", "call", s.id, "err", err)
	}
}

// pay writes what is owed, unless the call has ended: behind a ledger that hangs its end is not kept waiting.
func (s *scribe) pay(ctx context.Context, l Ledger) error {
	select {
	case <-s.over:
		return nil
	default:
	}
	err := l.Note(ctx, s.id, s.owed)
	if err == nil {
		s.owed = Progress{}
	}
	return err
}

func (p *Progress) empty() bool {
	return len(p.Evidence) == 0 && len(p.Legs) == 0 && p.Recording == nil
}

// add puts what came later behind p. Of each leg the newest handle counts.
func (p *Progress) add(later Progress) {
	if len(p.Evidence) == 0 {
		p.First = later.First
	}
	p.Evidence = append(p.Evidence, later.Evidence...)
	if later.Recording != nil {
		p.Recording = later.Recording
	}
	for _, h := range later.Legs {
		p.Legs = append(slices.DeleteFunc(p.Legs, func(old LegHandle) bool { return old.Leg == h.Leg }), h)
	}
}

// saveDialled commits dialled_at and what would end the customer leg. Only its yes lets the INVITE leave; and the centre may have shut since the click.
func (c *call) saveDialled() {
	at, handle := c.e.d.Now(), c.line.Customer().Handle()
	if no := c.e.d.Hours().Refusal(at); no != nil {
		go c.post(posted{fact: DialNotSaved, no: no}) // the inbox may be full, and only we empty it
		return
	}
	within := c.e.d.Limits.SaveDialled
	by := time.Now().Add(within) // also when notes that hang stand before it
	taken := c.scribe.try(within, func(ctx context.Context, l Ledger) error {
		ctx, cancel := context.WithDeadline(ctx, by)
		defer cancel()
		err := l.Dialled(ctx, c.view.ID, at, handle)
		out := posted{fact: DialSaved}
		if err != nil {
			out.fact = DialNotSaved
			errors.As(err, &out.no)
		}
		c.post(out)
		return err
	})
	if !taken {
		go c.post(posted{fact: DialNotSaved})
	}
}

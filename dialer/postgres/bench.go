package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/vault"
)

// BenchOptions says what Bench is to do.
type BenchOptions struct {
	// URL is a migrated database that may be thrown away: attempts can never be deleted from it.
	URL string
	// Refs are those the database was, or is to be, made with.
	Refs dialer.Refs
	// Attempts is how many are written for each figure (default 2000), by Workers at once (default 8).
	Attempts, Workers int
	// Restart kills the database's server and starts it again on the same URL; without it ReadyAfterKillS stays 0.
	Restart func(ctx context.Context) error
}

// BenchFigures are what CONTRACT names for `kakeru bench ledger`.
type BenchFigures struct {
	AttemptsPerS    float64 `json:"attempts_per_s"`     // whole attempts: reserved, dialled, ended with evidence
	SpoolReplayPerS float64 `json:"spool_replay_per_s"` // ends from the spool into the database
	ReadyAfterKillS float64 `json:"ready_after_kill_s"` // from the kill of the database until an attempt is written again
}

// Bench measures a ledger at work. Nothing is faked: every write waits for its commit.
func Bench(ctx context.Context, o BenchOptions) (f BenchFigures, err error) {
	if o.Attempts <= 0 {
		o.Attempts = 2000
	}
	if o.Workers <= 0 {
		o.Workers = 8
	}
	dir, err := os.MkdirTemp("", "kakeru-bench-")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys, err := vault.Open(filepath.Join(dir, "keys"))
	if err != nil {
		return f, err
	}
	l, err := Open(ctx, Options{URL: o.URL, SpoolDir: filepath.Join(dir, "spool"), Refs: o.Refs, Vault: keys})
	if err != nil {
		return f, err
	}
	defer l.Close()
	b := bench{l: l, o: o}
	if f.AttemptsPerS, err = b.rate(ctx, b.whole); err != nil {
		return f, err
	}
	if f.SpoolReplayPerS, err = b.replay(ctx); err != nil || o.Restart == nil {
		return f, err
	}
	began := time.Now()
	if err := o.Restart(ctx); err != nil {
		return f, err
	}
	if err := b.ready(ctx); err != nil {
		return f, err
	}
	f.ReadyAfterKillS = time.Since(began).Seconds()
	return f, nil
}

type bench struct {
	l *Ledger
	o BenchOptions
	n atomic.Int64
}

// ready returns when an attempt can be written again.
func (b *bench) ready(ctx context.Context) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for b.whole(ctx) != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// rate is how often a second the workers together get work done.
func (b *bench) rate(ctx context.Context, work func(context.Context) error) (float64, error) {
	var (
		left  atomic.Int64
		all   sync.WaitGroup
		mu    sync.Mutex
		errs  []error
		began = time.Now()
	)
	left.Store(int64(b.o.Attempts))
	for range b.o.Workers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := work(ctx); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	return float64(b.o.Attempts) / time.Since(began).Seconds(), errors.Join(errs...)
}

// replay fills the spool with ends of open attempts and replays it.
func (b *bench) replay(ctx context.Context) (float64, error) {
	_, err := b.rate(ctx, func(ctx context.Context) error {
		return b.l.Reserve(ctx, b.reservation())
	})
	if err != nil {
		return 0, err
	}
	open, err := b.l.Open(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range open {
		end := benchEnd(a.ID, a.CaseID, a.StartedAt)
		if err := b.l.spool.append(record{End: &end}); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, longPatience)
	defer cancel()
	began := time.Now()
	if err := b.l.settle(ctx); err != nil {
		return 0, err
	}
	return float64(len(open)) / time.Since(began).Seconds(), nil
}

// whole takes one attempt from the click to its end.
func (b *bench) whole(ctx context.Context) error {
	r := b.reservation()
	if err := b.l.Reserve(ctx, r); err != nil {
		return err
	}
	leg := dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: dialer.NewID(r.At), Data: r.DeskLeg.Data}
	if err := b.l.Dialled(ctx, r.ID, r.At, leg); err != nil {
		return err
	}
	return b.l.End(ctx, benchEnd(r.ID, r.Target.CaseID, r.At))
}

func (b *bench) reservation() dialer.Reservation {
	now := time.Now()
	n := dialer.Number(fmt.Sprintf("0900%07d", b.n.Add(1)))
	id := dialer.NewID(now)
	return dialer.Reservation{
		ID: dialer.CallID(dialer.NewID(now)), Desk: "bench", Operator: "bench", Trunk: "bench", At: now,
		Target: dialer.Target{
			CaseID: dialer.CaseID(id), CaseRef: b.l.refs.Case(id), Number: n, NumberRef: b.l.refs.Number(n) + id, Sample: true,
			Insurance: "kokuho", Language: "ja", BalanceBand: "-50k",
		},
		DeskLeg: dialer.LegHandle{Leg: dialer.DeskLeg, SIPCallID: dialer.NewID(now), Data: make([]byte, 400)},
	}
}

// benchEnd is a call that rang out, with the evidence such a call has.
func benchEnd(id dialer.CallID, of dialer.CaseID, at time.Time) dialer.AttemptEnd {
	e := dialer.AttemptEnd{
		ID: id, StartedAt: at, DialledAt: at, RingingAt: at, EndedAt: time.Now(), EndedBy: dialer.ByRingLimit, CaseID: of,
		Verdict: dialer.Verdict{Result: dialer.NoAnswer, Confidence: dialer.High, Rule: "ring_limit", Why: "呼出上限まで呼び出しました", Counted: true},
		Next:    dialer.CaseNext{State: dialer.CaseWaiting, Due: at.Add(time.Hour), Why: "1時間あけます"},
	}
	for i, event := range []dialer.EvidenceEvent{
		dialer.EvInvite, dialer.EvTrying, dialer.EvRinging, dialer.EvRingLimit, dialer.EvCancelSent, dialer.EvFinal, dialer.EvGone,
	} {
		e.Evidence = append(e.Evidence, dialer.Evidence{At: at.Add(time.Duration(i) * time.Second), Leg: dialer.CustomerLeg, Event: event})
	}
	return e
}

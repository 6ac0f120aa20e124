package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"kakeru/dialer"
)

// Figures are what Bench measured (CONTRACT "Figures").
type Figures struct {
	Cases        int     `json:"cases"`         // in the line at the start
	Workers      int     `json:"workers"`       // claiming at once
	ClaimsPerS   float64 `json:"claims_per_s"`  // claims of all workers, each followed by Done, per second of wall time
	ClaimP99MS   float64 `json:"claim_p99_ms"`  // 99th percentile of one Claim, in milliseconds
	Duplicates   int     `json:"duplicates"`    // cases that were claimed more than once; anything but 0 is a bug
	RebuildS     float64 `json:"rebuild_s"`     // seconds to rebuild a line of Cases
	ClaimsFailed int     `json:"claims_failed"` // claims that were answered with an error
	NeverClaimed int     `json:"never_claimed"` // cases that nobody got; anything but 0 is a bug
}

// Bench builds a line of cases, all due, in the Redis at url, and lets workers claim and finish them until none is left.
// It uses keys of its own and removes them: the line that lives in that Redis is not touched. Two at once on one Redis
// spoil each other's figures.
func Bench(ctx context.Context, url string, cases, workers int) (Figures, error) {
	if cases < 1 || workers < 1 {
		return Figures{}, fmt.Errorf("queue: a measurement needs at least one case and one worker, not %d and %d", cases, workers)
	}
	q, err := connect(Server{URL: url}, benchPrefix)
	if err != nil {
		return Figures{}, err
	}
	defer func() { _ = q.Close() }()
	defer func() { _ = q.client.Unlink(context.WithoutCancel(ctx), append(q.keys.all(), q.keys.layout)...).Err() }()

	f := Figures{Cases: cases, Workers: workers}
	began := time.Now()
	if err := q.Rebuild(ctx, madeUp(cases, workers, began), nil); err != nil {
		return Figures{}, err
	}
	f.RebuildS = time.Since(began).Seconds()
	b := bench{q: q, claimed: make([]atomic.Int32, cases)}
	began = time.Now()
	if err := b.run(ctx, workers); err != nil {
		return Figures{}, err
	}
	b.sum(&f, time.Since(began))
	return f, nil
}

// madeUp are cases in ten priorities, due one after the other in the last hours, in lanes as a centre has them: one case in
// ten needs another language, one in fifty is the own of one of the workers.
func madeUp(cases, workers int, now time.Time) iter.Seq2[dialer.Waiting, error] {
	kinds := []dialer.NumberKind{dialer.KindMobile, dialer.KindMobile, dialer.KindFixed}
	languages := []string{5: "en", 15: "zh", 25: "vi", 29: ""}
	return func(yield func(dialer.Waiting, error) bool) {
		for i := range cases {
			mine := dialer.UserID("")
			if i%50 == 7 {
				mine = workerID(i / 50 % workers)
			}
			w := dialer.Waiting{
				Case: dialer.CaseID(strconv.Itoa(i)), Due: now.Add(-time.Duration(cases-i) * time.Millisecond), Priority: i % 10,
				Lane: dialer.LaneOf(mine, languages[i%len(languages)], kinds[i/10%len(kinds)]),
			}
			if !yield(w, nil) {
				return
			}
		}
	}
}

func workerID(n int) dialer.UserID { return dialer.UserID("bench" + strconv.Itoa(n)) }

// lanesOf are a worker's, as many as a desk of the centre has: every second one speaks all languages.
func lanesOf(n int) []dialer.Served {
	var lanes []dialer.Served
	ranks := map[dialer.NumberKind]int{dialer.KindMobile: 1, dialer.KindFixed: 2} // as when mobile telephones are likelier to answer
	for _, kind := range dialer.LaneKinds {
		rank := cmp.Or(ranks[kind], 3)
		lanes = append(lanes, dialer.Served{Lane: dialer.LaneOf("", "", kind), Rank: rank},
			dialer.Served{Lane: dialer.LaneOf(workerID(n), "", kind), Rank: rank})
		for _, l := range dialer.Languages {
			if n%2 == 0 {
				lanes = append(lanes, dialer.Served{Lane: dialer.LaneOf("", l, kind), Rank: rank})
			}
		}
	}
	return lanes
}

// bench is one run of the workers.
type bench struct {
	q       *Queue
	claimed []atomic.Int32 // by case: how often

	mu     sync.Mutex
	took   []time.Duration
	failed int
}

func (b *bench) run(ctx context.Context, workers int) error {
	var g errgroup.Group
	for n := range workers {
		g.Go(func() error { return b.work(ctx, dialer.DeskID(workerID(n)), lanesOf(n)) })
	}
	return g.Wait()
}

// work claims and finishes until its lanes are empty.
func (b *bench) work(ctx context.Context, desk dialer.DeskID, lanes []dialer.Served) error {
	var took []time.Duration
	failed := 0
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.took = append(b.took, took...)
		b.failed += failed
	}()
	for ctx.Err() == nil {
		began := time.Now()
		c, err := b.q.Claim(ctx, desk, "", lanes, time.Minute)
		switch {
		case errors.Is(err, dialer.ErrQueueEmpty):
			return nil
		case err != nil:
			if failed++; failed > 100 { // Redis is away, not slow
				return err
			}
			continue
		}
		took = append(took, time.Since(began))
		if n, err := strconv.Atoi(string(c.Case)); err == nil && n < len(b.claimed) {
			b.claimed[n].Add(1)
		}
		if err := b.q.Done(ctx, c, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (b *bench) sum(f *Figures, wall time.Duration) {
	f.ClaimsPerS = float64(len(b.took)) / wall.Seconds()
	f.ClaimsFailed = b.failed
	if len(b.took) > 0 {
		slices.Sort(b.took)
		f.ClaimP99MS = float64(b.took[len(b.took)*99/100].Microseconds()) / 1000
	}
	for i := range b.claimed {
		switch b.claimed[i].Load() {
		case 0:
			f.NeverClaimed++
		case 1:
		default:
			f.Duplicates++
		}
	}
}

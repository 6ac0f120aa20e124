package queue

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
)

// Two desks ask for the same case in the same moment, a thousand times: exactly one gets it.
func TestOneOfTwoGetsTheCase(t *testing.T) {
	q := openQueue(t)
	for _, byID := range []bool{false, true} {
		for round := range 500 {
			id := dialer.CaseID(fmt.Sprintf("case-%v-%d", byID, round))
			ask := dialer.CaseID("")
			if byID {
				ask = id
			}
			if err := q.Put(t.Context(), at(id, -1, 0)); err != nil {
				t.Fatal(err)
			}
			var got [2]error
			var claims [2]dialer.Claim
			var ready, done sync.WaitGroup
			ready.Add(2)
			for n, desk := range []dialer.DeskID{"d1", "d2"} {
				done.Go(func() {
					ready.Done()
					ready.Wait()
					claims[n], got[n] = q.Claim(t.Context(), desk, ask, everybodys, long)
				})
			}
			done.Wait()
			winner := 0
			if got[0] != nil {
				winner = 1
			}
			refused := got[1-winner]
			if got[winner] != nil || !errors.Is(refused, dialer.ErrCaseClaimed) && !errors.Is(refused, dialer.ErrQueueEmpty) {
				t.Fatalf("round %d: %v and %v", round, got[0], got[1])
			}
			if err := q.Done(t.Context(), claims[winner], nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// ledgerOfHolds knows who may work on which case, and how each case stands.
type ledgerOfHolds struct {
	t      *testing.T
	holder []atomic.Int32 // 0: nobody
	left   []atomic.Int32 // how often the case is still to be called
	open   atomic.Int64   // calls still to be made, of all cases
}

// Many workers claim, renew, give back and finish in any order, while the line is moved and rebuilt under them. No case
// is ever in two hands, and each is called exactly as often as it was to be.
func TestManyWorkersShareTheLine(t *testing.T) {
	shareTheLine(t, 8, 300)
}

func shareTheLine(t *testing.T, workers, cases int) {
	q := openQueue(t)
	const times = 3
	l := &ledgerOfHolds{t: t, holder: make([]atomic.Int32, cases), left: make([]atomic.Int32, cases)}
	var all []dialer.Waiting
	for i := range cases {
		l.left[i].Store(times)
		all = append(all, at(caseNo(i), -1, i%3))
	}
	l.open.Store(int64(cases * times))
	if err := q.Rebuild(t.Context(), each(all...), nil); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range workers {
		wg.Go(func() { l.work(q, int32(n+1)) })
	}
	wg.Go(func() { // somebody moves cases in the line all the while
		for l.open.Load() > 0 && !t.Failed() {
			c, err := q.Claim(t.Context(), "mover", "", everybodys, long)
			if err == nil {
				next := at(c.Case, -1, rand.IntN(5))
				l.check(q.Done(t.Context(), c, &next))
			}
		}
	})
	wg.Wait()
	for i := range l.left {
		if n := l.left[i].Load(); n != 0 {
			t.Errorf("case %d was to be called %d times more", i, n)
		}
	}
	if places, err := q.List(t.Context(), nil, 10); err != nil || len(places) != 0 {
		t.Errorf("at the end the line holds %v, %v", places, err)
	}
}

func caseNo(i int) dialer.CaseID { return dialer.CaseID(fmt.Sprintf("%06d", i)) }

func (l *ledgerOfHolds) check(err error) {
	if err != nil {
		l.t.Error(err)
	}
}

func (l *ledgerOfHolds) work(q *Queue, me int32) {
	ctx := l.t.Context()
	desk := dialer.DeskID(fmt.Sprintf("desk%d", me))
	for l.open.Load() > 0 && !l.t.Failed() {
		c, err := q.Claim(ctx, desk, "", everybodys, long)
		if errors.Is(err, dialer.ErrQueueEmpty) {
			continue // another still holds the last ones
		}
		if err != nil {
			l.t.Error(err)
			return
		}
		var i int
		if _, err := fmt.Sscanf(string(c.Case), "%d", &i); err != nil {
			l.t.Error(err)
			return
		}
		if !l.holder[i].CompareAndSwap(0, me) {
			l.t.Errorf("case %d is in two hands", i)
			return
		}
		switch rand.IntN(4) {
		case 0:
			l.check(q.Renew(ctx, c, long))
			l.holder[i].Store(0)
			l.check(q.Release(ctx, c))
		case 1: // it stays in the line, elsewhere, and is released
			l.check(q.Put(ctx, at(c.Case, -1, rand.IntN(5))))
			l.holder[i].Store(0)
			l.check(q.Release(ctx, c))
		default:
			l.finish(q, c, i)
		}
	}
}

// finish counts one call; the case waits again until it was called often enough.
func (l *ledgerOfHolds) finish(q *Queue, c dialer.Claim, i int) {
	var next *dialer.Waiting
	if l.left[i].Add(-1) > 0 {
		w := at(c.Case, -1, rand.IntN(5))
		next = &w
	}
	l.holder[i].Store(0)
	l.check(q.Done(l.t.Context(), c, next))
	l.open.Add(-1)
}

// Claims go on while the line is rebuilt again and again from a ledger that is told of everything.
func TestRebuildUnderWork(t *testing.T) {
	q := openQueue(t)
	const cases = 400
	var mu sync.Mutex
	ledger := map[dialer.CaseID]dialer.Waiting{}
	held := map[dialer.CaseID]dialer.Claim{}
	for i := range cases {
		ledger[caseNo(i)] = at(caseNo(i), -1, 0)
	}
	snapshot := func() (ws []dialer.Waiting, keep []dialer.Claim) {
		mu.Lock()
		defer mu.Unlock()
		for _, w := range ledger {
			ws = append(ws, w)
		}
		for _, c := range held {
			keep = append(keep, c)
		}
		return ws, keep
	}
	ws, _ := snapshot()
	if err := q.Rebuild(t.Context(), each(ws...), nil); err != nil {
		t.Fatal(err)
	}

	called := make([]atomic.Int32, cases)
	var open atomic.Int64
	open.Store(cases)
	var gate sync.RWMutex // closed while a rebuild begins
	var wg sync.WaitGroup
	for n := range 6 {
		wg.Go(func() {
			desk := dialer.DeskID(fmt.Sprintf("d%d", n))
			for open.Load() > 0 && !t.Failed() {
				gate.RLock()
				c, err := q.Claim(t.Context(), desk, "", everybodys, long)
				if err == nil {
					mu.Lock()
					held[c.Case] = c
					mu.Unlock()
				}
				gate.RUnlock()
				if errors.Is(err, dialer.ErrQueueEmpty) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				var i int
				_, _ = fmt.Sscanf(string(c.Case), "%d", &i)
				called[i].Add(1)
				mu.Lock() // the ledger first, then the line
				delete(ledger, c.Case)
				mu.Unlock()
				if err := q.Done(t.Context(), c, nil); err != nil {
					t.Errorf("case %d: %v", i, err)
				}
				mu.Lock()
				delete(held, c.Case)
				mu.Unlock()
				open.Add(-1)
			}
		})
	}
	wg.Go(func() {
		for open.Load() > 0 && !t.Failed() {
			gate.Lock()
			_, keep := snapshot()
			began := make(chan struct{})
			done := make(chan error, 1)
			go func() {
				done <- q.Rebuild(t.Context(), func(yield func(dialer.Waiting, error) bool) {
					close(began) // changes are noted from here on
					ws, _ := snapshot()
					for _, w := range ws {
						if !yield(w, nil) {
							return
						}
					}
				}, keep)
			}()
			<-began
			gate.Unlock()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	for i := range called {
		if n := called[i].Load(); n != 1 {
			t.Errorf("case %d was called %d times", i, n)
		}
	}
}

func TestLongManyWorkers(t *testing.T) {
	if os.Getenv("KAKERU_LONG") == "" {
		t.Skip("set KAKERU_LONG=1, as make test-long does")
	}
	// Fifty workers that ask without a pause, beside whatever else the machine does: how soon Redis answers is not what is shown here.
	defer func(was time.Duration) { answerLimit = was }(answerLimit)
	answerLimit = time.Minute
	shareTheLine(t, 50, 10_000)
}

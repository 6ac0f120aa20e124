package dialertest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

// RunQueue proves that a queue keeps the promises of dialer.Queue. open returns an empty one, never built, for each test.
func RunQueue(t *testing.T, open func(*testing.T) dialer.Queue) {
	t.Helper()
	for name, prove := range map[string]func(*testing.T, line){
		"order": proveOrder, "claim by name": proveClaimByName, "a held case": proveHeldCase, "renew": proveRenew,
		"lapse": proveLapse, "release": proveRelease, "done": proveDone, "put": provePut, "remove": proveRemove,
		"list": proveList, "rebuild": proveRebuild, "a rebuild that fails": proveRebuildFails,
		"rebuild keeps leases": proveRebuildKeeps, "one case, one desk": proveOneDesk,
		"lanes": proveLanes, "ranks": proveRanks, "ties": proveTies, "a name knows no lane": proveNamedInAnyLane,
		"put into another lane": proveLaneMoves, "rebuild keeps lanes": proveRebuildLanes, "lanes of any text": proveLaneTexts,
	} {
		t.Run(name, func(t *testing.T) { prove(t, line{open(t), t}) })
	}
}

const long = time.Hour

// everybodys is the lane of every case that these tests put nowhere else.
var everybodys = []dialer.Served{{}}

// line is a queue whose every call must succeed.
type line struct {
	dialer.Queue

	t *testing.T
}

func (l line) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l line) wants(err, want error) {
	l.t.Helper()
	if !errors.Is(err, want) {
		l.t.Fatalf("got %v, want %v", err, want)
	}
}

func (l line) put(ws ...dialer.Waiting) { l.t.Helper(); l.must(l.Put(l.t.Context(), ws...)) }

func (l line) claim(desk dialer.DeskID, id dialer.CaseID) dialer.Claim {
	l.t.Helper()
	c, err := l.Claim(l.t.Context(), desk, id, everybodys, long)
	l.must(err)
	if c.Case == "" || c.Desk != desk || c.Token == "" || c.Until.IsZero() {
		l.t.Fatalf("an incomplete claim: %+v", c)
	}
	return c
}

func (l line) claimFails(desk dialer.DeskID, id dialer.CaseID, want error) {
	l.t.Helper()
	_, err := l.Claim(l.t.Context(), desk, id, everybodys, long)
	l.wants(err, want)
}

func (l line) shows(want ...dialer.CaseID) {
	l.t.Helper()
	places, err := l.List(l.t.Context(), nil, 5000)
	l.must(err)
	got := make([]dialer.CaseID, len(places))
	for i, p := range places {
		got[i] = p.Case
	}
	if !slices.Equal(got, want) {
		l.t.Fatalf("the line shows %v, want %v", got, want)
	}
}

// waitFor is a place: due so many minutes from now, which may be less than none.
func waitFor(id dialer.CaseID, minutes, priority int) dialer.Waiting {
	due := time.Now().Add(time.Duration(minutes) * time.Minute).Truncate(time.Minute)
	return dialer.Waiting{Case: id, Due: due, Priority: priority}
}

func each(ws ...dialer.Waiting) iter.Seq2[dialer.Waiting, error] {
	return func(yield func(dialer.Waiting, error) bool) {
		for _, w := range ws {
			if !yield(w, nil) {
				return
			}
		}
	}
}

// eventually polls until ok, for at most twenty seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit.C:
			t.Fatalf("never came true: %s", what)
		case <-tick.C:
		}
	}
}

func proveOrder(t *testing.T, l line) {
	l.claimFails("d", "", dialer.ErrQueueEmpty)
	l.put(waitFor("later", 60, -9), waitFor("b", -5, 1), waitFor("c", -5, 1), waitFor("a", -9, 2), waitFor("first", -1, 0),
		waitFor("old", -8, 1), dialer.Waiting{Case: "ever", Priority: 3})
	l.shows("first", "old", "b", "c", "a", "ever", "later")
	for _, want := range []dialer.CaseID{"first", "old", "b", "c", "a", "ever"} {
		if got := l.claim("d", "").Case; got != want {
			t.Fatalf("claimed %s, want %s", got, want)
		}
	}
	l.claimFails("d", "", dialer.ErrQueueEmpty) // the last is not due
}

func proveClaimByName(_ *testing.T, l line) {
	l.put(waitFor("due", -1, 0), waitFor("later", 60, 0))
	l.claim("d1", "later")
	l.claim("d2", "due")
	l.claim("d3", "nowhere in the line")
	l.claimFails("d4", "", dialer.ErrQueueEmpty)
	l.claimFails("d4", "nowhere in the line", dialer.ErrCaseClaimed)
}

func proveHeldCase(t *testing.T, l line) {
	l.put(waitFor("x", -1, 0))
	c := l.claim("d1", "")
	l.claimFails("d2", "x", dialer.ErrCaseClaimed)
	if again := l.claim("d1", "x"); again.Token != c.Token {
		t.Fatal("a desk that claims its own case again must keep its claim, not get another")
	}
	l.claimFails("d1", "", dialer.ErrQueueEmpty) // its own case is not the next one
	l.must(l.Renew(t.Context(), c, long))
}

func proveRenew(t *testing.T, l line) {
	l.put(waitFor("x", -1, 0))
	c, err := l.Claim(t.Context(), "d1", "", everybodys, 200*time.Millisecond)
	l.must(err)
	l.must(l.Renew(t.Context(), c, long))
	// It outlives its first lease: wait until a longer one that was taken later has lapsed.
	_, err = l.Claim(t.Context(), "d2", "y", nil, 250*time.Millisecond)
	l.must(err)
	eventually(t, "the other lease lapses", func() bool {
		_, err := l.Claim(t.Context(), "d3", "y", nil, long)
		return err == nil
	})
	l.claimFails("d2", "x", dialer.ErrCaseClaimed)
	c.Token = "another"
	l.wants(l.Renew(t.Context(), c, long), dialer.ErrClaimLost)
	l.wants(l.Renew(t.Context(), dialer.Claim{Case: "z", Desk: "d", Token: "t"}, long), dialer.ErrClaimLost)
}

func proveLapse(t *testing.T, l line) {
	l.put(waitFor("x", -1, 0))
	c, err := l.Claim(t.Context(), "d1", "", everybodys, time.Millisecond)
	l.must(err)
	var second dialer.Claim
	eventually(t, "the lapsed case is claimed by another", func() bool {
		second, err = l.Claim(t.Context(), "d2", "", everybodys, long)
		return err == nil
	})
	if second.Case != "x" || second.Token == c.Token {
		t.Fatalf("first %+v, then %+v", c, second)
	}
	l.wants(l.Renew(t.Context(), c, long), dialer.ErrClaimLost)
	l.wants(l.Done(t.Context(), c, nil), dialer.ErrClaimLost)
	l.must(l.Release(t.Context(), c)) // no error, and no effect
	l.must(l.Renew(t.Context(), second, long))
}

func proveRelease(t *testing.T, l line) {
	l.put(waitFor("a", -2, 0), waitFor("b", -1, 0))
	c := l.claim("d", "")
	l.must(l.Release(t.Context(), c))
	l.must(l.Release(t.Context(), c))
	l.shows("a", "b")
	if l.claim("d", "").Case != "a" {
		t.Fatal("a released case must stand where it stood")
	}
	l.must(l.Release(t.Context(), l.claim("d", "outside")))
	l.shows("a", "b")
}

func proveDone(t *testing.T, l line) {
	l.put(waitFor("a", -3, 0), waitFor("b", -2, 0), waitFor("c", -1, 0))
	l.must(l.Done(t.Context(), l.claim("d", ""), nil))
	l.shows("b", "c")
	b, next := l.claim("d", ""), waitFor("b", 30, 0)
	l.must(l.Done(t.Context(), b, &next))
	l.shows("c", "b")
	l.wants(l.Done(t.Context(), b, nil), dialer.ErrClaimLost)
	l.shows("c", "b")
	outside, now := l.claim("d", "outside"), waitFor("outside", -9, 0)
	l.must(l.Done(t.Context(), outside, &now))
	l.shows("outside", "c", "b")
	wrong := waitFor("another", 0, 0)
	if err := l.Done(t.Context(), l.claim("d", ""), &wrong); err == nil {
		t.Fatal("a claim's next place may not be another case's")
	}
}

func provePut(t *testing.T, l line) {
	l.put(waitFor("a", -3, 0), waitFor("b", -2, 0))
	l.put(waitFor("a", -1, 0), waitFor("a", -1, 5)) // moved twice, the last holds
	l.shows("b", "a")
	b := l.claim("d", "")
	l.put(waitFor("b", -1, 9))
	l.claimFails("e", "b", dialer.ErrCaseClaimed) // a leased case keeps its lease
	l.must(l.Release(t.Context(), b))
	l.shows("a", "b") // and moves when that ends
	l.put()
	var many []dialer.Waiting
	for i := range 1201 {
		many = append(many, waitFor(dialer.CaseID(fmt.Sprintf("many-%04d", i)), 1, 0))
	}
	l.put(many...)
	places, err := l.List(t.Context(), nil, 5000)
	l.must(err)
	if len(places) != 1203 {
		t.Fatalf("%d cases in the line, want 1203", len(places))
	}
}

func proveRemove(t *testing.T, l line) {
	l.put(waitFor("a", -3, 0), waitFor("b", -2, 0))
	a := l.claim("d", "")
	for _, id := range []dialer.CaseID{"a", "b", "never there"} {
		l.must(l.Remove(t.Context(), id))
	}
	l.shows()
	l.wants(l.Renew(t.Context(), a, long), dialer.ErrClaimLost)
	l.must(l.Release(t.Context(), a))
	l.shows()
}

func proveList(t *testing.T, l line) {
	want := []dialer.Waiting{
		waitFor("a", -3, 1), waitFor("b", -2, 1), waitFor("c", 5, 2), waitFor("d", 5, 3), waitFor("e", 9, -7),
	}
	l.put(want...)
	l.claim("desk 1", "b")
	l.claim("desk2", "e")
	for limit := range 7 {
		places, err := l.List(t.Context(), nil, limit)
		l.must(err)
		if len(places) != min(limit, 5) {
			t.Fatalf("asked for %d, got %d", limit, len(places))
		}
		for i, p := range places {
			if p.Case != want[i].Case || !p.Due.Equal(want[i].Due) || p.Priority != want[i].Priority {
				t.Errorf("place %d: got %+v, want %+v", i, p.Waiting, want[i])
			}
			if desk := map[dialer.CaseID]dialer.DeskID{"b": "desk 1", "e": "desk2"}[p.Case]; p.Desk != desk || p.IsDue != (i < 2) {
				t.Errorf("place %d: %+v", i, p)
			}
		}
	}
}

func proveRebuild(t *testing.T, l line) {
	built := func(want bool) {
		t.Helper()
		if got, err := l.Built(t.Context()); err != nil || got != want {
			t.Fatalf("built: %v, %v; want %v", got, err, want)
		}
	}
	built(false)
	l.put(waitFor("old", -1, 0), waitFor("both", -1, 0))
	built(false)
	l.must(l.Rebuild(t.Context(), each(waitFor("new", -5, 0), waitFor("both", 60, 0)), nil))
	l.shows("new", "both")
	built(true)
	l.must(l.Rebuild(t.Context(), each(), nil))
	l.shows()
	built(true)
}

func proveRebuildFails(t *testing.T, l line) {
	l.put(waitFor("old", -1, 0))
	broken := errors.New("the ledger went away")
	err := l.Rebuild(t.Context(), func(yield func(dialer.Waiting, error) bool) {
		_ = yield(waitFor("new", -1, 0), nil) && yield(dialer.Waiting{}, broken)
	}, nil)
	l.wants(err, broken)
	l.shows("old")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.wants(l.Rebuild(ctx, each(waitFor("new", -1, 0)), nil), dialer.ErrQueueDown)
	l.shows("old")
	if built, _ := l.Built(t.Context()); built {
		t.Fatal("a rebuild that failed says built")
	}
}

func proveRebuildKeeps(t *testing.T, l line) {
	l.put(waitFor("kept", -1, 0), waitFor("left", -1, 0), waitFor("outside", -1, 0))
	kept, left, outside := l.claim("d1", "kept"), l.claim("d2", "left"), l.claim("d3", "outside")
	// A lease that ran out while the queue was away is kept too: its call lives.
	forgotten := dialer.Claim{Case: "forgotten", Desk: "d4", Token: "t4", Until: time.Now().Add(-time.Hour)}
	l.must(l.Rebuild(t.Context(), each(waitFor("kept", -1, 0), waitFor("left", -1, 0), waitFor("forgotten", -1, 0)),
		[]dialer.Claim{kept, outside, forgotten}))
	for _, c := range []dialer.Claim{kept, outside, forgotten} {
		l.claimFails("d9", c.Case, dialer.ErrCaseClaimed)
		l.must(l.Renew(t.Context(), c, long))
	}
	l.wants(l.Renew(t.Context(), left, long), dialer.ErrClaimLost)
	if c := l.claim("d9", ""); c.Case != "left" {
		t.Fatalf("claimed %s", c.Case)
	}
	l.claimFails("d9", "", dialer.ErrQueueEmpty)
	l.must(l.Release(t.Context(), forgotten))
	if c := l.claim("d9", ""); c.Case != "forgotten" {
		t.Fatalf("claimed %s", c.Case)
	}
}

// However many desks ask at once, each case is claimed by one.
func proveOneDesk(t *testing.T, l line) {
	const cases, desks = 40, 8
	var ws []dialer.Waiting
	for i := range cases {
		ws = append(ws, waitFor(dialer.CaseID(fmt.Sprintf("case-%02d", i)), -1, 0))
	}
	l.put(ws...)
	var mu sync.Mutex
	var all sync.WaitGroup
	by := map[dialer.CaseID]int{}
	for d := range desks {
		all.Go(func() {
			for {
				c, err := l.Claim(t.Context(), dialer.DeskID(fmt.Sprintf("d%d", d)), "", everybodys, long)
				if err != nil {
					return
				}
				mu.Lock()
				by[c.Case]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(by) != cases {
		t.Errorf("%d cases were claimed, want %d", len(by), cases)
	}
	for id, n := range by {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	l.claimFails("d", "", dialer.ErrQueueEmpty)
}

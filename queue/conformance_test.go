package queue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
)

// conform proves that a queue keeps the promises of dialer.Queue. It knows nothing of Redis: any implementation must
// pass. open returns an empty queue.
func conform(t *testing.T, open func(*testing.T) dialer.Queue) {
	for name, prove := range map[string]func(*testing.T, line){
		"order": proveOrder, "claim by id": proveClaimByID, "busy": proveBusy, "renew": proveRenew,
		"lapse": proveLapse, "release": proveRelease, "done": proveDone, "put": provePut, "remove": proveRemove,
		"list": proveList, "rebuild": proveRebuild, "rebuild fails": proveRebuildFails, "rebuild keeps": proveRebuildKeeps,
	} {
		t.Run(name, func(t *testing.T) { prove(t, line{open(t), t}) })
	}
}

const long = time.Hour

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

func (l line) put(ws ...dialer.Waiting) { l.t.Helper(); l.must(l.Put(l.t.Context(), ws...)) }

func (l line) claim(desk dialer.DeskID, id dialer.CaseID) dialer.Claim {
	l.t.Helper()
	c, err := l.Claim(l.t.Context(), desk, id, long)
	l.must(err)
	if c.Desk != desk || c.Token == "" || c.Until.IsZero() {
		l.t.Fatalf("an incomplete claim: %+v", c)
	}
	return c
}

func (l line) wants(err, want error) {
	l.t.Helper()
	if !errors.Is(err, want) {
		l.t.Fatalf("got %v, want %v", err, want)
	}
}

func (l line) claimFails(desk dialer.DeskID, id dialer.CaseID, want error) {
	l.t.Helper()
	_, err := l.Claim(l.t.Context(), desk, id, long)
	l.wants(err, want)
}

// order is what List shows.
func (l line) order() []dialer.CaseID {
	l.t.Helper()
	places, err := l.List(l.t.Context(), 1000)
	l.must(err)
	var ids []dialer.CaseID
	for _, p := range places {
		ids = append(ids, p.Case)
	}
	return ids
}

func (l line) shows(want ...dialer.CaseID) {
	l.t.Helper()
	if got := l.order(); !slices.Equal(got, want) {
		l.t.Fatalf("the line shows %v, want %v", got, want)
	}
}

// eventually polls until ok, for at most ten seconds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// at is a place: minutes from now, and a priority. It is whole microseconds, as PostgreSQL keeps them.
func at(id dialer.CaseID, minutes, priority int) dialer.Waiting {
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

func proveOrder(t *testing.T, l line) {
	l.claimFails("d", "", dialer.ErrQueueEmpty)
	l.put(at("later", 60, -9), at("b", -5, 1), at("c", -5, 1), at("a", -9, 2), at("first", -1, 0), at("old", -8, 1),
		dialer.Waiting{Case: "ever", Priority: 3})
	l.shows("first", "old", "b", "c", "a", "ever", "later")
	for _, want := range []dialer.CaseID{"first", "old", "b", "c", "a", "ever"} {
		if got := l.claim("d", "").Case; got != want {
			t.Fatalf("claimed %s, want %s", got, want)
		}
	}
	l.claimFails("d", "", dialer.ErrQueueEmpty) // the last is not due
}

func proveClaimByID(_ *testing.T, l line) {
	l.put(at("due", -1, 0), at("later", 60, 0))
	l.claim("d1", "later")
	l.claim("d2", "due")
	l.claim("d3", "nowhere in the line")
	l.claimFails("d4", "", dialer.ErrQueueEmpty)
	l.claimFails("d4", "nowhere in the line", dialer.ErrCaseClaimed)
}

func proveBusy(t *testing.T, l line) {
	l.put(at("x", -1, 0))
	c := l.claim("d1", "")
	l.claimFails("d2", "x", dialer.ErrCaseClaimed)
	again := l.claim("d1", "x")
	if again.Token != c.Token {
		t.Fatal("a desk that claims its own case again must keep its claim")
	}
	l.must(l.Renew(t.Context(), c, long))
}

func proveRenew(t *testing.T, l line) {
	l.put(at("x", -1, 0))
	c, err := l.Claim(t.Context(), "d1", "", 50*time.Millisecond)
	l.must(err)
	l.must(l.Renew(t.Context(), c, long))
	// It outlives its first lease: wait until one that was taken later has lapsed.
	other, err := l.Claim(t.Context(), "d2", "y", 60*time.Millisecond)
	l.must(err)
	eventually(t, "the other lease lapses", func() bool {
		return errors.Is(l.Done(t.Context(), dialer.Claim{Case: other.Case, Token: "none"}, nil), dialer.ErrClaimLost) &&
			l.tryClaim("d3", "y")
	})
	l.claimFails("d2", "x", dialer.ErrCaseClaimed)
	c.Token = "another"
	l.wants(l.Renew(t.Context(), c, long), dialer.ErrClaimLost)
	l.wants(l.Renew(t.Context(), dialer.Claim{Case: "z", Token: "t"}, long), dialer.ErrClaimLost)
}

func (l line) tryClaim(desk dialer.DeskID, id dialer.CaseID) bool {
	_, err := l.Claim(l.t.Context(), desk, id, long)
	return err == nil
}

func proveLapse(t *testing.T, l line) {
	l.put(at("x", -1, 0))
	c, err := l.Claim(t.Context(), "d1", "", time.Millisecond)
	l.must(err)
	var second dialer.Claim
	eventually(t, "the lapsed case is claimed by another", func() bool {
		second, err = l.Claim(t.Context(), "d2", "", long)
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
	l.put(at("a", -2, 0), at("b", -1, 0))
	c := l.claim("d", "")
	l.must(l.Release(t.Context(), c))
	l.must(l.Release(t.Context(), c))
	l.shows("a", "b")
	if l.claim("d", "").Case != "a" {
		t.Fatal("a released case must stand where it stood")
	}
	outside := l.claim("d", "outside")
	l.must(l.Release(t.Context(), outside))
	l.shows("a", "b")
}

func proveDone(t *testing.T, l line) {
	l.put(at("a", -3, 0), at("b", -2, 0), at("c", -1, 0))
	l.must(l.Done(t.Context(), l.claim("d", ""), nil))
	l.shows("b", "c")
	b := l.claim("d", "")
	next := at("b", 30, 0)
	l.must(l.Done(t.Context(), b, &next))
	l.shows("c", "b")
	l.wants(l.Done(t.Context(), b, nil), dialer.ErrClaimLost)
	l.shows("c", "b")
	outside, now := l.claim("d", "outside"), at("outside", -9, 0)
	l.must(l.Done(t.Context(), outside, &now))
	l.shows("outside", "c", "b")
	wrong := at("another", 0, 0)
	if err := l.Done(t.Context(), l.claim("d", ""), &wrong); err == nil {
		t.Fatal("a claim's next place may not be another case's")
	}
}

func provePut(t *testing.T, l line) {
	l.put(at("a", -3, 0), at("b", -2, 0))
	l.put(at("a", -1, 0), at("a", -1, 5)) // moved twice, the last holds
	l.shows("b", "a")
	b := l.claim("d", "")
	l.put(at("b", -1, 9))
	l.claimFails("e", "b", dialer.ErrCaseClaimed) // a leased case keeps its lease
	l.must(l.Release(t.Context(), b))
	l.shows("a", "b") // and moves when that ends
	l.put()
	if err := l.Put(t.Context(), at("x", 0, 1<<30)); err == nil {
		t.Fatal("a priority beyond all measure was taken")
	}
	var many []dialer.Waiting
	for i := range 1201 {
		many = append(many, at(dialer.CaseID(fmt.Sprintf("many-%04d", i)), 1, 0))
	}
	l.put(many...)
	places, err := l.List(t.Context(), 5000)
	l.must(err)
	if len(places) != 1203 {
		t.Fatalf("%d cases in the line", len(places))
	}
}

func proveRemove(t *testing.T, l line) {
	l.put(at("a", -3, 0), at("b", -2, 0))
	a := l.claim("d", "")
	l.must(l.Remove(t.Context(), "a"))
	l.must(l.Remove(t.Context(), "b"))
	l.must(l.Remove(t.Context(), "c"))
	l.shows()
	l.wants(l.Renew(t.Context(), a, long), dialer.ErrClaimLost)
	l.must(l.Release(t.Context(), a))
	l.shows()
}

func proveList(t *testing.T, l line) {
	want := []dialer.Waiting{at("a", -3, 1), at("b", -2, 1), at("c", 5, 2), at("d", 5, 3), at("e", 9, -7)}
	l.put(want...)
	l.claim("desk 1", "b")
	l.claim("desk2", "e")
	for limit := range 7 {
		places, err := l.List(t.Context(), limit)
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
	if built, err := l.Built(t.Context()); err != nil || built {
		t.Fatalf("an empty queue says built: %v %v", built, err)
	}
	l.put(at("old", -1, 0), at("both", -1, 0))
	l.must(l.Rebuild(t.Context(), each(at("new", -5, 0), at("both", 60, 0)), nil))
	l.shows("new", "both")
	if built, err := l.Built(t.Context()); err != nil || !built {
		t.Fatalf("a built queue says: %v %v", built, err)
	}
	l.must(l.Rebuild(t.Context(), each(at("new", -5, 0), at("twice", 1, 0), at("twice", -9, 0)), nil))
	l.shows("twice", "new")
	l.must(l.Rebuild(t.Context(), each(at("twice", -9, 0), at("twice", -5, 1), at("twice", -7, 0)), nil))
	l.shows("twice")
	l.must(l.Rebuild(t.Context(), each(), nil))
	l.shows()
}

func proveRebuildFails(t *testing.T, l line) {
	l.put(at("old", -1, 0))
	broken := errors.New("the ledger went away")
	err := l.Rebuild(t.Context(), func(yield func(dialer.Waiting, error) bool) {
		_ = yield(at("new", -1, 0), nil) && yield(dialer.Waiting{}, broken)
	}, nil)
	l.wants(err, broken)
	l.shows("old")
	if built, _ := l.Built(t.Context()); built {
		t.Fatal("a rebuild that failed says built")
	}
}

func proveRebuildKeeps(t *testing.T, l line) {
	l.put(at("kept", -1, 0), at("left", -1, 0), at("outside", -1, 0))
	kept, left, outside := l.claim("d1", "kept"), l.claim("d2", "left"), l.claim("d3", "outside")
	// A lease that ran out while Redis was away is kept too: its call lives.
	forgotten := dialer.Claim{Case: "forgotten", Desk: "d4", Token: "t4", Until: time.Now().Add(-time.Hour)}
	l.must(l.Rebuild(t.Context(), each(at("kept", -1, 0), at("left", -1, 0), at("forgotten", -1, 0)),
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
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.wants(l.Rebuild(ctx, each(), nil), dialer.ErrQueueDown)
	l.shows("forgotten", "kept", "left")
}

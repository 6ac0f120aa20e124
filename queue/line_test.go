package queue

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
)

const long = time.Hour

// everybodys is the lane of every case that is put nowhere else.
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

func (l line) put(ws ...dialer.Waiting) { l.t.Helper(); l.must(l.Put(l.t.Context(), ws...)) }

func (l line) claim(desk dialer.DeskID, id dialer.CaseID) dialer.Claim {
	l.t.Helper()
	c, err := l.Claim(l.t.Context(), desk, id, everybodys, long)
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
	_, err := l.Claim(l.t.Context(), desk, id, everybodys, long)
	l.wants(err, want)
}

// order is what List shows.
func (l line) order() []dialer.CaseID {
	l.t.Helper()
	places, err := l.List(l.t.Context(), nil, 1000)
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
	for end := time.Now().Add(time.Minute); !ok(); { // it bounds a failure, never a success
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

func inLane(l dialer.Lane, w dialer.Waiting) dialer.Waiting {
	w.Lane = l
	return w
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

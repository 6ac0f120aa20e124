package auth

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestRecall(t *testing.T) {
	c := &clock{now: time.Unix(1000, 0)}
	r := newRecall[int](c.Now)
	asked, answer, fail := 0, 1, error(nil)
	ask := func(context.Context) (int, error) { asked++; return answer, fail }
	get := func(want int, wantErr error, times int) {
		t.Helper()
		got, err := r.get(t.Context(), "k", ask)
		if (err == nil && got != want) || !errors.Is(err, wantErr) || asked != times {
			t.Fatalf("got %d %v after %d questions; want %d %v after %d", got, err, asked, want, wantErr, times)
		}
	}
	away := errors.New("away")
	fail = away
	get(0, away, 1) // nothing is known, and nothing is made up
	fail = nil
	get(1, nil, 2)
	answer = 2
	get(1, nil, 2) // believed
	c.forward(believed)
	get(2, nil, 3)
	c.forward(believed)
	fail = away
	get(2, nil, 4) // better an old answer than none
	get(2, nil, 4) // and the store is left in peace for a while
	fail, answer = nil, 3
	r.forget("k")
	get(3, nil, 5)
	r.put("k", 4)
	get(4, nil, 5)
	c.forward(believed)
	fail = errNone
	get(0, errNone, 6) // that there is none any more is an answer
	fail = away
	get(0, away, 7)
}

// TestWhatIsForgottenMeanwhileStaysForgotten: an answer on its way does not bring back what was ended since.
func TestWhatIsForgottenMeanwhileStaysForgotten(t *testing.T) {
	r := newRecall[int](time.Now)
	got, err := r.get(t.Context(), "k", func(context.Context) (int, error) {
		r.forget("k")
		return 1, nil
	})
	if got != 1 || err != nil || r.has("k") {
		t.Fatalf("got %d %v, and kept is %v", got, err, r.has("k"))
	}
}

func TestRecallIsBounded(t *testing.T) {
	r := newRecall[int](time.Now)
	for i := range recallsKept * 2 {
		r.put(fmt.Sprint(i), i)
	}
	if len(r.kept) > recallsKept {
		t.Fatalf("%d are kept", len(r.kept))
	}
}

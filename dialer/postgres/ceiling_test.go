package postgres

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestTheCeilingHoldsAcrossNodes: two ledgers over one database, many clicks at once: exactly so many calls go out as the
// ceiling says, and the supervisor is told once.
func TestTheCeilingHoldsAcrossNodes(t *testing.T) {
	url := migrated(t)
	nodes := []*Ledger{openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())}
	var told atomic.Int32
	for _, l := range nodes {
		l.ceiling = dialer.Ceiling{PerHour: 20, PerDay: 30}
		l.OnCeiling(func(span dialer.CeilingSpan) {
			if span == dialer.CeilingHour {
				told.Add(1)
			}
		})
	}
	out := func(at time.Time, clicks int) (went, refused int) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range clicks {
			all.Go(func() {
				err := nodes[i%2].Reserve(t.Context(), reservation(newTarget(), at))
				no := (*dialer.Refusal)(nil)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					went++
				case errors.As(err, &no) && no.Rule == dialer.CeilingReached:
					refused++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		return went, refused
	}
	if went, refused := out(noon, 40); went != 20 || refused != 20 || told.Load() != 1 {
		t.Errorf("in the first hour %d went out, %d were refused, told %d times", went, refused, told.Load())
	}
	if went, _ := out(noon.Add(59*time.Minute), 3); went != 0 {
		t.Errorf("%d more went out within the hour", went)
	}
	if went, refused := out(noon.Add(61*time.Minute), 20); went != 10 || refused != 10 {
		t.Errorf("an hour later %d went out, %d were refused: the day's bound is 30", went, refused)
	}
	if n := count(t, nodes[0], "SELECT count(*) FROM ceiling_alerts WHERE span = 'day'"); n != 1 {
		t.Errorf("the day's ceiling was told %d times", n)
	}
	if went, _ := out(noon.Add(24*time.Hour), 1); went != 1 {
		t.Error("the next day nothing goes out")
	}
}

// TestWhatNeverWentOutIsNotUnderTheCeiling: reservations that ended undialled, calls that came in, and calls noted by hand.
func TestWhatNeverWentOutIsNotUnderTheCeiling(t *testing.T) {
	l := newLedger(t)
	l.ceiling = dialer.Ceiling{PerHour: 2}
	for range 5 {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		verdict, _ := dialer.DefaultResults().Decide(dialer.Outcome{EndedBy: dialer.BySystem})
		must(t, l.End(t.Context(), dialer.AttemptEnd{ID: r.ID, StartedAt: noon, EndedAt: noon, EndedBy: dialer.BySystem, Verdict: verdict, CaseID: r.Target.CaseID}))
	}
	must(t, l.Reserve(t.Context(), reservation(newTarget(), noon)))
	must(t, l.Reserve(t.Context(), reservation(newTarget(), noon)))
	wantRule(t, l.Reserve(t.Context(), reservation(newTarget(), noon)), dialer.CeilingReached)
	// A click that is told again gets its call, whatever the ceiling.
	again := reservation(newTarget(), noon.Add(2*time.Hour))
	again.IdempotencyKey = "click"
	must(t, l.Reserve(t.Context(), again))
	l.ceiling.PerDay = 1
	if err := l.Reserve(t.Context(), again); !errors.As(err, new(*dialer.Repeated)) {
		t.Errorf("the repeated click got %v", err)
	}
}

package besthour

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/bubble"
)

// shelf is a history that may be out of reach.
type shelf struct {
	counts []Count
	away   atomic.Bool
	asked  atomic.Int32
}

func (s *shelf) HourCounts(_ context.Context, since, now time.Time) ([]Count, error) {
	s.asked.Add(1)
	if now.Sub(since) != history {
		return nil, errors.New("another span")
	}
	if s.away.Load() {
		return nil, errors.New("away")
	}
	return s.counts, nil
}

func TestTheKeeperLearnsEveryHour(t *testing.T) {
	bubble.Run(t, func(t *testing.T) {
		var log bytes.Buffer
		s := &shelf{counts: seen(dice(1), 200, evenings)}
		s.away.Store(true)
		k := NewKeeper(s, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.Run(ctx) }()
		synctest.Wait()
		evening := at(time.Wednesday, 18, 0)
		if _, ok := k.Note(dialer.KindMobile, evening); ok || s.asked.Load() != 1 {
			t.Errorf("a history out of reach, asked %d times, taught something", s.asked.Load())
		}
		s.away.Store(false)
		time.Sleep(every + time.Second)
		synctest.Wait()
		if n, ok := k.Note(dialer.KindMobile, evening); !ok || !n.Good {
			t.Errorf("an hour later: %+v %v", n, ok)
		}
		s.away.Store(true)
		time.Sleep(every)
		synctest.Wait()
		if _, ok := k.Note(dialer.KindMobile, evening); !ok || s.asked.Load() != 3 {
			t.Error("a history that went away took with it what was known")
		}
		if k.Rank(dialer.KindMobile, spared(evening)) >= rankUsual {
			t.Error("the keeper's rank is not its model's")
		}
		if _, _, ok := k.Better(dialer.KindMobile, evening, evening, func(time.Time) bool { return true }); ok {
			t.Error("a good hour was left")
		}
		if got := strings.Count(log.String(), "stays"); got != 2 {
			t.Errorf("%d failures were logged, want 2:\n%s", got, &log)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

package postgres

import (
	"context"
	"sync"
	"testing"
	"time"

	"kakeru/dialer/postgres/internal/db"
)

// TestReadersLeaveConnectionsToClicks: however many reports are being read, and however slowly, whoever clicks has a connection.
func TestReadersLeaveConnectionsToClicks(t *testing.T) {
	l := newLedger(t)
	most := int(l.pool.Config().MaxConns)
	begun, over := make(chan struct{}, 2*most), make(chan struct{})
	var reading sync.WaitGroup
	for range 2 * most {
		reading.Go(func() {
			// What becomes of them is not asked: the server breaks off who does nothing for 5 s.
			_ = l.atOneInstant(within(t, time.Minute), "read slowly", func(context.Context, *db.Queries) error {
				begun <- struct{}{}
				<-over
				return nil
			})
		})
	}
	for range most / 2 {
		<-begun
	}
	if _, err := l.Figures(within(t, 50*time.Millisecond), noon, noon.Add(time.Hour)); !isDown(err) {
		t.Errorf("one more who reads much is let in: %v", err)
	}
	for range most / 2 {
		must(t, l.Reserve(within(t, patience), reservation(newTarget(), noon)))
	}
	if n := len(begun); n != 0 {
		t.Errorf("%d read besides those that may", n)
	}
	close(over)
	reading.Wait()
	if _, err := l.Figures(within(t, time.Minute), noon, noon.Add(time.Hour)); err != nil {
		t.Error(err)
	}
}

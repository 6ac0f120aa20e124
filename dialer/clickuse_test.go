package dialer

import (
	"sync"
	"sync/atomic"
	"testing"
)

// TestAClickIsUsedOnce: at its own desk, by one of however many try.
func TestAClickIsUsedOnce(t *testing.T) {
	c := NewClick("desk1")
	if c.Use("desk2") || c.Use("") || (*Click)(nil).Use("desk1") || NewClick("").Use("") {
		t.Error("it opened a phone that is none of its own")
	}
	var won atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if c.Use("desk1") {
				won.Add(1)
			}
		})
	}
	if all.Wait(); won.Load() != 1 || c.Use("desk1") {
		t.Errorf("it was used %d times", won.Load())
	}
}

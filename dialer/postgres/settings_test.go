package postgres

import (
	"errors"
	"sync"
	"testing"

	"kakeru/dialer/dialertest"
	"kakeru/dialer/settings"
)

func TestLedgerKeepsSettings(t *testing.T) {
	l := newLedger(t)
	dialertest.RunSettings(t, l)
	for _, sql := range []string{"UPDATE setting_changes SET reason = 'x'", "DELETE FROM setting_changes", "TRUNCATE setting_changes CASCADE"} {
		if _, err := l.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s: the record was written over", sql)
		}
	}
}

// Of many administrators at once, over several connections, one is taken and every other told.
func TestOneAdministratorAtATime(t *testing.T) {
	l := newLedger(t)
	var mu sync.Mutex
	taken, told := 0, 0
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := l.AppendSettings(t.Context(), []settings.Change{{At: noon, Key: "k", Before: []byte("1"), After: []byte("2"), Reason: "試験"}})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				taken++
			case errors.Is(err, settings.ErrStale):
				told++
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if taken != 1 || told != 19 {
		t.Errorf("%d taken, %d told", taken, told)
	}
}

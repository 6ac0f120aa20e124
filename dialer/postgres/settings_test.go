package postgres

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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
			_, err := l.AppendSettings(t.Context(), []settings.Change{{At: noon, Key: "k", Before: []byte("1"), After: []byte("2"), Reason: "試験"}}, 0)
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

// Of many who change other keys at once, each knowing no change, one is taken too: what they want was judged without the others'.
func TestAChangeIsWrittenWithAllSeen(t *testing.T) {
	l := newLedger(t)
	var taken atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := l.AppendSettings(t.Context(), []settings.Change{{At: noon, Key: fmt.Sprintf("k%d", i), Before: []byte("1"), After: []byte("2"), Reason: "試験"}}, 0)
			if err == nil {
				taken.Add(1)
			} else if !errors.Is(err, settings.ErrStale) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := taken.Load(); n != 1 {
		t.Errorf("%d were taken", n)
	}
	held, err := l.HeldSettings(t.Context())
	must(t, err)
	must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows)
		SELECT now(), 'x', 'forged', '1', false, '2', false, 'x', 0`)) // which keeps nobody from a change
	_, err = l.AppendSettings(t.Context(), []settings.Change{{At: noon, Key: "other", Before: []byte("1"), After: []byte("2"), Reason: "試験"}}, held[0].ID)
	must(t, err)
}

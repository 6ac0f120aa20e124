package postgres

import (
	"context"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
)

// The register keeps the promises that the fleet's tests hold the fake to.
func TestLedgerKeepsTheRegister(t *testing.T) {
	dialertest.RunNodes(t, func(t *testing.T) dialertest.NodesRig {
		t.Helper()
		url := migrated(t)
		return dialertest.NodesRig{
			Node:      func(t *testing.T) dialertest.NodeLedger { t.Helper(); return openLedger(t, url, t.TempDir()) },
			NewTarget: func(*testing.T) dialer.Target { return newTarget() },
		}
	})
}

// TestReapWaitsForWhatIsBeingWritten: a reservation that is about to be committed when its node's life ends is either found by
// whoever ends it, or refused.
func TestReapWaitsForWhatIsBeingWritten(t *testing.T) {
	url := migrated(t)
	a, b := openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())
	for id, l := range map[dialer.NodeID]*Ledger{"a": a, "b": b} {
		_, err := l.Join(t.Context(), id, "", 200*time.Millisecond)
		must(t, err)
	}
	r := reservation(newTarget(), noon)
	writing, goOn, wrote := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		wrote <- b.inTx(t.Context(), "reserve slowly", func(ctx context.Context, q *db.Queries) error {
			if err := b.insertAttempt(ctx, q, r, b.self().Life); err != nil {
				return err
			}
			close(writing)
			<-goOn
			return nil
		})
	}()
	<-writing
	reap := func() (fleet.Life, bool) {
		must(t, a.Beat(t.Context(), fleet.Live))
		dead, ok, err := a.Reap(t.Context())
		must(t, err)
		return dead, ok
	}
	eventually(t, "the lease of b has run out, and a is steady", func() bool {
		must(t, a.Beat(t.Context(), fleet.Live))
		return count(t, a, `SELECT count(*) FROM nodes b, nodes a WHERE a.id = 'a' AND b.id = 'b' AND b.until < clock_timestamp()
			AND a.steady_since < clock_timestamp() - interval '200 ms'`) == 1
	})
	if dead, ok := reap(); ok {
		t.Fatalf("%s was reaped while an attempt of it was being written", dead.Node)
	}
	close(goOn)
	must(t, <-wrote)
	var dead fleet.Life
	eventually(t, "b is reaped", func() (ok bool) { dead, ok = reap(); return ok })
	left, err := a.Left(t.Context(), dead)
	must(t, err)
	if len(left) != 1 || left[0].ID != r.ID {
		t.Fatalf("b left %+v", left)
	}
}

// TestAStoppedTransactionLetsGo: a process that is stopped within a transaction keeps its row from the others no longer than the
// server lets it.
func TestAStoppedTransactionLetsGo(t *testing.T) {
	l := newLedger(t)
	if got := setting(t, l, "idle_in_transaction_session_timeout"); got != "5s" {
		t.Errorf("idle_in_transaction_session_timeout is %q", got)
	}
}

func setting(t *testing.T, l *Ledger, name string) (value string) {
	t.Helper()
	must(t, l.pool.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&value))
	return value
}

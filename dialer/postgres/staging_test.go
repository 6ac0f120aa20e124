package postgres

import (
	"context"
	"testing"

	"kakeru/dialer/casework"
)

// A list whose staging died with its process has failed, and says so; one that another process is staging has not.
func TestAListThatNobodyStagesAnyMore(t *testing.T) {
	url := migrated(t)
	l, other := openLedger(t, url, ""), openLedger(t, url, "")
	list := newList(true)
	begun, goOn, staged := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		_, err := other.Stage(t.Context(), list, func(yield func(casework.Row, error) bool) {
			close(begun)
			<-goOn
			yield(person("1"), nil)
		}, nil)
		staged <- err
	}()
	<-begun
	if p, err := l.Preview(t.Context(), list.ID); err != nil || p.State != "staging" {
		t.Errorf("while another process stages it: %s, %v", p.State, err)
	}
	close(goOn)
	must(t, <-staged)
	if p, err := l.Preview(t.Context(), list.ID); err != nil || p.State != "staged" {
		t.Errorf("%s, %v", p.State, err)
	}

	// kill -9: the row stays, the session does not.
	dead := newList(true)
	conn, err := l.pool.Acquire(t.Context())
	must(t, err)
	_, err = conn.Exec(t.Context(), "SELECT pg_advisory_lock(hashtextextended('staging ' || $1, 0))", dead.ID)
	must(t, err)
	must(t, exec(t, url, "INSERT INTO lists (id, file_name, by_user, at, sample, state) VALUES ($1, '', 'supervisor', $2, true, 'staging')", dead.ID, dead.At))
	if p, err := other.Preview(t.Context(), dead.ID); err != nil || p.State != "staging" {
		t.Errorf("%s, %v", p.State, err)
	}
	must(t, conn.Conn().Close(context.Background()))
	conn.Release()
	eventually(t, "the list has failed", func() bool {
		p, err := other.Preview(t.Context(), dead.ID)
		must(t, err)
		return p.State == "failed" && len(p.Problems) == 1 && p.Problems[0].Code == "interrupted" && p.Problems[0].JA != ""
	})
	if _, err := l.Apply(t.Context(), dead.ID, "supervisor", nil); err == nil {
		t.Error("a list that failed was applied")
	}
	must(t, l.Discard(t.Context(), dead.ID))
}

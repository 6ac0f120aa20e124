package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
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

// TestOnlySoManyListsAreStaged, whoever reads them and how many come at once. What failed, or was lost with its process, holds nothing and does not count; one that
// is applied or discarded makes room.
func TestOnlySoManyListsAreStaged(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for range mostStaged {
		must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO lists (id, file_name, by_user, at, sample, state) VALUES
			($1, 'x', 'x', now(), true, 'staging'), ($2, 'x', 'x', now(), true, 'failed')`, dialer.NewID(noon), dialer.NewID(noon)))
	}
	ids := make(chan string, 2*mostStaged)
	var people atomic.Int32
	by := func() dialer.UserID { return dialer.UserID(fmt.Sprint("somebody", people.Add(1))) }
	stage := func() error {
		list := newList(true)
		list.By = by()
		_, err := l.Stage(t.Context(), list, rowsOf(person("0000000800")), nil)
		if err == nil {
			ids <- list.ID
		}
		return err
	}
	for range mostStaged - 1 {
		must(t, stage())
	}
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() { errs <- stage() }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			wantListError(t, err, "many_staged")
		}
	}
	if len(ids) != mostStaged {
		t.Fatalf("%d lists are staged", len(ids))
	}
	_, err := l.Apply(t.Context(), <-ids, "admin", nil)
	must(t, err)
	must(t, l.Discard(t.Context(), <-ids))
	must(t, stage())
	must(t, stage())
	wantListError(t, stage(), "many_staged")
}

// TestOnePersonsNewestListsStayStaged: who reads lists again and again takes the places of nobody else, and is refused none. What others have staged stays.
func TestOnePersonsNewestListsStayStaged(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := noon
	stage := func(by dialer.UserID) string {
		t.Helper()
		list := newList(true)
		at = at.Add(time.Second)
		list.By, list.At = by, at
		_, err := l.Stage(t.Context(), list, rowsOf(person("0000000801")), nil)
		must(t, err)
		return list.ID
	}
	others := stage("other")
	ids := []string{}
	for range mostStaged + 1 {
		ids = append(ids, stage("ward"))
	}
	for i, id := range append(ids, others) {
		p, err := l.Preview(t.Context(), id)
		if stays := i > mostStaged-mostStagedOf; stays != (err == nil && p.State == "staged") {
			t.Errorf("list %d of %d: %+v, %v", i+1, len(ids), p.State, err)
		}
	}
	if n := count(t, l, "SELECT count(*) FROM staged_rows"); n != mostStagedOf+1 {
		t.Errorf("%d rows are staged", n)
	}
	_, err := l.Apply(t.Context(), ids[len(ids)-1], "ward", nil)
	must(t, err)
}

// TestOnlySoManyPaidListsAreStaged: as lists of cases, which take no place of theirs. Of one person the newest stay, and what was lost with its process holds nothing.
func TestOnlySoManyPaidListsAreStaged(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := noon
	stage := func(by dialer.UserID) (string, error) {
		list := newList(true)
		at = at.Add(time.Second)
		list.By, list.At = by, at
		_, err := l.StagePaid(t.Context(), list, paidRows(payment("1", firstTerm, tokyo(time.November, 20), 5)), nil)
		return list.ID, err
	}
	for range mostStaged {
		must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO paid_lists (id, file_name, by_user, at, sample, state) VALUES
			($1, 'x', 'x', now(), true, 'staging'), ($2, 'x', 'x', now(), true, 'failed')`, dialer.NewID(noon), dialer.NewID(noon)))
	}
	listed := newList(true)
	_, err := l.Stage(t.Context(), listed, rowsOf(person("0000000802")), nil)
	must(t, err)
	ids := []string{}
	for range 2 * mostStagedOf {
		id, err := stage("ward")
		must(t, err)
		ids = append(ids, id)
	}
	for i, id := range ids {
		if p, err := l.PaidPreview(t.Context(), id); (i >= mostStagedOf) != (err == nil && p.State == "staged") {
			t.Errorf("paid list %d of %d: %s, %v", i+1, len(ids), p.State, err)
		}
	}
	if n := count(t, l, "SELECT count(*) FROM staged_payments"); n != mostStagedOf {
		t.Errorf("%d payments are staged", n)
	}
	for i := range mostStaged - mostStagedOf {
		_, err := stage(dialer.UserID(fmt.Sprint("somebody", i)))
		must(t, err)
	}
	_, err = stage("one more")
	wantListError(t, err, "many_staged")
	_, _, err = l.ApplyPaid(t.Context(), ids[len(ids)-1], "ward")
	must(t, err)
	_, err = stage("one more")
	must(t, err)
	if p, err := l.Preview(t.Context(), listed.ID); err != nil || p.State != "staged" {
		t.Errorf("the list of cases is %s, %v", p.State, err)
	}
}

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit"
)

// checked reads the whole record as `kakeru audit verify` does.
func checked(t *testing.T, l *Ledger, anchors ...audit.Anchor) audit.Checked {
	t.Helper()
	c := audit.NewChecker(AuditChain(l.refs), anchors)
	for e, err := range l.All(t.Context(), 1) {
		must(t, err)
		c.Read(e)
	}
	return c.End()
}

func TestAuditStandsAsWritten(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	e := audit.Event{
		At: noon, By: "u1", Role: dialer.RoleOperator, Action: audit.CaseRead, Route: "GET /api/cases/{id}", Object: "x\x00y", Outcome: "a", Detail: "b → c",
		Address: "192.0.2.1", Cases: []dialer.CaseID{target.CaseID, target.CaseID, "no-case"},
	}
	must(t, l.WriteDown(t.Context(), e, audit.Event{At: noon.Add(time.Second), Action: audit.Searched, By: "u2"}))
	must(t, l.WriteDown(t.Context()))
	found, err := l.Entries(t.Context(), audit.Query{Case: target.CaseID, Most: 10})
	must(t, err)
	if len(found) != 1 || found[0].N != 1 || found[0].By != "u1" || !slices.Equal(found[0].Refs, []string{target.CaseRef}) || !found[0].At.Equal(noon) || found[0].Object != "xy" {
		t.Errorf("found %+v", found)
	}
	if all := checked(t, l); all.Entries != 2 || len(all.Findings) > 0 {
		t.Errorf("checked %+v", all)
	}
	for _, c := range []struct {
		ask  audit.Query
		want []int64
	}{
		{audit.Query{}, []int64{2, 1}},
		{audit.Query{Below: 2}, []int64{1}},
		{audit.Query{By: "u2"}, []int64{2}},
		{audit.Query{Action: audit.Searched}, []int64{2}},
		{audit.Query{Action: audit.Searched, By: "u1"}, nil},
		{audit.Query{Until: noon.Add(time.Second)}, []int64{1}},
		{audit.Query{From: noon.Add(time.Second)}, []int64{2}},
		{audit.Query{Ref: target.CaseRef, By: "u2"}, nil},
		{audit.Query{Ref: target.CaseRef, From: noon, Until: noon.Add(time.Microsecond)}, []int64{1}},
	} {
		c.ask.Most = 10
		found, err := l.Entries(t.Context(), c.ask)
		must(t, err)
		var got []int64
		for _, e := range found {
			got = append(got, e.N)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v found %v, not %v", c.ask, got, c.want)
		}
	}
}

// TestAuditOfManyAtOnceIsOneChain: two nodes, each with many requests at once.
func TestAuditOfManyAtOnceIsOneChain(t *testing.T) {
	url := migrated(t)
	l, other := openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())
	var all sync.WaitGroup
	for i := range 200 {
		node := []*Ledger{l, other}[i%2]
		all.Go(func() {
			if err := node.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.Listed, Object: fmt.Sprint(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if c := checked(t, l); c.Entries != 200 || len(c.Findings) > 0 {
		t.Errorf("%d entries, %v", c.Entries, c.Findings)
	}
}

// TestAuditSurvivesWhoGivesUp: a request that ends early takes nobody else's entries with it.
func TestAuditSurvivesWhoGivesUp(t *testing.T) {
	l := newLedger(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.WriteDown(gone, audit.Event{At: noon, Action: audit.Listed}); err == nil {
		t.Log("it was written before its end was seen")
	}
	must(t, l.WriteDown(t.Context(), audit.Event{At: noon, Action: audit.Searched}))
	if c := checked(t, l); len(c.Findings) > 0 || c.Entries != 2 {
		t.Errorf("%+v", c)
	}
}

// TestAuditIsTamperedWithBySQL: what whoever has the database, and may switch its triggers off, does to the record is found, and the
// entry named.
func TestAuditIsTamperedWithBySQL(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	for i := range 9 {
		must(t, l.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.CaseRead, Object: fmt.Sprint(i), Cases: []dialer.CaseID{target.CaseID}}))
	}
	newest, err := l.Newest(t.Context())
	must(t, err)
	for _, refused := range []string{"UPDATE audit SET by_user = 'x'", "DELETE FROM audit", "TRUNCATE audit"} {
		if func() error { _, err := l.pool.Exec(t.Context(), refused); return err }() == nil {
			t.Errorf("%s was let through", refused)
		}
	}
	for what, want := range map[string]audit.Finding{
		"UPDATE audit SET by_user = 'another' WHERE n = 4":                                                             {Fault: audit.FaultChanged, N: 4, To: 4},
		"UPDATE audit SET case_refs = '{}' WHERE n = 5":                                                                {Fault: audit.FaultChanged, N: 5, To: 5},
		"UPDATE audit SET at = at + interval '1 microsecond' WHERE n = 1":                                              {Fault: audit.FaultChanged, N: 1, To: 1},
		"DELETE FROM audit WHERE n IN (3, 4)":                                                                          {Fault: audit.FaultMissing, N: 3, To: 4},
		"DELETE FROM audit WHERE n = 1":                                                                                {Fault: audit.FaultMissing, N: 1, To: 1},
		"DELETE FROM audit WHERE n > 7":                                                                                {Fault: audit.FaultCutOff, N: 8, To: 9},
		"DELETE FROM audit WHERE n = 6; UPDATE audit SET n = n - 1 WHERE n > 6":                                        {Fault: audit.FaultChanged, N: 6, To: 6},
		"UPDATE audit SET n = 20 WHERE n = 2; UPDATE audit SET n = 2 WHERE n = 3; UPDATE audit SET n = 3 WHERE n = 20": {Fault: audit.FaultChanged, N: 2, To: 2},
		`INSERT INTO audit SELECT 10, at, by_user, role, action, route, object, outcome, detail, address, case_refs, seal, before
			FROM audit WHERE n = 9`: {Fault: audit.FaultChanged, N: 10, To: 10},
	} {
		tx, err := l.pool.Begin(t.Context())
		must(t, err)
		for _, sql := range append([]string{"ALTER TABLE audit DISABLE TRIGGER USER"}, strings.Split(what, ";")...) {
			_, err = tx.Exec(t.Context(), sql)
			must(t, err)
		}
		rows, err := tx.Query(t.Context(), "SELECT n, at, by_user, role, action, route, object, outcome, detail, address, case_refs, before, seal FROM audit ORDER BY n")
		must(t, err)
		c := audit.NewChecker(AuditChain(l.refs), []audit.Anchor{audit.AnchorOf(newest)})
		for rows.Next() {
			var e audit.Entry
			must(t, rows.Scan(&e.N, &e.At, &e.By, &e.Role, &e.Action, &e.Route, &e.Object, &e.Outcome, &e.Detail, &e.Address, &e.Refs, &e.Before, &e.Seal))
			c.Read(e)
		}
		must(t, rows.Err())
		if found := c.End().Findings; !slices.Contains(found, want) {
			t.Errorf("%s\nfound %v, not %v", what, found, want)
		}
		must(t, tx.Rollback(t.Context()))
	}
	if c := checked(t, l, audit.AnchorOf(newest)); len(c.Findings) > 0 {
		t.Errorf("and untouched: %v", c.Findings)
	}
}

// TestAuditOfAHungServer: nothing is shown that cannot be written down, and nobody waits for ever.
func TestAuditOfAHungServer(t *testing.T) {
	l := newLedger(t)
	tx, err := l.pool.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE audit")
	must(t, err)
	brief, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.WriteDown(brief, audit.Event{At: noon, Action: audit.Listed}); !errors.Is(err, dialer.ErrLedgerDown) {
		t.Errorf("it says %v", err)
	}
	must(t, tx.Rollback(t.Context()))
	must(t, l.WriteDown(t.Context(), audit.Event{At: noon, Action: audit.Searched}))
	if c := checked(t, l); len(c.Findings) > 0 {
		t.Errorf("%+v", c)
	}
}

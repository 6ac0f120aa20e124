package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
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

// TestAuditWithinATime: in the order of time, both ends included; of who is named, and what nobody is known for; page after page.
func TestAuditWithinATime(t *testing.T) {
	l := newLedger(t)
	day := func(n int, by dialer.UserID) audit.Event {
		return audit.Event{At: noon.Add(time.Duration(n) * time.Hour), By: by, Action: audit.Listed}
	}
	must(t, l.WriteDown(t.Context(), day(1, "u1"), day(3, "u2"), day(2, "u1"), day(3, ""), day(4, "u1"), day(3, "u1")))
	for _, c := range []struct {
		from, until int
		who         []dialer.UserID
		want        []int64
	}{
		{0, 9, nil, []int64{1, 3, 2, 4, 6, 5}},
		{1, 3, nil, []int64{1, 3, 2, 4, 6}},
		{2, 3, []dialer.UserID{"u1"}, []int64{3, 4, 6}},
		{2, 3, []dialer.UserID{"u1", "u2"}, []int64{3, 2, 4, 6}},
		{2, 4, []dialer.UserID{"nobody"}, []int64{4}},
		{5, 9, nil, nil},
	} {
		var got []int64
		for e, err := range l.Within(t.Context(), noon.Add(time.Duration(c.from)*time.Hour), noon.Add(time.Duration(c.until)*time.Hour), c.who) {
			must(t, err)
			got = append(got, e.N)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v", c, got)
		}
	}
	many := make([]audit.Event, 2*auditPage-5)
	for i := range many {
		many[i] = audit.Event{At: noon.Add(20 * time.Hour), By: "u9", Action: audit.Listed}
	}
	must(t, l.WriteDown(t.Context(), many...))
	next := int64(1)
	for e, err := range l.Within(t.Context(), noon, noon.Add(24*time.Hour), nil) {
		must(t, err)
		if next > 6 && e.N != next {
			t.Fatalf("entry %d comes where %d belongs", e.N, next)
		}
		next++
	}
	if want := int64(len(many) + 7); next != want {
		t.Errorf("%d entries, want %d", next-1, want-1)
	}
	for _, err := range l.Within(t.Context(), noon, noon.Add(24*time.Hour), nil) {
		must(t, err)
		break // who has enough may stop
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

// TestAuditSurvivesWhoGivesUp: a request that ends early takes nobody else's entries with it; its own stands there if it was begun.
func TestAuditSurvivesWhoGivesUp(t *testing.T) {
	l := newLedger(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.WriteDown(gone, audit.Event{At: noon, Action: audit.Listed}); err == nil {
		t.Log("it was written before its end was seen")
	}
	must(t, l.WriteDown(t.Context(), audit.Event{At: noon, Action: audit.Searched}))
	newest, err := l.Newest(t.Context())
	must(t, err)
	if c := checked(t, l); len(c.Findings) > 0 || c.Entries != newest.N || newest.Action != audit.Searched {
		t.Errorf("%+v, and the newest is %+v", c, newest)
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
	owner := asOwner(t, l)
	newest, err := l.Newest(t.Context())
	must(t, err)
	for _, refused := range []string{"UPDATE audit SET by_user = 'x'", "DELETE FROM audit", "TRUNCATE audit"} {
		if func() error { _, err := owner.Exec(t.Context(), refused); return err }() == nil {
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
		tx, err := owner.Begin(t.Context())
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

// TestARecordThatWasCutKeepsTheGap: the newest entries are taken out by SQL, with no anchor of them anywhere, and the record goes on:
// whoever wrote one of those leaves the gap open for every check to come, also where another server has written over it.
func TestARecordThatWasCutKeepsTheGap(t *testing.T) {
	for what, between := range map[string]int{"nobody wrote in between": 0, "another server wrote one": 1, "as many": 2, "and more": 3} {
		t.Run(what, func(t *testing.T) {
			url, wrote := migrated(t), 0
			one, two := openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())
			owner := asOwner(t, one)
			write := func(l *Ledger, n int) { // no two entries alike
				for range n {
					wrote++
					must(t, l.WriteDown(t.Context(), audit.Event{At: noon, By: "u", Action: audit.Listed, Object: fmt.Sprint(wrote)}))
				}
			}
			write(one, 5)
			for _, sql := range []string{"ALTER TABLE audit DISABLE TRIGGER USER", "DELETE FROM audit WHERE n > 3", "ALTER TABLE audit ENABLE TRIGGER USER"} {
				_, err := owner.Exec(t.Context(), sql)
				must(t, err)
			}
			if c := checked(t, one); !c.Sound() {
				t.Fatalf("a cut that nobody wrote after is for anchors to find, not %v", c.Findings)
			}
			write(two, between)
			write(one, 2)
			c := checked(t, two)
			if len(c.Findings) != 1 || c.Findings[0].Fault != audit.FaultMissing || c.Newest.N < 7 {
				t.Errorf("found %v, the newest is %d", c.Findings, c.Newest.N)
			}
			write(two, 1) // goes on after it
			if again := checked(t, two); len(again.Findings) != 1 {
				t.Errorf("then %v", again.Findings)
			}
		})
	}
}

// TestTheRecordGoesOnBesideForgedEntries: who may write into the table puts entries there that bear no right seal: a copy under the largest number, one
// in the way of the next, some before the first. None stops the record, each is named, and no anchor is taken of one.
func TestTheRecordGoesOnBesideForgedEntries(t *testing.T) {
	const forge = `INSERT INTO audit SELECT n, now(), 'u', 'admin', 'listed', '', '', '', '', '', '{}', sha256('a'), sha256('b') FROM unnest($1::bigint[]) n`
	for what, c := range map[string]struct {
		before int
		forged []int64
	}{
		"the largest number":         {before: 3, forged: []int64{math.MaxInt64}},
		"the next number":            {before: 3, forged: []int64{4}},
		"here and there":             {before: 3, forged: []int64{4, 6, 7, 10, 1000, math.MaxInt64 - 1, math.MaxInt64}},
		"more than are read at once": {before: 3, forged: numbersFrom(5, 200)},
		"nothing else is there":      {forged: []int64{2, math.MaxInt64}},
	} {
		t.Run(what, func(t *testing.T) {
			url := migrated(t)
			one, two := openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())
			wrote := 0
			write := func(l *Ledger, events int) {
				t.Helper()
				all := make([]audit.Event, events)
				for i := range all {
					wrote++
					all[i] = audit.Event{At: noon, By: "u", Action: audit.Listed, Object: fmt.Sprint(wrote)}
				}
				must(t, l.WriteDown(t.Context(), all...))
			}
			for range c.before {
				write(one, 1)
			}
			_, err := asOwner(t, one).Exec(t.Context(), forge, c.forged)
			must(t, err)
			for range 3 {
				write(one, 2)
				write(two, 5)
			}
			found := checked(t, two)
			if found.Entries != int64(wrote+len(c.forged)) {
				t.Errorf("%d entries stand, of %d that were written and %d that were forged", found.Entries, wrote, len(c.forged))
			}
			for _, n := range c.forged {
				if !slices.Contains(found.Findings, audit.Finding{Fault: audit.FaultChanged, N: n, To: n}) {
					t.Errorf("of entry %d nothing is said", n)
				}
			}
			changed := 0
			for _, f := range found.Findings {
				if f.Fault == audit.FaultChanged {
					changed++
				}
			}
			newest, err := one.Newest(t.Context())
			must(t, err)
			if changed != len(c.forged) || newest.Object != fmt.Sprint(wrote) || found.Newest.N != newest.N {
				t.Errorf("%d are called changed, the newest is %q under %d, the check says %d", changed, newest.Object, newest.N, found.Newest.N)
			}
		})
	}
}

func numbersFrom(first, many int64) (all []int64) {
	for i := range many {
		all = append(all, first+i)
	}
	return all
}

// TestAuditOfAHungServer: nothing is shown that cannot be written down, and nobody waits for ever.
func TestAuditOfAHungServer(t *testing.T) {
	l := newLedger(t)
	tx, err := asOwner(t, l).Begin(t.Context())
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

// TestAnIDThatIsNoneSpoilsNobodysEntry: entries of one moment are written together, and what somebody typed as an id must not fail the others'.
func TestAnIDThatIsNoneSpoilsNobodysEntry(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	good := string(target.CaseID)
	for _, typed := range []string{strings.Repeat("0", 36), good[:8] + "_" + good[9:], "{" + good + "}", strings.ToUpper(good), "x", ""} {
		must(t, l.WriteDown(t.Context(),
			audit.Event{At: noon, By: "u1", Action: audit.Refused, Cases: []dialer.CaseID{dialer.CaseID(typed)}, Calls: []dialer.CallID{dialer.CallID(typed)}},
			audit.Event{At: noon, By: "u2", Action: audit.CaseRead, Cases: []dialer.CaseID{target.CaseID}}))
	}
	found, err := l.Entries(t.Context(), audit.Query{Case: target.CaseID, Most: 10})
	if must(t, err); len(found) != 6 {
		t.Errorf("%d entries name the case, want 6", len(found))
	}
}

package postgres

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/settings"
	"kakeru/dialer/vault"
)

// TestWhatIsSetBySQLDoesNotHold: settings and lists' sources that the role that serves writes in somebody's name hold nothing, whatever they are copied from, are on
// no screen, keep nobody from the next change, and are told.
func TestWhatIsSetBySQLDoesNotHold(t *testing.T) {
	l := newLedger(t)
	set := func(after string, follows int64) int64 {
		t.Helper()
		ids, err := l.AppendSettings(t.Context(), []settings.Change{{At: noon, By: "a", Key: "k", Before: []byte("0"), After: []byte(after), Reason: "試験", Follows: follows}}, follows)
		must(t, err)
		return ids[0]
	}
	holds := func(want string, id int64) {
		t.Helper()
		held, err := l.HeldSettings(t.Context())
		must(t, err)
		if len(held) != 1 || string(held[0].After) != want || held[0].ID != id {
			t.Errorf("%+v holds, want %s by %d", held, want, id)
		}
	}
	first := set(`{"days": 90}`, 0)
	second := set(`{"days": 60}`, first)
	for what, sql := range map[string]string{
		"in the chain":       "SELECT at, by_user, key, before, before_file, '{\"days\": 1}', after_file, reason, 2, reverts FROM setting_changes WHERE id = 2",
		"an old one again":   "SELECT at, by_user, key, before, before_file, after, after_file, reason, follows, reverts FROM setting_changes WHERE id = 1",
		"and after the last": "SELECT at, by_user, key, before, before_file, after, after_file, reason, 2, reverts FROM setting_changes WHERE id = 1",
	} {
		if _, err := l.pool.Exec(t.Context(), "INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows, reverts) "+sql); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		_, err := l.pool.Exec(t.Context(), "INSERT INTO row_marks SELECT 'setting', (SELECT max(id) FROM setting_changes)::text, mark FROM row_marks ON CONFLICT DO NOTHING")
		must(t, err)
		holds(`{"days": 60}`, second)
	}
	shown, err := l.SettingChanges(t.Context(), settings.Query{Most: 10})
	if must(t, err); len(shown) != 2 {
		t.Errorf("%d changes are shown", len(shown))
	}
	third := set(`{"days": 30}`, second)
	holds(`{"days": 30}`, third)

	source := casework.ListSource{Name: "収納課", Columns: []casework.ListColumn{{Name: "番号", Field: casework.FieldWardNumber}}, By: "boss", At: noon}
	saved, err := l.SaveListSource(t.Context(), source)
	must(t, err)
	_, err = l.pool.Exec(t.Context(), `INSERT INTO list_sources SELECT name, 2, '[{"name": "保証人電話", "field": "phone1"}]', by_user, at FROM list_sources`)
	must(t, err)
	sources, err := l.ListSources(t.Context())
	if must(t, err); len(sources) != 1 || sources[0].Version != saved.Version || !slices.Equal(sources[0].Columns, source.Columns) {
		t.Errorf("by %+v a list would be read", sources)
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, []string{"setting", "source"}) {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
}

// TestRowsFromBeforeTheMarksAreMarkedOnce: an older ledger's settings, sources, closes and reports go on to hold; what is written without a mark afterwards does not.
func TestRowsFromBeforeTheMarksAreMarkedOnce(t *testing.T) {
	l := newLedger(t)
	owner := asOwner(t, l)
	older := func(at string) {
		t.Helper()
		for _, sql := range []string{
			`INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows) VALUES (now(), 'admin', '` + at + `', '1', true, '2', false, 'x', 0)`,
			`INSERT INTO list_sources VALUES ('` + at + `', 1, '[]', 'boss', now())`,
			`INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at, manifest) VALUES (gen_random_uuid(), '` + at + `', 'x', now(), 'closed', now(), 'ff')`,
			`INSERT INTO issued_reports VALUES ('day', '` + at + `', 1, now(), 'sv', '', '{}', sha256('{}'), true)`,
		} {
			_, err := l.pool.Exec(t.Context(), sql)
			must(t, err)
		}
	}
	hold := func(want int) {
		t.Helper()
		held, err := l.HeldSettings(t.Context())
		must(t, err)
		sources, err := l.ListSources(t.Context())
		must(t, err)
		closes, err := l.Closes(t.Context(), 10)
		must(t, err)
		reports, err := l.IssuedSince(t.Context(), time.Time{})
		must(t, err)
		if len(held) != want || len(sources) != want || len(closes) != want || len(reports) != want {
			t.Errorf("%d settings, %d sources, %d closes and %d reports hold, want %d of each", len(held), len(sources), len(closes), len(reports), want)
		}
	}
	dir := t.TempDir()
	older("2026-11-24")
	hold(0)
	for _, sql := range []string{"ALTER TABLE rows_marked DISABLE TRIGGER USER", "DELETE FROM rows_marked", "ALTER TABLE rows_marked ENABLE TRIGGER USER"} {
		byOwner(t, owner, sql)
	}
	must(t, l.markRows(t.Context(), "")) // a command marks nothing
	hold(0)
	must(t, l.markRows(t.Context(), dir))
	hold(1)
	older("2026-11-25")
	must(t, l.markRows(t.Context(), dir))
	hold(1)
	must(t, l.markRows(t.Context(), t.TempDir())) // another node
	hold(1)
}

// TestNodesThatStartTogetherMarkOnce: after an update, with much to mark; neither is kept from starting.
func TestNodesThatStartTogetherMarkOnce(t *testing.T) {
	url := migrated(t)
	one, two := openLedger(t, url, t.TempDir()), openLedger(t, url, t.TempDir())
	for range 3 {
		for _, sql := range []string{
			`INSERT INTO setting_changes (at, by_user, key, before, before_file, after, after_file, reason, follows)
				SELECT now(), 'admin', 'k' || random(), '1', true, '2', false, 'x', 0 FROM generate_series(1, 50)`,
			"ALTER TABLE rows_marked DISABLE TRIGGER USER", "DELETE FROM rows_marked", "ALTER TABLE rows_marked ENABLE TRIGGER USER",
		} {
			byOwner(t, asOwner(t, one), sql)
		}
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, l := range []*Ledger{one, two} {
			both.Go(func() { errs[i] = l.markRows(t.Context(), t.TempDir()) })
		}
		both.Wait()
		must(t, errors.Join(errs...))
		if held, err := two.HeldSettings(t.Context()); err != nil || len(held)%50 != 0 || len(held) == 0 {
			t.Errorf("%d hold, %v", len(held), err)
		}
	}
}

// TestAHandoffThatHasItsKeyHasNotGoneBack: what its row is made to say has no key destroyed: it goes back with the next close like any.
func TestAHandoffThatHasItsKeyHasNotGoneBack(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	_, err := l.Record(t.Context(), wishes(call(t, l, target, noon, dialer.Answered), noon, casework.Instalments))
	must(t, err)
	h := handoffsOf(t, l, target.CaseID)[0].ID
	c := newClose(noon.Add(time.Hour))
	_, err = l.pool.Exec(t.Context(), "UPDATE handoffs SET state = 'returned', moved_at = '2099-01-01' WHERE id = $1", h)
	must(t, err)
	ids, err := l.HandoffsToReturn(t.Context(), c)
	if must(t, err); !slices.Equal(ids, []string{h}) {
		t.Errorf("%v goes back, want %s", ids, h)
	}
	must(t, l.Destroy(t.Context(), c)) // the rest of a close that has not taken it
	if err := l.vault.Has(vault.Matter(h)); err != nil {
		t.Errorf("its key: %v", err)
	}
	must(t, l.ReturnHandoff(t.Context(), h, "sv", noon))
	if err := l.vault.Has(vault.Matter(h)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("its key, once it has gone back: %v", err)
	}
}

// TestSumsThatAreNotTheWardsAreNotShown: what somebody owes, raised, moved to another term or added by SQL, is shown to nobody, and told; the ward's next list, and
// what it leaves as it was, are right again. Sums from before the marks are marked once.
func TestSumsThatAreNotTheWardsAreNotShown(t *testing.T) {
	l := newLedger(t)
	target, other := listedTarget(t, l), listedTarget(t, l)
	shown := func(id dialer.CaseID, want int) {
		t.Helper()
		if got := len(caseOf(t, l, id).Balances); got != want {
			t.Errorf("%d sums are shown, want %d", got, want)
		}
	}
	told := func(want ...string) {
		t.Helper()
		if kinds, err := l.ForeignRows(t.Context()); err != nil || !slices.Equal(kinds, want) {
			t.Errorf("of it is told %v, %v", kinds, err)
		}
	}
	shown(target.CaseID, 1)
	told()
	if _, err := l.pool.Exec(t.Context(), "DELETE FROM case_sums"); err == nil {
		t.Error("marks are taken away")
	}
	for _, sql := range []string{
		"UPDATE balances SET yen = yen * 10 WHERE case_id = $1", "UPDATE balances SET term = 'x' WHERE case_id = $1", "UPDATE balances SET due_on = due_on + 1 WHERE case_id = $1",
		"INSERT INTO balances SELECT case_id, 'kouki', 'x', due_on, yen FROM balances WHERE case_id = $1", "DELETE FROM balances WHERE case_id = $1",
		"UPDATE case_sums SET mark = (SELECT o.mark FROM case_sums o WHERE o.case_id <> $1) WHERE case_id = $1",
	} {
		tx, err := l.pool.Begin(t.Context())
		must(t, err)
		_, err = tx.Exec(t.Context(), sql, string(target.CaseID))
		must(t, err)
		found, err := l.loadCases(t.Context(), db.New(tx), []string{string(target.CaseID), string(other.CaseID)})
		must(t, err)
		if !strings.Contains(found[string(target.CaseID)].WardNote, sumsChangedNote) || strings.Contains(found[string(other.CaseID)].WardNote, sumsChangedNote) {
			t.Errorf("%s: the operator reads %q", sql, found[string(target.CaseID)].WardNote)
		}
		if n, theirs := len(found[string(target.CaseID)].Balances), len(found[string(other.CaseID)].Balances); n != 0 || theirs != 1 {
			t.Errorf("%s: %d sums are shown, and %d of another", sql, n, theirs)
		}
		must(t, tx.Rollback(t.Context()))
	}
	_, err := l.pool.Exec(t.Context(), "UPDATE balances SET yen = yen * 10")
	must(t, err)
	shown(target.CaseID, 0)
	told("sum")
	for _, sql := range []string{"ALTER TABLE rows_marked DISABLE TRIGGER USER", "DELETE FROM rows_marked", "ALTER TABLE rows_marked ENABLE TRIGGER USER"} {
		byOwner(t, asOwner(t, l), sql)
	}
	must(t, l.markRows(t.Context(), t.TempDir())) // as if they were from before
	shown(target.CaseID, 1)
	told()
}

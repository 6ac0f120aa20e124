package postgres

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/vault"
)

var today = dialer.DateOf(noon)

// ownVault is a ledger's whose days are to be destroyed.
func ownVault(t testing.TB) *vault.Vault {
	t.Helper()
	v, err := vault.Open(filepath.Join(t.TempDir(), "keys"))
	must(t, err)
	return v
}

func openWith(t testing.TB, url string, v *vault.Vault, at time.Time) *Ledger {
	t.Helper()
	l, err := Open(t.Context(), Options{
		URL: url, SpoolDir: t.TempDir(), Refs: testRefs, Vault: v, Now: func() time.Time { return at }, Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(l.Close)
	return l
}

// people are some of a list, no two alike in anything that says who they are.
func people(n int) []casework.Row {
	rows := make([]casework.Row, n)
	for i := range rows {
		r := person(fmt.Sprintf("%010d", 7_310_000+i))
		r.Person.Name, r.Person.Kana = fmt.Sprintf("鷲見%c 椛", '一'+rune(i)), "スミ モミジ"
		r.Person.Address = fmt.Sprintf("見本が丘%d丁目", 4000+i)
		r.Person.BornOn, r.Person.PostalCode = "1961-02-03", "999-7391"
		r.Household = "鷲見 " + r.Person.Address
		r.Note = fmt.Sprintf("犬がいる家%d", i)
		rows[i] = r
	}
	return rows
}

// secrets are all that says who somebody of a list is.
func secrets(rows []casework.Row) (all []string) {
	for _, r := range rows {
		all = append(all, r.WardNumber, r.Person.Name, r.Person.Kana, r.Person.Address, r.Person.PostalCode, r.Person.BornOn, r.Note, r.Household)
		for _, p := range r.Phones {
			all = append(all, string(p.Number))
		}
	}
	return all
}

// dayOf is a day of calls about the people of a list: talks, notes, a call that came in, one that is still up.
func dayOf(t *testing.T, l *Ledger, rows []casework.Row) (ids []dialer.CaseID, said []string) {
	t.Helper()
	for i, w := range load(t, l, rows...).Waiting {
		ids = append(ids, w.Case)
		r := call(t, l, targetOf(t, l, w.Case), noon.Add(time.Duration(i)*time.Minute), dialer.Answered)
		e := entry(r)
		e.Note = fmt.Sprintf("梅雨明けに払う%d", i)
		said = append(said, e.Note)
		_, err := l.Record(t.Context(), e)
		must(t, err)
	}
	caller := newNumber()
	said = append(said, string(caller))
	_, err := l.Arrive(t.Context(), dialer.Arrival{
		ID: newID(), At: noon, Trunk: "lab", Caller: caller, NumberRef: testRefs.Number(caller), Kind: caller.Kind(), NewCase: dialer.CaseID(dialer.NewID(noon)),
		CustomerLeg: dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: dialer.NewID(noon), Data: []byte("INVITE sip:" + string(caller))},
	})
	must(t, err)
	id, err := l.AdHoc(t.Context(), newNumber(), "窓口で番号を聞いた", "supervisor")
	must(t, err)
	return append(ids, id), append(said, "窓口で番号を聞いた")
}

// found lists which words stand anywhere under a folder.
func found(t *testing.T, folder string, words []string) (hits []string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // a server at work removes files meanwhile
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		hits = append(hits, standIn(path, b, words)...)
		return nil
	}))
	return hits
}

func standIn(where string, b []byte, words []string) (hits []string) {
	for _, w := range words {
		if bytes.Contains(b, []byte(w)) {
			hits = append(hits, where+": "+w)
		}
	}
	return hits
}

// TestNobodyStandsInTheDatabase: from the first moment on nothing that says who somebody is stands in PostgreSQL's files (tables,
// write-ahead log, what was sorted on disk), and nothing in a dump. Once the day's custody is over, neither the ledger nor a copy of
// the database of before has anybody; the facts stay.
func TestNobodyStandsInTheDatabase(t *testing.T) {
	full.Only(t)
	t.Parallel()
	pg := storestest.OwnPostgres(t)
	must(t, pg.CreateDatabase(t.Context(), "day", ""))
	url := pg.URL("day")
	must(t, migrate(url))
	v := ownVault(t)
	l := openWith(t, url, v, noon)
	rows := people(300)
	ids, said := dayOf(t, l, rows)
	words := append(secrets(rows), said...)
	look := func(when string) {
		t.Helper()
		must(t, exec(t, url, "CHECKPOINT"))
		if hits := found(t, pg.StateDir(), words); len(hits) > 0 {
			t.Errorf("%s: %d, as %s", when, len(hits), hits[0])
		}
		if dump := dumped(t, url); dump != nil {
			if hits := standIn("the dump", dump, words); len(hits) > 0 || !bytes.Contains(dump, []byte(testRefs.Case(rows[0].WardNumber))) {
				t.Errorf("%s: %v", when, hits)
			}
		}
	}
	look("by day")
	if c := caseOf(t, l, ids[7]); c.Person != rows[7].Person || c.WardNote != rows[7].Note || c.Phones[0].Number != rows[7].Phones[0].Number {
		t.Fatalf("%+v", c)
	}
	facts := count(t, l, "SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM attempt_results) + (SELECT count(*) FROM balances)")

	l.Close() // a copy is made of a database that nobody uses
	must(t, exec(t, pg.URL("postgres"), "CREATE DATABASE backup TEMPLATE day"))
	l = openWith(t, url, v, noon)
	gone, err := l.DestroyCustody(t.Context(), today)
	must(t, err)
	if gone.Persons != 300 || gone.Phones != 602 || gone.EntryNotes != 300 || gone.Cases != 302 || gone.Callers != 1 || gone.CaseNotes != 301 || gone.Legs != 1 {
		t.Errorf("%+v", gone)
	}
	look("by night")
	for name, of := range map[string]*Ledger{"the ledger": l, "the backup": openWith(t, pg.URL("backup"), v, noon)} {
		cases, err := of.Cases(t.Context(), ids)
		must(t, err)
		for _, c := range cases {
			if c.Person != (casework.Person{}) || c.WardNumber != "" || c.WardNote != "" || len(c.Phones) != 0 {
				t.Fatalf("%s has %+v", name, c)
			}
		}
		for _, q := range []string{rows[3].Person.Name, rows[3].WardNumber, string(rows[3].Phones[0].Number)} {
			if hits, err := of.Search(t.Context(), q, 10); err != nil || len(hits) != 0 {
				t.Errorf("%s finds %d, %v", name, len(hits), err)
			}
		}
		attempts, _, err := of.Attempts(t.Context(), casework.AttemptFilter{CaseID: ids[3]})
		if must(t, err); len(attempts) != 1 || attempts[0].Entry == nil || attempts[0].Entry.Note != "" || attempts[0].Entry.Promise == nil {
			t.Errorf("%s: %+v", name, attempts)
		}
		if n := count(t, of, "SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM attempt_results) + (SELECT count(*) FROM balances)"); n != facts {
			t.Errorf("%s: %d facts, not %d", name, n, facts)
		}
		if n := count(t, of, "SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM entry_notes) + (SELECT count(*) FROM inbound_callers)"); n != 0 {
			t.Errorf("%s: %d personal rows", name, n)
		}
	}
}

// dumped is what pg_dump writes; nil on a machine that has none.
func dumped(t *testing.T, url string) []byte {
	t.Helper()
	tool, err := osexec.LookPath("pg_dump")
	if err != nil {
		return nil
	}
	b, err := osexec.CommandContext(t.Context(), tool, url).Output() //nolint:gosec // the server of this test
	must(t, err)
	return b
}

// TestACaseThatWentBack is in no line and no list, is not dialled, and comes back with the next list where it stood, with what was
// learnt of its numbers.
func TestACaseThatWentBack(t *testing.T) {
	t.Parallel()
	url, v := migrated(t), ownVault(t)
	l := openWith(t, url, v, noon)
	rows := people(3)
	ids := load(t, l, rows...).Waiting
	a, b := ids[0].Case, ids[1].Case
	call(t, l, targetOf(t, l, a), noon, dialer.NumberChanged)
	must(t, l.Defer(t.Context(), a, dialer.CaseNext{State: dialer.CaseWaiting, Due: noon.Add(48 * time.Hour), Why: "あさって"}))
	must(t, l.Defer(t.Context(), b, dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"}))
	for range 2 { // it can be asked again
		_, err := l.DestroyCustody(t.Context(), today)
		must(t, err)
	}
	for w, err := range l.Waiting(t.Context()) {
		t.Errorf("%v waits, %v", w, err)
	}
	if w, err := l.Place(t.Context(), a); w != nil {
		t.Errorf("%+v, %v", w, err)
	}
	if held, err := l.Held(t.Context(), 10); err != nil || len(held) != 0 {
		t.Errorf("%d held, %v", len(held), err)
	}
	if c, err := l.Counts(t.Context()); err != nil || len(c.Waiting) != 0 || c.Held != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	_, err := l.Target(t.Context(), a, "")
	wantRule(t, err, dialer.CaseReturned)
	_, err = l.Target(t.Context(), a, rows[0].Phones[0].Number)
	wantRule(t, err, dialer.CaseReturned)

	next := openWith(t, url, v, noon.Add(24*time.Hour))
	rows[2].Balance.Yen++
	done := load(t, next, rows...)
	if done.New != 0 || done.Changed != 1 || done.Same != 2 || len(done.Waiting) != 2 {
		t.Fatalf("%+v", done)
	}
	c := caseOf(t, next, a)
	if c.Person != rows[0].Person || !c.Next.Due.Equal(noon.Add(48*time.Hour)) || c.Phones[0].Usable || !c.Phones[1].Usable {
		t.Errorf("%+v", c)
	}
	if held := caseOf(t, next, b); held.Next.State != dialer.CaseHeld || held.WardNote != rows[1].Note {
		t.Errorf("%+v", held)
	}
	if found, err := next.Search(t.Context(), rows[2].Person.Name, 5); err != nil || len(found) != 1 || found[0].ID != ids[2].Case {
		t.Errorf("%d found, %v", len(found), err)
	}
	if target := targetOf(t, next, a); target.Number != rows[0].Phones[1].Number {
		t.Error("the number that proved wrong is dialled again")
	}
}

// TestAnotherFolderOfKeys: a node whose folder is not the one that the others share does not start, and says what to do.
func TestAnotherFolderOfKeys(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	openLedger(t, url, t.TempDir())
	_, err := Open(t.Context(), Options{URL: url, Refs: testRefs, Vault: ownVault(t), Now: testNow})
	oneLine(t, err, "vault.folder", "shared")
	// It has a key of that day, too, but one of its own.
	v := ownVault(t)
	_, err = v.Seal(vault.Day(today), nil, nil)
	must(t, err)
	_, err = Open(t.Context(), Options{URL: url, Refs: testRefs, Vault: v, Now: testNow})
	oneLine(t, err, "vault.folder", "shared")
	_, err = Open(t.Context(), Options{URL: url, Refs: testRefs})
	oneLine(t, err, "vault")
}

// TestADestructionThatWasCut between the keys and the rows, or the other way round, is finished by the next start.
func TestADestructionThatWasCut(t *testing.T) {
	t.Parallel()
	url, v := migrated(t), ownVault(t)
	l := openWith(t, url, v, noon)
	load(t, l, people(2)...)
	must(t, v.Destroy(vault.Day(today)))
	l.Close()
	l = openWith(t, url, v, noon)
	if n := count(t, l, "SELECT count(*) FROM persons") + count(t, l, "SELECT count(*) FROM cases WHERE custody <= $1", dateColumn(today)); n != 0 {
		t.Errorf("%d rows of a day whose key is gone", n)
	}
	// What comes in after a close is the next day's.
	load(t, l, people(1)...)
	if n := count(t, l, "SELECT count(*) FROM persons WHERE custody = $1", dateColumn(today.Next())); n != 1 {
		t.Errorf("%d persons of the next day", n)
	}
	must(t, l.spool.append(ended(anEnd())))
	if _, err := l.DestroyCustody(t.Context(), today.Next()); err == nil {
		t.Error("what waits in the spool was made unreadable")
	}
}

// TestWhatWasPlainIsSealed: a ledger of an earlier version is sealed by whoever opens it first, whole, and says the same then.
func TestWhatWasPlainIsSealed(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	rows := people(2)
	ids := load(t, l, rows...).Waiting
	r := call(t, l, targetOf(t, l, ids[0].Case), noon, dialer.Answered)
	e := entry(r)
	_, err := l.Record(t.Context(), e)
	must(t, err)
	l.Close()
	must(t, exec(t, url, `CREATE TABLE plain_persons (case_id uuid, ward_number text, name text, kana text, postal_code text, address text, born_on text);
		CREATE TABLE plain_phones (case_id uuid, number text, rank int, kind text, usable boolean, number_ref text);
		CREATE TABLE plain_case_notes (case_id uuid, note text);
		CREATE TABLE plain_entry_notes (attempt_id uuid, revision int, note text);
		CREATE TABLE plain_attempt_legs (attempt_id uuid, leg text, sip_call_id text, handle bytea, noted int);
		CREATE TABLE plain_inbound_callers (attempt_id uuid, number text);
		DELETE FROM persons; DELETE FROM case_notes; DELETE FROM entry_notes; DELETE FROM phones; UPDATE cases SET custody = NULL`))
	for i, row := range rows {
		id := string(ids[i].Case)
		must(t, exec(t, url, "INSERT INTO plain_persons VALUES ($1, $2, $3, $4, $5, $6, $7)", id, row.WardNumber, row.Person.Name, row.Person.Kana,
			row.Person.PostalCode, row.Person.Address, row.Person.BornOn))
		must(t, exec(t, url, "INSERT INTO plain_case_notes VALUES ($1, $2)", id, row.Note))
		for _, p := range row.Phones {
			must(t, exec(t, url, "INSERT INTO plain_phones VALUES ($1, $2, $3, $4, true, $5)", id, string(p.Number), p.Rank, string(p.Kind), testRefs.Number(p.Number)))
		}
	}
	must(t, exec(t, url, "INSERT INTO plain_entry_notes VALUES ($1, 1, $2)", string(r.ID), e.Note))
	must(t, exec(t, url, "INSERT INTO plain_attempt_legs VALUES ($1, 'desk', 'x', 'handle', 0)", string(r.ID)))
	must(t, exec(t, url, "INSERT INTO plain_inbound_callers VALUES ($1, $2)", string(r.ID), string(rows[0].Phones[0].Number)))
	oneLine(t, Grant(t.Context(), url, serving(url)), "with the owner in database.url")
	l = openBy(t, url, t.TempDir()) // the one start that only the owner can make
	for i, row := range rows {
		c := caseOf(t, l, ids[i].Case)
		if c.Person != row.Person || c.WardNumber != row.WardNumber || c.WardNote != row.Note || len(c.Phones) != 2 || c.Phones[1].Number != row.Phones[1].Number {
			t.Errorf("%+v", c)
		}
	}
	a, err := l.Attempt(t.Context(), r.ID)
	if must(t, err); a.Entry.Note != e.Note {
		t.Errorf("%+v", a.Entry)
	}
	if found, err := l.Search(t.Context(), rows[1].WardNumber, 5); err != nil || len(found) != 1 {
		t.Errorf("%d found, %v", len(found), err)
	}
	if n := count(t, l, "SELECT count(*) FROM pg_class WHERE relname LIKE 'plain_%' AND relkind = 'r'"); n != 0 {
		t.Errorf("%d plain tables are left", n)
	}
	openLedger(t, url, t.TempDir()) // once is enough
}

// TestANoteThatWasChangedHoldsNothingUp: who changes notes by SQL keeps neither the records from being read, nor the case from being shown, nor the close's
// file from being written. In their place it says what they are not.
func TestANoteThatWasChangedHoldsNothingUp(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	talk := call(t, l, target, noon, dialer.Answered)
	e := entry(talk)
	e.Note = "what was said"
	_, err := l.Record(t.Context(), e)
	must(t, err)
	for _, sql := range []string{
		"UPDATE entry_notes SET sealed = sealed || '\\xff' WHERE attempt_id = '" + string(talk.ID) + "'",
		"INSERT INTO case_notes (case_id, n, custody, sealed) SELECT case_id, 90, custody, '\\xff' FROM persons WHERE case_id = '" + string(target.CaseID) + "'",
	} {
		n, err := l.pool.Exec(t.Context(), sql)
		if must(t, err); n.RowsAffected() != 1 {
			t.Fatalf("%s: %d rows", sql, n.RowsAffected())
		}
	}
	items, _, err := l.Attempts(t.Context(), casework.AttemptFilter{CaseID: target.CaseID})
	if err != nil || len(items) != 1 || items[0].Entry == nil || items[0].Entry.Note != alteredNote {
		t.Errorf("the records: %d, %v", len(items), err)
	}
	if note := caseOf(t, l, target.CaseID).WardNote; !strings.HasSuffix(note, alteredNote) {
		t.Errorf("the case's note: %q", note)
	}
	c := newClose(noon.Add(time.Hour))
	must(t, l.BeginClose(t.Context(), c))
	must(t, l.TakeForReturn(t.Context(), c))
	if rows, err := l.RowsOfReturn(t.Context(), c, nil, 10); err != nil || len(rows) != 1 || rows[0].Note != alteredNote {
		t.Errorf("%d rows go back, %v", len(rows), err)
	}
}

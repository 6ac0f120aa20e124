package postgres

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// foundIn gives a preview's findings as "kind=cases" or "kind=cases/groups".
func foundIn(p casework.Preview) string {
	var found []string
	for _, f := range p.Findings {
		s := fmt.Sprintf("%s=%d", f.Kind, f.Cases)
		if f.Groups > 0 {
			s += fmt.Sprintf("/%d", f.Groups)
		}
		found = append(found, s)
	}
	return strings.Join(found, " ")
}

// stageNext stages a list as of the ledger's now.
func stageNext(t testing.TB, l *Ledger, rows ...casework.Row) casework.Preview {
	t.Helper()
	list := newList(true)
	list.ID, list.At = dialer.NewID(l.now()), l.now()
	p, err := l.Stage(t.Context(), list, rowsOf(rows...), nil)
	must(t, err)
	return p
}

func applied(t testing.TB, l *Ledger, p casework.Preview) {
	t.Helper()
	_, err := l.Apply(t.Context(), p.List, "admin", nil)
	must(t, err)
}

// TestAMorningsListByKind: the list of the next morning, with each thing that can change, and each way to be gone.
func TestAMorningsListByKind(t *testing.T) {
	l := openWith(t, migrated(t), ownVault(t), noon)
	set := clockFor(l)
	due := tokyo(time.December, 10)
	rows := map[string]casework.Row{}
	all := make([]casework.Row, 0, 9)
	for _, name := range []string{"balance", "phones", "name", "address", "other", "same", "paid", "promised", "owing"} {
		rows[name] = person(name)
		all = append(all, rows[name])
	}
	ids := map[string]dialer.CaseID{}
	for i, w := range load(t, l, all...).Waiting {
		ids[all[i].WardNumber] = w.Case
	}
	promiseBy(t, l, ids["promised"], 8000, due)
	_, err := l.DestroyCustody(t.Context(), today) // the day's close
	must(t, err)
	set(noon.AddDate(0, 0, 1))
	readPaidList(t, l, payment("paid", firstTerm, tokyo(time.November, 25), 20_000))

	next := func(name string, change func(*casework.Row)) casework.Row {
		r := rows[name]
		change(&r)
		return r
	}
	morning := []casework.Row{
		next("balance", func(r *casework.Row) { r.Balance.Yen = 12_000 }),
		next("phones", func(r *casework.Row) { r.Phones = person("x").Phones }),
		next("name", func(r *casework.Row) { r.Person.Name = "見本　次郎" }),
		next("address", func(r *casework.Row) { r.Person.Address, r.Note = "新町9-9", "転居" }),
		next("other", func(r *casework.Row) { r.Language = "vi" }),
		rows["same"], person("new"),
	}
	p := stageNext(t, l, morning...)
	want := "balance=1 phones=1 name=1 address=1 other=2 gone_paid=1 gone_promise=1 gone_open=1"
	if p.New != 1 || p.Changed != 5 || p.Same != 1 || p.Missing != 3 || foundIn(p) != want {
		t.Fatalf("%+v\n%s, want\n%s", p, foundIn(p), want)
	}
	for kind, name := range map[casework.FindingKind]string{
		casework.BalanceChanged: "balance", casework.PhonesChanged: "phones", casework.AddressChanged: "address",
		casework.GonePaid: "paid", casework.GonePromised: "promised", casework.GoneOwing: "owing",
	} {
		found, err := l.FoundCases(t.Context(), p.List, kind, 0, 10)
		must(t, err)
		if len(found) != 1 || found[0].Case != ids[name] || !slices.Contains(found[0].Changes, kind) {
			t.Errorf("%s: %+v, want the case %s", kind, found, ids[name])
		}
	}
	others, err := l.FoundCases(t.Context(), p.List, casework.RestChanged, 0, 1)
	must(t, err)
	rest, err := l.FoundCases(t.Context(), p.List, casework.RestChanged, 1, 1)
	must(t, err)
	if len(others) != 1 || len(rest) != 1 || others[0].Line != 4 || rest[0].Line != 5 {
		t.Errorf("page by page: %+v, %+v", others, rest)
	}
	applied(t, l, p)
	_, err = l.FoundCases(t.Context(), p.List, casework.RestChanged, 0, 1)
	wantErr(t, err, dialer.ErrNotFound) // only while it is staged
	if q, err := l.Preview(t.Context(), p.List); err != nil || foundIn(q) != want {
		t.Errorf("the figures stay: %v, %s", err, foundIn(q))
	}

	// Another list of that day: what was gone is gone before, and what comes back is told apart from what is new.
	p = stageNext(t, l, append(slices.Clone(morning[:5]), rows["owing"])...)
	if want := "back=1 gone_open=2 gone_before=2"; foundIn(p) != want || p.Same != 6 || p.Missing != 4 {
		t.Errorf("%s, want %s: %+v", foundIn(p), want, p)
	}
	applied(t, l, p)
	if n := count(t, l, "SELECT count(*) FROM cases WHERE gone_at IS NULL"); n != 6 {
		t.Errorf("%d cases are on the list, want 6", n)
	}
}

// What changed since a list that was taken in before its parts were remembered is not guessed.
func TestAChangeSinceAListWithoutParts(t *testing.T) {
	l := newLedger(t)
	row := person("1")
	load(t, l, row)
	_, err := l.pool.Exec(t.Context(), "UPDATE cases SET parts = NULL")
	must(t, err)
	row.Note = "夜間"
	if p := stageNext(t, l, row); foundIn(p) != "unknown=1" {
		t.Error(foundIn(p))
	}
}

func TestDuplicatesAndHouseholds(t *testing.T) {
	l := openWith(t, migrated(t), ownVault(t), noon)
	a, b, c, d, e := person("1"), person("2"), person("3"), person("4"), person("5")
	b.Phones = []casework.Phone{c.Phones[1], a.Phones[0]} // a's and c's
	a.Household, c.Household, d.Household = "見本 見本町1-1", "見本 見本町1-1", "見本 見本町1-2"
	second := a
	second.Balance.Term = "令和8年度 第2期" // of the same person: no kin of itself
	p := stageNext(t, l, a, second, b, c, d, e, e)
	if want := "same_number=3/2 household=2/1 repeated=1"; foundIn(p) != want {
		t.Errorf("%s, want %s", foundIn(p), want)
	}
	lines := func(kind casework.FindingKind) (s string) {
		found, err := l.FoundCases(t.Context(), p.List, kind, 0, 100)
		must(t, err)
		for _, f := range found {
			s += fmt.Sprintf("%d:%d ", f.Group, f.Line)
			if f.Case != "" {
				t.Errorf("a case that is not there yet has an id: %+v", f)
			}
		}
		return s
	}
	if got := lines(casework.SameNumber); got != "1:1 1:3 2:3 2:4 " {
		t.Error(got)
	}
	if got := lines(casework.SameHousehold); got != "1:1 1:4 " {
		t.Error(got)
	}
	applied(t, l, p)
	ids := map[string]dialer.CaseID{}
	for w, err := range l.Waiting(t.Context()) {
		must(t, err)
		ids[caseOf(t, l, w.Case).WardNumber] = w.Case
	}
	kin, err := l.Kin(t.Context(), ids["3"])
	must(t, err)
	slices.SortFunc(kin, func(x, y casework.Kin) int {
		return strings.Compare(caseOf(t, l, x.Case).WardNumber, caseOf(t, l, y.Case).WardNumber)
	})
	if want := []casework.Kin{{Case: ids["1"], Household: true}, {Case: ids["2"], SameNumber: true}}; !slices.Equal(kin, want) {
		t.Errorf("%+v, want %+v", kin, want)
	}
	if kin, err := l.Kin(t.Context(), ids["5"]); err != nil || len(kin) != 0 {
		t.Errorf("%+v, %v", kin, err)
	}
	// Which cases have an address in common is known as long as the day's key is.
	_, err = l.DestroyCustody(t.Context(), today)
	must(t, err)
	if kin, err := l.Kin(t.Context(), ids["3"]); err != nil || len(kin) != 0 {
		t.Errorf("after the day: %+v, %v", kin, err)
	}
}

// What a list said of a case part by part outlives the day, and two cases with the same name or address have no digest in common.
func TestPartsTellNobodyWhatCasesHaveInCommon(t *testing.T) {
	l := newLedger(t)
	a, b := person("1"), person("2")
	b.Person, b.Note = a.Person, a.Note
	b.Phones = a.Phones
	load(t, l, a, b)
	rows, err := l.pool.Query(t.Context(), "SELECT parts FROM cases")
	must(t, err)
	defer rows.Close()
	var seen [][]byte
	for rows.Next() {
		var parts [][]byte
		must(t, rows.Scan(&parts))
		for _, p := range parts {
			if len(p) != 32 || slices.ContainsFunc(seen, func(o []byte) bool { return bytes.Equal(o, p) }) {
				t.Fatalf("a part of %d octets, or one that another case has too", len(p))
			}
			seen = append(seen, p)
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d parts", len(seen))
	}
}

// A person's further rows are staged with what they owe alone, unless they say something else of the person: nothing of it is lost.
func TestAPersonsRowsSayItOnce(t *testing.T) {
	l := newLedger(t)
	row := func(ward string, of casework.Row, term int, change func(*casework.Row)) casework.Row {
		of.WardNumber, of.Balance.Term = ward, fmt.Sprintf("令和8年度 第%d期", term)
		change(&of)
		return of
	}
	same := func(*casework.Row) {}
	a, b := person("1"), person("2")
	more := newNumber()
	list := []casework.Row{
		row("1", a, 1, same), row("1", a, 2, same), row("2", b, 1, same), row("1", a, 3, same), // not behind one another
		row("2", b, 2, func(r *casework.Row) {
			r.Note, r.Phones = "夜間のみ", []casework.Phone{{Rank: 1, Number: more, Kind: more.Kind(), Usable: true}}
		}),
	}
	p := stageNext(t, l, list...)
	if n := count(t, l, "SELECT count(*) FROM staged_rows WHERE sealed = '' AND phone_refs = '{}' AND tokens = '{}' AND note = ''"); n != 1 {
		t.Errorf("%d rows repeat nothing, want 1", n)
	}
	applied(t, l, p)
	for w, err := range l.Waiting(t.Context()) {
		must(t, err)
		c := caseOf(t, l, w.Case)
		switch c.WardNumber {
		case "1":
			if c.Person != a.Person || len(c.Phones) != 2 || len(c.Balances) != 3 || c.WardNote != a.Note {
				t.Errorf("%+v", c)
			}
		default:
			if c.Person != b.Person || len(c.Phones) != 3 || len(c.Balances) != 2 || !strings.Contains(c.WardNote, "夜間のみ") || !strings.Contains(c.WardNote, b.Note) {
				t.Errorf("%+v", c)
			}
		}
	}
	list[4].Note = "早朝" // in another row than the first
	if p := stageNext(t, l, list...); foundIn(p) != "other=1" {
		t.Error(foundIn(p))
	}
}

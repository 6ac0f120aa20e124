package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// tale is a ledger of a few facts, as a test tells them.
type tale struct {
	Ledger   // what else a ledger tells is asked by nothing here
	earlier  map[string]int
	attempts []Attempt
	promises []Promise
	payments []Payment
}

func (l *tale) Facts(_ context.Context, from, to time.Time, into Sink) error {
	for _, a := range l.attempts {
		if !a.At.Before(from) && a.At.Before(to) {
			into.Attempt(a)
		}
	}
	for _, p := range l.promises {
		into.Promise(p)
	}
	for _, p := range l.payments {
		into.Payment(p)
	}
	return nil
}

func (l *tale) FactsAndEarlier(ctx context.Context, from, to time.Time, into HistorySink) error {
	for person, n := range l.earlier {
		into.Earlier(Earlier{person, n})
	}
	return l.Facts(ctx, from, to, into)
}

// tried adds a counted attempt; a party is who answered.
func (l *tale) tried(at time.Time, person string, party casework.Party) dialer.CallID {
	a := Attempt{
		ID: dialer.CallID(fmt.Sprint("call-", len(l.attempts))), At: at, Direction: dialer.Outbound, Origin: casework.BySIP, CaseRef: person,
		NumberKind: dialer.KindMobile, Result: dialer.NoAnswer, Counted: true,
	}
	if party != "" {
		a.Result, a.Party, a.Revision = dialer.Answered, party, 1
	}
	l.attempts = append(l.attempts, a)
	return a.ID
}

// many adds n attempts within a second, of which some reach the debtor, each at a person of their own.
func (l *tale) many(at time.Time, n, reached int) {
	for i := range n {
		party := casework.Party("")
		if i < reached {
			party = casework.Self
		}
		l.tried(at.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("person-%d", len(l.attempts)), party)
	}
}

// analysed is November's analysis at an instant.
func (l *tale) analysed(t *testing.T, now time.Time) Report {
	t.Helper()
	p, err := ParsePeriod(OfAnalysis, "2026-11", now)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(l.attempts, func(a, b Attempt) int { return a.At.Compare(b.At) })
	r, err := Make(t.Context(), l, Options{Now: now}, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r Report) saidOf(t *testing.T, section string) Words {
	t.Helper()
	for _, s := range r.Sections {
		if s.Key == section && s.Reading != nil {
			return *s.Reading
		}
	}
	t.Fatalf("nothing is said of %s", section)
	return Words{}
}

var december = november(30, 0, 0).AddDate(0, 0, 5)

// What is said of a heat map is no more than its figures bear.
func TestWhatIsSaidOfTheHours(t *testing.T) {
	wednesday, monday := november(4, 17, 0), november(2, 9, 0)
	for name, c := range map[string]struct {
		slots    [][3]int // the hour (of Wednesday, Monday), attempts, reached
		says, en string
		not      string
	}{
		"nothing":  {nil, "架電がなかったため", "no attempts", "最も"},
		"too few":  {[][3]int{{0, 29, 29}, {1, 3, 0}}, "どの時間帯も30件に満たないため、接触率の高低は言えません(最も多い水曜17時台で29件)", "most has Wednesday 17:00–17:59, 29", "最も高かった"},
		"only one": {[][3]int{{0, 34, 14}, {1, 29, 0}}, "30件以上あるのは水曜17時台だけで、接触率は41.2 %(34件中14件)でした", "Only Wednesday 17:00–17:59", "最も高かった"},
		"apart": {
			[][3]int{{0, 34, 14}, {1, 100, 4}}, "接触率が最も高かったのは水曜17時台で41.2 %(34件中14件)、最も低かったのは月曜09時台で4.0 %(100件中4件)",
			"highest for Wednesday 17:00–17:59, 41.2 % (14 of 34), and lowest for Monday 09:00–09:59", "言えません",
		},
		"not apart":    {[][3]int{{0, 34, 14}, {1, 34, 10}}, "重なるため、差があるとは言えません", "no difference can be told", "最も高かった"},
		"and too few":  {[][3]int{{0, 34, 14}, {1, 34, 10}, {2, 29, 29}}, "30件に満たない時間帯(1)は比べていません", "Those of fewer than 30 (1) are not compared", "29件中"},
		"nobody there": {[][3]int{{0, 40, 0}, {1, 40, 0}}, "差があるとは言えません", "no difference", "最も高かった"},
	} {
		l := &tale{}
		for _, slot := range c.slots {
			at := []time.Time{wednesday, monday, monday.Add(time.Hour)}[slot[0]]
			l.many(at, slot[1], slot[2])
		}
		said := l.analysed(t, december).saidOf(t, "heat_rate")
		if !strings.Contains(said.JA, c.says) || !strings.Contains(said.EN, c.en) || strings.Contains(said.JA, c.not) {
			t.Errorf("%s: %+v", name, said)
		}
	}
}

// Wilson's intervals, against values from a table of them.
func TestIntervals(t *testing.T) {
	for _, c := range []struct {
		of, base  int64
		low, high float64
	}{{14, 34, 26.4, 57.8}, {0, 10, 0, 27.8}, {10, 10, 72.2, 100}, {50, 100, 40.4, 59.6}, {1, 30, 0.6, 16.7}} {
		low, high := sample{of: c.of, base: c.base}.interval(1)
		if math.Abs(low-c.low) > 0.06 || math.Abs(high-c.high) > 0.06 {
			t.Errorf("%d of %d: %.2f to %.2f, want %.1f to %.1f", c.of, c.base, low, high, c.low, c.high)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Int64Range(1, 500).Draw(t, "base")
		s := sample{of: rapid.Int64Range(0, base).Draw(t, "of"), base: base}
		low, high := s.interval(1)
		if rate := 100 * s.rate(); low < 0 || high > 100 || rate < low-1e-9 || rate > high+1e-9 {
			t.Fatalf("%d of %d: %v to %v", s.of, s.base, low, high)
		}
		wideLow, wideHigh := s.interval(rapid.IntRange(2, 60).Draw(t, "groups"))
		surerLow, surerHigh := sample{of: 4 * s.of, base: 4 * base}.interval(1)
		if wideHigh-wideLow <= high-low || surerHigh-surerLow >= high-low {
			t.Fatalf("%d of %d: it must be wider among more groups, and narrower with more attempts", s.of, s.base)
		}
	})
}

// Of groups that do not differ at all a difference is hardly ever claimed, however many there are: that is what the correction is for.
func TestChanceIsNotTakenForADifference(t *testing.T) {
	claimed := 0
	seed := uint64(1)
	next := func() float64 { // a plain generator, so that the count is the same each time
		seed = seed*6364136223846793005 + 1442695040888963407
		return float64(seed>>11) / (1 << 53)
	}
	for range 300 {
		groups := make([]sample, 40)
		for i := range groups {
			groups[i].base = 100
			for range 100 {
				if next() < 0.3 {
					groups[i].of++
				}
			}
		}
		if said := extremes(groups, reachedPerson, words("枠", "slot")); strings.Contains(said.JA, "差があるといえます") {
			claimed++
		}
	}
	if claimed > 6 {
		t.Errorf("in %d of 300 months a difference is claimed where there is none", claimed)
	}
}

// The nth try is counted over all that was before, and the third says what it yields.
func TestTries(t *testing.T) {
	l := &tale{earlier: map[string]int{"old": 2, "older": 9}}
	third := l.tried(november(2, 9, 0), "old", casework.Self)
	l.tried(november(2, 10, 0), "older", "")
	for n := range 7 {
		l.tried(november(3+n, 9, 0), "new", "")
	}
	l.tried(november(1, 9, 0).AddDate(0, -1, 0), "october", "") // counts, and is not in the month
	l.tried(november(4, 11, 0), "october", casework.Family)
	spared := l.tried(november(4, 12, 0), "new", "")
	l.attempts[slices.IndexFunc(l.attempts, func(a Attempt) bool { return a.ID == spared })].Counted = false
	l.promises = []Promise{{
		Attempt: third, At: november(2, 9, 0), CaseRef: "old", Origin: casework.BySIP, Party: casework.Self, Yen: 5000,
		DueOn: dialer.DateOf(november(20, 0, 0)), State: "kept",
	}}
	r := l.analysed(t, december)
	for _, c := range []struct {
		row, column string
		want        float64
	}{
		{"1", "attempts", 1}, {"2", "attempts", 2}, {"2", "spoke", 1}, {"2", "self", 0}, {"3", "attempts", 2}, {"3", "self", 1}, {"3", "promises", 1},
		{"3", "promise_rate", 50}, {"5", "attempts", 1}, {"6+", "attempts", 3}, {"6+", "contact_rate", 0},
	} {
		if got := r.At("tries", c.row, c.column); got == nil || got.Value == nil || *got.Value != c.want {
			t.Errorf("%s %s: %+v, want %v", c.row, c.column, got, c.want)
		}
	}
	if said := r.saidOf(t, "tries"); !strings.Contains(said.JA, "50.0 %(2件中1件)、納付約束は1件でした。1回目とは、30件に満たないため比べられません") {
		t.Errorf("%+v", said)
	}
}

// The weeks of new persons begin with the first attempt at each, and one that is not over is in no rate.
func TestNewPersons(t *testing.T) {
	l := &tale{earlier: map[string]int{"known": 1}}
	first := november(9, 10, 0)
	l.tried(first, "known", casework.Self)
	l.tried(first, "quick", casework.Self)
	l.tried(first, "slow", "")
	l.tried(first.Add(week-time.Second), "slow", casework.Voicemail) // a machine is nobody
	l.tried(first.Add(week), "slow", casework.Family)                // a moment too late for the first week
	l.tried(first.Add(3*week-time.Second), "late", "")
	l.payments = []Payment{{Attempt: "call-1", CaseRef: "quick", PaidOn: dialer.DateOf(first), Yen: 1}, {CaseRef: "known", PaidOn: dialer.DateOf(first), Yen: 1}}
	l.promises = []Promise{{Attempt: "call-1", At: first.Add(-time.Second), CaseRef: "slow", State: "open"}, {Attempt: "call-1", At: first, CaseRef: "quick", State: "open"}}
	for _, c := range []struct {
		now  time.Time
		want map[string]float64 // the others are nought, or have no base
	}{
		{first.Add(week - time.Second), map[string]float64{"persons": 3, "promised": 1, "paid": 1, "promise_rate": 33.3, "paid_rate": 33.3}},
		{first.Add(week), map[string]float64{"persons": 3, "since_1": 2, "reached_1": 1, "rate_1": 50, "promised": 1, "paid": 1, "promise_rate": 33.3, "paid_rate": 33.3}},
		{december, map[string]float64{ // the month ended a day after the third week, and what is behind it is not known in it
			"persons": 3, "since_1": 2, "reached_1": 1, "rate_1": 50, "since_2": 2, "reached_2": 2, "rate_2": 100, "since_3": 2, "reached_3": 2, "rate_3": 100,
			"promised": 1, "paid": 1, "promise_rate": 33.3, "paid_rate": 33.3,
		}},
	} {
		r := l.analysed(t, c.now)
		for _, s := range r.Sections {
			if s.Key != cohortSection && s.Key != weeksSection {
				continue
			}
			for _, column := range s.Columns {
				cell, want := r.At(s.Key, "2026-11", column.Key), c.want[column.Key]
				if bad := cell.Value == nil && (want != 0 || cell.Why != NoBase) || cell.Value != nil && *cell.Value != want; bad {
					t.Errorf("at %s: %s is %+v, want %v", c.now, column.Key, cell, want)
				}
			}
		}
	}
}

// A month without anything has tables without figures, and says so.
func TestAnEmptyMonth(t *testing.T) {
	r := (&tale{}).analysed(t, december)
	for section, says := range map[string]string{
		"heat_rate": "架電がなかった", "kinds": "架電がなかった", "tries": "3回目の架電はありません", "keeping": "約束はありません", "cohorts": "2026年11月に初めて架電した人はいません",
	} {
		if said := r.saidOf(t, section); !strings.Contains(said.JA, says) || said.EN == "" {
			t.Errorf("%s: %+v", section, said)
		}
	}
	for _, s := range r.Sections {
		for _, row := range s.Rows {
			for i, c := range row.Cells {
				if ratio := s.Columns[i].Unit == InPercent; ratio != (c.Why == NoBase) || !ratio && *c.Value != 0 {
					t.Errorf("%s %s %s: %+v", s.Key, row.Key, s.Columns[i].Key, c)
				}
			}
		}
	}
	if _, err := ParsePeriod(OfAnalysis, "2027-01", december); err == nil {
		t.Error("a month that has not begun is analysed")
	}
}

// Whatever became of promises, and whenever they are looked at: each that is due stands in one column, and none twice.
func TestDuePromisesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Promise{State: rapid.SampledFrom([]string{"open", "kept", "partly", "broken"}).Draw(t, "state")}
		due := november(1, 0, 0).AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "due"))
		today := november(1, 0, 0).AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "today"))
		p.DueOn = dialer.DateOf(due)
		columns := keptColumns(p, dialer.DateOf(today))
		if slices.Contains(columns, keepDue) != due.Before(today) {
			t.Fatalf("due on %s, looked at on %s: %v", due, today, columns)
		}
		want := 1
		switch {
		case due.Before(today):
			want = 3 // made, due, and what became of it
		case p.State == "kept":
			want = 2
		}
		if len(columns) != want || columns[0] != keepMade {
			t.Fatalf("%s due on %s, looked at on %s: %v", p.State, due, today, columns)
		}
	})
}

// Behind a rate stand the calls that it counts, of the analysis and of the pack alike.
func TestWhatStandsBehindTheAnalysis(t *testing.T) {
	l := &tale{}
	met := l.tried(november(4, 17, 0), "a", casework.Self)
	missed := l.tried(november(4, 17, 5), "b", "")
	at := func(row, column string) Where { return Where{Section: "heat_rate", Row: row, Column: column} }
	for _, kind := range []Kind{OfAnalysis, OfPack} {
		p, err := ParsePeriod(kind, "2026-11", december)
		if err != nil {
			t.Fatal(err)
		}
		for w, want := range map[Where][]dialer.CallID{
			at("3", "17"): {met}, at(total, total): {met}, at("3", "18"): {}, {"heat_attempts", "3", "17"}: {met, missed}, {"heat_reached", total, "17"}: {met},
			{"tries", "1", "contact_rate"}: {met}, {"tries", "1", "attempts"}: {met, missed}, {"kinds", "mobile", "debtor_rate"}: {met},
			{"cohorts", "2026-11", "persons"}: {met, missed}, {"cohorts", "2026-11", "rate_1"}: {met}, {"cohort_weeks", "2026-11", "since_3"}: {met, missed},
		} {
			refs, err := Behind(t.Context(), l, Options{Now: december}, p, w)
			var got []dialer.CallID
			for _, r := range refs {
				got = append(got, dialer.CallID(r.ID))
			}
			if err != nil || !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("%s, %v: %v, %v, want %v", kind, w, got, err, want)
			}
		}
		for _, w := range []Where{at("8", "17"), at("3", "24"), {"heat", "3", "17"}, {"tries", "1", "rate"}, {"cohorts", "2026-11", "since_5"}} {
			if _, err := Behind(t.Context(), l, Options{Now: december}, p, w); !errors.Is(err, ErrNoCell) {
				t.Errorf("%s, %v: %v, want that there is none", kind, w, err)
			}
		}
	}
}

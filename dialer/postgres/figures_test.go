package postgres

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/report"
)

func TestFiguresCountPersonsAndCases(t *testing.T) {
	l := newLedger(t)
	one, two, adHoc := newTarget(), newTarget(), newTarget()
	one.Insurance, two.Insurance, adHoc.Insurance = "both", "kouki", ""
	day := 24 * time.Hour
	// 23:59:59 in Tokyo is still the 24th, 00:00 the 25th.
	midnight := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)
	call(t, l, one, midnight.Add(-3*time.Second), dialer.NoAnswer)
	call(t, l, one, midnight.Add(-2*time.Second), dialer.Answered)
	call(t, l, two, midnight.Add(time.Hour), dialer.Busy)
	call(t, l, adHoc, midnight.Add(time.Hour), dialer.NoAnswer)
	call(t, l, newTarget(), midnight, dialer.NotDialled)
	call(t, l, newTarget(), midnight.Add(-40*day), dialer.Busy) // another month
	uncounted := reservation(newTarget(), midnight.Add(2*time.Hour))
	must(t, l.Reserve(t.Context(), uncounted))
	must(t, l.Dialled(t.Context(), uncounted.ID, midnight.Add(2*time.Hour), customerLeg(noon)))
	if f, err := l.Figures(t.Context(), midnight, midnight.Add(day)); err != nil || f.Done.Attempts != 3 {
		t.Errorf("an open attempt was counted, or an ended one not: %+v, %v", f, err)
	}
	end := endOf(uncounted, dialer.LineTrouble)
	end.Verdict.Counted = false
	must(t, l.End(t.Context(), end))

	f, err := l.Figures(t.Context(), midnight.Add(-9*time.Hour), midnight.Add(day))
	must(t, err)
	want := report.Figures{
		Done:     report.Counts{Attempts: 4, Persons: 3, Cases: 4},
		ByResult: map[dialer.Result]int{dialer.NoAnswer: 2, dialer.Answered: 1, dialer.Busy: 1, dialer.LineTrouble: 1},
		ByDay:    []report.Day{{Date: "2026-11-24", Attempts: 1}, {Date: "2026-11-25", Attempts: 3, Answered: 1}},
		DayResults: map[string]map[dialer.Result]int{
			"2026-11-24": {dialer.NoAnswer: 1}, "2026-11-25": {dialer.NoAnswer: 1, dialer.Answered: 1, dialer.Busy: 1, dialer.LineTrouble: 1},
		},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
	if f, err = l.Figures(t.Context(), noon.Add(-900*day), noon.Add(-800*day)); err != nil || f.Done != (report.Counts{}) || len(f.ByDay) != 0 {
		t.Errorf("%+v, %v", f, err)
	}
}

// modelled is what the model knows of one attempt.
type modelled struct {
	r       dialer.Reservation
	dialled time.Time
	end     *dialer.AttemptEnd
	entries int
}

// model is the ledger in a few lines: what any order of calls must add up to.
type model struct {
	t        *rapid.T
	l        *Ledger
	now      time.Time
	targets  []dialer.Target
	attempts []*modelled
}

func (m *model) openFor(target dialer.Target) bool {
	return slices.ContainsFunc(m.attempts, func(a *modelled) bool {
		return a.end == nil && (a.r.Target.CaseID == target.CaseID || a.r.Target.NumberRef == target.NumberRef)
	})
}

func (m *model) draw(t *rapid.T) *modelled {
	if len(m.attempts) == 0 {
		t.Skip("no attempt yet")
	}
	return rapid.SampledFrom(m.attempts).Draw(t, "attempt")
}

func (m *model) tick(t *rapid.T) time.Time {
	m.now = m.now.Add(time.Duration(rapid.IntRange(1, 6*3600).Draw(t, "seconds")) * time.Second)
	return m.now
}

func (m *model) reserve(t *rapid.T) {
	r := reservation(rapid.SampledFrom(m.targets).Draw(t, "target"), m.tick(t))
	err := m.l.Reserve(t.Context(), r)
	if (err != nil) != m.openFor(r.Target) {
		t.Fatalf("reserve: %v, while the model says open = %v", err, m.openFor(r.Target))
	}
	if err == nil {
		m.attempts = append(m.attempts, &modelled{r: r})
	}
}

func (m *model) dial(t *rapid.T) {
	a := m.draw(t)
	at := m.tick(t)
	err := m.l.Dialled(t.Context(), a.r.ID, at, customerLeg(at))
	if free := a.end == nil && a.dialled.IsZero(); (err == nil) != free {
		t.Fatalf("dialled: %v, while the model says free = %v", err, free)
	}
	if err == nil {
		a.dialled = at
	}
}

func (m *model) note(t *rapid.T) {
	a := m.draw(t)
	n := rapid.IntRange(0, 4).Draw(t, "first")
	p := dialer.Progress{First: n, Evidence: evidence(a.r.At)[n:], Legs: []dialer.LegHandle{customerLeg(a.r.At)}}
	if err := m.l.Note(t.Context(), a.r.ID, p); err != nil {
		t.Fatal(err)
	}
}

func (m *model) finish(t *rapid.T) {
	a := m.draw(t)
	end := endOf(a.r, dialer.NotDialled)
	if !a.dialled.IsZero() {
		end = endOf(a.r, rapid.SampledFrom(dialer.Results[:len(dialer.Results)-1]).Draw(t, "result"))
		end.DialledAt = a.dialled
		end.Verdict.Counted = rapid.Bool().Draw(t, "counted")
	}
	end.EndedAt = m.tick(t)
	if err := m.l.End(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	if a.end == nil {
		a.end = &end
	}
}

func (m *model) record(t *rapid.T) {
	a := m.draw(t)
	e := entry(a.r)
	a.entries++
	e.At, e.Promise.Yen = e.At.Add(time.Duration(a.entries)*time.Second), int64(a.entries)
	for range 2 { // the second changes nothing
		if kept, err := m.l.Record(t.Context(), e); err != nil || kept.Revision != a.entries {
			t.Fatalf("revision %d of %d: %v", kept.Revision, a.entries, err)
		}
	}
}

// figures are the model's sums over [from, to).
func (m *model) figures(from, to time.Time) report.Figures {
	f := report.Figures{ByResult: map[dialer.Result]int{}, DayResults: map[string]map[dialer.Result]int{}}
	persons, cases, days := map[string]bool{}, map[string]bool{}, map[string]report.Day{}
	for _, a := range m.attempts {
		if a.end == nil || a.dialled.IsZero() || a.dialled.Before(from) || !a.dialled.Before(to) {
			continue
		}
		v := a.end.Verdict
		f.ByResult[v.Result]++
		d := days[a.dialled.In(dialer.Tokyo).Format(time.DateOnly)]
		d.Date = a.dialled.In(dialer.Tokyo).Format(time.DateOnly)
		if f.DayResults[d.Date] == nil {
			f.DayResults[d.Date] = map[dialer.Result]int{}
		}
		f.DayResults[d.Date][v.Result]++
		if v.Counted {
			f.Done.Attempts++
			d.Attempts++
			if v.Result == dialer.Answered {
				d.Answered++
			}
			ref := a.r.Target.CaseRef
			persons[ref] = true
			for _, i := range []string{"kokuho", "kouki"} {
				if a.r.Target.Insurance == i || a.r.Target.Insurance == "both" {
					cases[ref+i] = true
				}
			}
		}
		days[d.Date] = d
	}
	f.Done.Persons, f.Done.Cases = len(persons), len(cases)
	for _, date := range slices.Sorted(maps.Keys(days)) {
		f.ByDay = append(f.ByDay, days[date])
	}
	return f
}

func (m *model) check(t *rapid.T) {
	from := noon.Add(time.Duration(rapid.IntRange(-10, 60).Draw(t, "from")) * time.Hour)
	to := from.Add(time.Duration(rapid.IntRange(1, 200).Draw(t, "hours")) * time.Hour)
	got, err := m.l.Figures(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	if want := m.figures(from, to); !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// Whatever happens in whatever order, the figures are the sums of the rows, and the open attempts are the open ones.
func TestFiguresAreSumsInAnyOrder(t *testing.T) {
	full.Only(t)
	l := newLedger(t)
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := asOwner(t, l).Exec(t.Context(), "SET session_replication_role = replica; TRUNCATE attempts CASCADE; RESET session_replication_role"); err != nil {
			rt.Fatal(err)
		}
		m := &model{t: rt, l: l, now: noon}
		for _, insurance := range []string{"kokuho", "kouki", "both", "kokuho"} {
			target := newTarget()
			target.Insurance = insurance
			m.targets = append(m.targets, target)
		}
		m.targets[3].NumberRef = m.targets[0].NumberRef // a household
		again := m.targets[1]                           // the same person, later with both insurances
		again.CaseID, again.NumberRef, again.Insurance = newTarget().CaseID, newTarget().NumberRef, "both"
		m.targets = append(m.targets, again)
		rt.Repeat(map[string]func(*rapid.T){
			"": m.check, "reserve": m.reserve, "dial": m.dial, "note": m.note, "finish": m.finish, "record": m.record,
		})
		open, err := l.Open(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		for _, a := range m.attempts {
			listed := slices.ContainsFunc(open, func(o dialer.OpenAttempt) bool { return o.ID == a.r.ID })
			if listed != (a.end == nil) {
				rt.Fatalf("attempt %s: listed as open = %v", a.r.ID, listed)
			}
		}
	})
}

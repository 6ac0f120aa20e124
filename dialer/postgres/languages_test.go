package postgres

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// What could not be said is counted by month: a case once, however often it waits, and a talk by its newest entry.
func TestDemandForALanguageThatWasNotMet(t *testing.T) {
	rules := casework.DefaultRules()
	rules.Seats = dialer.Seats{
		Days:  map[dialer.Date]map[dialer.DeskID][]string{{Year: 2026, Month: 12, Day: 10}: {"desk1": {"zh"}}, {Year: 2026, Month: 11, Day: 20}: {"desk1": {"vi"}}},
		Usual: map[dialer.DeskID][]string{"desk1": {"en"}},
	}
	l, _, _ := ruled(t, rules)
	ids := map[string]dialer.CaseID{}
	for i, language := range []string{"zh", "vi", "en", "ja", "ko"} {
		row := person("000000000" + string(rune('1'+i)))
		row.Language = language
		ids[language] = load(t, l, row).Waiting[0].Case
	}
	tidied(t, l, noon)
	tidied(t, l, noon.Add(time.Hour)) // again: the same wait
	december := time.Date(2026, 12, 2, 3, 0, 0, 0, time.UTC)
	tidied(t, l, december) // vi has no day yet, and waits on

	talk := func(language string, corrected bool) {
		target, err := l.Target(t.Context(), ids["ja"], "")
		must(t, err)
		e := entry(call(t, l, target, noon.Add(time.Duration(len(ids))*time.Minute), dialer.Answered))
		e.Business, e.Promise, e.Language = []casework.Business{casework.LanguageWanted}, nil, language
		_, err = l.Record(t.Context(), e)
		must(t, err)
		if corrected {
			e.Business, e.Language, e.At = []casework.Business{casework.NoCommitment}, "", e.At.Add(time.Minute)
			_, err = l.Record(t.Context(), e)
			must(t, err)
		}
		ids[language+"talk"] = "" // another minute
	}
	talk("ne", false)
	talk("", false)
	talk("vi", true)

	got, err := l.UnmetLanguages(t.Context(), time.Date(2026, 11, 1, 0, 0, 0, 0, dialer.Tokyo))
	must(t, err)
	want := []casework.UnmetLanguage{
		{Month: "2026-12", Language: "vi", Cases: 1},
		{Month: "2026-11", Talks: 1}, {Month: "2026-11", Language: "ne", Talks: 1}, {Month: "2026-11", Language: "vi", Cases: 1}, {Month: "2026-11", Language: "zh", Cases: 1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, err := l.UnmetLanguages(t.Context(), time.Date(2026, 12, 1, 0, 0, 0, 0, dialer.Tokyo)); err != nil || len(got) != 1 {
		t.Errorf("since December: %+v, %v", got, err)
	}
	waiting, err := l.WaitingByLanguage(t.Context(), noon.Add(2*time.Hour))
	must(t, err)
	slices.SortFunc(waiting, func(a, b casework.LanguageWaiting) int { return int(a.Language[0]) - int(b.Language[0]) })
	if want := []casework.LanguageWaiting{ // the talks showed that the case said to be in Japanese is in Vietnamese
		{Language: "en", N: 1, Due: 1}, {Language: "ko", N: 1, Due: 1}, {Language: "vi", N: 2, Unspoken: 1}, {Language: "zh", N: 1, Unspoken: 1},
	}; !slices.Equal(waiting, want) {
		t.Errorf("%+v", waiting)
	}
	if _, err := asOwner(t, l).Exec(t.Context(), "DELETE FROM language_waits"); err == nil {
		t.Error("what was counted can be taken away")
	}
}

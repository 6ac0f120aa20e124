package webui

import (
	"context"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// demand is a fake of casework.LanguageStore.
type demand struct{}

func (demand) WaitingByLanguage(context.Context, time.Time) ([]casework.LanguageWaiting, error) {
	return []casework.LanguageWaiting{{Language: "zh", N: 3, Due: 0, Unspoken: 3}, {Language: "ko", N: 1, Due: 1}}, nil
}

func (demand) UnmetLanguages(_ context.Context, since time.Time) ([]casework.UnmetLanguage, error) {
	return []casework.UnmetLanguage{{Month: "2026-11", Language: "", Talks: 2}, {Month: since.In(dialer.Tokyo).Format("2006-01"), Language: "zh", Cases: 3}}, nil
}

type languagesBody struct {
	Waiting []LanguageWaiting
	Days    []LanguageDay
	People  []LanguagePerson
	Unmet   []UnmetLanguage
}

func TestLanguages(t *testing.T) {
	h := open(t, func(d *Deps) {
		d.Rules = casework.DefaultRules()
		d.Rules.Seats = dialer.Seats{
			Days: map[dialer.Date]map[dialer.DeskID][]string{
				{Year: 2026, Month: 11, Day: 26}: {"desk1": {"zh"}}, {Year: 2026, Month: 11, Day: 29}: {"desk1": {"zh"}}, // a Sunday
				{Year: 2026, Month: 11, Day: 20}: {"desk2": {"vi"}},
			},
		}
	})
	admin := h.as("admin")
	admin.do("PATCH", "/api/users/user-operator", map[string]any{"languages": []string{"zh", "ne"}}).want(t, 200)
	for _, wrong := range [][]string{{"ja"}, {"xx"}, {"en", "en"}} {
		admin.do("PATCH", "/api/users/user-operator", map[string]any{"languages": wrong}).problem(t, 422, "invalid")
	}
	admin.do("PATCH", "/api/users/user-operator", map[string]any{"name": "花子"}).want(t, 200) // leaves them as they are

	got := into[languagesBody](t, h.as("supervisor").do("GET", "/api/languages", nil).want(t, 200))
	if len(got.Waiting) != 2 || *got.Waiting[0].Next != "2026-11-26" || got.Waiting[0].Anyone || got.Waiting[0].Today || got.Waiting[0].Name.JA != "中国語" {
		t.Errorf("%+v", got.Waiting)
	}
	if w := got.Waiting[1]; w.Next != nil || !w.Anyone {
		t.Errorf("spoken at no desk: %+v", w)
	}
	if len(got.Days) != 1 || got.Days[0].Day != "2026-11-26" || got.Days[0].Desks[0].Name != "1番席" || !slices.Equal(got.Days[0].Desks[0].Languages, []string{"zh"}) {
		t.Errorf("%+v", got.Days)
	}
	i := slices.IndexFunc(got.People, func(p LanguagePerson) bool { return p.ID == "user-operator" })
	if len(got.People) != 3 || i < 0 || !slices.Equal(got.People[i].Languages, []string{"zh", "ne"}) || got.People[i].Name != "花子" {
		t.Errorf("%+v", got.People)
	}
	if len(got.Unmet) != 2 || got.Unmet[0].Name.JA != "言語不明" || got.Unmet[1].Month != "2025-12" || got.Unmet[1].Cases != 3 {
		t.Errorf("%+v", got.Unmet)
	}
	h.as("operator").do("GET", "/api/languages", nil).problem(t, 403, "forbidden")
}

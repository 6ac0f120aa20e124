package casework_test

import (
	"strings"
	"testing"

	"kakeru/dialer/casework"
)

func TestStarterScriptsAreDraftsThatSayNothingForbidden(t *testing.T) {
	pages := casework.StarterScripts()
	covered := map[casework.ScriptSituation]bool{}
	languages := map[string]bool{}
	for _, p := range pages {
		if wrong := p.Check(); len(wrong) > 0 {
			t.Errorf("%s %s: %+v", p.Key, p.Language, wrong)
		}
		if w := p.Warnings(); len(w) > 0 {
			t.Errorf("%s %s: %+v", p.Key, p.Language, w)
		}
		if p.State != "" || !strings.ContainsAny(p.Title[:6], "案Dr草Bả") {
			t.Errorf("%s %s does not say that it is a draft: %q", p.Key, p.Language, p.Title)
		}
		languages[p.Language] = true
		for _, s := range p.Situations {
			covered[s] = true
		}
	}
	if len(covered) != len(casework.ScriptSituations) || len(languages) != len(casework.ScriptLanguages) {
		t.Errorf("covered %v in %v", covered, languages)
	}
}

func TestForbiddenWordsAreFound(t *testing.T) {
	for body, want := range map[string]string{
		"納付がない場合は督促します":                  "督促",
		"お給料を**差し**押さえます":                "差し押さえ",
		"ご希望なら分納を認めます":                   "分納を認め",
		"We may SEIZE your account.":     "seize",
		"我们会扣押您的财产":                      "扣押",
		"Chúng tôi sẽ Cưỡng chế tài sản": "cưỡng chế",
		"You can pay in instalments.":    "you can pay in instalments",
	} {
		got := casework.ScriptPage{Body: body}.Warnings()
		if len(got) != 1 || got[0].Word != want || got[0].JA == "" || got[0].EN == "" {
			t.Errorf("%q: %+v, want %s", body, got, want)
		}
	}
	if w := (casework.ScriptPage{Title: "催告", Body: "分けて納めたいご希望は区へお取り次ぎします"}).Warnings(); len(w) > 0 {
		t.Errorf("warned of a good page: %+v", w)
	}
}

func TestOnlyTheNewestApprovedVersionIsInForce(t *testing.T) {
	version := func(n int, state casework.ScriptState) casework.ScriptPage {
		p := casework.ScriptPage{ID: string(rune('0' + n)), Key: "k", Language: "ja", Version: n, State: state}
		if state != casework.Drafted {
			p.DecidedAt, p.WasApproved = entryTime, true
		}
		return p
	}
	rejected := version(2, casework.Withdrawn)
	rejected.WasApproved = false
	for _, c := range []struct {
		name string
		all  []casework.ScriptPage
		want string
	}{
		{"a draft", []casework.ScriptPage{version(1, casework.Drafted)}, ""},
		{"approved", []casework.ScriptPage{version(1, casework.Approved)}, "1"},
		{"a newer draft changes nothing", []casework.ScriptPage{version(2, casework.Drafted), version(1, casework.Approved)}, "1"},
		{"the newer of two", []casework.ScriptPage{version(2, casework.Approved), version(1, casework.Approved)}, "2"},
		{"a newer draft that the ward rejected", []casework.ScriptPage{rejected, version(1, casework.Approved)}, "1"},
		{"a draft that the ward rejected, and no other", []casework.ScriptPage{rejected}, ""},
		{"withdrawn, after a rejected draft", []casework.ScriptPage{rejected, version(1, casework.Withdrawn)}, ""},
		{"what it replaced does not come back", []casework.ScriptPage{version(2, casework.Withdrawn), version(1, casework.Approved)}, ""},
	} {
		got := ""
		for _, p := range casework.InForce(c.all) {
			got += p.ID
		}
		if got != c.want {
			t.Errorf("%s: %q in force, want %q", c.name, got, c.want)
		}
	}
}

func TestPagesThatCannotBeDrafted(t *testing.T) {
	good := casework.ScriptPage{Key: "self", Language: "vi", Title: "t", Body: "b", Situations: []casework.ScriptSituation{casework.WithSelf}}
	if wrong := good.Check(); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for field, change := range map[string]func(*casework.ScriptPage){
		"key":        func(p *casework.ScriptPage) { p.Key = "A b" },
		"language":   func(p *casework.ScriptPage) { p.Language = "fr" },
		"title":      func(p *casework.ScriptPage) { p.Title = " " },
		"body":       func(p *casework.ScriptPage) { p.Body = strings.Repeat("長", 4001) },
		"situations": func(p *casework.ScriptPage) { p.Situations = append(p.Situations, "never") },
	} {
		p := good
		change(&p)
		if wrong := p.Check(); len(wrong) != 1 || wrong[0].Field != field {
			t.Errorf("%s: %+v", field, wrong)
		}
	}
}

package webui

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// shelfOfPages keeps the ward's texts, newest first.
type shelfOfPages struct {
	mu    sync.Mutex
	pages []casework.ScriptPage
}

func (b *shelfOfPages) DraftScript(_ context.Context, p casework.ScriptPage) (casework.ScriptPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.ID, p.State, p.Version = fmt.Sprintf("page-%d", len(b.pages)+1), casework.Drafted, 1
	for _, o := range b.pages {
		if o.Key == p.Key && o.Language == p.Language {
			p.Version = max(p.Version, o.Version+1)
		}
	}
	b.pages = slices.Insert(b.pages, 0, p)
	return p, nil
}

func (b *shelfOfPages) DecideScript(_ context.Context, id string, to casework.ScriptState, by dialer.UserID, at time.Time) (casework.ScriptPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.pages, func(p casework.ScriptPage) bool { return p.ID == id })
	if i < 0 {
		return casework.ScriptPage{}, dialer.ErrNotFound
	}
	if !b.pages[i].State.Leads(to) {
		return casework.ScriptPage{}, casework.RefuseScript()
	}
	b.pages[i].State, b.pages[i].DecidedBy, b.pages[i].DecidedAt = to, by, at
	b.pages[i].WasApproved = b.pages[i].WasApproved || to == casework.Approved
	return b.pages[i], nil
}

func (b *shelfOfPages) Scripts(context.Context) ([]casework.ScriptPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.pages), nil
}

func (b *shelfOfPages) ScriptsApproved(ctx context.Context) ([]casework.ScriptPage, error) {
	all, err := b.Scripts(ctx)
	newest := map[string]casework.ScriptPage{}
	for _, p := range all {
		if at := p.Key + " " + p.Language; p.WasApproved && p.Version > newest[at].Version {
			newest[at] = p
		}
	}
	return slices.Collect(maps.Values(newest)), err
}

func TestAPageIsShownOnlyOnceTheWardHasApprovedIt(t *testing.T) {
	h := open(t)
	op, boss, ward := h.as("operator"), h.as("supervisor"), h.as("ward")
	type pages struct{ Items []ScriptPage }
	shown := func() []ScriptPage { return into[pages](t, op.do("GET", "/api/scripts", nil).want(t, 200)).Items }
	draft := func(title, body string) ScriptPage {
		return into[ScriptPage](t, boss.do("POST", "/api/scripts", map[string]any{
			"key": "self", "language": "ja", "title": title, "body": body, "situations": []string{"self"},
		}).want(t, 201))
	}
	one := draft("ご本人へ", "督促ではありません")
	if one.State != casework.Drafted || one.Version != 1 || len(one.Warnings) != 1 || one.Warnings[0].Word != "督促" {
		t.Errorf("drafted %+v", one)
	}
	if got := shown(); len(got) != 0 {
		t.Fatalf("a draft is shown: %+v", got)
	}
	op.do("POST", "/api/scripts/"+one.ID+"/approve", nil).problem(t, 403, "forbidden")
	boss.do("POST", "/api/scripts/"+one.ID+"/approve", nil).problem(t, 403, "forbidden")
	ward.do("POST", "/api/scripts", map[string]any{}).problem(t, 403, "forbidden")
	ward.do("POST", "/api/scripts/"+one.ID+"/approve", nil).want(t, 200)
	ward.do("POST", "/api/scripts/"+one.ID+"/approve", nil).problem(t, 409, "script_state")
	ward.do("POST", "/api/scripts/none/approve", nil).problem(t, 404, "not_found")
	if got := shown(); len(got) != 1 || got[0].DecidedAt == nil || !got[0].DecidedAt.Equal(tuesday) || got[0].DecidedByName != "職員ward" {
		t.Fatalf("approved, the desks see %+v", got)
	}
	rejected := draft("ご本人へ 没", "催告のお電話です")
	ward.do("POST", "/api/scripts/"+rejected.ID+"/withdraw", nil).want(t, 200)
	if got := shown(); len(got) != 1 || got[0].ID != one.ID {
		t.Errorf("the ward rejected a draft, and the desks see %+v", got)
	}
	all := into[pages](t, ward.do("GET", "/api/scripts/versions", nil).want(t, 200)).Items
	if len(all) != 2 || all[0].InForce || !all[1].InForce {
		t.Errorf("a draft was rejected: %+v", all)
	}
	two := draft("ご本人へ 改", "催告のお電話です")
	if got := shown(); len(got) != 1 || got[0].Version != 1 {
		t.Errorf("a newer draft changed what is shown: %+v", got)
	}
	ward.do("POST", "/api/scripts/"+two.ID+"/approve", nil).want(t, 200)
	if got := shown(); len(got) != 1 || got[0].ID != two.ID {
		t.Errorf("shown: %+v", got)
	}
	ward.do("POST", "/api/scripts/"+two.ID+"/withdraw", nil).want(t, 200)
	if got := shown(); len(got) != 0 {
		t.Errorf("withdrawn, yet shown: %+v", got)
	}
	if all := into[pages](t, ward.do("GET", "/api/scripts/versions", nil).want(t, 200)).Items; len(all) != 3 || all[0].InForce || all[2].State != casework.Approved || all[2].InForce {
		t.Errorf("versions: %+v", all)
	}
	p := boss.do("POST", "/api/scripts", map[string]any{"key": "", "language": "fr", "title": "x", "body": "x", "situations": []string{"self"}}).problem(t, 422, "invalid")
	if len(p.Errors) != 2 {
		t.Errorf("%+v", p.Errors)
	}
}

func TestStarterPagesAreDraftedOnce(t *testing.T) {
	h := open(t)
	boss := h.as("supervisor")
	for i, want := range []int{len(casework.StarterScripts()), 0} {
		if got := into[struct{ Drafted int }](t, boss.do("POST", "/api/scripts/starter", nil).want(t, 200)).Drafted; got != want {
			t.Errorf("time %d: drafted %d, want %d", i+1, got, want)
		}
	}
	if got := into[struct{ Items []ScriptPage }](t, h.as("operator").do("GET", "/api/scripts", nil).want(t, 200)).Items; len(got) != 0 {
		t.Errorf("pages nobody approved are shown: %d", len(got))
	}
}

package postgres

import (
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func TestAPagesVersionsAreKeptAndDecidedOnOnce(t *testing.T) {
	l := newLedger(t)
	page := casework.ScriptPage{
		Key: "self", Language: "ja", Title: "題", Body: "本文", Situations: []casework.ScriptSituation{casework.WithSelf, casework.AtPromise}, By: "boss", At: noon,
	}
	var all sync.WaitGroup
	for range 4 { // at once: each a version of its own
		all.Go(func() {
			if _, err := l.DraftScript(within(t, time.Minute), page); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	other := page
	other.Language = "vi"
	if p, err := l.DraftScript(t.Context(), other); err != nil || p.Version != 1 || p.State != casework.Drafted {
		t.Fatalf("another language: %+v, %v", p, err)
	}
	pages, err := l.Scripts(t.Context())
	must(t, err)
	if len(pages) != 5 || pages[0].Version != 4 || pages[3].Version != 1 || pages[4].Language != "vi" || len(pages[0].Situations) != 2 {
		t.Fatalf("pages: %+v", pages)
	}
	id := pages[0].ID
	p, err := l.DecideScript(t.Context(), id, casework.Approved, "ward", noon.Add(time.Hour))
	must(t, err)
	if p.State != casework.Approved || p.DecidedBy != "ward" {
		t.Errorf("approved: %+v", p)
	}
	_, err = l.DecideScript(t.Context(), id, casework.Approved, "ward", noon)
	wantRule(t, err, casework.ScriptNotSo)
	_, err = l.DecideScript(t.Context(), id, casework.Withdrawn, "ward", noon.Add(2*time.Hour))
	must(t, err)
	_, err = l.DecideScript(t.Context(), id, casework.Withdrawn, "ward", noon)
	wantRule(t, err, casework.ScriptNotSo)
	_, err = l.DecideScript(t.Context(), dialer.NewID(noon), casework.Approved, "ward", noon)
	wantErr(t, err, dialer.ErrNotFound)
	pages, err = l.Scripts(t.Context())
	must(t, err)
	if pages[0].State != casework.Withdrawn || !pages[0].DecidedAt.Equal(noon.Add(2*time.Hour)) || pages[1].State != casework.Drafted || pages[0].Title != "題" {
		t.Errorf("pages: %+v", pages[:2])
	}
	if _, err := asOwner(t, l).Exec(t.Context(), "UPDATE script_pages SET body = 'x'"); err == nil {
		t.Error("a page could be written over")
	}
}

// TestDraftsWaitInABoundedNumber: each version stays for good, and is listed.
func TestDraftsWaitInABoundedNumber(t *testing.T) {
	l := newLedger(t)
	draft := func(key string) (casework.ScriptPage, error) {
		return l.DraftScript(within(t, time.Minute), casework.ScriptPage{
			Key: key, Language: "ja", Title: "題", Body: "本文", Situations: []casework.ScriptSituation{casework.WithSelf}, By: "boss", At: noon,
		})
	}
	var newest casework.ScriptPage
	for i := range casework.MostDrafts {
		p, err := draft([]string{"self", "family"}[i%2])
		if must(t, err); i%2 == 0 {
			newest = p
		}
	}
	_, err := draft("other")
	wantRule(t, err, casework.TooManyDrafts)
	_, err = l.DecideScript(t.Context(), newest.ID, casework.Approved, "ward", noon) // what it replaces waits no more
	must(t, err)
	next, err := draft("self")
	must(t, err)
	decided, err := l.ScriptsApproved(t.Context())
	if must(t, err); len(decided) != 1 || decided[0].ID != newest.ID || decided[0].State != casework.Approved || decided[0].Body != "本文" {
		t.Errorf("the ward has decided on %d, the newest is %s", len(decided), newest.ID)
	}
	_, err = l.DecideScript(t.Context(), next.ID, casework.Withdrawn, "ward", noon) // a draft that is rejected waits no more either
	must(t, err)
	if n := count(t, l, "SELECT count(*) FROM script_pages"); n != casework.MostDrafts+1 {
		t.Errorf("%d versions", n)
	}
	_, err = draft("self")
	must(t, err)
}

// TestARejectedDraftLeavesWhatIsInForce: only that the ward withdraws what it had approved takes a page off the desks.
func TestARejectedDraftLeavesWhatIsInForce(t *testing.T) {
	l := newLedger(t)
	draft := func() string {
		p, err := l.DraftScript(t.Context(), casework.ScriptPage{
			Key: "self", Language: "ja", Title: "題", Body: "本文", Situations: []casework.ScriptSituation{casework.WithSelf}, By: "boss", At: noon,
		})
		must(t, err)
		return p.ID
	}
	decide := func(id string, to casework.ScriptState) {
		t.Helper()
		p, err := l.DecideScript(t.Context(), id, to, "ward", noon)
		if must(t, err); to == casework.Approved && !p.WasApproved {
			t.Errorf("approved: %+v", p)
		}
	}
	wantShown := func(why string, ids ...string) {
		t.Helper()
		approved, err := l.ScriptsApproved(t.Context())
		must(t, err)
		all, err := l.Scripts(t.Context())
		must(t, err)
		for _, from := range [][]casework.ScriptPage{approved, all} {
			var got []string
			for _, p := range casework.InForce(from) {
				got = append(got, p.ID)
			}
			if !slices.Equal(got, ids) {
				t.Errorf("%s: in force are %v, want %v", why, got, ids)
			}
		}
	}
	first, second := draft(), draft()
	decide(first, casework.Approved)
	wantShown("approved", first)
	decide(second, casework.Withdrawn)
	wantShown("a newer draft was rejected", first)
	third := draft()
	decide(third, casework.Approved)
	wantShown("a newer one was approved", third)
	decide(draft(), casework.Withdrawn)
	decide(third, casework.Withdrawn)
	wantShown("what was in force was withdrawn")
}

package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer/audit"
	"kakeru/dialer/dialertest/full"
)

// TestEveryActOnAHandoffReachesTheRecord: a hand-off of a real talk is passed on, read, acknowledged, added to, answered, reopened and
// withdrawn by those whose it is to do; with the 宛名番号 the ward then finds each act in the record, with who did it, and none that was
// refused is found as done.
func TestEveryActOnAHandoffReachesTheRecord(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{cases: 10})
	h.start()
	operator, chief, ward := h.seated("operator1", "desk1"), h.signIn("supervisor"), h.signIn("ward")
	const wish, more = "毎月二十日に三回で払いたいとのこと", "電話は夕方がよいとのこと"
	talk := h.talked(operator, map[string]any{
		"party": "self", "business_results": []string{"instalments"}, "note": "分割を希望", "handoffs": []map[string]string{{"kind": "instalments", "text": wish}},
	})
	file, err := h.ledger.Case(t.Context(), talk.CaseID)
	h.must(err)
	var board struct{ Items []struct{ ID string } }
	h.must(ward.call(t.Context(), http.MethodGet, "/api/handoffs?state=open", nil, &board))
	if len(board.Items) != 1 {
		t.Fatalf("%d hand-offs", len(board.Items))
	}
	at := "/api/handoffs/" + board.Items[0].ID
	text := map[string]string{"text": more}
	h.must(ward.call(t.Context(), http.MethodGet, at, nil, nil))
	var want []string
	for _, step := range []struct {
		who *panelClient
		act string
	}{
		{operator, "add"}, {ward, "acknowledge"}, {chief, "add"}, {ward, "answer"}, {ward, "reopen"}, {chief, "withdraw"},
	} {
		h.must(step.who.call(t.Context(), http.MethodPost, at+"/"+step.act, text, nil))
		want = append(want, "POST /api/handoffs/{id}/"+step.act)
	}
	var no *problem
	if err := ward.call(t.Context(), http.MethodPost, at+"/acknowledge", text, nil); !errors.As(err, &no) || no.Rule != "handoff_moved" {
		t.Errorf("of one that was withdrawn: %v", err)
	}
	h.must(chief.call(t.Context(), http.MethodPost, "/api/handoffs", map[string]any{"case_id": talk.CaseID, "kind": "other", "text": more}, nil))
	want = append(want, "POST /api/handoffs", "GET /api/handoffs/{id}")
	var found struct {
		Items []struct {
			Action                         audit.Action
			Route, Outcome, Object, Detail string
			Role                           string
			ByName                         string `json:"by_name"`
		}
	}
	h.must(ward.call(t.Context(), http.MethodPost, "/api/audit/search", map[string]any{"ward_number": file.WardNumber}, &found))
	var got []string
	for _, e := range found.Items {
		if !strings.Contains(e.Route, "/api/handoffs") || strings.HasSuffix(e.Route, "/handoffs") && strings.HasPrefix(e.Route, "GET") {
			continue
		}
		if e.Action != audit.CaseRead || e.Outcome != "" || e.ByName == "" {
			t.Errorf("%+v", e)
		}
		if strings.Contains(e.Object+e.Detail, "毎月") || strings.Contains(e.Object+e.Detail, "夕方") {
			t.Errorf("the record says what was said: %+v", e)
		}
		got = append(got, e.Route)
	}
	if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("found by the case:\n%q, want\n%q", got, want)
	}
	if r := h.command("audit", "list", "--action", "case_read", "--config", h.config()); r.status != 0 || strings.Count(r.out, "handoff_moved") != 1 {
		t.Errorf("the refused one: %d\n%s%s", r.status, r.out, r.err)
	}
}

package webui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// aims stand in for the ledger as targets read it: November 2026, at noon of its 24th, with nothing done. How a target stands is worked
// out as it is of the real one.
type aims struct {
	now     dialer.Clock
	mu      sync.Mutex
	words   []report.TargetWord
	notices []report.KeptNotice
}

func (a *aims) stand(m report.Measure, kind report.Kind, period string) (report.Standing, error) {
	p, err := report.ParsePeriod(kind, period, a.now())
	if err != nil {
		return report.Standing{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	g := report.Contract{Calls: 5700, SMS: report.Bounds{Month: 200, UpTo: 250}}.Goal(m, p, a.words)
	return report.Stand(g, report.Plan{Definition: report.ByAttempts, Hours: dialer.Hours{Week: dialer.WardHours()}, Now: a.now()}, nil), nil
}

func (a *aims) Standings(_ context.Context, month string) (out []report.Standing, _ error) {
	for _, m := range report.Measures {
		s, err := a.stand(m, report.OfMonth, month)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (a *aims) SetTarget(_ context.Context, w report.TargetWord) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.words = append([]report.TargetWord{w}, a.words...)
	return nil
}

func (a *aims) Draft(_ context.Context, m report.Measure, kind report.Kind, period string) (report.Notice, error) {
	s, err := a.stand(m, kind, period)
	return report.Notice{Standing: s, Definition: report.ByAttempts}, err
}

func (a *aims) KeepNotice(_ context.Context, k report.KeptNotice) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k.ID = int64(len(a.notices) + 1)
	a.notices = append([]report.KeptNotice{k}, a.notices...)
	return k.ID, nil
}

func (a *aims) Notices(context.Context, int) ([]report.KeptNotice, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.notices, nil
}

func (a *aims) KeptNotice(_ context.Context, id int64) (report.KeptNotice, error) {
	for _, k := range a.notices {
		if k.ID == id {
			return k, nil
		}
	}
	return report.KeptNotice{}, fmt.Errorf("notice %d: %w", id, dialer.ErrNotFound)
}

func (a *aims) WriteNotice(to io.Writer, k report.KeptNotice) error {
	_, err := to.Write(k.Content)
	return err
}

func (a *aims) WriteDraft(to io.Writer, n report.Notice) error {
	_, err := fmt.Fprintf(to, "案 %d", n.Standing.Target)
	return err
}

type targetsBody struct {
	Month      string
	Definition string
	Standings  []report.Standing
	Notices    []WardNotice
}

// TestTargets: the ward says what a month is to come to, everybody who may see it sees it, and the ward is told what fails, frozen.
func TestTargets(t *testing.T) {
	h := open(t)
	supervisor, ward := h.as("supervisor"), h.as("ward")
	get := func(query string) targetsBody {
		t.Helper()
		return into[targetsBody](t, ward.do(http.MethodGet, "/api/targets"+query, nil).want(t, http.StatusOK))
	}
	now := get("")
	if now.Month != "2026-11" || len(now.Standings) != 3 || now.Standings[0].Target != 5700 || now.Standings[0].Ward != nil || len(now.Notices) != 0 {
		t.Errorf("%+v", now)
	}
	word := map[string]any{"month": "2026-11", "calls": 4000, "reason": "収納係の指示: 対象者が少ない"}
	ward.do(http.MethodPost, "/api/targets", word).want(t, http.StatusNoContent)
	if s := get("?month=2026-11").Standings[0]; s.Target != 4000 || s.Ward == nil || s.Ward.Reason != word["reason"] {
		t.Errorf("%+v", s)
	}
	if strings.Contains(h.logs.String(), "対象者が少ない") {
		t.Error("the ward's reason stands in the log")
	}
	supervisor.do(http.MethodPost, "/api/targets", map[string]any{"month": "2026-11", "reason": "契約どおり"}).want(t, http.StatusNoContent)
	if s := get("").Standings[0]; s.Target != 5700 || s.Ward != nil {
		t.Errorf("%+v", s)
	}
	for name, bad := range map[string]map[string]any{
		"a month gone by": {"month": "2026-10", "calls": 1, "reason": "x"}, "below nothing": {"month": "2026-11", "calls": -1, "reason": "x"},
		"no reason": {"month": "2026-11", "calls": 1, "reason": ""}, "no month": {"month": "11", "calls": 1, "reason": "x"},
	} {
		if r := ward.do(http.MethodPost, "/api/targets", bad); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	ward.do(http.MethodGet, "/api/targets?month=2027-01", nil).want(t, http.StatusUnprocessableEntity)

	draft := "/api/targets/draft?measure=calls&kind=month&period=2026-11"
	ward.do(http.MethodGet, draft, nil).want(t, http.StatusForbidden)
	if file := supervisor.do(http.MethodGet, draft, nil).want(t, http.StatusOK); string(file.body) != "案 5700" {
		t.Errorf("%s", file.body)
	}
	supervisor.do(http.MethodGet, "/api/targets/draft?measure=calls&kind=day&period=2026-11-24", nil).want(t, http.StatusUnprocessableEntity)
	note := map[string]any{"measure": "calls", "kind": "month", "period": "2026-11", "reason": "席が空いた", "remedy": "席を増やす"}
	ward.do(http.MethodPost, "/api/targets/notices", note).want(t, http.StatusForbidden)
	supervisor.do(http.MethodPost, "/api/targets/notices", map[string]any{"measure": "calls", "kind": "month", "period": "2026-11", "reason": "席が空いた", "remedy": " "}).
		want(t, http.StatusUnprocessableEntity)
	kept := into[WardNotice](t, supervisor.do(http.MethodPost, "/api/targets/notices", note).want(t, http.StatusOK))
	if kept.ID != 1 || kept.Notice.Standing.Target != 5700 || kept.ByName != "職員supervisor" || len(kept.SHA256) != 64 {
		t.Errorf("%+v", kept)
	}
	if told := get("").Notices; len(told) != 1 || told[0].Notice.Reason != "席が空いた" {
		t.Errorf("%+v", told)
	}
	if file := ward.do(http.MethodGet, "/api/targets/notices/1/file", nil).want(t, http.StatusOK); !strings.Contains(string(file.body), "席を増やす") {
		t.Errorf("%s", file.body)
	}
	ward.do(http.MethodGet, "/api/targets/notices/2/file", nil).want(t, http.StatusNotFound)
}

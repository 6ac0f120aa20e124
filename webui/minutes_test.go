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

// folder stands in for where minutes are kept.
type folder struct {
	mu   sync.Mutex
	kept []report.KeptMinutes
	now  dialer.Clock
}

func (f *folder) MinutesOf(_ context.Context, _ string, whole int) ([]report.KeptMinutes, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append([]report.KeptMinutes(nil), f.kept...)
	for i := range all {
		if r := all[i].Revision; r != whole && (whole != report.Newest || r != len(all)) {
			all[i].Content = nil
		}
	}
	return all, nil
}

func (f *folder) KeepMinutes(_ context.Context, _ string, k report.KeptMinutes) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k.Revision != len(f.kept)+1 {
		return report.ErrMinutesMoved
	}
	f.kept = append(f.kept, k)
	return nil
}

func (f *folder) KeepSignature(_ context.Context, _ string, revision int, s report.Signature) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if revision != len(f.kept) || f.kept[revision-1].SignedBy(s.Side) != nil {
		return report.ErrMinutesMoved
	}
	f.kept[revision-1].Signed = append(f.kept[revision-1].Signed, s)
	return nil
}

func (f *folder) DraftMinutes(_ context.Context, p report.Period) (report.Minutes, error) {
	return report.Minutes{Month: p.Name, On: "2026-11-24", Agenda: "1. 架電件数", ToDo: []report.Task{}}, nil
}

func (f *folder) secretary() report.Secretary { return report.Secretary{Store: f, Now: f.now} }

func (f *folder) SaveMinutes(ctx context.Context, m report.Minutes, from int, by dialer.UserID) (report.KeptMinutes, error) {
	return f.secretary().Save(ctx, m, from, by)
}

func (f *folder) SignMinutes(ctx context.Context, month string, revision int, side report.Side, by dialer.UserID) error {
	return f.secretary().Sign(ctx, month, revision, side, by)
}

func (f *folder) WriteMinutes(_ context.Context, to io.Writer, month string, revision int) error {
	if revision > len(f.kept) {
		return report.ErrNotIssued
	}
	_, err := fmt.Fprintf(to, "%s %d", month, revision)
	return err
}

type minutesBody struct {
	Minutes   report.Minutes
	Revision  int
	Revisions []MinutesRevision
}

// TestMinutesOfAMeeting: the supervisor writes them from the draft and signs, the ward reads and signs; who writes from an old revision
// is told, and what is changed is signed anew.
func TestMinutesOfAMeeting(t *testing.T) {
	f := &folder{}
	h := open(t, func(d *Deps) { d.Minutes = f })
	f.now = h.clock.Now
	supervisor, ward := h.as("supervisor"), h.as("ward")
	const at = "/api/minutes/2026-10"
	draft := into[minutesBody](t, ward.do(http.MethodGet, at, nil).want(t, http.StatusOK))
	if draft.Revision != 0 || draft.Minutes.Agenda != "1. 架電件数" || draft.Revisions == nil {
		t.Errorf("%+v", draft)
	}
	save := func(c *client, from int, decided string) answered {
		m := draft.Minutes
		m.Present, m.Decided = "区 係長、受託者 業務責任者", decided
		return c.do(http.MethodPut, at, map[string]any{"from": from, "minutes": m})
	}
	sign := func(c *client, revision int) answered {
		return c.do(http.MethodPost, at+"/sign", map[string]any{"revision": revision})
	}
	save(ward, 0, "区が書く").problem(t, http.StatusForbidden, "forbidden")
	h.as("operator").do(http.MethodGet, at, nil).problem(t, http.StatusForbidden, "forbidden")
	sign(ward, 1).problem(t, http.StatusConflict, "minutes_moved") // there is nothing to sign
	if got := into[minutesBody](t, save(supervisor, 0, "増やす").want(t, http.StatusOK)); got.Revision != 1 || got.Revisions[0].ByName != "職員supervisor" {
		t.Errorf("%+v", got)
	}
	save(supervisor, 0, "同時に書いた").problem(t, http.StatusConflict, "minutes_moved")
	save(supervisor, 1, "090-1234-5678 に電話").problem(t, http.StatusUnprocessableEntity, "invalid")
	save(supervisor, 1, "増やす").problem(t, http.StatusUnprocessableEntity, "invalid") // nothing changed

	if got := into[minutesBody](t, sign(supervisor, 1).want(t, http.StatusOK)); got.Revisions[0].Frozen || got.Revisions[0].Signed[0].Side != report.SideContractor {
		t.Errorf("%+v", got.Revisions)
	}
	sign(supervisor, 1).problem(t, http.StatusConflict, "minutes_moved")
	both := into[minutesBody](t, sign(ward, 1).want(t, http.StatusOK))
	if r := both.Revisions[0]; !r.Frozen || len(r.SHA256) != 64 || len(r.Signed) != 2 || r.Signed[1].ByName != "職員ward" || r.Signed[1].Side != report.SideWard {
		t.Errorf("%+v", r)
	}
	again := into[minutesBody](t, save(supervisor, 1, "減らす").want(t, http.StatusOK))
	if len(again.Revisions) != 2 || again.Revisions[1].Frozen || len(again.Revisions[1].Signed) != 0 || !again.Revisions[0].Frozen {
		t.Errorf("%+v", again.Revisions)
	}
	sign(ward, 1).problem(t, http.StatusConflict, "minutes_moved") // the old one
	if old := into[minutesBody](t, ward.do(http.MethodGet, at+"?revision=1", nil).want(t, http.StatusOK)); old.Minutes.Decided != "増やす" || old.Revision != 1 {
		t.Errorf("%+v", old)
	}
	ward.do(http.MethodGet, at+"?revision=3", nil).problem(t, http.StatusNotFound, "not_found")
	if got := ward.do(http.MethodGet, at+"/file?revision=2", nil).want(t, http.StatusOK); string(got.body) != "2026-10 2" {
		t.Errorf("%s", got.body)
	}
	ward.do(http.MethodGet, at+"/file?revision=3", nil).problem(t, http.StatusNotFound, "not_found")
	supervisor.do(http.MethodGet, "/api/minutes/2026-12", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
	supervisor.do(http.MethodGet, "/api/minutes/2026-13", nil).problem(t, http.StatusUnprocessableEntity, "invalid")
	if logs := h.logs.String(); !strings.Contains(logs, "minutes were signed") || strings.Contains(logs, "増やす") {
		t.Error("the log does not say who signed, or says what was decided")
	}
}

package webui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/audit/incident"
)

// troubles are incidents in memory.
type troubles struct {
	mu     sync.Mutex
	files  []incident.File
	alerts []dialer.Alert
	torn   error // what becomes of the evidence while it is sent
}

func (x *troubles) KeepIncident(_ context.Context, i incident.Incident) (int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i.ID == 0 {
		i.ID = int64(len(x.files) + 1)
		x.files = append(x.files, incident.File{})
	}
	f := &x.files[i.ID-1]
	if i.Revision != len(f.Revisions)+1 {
		return 0, incident.ErrMoved
	}
	f.Revisions = append(f.Revisions, i)
	return i.ID, nil
}

func (x *troubles) TakeStep(_ context.Context, id int64, s incident.Step) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	f := &x.files[id-1]
	if f.Taken(s.Act) {
		return incident.ErrTaken
	}
	f.Steps = append(f.Steps, s)
	return nil
}

func (x *troubles) Incident(_ context.Context, id int64) (incident.File, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if id < 1 || int(id) > len(x.files) {
		return incident.File{}, dialer.ErrNotFound
	}
	return x.files[id-1], nil
}

func (x *troubles) Incidents(context.Context) ([]incident.File, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := slices.Clone(x.files)
	slices.Reverse(all)
	return all, nil
}

func (*troubles) Reach(context.Context, incident.Incident) (incident.Reach, error) {
	return incident.Reach{Persons: 3, Entries: 5}, nil
}

func (x *troubles) Evidence(_ context.Context, id int64, _ time.Time) (func(context.Context, io.Writer) error, error) {
	if id != 1 {
		return nil, dialer.ErrNotFound
	}
	return func(_ context.Context, to io.Writer) error {
		_, err := io.WriteString(to, "PK")
		return errors.Join(err, x.torn)
	}, nil
}

func (x *troubles) alert(a dialer.Alert) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.alerts = append(x.alerts, a)
}

func TestAnIncidentFromItsReportToItsEnd(t *testing.T) {
	h := open(t)
	supervisor, ward, operator := h.as("supervisor"), h.as("ward"), h.as("operator")
	text := map[string]any{
		"kind": "leaked", "found_at": tuesday, "from": tuesday.Add(-time.Hour), "until": tuesday, "who": []string{"user-operator"}, "malice": false,
		"what": "画面を撮影された 0900000000", "cause": "", "done": "", "future": "",
	}
	operator.do("POST", "/api/incidents", text).want(t, http.StatusForbidden)
	ward.do("POST", "/api/incidents", text).want(t, http.StatusForbidden)
	type told struct {
		Incident Incident
		Reach    incident.Reach
	}
	one := into[told](t, supervisor.do("POST", "/api/incidents", text).want(t, http.StatusCreated))
	if i := one.Incident; i.ID != 1 || i.Revision != 1 || i.What != "画面を撮影された ##########" || i.ByName != "職員supervisor" || !slices.Equal(i.WhoNames, []string{"職員operator"}) ||
		len(i.Deadlines) != 3 || i.Deadlines[0].Late || one.Reach.Persons != 3 {
		t.Fatalf("%+v", one)
	}
	if len(h.trouble.alerts) != 1 || h.trouble.alerts[0].Kind != incidentAlert {
		t.Errorf("nobody was told: %+v", h.trouble.alerts)
	}
	step := func(c *client, act string) answered {
		return c.do("POST", "/api/incidents/1/steps", map[string]any{"act": act, "note": "電話"})
	}
	step(supervisor, "ward_ack").problem(t, http.StatusForbidden, ruleForbidden)
	step(ward, "preliminary").problem(t, http.StatusForbidden, ruleForbidden)
	step(supervisor, "ward_told").want(t, http.StatusOK)
	step(supervisor, "ward_told").problem(t, http.StatusConflict, "taken")
	one = into[told](t, step(ward, "ward_ack").want(t, http.StatusOK))
	if len(one.Incident.Steps) != 2 || one.Incident.Steps[1].ByName != "職員ward" || !one.Incident.Deadlines[0].Met {
		t.Errorf("%+v", one.Incident)
	}
	text["revision"], text["cause"] = 1, "席を離れた"
	supervisor.do("PUT", "/api/incidents/1", text).want(t, http.StatusOK)
	supervisor.do("PUT", "/api/incidents/1", text).problem(t, http.StatusConflict, "moved")
	supervisor.do("PUT", "/api/incidents/9", text).want(t, http.StatusNotFound)
	text["until"] = tuesday.Add(-2 * time.Hour)
	if p := supervisor.do("POST", "/api/incidents", text).problem(t, http.StatusUnprocessableEntity, ruleInvalid); len(p.Errors) != 1 || p.Errors[0].Field != "until" {
		t.Errorf("%+v", p)
	}
	h.clock.forward(6 * 24 * time.Hour)
	list := into[struct{ Items []Incident }](t, h.as("ward").do("GET", "/api/incidents", nil).want(t, http.StatusOK)).Items
	if len(list) != 1 || list[0].Revisions != 2 || list[0].Cause != "席を離れた" || !list[0].Deadlines[1].Late || list[0].Deadlines[2].Late {
		t.Errorf("after six days: %+v", list)
	}
	got := h.as("ward").do("GET", "/api/incidents/1/evidence", nil).want(t, http.StatusOK)
	if string(got.body) != "PK" || got.header.Get("Content-Disposition") == "" {
		t.Errorf("the evidence: %q %v", got.body, got.header)
	}
	h.as("ward").do("GET", "/api/incidents/9/evidence", nil).want(t, http.StatusNotFound)

	// What cannot be sent to its end is cut off: half of a file is not to be taken for the whole.
	h.trouble.torn = errors.New("the ledger went away")
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/api/incidents/1/evidence", nil)
	r.Header.Set("Cookie", h.as("ward").cookie())
	resp, err := http.DefaultClient.Do(r)
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Error("half of the evidence came as a whole file")
	}
}

// TestWhoIsToldOfAnIncident: the ward and those who answer for the centre, not the operators, one of whom it may be about.
func TestWhoIsToldOfAnIncident(t *testing.T) {
	for role, sees := range map[dialer.Role]bool{dialer.RoleWard: true, dialer.RoleSupervisor: true, dialer.RoleAdmin: true, dialer.RoleOperator: false} {
		for _, kind := range []string{incidentAlert, AuditDamaged} {
			if (viewer{role: role}).seesAlert(Alert{Alert: dialer.Alert{Kind: kind}}) != sees {
				t.Errorf("%s sees %s: %v", role, kind, !sees)
			}
		}
	}
	if (viewer{role: dialer.RoleWard}).seesAlert(Alert{Alert: dialer.Alert{Kind: "trunk_down"}}) {
		t.Error("the ward sees what is not its matter")
	}
}

package webui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
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

func (x *troubles) Incidents(_ context.Context, p incident.Page) (lines []incident.Line, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, f := range slices.Backward(x.files) {
		l := incident.Line{Incident: f.Now(), Steps: f.Steps}
		l.What, l.Cause, l.Done, l.Future, l.Who = "", "", "", "", nil
		if len(lines) < p.Most && l.Taken(incident.Closed) == p.Closed && (p.Below == 0 || l.ID < p.Below) {
			lines = append(lines, l)
		}
	}
	return lines, nil
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
	list := h.as("ward").do("GET", "/api/incidents", nil).want(t, http.StatusOK)
	if all := into[struct{ Items []IncidentLine }](t, list).Items; len(all) != 1 || all[0].Revision != 2 || all[0].Closed || !all[0].Deadlines[1].Late || all[0].Deadlines[2].Late {
		t.Errorf("after six days: %+v", all)
	}
	one = into[told](t, h.as("ward").do("GET", "/api/incidents/1", nil).want(t, http.StatusOK))
	if one.Incident.Revisions != 2 || one.Incident.Cause != "席を離れた" || strings.Contains(string(list.body), "席を離れた") {
		t.Errorf("the texts stand in %+v, and not in %s", one, list.body)
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

// TestARunningClockIsSeenFirst: the list comes by pages, and what is not closed before whatever number of incidents is over; none is missed or told twice.
func TestARunningClockIsSeenFirst(t *testing.T) {
	h := open(t)
	const inAll = 3*incidentsShown + 7
	running := map[int64]bool{1: true, 60: true}
	for n := range int64(inAll) {
		f := incident.File{Revisions: []incident.Incident{{ID: n + 1, Revision: 1, At: tuesday, By: "user-supervisor", Kind: incident.Leaked, FoundAt: tuesday, What: "画面"}}}
		if !running[n+1] {
			f.Steps = []incident.Step{{Act: incident.Closed, At: tuesday}}
		}
		h.trouble.files = append(h.trouble.files, f)
	}
	ward := h.as("ward")
	read := func(cursor string) (ids []int64, next string) {
		t.Helper()
		p := into[struct {
			Items      []IncidentLine
			NextCursor string `json:"next_cursor"`
		}](t, ward.do("GET", "/api/incidents?cursor="+cursor, nil).want(t, http.StatusOK))
		if len(p.Items) > incidentsShown {
			t.Errorf("%d at once", len(p.Items))
		}
		for _, i := range p.Items {
			ids = append(ids, i.ID)
			if i.Closed == running[i.ID] || i.ByName != "職員supervisor" {
				t.Errorf("%+v", i)
			}
		}
		return ids, p.NextCursor
	}
	pages := func() []int64 {
		t.Helper()
		all, next := read("")
		for next != "" {
			var more []int64
			more, next = read(next)
			all = append(all, more...)
		}
		return all
	}
	all := pages()
	if len(all) != inAll || all[0] != 60 || all[1] != 1 || all[2] != inAll || slices.Contains(all[2:], 60) ||
		!slices.IsSortedFunc(all[2:], func(a, b int64) int { return int(b - a) }) {
		t.Errorf("%d of %d: %v", len(all), inAll, all)
	}
	w := into[Waiting](t, ward.do("GET", "/api/waiting", nil).want(t, http.StatusOK))
	if len(w.Incidents) != 2 || w.Incidents[0].ID != 60 || w.MoreIncidents {
		t.Errorf("waiting: %+v", w.Incidents)
	}
	for n := range h.trouble.files { // more are open than a page has, and those that are over follow all the same
		h.trouble.files[n].Steps = []incident.Step{{Act: incident.Closed, At: tuesday}}
		if running[int64(n+1)] = n < incidentsShown+3; running[int64(n+1)] {
			h.trouble.files[n].Steps = nil
		}
	}
	if all = pages(); len(all) != inAll || all[0] != incidentsShown+3 || all[incidentsShown+2] != 1 || all[incidentsShown+3] != inAll {
		t.Errorf("%d of %d: %v", len(all), inAll, all)
	}
	if w = into[Waiting](t, ward.do("GET", "/api/waiting", nil).want(t, http.StatusOK)); len(w.Incidents) != incidentsWaiting || !w.MoreIncidents {
		t.Errorf("%d wait, more: %v", len(w.Incidents), w.MoreIncidents)
	}
	for _, odd := range []string{"1", "true", "true-", "true-0", "false--1", "open-3", "true-1-2", "true-99999999999999999999"} {
		ward.do("GET", "/api/incidents?cursor="+odd, nil).problem(t, http.StatusUnprocessableEntity, ruleInvalid)
	}
}

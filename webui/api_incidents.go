package webui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/audit/incident"
	"kakeru/dialer/japan"
)

// Incident is what is known of an incident, with its clocks: 事故.
type Incident struct {
	incident.Incident

	ByName    string             `json:"by_name"`
	WhoNames  []string           `json:"who_names"`
	Revisions int                `json:"revisions"`
	Steps     []IncidentStep     `json:"steps"`
	Deadlines []IncidentDeadline `json:"deadlines"`
}

// IncidentStep is a step that was taken.
type IncidentStep struct {
	Act    incident.Act `json:"act"`
	At     time.Time    `json:"at"`
	ByName string       `json:"by_name"`
	Note   string       `json:"note"`
}

// IncidentDeadline is until when a step is due.
type IncidentDeadline struct {
	Act  incident.Act `json:"act"`
	Due  time.Time    `json:"due"`
	Met  bool         `json:"met"`
	Late bool         `json:"late"`
}

// Evidence writes what is kept of an incident as one file for the ward.
type Evidence interface {
	// Evidence gathers a ZIP, and returns what writes it: the incident with all its revisions and steps, what the record says of its time
	// and people, and a check of the record. dialer.ErrNotFound when there is no such incident.
	Evidence(ctx context.Context, id int64, at time.Time) (write func(context.Context, io.Writer) error, err error)
}

// IncidentLine is an incident in the list: what is known of it, without its texts, and its clocks.
type IncidentLine struct {
	ID        int64              `json:"id"`
	Revision  int                `json:"revision"`
	At        time.Time          `json:"at" doc:"of the newest revision"`
	ByName    string             `json:"by_name"`
	Kind      incident.Kind      `json:"kind"`
	FoundAt   time.Time          `json:"found_at"`
	Closed    bool               `json:"closed"`
	Deadlines []IncidentDeadline `json:"deadlines"`
}

// incidentsShown is how many incidents of the list come at once.
const incidentsShown = 50

type incidentsInput struct {
	Cursor string `query:"cursor" maxLength:"30"`
}

type incidentsOutput struct {
	Body struct {
		Items      []IncidentLine `json:"items" doc:"those that are not closed first, then those that are; of both the newest first"`
		NextCursor *string        `json:"next_cursor" doc:"null: the list is whole"`
		People     []AuditWho     `json:"people"`
	}
}

type incidentText struct {
	Kind     incident.Kind   `json:"kind"`
	FoundAt  time.Time       `json:"found_at" doc:"the clocks run from here"`
	From     time.Time       `json:"from"`
	Until    time.Time       `json:"until"`
	Who      []dialer.UserID `json:"who" maxItems:"200" nullable:"false" doc:"whose accesses are in question; nobody: everybody's"`
	Malice   bool            `json:"malice" doc:"60 days for 確報 in place of 30"`
	What     string          `json:"what" maxLength:"8000" doc:"never personal data"`
	Cause    string          `json:"cause" maxLength:"8000" doc:"never personal data"`
	Done     string          `json:"done" maxLength:"8000" doc:"never personal data"`
	Future   string          `json:"future" maxLength:"8000" doc:"never personal data"`
	Revision int             `json:"revision,omitempty" minimum:"0" doc:"the newest one that was read; 0 of a new incident"`
}

type newIncidentInput struct{ Body incidentText }

type changeIncidentInput struct {
	ID   int64 `path:"id"`
	Body incidentText
}

type incidentInput struct {
	ID int64 `path:"id"`
}

type stepInput struct {
	ID   int64 `path:"id"`
	Body struct {
		Act  incident.Act `json:"act"`
		Note string       `json:"note" maxLength:"1000" doc:"to whom, by what means, its number: no personal data of a debtor"`
	}
}

type incidentOutput struct {
	Body struct {
		Incident Incident       `json:"incident"`
		Reach    incident.Reach `json:"reach" doc:"by the record, until now"`
	}
}

// incidentAlert is the kind of the alert that an incident was reported.
const incidentAlert = "incident"

var (
	errIncidentMoved = newProblem(http.StatusConflict, "moved",
		"ほかの人が先に書き換えました。画面を更新して、もう一度書いてください", "somebody has changed this meanwhile; reload and write it again")
	errStepTaken = newProblem(http.StatusConflict, "taken",
		"この対応はすでに記録されています。画面を更新してください", "this step was recorded before; reload")
	errOnlyWard = errForbidden.with("区の受領は、区の職員だけが記録できます", "only the ward says that the ward has received it")
	errNotWards = errForbidden.with("この対応は受託者が記録します", "this step is the contractor's to record")
)

func (s *Server) incidentRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/incidents", OperationID: "incidents", Summary: "Incidents with personal data, and their clocks"}, s.incidents)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/incidents", OperationID: "report-incident", Summary: "Say that something happened",
		Description: "The ward sees it at once (§22).", DefaultStatus: http.StatusCreated,
	}, s.reportIncident)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/incidents/{id}", OperationID: "incident", Summary: "An incident with its texts, and whose data was in reach",
	}, s.incident)
	route(s, huma.Operation{Method: http.MethodPut, Path: "/api/incidents/{id}", OperationID: "change-incident", Summary: "Write what is known now"}, s.changeIncident)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/incidents/{id}/steps", OperationID: "take-step", Summary: "Record what was done about it"}, s.takeStep)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/incidents/{id}/evidence", OperationID: "incident-evidence", Summary: "All that is kept of an incident, as a ZIP",
		Responses: fileResponse,
	}, s.evidence)
}

func (s *Server) incidents(ctx context.Context, in *incidentsInput) (*incidentsOutput, error) {
	at, ok := incidentCursor(in.Cursor)
	if !ok {
		return nil, invalid("cursor", "bad_cursor", "続きの位置が正しくありません。最初から読み直してください", "this is no cursor of the list of incidents; read from the start")
	}
	lines, err := s.incidentPage(ctx, at)
	if err != nil {
		return nil, err
	}
	people, err := s.d.Users.Users(ctx)
	if err != nil {
		return nil, err
	}
	out := &incidentsOutput{}
	out.Body.Items, out.Body.People = []IncidentLine{}, []AuditWho{}
	for _, u := range people {
		s.names.learn(u)
		out.Body.People = append(out.Body.People, AuditWho{u.ID, u.Name, u.Role})
	}
	for _, l := range lines[:min(len(lines), incidentsShown)] {
		out.Body.Items = append(out.Body.Items, IncidentLine{
			ID: l.ID, Revision: l.Revision, At: l.At, ByName: s.names.of(l.By), Kind: l.Kind, FoundAt: l.FoundAt, Closed: l.Taken(incident.Closed), Deadlines: s.clocksOf(l),
		})
	}
	if len(lines) > incidentsShown {
		last := out.Body.Items[incidentsShown-1]
		out.Body.NextCursor = new(fmt.Sprintf("%t-%d", last.Closed, last.ID))
	}
	return out, nil
}

// incidentCursor reads the last incident of a page: whether it was closed, and its number.
func incidentCursor(text string) (p incident.Page, ok bool) {
	if text == "" {
		return p, true
	}
	closed, below, found := strings.Cut(text, "-")
	var err error
	p.Below, err = strconv.ParseInt(below, 10, 64)
	p.Closed = closed == "true"
	return p, found && err == nil && p.Below > 0 && (p.Closed || closed == "false")
}

// incidentPage reads a page, and one more. A clock that runs is found at the top, whatever number of incidents is over.
func (s *Server) incidentPage(ctx context.Context, at incident.Page) ([]incident.Line, error) {
	at.Most = incidentsShown + 1
	lines, err := s.d.Incidents.Incidents(ctx, at)
	if err != nil || at.Closed || len(lines) == at.Most {
		return lines, err
	}
	over, err := s.d.Incidents.Incidents(ctx, incident.Page{Closed: true, Most: at.Most - len(lines)})
	return append(lines, over...), err
}

// clocksOf are the clocks of an incident as they stand now.
func (s *Server) clocksOf(l incident.Line) []IncidentDeadline {
	out := []IncidentDeadline{}
	for _, d := range l.Deadlines(l.Steps, s.d.Now(), officesShut) {
		out = append(out, IncidentDeadline(d))
	}
	return out
}

func (s *Server) dressIncident(f incident.File) Incident {
	now := f.Now()
	out := Incident{Incident: now, ByName: s.names.of(now.By), WhoNames: []string{}, Revisions: len(f.Revisions), Steps: []IncidentStep{}}
	out.Deadlines = s.clocksOf(incident.Line{Incident: now, Steps: f.Steps})
	if out.Who == nil {
		out.Who = []dialer.UserID{}
	}
	for _, w := range now.Who {
		out.WhoNames = append(out.WhoNames, s.names.of(w))
	}
	for _, step := range f.Steps {
		out.Steps = append(out.Steps, IncidentStep{step.Act, step.At, s.names.of(step.By), step.Note})
	}
	return out
}

// officesShut are the days on which authorities take no report: not those on which this centre is shut.
func officesShut(d dialer.Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday || japan.Closed(d.Year, d.Month, d.Day) != ""
}

func (s *Server) incident(ctx context.Context, in *incidentInput) (*incidentOutput, error) {
	f, err := s.d.Incidents.Incident(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	reach, err := s.d.Incidents.Reach(ctx, f.Now())
	if err != nil {
		return nil, err
	}
	out := &incidentOutput{}
	out.Body.Incident, out.Body.Reach = s.dressIncident(f), reach
	return out, nil
}

func (s *Server) reportIncident(ctx context.Context, in *newIncidentInput) (*incidentOutput, error) {
	id, err := s.keepIncident(ctx, 0, in.Body)
	if err != nil {
		return nil, err
	}
	s.log.Warn("an incident was reported", "incident", id, "kind", in.Body.Kind, "by", from(ctx).User.ID)
	s.d.Alert(dialer.Alert{
		Kind: incidentAlert, Subject: strconv.FormatInt(id, 10), Text: fmt.Sprintf("個人情報の事故 第%d号が報告されました。「監査」の「事故」を開いて確かめてください", id),
		TextEN: fmt.Sprintf("incident no. %d was reported; open it under Audit, Incidents", id),
	})
	return s.incident(ctx, &incidentInput{id})
}

func (s *Server) changeIncident(ctx context.Context, in *changeIncidentInput) (*incidentOutput, error) {
	if _, err := s.d.Incidents.Incident(ctx, in.ID); err != nil {
		return nil, err
	}
	if _, err := s.keepIncident(ctx, in.ID, in.Body); err != nil {
		return nil, err
	}
	return s.incident(ctx, &incidentInput{in.ID})
}

// keepIncident keeps a revision, and returns the incident's number: the next one for 0.
func (s *Server) keepIncident(ctx context.Context, id int64, b incidentText) (kept int64, err error) {
	if err := s.hands.take(from(ctx).User.ID, incidentActs); err != nil {
		return 0, err
	}
	i := incident.Incident{
		ID: id, Revision: b.Revision + 1, At: s.d.Now(), By: from(ctx).User.ID, Kind: b.Kind, FoundAt: b.FoundAt, From: b.From, Until: b.Until,
		Who: b.Who, Malice: b.Malice, What: dialer.MaskDigits(b.What), Cause: dialer.MaskDigits(b.Cause),
		Done: dialer.MaskDigits(b.Done), Future: dialer.MaskDigits(b.Future), // kept for ever, as all texts of the record
	}
	if id == 0 {
		i.Revision = 1
	}
	if wrong := i.Check(s.d.Now()); len(wrong) > 0 {
		p := *errInvalid
		for _, w := range wrong {
			p.Errors = append(p.Errors, FieldProblem{w.Field, w.Code, w.JA, w.EN})
		}
		return 0, &p
	}
	kept, err = s.d.Incidents.KeepIncident(ctx, i)
	if errors.Is(err, incident.ErrMoved) {
		return 0, errIncidentMoved
	}
	if err != nil {
		return 0, err
	}
	remarked(ctx, fmt.Sprintf("incident %d, revision %d", kept, i.Revision))
	return kept, nil
}

// takeStep records a step. That the ward has received it, only the ward says; all others are the contractor's.
func (s *Server) takeStep(ctx context.Context, in *stepInput) (*incidentOutput, error) {
	ward := from(ctx).User.Role == dialer.RoleWard
	switch {
	case in.Body.Act == incident.WardAck && !ward:
		return nil, errOnlyWard
	case in.Body.Act != incident.WardAck && ward:
		return nil, errNotWards
	}
	if err := s.hands.take(from(ctx).User.ID, incidentActs); err != nil {
		return nil, err
	}
	if _, err := s.d.Incidents.Incident(ctx, in.ID); err != nil {
		return nil, err
	}
	err := s.d.Incidents.TakeStep(ctx, in.ID, incident.Step{Act: in.Body.Act, At: s.d.Now(), By: from(ctx).User.ID, Note: dialer.MaskDigits(in.Body.Note)})
	if errors.Is(err, incident.ErrTaken) {
		return nil, errStepTaken
	}
	if err != nil {
		return nil, err
	}
	remarked(ctx, "step: "+string(in.Body.Act))
	return s.incident(ctx, &incidentInput{in.ID})
}

func (s *Server) evidence(ctx context.Context, in *incidentInput) (*huma.StreamResponse, error) {
	write, err := s.d.Evidence.Evidence(ctx, in.ID, s.d.Now())
	if err != nil {
		return nil, err
	}
	return s.stream(write, fmt.Sprintf("incident-%d.zip", in.ID)), nil
}

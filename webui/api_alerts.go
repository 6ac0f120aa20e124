package webui

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
)

// alertsShown is how many alerts a page of the history has.
const alertsShown = 50

type alertsInput struct {
	From   string      `query:"from" maxLength:"10" doc:"YYYY-MM-DD; from the first when left out"`
	To     string      `query:"to" maxLength:"10" doc:"YYYY-MM-DD, this day included"`
	Kind   string      `query:"kind" maxLength:"40"`
	State  alarm.State `query:"state" required:"false"`
	Cursor string      `query:"cursor" maxLength:"20"`
}

type alertsOutput struct {
	Body struct {
		Items      []Alert `json:"items" nullable:"false"`
		NextCursor string  `json:"next_cursor"`
	}
}

type alertInput struct {
	ID   int64 `path:"id"`
	Body *struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"what was done about it; no personal data"`
	} `required:"false"`
}

type alertOutput struct{ Body Alert }

type hereInput struct {
	Body struct {
		Break      bool `json:"break,omitempty" doc:"a break begins"`
		SecondsAgo int  `json:"seconds_ago,omitempty" minimum:"0" maximum:"86400" doc:"since key or mouse were touched"`
	}
}

// Supervised says whether a supervisor is there.
type Supervised struct {
	People []SupervisorHere `json:"people" nullable:"false"`
}

// SupervisorHere is a supervisor who was there.
type SupervisorHere struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at" doc:"when they last touched key or mouse, or began their break"`
	Break bool      `json:"break"`
	Mine  bool      `json:"mine" doc:"whoever asks"`
}

type supervisedOutput struct{ Body Supervised }

func (s *Server) alertRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/alerts", OperationID: "alerts", Summary: "What somebody had to see"}, s.alertHistory)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/alerts/{id}/acknowledge", OperationID: "acknowledge-alert", Summary: "Say, once for all, that it was seen",
	}, s.acknowledgeAlert)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/supervisors/here", OperationID: "supervisors-here", Summary: "Which supervisors are there"}, s.supervised)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/supervisors/here", OperationID: "supervisor-is-here", Summary: "A supervisor is there, or begins a break",
	}, s.supervisorHere)
}

func (s *Server) alertHistory(ctx context.Context, in *alertsInput) (*alertsOutput, error) {
	out := &alertsOutput{}
	out.Body.Items = []Alert{}
	f := alarm.Filter{Kind: in.Kind, State: in.State, Limit: alertsShown + 1}
	for field, day := range map[string]string{"from": in.From, "to": in.To} {
		if day == "" {
			continue
		}
		d, err := dialer.ParseDate(day)
		switch {
		case err != nil:
			return nil, invalid(field, "bad_date", "日付は 2026-11-24 のように指定してください", "write the day as YYYY-MM-DD")
		case field == "from":
			f.From = d.At(0)
		default:
			f.To = d.Next().At(0)
		}
	}
	if in.Cursor != "" {
		n, err := strconv.ParseInt(in.Cursor, 10, 64)
		if err != nil || n < 1 {
			return nil, invalid("cursor", "bad_cursor", "続きの位置が正しくありません。最初から読み直してください", "this is no cursor of a list of alerts; read from the start")
		}
		f.Before = n
	}
	if s.d.Alerts == nil {
		return out, nil
	}
	kept, err := s.d.Alerts.Alerts(ctx, f)
	if err != nil {
		return nil, err
	}
	if len(kept) > alertsShown {
		kept = kept[:alertsShown]
		out.Body.NextCursor = strconv.FormatInt(kept[len(kept)-1].ID, 10)
	}
	v := viewerOf(from(ctx))
	for _, k := range kept {
		if a := s.dressAlert(k); v.seesAlert(a) {
			out.Body.Items = append(out.Body.Items, a)
		}
	}
	return out, nil
}

func (s *Server) acknowledgeAlert(ctx context.Context, in *alertInput) (*alertOutput, error) {
	if s.d.Alerts == nil {
		return nil, dialer.ErrNotFound
	}
	k, err := s.d.Alerts.Alert(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	v := from(ctx)
	if !viewerOf(v).seesAlert(s.dressAlert(k)) {
		return nil, dialer.ErrNotFound
	}
	note := ""
	if in.Body != nil {
		note = strings.TrimSpace(dialer.MaskDigits(in.Body.Note))
	}
	if err := s.d.Alerts.AcknowledgeAlert(ctx, in.ID, v.User.ID, s.d.Now(), note); err != nil {
		return nil, err
	}
	s.alerts.look()
	if k, err = s.d.Alerts.Alert(ctx, in.ID); err != nil {
		return nil, err
	}
	return &alertOutput{Body: s.dressAlert(k)}, nil
}

func (s *Server) supervised(ctx context.Context, _ *struct{}) (*supervisedOutput, error) {
	out := &supervisedOutput{Body: Supervised{People: []SupervisorHere{}}}
	if s.d.Presences == nil {
		return out, nil
	}
	all, err := s.d.Presences.Presences(ctx)
	if err != nil {
		return nil, err
	}
	today := dialer.DateOf(s.d.Now()).At(0)
	for _, p := range all {
		if p.At.Before(today) {
			continue
		}
		out.Body.People = append(out.Body.People, SupervisorHere{
			Name: s.names.of(p.User), At: p.At, Break: p.Break, Mine: p.User == from(ctx).User.ID,
		})
	}
	return out, nil
}

func (s *Server) supervisorHere(ctx context.Context, in *hereInput) (*supervisedOutput, error) {
	if s.d.Presences != nil {
		at := s.d.Now().Add(-time.Duration(in.Body.SecondsAgo) * time.Second)
		if err := s.d.Presences.Here(ctx, alarm.Presence{User: from(ctx).User.ID, At: at, Break: in.Body.Break}); err != nil {
			return nil, err
		}
	}
	return s.supervised(ctx, nil)
}

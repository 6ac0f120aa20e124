package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// AskedFor is a call that was asked for at a time and that nobody has made yet. It says nothing of whom it is to.
type AskedFor struct {
	CaseID       dialer.CaseID `json:"case_id"`
	At           time.Time     `json:"at"`
	Operator     dialer.UserID `json:"operator,omitempty" doc:"who promised to make it; left out when it is anyone's"`
	OperatorName string        `json:"operator_name,omitempty"`
	Desk         string        `json:"desk,omitempty" doc:"name of the desk where the case stands already"`
	Late         bool          `json:"late" doc:"it should have been made ten minutes ago"`
}

type askedOutput struct {
	Body struct {
		Items []AskedFor `json:"items" doc:"the earliest first"`
	}
}

func (s *Server) askedRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/asked-for", OperationID: "asked-for",
		Summary: "Calls asked for at a time that has come, or comes soon: one's own and anyone's; a supervisor's are all",
	}, s.askedFor)
}

func (s *Server) askedFor(ctx context.Context, _ *struct{}) (*askedOutput, error) {
	v, now := from(ctx), s.d.Now()
	list, err := s.d.Line.AskedFor(ctx, now.Add(casework.AskedAhead))
	if err != nil {
		return nil, err
	}
	stands := map[dialer.CaseID]string{}
	for _, d := range s.d.Calls.Desks() {
		stands[d.CaseID] = d.Name
	}
	out := &askedOutput{}
	out.Body.Items = []AskedFor{}
	for _, a := range list {
		if v.Asker().Supervises() || a.Concerns(v.User.ID) {
			out.Body.Items = append(out.Body.Items, AskedFor{
				CaseID: a.Case, At: a.At, Operator: a.Mine, OperatorName: s.names.of(a.Mine), Desk: stands[a.Case], Late: a.Late(now),
			})
		}
	}
	return out, nil
}

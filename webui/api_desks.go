package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

type desksOutput struct {
	Body struct {
		Desks []Desk `json:"desks"`
	}
}

type deskInput struct {
	ID dialer.DeskID `path:"id" maxLength:"100"`
}

type sitInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body *struct {
		TakeOver bool `json:"take_over,omitempty" doc:"relieve whoever sits there"`
	} `required:"false"`
}

type deskOutput struct{ Body Desk }

type nextInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body *struct {
		CaseID dialer.CaseID `json:"case_id,omitempty" maxLength:"100" doc:"this case instead of the first in the line"`
		Skip   bool          `json:"skip,omitempty" doc:"put the presented case back and take the next"`
	} `required:"false"`
}

type nextOutput struct {
	Body struct {
		CaseID dialer.CaseID `json:"case_id"`
	}
}

func (s *Server) deskRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/desks", OperationID: "desks", Summary: "The desks and who sits there"}, s.desks)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/desks/{id}/sit", OperationID: "sit", Summary: "Sit down at a desk"}, s.sit)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/desks/{id}/leave", OperationID: "leave", Summary: "Leave a desk"}, s.leave)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/desks/{id}/next", OperationID: "present-next", Summary: "Have a case stand at the desk; never dials",
	}, s.presentNext)
}

func (s *Server) desks(ctx context.Context, _ *struct{}) (*desksOutput, error) {
	out := &desksOutput{}
	out.Body.Desks = s.desksFor(viewerOf(from(ctx)))
	return out, nil
}

// desksFor lists the desks as a viewer may see them.
func (s *Server) desksFor(v viewer) []Desk {
	views := s.d.Calls.Desks()
	desks := make([]Desk, 0, len(views))
	for _, d := range views {
		desks = append(desks, v.desk(s.dressDesk(d)))
	}
	return desks
}

func (s *Server) sit(ctx context.Context, in *sitInput) (*deskOutput, error) {
	d, err := s.d.Calls.Sit(ctx, from(ctx).Asker(), in.ID, in.Body != nil && in.Body.TakeOver)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) leave(ctx context.Context, in *deskInput) (*deskOutput, error) {
	d, err := s.d.Calls.Leave(ctx, from(ctx).Asker(), in.ID)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) presentNext(ctx context.Context, in *nextInput) (*nextOutput, error) {
	var want dialer.CaseID
	var skip bool
	if in.Body != nil {
		want, skip = in.Body.CaseID, in.Body.Skip
	}
	out := &nextOutput{}
	var err error
	out.Body.CaseID, err = s.d.Calls.Present(ctx, from(ctx).Asker(), in.ID, want, skip)
	return out, err
}

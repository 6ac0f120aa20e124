package webui

import (
	"context"
	"net/http"
	"time"

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
		TakeOver bool   `json:"take_over,omitempty" doc:"relieve whoever sits there, or go on here instead of on another screen of one's own"`
		Screen   string `json:"screen,omitempty" maxLength:"60" pattern:"^[0-9a-z-]*$" doc:"the panel that asks, by a random word of its own: one at a time works a desk"`
	} `required:"false"`
}

type deskOutput struct{ Body Desk }

type awayInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body struct {
		Reason dialer.AwayReason `json:"reason"`
	}
}

type reasonInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"200" pattern:"\\S" doc:"no personal data"`
	}
}

type touchedInput struct {
	ID   dialer.DeskID `path:"id" maxLength:"100"`
	Body struct {
		SecondsAgo int `json:"seconds_ago" minimum:"0" maximum:"86400"`
	}
}

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

func (s *Server) awayRoutes() {
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/desks/{id}/away", OperationID: "away", Summary: "Do not work at a desk for a while"}, s.away)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/desks/{id}/back", OperationID: "back", Summary: "Work at it again"}, s.back)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/desks/{id}/touched", OperationID: "touched", Summary: "When key or mouse were last touched there",
		DefaultStatus: http.StatusNoContent,
	}, s.touched)
}

func (s *Server) pauseRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/desks/{id}/pause", OperationID: "pause", Summary: "No next case and no call at a desk, from now on or after its call",
	}, s.pause)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/desks/{id}/go-on", OperationID: "go-on", Summary: "End a desk's pause"}, s.goOn)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/desks/{id}/clear", OperationID: "clear-desk",
		Summary: "Sign somebody's seat off for them; the case that stands there goes back into the line",
	}, s.clearDesk)
}

func (s *Server) pause(ctx context.Context, in *reasonInput) (*deskOutput, error) {
	reason := dialer.MaskDigits(in.Body.Reason) // it is kept for ever, and a telephone number is somebody's
	remarked(ctx, string(in.ID)+": "+reason)
	d, err := s.d.Calls.Pause(ctx, from(ctx).Asker(), in.ID, reason)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) goOn(ctx context.Context, in *deskInput) (*deskOutput, error) {
	remarked(ctx, string(in.ID))
	d, err := s.d.Calls.Unpause(ctx, from(ctx).Asker(), in.ID)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) clearDesk(ctx context.Context, in *reasonInput) (*deskOutput, error) {
	remarked(ctx, string(in.ID)+": "+dialer.MaskDigits(in.Body.Reason))
	d, err := s.d.Calls.Leave(ctx, from(ctx).Asker(), in.ID)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) away(ctx context.Context, in *awayInput) (*deskOutput, error) {
	if err := s.hands.take(from(ctx).User.ID, absences); err != nil { // to be back is told at once, and writes no more than there was
		return nil, err
	}
	d, err := s.d.Calls.Away(ctx, from(ctx).Asker(), in.ID, in.Body.Reason)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) back(ctx context.Context, in *deskInput) (*deskOutput, error) {
	d, err := s.d.Calls.Back(ctx, from(ctx).Asker(), in.ID)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) touched(ctx context.Context, in *touchedInput) (*struct{}, error) {
	return &struct{}{}, s.d.Calls.Touched(ctx, from(ctx).Asker(), in.ID, time.Duration(in.Body.SecondsAgo)*time.Second)
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
	asker, takeOver := from(ctx).Asker(), false
	if in.Body != nil {
		asker.Screen, takeOver = in.Body.Screen, in.Body.TakeOver
	}
	if takeOver {
		if err := s.relieves(ctx, in.ID); err != nil {
			return nil, err
		}
	}
	d, err := s.d.Calls.Sit(ctx, asker, in.ID, takeOver)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

// relieves writes down whose seat is taken over. Whoever does so more often than a shift changes is refused, and the supervisors are told.
func (s *Server) relieves(ctx context.Context, id dialer.DeskID) error {
	me, sits := from(ctx).User.ID, s.desk(id).Operator
	if sits == "" || sits == me {
		return nil
	}
	remarked(ctx, "relieves "+string(sits))
	err := s.hands.take(me, seatsTaken)
	if err != nil && s.hands.take(me, seatAlerts) == nil {
		s.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{
			Kind: SeatsTaken, Desk: id, Text: "席の引き継ぎが繰り返されています。だれが席に着いているかを確かめてください",
			TextEN: "seats are taken over again and again; look who sits where",
		}})
	}
	return err
}

// leave empties one's own seat. A supervisor empties another's by clearDesk, with a reason, which is written down.
func (s *Server) leave(ctx context.Context, in *deskInput) (*deskOutput, error) {
	asker := from(ctx).Asker()
	asker.Role = dialer.RoleOperator
	d, err := s.d.Calls.Leave(ctx, asker, in.ID)
	return &deskOutput{Body: s.dressDesk(d)}, err
}

func (s *Server) presentNext(ctx context.Context, in *nextInput) (*nextOutput, error) {
	var want dialer.CaseID
	var skip bool
	if in.Body != nil {
		want, skip = in.Body.CaseID, in.Body.Skip
	}
	v := viewerOf(from(ctx))
	if err := s.tooMany(v, in.ID, want); err != nil {
		return nil, err
	}
	out := &nextOutput{}
	var err error
	out.Body.CaseID, err = s.d.Calls.Present(ctx, from(ctx).Asker(), in.ID, want, skip)
	if err == nil && v.role == dialer.RoleOperator {
		s.windows.open(v.user, out.Body.CaseID, s.d.Now())
	}
	return out, err
}

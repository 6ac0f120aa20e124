package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

type transferInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Action  string        `json:"action" enum:"start,complete,cancel"`
		Desk    dialer.DeskID `json:"desk,omitempty" maxLength:"100" doc:"with start: the desk that shall have the call"`
		Consult bool          `json:"consult,omitempty" doc:"with start: the two desks talk first, until complete or cancel"`
	}
}

type heardInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Announcement dialer.Announcement `json:"announcement" doc:"none takes back what was said before"`
	}
}

type dtmfInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Digits string `json:"digits" doc:"the keys, in order: 0-9, *, #, A-D, 1 to 32"`
	}
}

// controlRoutes are what somebody asks of a talk.
func (s *Server) controlRoutes() {
	control := func(path, id, summary string, do func(context.Context, dialer.Asker, dialer.CallID) error) {
		route(s, huma.Operation{
			Method: http.MethodPost, Path: "/api/calls/{id}/" + path, OperationID: id, Summary: summary, DefaultStatus: http.StatusAccepted,
		}, func(ctx context.Context, in *callInput) (*struct{}, error) {
			return nil, do(ctx, from(ctx).Asker(), in.ID)
		})
	}
	control("hold", "hold", "Have the customer hear that somebody will come back", func(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
		return s.d.Calls.Hold(ctx, a, id, true)
	})
	control("resume", "resume", "Talk on", func(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
		return s.d.Calls.Hold(ctx, a, id, false)
	})
	control("mute", "mute", "Keep the operator's sound from the customer", func(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
		return s.d.Calls.Mute(ctx, a, id, true)
	})
	control("unmute", "unmute", "Be heard again", func(ctx context.Context, a dialer.Asker, id dialer.CallID) error {
		return s.d.Calls.Mute(ctx, a, id, false)
	})
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls/{id}/transfer", OperationID: "transfer", Summary: "Hand a talk on to another desk",
		DefaultStatus: http.StatusAccepted,
	}, s.transfer)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls/{id}/dtmf", OperationID: "send-digits",
		Summary: "Press keys at the far end", DefaultStatus: http.StatusAccepted,
	}, s.sendDigits)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls/{id}/heard", OperationID: "heard-announcement",
		Summary: "Say which announcement of the network is heard", DefaultStatus: http.StatusAccepted,
	}, s.heard)
}

// heard keeps what the operator hears the network say.
func (s *Server) heard(ctx context.Context, in *heardInput) (*struct{}, error) {
	return nil, s.d.Calls.AnnouncementHeard(ctx, from(ctx).Asker(), in.ID, in.Body.Announcement)
}

func (s *Server) transfer(ctx context.Context, in *transferInput) (*struct{}, error) {
	a, b := from(ctx).Asker(), in.Body
	switch {
	case b.Action == "start" && b.Desk == "":
		return nil, invalid("desk", "missing", "転送先の席を指定してください", "name the desk that shall have the call")
	case b.Action != "start" && (b.Desk != "" || b.Consult):
		return nil, invalid("desk", "contradiction", "席と相談の有無は start のときだけ指定できます", "desk and consult go with start only")
	case b.Action == "complete":
		return nil, s.d.Calls.CompleteTransfer(ctx, a, in.ID)
	case b.Action == "cancel":
		return nil, s.d.Calls.CancelTransfer(ctx, a, in.ID)
	}
	return nil, s.d.Calls.Transfer(ctx, a, in.ID, b.Desk, b.Consult)
}

// sendDigits leaves the check of the keys to the engine: what is refused is not quoted, as a schema's error might.
func (s *Server) sendDigits(ctx context.Context, in *dtmfInput) (*struct{}, error) {
	return nil, s.d.Calls.Digits(ctx, from(ctx).Asker(), in.ID, in.Body.Digits)
}

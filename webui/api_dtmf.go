package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

type dtmfInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Digits string `json:"digits" doc:"the keys, in order: 0-9, *, #, A-D, 1 to 32"`
	}
}

func (s *Server) dtmfRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls/{id}/dtmf", OperationID: "send-digits",
		Summary: "Press keys at the far end", DefaultStatus: http.StatusAccepted,
	}, s.sendDigits)
}

// sendDigits leaves the check of the keys to the engine: what is refused is not quoted, as a schema's error might.
func (s *Server) sendDigits(ctx context.Context, in *dtmfInput) (*struct{}, error) {
	return nil, s.d.Calls.Digits(ctx, from(ctx).Asker(), in.ID, in.Body.Digits)
}

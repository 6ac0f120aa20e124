package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

type traceOutput struct {
	Body struct {
		Messages []dialer.TraceMessage `json:"messages"`
	}
}

var errNoTrace = errNotFound.with(
	"この通話のSIPの記録はありません。記録は直近200通話分で、再起動すると消えます",
	"there is no SIP trace of this call; they are kept for the last 200 calls, and not over a restart")

func (s *Server) traceRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/calls/{id}/trace", OperationID: "trace", Summary: "The SIP messages of a live or recent call",
		Description: "Without secrets; for an administrator without numbers and names too.",
	}, s.trace)
}

// trace shows a call's messages: whole to who may see every number, masked to who looks after lines and phones.
func (s *Server) trace(ctx context.Context, in *callInput) (*traceOutput, error) {
	v := viewerOf(from(ctx))
	all := s.d.Traces.Trace(in.ID)
	if all == nil {
		return nil, errNoTrace
	}
	whole := v.seesNumbers()
	out := &traceOutput{}
	out.Body.Messages = make([]dialer.TraceMessage, 0, len(all))
	for _, m := range all {
		if !whole {
			m = m.Masked()
		}
		out.Body.Messages = append(out.Body.Messages, m)
	}
	s.log.Info("trace shown", "call", in.ID, "user", v.user, "masked", !whole)
	return out, nil
}

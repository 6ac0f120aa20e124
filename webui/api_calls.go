package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/japan"
)

type dialInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"makes a repeated click the same click"`
	Body struct {
		Desk   dialer.DeskID `json:"desk" minLength:"1" maxLength:"100"`
		CaseID dialer.CaseID `json:"case_id,omitempty" maxLength:"100"`
		Next   bool          `json:"next,omitempty" doc:"the case presented at the desk, or the first in the line"`
		Number string        `json:"number,omitempty" maxLength:"40" doc:"this number of the case; a supervisor may leave the case out with a reason"`
		Reason string        `json:"reason,omitempty" maxLength:"200" doc:"why a supervisor dials against the number rule, or without a case"`
	}
}

type dialOutput struct {
	Body struct {
		CallID    dialer.CallID `json:"call_id"`
		AttemptID dialer.CallID `json:"attempt_id"`
		CaseID    dialer.CaseID `json:"case_id,omitempty"`
	}
}

type callsOutput struct {
	Body struct {
		Items      []Call  `json:"items"`
		NextCursor *string `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type callInput struct {
	ID dialer.CallID `path:"id" maxLength:"100"`
}

type callOutput struct{ Body Call }

func (s *Server) callRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls", OperationID: "dial", Summary: "Dial", DefaultStatus: http.StatusAccepted,
	}, s.dial)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/calls", OperationID: "calls", Summary: "The live calls"}, s.calls)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/calls/{id}", OperationID: "call", Summary: "One live call"}, s.call)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/calls/{id}/hangup", OperationID: "hang-up", Summary: "Hang up", DefaultStatus: http.StatusAccepted,
	}, s.hangUp)
}

func (s *Server) dial(ctx context.Context, in *dialInput) (*dialOutput, error) {
	b := in.Body
	if p := checkWhom(b.Next, b.CaseID, b.Number); p != nil {
		return nil, p
	}
	r := dialer.DialRequest{
		Asker: from(ctx).Asker(), Desk: b.Desk, Next: b.Next, Case: b.CaseID, Reason: b.Reason, IdempotencyKey: in.Key,
	}
	if b.Number != "" {
		digits, _ := japan.Number(b.Number)
		if digits == "" {
			return nil, invalid("number", "bad_number", "電話番号として読めません。市外局番から入力してください", "this is no telephone number; give it with its area code")
		}
		r.Number = dialer.Number(digits)
	}
	accepted, err := s.d.Calls.Dial(ctx, r)
	if err != nil {
		return nil, err
	}
	out := &dialOutput{}
	out.Body.CallID, out.Body.AttemptID, out.Body.CaseID = accepted.CallID, accepted.CallID, accepted.CaseID
	return out, nil
}

// checkWhom: a click says whom to call in exactly one way.
func checkWhom(next bool, id dialer.CaseID, number string) *Problem {
	switch {
	case next && (id != "" || number != ""):
		return invalid("next", "contradiction", "next と案件・番号は同時に指定できません", "give next, or a case or number, not both")
	case !next && id == "" && number == "":
		return invalid("case_id", "missing", "案件を選ぶか、next を指定してください", "name a case, or set next")
	}
	return nil
}

func (s *Server) calls(ctx context.Context, _ *struct{}) (*callsOutput, error) {
	out := &callsOutput{}
	out.Body.Items = s.callsFor(viewerOf(from(ctx)))
	return out, nil
}

// callsFor lists the live calls that a viewer may see.
func (s *Server) callsFor(v viewer) []Call {
	calls := []Call{}
	for _, c := range s.d.Calls.Calls() {
		if v.seesCall(c.Operator) {
			calls = append(calls, s.dressCall(c))
		}
	}
	return calls
}

func (s *Server) call(ctx context.Context, in *callInput) (*callOutput, error) {
	c, ok := s.d.Calls.Call(in.ID)
	if !ok || !viewerOf(from(ctx)).seesCall(c.Operator) {
		return nil, errNotFound
	}
	return &callOutput{Body: s.dressCall(c)}, nil
}

func (s *Server) hangUp(ctx context.Context, in *callInput) (*struct{}, error) {
	return nil, s.d.Calls.Hangup(ctx, from(ctx).Asker(), in.ID)
}

package webui

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

type callerOutput struct{ Body Caller }

type nameCaseInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		CaseID dialer.CaseID `json:"case_id" minLength:"1" maxLength:"100"`
	}
}

// callerRoutes are about who called, and whose matter it is.
func (s *Server) callerRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/attempts/{id}/caller", OperationID: "caller", Summary: "Who calls, to whom it rings for or has it",
	}, s.caller)
	route(s, huma.Operation{
		Method: http.MethodPut, Path: "/api/attempts/{id}/case", OperationID: "name-case", Summary: "Say which case a call that came in is about",
		DefaultStatus: http.StatusNoContent,
	}, s.nameCase)
}

// caller tells an operator who calls, while the phone of their desk rings or they have the call. It is noted who was told,
// as it is of cases.
func (s *Server) caller(ctx context.Context, in *attemptInput) (*callerOutput, error) {
	v := viewerOf(from(ctx))
	if !s.hears(v, in.ID) {
		return nil, errNotFound // there is no such call for this person
	}
	out := &callerOutput{Body: Caller{Cases: []CallersCase{}}}
	ids, err := s.callersCases(ctx, in.ID, &out.Body)
	if err != nil {
		return nil, err
	}
	cases, err := s.d.Cases.Cases(ctx, ids)
	if err != nil {
		return nil, err
	}
	rung := s.rungBefore(ctx, in.ID)
	for _, c := range cases {
		out.Body.Cases = append(out.Body.Cases, CallersCase{ID: c.ID, Name: c.Person.Name, Rung: rung[c.ID]})
	}
	s.log.Info("caller shown", "call", in.ID, "cases", ids, "user", v.user)
	return out, nil
}

// callersCases fills in what is known of the other side. A call that we made has none that called: it is known by its case.
func (s *Server) callersCases(ctx context.Context, id dialer.CallID, c *Caller) ([]dialer.CaseID, error) {
	call, live := s.d.Calls.Call(id)
	if live && call.TransferTo != "" {
		c.From = &call.Desk
	}
	if live && call.Direction == dialer.Outbound {
		return []dialer.CaseID{call.CaseID}, nil
	}
	number, ids, err := s.d.Callers.Caller(ctx, id)
	c.Number, c.Withheld = number, number == ""
	return ids, err
}

// rungBefore is when we last called whoever calls. Who calls is shown without it when it cannot be had.
func (s *Server) rungBefore(ctx context.Context, id dialer.CallID) map[dialer.CaseID]*Rung {
	rung, err := s.d.Callers.RungBefore(ctx, id, s.d.Now().Add(-casework.RungKept))
	if err != nil {
		s.log.Warn("when the caller was called is not known", "call", id, "err", err)
	}
	out := make(map[dialer.CaseID]*Rung, len(rung))
	for of, r := range rung {
		out[of] = &Rung{
			At: r.At, ByName: s.names.of(r.By), Result: r.Result, Origin: r.Origin, Party: r.Party, BusinessResults: orEmpty(r.Business),
		}
	}
	return out
}

// hears reports whether a call rings at a viewer's desk, or is there; a supervisor hears of all.
func (s *Server) hears(v viewer, id dialer.CallID) bool {
	if v.role == dialer.RoleSupervisor {
		return true
	}
	for _, d := range s.d.Calls.Desks() {
		if d.Operator == v.user && (d.Ringing == id || d.CallID == id) {
			return true
		}
	}
	return false
}

func (s *Server) nameCase(ctx context.Context, in *nameCaseInput) (*struct{}, error) {
	v := viewerOf(from(ctx))
	if err := s.tooMany(v, "", in.Body.CaseID); err != nil {
		return nil, err
	}
	err := s.d.Calls.NameCase(ctx, from(ctx).Asker(), in.ID, in.Body.CaseID)
	if err == nil {
		if v.role == dialer.RoleOperator {
			s.windows.open(v.user, in.Body.CaseID, s.d.Now())
		}
		s.recount.attemptChanged(in.ID)
	}
	return nil, err
}

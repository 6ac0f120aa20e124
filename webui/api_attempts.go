package webui

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

type attemptsInput struct {
	From   time.Time     `query:"from" doc:"started at or after"`
	To     time.Time     `query:"to" doc:"started before"`
	Desk   dialer.DeskID `query:"desk" maxLength:"100"`
	CaseID dialer.CaseID `query:"case_id" maxLength:"100"`
	Cursor string        `query:"cursor" maxLength:"400"`
	Limit  int           `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type attemptsOutput struct {
	Body struct {
		Items      []Attempt `json:"items"`
		NextCursor *string   `json:"next_cursor" doc:"where the next page begins; null on the last"`
	}
}

type attemptInput struct {
	ID dialer.CallID `path:"id" maxLength:"100"`
}

type attemptOutput struct{ Body Attempt }

func (s *Server) attemptRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/attempts", OperationID: "attempts", Summary: "Attempts, newest first"}, s.attempts)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/attempts/{id}", OperationID: "attempt", Summary: "One attempt with its evidence"}, s.attempt)
	route(s, huma.Operation{
		Method: http.MethodPut, Path: "/api/attempts/{id}/result", OperationID: "record-result", Summary: "Record what came of a call",
	}, s.recordResult)
}

func (s *Server) attempts(ctx context.Context, in *attemptsInput) (*attemptsOutput, error) {
	v := viewerOf(from(ctx))
	if v.role == dialer.RoleWard && in.CaseID != "" {
		return nil, errForbidden
	}
	filter := casework.AttemptFilter{From: in.From, To: in.To, Desk: in.Desk, CaseID: in.CaseID, Cursor: in.Cursor, Limit: in.Limit}
	if v.role == dialer.RoleOperator && in.CaseID == "" {
		filter.Operator = v.user // the ledger leaves out the others', so that no page comes empty
	}
	list, next, err := s.d.Results.Attempts(ctx, filter)
	if err != nil {
		return nil, err
	}
	whole := in.CaseID != "" && s.readsCase(v, in.CaseID)
	out := &attemptsOutput{}
	out.Body.Items, out.Body.NextCursor = []Attempt{}, &next
	if next == "" {
		out.Body.NextCursor = nil
	}
	for _, a := range list {
		seen, ok := v.attempt(s.dressAttempt(a))
		if !ok && in.CaseID != "" {
			seen, ok = s.historyEntry(v, a, whole), true
		}
		if ok {
			out.Body.Items = append(out.Body.Items, seen)
		}
	}
	return out, nil
}

func (s *Server) attempt(ctx context.Context, in *attemptInput) (*attemptOutput, error) {
	a, err := s.d.Results.Attempt(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	v := viewerOf(from(ctx))
	if v.role == dialer.RoleOperator {
		return &attemptOutput{Body: s.historyEntry(v, a, s.readsCase(v, a.CaseID))}, nil
	}
	seen, _ := v.attempt(s.dressAttempt(a))
	if seen.Recording, err = s.recordingFor(ctx, v, a.ID); err != nil {
		return nil, err
	}
	seen.Disclosures, err = s.disclosuresOf(ctx, a.ID)
	return &attemptOutput{Body: seen}, err
}

// isGone reports whether a store said that there is no such thing.
func isGone(err error) bool { return errors.Is(err, dialer.ErrNotFound) }

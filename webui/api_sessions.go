package webui

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
)

// OpenSession is somebody being signed in somewhere.
type OpenSession struct {
	ID        string        `json:"id"`
	UserID    dialer.UserID `json:"user_id"`
	Name      string        `json:"name"`
	CreatedAt time.Time     `json:"created_at"`
	SeenAt    time.Time     `json:"seen_at" doc:"to about a minute"`
	Address   string        `json:"address"`
	Browser   string        `json:"browser" doc:"in plain words; empty when it is none that is known"`
	Here      bool          `json:"here" doc:"the one that asks"`
}

type sessionsOutput struct {
	Body struct {
		Items      []OpenSession `json:"items"`
		NextCursor *string       `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type sessionIDInput struct {
	ID string `path:"id" maxLength:"100"`
}

type newPasswordInput struct {
	Body struct {
		Old      string `json:"old" minLength:"1" maxLength:"1000"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

func (s *Server) sessionListRoutes() {
	const post = http.MethodPost
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/session/all", OperationID: "my-sessions", Summary: "Where I am signed in"}, s.mySessions)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/all/end", OperationID: "end-my-other-sessions", Summary: "End all my sessions but this one",
		DefaultStatus: http.StatusNoContent,
	}, s.endMyOthers)
	route(s, huma.Operation{
		Method: post, Path: "/api/session/all/{id}/end", OperationID: "end-my-session", Summary: "End one of my sessions", DefaultStatus: http.StatusNoContent,
	}, s.endMine)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/sessions", OperationID: "sessions", Summary: "Who is signed in, and where"}, s.allSessions)
	route(s, huma.Operation{
		Method: post, Path: "/api/sessions/{id}/end", OperationID: "end-session", Summary: "End anybody's session", DefaultStatus: http.StatusNoContent,
	}, s.endAnybodys)
	route(s, huma.Operation{Method: post, Path: "/api/session/password", OperationID: "change-password", Summary: "Change my password"}, s.changePassword)
}

func (s *Server) mySessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	return s.sessionsOf(ctx, from(ctx).User.ID)
}

func (s *Server) allSessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	return s.sessionsOf(ctx, "")
}

func (s *Server) sessionsOf(ctx context.Context, user dialer.UserID) (*sessionsOutput, error) {
	list, err := s.keeper.Sessions(ctx, user)
	if err != nil {
		return nil, err
	}
	out := &sessionsOutput{}
	out.Body.Items = []OpenSession{}
	here := from(ctx).SessionID()
	for _, o := range list {
		out.Body.Items = append(out.Body.Items, OpenSession{
			ID: o.ID, UserID: o.User, Name: s.names.of(o.User), CreatedAt: o.CreatedAt, SeenAt: o.SeenAt,
			Address: o.Address, Browser: o.Agent, Here: o.ID == here,
		})
	}
	return out, nil
}

func (s *Server) endMine(ctx context.Context, in *sessionIDInput) (*struct{}, error) {
	return s.endSession(ctx, in.ID, from(ctx).User.ID)
}

func (s *Server) endAnybodys(ctx context.Context, in *sessionIDInput) (*struct{}, error) {
	remarked(ctx, "session ended")
	return s.endSession(ctx, in.ID, "")
}

// asSessionID reports whether a text is a session's id as it is listed. By another spelling, in capitals say, the ledger would find the session, and
// this node go on believing it.
func asSessionID(id string) bool {
	b, err := hex.DecodeString(id)
	return err == nil && hex.EncodeToString(b) == id
}

func (s *Server) endSession(ctx context.Context, id string, of dialer.UserID) (*struct{}, error) {
	if !asSessionID(id) {
		return nil, dialer.ErrNotFound
	}
	if err := s.keeper.EndSession(ctx, id, of); err != nil {
		return nil, err
	}
	s.tellAuth("a session was ended", from(ctx).Session)
	return &struct{}{}, nil
}

func (s *Server) endMyOthers(ctx context.Context, _ *struct{}) (*struct{}, error) {
	v := from(ctx)
	if err := s.keeper.EndSessionsOf(ctx, v.User.ID, v.token); err != nil {
		return nil, err
	}
	s.tellAuth("all other sessions were ended", v.Session)
	return &struct{}{}, nil
}

func (s *Server) changePassword(ctx context.Context, in *newPasswordInput) (*sessionOutput, error) {
	session, err := s.keeper.ChangePassword(ctx, from(ctx).visit, in.Body.Old, in.Body.Password)
	if err != nil {
		return nil, err
	}
	remarked(ctx, "own password changed")
	s.tellAuth("own password changed", session)
	return s.opened(ctx, session)
}

package webui

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

type signInInput struct {
	Body struct {
		Login    string `json:"login" minLength:"1" maxLength:"100"`
		Password string `json:"password" minLength:"1" maxLength:"1000"`
	}
}

type sessionOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SignedIn
}

type whoOutput struct{ Body SignedIn }

type signOutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) sessionRoutes() {
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/session", OperationID: "sign-in", Summary: "Sign in"}, s.signIn)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/session", OperationID: "who-am-i", Summary: "Who am I"}, s.whoAmI)
	route(s, huma.Operation{
		Method: http.MethodDelete, Path: "/api/session", OperationID: "sign-out", Summary: "Sign out", DefaultStatus: http.StatusNoContent,
	}, s.signOut)
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	v := from(ctx)
	session, err := s.keeper.SignIn(ctx, auth.SignIn{
		Login: in.Body.Login, Password: in.Body.Password, Address: v.address, Token: v.token,
	})
	if err != nil {
		s.log.Info("sign-in refused")
		if errors.Is(err, auth.ErrWrong) {
			s.noteLater(s.event(v, audit.SignInRefused)) // whose login it was is not looked up: what was typed may be a password
		}
		return nil, err
	}
	s.throttle.learn(session.Token)
	s.names.learn(session.User)
	v.Session = session
	if err := s.d.Audit.WriteDown(ctx, s.event(v, audit.SignedIn)); err != nil {
		return nil, errors.Join(err, s.keeper.SignOut(ctx, session.Token))
	}
	s.log.Info("signed in", "user", session.User.ID, "role", session.User.Role)
	return &sessionOutput{SetCookie: s.keeper.Cookie(session), Body: s.signedIn(session)}, nil
}

func (s *Server) whoAmI(ctx context.Context, _ *struct{}) (*whoOutput, error) {
	return &whoOutput{Body: s.signedIn(from(ctx).Session)}, nil
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	v := from(ctx)
	session, err := s.keeper.Check(ctx, v.token)
	if err := s.keeper.SignOut(ctx, v.token); err != nil {
		return nil, err
	}
	if err == nil {
		v.Session = session
		s.noteLater(s.event(v, audit.SignedOut))
	}
	return &signOutOutput{SetCookie: s.keeper.Cookie(auth.Session{})}, nil
}

func (s *Server) signedIn(session auth.Session) SignedIn {
	return SignedIn{
		User: personOf(session.User), Demo: s.d.Demo, AlwaysOpen: s.d.Hours.AlwaysOpen, Print: s.d.Print,
		Desk: s.seat(session.User.ID), ExpiresAt: session.Expires,
	}
}

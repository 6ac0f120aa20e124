package webui

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
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
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      SignedIn
}

type whoOutput struct{ Body SignedIn }

type signOutOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type proofInput struct{ Body Proof }

func (s *Server) sessionRoutes() {
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/session", OperationID: "sign-in", Summary: "Sign in"}, s.signIn)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/session", OperationID: "who-am-i", Summary: "Who am I"}, s.whoAmI)
	route(s, huma.Operation{
		Method: http.MethodDelete, Path: "/api/session", OperationID: "sign-out", Summary: "Sign out", DefaultStatus: http.StatusNoContent,
	}, s.signOut)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/session/lock", OperationID: "lock-screen", Summary: "Mask the screen until it is unlocked",
		DefaultStatus: http.StatusNoContent,
	}, s.lock)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/session/unlock", OperationID: "unlock-screen", Summary: "Unlock the screen"}, s.unlock)
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*sessionOutput, error) {
	v := from(ctx)
	session, err := s.keeper.SignIn(ctx, auth.SignIn{Login: in.Body.Login, Password: in.Body.Password, Visit: v.visit})
	if err != nil {
		s.log.Info("sign-in refused")
		if errors.Is(err, auth.ErrWrong) {
			s.noteLater(s.event(v, audit.SignInRefused)) // whose login it was is not looked up: what was typed may be a password
		}
		return nil, err
	}
	v.Session = session
	return s.entered(ctx, v)
}

// entered answers whoever has just given the first of what is asked. That a whole session was opened is written down first.
func (s *Server) entered(ctx context.Context, v visitor) (*sessionOutput, error) {
	session := v.Session
	s.throttle.learn(session.Token)
	s.names.learn(session.User)
	if session.Step == auth.StepDone {
		if err := s.d.Audit.WriteDown(ctx, s.event(v, audit.SignedIn)); err != nil {
			return nil, errors.Join(err, s.keeper.SignOut(ctx, session.Token))
		}
	}
	return s.opened(ctx, session)
}

// opened answers with a new session, whole or half. A whole one makes the browser known to belong to its person.
func (s *Server) opened(ctx context.Context, session auth.Session) (*sessionOutput, error) {
	s.tellAuth("signed in", session, "step", session.Step)
	body, err := s.signedIn(ctx, session)
	if err != nil {
		return nil, err
	}
	out := &sessionOutput{SetCookie: []http.Cookie{s.keeper.Cookie(session)}, Body: body}
	if session.Step == auth.StepDone {
		out.SetCookie = append(out.SetCookie, s.keeper.CameCookie(session.User.ID))
		out.SetCookie = append(out.SetCookie, s.known(ctx, session.User)...)
	}
	return out, nil
}

// known makes the browser known to belong to a person. Where the stores cannot say how the person signs in, it stays a stranger's until the
// next sign-in.
func (s *Server) known(ctx context.Context, user dialer.User) []http.Cookie {
	cookie, err := s.keeper.KnownCookie(ctx, user.Login)
	if err != nil {
		return []http.Cookie{}
	}
	return []http.Cookie{cookie}
}

// tellAuth is the one place where the log is told of sign-ins, of changes to how people sign in, and of ended sessions.
func (s *Server) tellAuth(what string, session auth.Session, more ...any) {
	s.log.Info(what, append( //nolint:sloglint // its callers say it as constants
		[]any{"user", session.User.ID, "role", session.User.Role}, more...)...)
}

func (s *Server) whoAmI(ctx context.Context, _ *struct{}) (*whoOutput, error) {
	body, err := s.signedIn(ctx, from(ctx).Session)
	return &whoOutput{Body: body}, err
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*signOutOutput, error) {
	v := from(ctx)
	session, err := s.keeper.Check(ctx, v.token)
	if err := s.keeper.SignOut(ctx, v.token); err != nil {
		// Whoever comes to this browser next is nobody, though the session itself could not be ended.
		return nil, s.problemOf(ctx, err).setting(s.keeper.Cookie(auth.Session{}))
	}
	if err == nil {
		v.Session = session
		s.noteLater(s.event(v, audit.SignedOut))
		s.tellAuth("signed out", session)
	}
	return &signOutOutput{SetCookie: s.keeper.Cookie(auth.Session{})}, nil
}

func (s *Server) lock(ctx context.Context, _ *struct{}) (*struct{}, error) {
	return &struct{}{}, s.keeper.Lock(ctx, from(ctx).visit)
}

func (s *Server) unlock(ctx context.Context, in *proofInput) (*whoOutput, error) {
	session, err := s.keeper.Unlock(ctx, from(ctx).visit, in.Body.given())
	if err != nil {
		s.tellAuth("unlocking refused", from(ctx).Session)
		return nil, err
	}
	s.uses.note(session.Token, s.d.Now())
	body, err := s.signedIn(ctx, session)
	return &whoOutput{Body: body}, err
}

func (s *Server) signedIn(ctx context.Context, session auth.Session) (SignedIn, error) {
	role := session.User.Role
	out := SignedIn{
		User: personOf(session.User), Demo: s.d.Demo, AlwaysOpen: s.d.Hours().AlwaysOpen, Print: s.d.Print(),
		Desk: s.seat(session.User.ID), ExpiresAt: session.Expires, Step: cmp.Or(session.Step, auth.StepDone), Locked: session.Locked,
		SecondFactor: s.keeper.Need(role), LockAfterSeconds: int(s.d.IdleLock(role).Seconds()), Ways: []auth.Way{},
	}
	if origin, ok := s.keeper.Passkeys(); ok {
		out.PasskeyOrigin = &origin
	}
	if until := session.ConfirmedUntil(); !until.IsZero() {
		out.ConfirmedUntil = &until
	}
	out.InDirectory = s.keeper.InDirectory(session.User) != ""
	if session.Step != auth.StepSecond && !session.Locked {
		return out, nil
	}
	have, err := s.keeper.Factors(ctx, session.User.ID)
	if err != nil {
		return out, err
	}
	out.Ways = auth.WaysOf(have)
	return out, nil
}

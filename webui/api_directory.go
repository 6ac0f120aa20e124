package webui

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// DirectoryAnswer is where browsers come back to from the ward's directory: what is registered there is this path at http.origin.
const DirectoryAnswer = "/api/session/directory/answer"

type directoryOutput struct {
	Body struct {
		Label *string `json:"label" doc:"of the button; null: there is no directory to sign in by"`
	}
}

type toDirectoryOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		URL string `json:"url" doc:"where to go, in this very browser"`
	}
}

func (s *Server) directoryRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/session/directory", OperationID: "directory", Summary: "Whether one can sign in by the ward's directory",
	}, s.directory)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/session/directory", OperationID: "to-directory", Summary: "Begin to sign in by the ward's directory",
	}, s.toDirectory)
	s.plain("GET "+DirectoryAnswer, s.fromDirectory)
}

func (s *Server) directory(context.Context, *struct{}) (*directoryOutput, error) {
	out := &directoryOutput{}
	if label, ok := s.keeper.Directory(); ok {
		out.Body.Label = &label
	}
	return out, nil
}

// toDirectory is asked for by the panel itself, so that no other site begins it; what it answers is bound to this browser.
func (s *Server) toDirectory(ctx context.Context, _ *struct{}) (*toDirectoryOutput, error) {
	to, cookie, err := s.keeper.BeginDirectory(ctx, from(ctx).visit)
	if err != nil {
		s.tellDirectory(err)
		return nil, err
	}
	out := &toDirectoryOutput{SetCookie: cookie}
	out.Body.URL = to
	return out, nil
}

// fromDirectory takes what the directory sends back with the browser. That request began at another site, so it brings no strict cookie;
// it is answered with the way to our own first page, which asks for the session by itself and then has it.
func (s *Server) fromDirectory(w http.ResponseWriter, r *http.Request, v visitor) {
	done := s.keeper.DirectoryDone()
	http.SetCookie(w, &done)
	cookies, err := s.signInByDirectory(r.Context(), v, r.URL.Query())
	for _, c := range cookies {
		http.SetCookie(w, &c)
	}
	to := "/"
	if err != nil {
		to += "?directory=" + url.QueryEscape(string(troubleOf(err)))
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // to our own first page; what comes after it is one of our words
}

// Troubles that are no fault of the directory's answer.
const (
	troubleOurs auth.DirectoryTrouble = "ours" // a store is away, or the record cannot be written
	troubleMany auth.DirectoryTrouble = "many" // too many tries from there
)

func troubleOf(err error) auth.DirectoryTrouble {
	if f, is := errors.AsType[*auth.DirectoryFault](err); is {
		return f.Trouble
	}
	if _, is := errors.AsType[*auth.TooMany](err); is {
		return troubleMany
	}
	return troubleOurs
}

func (s *Server) signInByDirectory(ctx context.Context, v visitor, answer url.Values) ([]http.Cookie, error) {
	session, err := s.keeper.FinishDirectory(ctx, v.visit, answer)
	if err != nil {
		s.tellDirectory(err)
		s.noteDirectoryRefusal(v, err)
		return nil, err
	}
	v.Session = session
	out, err := s.entered(ctx, v)
	if err != nil {
		s.log.Error("a sign-in by the directory came to nothing", "user", session.User.ID, "err", err)
		return nil, err
	}
	return out.SetCookie, nil
}

// noteDirectoryRefusal writes down that the directory named somebody who is nobody here, or answered what does not hold. Who it was is not
// kept, as with a wrong login. What any stranger can bring about without the directory is left out.
func (s *Server) noteDirectoryRefusal(v visitor, err error) {
	f, is := errors.AsType[*auth.DirectoryFault](err)
	if !is || (f.Trouble != auth.DirectoryNobody && f.Trouble != auth.DirectoryWrong && f.Trouble != auth.DirectoryRefused) {
		return
	}
	e := s.event(v, audit.SignInRefused)
	e.Outcome, e.Detail = "directory_"+string(f.Trouble), f.Why
	s.noteLater(e)
}

// tellDirectory says in the log why signing in by the directory failed: its administrators need more than people are shown.
func (s *Server) tellDirectory(err error) {
	if f, is := errors.AsType[*auth.DirectoryFault](err); is {
		s.log.Warn("sign-in by the directory failed", "trouble", f.Trouble, "why", f.Why)
	}
}

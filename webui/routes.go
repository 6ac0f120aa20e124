package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/gorilla/websocket"

	"kakeru/dialer"
	"kakeru/dialer/audit"
	"kakeru/webui/auth"
)

// visitor is who makes a request. The session is the zero one on public routes.
type visitor struct {
	auth.Session
	address string // the far end's, without port
	host    string // by which name the far end has asked, as it says
	token   string // as the cookie brought it, valid or not
	visit   auth.Visit
	route   string
	about   subject // as the path says
	remark  *remark // what the handler adds to what is written down
	request *http.Request
	// display is the screen on the wall that asks; then the session is nobody's but has its role and secret.
	display dialer.Display
}

type visitorKey struct{}

// from is who makes the request that ctx belongs to.
func from(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

func routeOf(ctx context.Context) string { return from(ctx).route }

// admit says who makes a request and whether they may use the route: the one place where roles are asked.
func (s *Server) admit(r *http.Request, row auth.Row) (visitor, error) {
	visit := s.keeper.Visit(r)
	v := visitor{address: visit.Address, host: r.Host, token: visit.Token, visit: visit, route: row.Route, about: aboutPath(r, row), remark: &remark{}, request: r}
	if row.Public {
		return v, nil
	}
	if row.Allows(dialer.RoleDisplay) {
		if d, token, err := s.display(r); err == nil {
			v.display, v.User.Role, v.Token = d, dialer.RoleDisplay, token
			keepsPlace(r.Context(), s.holder(v))
			return v, nil
		} else if !errors.Is(err, auth.ErrSignedOut) {
			return v, err
		}
	}
	alone := s.leftAlone
	if row.Route == liveRoute && websocket.IsWebSocketUpgrade(r) {
		alone = nil // a page that lived through an outage comes back by it; who types the address in is no page
	}
	session, err := s.keeper.SessionUnless(r.Context(), v.visit, alone)
	if errors.Is(err, auth.ErrSignedOut) {
		s.throttle.forget(v.token)
		s.uses.forget(v.token)
		losesPlace(r.Context())
	}
	if err != nil {
		return v, err
	}
	v.Session = session
	s.throttle.learn(v.token)
	if s.signedOff(r.Context(), session) {
		s.endOfDay(r.Context(), session)
		return v, errDayOver
	}
	if !session.Locked {
		s.uses.note(session.Token, s.d.Now())
	}
	switch {
	case session.Step != auth.StepDone && !row.Half:
		return v, errHalf
	case session.Locked && !row.Locked:
		return v, errLocked
	}
	if session.Step == auth.StepDone {
		keepsPlace(r.Context(), s.holder(v))
	}
	if !row.Allows(session.User.Role) {
		s.noteRefusal(r.Context(), v)
		return v, errForbidden
	}
	return v, nil
}

// route registers an operation of the API behind its row of auth.Table. What has no row cannot be registered: New fails.
func route[I, O any](s *Server, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	row, ok := s.row(op.Method + " " + op.Path)
	if !ok {
		return
	}
	op.Tags = append(op.Tags, tagOf(op.Path))
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		r, _ := humago.Unwrap(ctx)
		v, err := s.admit(r, row)
		ctx = huma.WithValue(ctx, visitorKey{}, v)
		if err != nil {
			p := s.problemOf(ctx.Context(), err)
			_ = huma.WriteErr(s.api, ctx, p.Status, "", p)
			return
		}
		if op.MaxBodyBytes == maxList {
			// Before the body is read: what waits for a place must not lie in memory.
			if p := s.jobs.take(v.User); p != nil {
				_ = huma.WriteErr(s.api, ctx, p.Status, "", p)
				return
			}
			defer s.jobs.leave(v.User.ID)
		}
		next(ctx)
	})
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		if changes(row) {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(auth.Lasting(ctx), changeWithin)
			defer cancel()
		}
		done, err := s.turn(ctx, row)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		defer done()
		if ctx, err = s.stillAdmitted(ctx, row); err != nil {
			return nil, s.problemOf(ctx, err)
		}
		var out *O
		if err = s.fit(ctx, row, in); err == nil {
			out, err = handle(ctx, in)
		}
		if unwritten := s.note(ctx, row, out, err); unwritten != nil {
			letGo(ctx)
			return nil, unwritten
		}
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return out, nil
	})
}

// stillAdmitted asks once more, when the body is there and the request's turn has come: both may take seconds, in which whoever asks may have been
// disabled, demoted, signed out or locked. What follows goes by the session as it is now.
func (s *Server) stillAdmitted(ctx context.Context, row auth.Row) (context.Context, error) {
	v, err := s.admit(from(ctx).request, row)
	return context.WithValue(ctx, visitorKey{}, v), err
}

// fit is why a request is not handled, whoever makes it: it comes too fast, says what cannot be kept, or is a click on a screen that was asleep.
func (s *Server) fit(ctx context.Context, row auth.Row, in any) error {
	if err := s.inPace(ctx, row); err != nil {
		return err
	}
	if err := wellSpelt(ctx, in); err != nil {
		return err
	}
	if err := datable(in); err != nil {
		return err
	}
	if isClick(row) && s.vigil.waking() {
		return errSlept
	}
	return nil
}

func isRead(row auth.Row) bool { return strings.HasPrefix(row.Route, http.MethodGet+" ") }

// changeWithin bounds a change whose asker may have gone. What takes longest is a list of 200,000 rows.
const changeWithin = 5 * time.Minute

// changes reports whether a request of a route may leave something other than it was. Such a one is carried to its end, and written down, though whoever
// asked hangs up in the middle: what is done and not on record would be what they wanted.
func changes(row auth.Row) bool {
	return !isRead(row) && row.Noted != audit.Searched && row.Noted != audit.AuditRead
}

// plain registers a handler that is no operation of huma's behind its row of auth.Table.
func (s *Server) plain(pattern string, handle func(http.ResponseWriter, *http.Request, visitor)) {
	row, ok := s.row(pattern)
	if !ok {
		return
	}
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		v, err := s.admit(r, row)
		ctx := context.WithValue(r.Context(), visitorKey{}, v)
		if err != nil {
			writeProblem(w, s.problemOf(ctx, err))
			return
		}
		handle(w, r.WithContext(ctx), v)
	})
}

func (s *Server) row(pattern string) (auth.Row, bool) {
	row, ok := auth.Lookup(pattern)
	if !ok {
		s.unlisted = append(s.unlisted, fmt.Errorf("route %q has no row in auth.Table: nobody may use it", pattern))
		return row, false
	}
	s.registered = append(s.registered, pattern)
	return row, true
}

// tagOf groups operations by the thing they are about: /api/calls/{id} is calls.
func tagOf(path string) string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/api/"), "/")
	return tag
}

// seat is the desk where a person sits, or nil.
func (s *Server) seat(user dialer.UserID) *dialer.DeskID {
	for _, d := range s.d.Calls.Desks() {
		if d.Operator == user && user != "" {
			return &d.ID
		}
	}
	return nil
}

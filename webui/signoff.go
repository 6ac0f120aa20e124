package webui

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/webui/auth"
)

// signOff knows when a day was last closed: who sat at a desk then is signed off, once their last result is recorded and never
// during a talk. It is closed elsewhere, by any node; so it is asked for again now and then.
type signOff struct {
	mu     sync.Mutex
	closed time.Time // when the last day was; zero for never
	asked  time.Time
}

const (
	askCloses   = time.Minute
	closesAsked = 5 // the newest may be one that was given up
)

// note is told of a close as it moves.
func (o *signOff) note(c dayclose.Close) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.Step == dayclose.Closed && c.Moved.After(o.closed) {
		o.closed = c.Moved
	}
}

// last is when a day was closed last, as far as is known.
func (o *signOff) last(ctx context.Context, now time.Time, closes Closes) time.Time {
	o.mu.Lock()
	due := now.Sub(o.asked) >= askCloses
	if due {
		o.asked = now // others go by what is known meanwhile
	}
	o.mu.Unlock()
	if due {
		ctx, cancel := context.WithTimeout(ctx, snapshotWait)
		defer cancel()
		list, err := closes.Closes(ctx, closesAsked)
		for _, c := range list {
			if err == nil {
				o.note(c)
			}
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

// signedOff reports whether the day's close has ended a session: an operator's that is older, when nothing is left for them to do.
// The supervisor, who closes the day, has its receipt to read; ward and administrator are not of the day.
func (s *Server) signedOff(ctx context.Context, session auth.Session) bool {
	if session.User.Role != dialer.RoleOperator {
		return false
	}
	closed := s.signOff.last(ctx, s.d.Now(), s.d.Closes)
	return session.Since.Before(closed) && !s.hasWork(session.User.ID)
}

// hasWork reports whether somebody is in a call, is rung, or owes a result.
func (s *Server) hasWork(user dialer.UserID) bool {
	working := func(d dialer.DeskView) bool {
		return d.Operator == user && (d.State == dialer.DeskInCall || d.State == dialer.DeskWrapUp || d.CallID != "" || d.Ringing != "")
	}
	ofTheirs := func(c dialer.CallView) bool { return c.Operator == user && c.State != dialer.Ended }
	return slices.ContainsFunc(s.d.Calls.Desks(), working) || slices.ContainsFunc(s.d.Calls.Calls(), ofTheirs)
}

// endOfDay signs somebody off after the day's close: their desk is left and the session is over.
func (s *Server) endOfDay(ctx context.Context, session auth.Session) {
	if desk := s.seat(session.User.ID); desk != nil {
		_, _ = s.d.Calls.Leave(ctx, session.Asker(), *desk) // the desk of somebody who is gone can be taken over all the same
	}
	if err := s.keeper.SignOut(ctx, session.Token); err != nil {
		s.log.Warn("a session could not be ended after the day's close; it is refused all the same", "user", session.User.ID, "err", err)
		return
	}
	s.log.Info("signed off after the day's close", "user", session.User.ID)
}

var errDayOver = newProblem(http.StatusUnauthorized, ruleUnauthorized,
	"本日の終業返却が済んだため、サインアウトしました", "the day is closed: you were signed off")

package webui

import (
	"maps"
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// mostUses bounds of how many sessions the last use is remembered here; of the others the ledger says it, roughly.
const mostUses = 10_000

// uses are when each session was last used at this node: by a request, or by the last of its sockets, whose page locks itself while it lives.
type uses struct {
	since time.Time // nothing is known here of what was before
	mu    sync.Mutex
	at    map[string]time.Time // by token
}

func newUses(now time.Time) *uses { return &uses{since: now, at: map[string]time.Time{}} }

func (u *uses) note(token string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.at[token]; !known && len(u.at) >= mostUses {
		maps.DeleteFunc(u.at, func(_ string, at time.Time) bool { return now.Sub(at) > time.Hour })
		if len(u.at) >= mostUses {
			return
		}
	}
	u.at[token] = now
}

func (u *uses) last(token string) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at, known := u.at[token]; known {
		return at
	}
	return u.since
}

func (u *uses) forget(token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.at, token)
}

// leftAlone reports whether nobody has used a session for as long as its role may leave a screen: its pages are gone, or they would have locked it
// themselves. A page that lives has a socket, and a call is somebody being there.
func (s *Server) leftAlone(session auth.Session) bool {
	after := s.d.IdleLock(session.User.Role)
	if after == 0 || s.seats.has(session.Token) || s.inCall(session.User.ID) {
		return false
	}
	last := s.uses.last(session.Token)
	if last.Before(session.Seen) {
		last = session.Seen
	}
	return s.d.Now().Sub(last) >= after
}

// inCall reports whether somebody has a call. That a phone rings is nobody's being there: anybody can have it ring.
func (s *Server) inCall(user dialer.UserID) bool {
	for _, d := range s.d.Calls.Desks() {
		if d.Operator != user {
			continue
		}
		if _, live := s.d.Calls.Call(d.CallID); live {
			return true
		}
	}
	return false
}

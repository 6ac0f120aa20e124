package webui

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

const lockAfter = 10 * time.Minute

func lockingHouse(t *testing.T) *house {
	return open(t, func(d *Deps) { d.IdleLock = func(dialer.Role) time.Duration { return lockAfter } })
}

// TestWhoeverOpensATabThatWasLeftFindsItLocked: the lock is the server's, though no page is there to ask for it.
func TestWhoeverOpensATabThatWasLeftFindsItLocked(t *testing.T) {
	for name, first := range map[string]func(*client) int{
		"a page":         func(c *client) int { return c.do("GET", "/api/session", nil).status },
		"an address":     func(c *client) int { return c.do("GET", "/api/cases/case-1", nil).status },
		"twelve at once": twelve,
		"the board's address, typed in": func(c *client) int {
			c.do("GET", "/api/live", nil)
			return c.do("GET", "/api/cases/case-1", nil).status
		},
		"a click's route": func(c *client) int { return c.do("POST", "/api/desks/desk1/next", nil).status },
	} {
		t.Run(name, func(t *testing.T) {
			h := lockingHouse(t)
			c := h.as("operator")
			h.clock.forward(lockAfter - time.Second)
			if s := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)); s.Locked {
				t.Fatal("locked too soon")
			}
			h.clock.forward(lockAfter)
			if status := first(c); name == "a page" && status != 200 || name != "a page" && status != http.StatusForbidden {
				t.Errorf("the first answer: %d", status)
			}
			c.do("GET", "/api/cases/case-1", nil).problem(t, 403, "locked")
			if s := into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)); !s.Locked {
				t.Error("not locked")
			}
			c.do("POST", "/api/session/unlock", map[string]string{"password": password}).want(t, 200)
			c.do("GET", "/api/cases/case-1", nil).want(t, 200)
		})
	}
}

// twelve ask at once; it returns the best answer that any of them had.
func twelve(c *client) int {
	var all sync.WaitGroup
	var mu sync.Mutex
	best := http.StatusForbidden
	for range 12 {
		all.Go(func() {
			got := c.do("GET", "/api/cases/case-1", nil).status
			mu.Lock()
			defer mu.Unlock()
			best = min(best, got)
		})
	}
	all.Wait()
	return best
}

// TestWhoIsThereIsNotLocked: a page that lives locks itself, a call is somebody being there, and a page that lived through an outage comes back.
func TestWhoIsThereIsNotLocked(t *testing.T) {
	locked := func(c *client) bool { return into[SignedIn](t, c.do("GET", "/api/session", nil).want(t, 200)).Locked }
	t.Run("a page that lives, and one that was just closed", func(t *testing.T) {
		h := lockingHouse(t)
		c := h.as("supervisor")
		s := c.watch("")
		s.until("snapshot")
		h.clock.forward(2 * lockAfter)
		if locked(c) {
			t.Fatal("locked while its page lives")
		}
		h.clock.forward(2 * lockAfter)
		s.conn.Close()
		eventually(t, "the socket's end", func() bool {
			h.server.seats.mu.Lock()
			defer h.server.seats.mu.Unlock()
			return len(h.server.seats.sessions) == 0
		})
		h.clock.forward(lockAfter - time.Second)
		if locked(c) {
			t.Fatal("a reload locked it")
		}
	})
	t.Run("a call", func(t *testing.T) {
		h := lockingHouse(t)
		c := h.as("operator")
		h.set(func() {
			h.desks[0].Operator, h.desks[0].CallID = "user-operator", "call-1"
			h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator"}
		})
		h.clock.forward(lockAfter)
		if locked(c) {
			t.Error("locked in a talk")
		}
		h.clock.forward(lockAfter)
		h.set(func() { delete(h.calls, "call-1") })
		if !locked(c) {
			t.Error("not locked after it")
		}
	})
	t.Run("a phone that rings", func(t *testing.T) {
		h := lockingHouse(t)
		c := h.as("operator")
		h.set(func() { h.desks[0].Operator, h.desks[0].Ringing = "user-operator", "call-1" })
		h.clock.forward(lockAfter)
		if !locked(c) {
			t.Error("whoever calls has the screen opened")
		}
	})
	t.Run("after an outage", func(t *testing.T) {
		h := lockingHouse(t)
		c := h.as("operator")
		h.clock.forward(lockAfter)
		c.watch("").until("snapshot")
		if locked(c) {
			t.Error("locked")
		}
	})
	t.Run("a store that does not take the lock", func(t *testing.T) {
		h := lockingHouse(t)
		c := h.as("operator")
		c.do("GET", "/api/session", nil).want(t, 200)
		h.clock.forward(lockAfter)
		h.set(func() { h.fail.commit = dialer.ErrLedgerDown })
		c.do("GET", "/api/cases/case-1", nil).problem(t, 403, "locked")
		c.do("GET", "/api/cases/case-1", nil).problem(t, 403, "locked")
	})
}

// TestSigningOutTakesTheCookieAwayThoughTheLedgerIsAway: whoever comes to the browser next is nobody.
func TestSigningOutTakesTheCookieAwayThoughTheLedgerIsAway(t *testing.T) {
	h := open(t)
	c := h.as("operator")
	h.set(func() { h.fail.sessions = dialer.ErrLedgerDown })
	c.do("DELETE", "/api/session", nil).want(t, 503)
	h.set(func() { h.fail.sessions = nil })
	c.do("GET", "/api/session", nil).problem(t, 401, "unauthorized")
	c.do("DELETE", "/api/session", nil).want(t, 204)
}

package webui

import (
	"net/http"
	"testing"
	"time"

	"kakeru/dialer"
)

// somebody is signed in, and stays so.
func somebody(who dialer.UserID) holder {
	return holder{who, "token of " + string(who), func() (<-chan struct{}, func()) { return nil, func() {} }}
}

// TestOnePersonKeepsSoManyPlaces: whoever is signed in on all connections of an address that people share keeps some of them; the others give way to whoever
// comes, and those of a colleague do not.
func TestOnePersonKeepsSoManyPlaces(t *testing.T) {
	const each = 3 * placesEach
	clock := &clockOf{now: tuesday}
	turn := newTurnstile(nil, Connections{Each: each}, nil, nil, nil)
	turn.now = clock.Now
	enter := func() (p, away *passer) {
		p = comesFrom(turn, "192.0.2.1")
		t.Cleanup(func() { turn.leave(p) })
		away, ok := turn.enter(p, false)
		if !ok {
			t.Fatal("kept out")
		}
		return p, away
	}
	colleague, _ := enter()
	turn.keep(colleague, somebody("user-colleague"))
	theirs := []*passer{}
	for range each - 1 {
		p, _ := enter()
		turn.keep(p, somebody("user-operator"))
		theirs = append(theirs, p)
	}
	clock.forward(givesWayAfter)
	for range each - 1 - placesEach {
		p, away := enter()
		if away == nil || away == colleague || away.keeper.Load() != nil {
			t.Fatalf("gave way: %+v", away)
		}
		turn.keep(p, somebody("user-supervisor"))
		turn.keep(away, somebody("user-operator")) // what was asked on it before it ended keeps nothing
		turn.leave(away)
	}
	if got := turn.kept["user-operator"]; got != placesEach {
		t.Errorf("%d places are kept", got)
	}
	for _, p := range theirs {
		turn.leave(p)
	}
	p, _ := enter()
	if turn.keep(p, somebody("user-operator")); p.keeper.Load() == nil || turn.kept["user-operator"] != 1 {
		t.Errorf("who has left all keeps none of a new one: %v", turn.kept)
	}
}

// TestAPlaceEndsWithTheSession: who was signed in keeps a connection no longer than that, though they go on asking for what anybody may.
func TestAPlaceEndsWithTheSession(t *testing.T) {
	for what, end := range map[string]func(h *house, c *client){
		"disabled": func(h *house, _ *client) {
			h.as("admin").do(http.MethodPatch, "/api/users/user-operator", map[string]any{"disabled": true}).want(h.t, 200)
		},
		"signed out": func(h *house, c *client) { c.do(http.MethodDelete, "/api/session", nil).want(h.t, 204) },
		"expired, and asked with": func(h *house, c *client) {
			h.clock.forward(24 * time.Hour)
			c.do(http.MethodGet, "/api/session", nil).want(h.t, 401)
		},
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t)
			c := h.as("operator")
			cookie := c.cookie()
			front := openFront(t, h, Connections{Each: 4})
			for range 4 {
				if err := asks(front.dial(t), "/api/session", cookie); err != nil {
					t.Fatal(err)
				}
			}
			if n := front.keeping(); n != 4 {
				t.Fatalf("%d are kept", n)
			}
			front.clock.forward(givesWayAfter)
			end(h, c)
			eventually(t, "they keep nothing any more", func() bool { return front.keeping() == 0 })
			if err := asks(front.dial(t), "/api/session", ""); err != nil {
				t.Errorf("a colleague: %v", err)
			}
		})
	}
}

// TestAPlaceIsKeptByWhoAsks: a connection by which somebody else asks, or nobody, is not theirs any more who asked on it before.
func TestAPlaceIsKeptByWhoAsks(t *testing.T) {
	h := open(t)
	front := openFront(t, h, Connections{})
	mine, colleague := h.as("operator").cookie(), h.as("operator2").cookie()
	c := front.dial(t)
	for _, step := range []struct {
		path, cookie string
		keeps        dialer.UserID
	}{
		{"/healthz", mine, ""},
		{"/api/session", mine, "user-operator"},
		{"/healthz", mine, "user-operator"},
		{"/api/session", colleague, "user-operator2"},
		{"/healthz", "", ""},
		{"/api/session", mine, "user-operator"},
		{"/api/session", "kakeru_session=made-up", ""},
	} {
		if err := asks(c, step.path, step.cookie); err != nil {
			t.Fatal(err)
		}
		front.mu.Lock()
		if n := front.kept[step.keeps]; len(front.kept) > 1 || step.keeps != "" && n != 1 || step.keeps == "" && len(front.kept) != 0 {
			t.Errorf("after %+v: %v", step, front.kept)
		}
		front.mu.Unlock()
	}
}

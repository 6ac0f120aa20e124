package webui

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/webui/auth"
)

// TestEveryRouteIsInTheTable: what is registered and what the table allows are the same list, so nothing is served that
// nobody decided on, and no row is left over from a route that went.
func TestEveryRouteIsInTheTable(t *testing.T) {
	h := open(t)
	var listed []string
	for _, row := range auth.Table {
		listed = append(listed, row.Route)
	}
	for _, route := range h.server.registered {
		if !slices.Contains(listed, route) {
			t.Errorf("%s is served without a row", route)
		}
	}
	for _, route := range listed {
		if !slices.Contains(h.server.registered, route) {
			t.Errorf("%s has a row and is not served", route)
		}
	}
}

// TestARouteWithoutARowCannotBeRegistered: forgetting the row is found at the first start, not by a stranger.
func TestARouteWithoutARowCannotBeRegistered(t *testing.T) {
	s := &Server{mux: http.NewServeMux()}
	s.plain("GET /api/secrets", func(http.ResponseWriter, *http.Request, visitor) { t.Error("it was served") })
	if len(s.unlisted) != 1 {
		t.Fatalf("registering an unlisted route gave %v", s.unlisted)
	}
	req, _ := http.NewRequest(http.MethodGet, "/api/secrets", nil)
	if _, pattern := s.mux.Handler(req); pattern != "" {
		t.Fatalf("the route is served as %q", pattern)
	}
}

// TestEveryRouteAsEveryRole walks the whole table: the roles of a row come through to the handler, nobody else does.
func TestEveryRouteAsEveryRole(t *testing.T) {
	h := open(t)
	browsers := map[dialer.Role]*client{"": h.browser()}
	for _, role := range dialer.Roles {
		browsers[role] = h.as(string(role))
	}
	_, browsers[dialer.RoleDisplay] = h.hang("壁")
	for _, row := range auth.Table {
		method, path, _ := strings.Cut(row.Route, " ")
		path = strings.ReplaceAll(path, "{id}", "nothing")
		for role, browser := range browsers {
			if (method == http.MethodDelete && row.Public) || row.Route == "POST /api/session/lock" {
				continue // signing out would end the walk, and so would a lock
			}
			got := browser.do(method, path, nil)
			stranger := role == "" || role == dialer.RoleDisplay // a screen is nobody, but at the wall
			switch {
			case row.Allows(role) && (got.status == http.StatusUnauthorized || got.status == http.StatusForbidden):
				t.Errorf("%s as %q: %d, though the row allows it", row.Route, role, got.status)
			case !row.Allows(role) && stranger && got.status != http.StatusUnauthorized:
				t.Errorf("%s as %q: %d, want 401", row.Route, role, got.status)
			case !row.Allows(role) && !stranger && got.status != http.StatusForbidden:
				t.Errorf("%s as %s: %d, want 403", row.Route, role, got.status)
			}
		}
	}
}

// TestWhoMayDoWhat pins the table's meaning for what matters most, in words of its own.
func TestWhoMayDoWhat(t *testing.T) {
	for _, c := range []struct {
		route string
		who   string
	}{
		{"POST /api/calls", "operator supervisor"},
		{"GET /api/cases/{id}", "operator supervisor"},
		{"POST /api/cases/search", "operator supervisor"},
		{"PUT /api/attempts/{id}/result", "operator supervisor"},
		{"GET /api/attempts/{id}/caller", "operator supervisor"},
		{"PUT /api/attempts/{id}/case", "operator supervisor"},
		{"POST /api/calls/{id}/transfer", "operator supervisor"},
		{"GET /api/attempts/{id}/recording", "supervisor ward"},
		{"POST /api/calls/{id}/recording/pause", "operator supervisor"},
		{"GET /api/queue", "supervisor"},
		{"POST /api/cases/{id}/release", "supervisor"},
		{"POST /api/cases/{id}/pin", "supervisor"},
		{"POST /api/cases/{id}/skip", "supervisor"},
		{"POST /api/cases/{id}/hold", "supervisor"},
		{"POST /api/lists", "supervisor ward admin"},
		{"GET /api/trunks", "supervisor admin"},
		{"GET /api/calls/{id}/trace", "supervisor admin"},
		{"GET /api/users", "admin"},
		{"POST /api/settings", "admin"},
		{"POST /api/settings/changes/{id}/undo", "admin"},
		{"GET /api/calendar", "admin"},
		{"PATCH /api/users/{id}", "admin"},
		{"POST /api/scripts", "supervisor"},
		{"POST /api/scripts/{id}/approve", "ward"},
		{"POST /api/numbers", "operator supervisor"},
		{"GET /api/numbers/counts", "supervisor"},
		{"GET /api/progress", "operator supervisor ward admin"},
		{"POST /api/cases/{id}/move", "supervisor"},
		{"GET /api/wall", ""},
		{"GET /api/wall/live", ""},
		{"POST /api/displays", "admin"},
		{"POST /api/displays/{id}/revoke", "admin"},
	} {
		row, ok := auth.Lookup(c.route)
		var who []string
		for _, role := range dialer.Roles {
			if row.Allows(role) {
				who = append(who, string(role))
			}
		}
		if got := strings.Join(who, " "); !ok || row.Public || got != c.who {
			t.Errorf("%s: %s, want %s", c.route, got, c.who)
		}
	}
}

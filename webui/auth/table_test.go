package auth

import (
	"strings"
	"testing"

	"kakeru/dialer"
)

func TestTableIsPlain(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Table {
		method, path, ok := strings.Cut(row.Route, " ")
		if !ok || !strings.HasPrefix(path, "/") || strings.ToUpper(method) != method {
			t.Errorf("%q is no route", row.Route)
		}
		if seen[row.Route] {
			t.Errorf("%s stands there twice", row.Route)
		}
		seen[row.Route] = true
		if row.Public == (len(row.Roles) > 0) {
			t.Errorf("%s is for nobody, or for everybody and some", row.Route)
		}
		if (row.Noted == "") == (row.Unnoted == "") {
			t.Errorf("%s: say what the record notes of it, or why it notes nothing", row.Route)
		}
		if row.Public && method != "GET" && path != "/api/session" && path != "/api/session/directory" && path != "/api/setup" && path != "/api/wall" {
			t.Errorf("%s changes something and is public", row.Route)
		}
	}
}

func TestUnlistedIsDenied(t *testing.T) {
	row, ok := Lookup("GET /api/secrets")
	if ok {
		t.Fatal("an unlisted route has a row")
	}
	for _, role := range append([]dialer.Role{"", "king"}, dialer.Roles...) {
		if row.Allows(role) {
			t.Errorf("%q may use a route that is not in the table", role)
		}
	}
	for _, listed := range Table {
		if !listed.Public && (listed.Allows("") || listed.Allows("king")) {
			t.Errorf("%s is open to a role that does not exist", listed.Route)
		}
	}
}

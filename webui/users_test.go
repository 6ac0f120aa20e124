package webui

import (
	"strings"
	"sync"
	"testing"
)

// TestUsersSideBySide: one login added at once is one person, and who came second hears so; names that look like others' are refused.
func TestUsersSideBySide(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	answers := make([]answered, 3)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = admin.do("POST", "/api/users", map[string]string{"login": "twin", "name": "双子", "role": "ward", "password": password})
		})
	}
	all.Wait()
	added := 0
	for _, a := range answers {
		switch a.status {
		case 201:
			added++
		case 409, 422:
			if !strings.Contains(string(a.body), `"double"`) {
				t.Errorf("%s", a.body)
			}
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if added != 1 {
		t.Errorf("%d were added", added)
	}
	for field, body := range map[string]map[string]string{
		"double":    {"login": "ＯＰＥＲＡＴＯＲ", "name": "b", "role": "ward", "password": password},
		`"letters"`: {"login": "oper\u200bator", "name": "b", "role": "ward", "password": password},
		`"name"`:    {"login": "other", "name": "b\u202ec", "role": "ward", "password": password},
	} {
		if a := admin.do("POST", "/api/users", body).want(t, 422); !strings.Contains(string(a.body), field) {
			t.Errorf("%s: %s", field, a.body)
		}
	}
}

// TestTheLastAdministratorStays: another administrator is gone meanwhile, and whoever would take away the only one left is told so.
func TestTheLastAdministratorStays(t *testing.T) {
	h := open(t)
	admin := h.as("admin")
	made := into[Person](t, admin.do("POST", "/api/users", map[string]string{
		"login": "second", "name": "二人目", "role": "admin", "password": "a sentence of my own, longer",
	}).want(t, 201))
	h.set(func() { // at another node, at this moment
		first := h.users["user-admin"]
		first.Disabled = true
		h.users[first.ID] = first
	})
	admin.do("PATCH", "/api/users/"+string(made.ID), map[string]bool{"disabled": true}).problem(t, 409, "last_admin")
	admin.do("PATCH", "/api/users/"+string(made.ID), map[string]string{"role": "operator"}).problem(t, 409, "last_admin")
}

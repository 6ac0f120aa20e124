package webui

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"kakeru/webui/auth"
)

// heldBody is a request's body that comes only once something has happened.
type heldBody struct {
	io.Reader
	meanwhile func()
	once      sync.Once
}

func held(body string, meanwhile func()) *heldBody {
	return &heldBody{Reader: strings.NewReader(body), meanwhile: meanwhile}
}

func (b *heldBody) Read(p []byte) (int, error) {
	b.once.Do(b.meanwhile)
	return b.Reader.Read(p)
}

// TestNobodyActsByABodyThatCameLater walks all routes that take a body: who was signed out between the headers and the body is nobody.
func TestNobodyActsByABodyThatCameLater(t *testing.T) {
	h := open(t)
	d := h.described(t)
	refused := 0
	d.eachOperation(func(method, path string, _ operation, body *schema) {
		row, _ := auth.Lookup(method + " " + path)
		if body == nil || row.Public || len(row.Roles) == 0 {
			return
		}
		s, err := h.server.keeper.SignIn(t.Context(), auth.SignIn{Login: string(row.Roles[0]), Password: password})
		if err != nil {
			t.Fatal(err)
		}
		cookie := h.server.keeper.Cookie(s)
		r := httptest.NewRequest(method, strings.NewReplacer("{id}", "x", "{month}", "2026-11", "{kind}", "month").Replace(path),
			held(string(asJSON(d.filled(*body, "text", 0))), func() {
				if err := h.server.keeper.SignOut(t.Context(), s.Token); err != nil {
					t.Error(err)
				}
			}))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "x")
		r.AddCookie(&cookie)
		switch w := h.handle(r); w.Code {
		case http.StatusUnauthorized:
			refused++
		case http.StatusUnprocessableEntity, http.StatusBadRequest: // it was no request of that route's
		default:
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	})
	if refused < 30 {
		t.Errorf("only %d routes refused: the walk shows nothing", refused)
	}
}

// TestWhoIsDisabledMeanwhileDoesNothing: nor who is demoted or locked, before the body is there; and nobody takes it back for themselves.
func TestWhoIsDisabledMeanwhileDoesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change map[string]any // by another administrator
		status int
	}{
		"disabled": {map[string]any{"disabled": true}, http.StatusUnauthorized},
		"demoted":  {map[string]any{"role": "operator"}, http.StatusUnauthorized}, // their sessions end
		"locked":   {nil, http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			admin := h.as("admin")
			other := into[Person](t, admin.do("POST", "/api/users", map[string]string{
				"login": "second", "name": "二人目", "role": "admin", "password": "a sentence of my own, longer",
			}).want(t, 201)).ID
			h.set(func() {
				u := h.users[other]
				u.MustChange = false
				h.users[other] = u
			})
			s, err := h.server.keeper.SignIn(t.Context(), auth.SignIn{Login: "second", Password: "a sentence of my own, longer"})
			if err != nil {
				t.Fatal(err)
			}
			cookie := h.server.keeper.Cookie(s)
			r := httptest.NewRequest(http.MethodPatch, "/api/users/"+string(other), held(`{"disabled":false,"name":"戻った人"}`, func() {
				if c.change == nil {
					if err := h.server.keeper.Lock(t.Context(), auth.Visit{Token: s.Token}); err != nil {
						t.Error(err)
					}
					return
				}
				admin.do("PATCH", "/api/users/"+string(other), c.change).want(t, 200)
			}))
			r.Header.Set("Content-Type", "application/json")
			r.AddCookie(&cookie)
			if w := h.handle(r); w.Code != c.status {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			h.set(func() {
				if u := h.users[other]; u.Name != "二人目" || u.Disabled != (name == "disabled") {
					t.Errorf("%+v", u)
				}
			})
		})
	}
}

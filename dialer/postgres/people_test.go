package postgres

import (
	"bytes"
	"context"
	"reflect"
	"testing"
	"time"

	"kakeru/dialer"
)

func TestUsers(t *testing.T) {
	l := newLedger(t)
	u := dialer.User{Login: "Hanako", Name: "花子", Role: dialer.RoleOperator, PasswordHash: "$argon2id$x", Languages: []string{"vi", "en"}}
	id, err := l.PutUser(t.Context(), u)
	must(t, err)
	u.ID, u.CreatedAt = id, noon
	got, err := l.UserByLogin(t.Context(), "hANAKO")
	if must(t, err); !reflect.DeepEqual(got, u) {
		t.Errorf("got %+v, want %+v", got, u)
	}
	changed := dialer.User{Login: "HANAKO", Name: "花子", Role: dialer.RoleSupervisor, PasswordHash: "$argon2id$y", Disabled: true, Languages: []string{}}
	again, err := l.PutUser(t.Context(), changed)
	if must(t, err); again != id {
		t.Errorf("the id became %s", again)
	}
	changed.ID, changed.CreatedAt = id, noon
	if got, err = l.User(t.Context(), id); err != nil || !reflect.DeepEqual(got, changed) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = l.PutUser(t.Context(), dialer.User{Login: "akira", Role: dialer.RoleWard})
	must(t, err)
	users, err := l.Users(t.Context())
	if must(t, err); len(users) != 2 || users[0].Login != "akira" || users[1].ID != id {
		t.Errorf("%+v", users)
	}
	_, err = l.UserByLogin(t.Context(), "nobody")
	wantErr(t, err, dialer.ErrNotFound)
	for _, id := range []dialer.UserID{"no id", dialer.UserID(dialer.NewID(noon))} {
		_, err = l.User(t.Context(), id)
		wantErr(t, err, dialer.ErrNotFound)
	}
	for _, bad := range []dialer.User{{Role: dialer.RoleAdmin}, {Login: "x", Role: "king"}} {
		if _, err := l.PutUser(t.Context(), bad); err == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

func TestSessions(t *testing.T) {
	l := newLedger(t)
	const token = "a random token"
	must(t, l.CommitCtx(t.Context(), token, []byte("one"), noon.Add(time.Hour)))
	must(t, l.CommitCtx(t.Context(), token, []byte("two"), noon.Add(2*time.Hour)))
	b, found, err := l.FindCtx(t.Context(), token)
	if must(t, err); !found || string(b) != "two" {
		t.Errorf("%q %v", b, found)
	}
	var hash []byte
	must(t, l.pool.QueryRow(t.Context(), "SELECT token_hash FROM sessions").Scan(&hash))
	if bytes.Contains(hash, []byte(token)) {
		t.Error("the token itself is kept")
	}
	must(t, l.CommitCtx(t.Context(), "stale", nil, noon))
	if _, found, err = l.FindCtx(t.Context(), "stale"); err != nil || found {
		t.Errorf("a session that ran out: %v, %v", found, err)
	}
	l.sweep(t.Context())
	if n := count(t, l, "SELECT count(*) FROM sessions"); n != 1 {
		t.Errorf("%d sessions after the sweep", n)
	}
	for range 2 {
		must(t, l.DeleteCtx(t.Context(), token))
	}
	if _, found, err = l.FindCtx(t.Context(), token); err != nil || found {
		t.Errorf("after its end: %v, %v", found, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = l.FindCtx(gone, token)
	wantErr(t, err, context.Canceled)
}

package postgres

import (
	"errors"
	"sync"
	"testing"

	"kakeru/dialer"
)

// TestOneLoginIsAddedOnce: of those who add one login at once, one does.
func TestOneLoginIsAddedOnce(t *testing.T) {
	l := newLedger(t)
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		login := []string{"hanako", "HANAKO"}[i%2]
		all.Go(func() {
			errs[i] = l.AddUser(t.Context(), dialer.User{ID: dialer.UserID(dialer.NewID(noon)), Login: login, Role: dialer.RoleWard, CreatedAt: noon})
		})
	}
	all.Wait()
	added := 0
	for _, err := range errs {
		if err == nil {
			added++
		} else if !errors.Is(err, dialer.ErrLoginTaken) {
			t.Error(err)
		}
	}
	if users, err := l.Users(t.Context()); err != nil || added != 1 || len(users) != 1 {
		t.Errorf("%d added, %d there, %v", added, len(users), err)
	}
}

// TestChangesOfOnePersonAllStand: each writes what it means, however many change one person at once.
func TestChangesOfOnePersonAllStand(t *testing.T) {
	l := newLedger(t)
	id, err := l.PutUser(t.Context(), dialer.User{Login: "hanako", Name: "花子", Role: dialer.RoleSupervisor, PasswordHash: "$old"})
	must(t, err)
	var all sync.WaitGroup
	for _, change := range []func(*dialer.User){
		func(u *dialer.User) { u.PasswordHash = "$new" }, func(u *dialer.User) { u.Disabled = true },
		func(u *dialer.User) { u.Role = dialer.RoleOperator }, func(u *dialer.User) { u.Name = "華子" },
	} {
		all.Go(func() {
			if _, err := l.ChangeUser(t.Context(), id, func(u *dialer.User) error { change(u); return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	u, err := l.User(t.Context(), id)
	if must(t, err); u.PasswordHash != "$new" || !u.Disabled || u.Role != dialer.RoleOperator || u.Name != "華子" {
		t.Errorf("%+v", u)
	}
	no := errors.New("no")
	_, err = l.ChangeUser(t.Context(), id, func(u *dialer.User) error { u.Disabled = false; return no })
	wantErr(t, err, no)
	if u, err = l.User(t.Context(), id); err != nil || !u.Disabled {
		t.Errorf("written all the same: %+v, %v", u, err)
	}
	_, err = l.ChangeUser(t.Context(), dialer.UserID(dialer.NewID(noon)), func(*dialer.User) error { return nil })
	wantErr(t, err, dialer.ErrNotFound)
}

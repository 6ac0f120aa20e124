package webui

import (
	"context"
	"strings"

	"kakeru/dialer"
)

func (w *world) AddUser(_ context.Context, u dialer.User) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, other := range w.users {
		if strings.EqualFold(other.Login, u.Login) {
			return dialer.ErrLoginTaken
		}
	}
	w.users[u.ID] = u
	return nil
}

func (w *world) ChangeUser(_ context.Context, id dialer.UserID, change func(*dialer.User) error) (dialer.User, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.users[id]
	if !ok {
		return u, dialer.ErrNotFound
	}
	rules := func(u dialer.User) bool { return u.Role == dialer.RoleAdmin && !u.Disabled }
	before := u
	if err := change(&u); err != nil {
		return u, err
	}
	others := 0
	for _, other := range w.users {
		if rules(other) && other.ID != id {
			others++
		}
	}
	if rules(before) && !rules(u) && others == 0 {
		return u, dialer.ErrLastAdmin
	}
	w.users[id] = u
	if w.whenDone != nil {
		return u, w.whenDone()
	}
	return u, nil
}

package webui

import (
	"context"
	"sync"

	"kakeru/dialer"
)

// names knows how the staff are called, so that a frame can say so without asking a store.
type names struct {
	users dialer.Users
	mu    sync.RWMutex
	known map[dialer.UserID]string
}

func newNames(users dialer.Users) *names {
	return &names{users: users, known: map[dialer.UserID]string{}}
}

// of returns a person's name, or "" when it is not known (yet).
func (n *names) of(id dialer.UserID) string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.known[id]
}

func (n *names) learn(u dialer.User) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[u.ID] = u.Name
}

// read learns everyone's name.
func (n *names) read(ctx context.Context) error {
	all, err := n.users.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		n.learn(u)
	}
	return nil
}

func (n *names) empty() bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.known) == 0
}

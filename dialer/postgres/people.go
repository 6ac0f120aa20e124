package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// UserByLogin finds a person by login, without regard to case.
func (l *Ledger) UserByLogin(ctx context.Context, login string) (u dialer.User, err error) {
	err = l.query(ctx, "find a user by login", func(ctx context.Context, q *db.Queries) error {
		row, err := q.UserByLogin(ctx, plain(login))
		u = userFrom(row)
		return err
	})
	return u, err
}

// User finds a person by id.
func (l *Ledger) User(ctx context.Context, id dialer.UserID) (u dialer.User, err error) {
	err = l.query(ctx, "find a user", func(ctx context.Context, q *db.Queries) error {
		row, err := q.UserByID(ctx, string(id))
		u = userFrom(row)
		return err
	})
	return u, err
}

// Users lists everyone, by login.
func (l *Ledger) Users(ctx context.Context) (users []dialer.User, err error) {
	err = l.query(ctx, "list users", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Users(ctx)
		for _, r := range rows {
			users = append(users, userFrom(r))
		}
		return err
	})
	return users, err
}

func userFrom(r db.User) dialer.User {
	return dialer.User{
		ID: dialer.UserID(r.ID), Login: r.Login, Name: r.Name, Role: dialer.Role(r.Role), PasswordHash: r.PasswordHash,
		Disabled: r.Disabled, CreatedAt: r.CreatedAt, Languages: r.Languages, MustChange: r.MustChange,
	}
}

// PutUser adds a person, or changes the one with the same login, whose id and time of creation stay.
func (l *Ledger) PutUser(ctx context.Context, u dialer.User) (dialer.UserID, error) {
	if u.Login == "" || !slices.Contains(dialer.Roles, u.Role) {
		return "", fmt.Errorf("a user needs a login and one of the roles %v", dialer.Roles)
	}
	if u.CreatedAt.IsZero() {
		u.CreatedAt = l.now()
	}
	if u.ID == "" {
		u.ID = dialer.UserID(dialer.NewID(u.CreatedAt))
	}
	var id string
	err := l.query(ctx, "write a user", func(ctx context.Context, q *db.Queries) (err error) {
		id, err = q.PutUser(ctx, db.PutUserParams{
			ID: string(u.ID), Login: plain(u.Login), Name: plain(u.Name), Role: string(u.Role), PasswordHash: u.PasswordHash,
			Disabled: u.Disabled, CreatedAt: u.CreatedAt, Languages: append([]string{}, u.Languages...), MustChange: u.MustChange,
		})
		return err
	})
	return dialer.UserID(id), err
}

// FindCtx finds a session that has not run out.
func (l *Ledger) FindCtx(ctx context.Context, token string) (b []byte, found bool, err error) {
	err = l.query(ctx, "find a session", func(ctx context.Context, q *db.Queries) error {
		b, err = q.FindSession(ctx, hashed(token), l.now())
		return err
	})
	if errors.Is(err, dialer.ErrNotFound) {
		return nil, false, nil
	}
	return b, err == nil, err
}

// CommitCtx writes a session.
func (l *Ledger) CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error {
	if b == nil {
		b = []byte{}
	}
	return l.query(ctx, "write a session", func(ctx context.Context, q *db.Queries) error {
		return q.PutSession(ctx, hashed(token), b, expiry)
	})
}

// DeleteCtx ends a session; ending one that is not there is no error.
func (l *Ledger) DeleteCtx(ctx context.Context, token string) error {
	return l.query(ctx, "end a session", func(ctx context.Context, q *db.Queries) error {
		return q.DeleteSession(ctx, hashed(token))
	})
}

// hashed is what is kept of a token. Tokens are random, so a plain hash gives nothing away.
func hashed(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

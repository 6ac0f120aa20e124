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
		u = l.userFrom(row)
		return err
	})
	return u, err
}

// User finds a person by id.
func (l *Ledger) User(ctx context.Context, id dialer.UserID) (u dialer.User, err error) {
	err = l.query(ctx, "find a user", func(ctx context.Context, q *db.Queries) error {
		row, err := q.UserByID(ctx, string(id))
		u = l.userFrom(row)
		return err
	})
	return u, err
}

// Users lists everyone, by login.
func (l *Ledger) Users(ctx context.Context) (users []dialer.User, err error) {
	err = l.query(ctx, "list users", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.Users(ctx)
		for _, r := range rows {
			users = append(users, l.userFrom(r))
		}
		return err
	})
	return users, err
}

// userFrom is a person as a row has them. Whoever a row was changed for by somebody without the installation's secret can do nothing here until
// an administrator says anew who they are.
func (l *Ledger) userFrom(r db.User) dialer.User {
	if r.ID != "" && !l.markedRight(r) {
		if _, told := l.strange.LoadOrStore(r.ID, true); !told { // people are read at every turn
			l.log.Error("a person's row was written past us, and opens nothing until an administrator enables them and sets a password", "user", r.ID)
		}
		r.Disabled, r.PasswordHash, r.Directory, r.DirectoryName = true, "", "", ""
		r.Role = string(dialer.RoleOperator) // whoever enables them gives them more, if they are to have it, and the record says so
	}
	return dialer.User{
		ID: dialer.UserID(r.ID), Login: r.Login, Name: r.Name, Role: dialer.Role(r.Role), PasswordHash: r.PasswordHash,
		Disabled: r.Disabled, CreatedAt: r.CreatedAt, Languages: r.Languages, MustChange: r.MustChange,
		Directory: dialer.DirectoryName{Of: r.Directory, Name: r.DirectoryName},
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
	err := l.inTx(ctx, "write a user", func(ctx context.Context, q *db.Queries) (err error) {
		row := l.rowOf(u)
		put, err := q.PutUser(ctx, db.PutUserParams(row))
		if err != nil {
			return err
		}
		id, row.ChangedAt = put.ID, put.ChangedAt
		l.remember(ctx, changeOf(id, put.ChangedAt))
		return l.mark(ctx, q, id, row)
	})
	return dialer.UserID(id), err
}

func (l *Ledger) rowOf(u dialer.User) db.AddUserParams {
	return db.AddUserParams{
		ID: string(u.ID), Login: plain(u.Login), Name: plain(u.Name), Role: string(u.Role), PasswordHash: u.PasswordHash,
		Disabled: u.Disabled, CreatedAt: u.CreatedAt, Languages: append([]string{}, u.Languages...), MustChange: u.MustChange,
		Directory: plain(u.Directory.Of), DirectoryName: plain(u.Directory.Name), ChangedAt: l.now(),
	}
}

// AddUser implements dialer.Users.
func (l *Ledger) AddUser(ctx context.Context, u dialer.User) error {
	var refused error
	err := l.inTx(ctx, "add a user", func(ctx context.Context, q *db.Queries) (err error) {
		refused, err = l.add(ctx, q, u)
		return err
	})
	return errors.Join(err, refused)
}

// add adds a person in the transaction of q; refused is dialer.ErrLoginTaken when somebody has the login.
func (l *Ledger) add(ctx context.Context, q *db.Queries, u dialer.User) (refused, err error) {
	row := l.rowOf(u)
	n, err := q.AddUser(ctx, row)
	switch {
	case err != nil:
		return refused, err
	case n == 0:
		return dialer.ErrLoginTaken, nil
	}
	return refused, l.mark(ctx, q, string(u.ID), row)
}

// ChangeUser implements dialer.Users: the row is locked from being read until it is written.
func (l *Ledger) ChangeUser(ctx context.Context, id dialer.UserID, change func(*dialer.User) error) (u dialer.User, err error) {
	var refused error
	err = l.inTx(ctx, "change a user", func(ctx context.Context, q *db.Queries) error {
		if err := q.LockAdmins(ctx); err != nil { // two that take each other's rights away at once
			return err
		}
		row, err := q.UserToChange(ctx, string(id))
		if err != nil {
			return err
		}
		u = l.userFrom(row)
		ruled := rules(u)
		if refused = change(&u); refused != nil {
			return refused
		}
		if ruled && !rules(u) {
			others, err := q.HasOtherAdmin(ctx, string(id))
			if err != nil {
				return err
			}
			if !others {
				refused = dialer.ErrLastAdmin
				return refused
			}
		}
		to := l.rowOf(u)
		to.ChangedAt = l.changeAfter(row.ChangedAt)
		return l.rewrite(ctx, q, string(id), to)
	})
	if refused != nil {
		return u, refused
	}
	return u, err
}

// rewrite writes a person's row as it is to be, under its mark; whoever asks has locked it.
func (l *Ledger) rewrite(ctx context.Context, q *db.Queries, id string, to db.AddUserParams) error {
	err := q.ChangeUser(ctx, db.ChangeUserParams{
		ID: id, Name: to.Name, Role: to.Role, PasswordHash: to.PasswordHash, Disabled: to.Disabled, Languages: to.Languages,
		MustChange: to.MustChange, Directory: to.Directory, DirectoryName: to.DirectoryName, ChangedAt: to.ChangedAt,
	})
	if err != nil {
		return err
	}
	l.remember(ctx, changeOf(id, to.ChangedAt))
	return l.mark(ctx, q, id, to)
}

// changeAfter is when a change happens that comes after another, whatever the clocks of the nodes say.
func (l *Ledger) changeAfter(last time.Time) time.Time {
	if now := l.now(); now.After(last) {
		return now
	}
	return last.Add(time.Microsecond)
}

// UserByDirectory finds the person whom a directory knows by a name.
func (l *Ledger) UserByDirectory(ctx context.Context, who dialer.DirectoryName) (u dialer.User, err error) {
	err = l.query(ctx, "find a user by directory", func(ctx context.Context, q *db.Queries) error {
		if who.Of != plain(who.Of) || who.Name != plain(who.Name) { // the database could not keep it; without what it cannot keep it would be another's
			return dialer.ErrNotFound
		}
		row, err := q.UserByDirectory(ctx, who.Of, who.Name)
		u = l.userFrom(row)
		return err
	})
	return u, err
}

// AddFirstAdmin implements dialer.Users: of all that try at once, at any node, one comes through.
func (l *Ledger) AddFirstAdmin(ctx context.Context, u dialer.User) error {
	var refused error
	err := l.inTx(ctx, "add the first administrator", func(ctx context.Context, q *db.Queries) error {
		if err := q.LockAdmins(ctx); err != nil {
			return err
		}
		there, err := q.HasAdmin(ctx)
		if err != nil {
			return err
		}
		if there {
			refused = dialer.ErrAdminThere
			return nil
		}
		u.Role, u.Disabled = dialer.RoleAdmin, false
		refused, err = l.add(ctx, q, u)
		return err
	})
	return errors.Join(err, refused)
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

package dialer

import (
	"context"
	"time"
)

// Role is what a person may do and see (DOMAIN "People and rooms").
type Role string

// The roles.
const (
	RoleOperator   Role = "operator"
	RoleSupervisor Role = "supervisor"
	RoleWard       Role = "ward"
	RoleAdmin      Role = "admin"
)

// Roles lists the roles.
var Roles = []Role{RoleOperator, RoleSupervisor, RoleWard, RoleAdmin}

// User is a person who can sign in. Name is what colleagues see; it is staff data, no debtor's.
type User struct {
	ID           UserID
	Login        string
	Name         string
	Role         Role
	PasswordHash string // argon2id, PHC string
	Disabled     bool
	CreatedAt    time.Time
	Languages    []string // that they speak besides Japanese (BCP 47): language days are planned by it
}

// Users keeps the people who can sign in. The ledger implements it.
type Users interface {
	// UserByLogin finds a person by login, without regard to case; ErrNotFound when there is none.
	UserByLogin(ctx context.Context, login string) (User, error)
	// User finds a person by id; ErrNotFound when there is none.
	User(ctx context.Context, id UserID) (User, error)
	// Users lists everyone, by login.
	Users(ctx context.Context) ([]User, error)
	// PutUser adds a person, or changes the one with the same login; the id of an existing one is kept and returned.
	PutUser(ctx context.Context, u User) (UserID, error)
}

// Sessions keeps signed-in sessions as opaque bytes under hashed tokens, in PostgreSQL because Redis may be emptied.
// The shape is that of scs's CtxStore, so that webui/auth can hand it straight on.
type Sessions interface {
	FindCtx(ctx context.Context, token string) (b []byte, found bool, err error)
	CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
}

// Asker is who asks for something, as far as rules must know.
type Asker struct {
	User UserID
	Role Role
}

// Supervises reports whether the asker may do what only a supervisor may.
func (a Asker) Supervises() bool { return a.Role == RoleSupervisor }

package dialer

import (
	"bytes"
	"context"
	"errors"
	"slices"
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
	MustChange   bool     // the password was set by somebody else, and is good for one sign-in
	Languages    []string // that they speak besides Japanese (BCP 47): language days are planned by it
	Directory    DirectoryName
}

// DirectoryName is who a person is in the ward's own directory (OpenID Connect). The zero one is nobody.
type DirectoryName struct {
	Of   string // the directory's issuer and the claim by which it names people, as webui/auth writes them
	Name string // the claim's value, exactly
}

// Users keeps the people who can sign in. The ledger implements it.
type Users interface {
	// UserByLogin finds a person by login, without regard to case; ErrNotFound when there is none.
	UserByLogin(ctx context.Context, login string) (User, error)
	// User finds a person by id; ErrNotFound when there is none.
	User(ctx context.Context, id UserID) (User, error)
	// Users lists everyone, by login.
	Users(ctx context.Context) ([]User, error)
	// AddUser adds a person: ErrLoginTaken when the login is somebody's, however many add it at once.
	AddUser(ctx context.Context, u User) error
	// ChangeUser has change look at a person as they are now and change them, while nobody else can; it must ask no store. What change
	// returns is returned as it is, and nothing is written then. Login, id and time of creation stay. ErrNotFound when there is none, and
	// ErrLastAdmin when nobody would be left who is an administrator and can sign in, however many take such rights away at once.
	ChangeUser(ctx context.Context, id UserID, change func(u *User) error) (User, error)
	// PutUser adds a person, or changes the one with the same login; the id of an existing one is kept and returned.
	PutUser(ctx context.Context, u User) (UserID, error)
	// UserByDirectory finds the person whom a directory knows by a name; ErrNotFound when there is none.
	UserByDirectory(ctx context.Context, who DirectoryName) (User, error)
	// AddFirstAdmin adds an administrator when there is none who can sign in, whoever else tries at once: ErrAdminThere, and
	// ErrLoginTaken when the login is somebody's.
	AddFirstAdmin(ctx context.Context, u User) error
}

// Why a person was not added or changed.
var (
	ErrAdminThere = errors.New("there is an administrator already")
	// ErrLastAdmin says that nobody would be left who can sign in as an administrator.
	ErrLastAdmin  = errors.New("nobody would be left who is an administrator")
	ErrLoginTaken = errors.New("the login is taken")
)

// Sessions keeps signed-in sessions as opaque bytes under hashed tokens, in PostgreSQL because Redis may be emptied.
// The shape is that of scs's CtxStore, so that webui/auth can hand it straight on.
type Sessions interface {
	FindCtx(ctx context.Context, token string) (b []byte, found bool, err error)
	CommitCtx(ctx context.Context, token string, b []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
}

// SessionInfo is what is known of a session besides what it holds. ID is the hex SHA-256 of its token: it names the session, and opens
// nothing.
type SessionInfo struct {
	ID                string
	User              UserID
	CreatedAt, SeenAt time.Time
	Address           string // the far end's, without port
	Agent             string // the browser in plain words
	Half              bool   // more than the password is still to be given
}

// SessionBook lists sessions and ends other people's. The ledger implements it, over the same sessions as Sessions.
type SessionBook interface {
	// DescribeSession notes what is known of a session that was committed just now. Its ID is not looked at.
	DescribeSession(ctx context.Context, token string, about SessionInfo) error
	// SessionsOf lists a person's whole sessions, the last used first; everybody's when user is "".
	SessionsOf(ctx context.Context, user UserID) ([]SessionInfo, error)
	// EndSession ends a session by ID: ErrNotFound when there is none, or it is not user's. "" is anybody.
	EndSession(ctx context.Context, id string, user UserID) error
	// EndSessionsOf ends a person's sessions, but not the one of a token ("": all).
	EndSessionsOf(ctx context.Context, user UserID, but string) error
	// KeepNewest ends a person's whole sessions but the newest, as many as most.
	KeepNewest(ctx context.Context, user UserID, most int) error
	// LiveSessions says which of the sessions are not over, by ID.
	LiveSessions(ctx context.Context, ids []string) ([]string, error)
	// SeenSessions notes that sessions were used just now.
	SeenSessions(ctx context.Context, ids []string) error
}

// SecondFactors is what a person proves who they are with besides the password.
type SecondFactors struct {
	TOTP     []byte // the sealed secret of their one-time passwords; empty when there is none
	LastStep int64  // of the last code that was taken
	Codes    int    // recovery codes left
	Passkeys []Passkey
}

// Any reports whether there is a second factor. Recovery codes alone are none.
func (f SecondFactors) Any() bool { return len(f.TOTP) > 0 || len(f.Passkeys) > 0 }

// Same reports whether these are the same factors, however often they were used meanwhile. Recovery codes are not looked at.
func (f SecondFactors) Same(o SecondFactors) bool {
	if !bytes.Equal(f.TOTP, o.TOTP) || len(f.Passkeys) != len(o.Passkeys) {
		return false
	}
	for _, p := range f.Passkeys {
		if !slices.ContainsFunc(o.Passkeys, func(q Passkey) bool { return bytes.Equal(p.ID, q.ID) }) {
			return false
		}
	}
	return true
}

// ErrFactorsMoved says that a person's second factors are not as they were when it was judged what may become of them.
var ErrFactorsMoved = errors.New("the second factors were changed meanwhile")

// Passkey is a WebAuthn credential; Credential is as webui/auth writes it, and holds no secret.
type Passkey struct {
	ID                []byte
	Name              string
	Credential        []byte
	CreatedAt, UsedAt time.Time // UsedAt is zero when it never was
}

// Factors keeps second factors. The ledger implements it. What is taken is taken once, whichever node asks. What adds or removes a factor
// is told which ones were seen when that was judged: ErrFactorsMoved, and nothing done, when the person has others by then. So of two
// changes at once one is refused.
type Factors interface {
	SecondFactors(ctx context.Context, user UserID) (SecondFactors, error)
	// FactorHolders are the people who have any.
	FactorHolders(ctx context.Context) ([]UserID, error)
	// PutTOTP keeps a sealed secret instead of the one before, and the step of the code that proved it.
	PutTOTP(ctx context.Context, user UserID, seen SecondFactors, sealed []byte, step int64) error
	// TakeCodeStep notes a code's step; fresh is false when it, or a later one, was taken before.
	TakeCodeStep(ctx context.Context, user UserID, step int64) (fresh bool, err error)
	// RemoveTOTP removes the one-time passwords. Recovery codes go with the last factor.
	RemoveTOTP(ctx context.Context, user UserID, seen SecondFactors) error
	// PutRecoveryCodes keeps hashes instead of those before: ErrNotFound when there is no factor that they could stand in for.
	PutRecoveryCodes(ctx context.Context, user UserID, hashes [][]byte) error
	// TakeRecoveryCode uses one up; false when it is not there.
	TakeRecoveryCode(ctx context.Context, user UserID, hash []byte) (bool, error)
	// TakeAnswer uses up an answer that is good once and not after until; false when it was taken before.
	TakeAnswer(ctx context.Context, answer string, until time.Time) (fresh bool, err error)
	// PutPasskey adds a passkey: ErrNotFound when it is another person's.
	PutPasskey(ctx context.Context, user UserID, seen SecondFactors, p Passkey) error
	// UsePasskey notes the use of one: ErrNotFound when the person has no such any more.
	UsePasskey(ctx context.Context, user UserID, p Passkey) error
	// RemovePasskey removes one: ErrNotFound when the person has no such. Recovery codes go with the last factor.
	RemovePasskey(ctx context.Context, user UserID, seen SecondFactors, id []byte) error
	// RemoveFactors removes all that a person has.
	RemoveFactors(ctx context.Context, user UserID) error
}

// Asker is who asks for something, as far as rules must know.
type Asker struct {
	User UserID
	Role Role
	// Screen is which of the person's open panels asks, where that matters: a random word of its own. Empty where it is not said.
	Screen string `json:",omitempty"`
}

// Supervises reports whether the asker may do what only a supervisor may.
func (a Asker) Supervises() bool { return a.Role == RoleSupervisor }

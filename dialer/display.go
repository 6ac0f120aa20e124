package dialer

import (
	"context"
	"time"
)

// RoleDisplay is what a screen on the wall may do: look at the wall's own picture, and nothing else. No person has it (Roles).
const RoleDisplay Role = "display"

// Display is a screen on the wall. It is let in without a person: by a code that an administrator makes, which is good once, and after
// that by a secret of its own.
type Display struct {
	ID     string
	Name   string // where it hangs; no personal data
	MadeBy UserID
	MadeAt time.Time
	// CodeUntil is until when its code may be put in, unless it was: OpenedAt, zero until then.
	CodeUntil, OpenedAt time.Time
	// RevokedBy and RevokedAt are zero while it may look.
	RevokedBy UserID
	RevokedAt time.Time
}

// Displays keeps the screens on the wall, of codes and secrets the SHA-256 alone. The ledger implements it. All methods return
// ErrLedgerDown when it does not answer.
type Displays interface {
	// AddDisplay keeps a new one, with its code's hash.
	AddDisplay(ctx context.Context, d Display, codeHash []byte) error
	// Displays lists them, newest first.
	Displays(ctx context.Context) ([]Display, error)
	// OpenDisplay uses a code up and keeps the secret's hash instead. ErrNotFound when there is no such code, or it is too old.
	OpenDisplay(ctx context.Context, codeHash, tokenHash []byte, at time.Time) (Display, error)
	// DisplayByToken finds the one that has a secret and was not revoked: ErrNotFound when there is none.
	DisplayByToken(ctx context.Context, tokenHash []byte) (Display, error)
	// RevokeDisplay ends one for good. Ending it again changes nothing. ErrNotFound when there is none.
	RevokeDisplay(ctx context.Context, id string, by UserID, at time.Time) (Display, error)
}

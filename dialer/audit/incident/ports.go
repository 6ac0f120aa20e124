package incident

import (
	"context"
	"errors"
)

// What a Store says of what cannot be kept.
var (
	// ErrMoved: somebody has written another revision since.
	ErrMoved = errors.New("another revision was written meanwhile; reload")
	// ErrTaken: the step was taken before.
	ErrTaken = errors.New("this step was recorded before; reload")
)

// Store keeps incidents. Nothing in it is ever changed.
type Store interface {
	// KeepIncident writes a revision: the first of a new incident with ID 0, else the one after the newest. It returns the id.
	KeepIncident(ctx context.Context, i Incident) (int64, error)
	// TakeStep writes that a step was taken.
	TakeStep(ctx context.Context, id int64, s Step) error
	// Incident returns all of one; dialer.ErrNotFound when there is none.
	Incident(ctx context.Context, id int64) (File, error)
	// Incidents returns all, newest first.
	Incidents(ctx context.Context) ([]File, error)
	// Reach counts from the record of who saw what.
	Reach(ctx context.Context, i Incident) (Reach, error)
}

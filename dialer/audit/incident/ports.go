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
	// Incidents returns a page of a list.
	Incidents(ctx context.Context, p Page) ([]Line, error)
	// Reach counts from the record of who saw what.
	Reach(ctx context.Context, i Incident) (Reach, error)
}

// Page asks for incidents of a list, newest first: for those that are closed, or for those that are not, since what has to be done must not stand behind
// however many that are over.
type Page struct {
	Closed bool
	Below  int64 // of smaller numbers only, to read on; 0 for all
	Most   int
}

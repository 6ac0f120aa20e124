package dayclose

import (
	"context"
	"errors"

	"kakeru/dialer"
)

// Store keeps closes. dialer/postgres implements it.
type Store interface {
	// Found looks at what stands in the way of a close now.
	Found(ctx context.Context) (Found, error)
	// BeginClose keeps a close in the step Begun, and from then on no attempt is reserved and no call taken in, on any node. It is
	// a *NotReady when something stands in the way, as seen with every other writer of attempts held off; ErrUnderWay when
	// another close is not over, and a *dialer.Refusal (contract_ended) after a final one, or (too_many_given_up) while the day's pace
	// has it wait. From a final close on nothing is imported or written either, for ever unless it is given up.
	BeginClose(ctx context.Context, c Close) error
	// MoveClose keeps what a close has become, if it still stands at from and from leads there; ErrMoved when it does not.
	MoveClose(ctx context.Context, c Close, from Step) error
	// CloseByID returns one; dialer.ErrNotFound when there is none.
	CloseByID(ctx context.Context, id string) (Close, error)
	// Closes lists them, newest first.
	Closes(ctx context.Context, limit int) ([]Close, error)
	// LastClosed returns the newest that ended; dialer.ErrNotFound when none has.
	LastClosed(ctx context.Context) (Close, error)
	// HoldClose has only one process carry a close; ErrHeld while another does. The hold goes with the process.
	HoldClose(ctx context.Context, id string) (release func(), err error)
	// DayCounts sums what a close's manifest says of its day.
	DayCounts(ctx context.Context, day dialer.Date) (Counts, error)
}

// Returner writes what the ward is owed. Asked again for the same close, after a crash too, it writes nothing twice and names
// the same files.
type Returner interface {
	Return(ctx context.Context, c Close) ([]File, error)
}

// Destroyer destroys the personal data of a close's days, and of the ward's own records that went back with it.
type Destroyer interface {
	// Doomed counts what Destroy will destroy. Nothing comes in between the two: the day is closed.
	Doomed(ctx context.Context, c Close) (Counts, error)
	// Destroy can be asked again, and then does what is left of it.
	Destroy(ctx context.Context, c Close) error
}

// The errors of a Store.
var (
	ErrUnderWay = errors.New("another close is not over yet")
	ErrMoved    = errors.New("the close stands elsewhere by now")
	ErrHeld     = errors.New("another process carries this close")
)

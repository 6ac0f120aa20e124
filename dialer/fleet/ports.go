package fleet

import (
	"context"
	"time"

	"kakeru/dialer"
)

// State is how far a node's life has come.
type State string

// The states of a node.
const (
	Live     State = "live"
	Draining State = "draining" // it takes no new calls, and gives its desks away
	Dead     State = "dead"     // its lease ran out; another node closes what it left
	Left     State = "left"     // it has ended, and left nothing open
)

// Life is one life of a node: a process from its Join on. Of two lives of one node the one with the greater epoch is real.
type Life struct {
	Node  dialer.NodeID
	Epoch int64
}

// Node is a node as the register has it.
type Node struct {
	Life

	Label     string // where people reach it
	State     State
	StartedAt time.Time
	Alive     bool          // its lease runs
	Left      time.Duration // of its lease; negative when it has run out
}

// Owner is who has a desk: nobody when Node is empty. Operator is who sat there when it was given on.
type Owner struct {
	Node     dialer.NodeID
	Operator dialer.UserID
}

// Standing is the fleet as the register has it.
type Standing struct {
	Nodes []Node
	Desks map[dialer.DeskID]Owner
}

// Nodes is the register: who is there, until when, and whose each desk is. The ledger keeps it, by the database's clock
// alone, and refuses what a node writes whose lease has run out: after Join, Reserve and Dialled of the same ledger are of
// that life, and fail with dialer.ErrFenced when it has ended or its lease has run out. Methods return dialer.ErrLedgerDown when
// the database does not answer.
type Nodes interface {
	// Join begins a life of the node. An earlier one is fenced: when Join returns, all that it wrote stands, and it writes no
	// more. The desks that it had are this life's.
	Join(ctx context.Context, id dialer.NodeID, label string, lease time.Duration) (Life, error)
	// Beat prolongs the lease. dialer.ErrFenced when the life has been ended by another.
	Beat(ctx context.Context, s State) error
	// Standing lists nodes and desks.
	Standing(ctx context.Context) (Standing, error)
	// Reap ends the life of one node whose lease has run out and returns what it was, with the epoch before which everything
	// it has open is to be closed. One caller wins. Nobody is reaped (ok is false) by a node whose own beats have had a gap of
	// half a lease within the last lease: then it was the database that was away. A reaper that dies in turn leaves the rest
	// to the next, after another lease.
	Reap(ctx context.Context) (dead Life, ok bool, err error)
	// Left lists the attempts that a dead life and those before it left open.
	Left(ctx context.Context, dead Life) ([]dialer.OpenAttempt, error)
	// Bury says that all of it is closed: the dead node's desks are free.
	Bury(ctx context.Context, dead Life) error
	// Carrier is the life that has a call open; dialer.ErrNotFound when it is over or was never begun.
	Carrier(ctx context.Context, call dialer.CallID) (Life, error)
	// Take takes desks that nobody has, and returns those that it got.
	Take(ctx context.Context, desks []dialer.DeskID) ([]dialer.Seat, error)
	// Give gives a desk of this node to another that lives, or to nobody when to is empty. ok is false when the other does not
	// live; then nothing changed.
	Give(ctx context.Context, s dialer.Seat, to dialer.NodeID) (ok bool, err error)
	// Leave ends the life in peace: what desks it still has are free.
	Leave(ctx context.Context) error
}

// Message is what one node tells another. What it says is the fleet's matter: the wire only carries it.
type Message struct {
	From Life
	// ID is the sender's own, never used twice.
	ID   string
	Body []byte
}

// Wire carries messages between the nodes. Redis implements it. Nobody outside the fleet can read or forge one.
type Wire interface {
	// Publish shows every other node a message. What is published by one node comes in that order, or there is a gap.
	Publish(ctx context.Context, m Message) error
	// Send puts a message into one life's inbox. It is delivered at most once, and not after within has passed: dialer.ErrQueueDown
	// when it is not known whether it will be.
	Send(ctx context.Context, to Life, m Message, within time.Duration) error
	// Listen hands on what comes for a life until ctx is done: what others publish from now on to heard, what they send to
	// told, each in order and one at a time. gap is called when published messages may have been missed, also at the start.
	Listen(ctx context.Context, me Life, e Ears) error
}

// Ears are who listens. They must not block.
type Ears struct {
	Heard func(Message) // what another node has published
	Told  func(Message) // what another node has sent to us
	Gap   func()        // what was published may have been missed
}

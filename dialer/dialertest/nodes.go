package dialertest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// register is the fleet as a Ledger keeps it. It is guarded by the ledger's mutex.
type register struct {
	nodes map[dialer.NodeID]*nodeRow
	desks map[dialer.DeskID]fleet.Owner
}

type nodeRow struct {
	fleet.Node

	beat, steady, until time.Time
	lease               time.Duration
}

func newRegister() *register {
	return &register{nodes: map[dialer.NodeID]*nodeRow{}, desks: map[dialer.DeskID]fleet.Owner{}}
}

// Node is one process's door to a Ledger that several share: what it writes is of its own life, and refused when that is over.
type Node struct {
	*Ledger

	way faults // of this node's way to the ledger, besides the ledger's own

	me    fleet.Life // guarded by Ledger.mu
	lease time.Duration
}

var (
	_ dialer.Ledger = (*Node)(nil)
	_ fleet.Nodes   = (*Node)(nil)
)

// Node returns a door for a process that has yet to join.
func (l *Ledger) Node() *Node { return &Node{Ledger: l} }

// Break makes one of this file's operations go wrong from now on, for this node alone.
func (n *Node) Break(op string, how Fault) { n.way.Break(op, how) }

// do runs one operation as a whole, as this node reaches the ledger.
func (n *Node) do(ctx context.Context, op string, work func() error) error {
	how := n.way.of(op)
	if err := how.pass(ctx, ledgerPatience, dialer.ErrLedgerDown); err != nil {
		return err
	}
	if err := n.Ledger.do(ctx, op, work); err != nil {
		return err
	}
	return how.answer(ctx, ledgerPatience, dialer.ErrLedgerDown)
}

// row needs mu: this life's own row, nil when it is over.
func (n *Node) row() *nodeRow {
	if r := n.fleet.nodes[n.me.Node]; r != nil && r.Epoch == n.me.Epoch {
		return r
	}
	return nil
}

// held needs mu.
func (n *Node) held() bool {
	r := n.row()
	return n.me.Node == "" || r != nil && time.Now().Before(r.until)
}

// Reserve implements dialer.Ledger.
func (n *Node) Reserve(ctx context.Context, r dialer.Reservation) error {
	return n.do(ctx, "Reserve", func() error {
		if !n.held() {
			return dialer.ErrFenced
		}
		err := n.reserve(r)
		if err == nil {
			n.attempts[r.ID].life = n.me
		}
		return err
	})
}

// Dialled implements dialer.Ledger.
func (n *Node) Dialled(ctx context.Context, id dialer.CallID, at time.Time, customerLeg dialer.LegHandle) error {
	return n.do(ctx, "Dialled", func() error {
		if a := n.attempts[id]; a != nil && a.life != n.me || !n.held() {
			return dialer.ErrFenced
		}
		return n.dialled(id, at, customerLeg)
	})
}

// Arrive implements dialer.Ledger.
func (n *Node) Arrive(ctx context.Context, in dialer.Arrival) (dialer.Target, error) {
	t, err := n.Ledger.Arrive(ctx, in)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.attempts[in.ID].life = n.me
	}
	return t, err
}

// Open implements dialer.Ledger: what earlier lives of this node left, and what is no node's.
func (n *Node) Open(ctx context.Context) (open []dialer.OpenAttempt, err error) {
	err = n.do(ctx, "Open", func() error {
		open = n.openOf(func(l fleet.Life) bool {
			return n.me.Node == "" || l.Node == "" || l.Node == n.me.Node && l.Epoch < n.me.Epoch
		})
		return nil
	})
	return open, err
}

// Left implements fleet.Nodes.
func (n *Node) Left(ctx context.Context, dead fleet.Life) (open []dialer.OpenAttempt, err error) {
	err = n.do(ctx, "Left", func() error {
		open = n.openOf(func(l fleet.Life) bool { return l.Node == dead.Node && l.Epoch < dead.Epoch })
		return nil
	})
	return open, err
}

// Join implements fleet.Nodes.
func (n *Node) Join(ctx context.Context, id dialer.NodeID, label string, lease time.Duration) (fleet.Life, error) {
	err := n.do(ctx, "Join", func() error {
		now, epoch := time.Now(), int64(1)
		if r := n.fleet.nodes[id]; r != nil {
			epoch = r.Epoch + 1
		}
		n.me, n.lease = fleet.Life{Node: id, Epoch: epoch}, lease
		n.fleet.nodes[id] = &nodeRow{
			Node: fleet.Node{Life: n.me, Label: label, State: fleet.Live, StartedAt: now}, beat: now, steady: now, until: now.Add(lease), lease: lease,
		}
		return nil
	})
	if err != nil {
		return fleet.Life{}, err
	}
	return n.me, nil
}

// Beat implements fleet.Nodes.
func (n *Node) Beat(ctx context.Context, s fleet.State) error {
	return n.do(ctx, "Beat", func() error {
		r := n.row()
		if r == nil {
			return dialer.ErrFenced
		}
		now := time.Now()
		if 2*now.Sub(r.beat) > n.lease {
			r.steady = now
		}
		r.State, r.beat, r.until = s, now, now.Add(n.lease)
		return nil
	})
}

// Standing implements fleet.Nodes.
func (n *Node) Standing(ctx context.Context) (s fleet.Standing, err error) {
	s.Desks = map[dialer.DeskID]fleet.Owner{}
	err = n.do(ctx, "Standing", func() error {
		for _, r := range n.fleet.nodes {
			seen := r.Node
			seen.Left = time.Until(r.until)
			seen.Alive = seen.Left > 0
			s.Nodes = append(s.Nodes, seen)
		}
		maps.Copy(s.Desks, n.fleet.desks)
		return nil
	})
	slices.SortFunc(s.Nodes, func(a, b fleet.Node) int { return cmp.Compare(a.Node, b.Node) })
	return s, err
}

// Reap implements fleet.Nodes.
func (n *Node) Reap(ctx context.Context) (dead fleet.Life, ok bool, err error) {
	err = n.do(ctx, "Reap", func() error {
		now, me := time.Now(), n.row()
		if me == nil || !now.Before(me.until) || !me.steady.Before(now.Add(-n.lease)) {
			return nil
		}
		for id, r := range n.fleet.nodes {
			left := n.openOf(func(l fleet.Life) bool { return l.Node == id })
			if id == n.me.Node || !r.until.Before(now) || r.State == fleet.Left && len(left) == 0 {
				continue
			}
			r.Epoch++
			r.State, r.until = fleet.Dead, now.Add(n.lease)
			dead, ok = r.Life, true
			return nil
		}
		return nil
	})
	return dead, ok && err == nil, err
}

// Carrier implements fleet.Nodes.
func (n *Node) Carrier(ctx context.Context, call dialer.CallID) (at fleet.Life, err error) {
	err = n.do(ctx, "Carrier", func() error {
		a := n.attempts[call]
		if a == nil || a.End != nil {
			return dialer.ErrNotFound
		}
		at = a.life
		return nil
	})
	return at, err
}

// Bury implements fleet.Nodes.
func (n *Node) Bury(ctx context.Context, dead fleet.Life) error {
	return n.do(ctx, "Bury", func() error {
		r := n.fleet.nodes[dead.Node]
		if r == nil || r.Epoch != dead.Epoch || r.State != fleet.Dead {
			return nil
		}
		r.State = fleet.Left
		n.freeDesks(dead.Node)
		return nil
	})
}

// freeDesks needs mu.
func (n *Node) freeDesks(of dialer.NodeID) {
	for id, o := range n.fleet.desks {
		if o.Node == of {
			n.fleet.desks[id] = fleet.Owner{}
		}
	}
}

// Take implements fleet.Nodes.
func (n *Node) Take(ctx context.Context, desks []dialer.DeskID) (got []dialer.Seat, err error) {
	err = n.do(ctx, "Take", func() error {
		if !n.held() {
			return nil
		}
		for _, id := range desks {
			if o := n.fleet.desks[id]; o.Node == "" {
				got = append(got, dialer.Seat{Desk: id, Operator: o.Operator})
				n.fleet.desks[id] = fleet.Owner{Node: n.me.Node, Operator: o.Operator}
			}
		}
		return nil
	})
	return got, err
}

// Give implements fleet.Nodes.
func (n *Node) Give(ctx context.Context, s dialer.Seat, to dialer.NodeID) (ok bool, err error) {
	err = n.do(ctx, "Give", func() error {
		r := n.fleet.nodes[to]
		if n.fleet.desks[s.Desk].Node != n.me.Node || to != "" && (r == nil || r.State != fleet.Live || !time.Now().Before(r.until)) {
			return nil
		}
		n.fleet.desks[s.Desk], ok = fleet.Owner{Node: to, Operator: s.Operator}, true
		return nil
	})
	return ok, err
}

// Leave implements fleet.Nodes.
func (n *Node) Leave(ctx context.Context) error {
	return n.do(ctx, "Leave", func() error {
		if r := n.row(); r != nil {
			r.State, r.until = fleet.Left, time.Now()
			n.freeDesks(n.me.Node)
		}
		return nil
	})
}

// Open implements dialer.Ledger.
func (l *Ledger) Open(ctx context.Context) (open []dialer.OpenAttempt, err error) {
	err = l.do(ctx, "Open", func() error {
		open = l.openOf(func(fleet.Life) bool { return true })
		return nil
	})
	return open, err
}

// openOf needs mu: the open attempts of the lives that are meant, oldest first.
func (l *Ledger) openOf(meant func(fleet.Life) bool) (open []dialer.OpenAttempt) {
	for id, a := range l.attempts {
		if a.End != nil || !meant(a.life) {
			continue
		}
		o := dialer.OpenAttempt{
			ID: id, Direction: a.direction(), Dialable: a.Reservation.Target.Number != "", CaseID: a.Reservation.Target.CaseID, Desk: a.Reservation.Desk, StartedAt: a.Reservation.At,
			DialledAt: a.DialledAt, Unlisted: l.unlisted(a.Reservation.Target.CaseID), Trunk: a.Reservation.Trunk,
		}
		for n := range maxKey(a.Evidence) + 1 {
			if ev, ok := a.Evidence[n]; ok {
				o.Evidence = append(o.Evidence, ev)
			}
		}
		for _, leg := range []dialer.LegName{dialer.DeskLeg, dialer.CustomerLeg} {
			if h, ok := a.Legs[leg]; ok {
				o.Legs = append(o.Legs, h)
			}
		}
		open = append(open, o)
	}
	slices.SortFunc(open, func(a, b dialer.OpenAttempt) int { return cmp.Compare(a.ID, b.ID) })
	return open
}

func maxKey(m map[int]dialer.Evidence) int {
	n := -1
	for k := range m {
		n = max(n, k)
	}
	return n
}

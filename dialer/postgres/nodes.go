package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
	"kakeru/dialer/postgres/internal/db"
)

// life is which life of which node this ledger writes for, and how long its lease is.
type life struct {
	fleet.Life

	lease time.Duration
}

func (l life) seconds() float64 { return l.lease.Seconds() }

// self is the life begun by Join; of a ledger that never joined, of no node.
func (l *Ledger) self() life {
	if s := l.joined.Load(); s != nil {
		return *s
	}
	return life{}
}

// Join begins a life of a node.
func (l *Ledger) Join(ctx context.Context, id dialer.NodeID, label string, lease time.Duration) (fleet.Life, error) {
	now := life{Life: fleet.Life{Node: id}, lease: lease}
	err := l.query(ctx, "join the fleet", func(ctx context.Context, q *db.Queries) (err error) {
		now.Epoch, err = q.JoinNode(ctx, string(id), plain(label), now.seconds())
		return err
	})
	if err != nil {
		return fleet.Life{}, err
	}
	l.joined.Store(&now)
	return now.Life, nil
}

// Beat prolongs the lease.
func (l *Ledger) Beat(ctx context.Context, s fleet.State) error {
	me := l.self()
	return l.query(ctx, "prolong the lease", func(ctx context.Context, q *db.Queries) error {
		n, err := q.BeatNode(ctx, db.BeatNodeParams{State: string(s), LeaseS: me.seconds(), ID: string(me.Node), Epoch: me.Epoch})
		return fenced(n, err)
	})
}

// fenced is dialer.ErrFenced where nothing was written for want of a lease.
func fenced(n int64, err error) error {
	if err == nil && n == 0 {
		return dialer.ErrFenced
	}
	return err
}

// Standing lists nodes and desks.
func (l *Ledger) Standing(ctx context.Context) (s fleet.Standing, err error) {
	err = l.query(ctx, "list the fleet", func(ctx context.Context, q *db.Queries) (err error) {
		s, err = whoIsThere(ctx, q)
		return err
	})
	return s, err
}

func whoIsThere(ctx context.Context, q *db.Queries) (s fleet.Standing, err error) {
	s.Desks = map[dialer.DeskID]fleet.Owner{}
	nodes, err := q.Nodes(ctx)
	if err != nil {
		return s, err
	}
	for _, n := range nodes {
		s.Nodes = append(s.Nodes, fleet.Node{
			Life: fleet.Life{Node: dialer.NodeID(n.ID), Epoch: n.Epoch}, Label: n.Label, State: fleet.State(n.State),
			StartedAt: n.StartedAt, Alive: n.Alive, Left: time.Duration(n.LeftS * float64(time.Second)),
		})
	}
	desks, err := q.DeskOwners(ctx)
	for _, d := range desks {
		s.Desks[dialer.DeskID(d.Desk)] = fleet.Owner{Node: dialer.NodeID(d.Node), Operator: dialer.UserID(d.Operator)}
	}
	return s, err
}

// Reap ends the life of one node whose lease has run out.
func (l *Ledger) Reap(ctx context.Context) (dead fleet.Life, ok bool, err error) {
	me := l.self()
	err = l.query(ctx, "reap a node", func(ctx context.Context, q *db.Queries) error {
		row, err := q.ReapNode(ctx, me.seconds(), string(me.Node), me.Epoch)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		dead, ok = fleet.Life{Node: dialer.NodeID(row.ID), Epoch: row.Epoch}, err == nil
		return err
	})
	return dead, ok && err == nil, err
}

// Left lists what a dead life left open.
func (l *Ledger) Left(ctx context.Context, dead fleet.Life) ([]dialer.OpenAttempt, error) {
	return l.open(ctx, dead, false)
}

// Carrier is the life that has a call open.
func (l *Ledger) Carrier(ctx context.Context, call dialer.CallID) (at fleet.Life, err error) {
	err = l.query(ctx, "find who carries a call", func(ctx context.Context, q *db.Queries) error {
		row, err := q.CarrierOf(ctx, string(call))
		at = fleet.Life{Node: dialer.NodeID(row.Node), Epoch: row.NodeEpoch}
		return err
	})
	return at, err
}

// Bury frees the desks of a dead node.
func (l *Ledger) Bury(ctx context.Context, dead fleet.Life) error {
	return l.inTx(ctx, "bury a node", func(ctx context.Context, q *db.Queries) error {
		n, err := q.BuryNode(ctx, string(dead.Node), dead.Epoch)
		if err != nil || n == 0 { // it has come back, or another has buried it
			return err
		}
		return q.FreeDesksOf(ctx, string(dead.Node))
	})
}

// Take takes desks that nobody has.
func (l *Ledger) Take(ctx context.Context, desks []dialer.DeskID) (got []dialer.Seat, err error) {
	me, ids := l.self(), make([]string, len(desks))
	for i, d := range desks {
		ids[i] = string(d)
	}
	err = l.query(ctx, "take desks", func(ctx context.Context, q *db.Queries) error {
		rows, err := q.TakeDesks(ctx, ids, string(me.Node), me.Epoch)
		for _, r := range rows {
			got = append(got, dialer.Seat{Desk: dialer.DeskID(r.Desk), Operator: dialer.UserID(r.Operator)})
		}
		return err
	})
	return got, err
}

// Give gives a desk on.
func (l *Ledger) Give(ctx context.Context, s dialer.Seat, to dialer.NodeID) (ok bool, err error) {
	err = l.query(ctx, "give a desk", func(ctx context.Context, q *db.Queries) error {
		n, err := q.GiveDesk(ctx, db.GiveDeskParams{
			ToNode: string(to), Operator: string(s.Operator), Desk: string(s.Desk), Node: string(l.self().Node),
		})
		ok = n > 0
		return err
	})
	return ok, err
}

// Leave ends the life in peace.
func (l *Ledger) Leave(ctx context.Context) error {
	me := l.self()
	return l.inTx(ctx, "leave the fleet", func(ctx context.Context, q *db.Queries) error {
		n, err := q.LeaveNode(ctx, string(me.Node), me.Epoch)
		if err != nil || n == 0 { // somebody has taken its place
			return err
		}
		return q.FreeDesksOf(ctx, string(me.Node))
	})
}

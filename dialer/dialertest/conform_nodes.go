package dialertest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/fleet"
)

// NodeLedger is one process's ledger, as its engine and its fleet use it.
type NodeLedger interface {
	dialer.Ledger
	fleet.Nodes
}

// NodesRig is a register under test.
type NodesRig struct {
	// Node opens another process's door to the one ledger.
	Node func(*testing.T) NodeLedger
	// NewTarget is somebody to call whom nobody has called.
	NewTarget func(*testing.T) dialer.Target
}

// shortLease is the lease of the suite's nodes: long for an operation, short for a test.
const shortLease = 2 * time.Second

// RunNodes proves that a ledger keeps the promises of fleet.Nodes. open returns an empty one for each test.
func RunNodes(t *testing.T, open func(*testing.T) NodesRig) {
	t.Helper()
	for name, prove := range map[string]func(*testing.T, nodesTest){
		"a second life fences the first": proveSecondLife, "a lease that has run out": proveLapsed,
		"a dead node is reaped once": proveReaped, "the ledger's own absence kills nobody": proveAbsence,
		"a reaper that dies": proveReaperDies, "desks": proveDesks, "what a life left open": proveLeftOpen, "who carries a call": proveCarrier,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prove(t, nodesTest{open(t), t})
		})
	}
}

// NewTarget is somebody made up, of no case.
func NewTarget(refs dialer.Refs) dialer.Target {
	number := NewNumber()
	id := dialer.CaseID(dialer.NewID(Noon))
	return dialer.Target{
		CaseID: id, CaseRef: refs.Case(string(id)), Number: number, NumberRef: refs.Number(number), Sample: true,
		Insurance: "kokuho", Language: "ja", BalanceBand: "-50k", Priority: 50,
	}
}

type nodesTest struct {
	NodesRig

	t *testing.T
}

func (n nodesTest) must(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
}

func (n nodesTest) fenced(err error) {
	n.t.Helper()
	if !errors.Is(err, dialer.ErrFenced) {
		n.t.Fatalf("got %v, want a fence", err)
	}
}

func (n nodesTest) join(id dialer.NodeID) (NodeLedger, fleet.Life) {
	n.t.Helper()
	l := n.Node(n.t)
	life, err := l.Join(n.t.Context(), id, "http://"+string(id), shortLease)
	n.must(err)
	return l, life
}

// reserve opens an attempt of somebody new.
func (n nodesTest) reserve(l NodeLedger) (dialer.Reservation, error) {
	n.t.Helper()
	r := reservation(n.NewTarget(n.t), Noon)
	return r, l.Reserve(n.t.Context(), r)
}

// until beats for those who live until ok, or fails.
func (n nodesTest) until(what string, ok func() bool, live ...NodeLedger) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(n.t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(shortLease / 20)
	defer tick.Stop()
	for {
		for _, l := range live {
			n.must(l.Beat(n.t.Context(), fleet.Live))
		}
		if ok() {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			n.t.Fatalf("never: %s", what)
		}
	}
}

// node finds a node in what one sees of the fleet.
func (n nodesTest) node(l NodeLedger, id dialer.NodeID) (found fleet.Node) {
	n.t.Helper()
	s, err := l.Standing(n.t.Context())
	n.must(err)
	for _, x := range s.Nodes {
		if x.Node == id {
			found = x
		}
	}
	return found
}

func (n nodesTest) owner(l NodeLedger, desk dialer.DeskID) fleet.Owner {
	n.t.Helper()
	s, err := l.Standing(n.t.Context())
	n.must(err)
	return s.Desks[desk]
}

// lapsed waits until a node's lease has run out.
func (n nodesTest) lapsed(seenBy NodeLedger, id dialer.NodeID, live ...NodeLedger) {
	n.t.Helper()
	n.until("the lease of "+string(id)+" runs out", func() bool { return !n.node(seenBy, id).Alive }, live...)
}

func proveSecondLife(t *testing.T, n nodesTest) {
	first, one := n.join("a")
	mine, err := n.reserve(first)
	n.must(err)
	second, two := n.join("a")
	if two.Epoch <= one.Epoch {
		t.Fatalf("the second life has epoch %d, the first %d", two.Epoch, one.Epoch)
	}
	n.fenced(first.Beat(t.Context(), fleet.Live))
	_, err = n.reserve(first)
	n.fenced(err)
	n.fenced(first.Dialled(t.Context(), mine.ID, Noon, customerLeg(mine)))
	n.fenced(second.Dialled(t.Context(), mine.ID, Noon, customerLeg(mine))) // it is not this life's
	n.must(first.End(t.Context(), endOf(mine, dialer.NotDialled)))          // an end is whoever's comes first
	_, err = n.reserve(second)
	n.must(err)
	n.must(first.Leave(t.Context())) // it has nothing to leave
	if !n.node(second, "a").Alive {
		t.Error("a life that was over has ended the next one")
	}
}

func proveLapsed(t *testing.T, n nodesTest) {
	a, _ := n.join("a")
	r, err := n.reserve(a)
	n.must(err)
	n.lapsed(a, "a")
	_, err = n.reserve(a)
	n.fenced(err)
	n.fenced(a.Dialled(t.Context(), r.ID, Noon, customerLeg(r)))
	if got, err := a.Take(t.Context(), []dialer.DeskID{"desk1"}); err != nil || len(got) != 0 {
		t.Errorf("it took %v (%v)", got, err)
	}
	n.must(a.Beat(t.Context(), fleet.Live)) // nobody has ended it
	n.must(a.Dialled(t.Context(), r.ID, Noon, customerLeg(r)))
	_, err = n.reserve(a)
	n.must(err)
}

func proveReaped(t *testing.T, n nodesTest) {
	a, _ := n.join("a")
	b, _ := n.join("b")
	c, _ := n.join("c")
	open, err := n.reserve(b)
	n.must(err)
	n.must(b.Dialled(t.Context(), open.ID, Noon, customerLeg(open)))
	_, err = n.reserve(a)
	n.must(err)
	got, err := b.Take(t.Context(), []dialer.DeskID{"desk1"})
	n.must(err)
	if len(got) != 1 {
		t.Fatal("b took no desk")
	}
	var won atomic.Int32
	var dead fleet.Life
	n.until("somebody reaps b", func() bool {
		var both sync.WaitGroup
		for _, l := range []NodeLedger{a, c} {
			both.Go(func() {
				d, ok, err := l.Reap(t.Context())
				if err != nil {
					t.Error(err)
				}
				if ok {
					won.Add(1)
					dead = d
				}
			})
		}
		both.Wait()
		return won.Load() > 0
	}, a, c)
	if won.Load() != 1 || dead.Node != "b" {
		t.Fatalf("%d reaped, one of them %q", won.Load(), dead.Node)
	}
	n.fenced(b.Beat(t.Context(), fleet.Live))
	_, err = n.reserve(b)
	n.fenced(err)
	left, err := a.Left(t.Context(), dead)
	n.must(err)
	if len(left) != 1 || left[0].ID != open.ID || len(left[0].Legs) != 2 {
		t.Fatalf("b left %+v", left)
	}
	n.must(a.End(t.Context(), endOf(open, dialer.NoAnswer)))
	if o := n.owner(a, "desk1"); o.Node != "b" {
		t.Errorf("the desk is free before b is buried: %+v", o)
	}
	n.must(a.Bury(t.Context(), dead))
	if o := n.owner(a, "desk1"); o.Node != "" || o.Operator != "" {
		t.Errorf("the desk is not free: %+v", o)
	}
	n.must(a.Beat(t.Context(), fleet.Live))
	got, err = a.Take(t.Context(), []dialer.DeskID{"desk1"})
	n.must(err)
	if len(got) != 1 {
		t.Error("the dead node's desk could not be taken")
	}
	if _, ok, err := c.Reap(t.Context()); ok || err != nil {
		t.Errorf("b died twice (%v)", err)
	}
}

// proveAbsence: everybody's lease has run out, since the ledger did not answer.
func proveAbsence(t *testing.T, n nodesTest) {
	a, _ := n.join("a")
	b, _ := n.join("b")
	n.until("a has been steady for a lease", func() bool { return n.node(a, "a").Alive }, a, b)
	n.lapsed(a, "a")
	n.lapsed(a, "b")
	began := time.Now()
	n.until("a is steady again", func() bool {
		if dead, ok, err := a.Reap(t.Context()); ok || err != nil {
			t.Fatalf("%s was reaped after %v (%v)", dead.Node, time.Since(began), err)
		}
		return time.Since(began) > shortLease/2
	}, a)
	n.must(b.Beat(t.Context(), fleet.Live)) // late, and in time
	if _, ok, err := a.Reap(t.Context()); ok || err != nil {
		t.Fatalf("b was reaped (%v)", err)
	}
	_, err := n.reserve(b)
	n.must(err)
}

func proveReaperDies(t *testing.T, n nodesTest) {
	a, _ := n.join("a")
	b, _ := n.join("b")
	open, err := n.reserve(b)
	n.must(err)
	reaps := func(l NodeLedger, whom dialer.NodeID, dead *fleet.Life) func() bool {
		return func() bool {
			d, ok, err := l.Reap(t.Context())
			n.must(err)
			if ok && d.Node == whom {
				*dead = d
			}
			return ok && d.Node == whom
		}
	}
	var dead, again fleet.Life
	n.until("a reaps b", reaps(a, "b", &dead), a)
	c, _ := n.join("c")
	n.until("c reaps b once more", reaps(c, "b", &again), c)
	if again.Epoch <= dead.Epoch {
		t.Errorf("the epoch of b went from %d to %d", dead.Epoch, again.Epoch)
	}
	left, err := c.Left(t.Context(), again)
	n.must(err)
	if len(left) != 1 || left[0].ID != open.ID {
		t.Fatalf("b left %+v", left)
	}
	n.must(a.Bury(t.Context(), dead)) // too late to say so
	if s := n.node(c, "b").State; s != fleet.Dead {
		t.Errorf("b is %s", s)
	}
	// A life that comes back has its own matters again.
	back, _ := n.join("b")
	n.must(c.Bury(t.Context(), again))
	if s := n.node(c, "b"); s.State != fleet.Live || !s.Alive {
		t.Errorf("b is %+v", s)
	}
	mine, err := back.Open(t.Context())
	n.must(err)
	if len(mine) != 1 || mine[0].ID != open.ID {
		t.Errorf("b finds %+v of its own", mine)
	}
}

func proveDesks(t *testing.T, n nodesTest) {
	a, _ := n.join("a")
	b, _ := n.join("b")
	desks := []dialer.DeskID{"desk1", "desk2", "desk3"}
	var mu sync.Mutex
	have := map[dialer.DeskID]int{}
	var both sync.WaitGroup
	for _, l := range []NodeLedger{a, b} {
		both.Go(func() {
			got, err := l.Take(t.Context(), desks)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			for _, s := range got {
				have[s.Desk]++
			}
		})
	}
	both.Wait()
	for _, d := range desks {
		if have[d] != 1 {
			t.Fatalf("%s was taken %d times", d, have[d])
		}
	}
	gives := func(l NodeLedger, operator dialer.UserID, to dialer.NodeID, want bool) {
		t.Helper()
		ok, err := l.Give(t.Context(), dialer.Seat{Desk: "desk9", Operator: operator}, to)
		n.must(err)
		if ok != want {
			t.Fatalf("giving the desk to %q: %v", to, ok)
		}
	}
	takes := func(l NodeLedger, operator dialer.UserID) {
		t.Helper()
		n.must(l.Beat(t.Context(), fleet.Live))
		got, err := l.Take(t.Context(), []dialer.DeskID{"desk9"})
		n.must(err)
		if len(got) != 1 || got[0].Operator != operator {
			t.Fatalf("taken: %+v; want the desk with %q", got, operator)
		}
	}
	takes(a, "")
	gives(b, "", "", false) // it is not b's
	gives(a, "", "nobody", false)
	n.must(b.Beat(t.Context(), fleet.Draining))
	gives(a, "", "b", false) // who is about to go takes nothing
	n.must(b.Beat(t.Context(), fleet.Live))
	gives(a, "operator1", "b", true)
	if o := n.owner(a, "desk9"); o.Node != "b" || o.Operator != "operator1" {
		t.Fatalf("the desk is %+v", o)
	}
	gives(b, "operator2", "", true)
	takes(a, "operator2") // who sat there when it was given on
	n.must(a.Leave(t.Context()))
	gives(b, "", "a", false)
	takes(b, "")
}

func proveLeftOpen(t *testing.T, n nodesTest) {
	nobody := n.Node(t) // a program that is no node
	before, err := n.reserve(nobody)
	n.must(err)
	a, _ := n.join("a")
	mine, err := n.reserve(a)
	n.must(err)
	b, _ := n.join("b")
	_, err = n.reserve(b)
	n.must(err)
	again, _ := n.join("a")
	_, err = n.reserve(again)
	n.must(err)
	open, err := again.Open(t.Context())
	n.must(err)
	ids := map[dialer.CallID]bool{}
	for _, o := range open {
		ids[o.ID] = true
	}
	if len(ids) != 2 || !ids[before.ID] || !ids[mine.ID] {
		t.Errorf("a finds %v; want what it left itself, and what is no node's", ids)
	}
	all, err := nobody.Open(t.Context())
	n.must(err)
	if len(all) != 4 {
		t.Errorf("%d attempts are open", len(all))
	}
}

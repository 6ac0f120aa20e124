package fleet_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/dialertest/bubble"
	"kakeru/dialer/fleet"
)

const (
	lease = 6 * time.Second
	beat  = 2 * time.Second

	desk1, desk2 = dialer.DeskID("desk1"), dialer.DeskID("desk2")
	op1, op2     = dialer.UserID("operator1"), dialer.UserID("operator2")
)

var (
	first      = dialer.Asker{User: op1, Role: dialer.RoleOperator}
	second     = dialer.Asker{User: op2, Role: dialer.RoleOperator}
	supervisor = dialer.Asker{User: "supervisor", Role: dialer.RoleSupervisor}
)

// centre is what nodes share: the ledger, the queue, the wire.
type centre struct {
	t      *testing.T
	ledger *dialertest.Ledger
	queue  *dialertest.Queue
	wire   *dialertest.Wire
	nodes  []*node
}

// node is one process of the centre, with its own phone and its own panel.
type node struct {
	*fleet.Fleet

	t      *testing.T
	id     dialer.NodeID
	door   *dialertest.Node
	tester *tester
	phone  *dialertest.Phone
	board  *dialertest.Board
	engine *dialer.Engine
	stop   context.CancelFunc
	ran    chan error
	ended  bool
}

// inCentre runs a test in a bubble of virtual time, at ten on a working Tuesday.
func inCentre(t *testing.T, test func(*testing.T, *centre)) {
	t.Helper()
	bubble.Run(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)))
		c := &centre{t: t, ledger: dialertest.NewLedger(), queue: dialertest.NewQueue(), wire: dialertest.NewWire()}
		t.Cleanup(c.close)
		test(t, c)
	})
}

// node starts a process; no phone is registered there, unless desks are named: then only those are.
func (c *centre) node(id dialer.NodeID, phones ...dialer.DeskID) *node {
	c.t.Helper()
	n := &node{t: c.t, id: id, door: c.ledger.Node(), phone: dialertest.NewPhone(), board: &dialertest.Board{}, tester: &tester{}, ran: make(chan error, 1)}
	for _, d := range []dialer.DeskID{desk1, desk2} {
		n.phone.Register(d, slices.Contains(phones, d))
	}
	desks := []dialer.DeskConfig{{ID: desk1, Name: "席1"}, {ID: desk2, Name: "席2"}}
	n.Fleet = fleet.New(fleet.Deps{
		ID: id, Label: "http://" + string(id), Lease: lease, Beat: beat, Desks: desks, Nodes: n.door, Wire: c.wire, Owed: n.door,
		Phone: n.phone, Board: n.board, Now: time.Now,
	})
	table := dialer.DefaultResults()
	n.engine = dialer.NewEngine(dialer.Deps{
		Desks: desks, Hours: dialer.Hours{Week: dialer.WardHours()}.Always, Rules: dialer.DefaultRules(), Limits: dialer.WardLimits(),
		Results: func(string) dialer.ResultTable { return table }, Refs: c.ledger.Refs(),
		Phone: n.phone, Tester: n.tester, Ledger: n.door, Cases: n.door, Queue: c.queue, Line: n.door, Absences: c.ledger, Board: n.Fleet, Leased: n.Leased, DesksApart: true,
		Now: time.Now,
	})
	n.Drive(n.engine)
	c.must(n.Join(c.t.Context()))
	c.must(n.Start(c.t.Context()))
	ctx, stop := context.WithCancel(context.Background())
	n.stop = stop
	go func() {
		engine := make(chan struct{})
		go func() { defer close(engine); _ = n.engine.Run(ctx) }()
		err := n.Run(ctx)
		stop()
		<-engine
		n.ran <- err
	}()
	c.nodes = append(c.nodes, n)
	synctest.Wait()
	return n
}

// close stops what still runs and looks for what is left.
func (c *centre) close() {
	c.t.Helper()
	for _, n := range c.nodes {
		if !n.ended {
			n.end(contextDone())
		}
		for _, what := range n.phone.Broken() {
			c.t.Errorf("%s: %s", n.id, what)
		}
	}
	for _, a := range c.ledger.Attempts() {
		if a.End == nil {
			c.t.Errorf("the attempt %s is still open", a.Reservation.ID)
		} else if a.Ends < 1 {
			c.t.Errorf("the attempt %s was ended %d times", a.Reservation.ID, a.Ends)
		}
	}
}

func contextDone() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// end stops a node as SIGTERM does.
func (n *node) end(drain context.Context) {
	n.ended = true
	n.Drain(drain)
	n.stop()
	if err := <-n.ran; err != nil {
		n.t.Errorf("%s ended with: %v", n.id, err)
	}
}

// die cuts a node off from the ledger as kill -9 or a pulled plug does: it goes on by itself, where nobody sees it.
func (n *node) die() {
	for _, op := range []string{"Beat", "Reserve", "Dialled", "Standing", "Reap", "Left", "Bury", "Take", "Give", "Leave", "Carrier"} {
		n.door.Break(op, dialertest.Fault{Hang: true})
	}
}

// wake ends what die began, as SIGCONT does.
func (n *node) wake() {
	for _, op := range []string{"Beat", "Reserve", "Dialled", "Standing", "Reap", "Left", "Bury", "Take", "Give", "Leave", "Carrier"} {
		n.door.Break(op, dialertest.Fault{})
	}
}

func (c *centre) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *centre) refused(err error, rule dialer.Rule) *dialer.Refusal {
	c.t.Helper()
	var no *dialer.Refusal
	if !errors.As(err, &no) || no.Rule != rule {
		c.t.Fatalf("got %v, want a refusal by %s", err, rule)
	}
	if no.JA == "" || no.EN == "" {
		c.t.Errorf("%s says nothing: %+v", rule, no)
	}
	return no
}

// until lets virtual time pass until ok, for a while.
func (c *centre) until(what string, ok func() bool) time.Duration {
	c.t.Helper()
	for from := time.Now(); time.Since(from) < 2*time.Minute; time.Sleep(10 * time.Millisecond) {
		if synctest.Wait(); ok() {
			return time.Since(from)
		}
	}
	c.t.Fatalf("never: %s", what)
	return 0
}

// has waits until a node's engine has exactly these desks.
func (c *centre) has(n *node, want ...dialer.DeskID) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s has %v", n.id, want), func() bool {
		var have []dialer.DeskID
		for _, d := range n.engine.Desks() {
			have = append(have, d.ID)
		}
		return slices.Equal(have, want)
	})
}

// sees waits until a node's panel shows a desk as ok wants it.
func (c *centre) sees(n *node, id dialer.DeskID, what string, ok func(dialer.DeskView) bool) {
	c.t.Helper()
	c.until(fmt.Sprintf("%s sees %s %s", n.id, id, what), func() bool { return ok(n.desk(id)) })
}

func (n *node) desk(id dialer.DeskID) dialer.DeskView {
	for _, d := range n.Desks() {
		if d.ID == id {
			return d
		}
	}
	return dialer.DeskView{}
}

func (c *centre) sit(n *node, a dialer.Asker, id dialer.DeskID) {
	c.t.Helper()
	v, err := n.Sit(c.t.Context(), a, id, false)
	c.must(err)
	if v.Operator != a.User || v.ID != id {
		c.t.Fatalf("sitting down came to %+v", v)
	}
}

// newCase opens a case that waits and is due, in the ledger and in the line.
func (c *centre) newCase() dialer.CaseID {
	c.t.Helper()
	id := dialer.CaseID(dialer.NewID(time.Now()))
	due := time.Now().Add(-time.Hour)
	c.ledger.PutCase(dialertest.Case{
		ID: id, Numbers: []dialer.Number{dialertest.NewNumber()},
		Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: "新しい案件です"},
	})
	c.must(c.queue.Put(c.t.Context(), dialer.Waiting{Case: id, Due: due}))
	return id
}

// talk has a call from a desk by way of a node's panel, until it is a talk.
func (c *centre) talk(by *node, a dialer.Asker, id dialer.DeskID) dialer.CallID {
	c.t.Helper()
	acc, err := by.Dial(c.t.Context(), dialer.DialRequest{Asker: a, Desk: id, Case: c.newCase()})
	c.must(err)
	c.until("there is a talk", func() bool {
		v, ok := by.Call(acc.CallID)
		return ok && v.State == dialer.Talking
	})
	return acc.CallID
}

// over waits until the attempt has ended, and returns it.
func (c *centre) over(id dialer.CallID) dialertest.Attempt {
	c.t.Helper()
	var a dialertest.Attempt
	c.until("the attempt has ended", func() bool { a, _ = c.ledger.Attempt(id); return a.End != nil })
	return a
}

package fleet_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/fleet"
)

func TestOneNodeIsAFleetOfOne(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a := c.node("a", desk1, desk2)
		c.has(a, desk1, desk2)
		c.sit(a, first, desk1)
		id := c.talk(a, first, desk1)
		c.must(a.Hangup(t.Context(), first, id))
		if end := c.over(id); end.End.Verdict.Result != dialer.Answered {
			t.Errorf("the talk ended as %s", end.End.Verdict.Result)
		}
		c.sees(a, desk1, "in wrap-up", func(v dialer.DeskView) bool { return v.State == dialer.DeskWrapUp })
		c.must(a.Ready(t.Context()))
	})
}

// twoNodes is a centre of two, each with the desk whose phone is registered there.
func twoNodes(c *centre) (a, b *node) {
	c.t.Helper()
	a = c.node("a", desk1)
	c.has(a, desk1, desk2) // alone it has everything
	b = c.node("b", desk2)
	c.has(a, desk1)
	c.has(b, desk2)
	c.sees(a, desk2, "with its phone", registered)
	c.sees(b, desk1, "with its phone", registered)
	return a, b
}

func registered(v dialer.DeskView) bool { return v.Registered != nil && *v.Registered }

func ready(v dialer.DeskView) bool { return v.State == dialer.DeskReady }

// TestAPanelCommandsAnotherNodesDesk: everything that a person can ask for, at a desk of another node.
func TestAPanelCommandsAnotherNodesDesk(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		c.sees(a, desk2, "ready", ready)
		stands, err := a.Present(t.Context(), second, desk2, c.newCase(), false)
		c.must(err)
		if stands == "" {
			t.Error("no case stands at the desk")
		}
		id := c.talk(a, second, desk2)
		if v, ok := b.engine.Call(id); !ok || v.Desk != desk2 {
			t.Fatalf("the call is not b's: %+v", v)
		}
		if _, ok := a.engine.Call(id); ok {
			t.Fatal("the call is a's too")
		}
		ctx := t.Context()
		c.must(a.Hold(ctx, second, id, true))
		c.until("a sees the hold", func() bool { v, _ := a.Call(id); return v.Held })
		c.must(a.Hold(ctx, second, id, false))
		c.must(a.Mute(ctx, second, id, true))
		c.must(a.Digits(ctx, second, id, "12#"))
		c.must(a.AnnouncementHeard(ctx, second, id, dialer.HeardOutOfReach))
		c.until("a sees what was heard", func() bool { v, _ := a.Call(id); return v.Announcement == dialer.HeardOutOfReach })
		c.refused(a.PauseRecording(ctx, second, id, true), dialer.NotTalking) // nothing is recorded
		c.until("a sees the mute", func() bool { v, _ := a.Call(id); return v.Muted })
		if got := b.phone.Digits(id); got != "12#" {
			t.Errorf("keys that came: %q", got)
		}
		c.refused(a.Hangup(ctx, first, id), dialer.NotYourDesk)
		no := c.refused(a.Transfer(ctx, second, id, desk1, false), dialer.DeskBusy)
		if !strings.Contains(no.EN, "another server") {
			t.Errorf("a transfer to another node's desk is refused with %q", no.EN)
		}
		c.must(a.CompleteTransfer(ctx, second, id))
		c.must(a.CancelTransfer(ctx, second, id))
		c.must(a.Hangup(ctx, second, id))
		c.over(id)
		c.until("a no longer has the call", func() bool { _, ok := a.Call(id); return !ok && len(a.Calls()) == 0 })
		if states := a.board.States(id); len(states) < 4 || states[len(states)-1] != dialer.Ended {
			t.Errorf("the panel of a saw %v", states)
		}
		c.sees(a, desk2, "in wrap-up", func(v dialer.DeskView) bool { return v.State == dialer.DeskWrapUp })
		at, _ := c.ledger.Attempt(id)
		c.must(c.ledger.Record(id, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済み"}))
		c.must(a.ResultRecorded(ctx, id, at.Reservation.Target.CaseID))
		c.sees(a, desk2, "ready", ready)
		v, err := a.Leave(ctx, second, desk2)
		c.must(err)
		if v.State != dialer.DeskEmpty {
			t.Errorf("the desk is %s", v.State)
		}
	})
}

// TestAPersonSitsAtOneDesk, also when the two are different nodes'.
func TestAPersonSitsAtOneDesk(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, first, desk2)
		c.sees(a, desk2, "taken", ready)
		_, err := b.Sit(t.Context(), first, "desk9", false)
		c.refused(err, dialer.UnknownDesk)
		c.sees(a, desk2, "still theirs", func(v dialer.DeskView) bool { return v.Operator == first.User })
		c.sit(a, first, desk1)
		c.sees(a, desk2, "empty", func(v dialer.DeskView) bool { return v.State == dialer.DeskEmpty && v.Operator == "" })
		id := c.talk(a, first, desk1)
		c.until("b sees the call", func() bool { _, ok := b.Call(id); return ok })
		_, err = b.Sit(t.Context(), first, desk2, false)
		c.refused(err, dialer.DeskBusy) // not in the middle of a call
		c.must(b.Hangup(t.Context(), supervisor, id))
		c.over(id)
	})
}

// TestANodeDies in a talk: its legs are hung up by the other, its attempt is closed as it was, its desk can be sat at.
func TestANodeDies(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		id := c.talk(a, second, desk2)
		time.Sleep(lease) // a has been steady for long
		before, _ := c.ledger.Attempt(id)
		b.die()
		a.phone.Register(desk2, true) // its phone finds the other
		took := c.until("a has the desk", func() bool { return a.engine.Desks()[len(a.engine.Desks())-1].ID == desk2 })
		t.Logf("the desk was free %s after the death of its node", took)
		if took > 15*time.Second {
			t.Errorf("it took %s", took)
		}
		end := c.over(id)
		if end.End.Verdict.Result != dialer.Interrupted || end.End.EndedBy != dialer.ByCrash || !end.End.Verdict.Counted {
			t.Errorf("the attempt ended as %+v by %s", end.End.Verdict, end.End.EndedBy)
		}
		if got := len(a.phone.Terminated()); got != len(before.Legs) || got != 2 {
			t.Errorf("%d legs were hung up", got)
		}
		c.until("a no longer shows the call", func() bool { return len(a.Calls()) == 0 })
		if v := a.desk(desk2); v.State != dialer.DeskEmpty {
			t.Errorf("the desk is %s", v.State)
		}
		c.sit(a, second, desk2)
		again := c.talk(a, second, desk2)

		// What died was only asleep. It wakes up in another life, with nothing left of the one before.
		b.wake()
		c.until("b has hung up", func() bool { return len(b.engine.Calls()) == 0 })
		c.until("b has another life", func() bool { return b.Leased() })
		if got, _ := c.ledger.Attempt(id); got.End.EndedBy != dialer.ByCrash {
			t.Errorf("the end was written anew, by %s", got.End.EndedBy)
		}
		if _, ok := a.engine.Call(again); !ok {
			t.Error("the call at a was ended by it")
		}
		c.must(a.Hangup(t.Context(), second, again))
		c.over(again)
	})
}

// TestASleeperRingsNobody: a node falls asleep between the commit of dialled_at and the INVITE.
func TestASleeperRingsNobody(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		time.Sleep(lease)
		b.door.Break("Dialled", dialertest.Fault{Slow: 900 * time.Millisecond}) // it is committed at the last moment
		b.door.Break("Beat", dialertest.Fault{Hang: true})
		time.Sleep(lease) // it sleeps; its lease has run out
		acc, err := b.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase()})
		if no := c.refused(err, dialer.LedgerDown); !strings.Contains(no.EN, "place") {
			t.Errorf("it is refused with %q (%v)", no.EN, acc)
		}
		c.has(a, desk1, desk2)
		b.wake()
		if n := len(b.phone.Dialled()); n != 0 {
			t.Errorf("%d were rung", n)
		}
	})
}

// TestTheLedgersAbsenceKillsNobody: for longer than a lease nobody can beat; talks go on, and nobody is reaped.
func TestTheLedgersAbsenceKillsNobody(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		id := c.talk(a, second, desk2)
		c.ledger.Break("", dialertest.Fault{Hang: true})
		time.Sleep(5 * lease)
		if a.Ready(t.Context()) == nil {
			t.Error("a says that it is ready")
		}
		if v, _ := a.Call(id); v.State != dialer.Talking {
			t.Errorf("the talk is %s", v.State)
		}
		c.ledger.Break("", dialertest.Fault{})
		time.Sleep(5 * lease)
		s, err := a.door.Standing(t.Context())
		c.must(err)
		for _, n := range s.Nodes {
			if n.Epoch != 1 || n.State != fleet.Live || !n.Alive {
				t.Errorf("%s is %+v", n.Node, n)
			}
		}
		if v, _ := b.engine.Call(id); v.State != dialer.Talking {
			t.Errorf("the talk is %s", v.State)
		}
		c.must(a.Hangup(t.Context(), second, id))
		c.over(id)
	})
}

// TestTheWireIsAway: each node goes on with its own; what is another's is said to be out of reach; afterwards everybody sees all.
func TestTheWireIsAway(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, first, desk1)
		c.sit(b, second, desk2)
		for _, op := range []string{"Publish", "Send"} {
			c.wire.Break(op, dialertest.Fault{Hang: true})
		}
		mine := c.talk(a, first, desk1)
		_, err := a.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase()})
		c.refused(err, dialer.QueueDown)
		theirs := c.talk(b, second, desk2)
		if len(a.Calls()) != 1 || len(b.Calls()) != 1 {
			t.Errorf("a shows %d calls, b %d", len(a.Calls()), len(b.Calls()))
		}
		for _, op := range []string{"Publish", "Send"} {
			c.wire.Break(op, dialertest.Fault{})
		}
		c.until("both see both", func() bool { return len(a.Calls()) == 2 && len(b.Calls()) == 2 })
		c.must(a.Hangup(t.Context(), second, theirs))
		c.must(b.Hangup(t.Context(), first, mine))
		c.over(mine)
		c.over(theirs)
	})
}

// TestANodeIsDeafForAWhile: what it missed is shown to it afterwards.
func TestANodeIsDeafForAWhile(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		id := c.talk(b, second, desk2)
		c.until("a sees the talk", func() bool { v, _ := a.Call(id); return v.State == dialer.Talking })
		c.wire.Deafen("a", true)
		c.must(b.Hangup(t.Context(), second, id))
		c.over(id)
		time.Sleep(beat)
		if _, ok := a.Call(id); !ok {
			t.Fatal("a was not deaf")
		}
		c.wire.Deafen("a", false)
		c.until("a sees its end", func() bool { return len(a.Calls()) == 0 })
		if states := a.board.States(id); states[len(states)-1] != dialer.Ended {
			t.Errorf("the panel of a saw %v", states)
		}
		c.sees(a, desk2, "in wrap-up", func(v dialer.DeskView) bool { return v.State == dialer.DeskWrapUp })
	})
}

// TestAnAnswerThatDoesNotCome: the person is told that nobody knows, in bounded time, and the deed is not done twice.
func TestAnAnswerThatDoesNotCome(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		c.wire.Break("Send", dialertest.Fault{Slow: 950 * time.Millisecond})
		b.door.Break("Reserve", dialertest.Fault{Hang: true})
		began := time.Now()
		_, err := a.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase()})
		c.refused(err, dialer.LedgerDown)
		b.door.Break("Reserve", dialertest.Fault{})
		c.wire.Break("Send", dialertest.Fault{Lost: true}) // it is there, and its sender cannot know
		_, err = a.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase(), IdempotencyKey: "one"})
		c.refused(err, dialer.QueueDown)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("it took %s", took)
		}
		c.wire.Break("Send", dialertest.Fault{})
		c.until("the click was taken", func() bool { return len(a.Calls()) == 1 })
		acc, err := a.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase(), IdempotencyKey: "one"})
		c.must(err)
		if !acc.Repeated || acc.CallID != a.Calls()[0].ID {
			t.Errorf("the click, made again, came to %+v", acc)
		}
		c.must(a.Hangup(t.Context(), second, acc.CallID))
		c.over(acc.CallID)
	})
}

// TestARollingRestart: the talk lives until it ends, everything else has passed to the other node, with who sits there.
func TestARollingRestart(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		id := c.talk(b, second, desk2)
		done := make(chan struct{})
		go func() {
			defer close(done)
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			b.end(ctx)
		}()
		time.Sleep(time.Minute)
		if v, _ := a.Call(id); v.State != dialer.Talking {
			t.Fatalf("the talk is %s", v.State)
		}
		_, err := a.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: c.newCase()})
		c.refused(err, dialer.Draining)
		a.phone.Register(desk2, true)
		c.must(a.Hangup(t.Context(), second, id))
		end := c.over(id)
		if end.End.Verdict.Result != dialer.Answered || end.End.EndedBy != dialer.ByOperator {
			t.Errorf("the talk ended as %s by %s", end.End.Verdict.Result, end.End.EndedBy)
		}
		<-done
		c.has(a, desk1, desk2)
		v := a.desk(desk2)
		if v.State != dialer.DeskWrapUp || v.Operator != op2 || v.CallID != id {
			t.Errorf("the desk is %+v", v)
		}
		s, err := a.door.Standing(t.Context())
		c.must(err)
		for _, n := range s.Nodes {
			if n.Node == "b" && n.State != fleet.Left {
				t.Errorf("b is %s", n.State)
			}
		}
	})
}

// TestASeatPassesOn: who sits at an idle desk of a node that ends still sits there, and may dial at once.
func TestASeatPassesOn(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		a.phone.Register(desk2, true)
		b.end(contextDone())
		c.has(a, desk1, desk2)
		if v := a.desk(desk2); v.Operator != op2 || v.State != dialer.DeskReady {
			t.Errorf("the desk is %+v", v)
		}
		id := c.talk(a, second, desk2)
		c.must(a.Hangup(t.Context(), second, id))
		c.over(id)
	})
}

// TestAnAbsencePassesOn: whoever is away from a desk of a node that ends is still away, at another; and both go by commands.
func TestAnAbsencePassesOn(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		v, err := a.Away(t.Context(), second, desk2, dialer.AwayBreak)
		if c.must(err); v.State != dialer.DeskAway || v.Away != dialer.AwayBreak {
			t.Errorf("the desk is %+v", v)
		}
		began := v.Since
		c.must(a.Touched(t.Context(), second, desk2, time.Second))
		c.sees(a, desk2, "touched", func(v dialer.DeskView) bool { return v.Away == dialer.AwayBreak && !v.TouchedAt.IsZero() })
		a.phone.Register(desk2, true)
		b.end(contextDone())
		c.has(a, desk1, desk2)
		if v := a.desk(desk2); v.Operator != op2 || v.State != dialer.DeskAway || v.Away != dialer.AwayBreak || !v.Since.Equal(began) {
			t.Errorf("the desk is %+v", v)
		}
		v, err = a.Back(t.Context(), second, desk2)
		if c.must(err); v.State != dialer.DeskReady {
			t.Errorf("the desk is %+v", v)
		}
	})
}

// TestAnAbsenceOutlivesTheHouse: who was away when the only server was stopped is away when they sit down there again; elsewhere they are
// back.
func TestAnAbsenceOutlivesTheHouse(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a := c.node("a", desk1, desk2)
		for who, desk := range map[dialer.Asker]dialer.DeskID{first: desk1, second: desk2} {
			c.sit(a, who, desk)
			_, err := a.Away(t.Context(), who, desk, dialer.AwayMeeting)
			c.must(err)
		}
		a.end(contextDone())
		a = c.node("a", desk1, desk2)
		c.has(a, desk1, desk2)
		c.sit(a, first, desk1)
		if v := a.desk(desk1); v.State != dialer.DeskAway || v.Away != dialer.AwayMeeting {
			t.Errorf("the desk is %+v", v)
		}
		_, err := a.Back(t.Context(), first, desk1)
		c.must(err)
		_, err = a.Sit(t.Context(), second, desk1, true)
		if c.must(err); a.desk(desk1).State != dialer.DeskReady {
			t.Errorf("the desk is %+v", a.desk(desk1))
		}
		synctest.Wait()
		open, err := c.ledger.OpenAbsences(t.Context())
		if c.must(err); len(open) != 0 {
			t.Errorf("still away: %+v", open)
		}
	})
}

// TestTwoProcessesOfOneName: the later one stays, the earlier one ends and says why.
func TestTwoProcessesOfOneName(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		old := c.node("a", desk1, desk2)
		c.sit(old, first, desk1)
		id := c.talk(old, first, desk1)
		young := c.node("a", desk1, desk2)
		old.ended = true
		err := <-old.ran
		if err == nil || !strings.Contains(err.Error(), "node.id") {
			t.Errorf("the earlier process ended with: %v", err)
		}
		if end := c.over(id); end.End.EndedBy != dialer.ByCrash {
			t.Errorf("its talk was ended by %s", end.End.EndedBy)
		}
		c.has(young, desk1, desk2)
		c.sit(young, first, desk1)
		c.must(young.Ready(t.Context()))
	})
}

// TestADeskFollowsItsPhone to the node where it registers, when it is idle, and not before.
func TestADeskFollowsItsPhone(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(a, second, desk2)
		id := c.talk(a, second, desk2)
		b.phone.Register(desk2, false)
		a.phone.Register(desk2, true)
		time.Sleep(5 * beat)
		c.has(b, desk2) // in a talk it stays
		c.must(a.Hangup(t.Context(), second, id))
		at := c.over(id)
		c.must(c.ledger.Record(id, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済み"}))
		c.must(a.ResultRecorded(t.Context(), id, at.Reservation.Target.CaseID))
		c.has(a, desk1, desk2)
		if v := a.desk(desk2); v.Operator != op2 {
			t.Errorf("the desk is %+v", v)
		}
		synctest.Wait()
	})
}

// TestACallerIsNotRungByAnotherNode: somebody who calls in at one node is not dialled by another meanwhile.
func TestACallerIsNotRungByAnotherNode(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		number := dialertest.NewNumber()
		id := dialer.CaseID(dialer.NewID(time.Now()))
		due := time.Now().Add(-time.Hour)
		c.ledger.PutCase(dialertest.Case{ID: id, Numbers: []dialer.Number{number}, Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: "新しい案件です"}})
		c.must(c.queue.Put(t.Context(), dialer.Waiting{Case: id, Due: due}))
		caller := a.phone.Come(number)
		c.until("the caller waits at a", func() bool { return len(b.Calls()) == 1 })
		_, err := b.Dial(t.Context(), dialer.DialRequest{Asker: second, Desk: desk2, Case: id})
		c.refused(err, dialer.NumberLocked)
		caller.HangUp()
		c.until("the caller is gone", func() bool { return len(b.Calls()) == 0 })
	})
}

// TestALineBuiltAnew by one node leaves what stands at the desks of the others.
func TestALineBuiltAnew(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, b := twoNodes(c)
		c.sit(b, second, desk2)
		id := c.newCase()
		_, err := b.Present(t.Context(), second, desk2, id, false)
		c.must(err)
		before := c.queue.Leases()[0]
		a.engine.LineMissed(dialer.ErrQueueDown)
		c.until("the case is leased again, in the new line", func() bool {
			l := c.queue.Leases()
			return len(l) == 1 && l[0].Case == id && l[0].Desk == desk2 && l[0].Token != before.Token
		})
		if v := a.desk(desk2); v.CaseID != id {
			t.Errorf("at the desk stands %q", v.CaseID)
		}
	})
}

// TestAResultThatTheOwnerWasNotTold: the desk is free all the same, soon.
func TestAResultThatTheOwnerWasNotTold(t *testing.T) {
	inCentre(t, func(t *testing.T, c *centre) {
		a, _ := twoNodes(c)
		c.sit(a, second, desk2)
		id := c.talk(a, second, desk2)
		c.must(a.Hangup(t.Context(), second, id))
		at := c.over(id)
		c.sees(a, desk2, "in wrap-up", func(v dialer.DeskView) bool { return v.State == dialer.DeskWrapUp })
		c.wire.Break("Send", dialertest.Fault{Hang: true})
		c.must(c.ledger.Record(id, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "済み"}))
		c.must(a.ResultRecorded(t.Context(), id, at.Reservation.Target.CaseID))
		c.sees(a, desk2, "ready", ready)
		c.wire.Break("Send", dialertest.Fault{})
	})
}

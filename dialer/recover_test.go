package dialer_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// crash leaves an attempt as a dead process would, in a state of its call.
func (h *house) crash(id dialer.CaseID, dialled bool, seen ...dialer.EvidenceEvent) dialer.CallID {
	h.t.Helper()
	tg, err := h.ledger.Target(h.t.Context(), id, "")
	h.must(err)
	call := dialer.CallID(dialer.NewID(time.Now()))
	h.must(h.ledger.Reserve(h.t.Context(), dialer.Reservation{
		ID: call, Target: tg, Desk: desk1, Operator: op1, Trunk: "lab", At: time.Now(),
		DeskLeg: dialer.LegHandle{Leg: dialer.DeskLeg, SIPCallID: "desk-" + string(call), Data: []byte("desk")},
	}))
	if dialled {
		h.must(h.ledger.Dialled(h.t.Context(), call, time.Now(), dialer.LegHandle{
			Leg: dialer.CustomerLeg, SIPCallID: "customer-" + string(call), Data: []byte("customer"),
		}))
	}
	p := dialer.Progress{Evidence: []dialer.Evidence{{At: time.Now(), Leg: dialer.DeskLeg, Event: dialer.EvRinging}}}
	for _, ev := range seen {
		p.Evidence = append(p.Evidence, dialer.Evidence{At: time.Now(), Leg: dialer.CustomerLeg, Event: ev})
	}
	h.must(h.ledger.Note(h.t.Context(), call, p))
	return call
}

func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name    string
		dialled bool
		seen    []dialer.EvidenceEvent
		result  dialer.Result
		counted bool
	}{
		{"the desk was rung", false, nil, dialer.NotDialled, false},
		{"the INVITE was about to leave", true, nil, dialer.Interrupted, false},
		{"the INVITE had left", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvTrying}, dialer.Interrupted, false},
		{"it rang", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvRinging}, dialer.Interrupted, true},
		{"early media", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvEarlyMedia}, dialer.Interrupted, true},
		{"a talk", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvRinging, dialer.EvAnswered}, dialer.Interrupted, true},
		{"answered without a ring", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvAnswered}, dialer.Interrupted, true},
		{"it was ending, crossed", true, []dialer.EvidenceEvent{dialer.EvInvite, dialer.EvCancelSent, dialer.EvCrossed}, dialer.Interrupted, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				ids := h.cases(1)
				before := h.ledger.Case(ids[0]).Next
				id := h.crash(ids[0], c.dialled, c.seen...)
				h.must(h.Recover(t.Context()))
				a, _ := h.ledger.Attempt(id)
				if a.End == nil || a.End.Verdict.Result != c.result || a.End.Verdict.Counted != c.counted || a.End.EndedBy != dialer.ByCrash {
					t.Fatalf("%+v", a.End)
				}
				legs := 1
				if c.dialled {
					legs = 2
				}
				if got := len(h.phone.Terminated()); got != legs {
					t.Errorf("%d legs were hung up, want %d", got, legs)
				}
				if last := a.End.Evidence[len(a.End.Evidence)-1]; last.Event != dialer.EvRecovered {
					t.Errorf("evidence ends with %+v", last)
				}
				now := h.ledger.Case(ids[0]).Next
				if c.dialled && (now.State != dialer.CaseHeld || now.Why == "") || !c.dialled && now != before {
					t.Errorf("the case: %+v", now)
				}
				if len(h.phone.Dialled()) != 0 {
					t.Error("it was redialled")
				}
				h.deskIs(desk1, dialer.DeskReady, "")
			})
		})
	}
}

// Far ends that do not answer hold up the start for seconds only, and all at once.
func TestRecoverIsBounded(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		for _, id := range h.cases(20) {
			h.crash(id, true, dialer.EvInvite, dialer.EvRinging)
		}
		h.phone.OnTerminate(func(ctx context.Context, _ dialer.LegHandle) error { <-ctx.Done(); return ctx.Err() })
		from := time.Now()
		h.must(h.Recover(t.Context()))
		if took := time.Since(from); took > 10*sec {
			t.Errorf("it took %v", took)
		}
		for _, a := range h.ledger.Attempts() {
			if a.End == nil || a.End.Verdict.Result != dialer.Interrupted {
				t.Errorf("%+v", a.End)
			}
		}
	})
}

func TestRecoverNeedsTheLedger(t *testing.T) {
	for _, op := range []string{"Open", "ResultsDue"} {
		inHouse(t, func(t *testing.T, h *house) {
			h.ledger.Break(op, dialertest.Fault{Err: dialer.ErrLedgerDown})
			if err := h.Recover(t.Context()); !errors.Is(err, dialer.ErrLedgerDown) {
				t.Errorf("%s: %v", op, err)
			}
		})
	}
}

// A restart after a talk: the result is still owed at the desk, and the line is the ledger's, whatever Redis still has.
func TestARestart(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		ids := h.cases(3)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(sec, sec))
		talk := h.dial(first, desk1, "")
		h.ended(talk)
		_, err := h.Present(t.Context(), second, desk2, "", false) // leased, when the process dies
		h.must(err)
		h.must(h.ledger.Defer(t.Context(), ids[2], dialer.CaseNext{State: dialer.CaseHeld, Why: "保留"})) // unknown to Redis
		h.stop()
		<-h.ran

		h.open()
		h.must(h.Recover(t.Context()))
		synctest.Wait()
		if v := h.desk(desk1); v.State != dialer.DeskWrapUp || v.CallID != talk || v.Operator != op1 || v.CaseID != ids[0] {
			t.Errorf("%+v", v)
		}
		h.deskIs(desk2, dialer.DeskEmpty, "")
		if line, leases := h.line(), h.queue.Leases(); len(line) != 1 || line[0] != ids[1] || len(leases) != 0 {
			t.Errorf("the line %v, leases %v", line, leases)
		}
		h.result(talk, "self", dialer.CaseNext{State: dialer.CaseClosed, Why: "納付済"})
		h.deskIs(desk1, dialer.DeskReady, ids[1])
	})
}

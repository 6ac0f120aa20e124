package dialer

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Recover closes honestly what a crash left open, before anything new is dialled: for every open attempt each far leg is
// hung up from its saved handle, then the attempt ends as interrupted (or as not_dialled when nobody was rung), and the
// case is held for a supervisor. It is never redialled by itself. Desks whose talk still owes its result come back
// waiting for it. It needs the ledger, and fails without it; the phone must be running.
func (e *Engine) Recover(ctx context.Context) error {
	open, err := e.d.Ledger.Open(ctx)
	if err != nil {
		return fmt.Errorf("attempts left open by a crash could not be read: %w", err)
	}
	var all sync.WaitGroup
	for _, a := range open {
		all.Go(func() { e.closeInterrupted(ctx, a) })
	}
	all.Wait()
	due, err := e.d.Ledger.ResultsDue(ctx)
	if err != nil {
		return fmt.Errorf("results still owed could not be read: %w", err)
	}
	defer e.takeCalls()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range due {
		if d := e.desks[r.Desk]; d != nil && !d.away {
			d.owes(r, e.d.Now())
		}
	}
	return nil
}

// owes has the desk wait for the result of a talk.
func (d *desk) owes(r ResultDue, now time.Time) {
	d.view.State, d.view.CallID, d.view.CaseID = DeskWrapUp, r.ID, r.CaseID
	d.view.Operator, d.view.Since = r.Operator, now
}

// terminateWithin bounds the hanging-up of one leg: long enough for a lost message to be sent again.
const terminateWithin = 5 * time.Second

func (e *Engine) closeInterrupted(ctx context.Context, a OpenAttempt) {
	log := e.d.Log.With("call", a.ID, "desk", a.Desk)
	ev := a.Evidence
	var hang sync.WaitGroup
	for _, h := range a.Legs {
		hang.Go(func() {
			tctx, cancel := context.WithTimeout(ctx, terminateWithin)
			defer cancel()
			if err := e.d.Phone.Terminate(tctx, h); err != nil {
				log.Warn("a leg left by a crash did not confirm its end", "leg", h.Leg, "err", err)
			}
		})
		ev = append(ev, Evidence{At: e.d.Now(), Leg: h.Leg, Event: EvRecovered})
	}
	hang.Wait()
	end := e.interruptedEnd(a, ev)
	log.Info("attempt closed after a restart", "result", end.Verdict.Result, "counted", end.Verdict.Counted)
	tried := make(chan struct{})
	// An attempt that stays open locks its case and its number: its end is insisted on, like any other.
	e.running.Go(func() { e.insist(end, func() { close(tried) }) })
	<-tried
	e.alert(Alert{
		Kind: "interrupted", Desk: a.Desk, CallID: a.ID, Text: "停止により中断した架電があります。案件は保留にしました",
		TextEN: "an attempt was interrupted by a stop; its case is held",
	})
}

// interruptedEnd says of an interrupted attempt what its evidence allows.
func (e *Engine) interruptedEnd(a OpenAttempt, ev []Evidence) AttemptEnd {
	o := Outcome{EndedBy: ByCrash, Sent: !a.DialledAt.IsZero(), Heard: lastAnnouncement(a.Evidence)}
	end := AttemptEnd{
		ID: a.ID, StartedAt: a.StartedAt, DialledAt: a.DialledAt, EndedAt: e.d.Now(), EndedBy: ByCrash, Evidence: ev, CaseID: a.CaseID,
	}
	if a.Direction == Inbound {
		return e.interruptedArrival(a, end)
	}
	for _, x := range a.Evidence {
		if x.Leg != CustomerLeg {
			continue
		}
		switch x.Event {
		case EvRinging, EvEarlyMedia:
			o.Ringing = true
			end.RingingAt = firstTime(end.RingingAt, x.At)
		case EvAnswered, EvCrossed:
			o.Crossed = true // answered, but a talk that a crash cut: interrupted, and counted
			end.AnsweredAt = firstTime(end.AnsweredAt, x.At)
		default:
		}
	}
	verdict, rule := e.d.Results(a.Trunk).Decide(o)
	end.Verdict = verdict.apart(a.Unlisted)
	if rule == nil {
		rule = new(e.rules().After(verdict))
	}
	end.Next = CaseNext{State: CaseHeld, Cause: CauseResult, Why: rule.JA, WhyEN: rule.EN}
	if verdict.Result == NotDialled {
		end.Next = CaseNext{}
	}
	return end
}

// interruptedArrival is the end of a call that came in and met a crash: cut off in a talk, or missed.
func (e *Engine) interruptedArrival(a OpenAttempt, end AttemptEnd) AttemptEnd {
	elsewhere := false
	for _, x := range a.Evidence {
		if x.Event == EvAnswerSent {
			end.AnsweredAt = firstTime(end.AnsweredAt, x.At)
		}
		elsewhere = elsewhere || x.Event == EvElsewhere
	}
	if !end.AnsweredAt.IsZero() {
		end.Verdict = Verdict{Result: Interrupted, Confidence: High, Rule: "inbound_crash", Why: "受電中にシステムが停止しました"}
		end.Next = CaseNext{State: CaseHeld, Cause: CauseResult, Why: end.Verdict.Why, WhyEN: "the server stopped in the call: a supervisor decides"}
		return end
	}
	if elsewhere {
		end.Verdict = takenVerdict
		return end
	}
	end.Verdict = Verdict{Result: NoAnswer, Confidence: High, Rule: "inbound_missed", Why: "着信中にシステムが停止し、応答できませんでした"}
	var caller Number
	if a.Dialable {
		caller = anyNumber
	}
	if a.Unlisted {
		end.Next = e.callStrangerBack(a.CaseID, caller, a.StartedAt)
	} else {
		end.Next = e.callBack(caller, a.StartedAt)
	}
	return end
}

// anyNumber stands for a caller whose number may be dialled, where the number itself is not at hand. It is nobody's.
const anyNumber Number = "0300000000"

func firstTime(have, t time.Time) time.Time {
	if have.IsZero() {
		return t
	}
	return have
}

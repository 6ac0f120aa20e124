package dialer_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestWhoCalledUsMeanwhileIsNotRungAsPresented: a case stands at one desk, calls in and is answered at another, and is to be called on another day. The first
// desk's click rings nobody, by whichever name it asks; who reads the case again and names it may.
func TestWhoCalledUsMeanwhileIsNotRungAsPresented(t *testing.T) {
	for name, ask := range map[string]func(dialer.CaseID) dialer.DialRequest{
		"the next": func(dialer.CaseID) dialer.DialRequest { return next(first, desk1) },
		"by name": func(id dialer.CaseID) dialer.DialRequest {
			return dialer.DialRequest{Asker: first, Desk: desk1, Case: id}
		},
		"a supervisor": func(id dialer.CaseID) dialer.DialRequest {
			return dialer.DialRequest{Asker: supervisorAt(first), Desk: desk1, Case: id}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				id, number := h.known("ja")
				others := h.cases(2) // the first comes to stand at the other desk, after the talk
				presented, err := h.Present(t.Context(), first, desk1, "", false)
				h.must(err)
				if presented != id {
					t.Fatalf("presented %s", presented)
				}
				caller := h.phone.Come(number)
				in := h.incoming()
				synctest.Wait()
				caller.Lift(desk2)
				synctest.Wait()
				caller.HangUp()
				h.ended(in.ID)
				h.result(in.ID, "self", dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(72 * time.Hour), Cause: dialer.CauseAsked, Why: "金曜に"})
				time.Sleep(2 * time.Minute)
				h.refused(h.click(ask(id)), dialer.CaseBusy)
				synctest.Wait()
				h.deskIs(desk1, dialer.DeskReady, others[1])
				if line := h.line(); !slices.Contains(line, id) {
					t.Errorf("it left the line: %v", line)
				}
				h.phone.Far(dialertest.Far{}, dialertest.RingsForEver())
				h.must(h.Hangup(t.Context(), first, h.dial(first, desk1, id)))
			})
		})
	}
}

// TestWhatMovedWhileTheDeskRangIsNotDialled: the last look before the far end's phone rings, twenty seconds after the click.
func TestWhatMovedWhileTheDeskRangIsNotDialled(t *testing.T) {
	for name, change := range map[string]func(*house, dialer.CaseID, dialer.Number){
		"held": func(h *house, id dialer.CaseID, _ dialer.Number) {
			h.must(h.ledger.Defer(h.t.Context(), id, dialer.CaseNext{State: dialer.CaseHeld, Why: "納付済の可能性"}))
		},
		"to another day": func(h *house, id dialer.CaseID, _ dialer.Number) {
			h.must(h.ledger.Defer(h.t.Context(), id, dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(24 * time.Hour), Why: "明日"}))
		},
		"they call us": func(h *house, _ dialer.CaseID, number dialer.Number) { h.phone.Come(number); h.incoming() },
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(t *testing.T, h *house) {
				id, number := h.known("ja")
				h.phone.Far(dialertest.Far{Ring: 5 * time.Second}, dialertest.RingsForEver())
				call := h.dial(first, desk1, id)
				h.state(call, dialer.CallingDesk)
				change(h, id, number)
				a := h.ended(call)
				if a.End.Verdict.Result != dialer.NotDialled || !a.DialledAt.IsZero() || !strings.Contains(a.End.Verdict.Why, "この") || !slices.Contains(h.evidence(call), dialer.EvWithheld) {
					t.Errorf("%+v, %v", a.End, h.evidence(call))
				}
			})
		})
	}
}

// TestNobodyIsRungAfterHours: a desk that answers after the centre has shut is told so, and nobody else's phone rings.
func TestNobodyIsRungAfterHours(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id := h.cases(1)[0]
		sleepUntil(time.Date(2026, 11, 24, 16, 59, 55, 0, dialer.Tokyo))
		h.phone.Far(dialertest.Far{Ring: 8 * time.Second}, dialertest.RingsForEver())
		call := h.dial(first, desk1, id)
		a := h.ended(call)
		if a.End.Verdict.Result != dialer.NotDialled || !a.DialledAt.IsZero() || len(h.phone.Dialled()) != 0 || !slices.Contains(h.evidence(call), dialer.EvWithheld) {
			t.Errorf("%+v, %v", a.End, h.evidence(call))
		}
	})
}

package casework

import (
	"testing"
	"time"

	"kakeru/dialer"
)

// TestNothingOutweighsWhatKeepsACaseFromBeingCalled: a number that is wrong is dialled no more, and the case's other number would be: but not where it was said
// that the person has died, or what else nobody is to be called after before somebody has decided.
func TestNothingOutweighsWhatKeepsACaseFromBeingCalled(t *testing.T) {
	now := time.Date(2026, 12, 1, 11, 0, 0, 0, dialer.Tokyo)
	s := Situation{Now: now, Hours: dialer.Hours{AlwaysOpen: true}, OtherNumber: true}
	for _, said := range []Business{MovedOrDeceased, Complaint, RefusesToPay, Hardship, Instalments, OtherInsurance} {
		for _, all := range [][]Business{{said, WrongNumber}, {WrongNumber, said}} {
			alone, _ := DefaultRules().NextAfter(Entry{Party: ThirdParty, Business: []Business{said}}, dialer.Verdict{Result: dialer.Answered}, s)
			next, spoilt := DefaultRules().NextAfter(Entry{Party: ThirdParty, Business: all}, dialer.Verdict{Result: dialer.Answered}, s)
			if next != alone || next.State != dialer.CaseHeld || !spoilt {
				t.Errorf("%v: %+v, spoilt %v", all, next, spoilt)
			}
		}
	}
	next, spoilt := DefaultRules().NextAfter(Entry{Party: ThirdParty, Business: []Business{WrongNumber}}, dialer.Verdict{Result: dialer.Answered}, s)
	if next.State != dialer.CaseWaiting || !spoilt {
		t.Errorf("the wrong number alone: %+v, %v", next, spoilt)
	}
}

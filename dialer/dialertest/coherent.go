package dialertest

import (
	"errors"
	"fmt"

	"kakeru/dialer"
)

// coherent refuses an end that contradicts itself, as the database would.
func coherent(e dialer.AttemptEnd) error {
	switch {
	case e.EndedAt.IsZero(), e.EndedBy == "", e.Verdict.Result == "", e.Verdict.Confidence == "", e.Verdict.Why == "":
		return errors.New("the end is not whole")
	case e.Verdict.Counted && e.DialledAt.IsZero():
		return errors.New("counted, but never dialled")
	case (e.Verdict.Result == dialer.NotDialled) != e.DialledAt.IsZero():
		return fmt.Errorf("the result is %s, and dialled_at %v", e.Verdict.Result, e.DialledAt)
	case e.DialledAt.IsZero() && (!e.RingingAt.IsZero() || !e.AnsweredAt.IsZero()):
		return errors.New("it rang or was answered, but was never dialled")
	case e.Verdict.Result == dialer.Answered && e.AnsweredAt.IsZero():
		return errors.New("answered, but nobody knows when")
	}
	return nil
}

// coherentInbound refuses an end of a call that came in that contradicts itself, as the database would.
func coherentInbound(e dialer.AttemptEnd) error {
	switch {
	case e.EndedAt.IsZero(), e.EndedBy == "", e.Verdict.Result == "", e.Verdict.Confidence == "", e.Verdict.Why == "":
		return errors.New("the end is not whole")
	case e.Verdict.Counted || !e.DialledAt.IsZero():
		return errors.New("a call that came in was dialled, or counts")
	case e.Verdict.Result == dialer.Answered && (e.AnsweredAt.IsZero() || e.Desk == ""):
		return errors.New("answered, but nobody knows when, or by whom")
	}
	return nil
}

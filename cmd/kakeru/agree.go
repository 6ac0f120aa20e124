//go:build !production

package main

import (
	"errors"
	"fmt"
	"slices"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/sip/lab"
)

// agree checks that the ledger, the carrier's log and the panel say the same of every single call: each Call-ID the
// carrier saw belongs to exactly one attempt, each attempt that claims to have been dialled was seen by the carrier, the
// panel showed the result the ledger keeps, that result fits what the carrier answered, and every desk ended free.
func (r *clickRun) agree() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	byCallID, byID := map[string]casework.Attempt{}, map[dialer.CallID]casework.Attempt{}
	for _, a := range r.ledger {
		byID[a.ID] = a
		if a.EndedAt.IsZero() {
			fault("attempt %s is still open", a.ID)
		}
		if a.Verdict.Result == dialer.NotDialled {
			continue
		}
		if _, twice := byCallID[a.SIPCallID]; twice {
			fault("two attempts share the Call-ID %s", a.SIPCallID)
		}
		byCallID[a.SIPCallID] = a
		if _, ok := r.carrier[a.SIPCallID]; !ok {
			fault("attempt %s (%s) was never seen by the carrier", a.ID, a.Verdict.Result)
		}
	}
	for id, c := range r.carrier {
		a, ok := byCallID[id]
		switch {
		case !ok:
			fault("the carrier saw %s, which belongs to no attempt", id)
		case c.Up:
			fault("the carrier's call of attempt %s is still up", a.ID)
		case !fits(c, a.Verdict.Result):
			fault("attempt %s is %s, but the carrier answered %d (%s)", a.ID, a.Verdict.Result, c.Status, c.Row)
		}
	}
	r.panelAgrees(byID, fault)
	counted := 0
	for _, a := range r.ledger {
		if a.Verdict.Counted {
			counted++
		}
	}
	if r.done.Done.Attempts != counted {
		fault("the month's count is %d, the ledger has %d counted attempts", r.done.Done.Attempts, counted)
	}
	return errors.Join(faults...)
}

func (r *clickRun) panelAgrees(byID map[dialer.CallID]casework.Attempt, fault func(string, ...any)) {
	shown := 0
	for desk, calls := range r.panel {
		for _, s := range calls {
			shown++
			a, ok := byID[s.ID]
			if !ok {
				fault("%s showed call %s, which is not in the ledger", desk, s.ID)
			} else if a.Verdict.Result != s.Result || a.Verdict.Counted != s.Counted {
				fault("%s showed %s for %s, the ledger has %s", desk, s.Result, s.ID, a.Verdict.Result)
			}
		}
	}
	if shown != len(r.ledger) {
		fault("the panels showed %d calls, the ledger has %d", shown, len(r.ledger))
	}
	for _, d := range r.desks {
		if d.State != dialer.DeskReady {
			fault("%s ended %s", d.ID, d.State)
		}
	}
}

// fits says whether a result can come of what the carrier answered. 487 is our own ring limit, or a hang-up.
func fits(c lab.CallLog, r dialer.Result) bool {
	byStatus := map[int][]dialer.Result{
		200: {dialer.Answered, dialer.NoAnswer}, // no_answer: the 200 crossed our CANCEL
		0:   {dialer.LineTrouble}, 403: {dialer.Refused}, 404: {dialer.Unallocated}, 410: {dialer.NumberChanged},
		480: {dialer.OutOfReach, dialer.NoAnswer}, 484: {dialer.BadNumber}, 486: {dialer.Busy, dialer.NoAnswer},
		487: {dialer.NoAnswer, dialer.LineTrouble}, 503: {dialer.LineTrouble}, 603: {dialer.Refused},
	}
	return slices.Contains(byStatus[c.Status], r)
}

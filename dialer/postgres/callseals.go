package postgres

import (
	"context"
	"crypto/hmac"
	"fmt"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// The ward pays by calls, and an auditor asks for the proof of one. Whoever may write in the database could put calls there that were never made, with
// evidence of what no network said. So each call that ends is sealed together with its evidence, under a key that the database does not have.

// callsKey names the key of the calls' seals among those that the installation's secret makes.
const callsKey = "calls"

// sealOf is the seal of a call that has ended and all its evidence.
func (l *Ledger) sealOf(c db.CallsSealed, evidence []db.AttemptEvidence) []byte {
	micro := func(at *time.Time) int64 {
		if at == nil {
			return 0
		}
		return at.UnixMicro()
	}
	says := []any{
		c.ID, c.Direction, c.Origin, c.CaseRef, c.NumberRef, c.NumberKind, c.Sample, c.Desk, c.Operator, c.HandedDesk, c.HandedOperator, c.Trunk, c.SipCallID,
		c.StartedAt.UnixMicro(), micro(c.DialledAt), micro(c.RingingAt), micro(c.AnsweredAt), c.EndedAt.UnixMicro(), c.EndedBy, c.Result, c.Confidence, c.Rule,
		c.Why, c.Counted, len(evidence),
	}
	for _, e := range evidence {
		says = append(says, e.N, e.At.UnixMicro(), e.Leg, e.Event, e.Status, e.Reason, e.Cause)
	}
	return l.markUnder(callsKey, says...)
}

// sealCall seals a call in the transaction that ended it, as it stands.
func (l *Ledger) sealCall(ctx context.Context, q *db.Queries, id dialer.CallID) error {
	c, err := q.SealedCall(ctx, string(id))
	if err != nil {
		return err
	}
	evidence, err := q.EvidenceOf(ctx, []string{c.ID})
	if err != nil {
		return err
	}
	return q.SealCall(ctx, c.ID, l.sealOf(c, evidence))
}

// CallFault is what is wrong with a call's seal.
type CallFault string

// The faults.
const (
	CallChanged  CallFault = "changed"  // it, or its evidence, is not as it ended
	CallUnsealed CallFault = "unsealed" // it was not ended by Kakeru
)

// CallFinding is a call that is not as Kakeru ended it.
type CallFinding struct {
	Fault   CallFault
	Call    dialer.CallID
	Started time.Time
}

// String says it in one sentence.
func (f CallFinding) String() string {
	day := dialer.DateOf(f.Started)
	if f.Fault == CallUnsealed {
		return fmt.Sprintf("the call %s of %s bears no seal: it was written into the database, and not made", f.Call, day)
	}
	return fmt.Sprintf("the call %s of %s, or its evidence, was changed after it had ended", f.Call, day)
}

// CallsChecked is what a check of calls came to.
type CallsChecked struct {
	Sealed   int // as they ended
	Older    int // that ended before calls were sealed
	Findings []CallFinding
}

// mostCallFindings bounds what is remembered of a ledger that is damaged all over.
const mostCallFindings = 1000

// CheckCalls looks whether the calls that began from an instant on are as they ended.
func (l *Ledger) CheckCalls(ctx context.Context, from time.Time) (c CallsChecked, err error) {
	var sealedFrom time.Time
	err = l.readRecord(ctx, "check the calls", func(ctx context.Context, q *db.Queries) error {
		sealedFrom, err = q.CallsSealedFrom(ctx)
		return err
	})
	after, id := from, noCall
	for err == nil {
		var calls []db.CallsSealed
		evidence := map[string][]db.AttemptEvidence{}
		within, cancel := bounded(ctx, longPatience)
		err = l.readRecord(within, "check the calls", func(ctx context.Context, q *db.Queries) error {
			if calls, err = q.SealedCalls(ctx, after, id, auditPage); err != nil {
				return err
			}
			ids := make([]string, len(calls))
			for i, c := range calls {
				ids[i] = c.ID
			}
			rows, err := q.EvidenceOf(ctx, ids)
			for _, r := range rows {
				evidence[r.AttemptID] = append(evidence[r.AttemptID], r)
			}
			return err
		})
		cancel()
		for _, call := range calls {
			l.checkCall(&c, call, evidence[call.ID], sealedFrom)
			after, id = call.StartedAt, call.ID
		}
		if len(calls) < auditPage {
			break
		}
	}
	return c, err
}

// noCall is before every call.
const noCall = "00000000-0000-0000-0000-000000000000"

func (l *Ledger) checkCall(c *CallsChecked, call db.CallsSealed, evidence []db.AttemptEvidence, sealedFrom time.Time) {
	finding := CallFinding{CallChanged, dialer.CallID(call.ID), call.StartedAt}
	switch {
	case hmac.Equal(call.Seal, l.sealOf(call, evidence)):
		c.Sealed++
		return
	case len(call.Seal) == 0 && call.EndedAt.Before(sealedFrom):
		c.Older++
		return
	case len(call.Seal) == 0:
		finding.Fault = CallUnsealed
	}
	if len(c.Findings) < mostCallFindings {
		c.Findings = append(c.Findings, finding)
	}
}

// Sound reports whether nothing was found.
func (c CallsChecked) Sound() bool { return len(c.Findings) == 0 }

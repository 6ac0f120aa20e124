package dialertest_test

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/fleet"
)

func TestQueueKeepsThePromises(t *testing.T) {
	dialertest.RunQueue(t, func(*testing.T) dialer.Queue { return dialertest.NewQueue() })
}

func TestLedgerKeepsThePromises(t *testing.T) {
	dialertest.RunLedger(t, func(*testing.T) dialertest.LedgerRig { return ledgerRig(dialertest.NewLedger()) })
}

func TestNodesKeepThePromises(t *testing.T) {
	dialertest.RunNodes(t, func(*testing.T) dialertest.NodesRig {
		l := dialertest.NewLedger()
		return dialertest.NodesRig{
			Node:      func(*testing.T) dialertest.NodeLedger { return l.Node() },
			NewTarget: func(*testing.T) dialer.Target { return dialertest.NewTarget(l.Refs()) },
		}
	})
}

func TestWireKeepsThePromises(t *testing.T) {
	dialertest.RunWire(t, func(*testing.T) func(*testing.T) fleet.Wire {
		w := dialertest.NewWire()
		return func(*testing.T) fleet.Wire { return w }
	})
}

func ledgerRig(l *dialertest.Ledger) dialertest.LedgerRig {
	return dialertest.LedgerRig{
		Ledger: l, Cases: l, Line: l,
		NewCase: func(_ *testing.T, numbers ...dialer.Number) dialer.CaseID {
			id := dialer.CaseID(dialer.NewID(dialertest.Noon))
			next := dialer.CaseNext{State: dialer.CaseWaiting, Due: dialertest.Noon.Add(-time.Hour), Why: "新しい案件です"}
			l.PutCase(dialertest.Case{ID: id, Numbers: numbers, Next: next})
			return id
		},
		Record: func(t *testing.T, id dialer.CallID, party string) {
			t.Helper()
			if err := l.Record(id, party, dialer.CaseNext{}); err != nil {
				t.Fatal(err)
			}
		},
		Quality: func(t *testing.T, id dialer.CallID) *dialer.Quality {
			t.Helper()
			a, ok := l.Attempt(id)
			if !ok || a.End == nil {
				t.Fatal("there is no end of the attempt")
			}
			return a.End.Quality
		},
	}
}

func TestPhoneKeepsThePromises(t *testing.T) {
	dialertest.RunPhone(t, func(t *testing.T) dialertest.PhoneRig {
		t.Helper()
		p := dialertest.NewPhone()
		p.Timer64 = 200 * time.Millisecond
		return dialertest.PhoneRig{
			Phone: p, Desk: "desk1", Number: "0300001205",
			Script:  func(_ *testing.T, desk, customer dialertest.Far) { p.Far(desk, customer) },
			Another: func(*testing.T) dialer.Phone { return p },
		}
	})
}

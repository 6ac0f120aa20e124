package postgres

import (
	"strconv"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/dialertest/full"
)

// The ledger keeps the promises that the engine's tests hold the fake to.
func TestLedgerKeepsItsPorts(t *testing.T) {
	full.Only(t)
	dialertest.RunLedger(t, func(t *testing.T) dialertest.LedgerRig {
		t.Helper()
		l := newLedger(t)
		return dialertest.LedgerRig{
			Ledger: l, Cases: l, Line: l,
			NewCase: func(t *testing.T, phones ...dialer.Number) dialer.CaseID {
				t.Helper()
				row := person(strconv.FormatInt(numbers.Add(1), 10))
				row.Phones = nil
				for i, n := range phones {
					row.Phones = append(row.Phones, casework.Phone{Rank: i + 1, Number: n, Kind: n.Kind(), Usable: true})
				}
				id := load(t, l, row).Waiting[0].Case
				next := dialer.CaseNext{State: dialer.CaseWaiting, Due: dialertest.Noon.Add(-time.Hour), Why: "待機"}
				must(t, l.Defer(t.Context(), id, next))
				return id
			},
			Record: func(t *testing.T, id dialer.CallID, party string) {
				t.Helper()
				_, err := l.Record(t.Context(), casework.Recorded{
					Entry: casework.Entry{Party: casework.Party(party)}, Attempt: id, By: "operator1", At: dialertest.Noon,
				})
				must(t, err)
			},
			Quality: func(t *testing.T, id dialer.CallID) *dialer.Quality {
				t.Helper()
				return attempt(t, l, id).Quality
			},
		}
	})
}

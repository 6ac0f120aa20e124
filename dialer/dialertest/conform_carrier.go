package dialertest

import (
	"errors"
	"testing"

	"kakeru/dialer"
)

// proveCarrier: whoever asks is told whose life a call is, until it is over.
func proveCarrier(t *testing.T, n nodesTest) {
	a, lifeOfA := n.join("a")
	b, _ := n.join("b")
	r, err := n.reserve(a)
	n.must(err)
	for _, asks := range []NodeLedger{a, b} {
		if at, err := asks.Carrier(t.Context(), r.ID); err != nil || at != lifeOfA {
			t.Errorf("it is %+v that carries the call (%v); want %+v", at, err, lifeOfA)
		}
	}
	n.must(a.End(t.Context(), endOf(r, dialer.NotDialled)))
	for _, id := range []dialer.CallID{r.ID, dialer.CallID(dialer.NewID(Noon)), "no id"} {
		if at, err := b.Carrier(t.Context(), id); !errors.Is(err, dialer.ErrNotFound) {
			t.Errorf("%q is carried by %+v (%v)", id, at, err)
		}
	}
}

package dialer_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// notesOf is a ledger that counts the handles of a leg that it is given.
type notesOf struct {
	dialer.Ledger

	leg dialer.LegName
	n   *atomic.Int64
}

func (l notesOf) Note(ctx context.Context, id dialer.CallID, p dialer.Progress) error {
	if slices.ContainsFunc(p.Legs, func(h dialer.LegHandle) bool { return h.Leg == l.leg }) {
		l.n.Add(1)
	}
	return l.Ledger.Note(ctx, id, p)
}

// TestHandlesOfAFloodHaveAPace: a far end that rings with ever other tags has its leg's handle written now and then. The newest is soon there, and with an answer
// at once, of whichever leg.
func TestHandlesOfAFloodHaveAPace(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		var written atomic.Int64
		h.stop()
		<-h.ran
		h.deps.Ledger = notesOf{h.ledger, dialer.CustomerLeg, &written}
		h.open()
		h.sit(first, desk1)
		h.cases(1)
		h.phone.Far(dialertest.Far{}, dialertest.Answers(15*sec, 0))
		id := h.dial(first, desk1, "")
		h.state(id, dialer.CallingCustomer)
		rings := time.Now()
		const told, each = 1000, 10 * time.Millisecond
		flood := func(leg dialer.LegName) (newest dialer.LegHandle) {
			for range told {
				newest = h.phone.Retag(id, leg, dialer.EvRinging)
				time.Sleep(each)
			}
			return newest
		}
		is := func(want dialer.LegHandle, when string) {
			t.Helper()
			if a, _ := h.ledger.Attempt(id); string(a.Legs[want.Leg].Data) != string(want.Data) {
				t.Errorf("%s the ledger has %q, not %q", when, a.Legs[want.Leg].Data, want.Data)
			}
		}
		newest := flood(dialer.CustomerLeg)
		if n := written.Load(); n > 50+told*int64(each)/int64(sec)+2 {
			t.Errorf("of %d handles %d were written", told, n)
		}
		time.Sleep(sec + time.Millisecond)
		is(newest, "after the flood")
		sleepUntil(rings.Add(15*sec - 500*time.Millisecond))
		var held dialer.LegHandle
		for range 60 {
			held = h.phone.Retag(id, dialer.DeskLeg, dialer.EvEarlyMedia)
		}
		h.state(id, dialer.Talking)
		is(held, "with the answer")
		if a, _ := h.ledger.Attempt(id); string(a.Legs[dialer.CustomerLeg].Data) == string(newest.Data) {
			t.Error("the answer's own is not written")
		}
		h.must(h.Hangup(t.Context(), first, id))
		h.ended(id)
	})
}

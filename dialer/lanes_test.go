package dialer_test

import (
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// No two kinds of case share a lane, whatever an operator is called.
func TestLanesAreToldApart(t *testing.T) {
	seen := map[dialer.Lane][3]string{}
	for _, kind := range dialer.LaneKinds {
		for _, language := range append([]string{""}, dialer.Languages...) {
			note(t, seen, dialer.LaneOf("", language, kind), "", language, string(kind))
		}
		for _, mine := range []dialer.UserID{"a", "any", "a/b", "/", "zh", "mobile/a"} {
			note(t, seen, dialer.LaneOf(mine, "", kind), string(mine), "", string(kind))
		}
	}
	for _, same := range [][2]dialer.Lane{
		{dialer.LaneOf("", "ja", dialer.KindMobile), dialer.LaneOf("", "", dialer.KindMobile)},
		{dialer.LaneOf("", "tl", dialer.KindMobile), dialer.LaneOf("", "", dialer.KindMobile)}, // nobody could be set up to speak it
		{dialer.LaneOf("op", "zh", dialer.KindIP), dialer.LaneOf("op", "", dialer.KindIP)},
		{dialer.LaneOf("", "zh", dialer.KindNever), dialer.LaneOf("", "zh", "")},
		{dialer.LaneOf("", "ja", ""), ""},
	} {
		if same[0] != same[1] {
			t.Errorf("%q and %q are to be one lane", same[0], same[1])
		}
	}
}

func note(t *testing.T, seen map[dialer.Lane][3]string, lane dialer.Lane, mine, language, kind string) {
	t.Helper()
	if other, twice := seen[lane]; twice {
		t.Errorf("%q is the lane of %v and of %v", lane, other, [3]string{mine, language, kind})
	}
	seen[lane] = [3]string{mine, language, kind}
}

// laned opens a case that is due, in its lane.
func (h *house) laned(c dialertest.Case) dialer.CaseID {
	h.t.Helper()
	c.Next = dialer.CaseNext{State: dialer.CaseWaiting, Due: time.Now().Add(-time.Hour)}
	h.ledger.PutCase(c)
	w, err := h.ledger.Place(h.t.Context(), c.ID)
	h.must(err)
	h.must(h.queue.Put(h.t.Context(), *w))
	return c.ID
}

func (h *house) comesUp(a dialer.Asker, desk dialer.DeskID, want ...dialer.CaseID) {
	h.t.Helper()
	for _, id := range want {
		got, err := h.Present(h.t.Context(), a, desk, "", true)
		h.must(err)
		if got != id {
			h.t.Fatalf("%s is shown %s, want %s", desk, got, id)
		}
	}
	_, err := h.Present(h.t.Context(), a, desk, "", true)
	h.refused(err, dialer.QueueEmpty)
}

// A case that needs a language goes to a desk that speaks it; one that an operator promised to call goes to them, wherever
// they sit; a language that nobody in the house speaks is everybody's.
func TestDeskGetsItsLanes(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		h.close()
		h.deps.Desks[1].Languages = []string{"zh"}
		h.open()
		h.sit(first, desk1)
		h.sit(second, desk2)
		number := func() []dialer.Number { return []dialer.Number{dialertest.NewNumber()} }
		h.laned(dialertest.Case{ID: "promised by 2", Numbers: number(), Mine: op2, Language: "vi", Priority: 1})
		h.laned(dialertest.Case{ID: "chinese", Numbers: number(), Language: "zh", Priority: 2})
		h.laned(dialertest.Case{ID: "vietnamese", Numbers: number(), Language: "vi", Priority: 3})
		h.laned(dialertest.Case{ID: "anyone's", Numbers: number(), Priority: 4})
		for _, named := range []dialer.CaseID{"chinese", "promised by 2", "vietnamese"} { // somebody's decision
			_, err := h.Present(t.Context(), first, desk1, named, false)
			h.must(err)
		}
		h.comesUp(first, desk1, "anyone's")
		h.comesUp(second, desk2, "promised by 2", "chinese")
	})
}

// The line may have a case in a lane where it no longer belongs: the ledger is asked, and the line is put right.
func TestCaseInTheWrongLaneIsPutRight(t *testing.T) {
	inHouse(t, func(_ *testing.T, h *house) {
		c := dialertest.Case{ID: "x", Numbers: []dialer.Number{dialertest.NewNumber()}}
		h.laned(c)
		c = h.ledger.Case("x")
		c.Mine = op2
		h.ledger.PutCase(c) // the queue was away when this was promised
		h.comesUp(first, desk1)
		h.comesUp(second, desk2, "x")
	})
}

// After a call that nobody answered the case waits in the lane that the ledger says.
func TestCaseKeepsItsLaneAfterACall(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		id := h.laned(dialertest.Case{ID: "x", Numbers: []dialer.Number{dialertest.NewNumber()}, Language: "zh"})
		h.phone.Far(dialertest.Far{}, dialertest.Rejects(0, 486, 17))
		h.ended(h.dial(first, desk1, id))
		want, err := h.ledger.Place(t.Context(), id)
		h.must(err)
		h.poll(func() bool {
			places, err := h.queue.List(t.Context(), nil, 10)
			h.must(err)
			return slices.ContainsFunc(places, func(p dialer.Place) bool { return p.Waiting == *want && p.Desk == "" })
		}, func() string { return "the case in its lane" })
	})
}

package dialer

import (
	"context"
	"log/slog"
	"slices"
	"testing"
)

// slowLedger holds each note up until it is let go, and tells what it was given.
type slowLedger struct {
	Ledger

	given chan Progress
	let   chan struct{}
}

func (l *slowLedger) Note(_ context.Context, _ CallID, p Progress) error {
	l.given <- p
	<-l.let
	return nil
}

// TestNotesThatWaitAreWrittenTogether: in their order, numbered on, each leg by its newest handle, and whoever waits for one
// of them hears of it when all are written, before what comes after them.
func TestNotesThatWaitAreWrittenTogether(t *testing.T) {
	t.Parallel()
	l := &slowLedger{given: make(chan Progress), let: make(chan struct{})}
	s := newScribe(l, "call", slog.New(slog.DiscardHandler), make(chan struct{}))
	var order []string
	told := func(what string) func() { return func() { order = append(order, what) } }
	note := func(first int, events ...EvidenceEvent) Progress {
		p := Progress{First: first, Legs: []LegHandle{{Leg: DeskLeg, SIPCallID: string(events[0])}}}
		for _, e := range events {
			p.Evidence = append(p.Evidence, Evidence{Event: e})
		}
		return p
	}
	done := make(chan struct{})
	go func() { defer close(done); s.run() }()
	s.note(payAgain, note(0, "a"), told("a"))
	first := <-l.given
	s.note(payAgain, note(1, "b", "c"), told("b"))
	s.note(payAgain, note(3, "d"), told("d"))
	s.try(payAgain, func(context.Context, Ledger) error { order = append(order, "dialled"); return nil })
	s.note(payAgain, note(4, "e"), told("e"))
	s.last(payAgain, func(context.Context, Ledger) error { order = append(order, "end"); return nil })
	l.let <- struct{}{}
	second := <-l.given
	l.let <- struct{}{}
	third := <-l.given
	l.let <- struct{}{}
	<-done
	for i, c := range []struct {
		got   Progress
		first int
		want  []EvidenceEvent
	}{{first, 0, []EvidenceEvent{"a"}}, {second, 1, []EvidenceEvent{"b", "c", "d"}}, {third, 4, []EvidenceEvent{"e"}}} {
		var events []EvidenceEvent
		for _, e := range c.got.Evidence {
			events = append(events, e.Event)
		}
		if c.got.First != c.first || !slices.Equal(events, c.want) || len(c.got.Legs) != 1 {
			t.Errorf("note %d: %+v, want %v from %d on", i, c.got, c.want, c.first)
		}
	}
	if second.Legs[0].SIPCallID != "d" {
		t.Errorf("the handle is that of %s", second.Legs[0].SIPCallID)
	}
	if want := []string{"a", "b", "d", "dialled", "e", "end"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

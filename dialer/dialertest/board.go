package dialertest

import (
	"slices"
	"sync"

	"kakeru/dialer"
)

// Board is a dialer.Board that keeps what it was shown.
type Board struct {
	mu      sync.Mutex
	changes []dialer.Change
}

var _ dialer.Board = (*Board)(nil)

// Show implements dialer.Board.
func (b *Board) Show(c dialer.Change) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes = append(b.changes, c)
}

// Changes returns all changes so far, in the order they were shown.
func (b *Board) Changes() []dialer.Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.changes)
}

// States returns the states in which a call was shown, in order, each once for every unbroken run of it.
func (b *Board) States(id dialer.CallID) []dialer.State {
	var out []dialer.State
	for _, c := range b.Changes() {
		if c.Call != nil && c.Call.ID == id {
			out = append(out, c.Call.State)
		}
	}
	return slices.Compact(out)
}

// Last returns a call as it was shown last; the zero view when it never was.
func (b *Board) Last(id dialer.CallID) (v dialer.CallView) {
	for _, c := range b.Changes() {
		if c.Call != nil && c.Call.ID == id {
			v = *c.Call
		}
	}
	return v
}

// Alerts returns the kinds of the alerts shown, in order.
func (b *Board) Alerts() []string {
	var out []string
	for _, c := range b.Changes() {
		if c.Alert != nil {
			out = append(out, c.Alert.Kind)
		}
	}
	return out
}

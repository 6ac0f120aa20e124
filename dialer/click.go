package dialer

import "sync/atomic"

// Click is what an operator's click is worth at their desk's phone: that it may be asked, once, to pick up by itself. The engine
// makes one for each order of a click that passed every rule; whoever has none, or one that was used, or one of another desk,
// rings, and a person lifts the handset. So nothing but a click opens a microphone. A nil Click is none.
type Click struct {
	desk DeskID
	used atomic.Bool
}

// NewClick is a click at a desk that was not used yet.
func NewClick(desk DeskID) *Click { return &Click{desk: desk} }

// Use spends the click for a desk; false when there is none, when it is another desk's, or when it was spent before.
func (c *Click) Use(desk DeskID) bool {
	return c != nil && desk != "" && c.desk == desk && c.used.CompareAndSwap(false, true)
}

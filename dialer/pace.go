package dialer

import (
	"maps"
	"time"
)

// handlePace is how often a leg's handle is written down when its far end has it changed without end, by ever other tags or addresses. Each writing is another row
// of the database and of the spool. It is also how late the newest may be, by which the leg is ended after a crash.
const handlePace = time.Second

// handled takes what would end a leg from now on. It is written at once, but where the fact it came by is of those that are only counted by now.
func (c *call) handled(leg LegName, f LegFact, kept bool) {
	if kept || f.Kind != LegNote {
		c.release() // an answer is never behind what came before it
	}
	switch {
	case f.Handle == nil:
	case kept || f.Kind != LegNote:
		c.handles[leg] = *f.Handle
	default:
		c.held[leg] = *f.Handle
		if c.pace == nil {
			c.pace = time.NewTimer(handlePace)
		}
	}
}

// release has the next note take the handles that were held back.
func (c *call) release() {
	maps.Copy(c.handles, c.held)
	clear(c.held)
	if c.pace != nil {
		c.pace.Stop()
		c.pace = nil
	}
}

// paced is nil, which never comes, while no handle is held back.
func (c *call) paced() <-chan time.Time {
	if c.pace == nil {
		return nil
	}
	return c.pace.C
}

package media

import (
	"net/netip"
	"slices"
	"time"
)

// Behind a NAT whoever speaks first from the phone's address gets the talk (docs/decisions/0015), and whoever shares that NAT could have each port of ours hear them all
// the time. A phone begins to speak when it answers; who has spoken to a port before anybody has said by SDP that they would be heard there is not the phone, unless its
// answer has come late. So they wait a second in which the phone, which is heard at once, takes its place.

const (
	// earlyKept bounds who is remembered to have spoken too early, at a port.
	earlyKept = 16
	earlyWait = time.Second
)

// early are the sources that spoke to a port before its far end was known. The poller alone uses it.
type early struct{ from []netip.AddrPort }

func (e *early) note(from netip.AddrPort) {
	if len(e.from) < earlyKept && !slices.Contains(e.from, from) {
		e.from = append(e.from, from)
	}
}

// waits reports whether a source has spoken too early, and has to wait yet.
func (e *early) waits(from netip.AddrPort, far *farEnd, now time.Time) bool {
	return len(e.from) > 0 && now.Sub(far.known) < earlyWait && slices.Contains(e.from, from)
}

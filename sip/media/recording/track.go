package recording

const (
	// slipLimit is how far a far end's clock may run from ours before its sound is moved: 60 ms.
	slipLimit = rate * 60 / 1000
	// slipWindow is of how many packets the one that was least late tells of the clock; the others of the network. It is a
	// second's.
	slipWindow = 50
	// jumpLimit is what no network's delay is: 1 s. The far end counts from elsewhere.
	jumpLimit = rate
)

// track places one far end's packets on the time line. Within a stream its stamps say where (RFC 3550 §5.1): what was lost
// leaves a gap of its length, what was overtaken finds its place. When a stream began, its first packet's arrival says.
type track struct {
	known bool
	ssrc  uint32
	stamp uint32 // of the packet before
	place int64  // where that began
	heard int
	least int64 // how late the least late of a window was; less than nothing is early
}

// put is where a packet begins that came at a place of the time line.
func (t *track) put(ssrc, stamp uint32, now int64) int64 {
	at := t.place + int64(int32(stamp-t.stamp)) //nolint:gosec // stamps wrap around: the nearer way is meant
	late := now - at
	if !t.known || ssrc != t.ssrc || late > jumpLimit || late < -jumpLimit {
		*t = track{known: true, ssrc: ssrc}
		at, late = now, 0
	}
	if t.heard == 0 || late < t.least {
		t.least = late
	}
	t.stamp, t.place, t.heard = stamp, at, t.heard+1
	if t.heard == slipWindow {
		if t.least > slipLimit || t.least < -slipLimit {
			t.place += t.least
		}
		t.heard = 0
	}
	return at
}

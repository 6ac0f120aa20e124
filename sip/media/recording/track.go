package recording

import "slices"

const (
	// slipLimit is how far a far end's clock may run from ours before its sound is moved: 60 ms.
	slipLimit = rate * 60 / 1000
	// slipWindow is of how many packets the middle one, by how late they were, tells of the clock; the others of the network, or of
	// stamps that are out of their time. It is a second's.
	slipWindow = 50
	// firstWindow is that of a stream which has just begun: its first packet, by which it is placed, may be such a one.
	firstWindow = 5
	// jumpLimit is what no network's delay is: 1 s. The far end counts from elsewhere.
	jumpLimit = rate
	// earlyLimit is how far behind its arrival a packet is written at most: nothing comes before it was said.
	earlyLimit = rate * 300 / 1000
	// rowLimit is how many packets may be missing in a row.
	rowLimit = 50
)

// track places one far end's packets on the time line. Within a stream its stamps say where (RFC 3550 §5.1): what was lost
// leaves a gap of its length, what was overtaken finds its place. When a stream began, its first packet's arrival says. Phones
// play one packet behind the other whatever single stamps say: one whose stamp is out of its time goes where its number says, if
// that is nearer to when it came.
type track struct {
	known bool
	ssrc  uint32
	stamp uint32 // of a packet
	place int64  // where that began
	seq   uint16 // of the packet before
	end   int64  // where that ended

	settled bool // the first window is over
	heard   int
	lates   [slipWindow]int64 // how late the window's packets were; less than nothing is early
}

// put is where a packet begins that came at a place of the time line.
func (t *track) put(p packet, now int64) int64 {
	at := t.place + int64(int32(p.stamp-t.stamp)) //nolint:gosec // stamps wrap around: the nearer way is meant
	late := now - at
	row, inRow := t.row(p)
	if !t.known || p.ssrc != t.ssrc || late > jumpLimit || late < -jumpLimit {
		*t = track{known: true, ssrc: p.ssrc}
		at = now
		if inRow && distance(row, now) < slipLimit {
			at = row
		}
		late = now - at
	}
	t.stamp, t.place = p.stamp, at
	switch off := distance(at, now); {
	case inRow && off > slipLimit && distance(row, now) < off:
		at = row
	case at > now+earlyLimit:
		at = now
	}
	t.seq, t.end = p.seq, at+int64(len(p.octets))
	t.lates[t.heard] = late
	t.heard++
	if t.heard == slipWindow || !t.settled && t.heard == firstWindow {
		t.follow()
	}
	return at
}

// row is where a packet begins by its number: behind the one before, or behind what is missing between them. False: it does not follow.
func (t *track) row(p packet) (at int64, ok bool) {
	ahead := int64(int16(p.seq - t.seq)) //nolint:gosec // numbers wrap around as stamps do
	return t.end + (ahead-1)*int64(len(p.octets)), t.known && p.ssrc == t.ssrc && ahead > 0 && ahead <= rowLimit
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// follow moves what comes from now on to where most of a window came.
func (t *track) follow() {
	lates := t.lates[:t.heard]
	slices.Sort(lates)
	if middle := lates[len(lates)/2]; middle > slipLimit || middle < -slipLimit {
		t.place += middle
	}
	t.settled, t.heard = true, 0
}

package audit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fault is a kind of damage.
type Fault string

// The faults.
const (
	FaultChanged  Fault = "changed"   // the entry is not as it was sealed
	FaultMissing  Fault = "missing"   // entries were taken out
	FaultUnlinked Fault = "unlinked"  // sealed, but not behind the entry that stands before it
	FaultCutOff   Fault = "cut_off"   // the record ends before an anchor
	FaultAnchor   Fault = "anchor"    // the entry is another than the one that was anchored
	FaultWrongKey Fault = "wrong_key" // the entries hang together, and not one is sealed under this key
	FaultReplaced Fault = "replaced"  // a table that the record rests on is not the one that was made: nothing can be read of it
)

// Faults are all there are.
var Faults = []Fault{FaultChanged, FaultMissing, FaultUnlinked, FaultCutOff, FaultAnchor, FaultWrongKey, FaultReplaced}

// Finding is one fault, at entry N; with FaultMissing and FaultCutOff at the entries from N to To.
type Finding struct {
	Fault Fault
	N, To int64
	Table string // with FaultReplaced, its name
}

// String says it in one sentence.
func (f Finding) String() string {
	switch f.Fault {
	case FaultChanged:
		return fmt.Sprintf("entry %d was changed, or was not written by Kakeru", f.N)
	case FaultMissing:
		return fmt.Sprintf("entries %d to %d were taken out", f.N, f.To)
	case FaultUnlinked:
		return fmt.Sprintf("entry %d does not follow the entry before it: one of the two was replaced", f.N)
	case FaultCutOff:
		return fmt.Sprintf("the record ends before entry %d, which an anchor holds: the entries up to %d were cut off", f.N, f.To)
	case FaultAnchor:
		return fmt.Sprintf("entry %d is not the one that was anchored: the record up to there was written anew", f.N)
	case FaultWrongKey:
		return "no entry is sealed under this key: give the secret file of the installation that wrote the record; if it is that, all entries were changed"
	case FaultReplaced:
		return fmt.Sprintf("the table %q is not the one that Kakeru made: another stands in its place, or answers with it", f.Table)
	}
	return string(f.Fault)
}

// NotAsMade says that what the record stands in cannot be gone by, and is to be looked at by who looks after the database.
type NotAsMade struct{ Tables []string }

func (e *NotAsMade) Error() string {
	return "the tables of the record are not as Kakeru made them: " + strings.Join(e.Tables, ", ")
}

// Findings are those of a check that could not read the record for that.
func (e *NotAsMade) Findings() []Finding {
	found := make([]Finding, len(e.Tables))
	for i, name := range e.Tables {
		found[i] = Finding{Fault: FaultReplaced, Table: name}
	}
	return found
}

// mostFindings bounds what a Checker remembers of a record that is damaged all over.
const mostFindings = 1000

// Checker reads a record from its first entry on.
type Checker struct {
	chain   Chain
	anchors []Anchor // that were not met yet, by number

	last     Entry
	newest   Entry // of those that were as they were sealed
	read     int64
	held     int64
	linked   bool // each entry names the seal of the one before it, the first excepted
	findings []Finding
}

// NewChecker begins a check against the anchors that are at hand, in any order.
func NewChecker(c Chain, anchors []Anchor) *Checker {
	sorted := slices.Clone(anchors)
	slices.SortStableFunc(sorted, func(a, b Anchor) int { return int(a.N - b.N) })
	return &Checker{chain: c, anchors: sorted, linked: true}
}

// Read looks at the next entry, in the order of their numbers.
func (c *Checker) Read(e Entry) {
	c.read++
	if e.N > c.last.N+1 {
		c.find(Finding{Fault: FaultMissing, N: c.last.N + 1, To: e.N - 1})
		for len(c.anchors) > 0 && c.anchors[0].N < e.N {
			c.anchors = c.anchors[1:] // what it held is among those
		}
	}
	before := c.last.Seal
	if c.last.N == 0 {
		before = c.chain.Origin()
	}
	if c.read > 1 && !bytes.Equal(e.Before, before) {
		c.linked = false
	}
	switch {
	case !c.chain.Holds(e):
		c.find(Finding{Fault: FaultChanged, N: e.N, To: e.N})
	case e.N == c.last.N+1 && !bytes.Equal(e.Before, before):
		c.held++
		c.newest = e
		c.find(Finding{Fault: FaultUnlinked, N: e.N, To: e.N})
	default:
		c.held++
		c.newest = e
	}
	for len(c.anchors) > 0 && c.anchors[0].N == e.N {
		if !bytes.Equal(c.anchors[0].Seal, e.Seal) {
			c.find(Finding{Fault: FaultAnchor, N: e.N, To: e.N})
		}
		c.anchors = c.anchors[1:]
	}
	c.last = e
}

func (c *Checker) find(f Finding) {
	if len(c.findings) < mostFindings {
		c.findings = append(c.findings, f)
	}
}

// Checked is what a check came to.
type Checked struct {
	Entries  int64
	Newest   Anchor // of the last entry that is as it was sealed
	Findings []Finding
}

// Check is a check that was made: when, and against how many anchors.
type Check struct {
	Checked

	At      time.Time
	Anchors int
}

// Sound reports whether nothing was found.
func (c Checked) Sound() bool { return len(c.Findings) == 0 }

// End says what was found, the first entries first.
func (c *Checker) End() Checked {
	if n := len(c.anchors); n > 0 {
		c.find(Finding{Fault: FaultCutOff, N: c.last.N + 1, To: c.anchors[n-1].N})
	}
	if c.read > 1 && c.held == 0 && c.linked {
		c.findings = []Finding{{Fault: FaultWrongKey, N: 1, To: c.last.N}}
	}
	return Checked{Entries: c.read, Newest: AnchorOf(c.newest), Findings: c.findings}
}

package dialer

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// keptOfEach is how many pieces of evidence of one kind a call keeps of one leg. Evidence is kept for ever, and a far end may say the same
// as often as it likes: that it rings, that it changes the call. What is more is counted. It is far more than a call of
// people has.
const keptOfEach = 50

// pieces counts a call's evidence, by what it is of which leg.
type pieces map[piece]*counted

type piece struct {
	leg   LegName
	event EvidenceEvent
}

type counted struct {
	n    int
	last time.Time
}

// room counts one piece, and reports whether it is kept.
func (p pieces) room(ev Evidence) bool {
	of := piece{ev.Leg, ev.Event}
	c := p[of]
	if c == nil {
		c = &counted{}
		p[of] = c
	}
	c.n, c.last = c.n+1, ev.At
	return c.n <= keptOfEach
}

// more is the evidence of what was only counted.
func (p pieces) more() (all []Evidence) {
	for of, c := range p {
		if c.n > keptOfEach {
			all = append(all, Evidence{At: c.last, Leg: of.leg, Event: EvMore, Reason: string(of.event) + " " + strconv.Itoa(c.n-keptOfEach)})
		}
	}
	slices.SortFunc(all, func(a, b Evidence) int {
		if by := a.At.Compare(b.At); by != 0 {
			return by
		}
		return strings.Compare(a.Reason, b.Reason)
	})
	return all
}

package besthour

import (
	"slices"
	"time"

	"kakeru/dialer"
)

// Grade says how an hour compares with the others of the same kind of number.
type Grade int

// The grades. Usual is every hour of which the history does not show that it is better or worse.
const (
	Usual Grade = iota
	Good
	Poor
)

const (
	// sure is how likely it must be that an hour truly is better, or worse, than the kind's usual one.
	sure = 0.95
	// worth is by how much of the usual rate it must differ: one call in twenty more is the least that anybody would notice.
	worth = 0.05
)

// graded is Usual unless the hour is surely and noticeably better or worse.
func (c Chance) graded() Grade {
	switch {
	case c.relative >= 1+worth && 1-betaCDF(c.usual, c.a, c.b) >= sure:
		return Good
	case c.relative <= 1-worth && betaCDF(c.usual, c.a, c.b) >= sure:
		return Poor
	}
	return Usual
}

const (
	// rankUsual is the rank of every hour that is not known to differ.
	rankUsual = 4
	// rankStep is by how much of the usual rate one rank differs from the next.
	rankStep = 0.1
)

// Rank is the place of a kind of number at an instant, from 0 to 2*rankUsual: by how much better or worse the hour is than
// the kind's own others, not by how well the kind answers. In a day everybody's hours pass; a kind that answers seldom at
// every hour must be called too, and loses nothing by waiting for its best.
//
// One stretch in sixteen of an hour in which kinds differ is for learning: there the kinds take turns, whatever is known.
func (m *Model) Rank(kind dialer.NumberKind, at time.Time) int {
	if m == nil || !m.differ[slotOf(at)] {
		return rankUsual
	}
	if now := at.Unix() / stretch; left(now) {
		return int(mixed(now, int64(slices.Index(dialer.LaneKinds, kind))) % (2*rankUsual + 1)) //nolint:gosec // below nine
	}
	c := m.cells[cellKey{kind, slotOf(at)}]
	switch c.Grade {
	case Good:
		return max(rankUsual-1-int((c.relative-1-worth)/rankStep), 0)
	case Poor:
		return min(rankUsual+1+int((1-worth-c.relative)/rankStep), 2*rankUsual)
	default:
		return rankUsual
	}
}

func (m *Model) grade(kind dialer.NumberKind, at time.Time) Grade {
	if m == nil {
		return Usual
	}
	return m.cells[cellKey{kind, slotOf(at)}].Grade
}

// horizon is how far a call is moved at most: every hour of the week comes once in it.
const horizon = 7 * 24 * time.Hour

// Better moves a call out of a poor hour, to the kind's next good one that is allowed. In any other hour it stays: to be
// called soon is worth more than a little.
func (m *Model) Better(kind dialer.NumberKind, called, due time.Time, allowed func(time.Time) bool) (time.Time, dialer.HourNote, bool) {
	if m.grade(kind, due) != Poor || left(called.Unix(), due.Unix()) {
		return due, dialer.HourNote{}, false
	}
	for at := due.Truncate(time.Hour).Add(time.Hour); !at.After(due.Add(horizon)); at = at.Add(time.Hour) {
		if m.grade(kind, at) == Good && allowed(at) {
			n, _ := m.Note(kind, at)
			return at, n, true
		}
	}
	return due, dialer.HourNote{}, false
}

// leftAlone is one in how many stretches of five minutes, and one in how many moves, that what is known is left aside: so
// every hour goes on being tried with every kind, and what has changed is found out.
const (
	leftAlone = 16
	stretch   = 5 * 60
)

// left says by a hash whether something is among them: by chance as far as calls go, yet the same whenever it is asked.
func left(what ...int64) bool { return mixed(what...)%leftAlone == 0 }

// mixed is a hash of numbers (the finaliser of SplitMix64).
func mixed(what ...int64) uint64 {
	h := uint64(0)
	for _, w := range what {
		h += uint64(w) + 0x9e3779b97f4a7c15 //nolint:gosec // bits to be mixed, not a quantity
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

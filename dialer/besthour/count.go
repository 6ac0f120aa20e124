package besthour

import (
	"math"
	"time"

	"kakeru/dialer"
)

// Count is what the ledger has seen of one sort of try: how many there were, and how many a person answered. A voicemail,
// a recorder or a fax is no person.
type Count struct {
	Kind    dialer.NumberKind
	Weekday time.Weekday // in Tokyo, as Hour
	Hour    int          // 0 to 23
	// Earlier is how many tries at the number came before without a person, since one last answered. From EarlierMost on
	// they are counted together.
	Earlier  int
	WeeksAgo int
	Tried    int
	Answered int
}

// EarlierMost is the highest class of Count.Earlier: three or more.
const EarlierMost = 3

// HalfLifeWeeks is after how many weeks a try weighs half: two months, so that habits which change with the seasons are
// learnt anew and a single thin week changes nothing. docs/besthour.md shows what other half-lives would do.
const HalfLifeWeeks = 8

// Tells reports whether an attempt with this result says anything of the hour: one that the network ended for a reason of its
// own, or that we broke off, does not.
func Tells(r dialer.Result) bool {
	switch r {
	case dialer.Answered, dialer.NoAnswer, dialer.Busy, dialer.OutOfReach:
		return true
	default:
		return false
	}
}

// slot is an hour of the week.
type slot struct {
	weekday time.Weekday
	hour    int
}

func slotOf(t time.Time) slot {
	t = t.In(dialer.Tokyo)
	return slot{t.Weekday(), t.Hour()}
}

// row is the weighed sum of all counts that differ in nothing but their age.
type row struct {
	kind            dialer.NumberKind
	slot            slot
	earlier         int
	tried, answered float64
	raw             int // tries, unweighed
}

// weight is what a try of so many weeks ago counts.
func (o Options) weight(weeksAgo int) float64 {
	if o.HalfLifeWeeks <= 0 {
		return 1
	}
	return math.Exp2(-float64(max(weeksAgo, 0)) / o.HalfLifeWeeks)
}

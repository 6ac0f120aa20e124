package year

import (
	"fmt"
	"math"

	"kakeru/dialer"
)

// World is a town whose truth is known: when people answer.
type World struct {
	Name string
	// What it is like, for whoever reads the table.
	About string
	// chance that an ordinary person answers the first call, by kind of number, day and hour.
	chance func(kind dialer.NumberKind, d dialer.Date, hour int) float64
}

// Worlds are the towns there are.
var Worlds = []World{
	{"real", "mobiles answer at noon and in the evening, fixed lines in the morning, Mondays are worse", realistic},
	{"flat", "the hour has no effect at all, nor has the kind", func(dialer.NumberKind, dialer.Date, int) float64 { return 0.3 }},
	{"kind", "mobiles answer less than fixed lines, at every hour alike", func(k dialer.NumberKind, _ dialer.Date, _ int) float64 { return level(k) }},
	{"weekday", "mobiles answer on Wednesdays and Fridays, fixed lines on Mondays and Tuesdays", weekday},
	{"evening", "all kinds answer more from 17 o'clock", evening},
	{"turned", "as real until the first of October, then mornings and evenings change places", turned},
}

// WorldNamed finds a world.
func WorldNamed(name string) (World, error) {
	for _, w := range Worlds {
		if w.Name == name {
			return w, nil
		}
	}
	return World{}, fmt.Errorf("there is no world %q", name)
}

func level(k dialer.NumberKind) float64 {
	switch k {
	case dialer.KindMobile:
		return 0.26
	case dialer.KindFixed:
		return 0.36
	default:
		return 0.22
	}
}

func realistic(k dialer.NumberKind, d dialer.Date, hour int) float64 {
	p := level(k)
	if k == dialer.KindFixed {
		p *= [...]float64{1.25, 1.3, 1.2, 0.95, 0.75, 0.75, 0.85, 0.9, 0.9, 0.9}[hour-9]
	} else {
		p *= [...]float64{0.65, 0.7, 0.8, 1.45, 0.95, 0.9, 0.95, 1.1, 1.7, 1.8}[hour-9]
	}
	if d.Weekday() == 1 {
		p *= 0.9
	}
	return p
}

func turned(k dialer.NumberKind, d dialer.Date, hour int) float64 {
	if d.Month >= 4 && d.Month < 10 {
		return realistic(k, d, hour)
	}
	return realistic(k, d, 27-hour)
}

func weekday(k dialer.NumberKind, d dialer.Date, _ int) float64 {
	day := d.Weekday()
	if good := day == 3 || day == 5; (k == dialer.KindFixed) == good {
		return level(k) * 0.8
	}
	return level(k) * 1.3
}

func evening(k dialer.NumberKind, _ dialer.Date, hour int) float64 {
	if hour >= 17 {
		return level(k) * 1.6
	}
	return level(k)
}

// luck is a number in [0, 1) that depends on nothing but the seed, the person and what it is for: so the same person has
// the same luck whatever the order in which people are called.
func luck(seed uint64, id, n, what int) float64 {
	x := seed*0x9e3779b97f4a7c15 ^ uint64(id)<<24 ^ uint64(n)<<8 ^ uint64(what) //nolint:gosec // a mix of bits, not a quantity
	for range 2 {                                                               // the finaliser of SplitMix64
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
		x += 0x9e3779b97f4a7c15
	}
	return float64(x>>11) / math.Exp2(53)
}

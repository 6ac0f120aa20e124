package year

import (
	"math"
	"time"

	"kakeru/dialer"
)

// omniscient is advice by one who knows the world's truth.
type omniscient struct {
	p     Plan
	usual map[dialer.NumberKind]float64
}

func oracle(p Plan) *omniscient {
	o := &omniscient{p, map[dialer.NumberKind]float64{}}
	for _, k := range []dialer.NumberKind{dialer.KindMobile, dialer.KindFixed, dialer.KindIP} {
		var sum, n float64
		for d := start; d.At(0).Before(start.At(0).Add(28 * 24 * time.Hour)); d = d.Next() {
			if s, _, open := p.Hours.On(d); open {
				for hour := s.From / 60; hour < s.To/60; hour++ {
					sum, n = sum+p.World.chance(k, d, hour), n+1
				}
			}
		}
		o.usual[k] = sum / n
	}
	return o
}

func (o *omniscient) relative(kind dialer.NumberKind, at time.Time) float64 {
	at = at.In(dialer.Tokyo)
	return o.p.World.chance(kind, dialer.DateOf(at), at.Hour()) / o.usual[kind]
}

func (o *omniscient) Rank(kind dialer.NumberKind, at time.Time) int {
	return 1000 - int(math.Round(50*o.relative(kind, at)))
}

func (o *omniscient) Better(kind dialer.NumberKind, _, due time.Time, allowed func(time.Time) bool) (time.Time, dialer.HourNote, bool) {
	if o.relative(kind, due) > 0.95 {
		return due, dialer.HourNote{}, false
	}
	for at := due.Truncate(time.Hour).Add(time.Hour); at.Before(due.Add(7 * 24 * time.Hour)); at = at.Add(time.Hour) {
		if allowed(at) && o.relative(kind, at) >= 1.05 {
			return at, dialer.HourNote{}, true
		}
	}
	return due, dialer.HourNote{}, false
}

func (o *omniscient) Note(dialer.NumberKind, time.Time) (dialer.HourNote, bool) {
	return dialer.HourNote{}, false
}

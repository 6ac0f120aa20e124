package postgres

import (
	"context"
	"math"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
)

// The directions of a leg's sound.
const (
	soundIn  = "in"
	soundOut = "out"
)

// whole is how a call sounded without what cannot be: a figure that is none must not keep the end of an attempt from being
// written. nil when nothing is left.
func whole(q *dialer.Quality) *dialer.Quality {
	if q == nil {
		return nil
	}
	w := *q
	for _, s := range []**dialer.Sound{&w.Desk.In, &w.Desk.Out, &w.Customer.In, &w.Customer.Out} {
		if *s != nil && !fits(**s) {
			*s = nil
		}
	}
	if !w.Known() {
		return nil
	}
	return &w
}

func fits(s dialer.Sound) bool {
	opinion := func(mos float64) bool { return mos >= 1 && mos <= 4.5 }
	return s.Packets > 0 && s.Jitter >= 0 && s.RoundTrip >= 0 && opinion(s.MOS) && opinion(s.WorstMOS) && !math.IsNaN(s.RecentMOS)
}

// addQuality writes how the attempt sounded.
func addQuality(ctx context.Context, q *db.Queries, e dialer.AttemptEnd) error {
	heard := whole(e.Quality) // it may come from a spool
	if heard == nil {
		return nil
	}
	p := db.AddQualityParams{AttemptID: string(e.ID)}
	add := func(leg dialer.LegName, direction string, s *dialer.Sound) {
		if s == nil {
			return
		}
		p.Legs, p.Directions = append(p.Legs, string(leg)), append(p.Directions, direction)
		p.Packets, p.Lost = append(p.Packets, s.Packets), append(p.Lost, s.Lost)
		p.JitterMs, p.RoundTripMs = append(p.JitterMs, inMs(s.Jitter)), append(p.RoundTripMs, inMs(s.RoundTrip))
		p.Mos, p.WorstMos = append(p.Mos, s.MOS), append(p.WorstMos, s.WorstMOS)
	}
	add(dialer.DeskLeg, soundIn, heard.Desk.In)
	add(dialer.DeskLeg, soundOut, heard.Desk.Out)
	add(dialer.CustomerLeg, soundIn, heard.Customer.In)
	add(dialer.CustomerLeg, soundOut, heard.Customer.Out)
	return q.AddQuality(ctx, p)
}

// qualityOf reads how attempts sounded; of those that did not, there is none.
func qualityOf(ctx context.Context, q *db.Queries, ids []string) (map[string]*dialer.Quality, error) {
	rows, err := q.QualityOf(ctx, ids)
	out := map[string]*dialer.Quality{}
	for _, r := range rows {
		heard := out[r.AttemptID]
		if heard == nil {
			heard = &dialer.Quality{}
			out[r.AttemptID] = heard
		}
		leg := &heard.Desk
		if r.Leg == string(dialer.CustomerLeg) {
			leg = &heard.Customer
		}
		s := &dialer.Sound{
			Packets: r.Packets, Lost: r.Lost, Jitter: ofMs(r.JitterMs), RoundTrip: ofMs(r.RoundTripMs), MOS: r.Mos, WorstMOS: r.WorstMos,
		}
		if r.Direction == soundIn {
			leg.In = s
		} else {
			leg.Out = s
		}
	}
	return out, err
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func ofMs(ms float64) time.Duration { return time.Duration(math.Round(ms * float64(time.Millisecond))) }

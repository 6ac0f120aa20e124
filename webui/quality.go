package webui

import (
	"math"
	"time"

	"kakeru/dialer"
)

// Quality is how a call sounds, or sounded. Its grade is that of the worst of all directions.
type Quality struct {
	Grade    dialer.Grade  `json:"grade"`
	Now      *dialer.Grade `json:"now,omitempty" doc:"of the last five seconds of a talk that goes on"`
	MOS      float64       `json:"mos" doc:"mean opinion score of the worst direction, 1 to 4.5, by the E-model (ITU-T G.107)"`
	NowMOS   *float64      `json:"now_mos,omitempty"`
	Desk     LegQuality    `json:"desk"`
	Customer LegQuality    `json:"customer"`
}

// LegQuality is how a leg sounded, both ways. A direction of which nothing is known is null.
type LegQuality struct {
	In  *Sound `json:"in" doc:"the far end's sound, as it reached us"`
	Out *Sound `json:"out" doc:"ours, as the far end says by RTCP that it got it"`
}

// Sound is how one direction of a leg sounded.
type Sound struct {
	_           struct{}     `nullable:"true"`
	Grade       dialer.Grade `json:"grade"`
	LossPercent float64      `json:"loss_percent"`
	JitterMS    float64      `json:"jitter_ms"`
	RoundTripMS *float64     `json:"round_trip_ms" doc:"between Kakeru and the far end; null when not known"`
	MOS         float64      `json:"mos"`
	WorstMOS    float64      `json:"worst_mos" doc:"of five seconds"`
}

// dressQuality rounds figures to what can be measured: a tenth. What is graded is what is shown.
func dressQuality(q *dialer.Quality) *Quality {
	if q == nil || !q.Known() {
		return nil
	}
	out := &Quality{Desk: dressLegQuality(q.Desk), Customer: dressLegQuality(q.Customer)}
	worst, now := math.Inf(1), math.Inf(1)
	for _, s := range []*dialer.Sound{q.Desk.In, q.Desk.Out, q.Customer.In, q.Customer.Out} {
		if s == nil {
			continue
		}
		worst = min(worst, s.MOS)
		if s.RecentMOS > 0 {
			now = min(now, s.RecentMOS)
		}
	}
	out.MOS = tenth(worst)
	out.Grade = dialer.GradeOf(out.MOS)
	if !math.IsInf(now, 1) {
		mos := tenth(now)
		grade := dialer.GradeOf(mos)
		out.Now, out.NowMOS = &grade, &mos
	}
	return out
}

func dressLegQuality(q dialer.LegQuality) LegQuality {
	return LegQuality{In: dressSound(q.In), Out: dressSound(q.Out)}
}

func dressSound(s *dialer.Sound) *Sound {
	if s == nil {
		return nil
	}
	out := &Sound{
		Grade: dialer.GradeOf(tenth(s.MOS)), LossPercent: tenth(s.LossPercent()), JitterMS: inMS(s.Jitter),
		MOS: tenth(s.MOS), WorstMOS: tenth(s.WorstMOS),
	}
	if s.RoundTrip > 0 {
		trip := inMS(s.RoundTrip)
		out.RoundTripMS = &trip
	}
	return out
}

func tenth(x float64) float64 { return math.Round(10*x) / 10 }

func inMS(d time.Duration) float64 { return tenth(float64(d) / float64(time.Millisecond)) }

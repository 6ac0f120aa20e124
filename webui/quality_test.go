package webui

import (
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

func someQuality() *dialer.Quality {
	return &dialer.Quality{
		Desk: dialer.LegQuality{In: &dialer.Sound{Packets: 1000, Jitter: 1234 * time.Microsecond, MOS: 4.38, WorstMOS: 4.31, RecentMOS: 4.38}},
		Customer: dialer.LegQuality{
			In:  &dialer.Sound{Packets: 960, Lost: 40, Jitter: 12 * time.Millisecond, RoundTrip: 48 * time.Millisecond, MOS: 3.96, WorstMOS: 2.31, RecentMOS: 3.21},
			Out: &dialer.Sound{Packets: 1000, Lost: -1, MOS: 4.4, WorstMOS: 4.4},
		},
	}
}

// TestQualityIsShown: while the talk goes on, and with the attempt, to whoever sees the call.
func TestQualityIsShown(t *testing.T) {
	h := open(t)
	kept := someQuality()
	for _, s := range []*dialer.Sound{kept.Desk.In, kept.Customer.In} {
		s.RecentMOS = 0
	}
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{
			ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking, Quality: someQuality(), Silent: dialer.SilentCustomer,
		}
		a := talked("a1", "user-operator")
		a.Quality = kept
		h.attempts = []casework.Attempt{a, talked("a2", "user-operator")}
	})
	c := h.as("operator")
	live := into[Call](t, c.do("GET", "/api/calls/call-1", nil).want(t, 200))
	if live.Silent != dialer.SilentCustomer || live.Quality == nil {
		t.Fatalf("%+v", live)
	}
	if now := live.Quality.Now; now == nil || *now != dialer.Poor || *live.Quality.NowMOS != 3.2 {
		t.Errorf("%+v", live.Quality)
	}
	q := into[Attempt](t, c.do("GET", "/api/attempts/a1", nil).want(t, 200)).Quality
	if q == nil || q.Now != nil || q.NowMOS != nil {
		t.Fatalf("%+v", q)
	}
	for _, q := range []*Quality{live.Quality, q} {
		if q.Grade != dialer.Good || q.MOS != 4 { // 3.96 is shown, and graded, as 4.0
			t.Errorf("%+v", q)
		}
		in := q.Customer.In
		if in.LossPercent != 4 || in.JitterMS != 12 || in.RoundTripMS == nil || *in.RoundTripMS != 48 || in.MOS != 4 || in.WorstMOS != 2.3 {
			t.Errorf("%+v", in)
		}
		if q.Customer.Out.LossPercent != 0 || q.Customer.Out.RoundTripMS != nil || q.Desk.In.JitterMS != 1.2 || q.Desk.Out != nil {
			t.Errorf("%+v, %+v", q.Customer.Out, q.Desk)
		}
	}
	if a := c.do("GET", "/api/attempts/a2", nil).want(t, 200); strings.Contains(string(a.body), "quality") {
		t.Errorf("nobody heard anything: %s", a.body)
	}
}

func TestQualityOfNothing(t *testing.T) {
	if q := dressQuality(nil); q != nil {
		t.Errorf("%+v", q)
	}
	if q := dressQuality(&dialer.Quality{}); q != nil {
		t.Errorf("%+v", q)
	}
}

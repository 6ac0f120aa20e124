package webui

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// evenings is advice that knows one good hour: six in the evening, of mobiles.
type evenings struct{ dialer.HourAdvice }

func (evenings) Note(kind dialer.NumberKind, at time.Time) (dialer.HourNote, bool) {
	good := kind == dialer.KindMobile && at.In(dialer.Tokyo).Hour() == 18
	return dialer.HourNote{Good: good, Rate: 0.38, Low: 0.33, High: 0.43, Usual: 0.21, Tries: 412, JA: "水曜18時", EN: "at six"}, good
}

func TestTheHourOnTheCase(t *testing.T) {
	noon := time.Date(2026, 11, 25, 13, 0, 0, 0, dialer.Tokyo)
	evening := noon.Add(5 * time.Hour)
	mobile := &casework.NextNumber{Kind: dialer.KindMobile}
	later := &casework.NextNumber{Kind: dialer.KindMobile, From: evening}
	waits := func(due time.Time) casework.Case {
		return casework.Case{Next: dialer.CaseNext{State: dialer.CaseWaiting, Due: due}}
	}
	for _, c := range []struct {
		name  string
		about casework.Case
		next  *casework.NextNumber
		said  bool
	}{
		{"due in a good hour", waits(evening), mobile, true},
		{"due, but its number may be dialled only then", waits(noon), later, true},
		{"due now, in an hour like any other", waits(noon.Add(-time.Hour)), mobile, false},
		{"of another kind", waits(evening), &casework.NextNumber{Kind: dialer.KindFixed}, false},
		{"without a number", waits(evening), nil, false},
		{"held", casework.Case{Next: dialer.CaseNext{State: dialer.CaseHeld, Due: evening}}, mobile, false},
	} {
		s := &Server{d: Deps{Now: func() time.Time { return noon }}}
		if got := s.bestHour(c.about, c.next); got != nil {
			t.Errorf("%s, switched off: %+v", c.name, got)
		}
		s.d.Rules.Advice = evenings{}
		got := s.bestHour(c.about, c.next)
		if (got != nil) != c.said {
			t.Errorf("%s: %+v", c.name, got)
		}
		if got != nil && (!got.Good || got.Tries != 412 || got.Says != Reason{JA: "水曜18時", EN: "at six"}) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

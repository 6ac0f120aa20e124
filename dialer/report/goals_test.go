package report

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
)

func TestGoals(t *testing.T) {
	four := 4000
	words := []TargetWord{{Month: "2026-08", Calls: &four, Reason: "お盆"}, {Month: "2026-09", Reason: "契約どおりに戻す"}}
	usual := Contract{Calls: 5700, SMS: Bounds{Month: 200, UpTo: 250, Year: 3000, Most: 5000}, Number: Bounds{Month: 1000, UpTo: 1200, Year: 14000}}
	half := usual
	half.From, half.Until = dialer.Date{Year: 2026, Month: 10, Day: 1}, dialer.Date{Year: 2027, Month: 3, Day: 15}
	for _, c := range []struct {
		name     string
		contract Contract
		measure  Measure
		kind     Kind
		period   string
		target   int
		upTo     int
		most     int
		ward     string
		from, to string
	}{
		{"a month of the contract", usual, Calls, OfMonth, "2026-11", 5700, 0, 0, "", "2026-11-01", "2026-12-01"},
		{"a thin month", usual, Calls, OfMonth, "2026-08", 4000, 0, 0, "お盆", "2026-08-01", "2026-09-01"},
		{"a word taken back", usual, Calls, OfMonth, "2026-09", 5700, 0, 0, "", "2026-09-01", "2026-10-01"},
		{"the year is its months", usual, Calls, OfYear, "2026", 68400 - 1700, 0, 0, "", "2026-04-01", "2027-04-01"},
		{"a year half inside the contract", half, Calls, OfYear, "2026", 6 * 5700, 0, 0, "", "2026-10-01", "2027-03-16"},
		{"messages in half a year", half, Messages, OfYear, "2026", 1500, 0, 5000, "", "2026-10-01", "2027-03-16"},
		{"a month before the contract", half, Calls, OfMonth, "2026-08", 0, 0, 0, "", "2026-10-01", "2026-10-01"},
		{"messages in a month", usual, Messages, OfMonth, "2026-11", 200, 250, 0, "", "2026-11-01", "2026-12-01"},
		{"messages in a year", usual, Messages, OfYear, "2026", 3000, 0, 5000, "", "2026-04-01", "2027-04-01"},
		{"numbers in a month", usual, Entries, OfMonth, "2026-11", 1000, 1200, 0, "", "2026-11-01", "2026-12-01"},
	} {
		p, err := ParsePeriod(c.kind, c.period, november(30, 12, 0))
		if err != nil {
			t.Fatal(err)
		}
		g := c.contract.Goal(c.measure, p, words)
		ward := ""
		if g.Ward != nil {
			ward = g.Ward.Reason
		}
		if g.Target != c.target || g.UpTo != c.upTo || g.Most != c.most || ward != c.ward {
			t.Errorf("%s: %+v", c.name, g)
		}
		if from, to := g.Period.From.String(), g.Period.To.String(); g.Target > 0 && (from != c.from || to != c.to) {
			t.Errorf("%s: from %s to %s", c.name, from, to)
		}
		if s := Stand(g, planAt(november(13, 12, 0)), nil); g.Target == 0 && (s.State != NoTarget || s.Needed != nil || len(s.Curve) != 0) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func TestWordsThatAreRefused(t *testing.T) {
	now := november(24, 12, 0)
	minus, much, none := -1, MostTarget+1, 0
	for name, c := range map[string]struct {
		w    TargetWord
		says string // empty: it is taken
	}{
		"this month":         {TargetWord{Month: "2026-11", Calls: &none, Reason: "区・収納係の指示"}, ""},
		"a month to come":    {TargetWord{Month: "2027-03", Reason: "契約どおり"}, ""},
		"a month gone by":    {TargetWord{Month: "2026-10", Reason: "訂正"}, "2026-11"},
		"no month":           {TargetWord{Month: "2026", Reason: "訂正"}, "2026-11"},
		"too far ahead":      {TargetWord{Month: "2062-11", Reason: "x"}, "先すぎます"},
		"a reason of blanks": {TargetWord{Month: "2026-11", Reason: " \n"}, "理由"},
		"no reason":          {TargetWord{Month: "2026-11"}, "理由"},
		"too long a reason":  {TargetWord{Month: "2026-11", Reason: strings.Repeat("長", maxReason+1)}, "200文字"},
		"less than nothing":  {TargetWord{Month: "2026-11", Calls: &minus, Reason: "x"}, "0以上"},
		"too much":           {TargetWord{Month: "2026-11", Calls: &much, Reason: "x"}, "1,000,000"},
	} {
		err := CheckTarget(c.w, now)
		var ask *AskError
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.As(err, &ask) || !strings.Contains(ask.Japanese(), c.says) || ask.Error() == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoticesAreFrozen(t *testing.T) {
	plan := planAt(november(13, 20, 0))
	n := Notice{Standing: Stand(monthGoal(t, 5700), plan, bookOf(plan, perHour(10), nov(1), nov(13))), Definition: ByAttempts, Reason: " 席が1つ空いたため ", Remedy: "開設時間内の席を増やす"}
	k, err := n.Freeze("sv", plan.Now)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.Notice(); err != nil || got.Reason != "席が1つ空いたため" || len(got.Standing.Curve) != 0 || got.Standing.Target != 5700 {
		t.Errorf("%+v, %v", got, err)
	}
	k.Content[len(k.Content)-2]++
	if _, err := k.Notice(); err == nil {
		t.Error("changed content is taken for what went out")
	}
	failing := Standing{State: FailingNow}
	for _, n := range []Notice{
		{Standing: failing, Reason: "x"}, {Standing: failing, Remedy: "x"}, {Standing: failing, Reason: strings.Repeat("長", maxNotice+1), Remedy: "x"},
		{Standing: Standing{State: OnTrack}, Reason: "x", Remedy: "x"}, {Standing: Standing{State: NoTarget}, Reason: "x", Remedy: "x"},
	} {
		var ask *AskError
		if _, err := n.Freeze("sv", plan.Now); !errors.As(err, &ask) {
			t.Errorf("%v", err)
		}
	}
}

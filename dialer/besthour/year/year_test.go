package year

import (
	"reflect"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/besthour"
	"kakeru/dialer/japan"
)

func plan(t *testing.T, world string) Plan {
	t.Helper()
	w, err := WorldNamed(world)
	if err != nil {
		t.Fatal(err)
	}
	hours := dialer.Hours{
		Week: dialer.WardHours(), BreakMinutes: 60,
		Closed: func(d dialer.Date) string { return japan.Closed(d.Year, d.Month, d.Day) },
	}
	return Plan{World: w, Seed: 1, Months: 12, Cases: 1000, Hours: hours, Learn: besthour.Standard()}
}

const seeds = 3

// Where the hour has no effect, nothing is gained, and nothing lost.
func TestAFlatWorldShowsNoGain(t *testing.T) {
	for _, world := range []string{"flat", "kind"} {
		c := Compare(plan(t, world), seeds, Off, On)
		gain := Over(seeds, func(i int) float64 { return Gain(c.Off[i], c.On[i]) })
		same := Over(seeds, func(i int) float64 { return GainSameMix(c.Off[i], c.On[i]) })
		for _, s := range []Spread{gain, same} {
			if s.Low > 0 || s.High < 0 || s.High-s.Low > 0.005 {
				t.Errorf("%s: a gain of %+v (same mix %+v), want none", world, gain, same)
			}
		}
	}
}

// Where the hour has an effect, most of what can be gained is, in every seed, and not by calling those who answer anyhow.
func TestARealWorldShowsAGain(t *testing.T) {
	for _, world := range []string{"real", "weekday", "turned"} {
		c := Compare(plan(t, world), seeds, Off, On, Oracle)
		for i := range seeds {
			most, gain, same := Gain(c.Off[i], c.Oracle[i]), Gain(c.Off[i], c.On[i]), GainSameMix(c.Off[i], c.On[i])
			if gain < 0.4*most || gain > 1.1*most || same < 0.005 || c.On[i].Reached < c.Off[i].Reached {
				t.Errorf("%s, seed %d: gained %.4f (same mix %.4f) of %.4f; reached %d, without %d",
					world, i+1, gain, same, most, c.On[i].Reached, c.Off[i].Reached)
			}
		}
	}
}

// What is good for everybody is good for nobody: the seats are manned by the day, so nothing can be gained, nor lost.
func TestEverybodysGoodHourIsNobodys(t *testing.T) {
	c := Compare(plan(t, "evening"), seeds, Off, On)
	if g := Over(seeds, func(i int) float64 { return Gain(c.Off[i], c.On[i]) }); g.Median < -0.003 || g.Median > 0.01 {
		t.Errorf("a gain of %+v", g)
	}
}

// Numbers that did not answer are rung again at other hours and answer less: whoever leaves that out sees hours that are none.
func TestEarlierTriesDoNotPassForHours(t *testing.T) {
	fooled := 0
	for seed := uint64(1); seed <= 4; seed++ {
		p := plan(t, "kind")
		p.Seed, p.Advice = seed, Off
		counts := Replay(p).Counts
		if l := besthour.Learn(counts, besthour.Standard()).Learnt; l.Hour || l.Weekday || l.Cell || !l.Earlier || !l.Kind {
			t.Errorf("seed %d: learnt %+v of a world whose hours are all alike", seed, l)
		}
		plain := besthour.Standard()
		plain.PlainTries = true
		if l := besthour.Learn(counts, plain).Learnt; l.Hour || l.Weekday || l.Cell {
			fooled++
		}
	}
	if fooled < 2 {
		t.Errorf("without the adjustment only %d of 4 years were misread: the world is no trap any more", fooled)
	}
}

// What is learnt is never left untried: each kind of number goes on being called in every hour.
func TestNoHourIsStarved(t *testing.T) {
	p := plan(t, "real")
	p.Advice = On
	type cell struct {
		kind dialer.NumberKind
		hour int
	}
	lately := map[cell]int{}
	for _, c := range Replay(p).Counts {
		if c.WeeksAgo <= 13 {
			lately[cell{c.Kind, c.Hour}] += c.Tried
		}
	}
	for _, kind := range []dialer.NumberKind{dialer.KindFixed, dialer.KindMobile} {
		for hour := 9; hour < 19; hour++ {
			if n := lately[cell{kind, hour}]; n < 20 {
				t.Errorf("%s at %d o'clock: tried %d times in the last quarter", kind, hour, n)
			}
		}
	}
}

func TestTheSamePlanIsTheSameYear(t *testing.T) {
	p := plan(t, "real")
	p.Months, p.Advice = 4, On
	a, b := Replay(p), Replay(p)
	a.Counts, b.Counts = nil, nil // their order is a map's
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%+v, and then %+v", a, b)
	}
}

// A year keeps the rules, whoever advises: no number is rung more often in a day than they allow.
func TestAYearKeepsTheRules(t *testing.T) {
	for _, advice := range []Advice{Off, On, Oracle} {
		p := plan(t, "real")
		p.Months, p.Advice = 3, advice
		h := newHouse(p)
		h.live()
		for _, q := range h.people {
			rings := map[dialer.Date]int{}
			for _, try := range q.number.tries {
				if !p.Hours.Open(try.At) {
					t.Fatalf("%s: rung at %v", advice, try.At)
				}
				if try.Result == dialer.NoAnswer {
					rings[dialer.DateOf(try.At)]++
				}
			}
			for d, n := range rings {
				if n > h.rules.Number.RingsPerDay {
					t.Fatalf("%s: a number rang in vain %d times on %v", advice, n, d)
				}
			}
		}
	}
}

func TestOver(t *testing.T) {
	figures := []float64{3, 1, 2, 10}
	if got := Over(4, func(i int) float64 { return figures[i] }); got != (Spread{1, 2.5, 10}) {
		t.Errorf("%+v", got)
	}
	if got := Over(3, func(i int) float64 { return figures[i] }); got != (Spread{1, 2, 3}) {
		t.Errorf("%+v", got)
	}
}

// The same share of a bad kind is compared, however many more of a good kind were called.
func TestGainSameMix(t *testing.T) {
	off := Figures{Tally: Tally{100, 30}, ByKind: map[dialer.NumberKind]Tally{dialer.KindFixed: {50, 25}, dialer.KindMobile: {50, 5}}}
	on := Figures{Tally: Tally{100, 42}, ByKind: map[dialer.NumberKind]Tally{dialer.KindFixed: {80, 40}, dialer.KindMobile: {20, 2}}}
	if g := Gain(off, on); g < 0.119 || g > 0.121 {
		t.Errorf("gain %v", g)
	}
	if g := GainSameMix(off, on); g < -1e-12 || g > 1e-12 {
		t.Errorf("at the same mix %v, want none", g)
	}
}

func TestAnUnknownWorld(t *testing.T) {
	if _, err := WorldNamed("mars"); err == nil {
		t.Error("no error")
	}
}

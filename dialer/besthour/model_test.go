package besthour

import (
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
)

// truth is the chance of an answer.
type truth func(kind dialer.NumberKind, s slot, earlier int) float64

var openHours = map[time.Weekday][2]int{
	time.Monday: {9, 17}, time.Tuesday: {9, 17}, time.Wednesday: {13, 19}, time.Thursday: {9, 17}, time.Friday: {9, 17},
}

// seen is what a centre would count that makes so many tries an hour of the week: mobiles twice as often as fixed lines.
func seen(r *rand.Rand, tries int, of truth) []Count {
	var out []Count
	for _, kind := range []dialer.NumberKind{dialer.KindMobile, dialer.KindMobile, dialer.KindFixed} {
		for _, day := range slices.Sorted(maps.Keys(openHours)) { // the dice fall in one order
			h := openHours[day]
			for hour := h[0]; hour < h[1]; hour++ {
				for earlier := range EarlierMost + 1 {
					c := Count{Kind: kind, Weekday: day, Hour: hour, Earlier: earlier, Tried: tries / 4}
					p := of(kind, slot{day, hour}, earlier)
					for range c.Tried {
						if r.Float64() < p {
							c.Answered++
						}
					}
					out = append(out, c)
				}
			}
		}
	}
	return out
}

func flat(dialer.NumberKind, slot, int) float64 { return 0.25 }

func evenings(kind dialer.NumberKind, s slot, earlier int) float64 {
	p := 0.3 * math.Pow(0.85, float64(earlier))
	if kind == dialer.KindMobile {
		p *= 0.6
		if s.hour >= 16 {
			p *= 2
		}
	}
	return p
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 9)) } //nolint:gosec // a test's dice

// at is an instant of a week in June 2026.
func at(day time.Weekday, hour, minute int) time.Time {
	return time.Date(2026, 6, 14+int(day), hour, minute, 0, 0, dialer.Tokyo)
}

func TestAnEffectIsLearnt(t *testing.T) {
	m := Learn(seen(dice(1), 200, evenings), Standard())
	if !m.Learnt.Earlier || !m.Learnt.Kind || !m.Learnt.Hour || m.Learnt.Weekday || m.Learnt.Cell {
		t.Errorf("learnt %+v; the truth has earlier tries, kinds and hours", m.Learnt)
	}
	for _, c := range []struct {
		kind dialer.NumberKind
		at   time.Time
		want Grade
	}{
		{dialer.KindMobile, at(time.Monday, 16, 30), Good},
		{dialer.KindMobile, at(time.Wednesday, 18, 0), Good},
		{dialer.KindMobile, at(time.Monday, 10, 0), Poor},
		{dialer.KindFixed, at(time.Monday, 16, 0), Usual},
		{dialer.KindFixed, at(time.Monday, 10, 0), Usual},
	} {
		chance, ok := m.Chance(c.kind, c.at)
		low, high := chance.Bounds()
		if !ok || chance.Grade != c.want || low >= chance.Rate || high <= chance.Rate {
			t.Errorf("%s at %v: %+v (%.3f to %.3f), want grade %d", c.kind, c.at, chance, low, high, c.want)
		}
	}
	if _, ok := m.Chance(dialer.KindMobile, at(time.Sunday, 10, 0)); ok {
		t.Error("something is known of a day on which nobody was called")
	}
}

// The bounds of a chance hold the truth about as often as they say, in a world with effects of every sort.
func TestBoundsHoldTheTruth(t *testing.T) {
	within, all := 0, 0
	for seed := range uint64(10) {
		r := dice(seed)
		effects := map[cellKey]float64{}
		of := func(kind dialer.NumberKind, s slot, _ int) float64 { return 0.25 * effects[cellKey{kind, s}] }
		for _, kind := range []dialer.NumberKind{dialer.KindMobile, dialer.KindFixed} {
			var hours [24]float64
			for i := range hours {
				hours[i] = math.Exp(0.3 * r.NormFloat64())
			}
			for _, day := range []time.Weekday{1, 2, 3, 4, 5} {
				weekday := math.Exp(0.15 * r.NormFloat64())
				for hour := 9; hour < 19; hour++ {
					effects[cellKey{kind, slot{day, hour}}] = hours[hour] * weekday
				}
			}
		}
		m := Learn(seen(r, 400, of), Standard())
		for key, c := range m.cells {
			low, high := c.Bounds()
			if p := of(key.kind, key.slot, 0); p >= low && p <= high {
				within++
			}
			all++
		}
	}
	if share := float64(within) / float64(all); share < 0.88 || share > 0.99 {
		t.Errorf("%.3f of the bounds hold the truth, want about 0.95", share)
	}
}

// Without an effect every hour is like every other, to the last bit: nothing is ordered by noise.
func TestNoEffectNoDifference(t *testing.T) {
	clean := 0
	for seed := range uint64(20) {
		m := Learn(seen(dice(seed), 200, flat), Standard())
		if m.Learnt != (Learnt{}) {
			continue
		}
		clean++
		for key := range m.cells {
			when := at(key.slot.weekday, key.slot.hour, 0)
			if m.Rank(key.kind, when) != m.Rank(dialer.KindIP, when) {
				t.Fatalf("seed %d: %+v has a rank of its own", seed, key)
			}
		}
	}
	if clean < 18 {
		t.Errorf("in %d of 20 histories without an effect one was learnt", 20-clean)
	}
}

// Numbers that did not answer before are rung at other hours: at ten nearly all calls are first ones, at sixteen nearly none.
func TestEarlierTriesAreNoEffectOfTheHour(t *testing.T) {
	of := func(_ dialer.NumberKind, _ slot, earlier int) float64 { return 0.4 * math.Pow(0.75, float64(earlier)) }
	counts := seen(dice(5), 800, of)
	for i, c := range counts {
		late := float64(c.Hour-9) / 9
		share := 1 - late
		if c.Earlier > 0 {
			share = late
		}
		counts[i].Tried, counts[i].Answered = int(share*float64(c.Tried)), int(share*float64(c.Answered))
	}
	if m := Learn(counts, Standard()); m.Learnt.Hour || m.Learnt.Weekday || m.Learnt.Cell || !m.Learnt.Earlier {
		t.Errorf("learnt %+v of hours that are all alike", m.Learnt)
	}
	plain := Standard()
	plain.PlainTries = true
	if m := Learn(counts, plain); !m.Learnt.Hour {
		t.Error("not even without the adjustment is an hour seen: these counts are no trap")
	}
}

func TestTheNewerCountsMore(t *testing.T) {
	turned := func(_ dialer.NumberKind, s slot, _ int) float64 {
		if s.hour < 16 {
			return 0.4
		}
		return 0.2
	}
	old := seen(dice(7), 400, evenings)
	for i := range old {
		old[i].WeeksAgo = 40
	}
	m := Learn(append(old, seen(dice(8), 200, turned)...), Standard())
	if c, _ := m.Chance(dialer.KindMobile, at(time.Monday, 16, 0)); c.Grade != Poor {
		t.Errorf("evenings, good forty weeks ago and poor now: %+v", c)
	}
	all := Learn(append(old, seen(dice(8), 200, turned)...), Options{})
	if c, _ := all.Chance(dialer.KindMobile, at(time.Monday, 16, 0)); c.Grade == Poor {
		t.Errorf("all weighing the same, the old outweighs the new: %+v", c)
	}
}

func TestTheSameHistoryIsTheSameModel(t *testing.T) {
	counts := seen(dice(3), 200, evenings)
	a := Learn(counts, Standard())
	dice(4).Shuffle(len(counts), func(i, j int) { counts[i], counts[j] = counts[j], counts[i] })
	if b := Learn(counts, Standard()); !reflect.DeepEqual(rounded(a), rounded(b)) {
		t.Error("the order of the counts changes the model")
	}
}

// rounded leaves out the last bits, in which a sum depends on its order.
func rounded(m *Model) map[cellKey][3]int {
	out := map[cellKey][3]int{}
	for key, c := range m.cells {
		out[key] = [3]int{int(math.Round(c.Rate * 1e9)), c.Tries, int(c.Grade)}
	}
	return out
}

func TestTooLittleToSay(t *testing.T) {
	one := Count{Kind: dialer.KindFixed, Weekday: time.Monday, Hour: 10, Tried: 99, Answered: 40}
	wrong := []Count{
		{Kind: dialer.KindFixed, Hour: 10, Tried: -5, Answered: -9}, {Kind: dialer.KindFixed, Hour: 10, Tried: 500, Answered: 501}, {Tried: 0},
	}
	nobody := Count{Kind: dialer.KindFixed, Weekday: time.Monday, Hour: 10, Tried: 500}
	everybody := Count{Kind: dialer.KindFixed, Weekday: time.Monday, Hour: 10, Tried: 500, Answered: 500}
	for name, counts := range map[string][]Count{"none": nil, "few": {one}, "impossible": wrong, "nobody answered": {nobody}, "everybody did": {everybody}} {
		if m := Learn(counts, Standard()); m != nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	var m *Model
	if _, ok := m.Chance(dialer.KindFixed, at(1, 10, 0)); ok || m.Rank(dialer.KindFixed, at(1, 10, 0)) != m.Rank(dialer.KindMobile, at(2, 11, 0)) {
		t.Error("who knows nothing says something")
	}
	if _, _, ok := m.Better(dialer.KindFixed, at(1, 9, 0), at(1, 10, 0), func(time.Time) bool { return true }); ok {
		t.Error("who knows nothing moves a call")
	}
	if _, ok := m.Note(dialer.KindFixed, at(1, 10, 0)); ok {
		t.Error("who knows nothing has a sentence")
	}
}

// Whatever is counted, a chance is one.
func FuzzLearn(f *testing.F) {
	f.Add([]byte{1, 10, 0, 200, 50, 2, 11, 1, 255, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		var counts []Count
		for ; len(b) >= 5; b = b[5:] {
			counts = append(counts, Count{
				Kind: []dialer.NumberKind{dialer.KindFixed, dialer.KindMobile, ""}[b[0]%3], Weekday: time.Weekday(b[0] % 7), Hour: int(b[1] % 24),
				Earlier: int(int8(b[2])), WeeksAgo: int(int8(b[2])), Tried: int(b[3]) * 10, Answered: int(b[4]) * 10, //nolint:gosec // any number will do
			})
		}
		m := Learn(counts, Standard())
		if m == nil {
			return
		}
		for key, c := range m.cells {
			low, high := c.Bounds()
			if !(0 <= low && low <= high && high <= 1 && c.Rate > 0 && c.Rate < 1) {
				t.Fatalf("%+v: %+v (%v to %v)", key, c, low, high)
			}
		}
	})
}

package besthour

import (
	"cmp"
	"math"
	"slices"

	"kakeru/dialer"
)

// Options change how a model is learnt. The zero value is not usable: take Standard.
type Options struct {
	// HalfLifeWeeks is after how many weeks a try weighs half; 0 lets all weigh the same.
	HalfLifeWeeks float64
	// PlainTries leaves out that a number which did not answer before answers less: for showing what that would do.
	PlainTries bool
}

// Standard is how the centre's model is learnt.
func Standard() Options { return Options{HalfLifeWeeks: HalfLifeWeeks} }

// A factor multiplies the expected rate of the rows that share its key.
type factor struct {
	key      func(row) any
	of       []int // the group of each row
	groups   []group
	ratio    []float64 // by group: what the expected rate is multiplied by
	strength float64
}

// The factors, in the order in which they are learnt: what is not the hour's doing comes first.
const (
	byEarlier = iota // numbers that did not answer before
	byKind
	byHour    // of the kind
	byWeekday // of the kind
	byCell    // weekday and hour of the kind, where the two together are more than each
	factors
)

type hourKey struct {
	kind dialer.NumberKind
	hour int
}

type weekdayKey struct {
	kind    dialer.NumberKind
	weekday int
}

type cellKey struct {
	kind dialer.NumberKind
	slot slot
}

func keys(plain bool) [factors]func(row) any {
	earlier := func(r row) any { return r.earlier }
	if plain {
		earlier = func(row) any { return 0 }
	}
	return [factors]func(row) any{
		byEarlier: earlier,
		byKind:    func(r row) any { return r.kind },
		byHour:    func(r row) any { return hourKey{r.kind, r.slot.hour} },
		byWeekday: func(r row) any { return weekdayKey{r.kind, int(r.slot.weekday)} },
		byCell:    func(r row) any { return cellKey{r.kind, r.slot} },
	}
}

// fitted is what was learnt: the overall rate, and the factors.
type fitted struct {
	rows    []row
	tried   float64
	overall float64
	factors [factors]*factor
}

// rounds is how often all factors are learnt anew, each on what the others leave unexplained. After eight nothing moves that
// could be seen in a percentage.
const rounds = 8

// fit learns the factors from counts; nil when there is too little to say anything.
func fit(counts []Count, o Options) *fitted {
	f := &fitted{rows: o.weigh(counts)}
	answered := 0.0
	for _, r := range f.rows {
		f.tried, answered = f.tried+r.tried, answered+r.answered
	}
	if f.tried < fewest || answered <= 0 || answered >= f.tried {
		return nil
	}
	f.overall = answered / f.tried
	for i, key := range keys(o.PlainTries) {
		f.factors[i] = newFactor(key, f.rows)
	}
	for range rounds {
		for _, x := range f.factors {
			f.learn(x)
		}
	}
	return f
}

// fewest is how many tries there must be before anything is learnt.
const fewest = 100

// weigh sums the counts by everything but their age, in an order of its own, so that the same counts give the same model.
func (o Options) weigh(counts []Count) []row {
	type key struct {
		cell    cellKey
		earlier int
	}
	sums := map[key]*row{}
	for _, c := range counts {
		if c.Tried <= 0 || c.Answered < 0 || c.Answered > c.Tried {
			continue
		}
		k := key{cellKey{c.Kind, slot{c.Weekday, c.Hour}}, min(max(c.Earlier, 0), EarlierMost)}
		r := sums[k]
		if r == nil {
			r = &row{kind: c.Kind, slot: k.cell.slot, earlier: k.earlier}
			sums[k] = r
		}
		w := o.weight(c.WeeksAgo)
		r.tried, r.answered, r.raw = r.tried+w*float64(c.Tried), r.answered+w*float64(c.Answered), r.raw+c.Tried
	}
	rows := make([]row, 0, len(sums))
	for _, r := range sums {
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.slot.weekday, b.slot.weekday),
			cmp.Compare(a.slot.hour, b.slot.hour), cmp.Compare(a.earlier, b.earlier))
	})
	return rows
}

func newFactor(key func(row) any, rows []row) *factor {
	x := &factor{key: key, of: make([]int, len(rows)), strength: none}
	index := map[any]int{}
	for i, r := range rows {
		k := key(r)
		g, seen := index[k]
		if !seen {
			g = len(x.ratio)
			index[k] = g
			x.ratio = append(x.ratio, 1)
		}
		x.of[i] = g
	}
	x.groups = make([]group, len(x.ratio))
	return x
}

// learn sets one factor by what all the others let expect.
func (f *fitted) learn(x *factor) {
	clear(x.groups)
	for i, r := range f.rows {
		g := &x.groups[x.of[i]]
		g.tried, g.answered = g.tried+r.tried, g.answered+r.answered
		g.expected += r.tried * bounded(f.rate(i)/x.ratio[x.of[i]])
	}
	for i := range x.groups {
		x.groups[i].expected /= x.groups[i].tried
	}
	x.strength = strengthOf(x.groups)
	for i, g := range x.groups {
		x.ratio[i] = g.shrunk(x.strength) / g.expected
	}
}

// rate is what the factors together say of a row.
func (f *fitted) rate(i int) float64 {
	rate := f.overall
	for _, x := range f.factors {
		rate *= x.ratio[x.of[i]]
	}
	return rate
}

// bounded keeps a rate inside what a rate can be.
func bounded(rate float64) float64 { return math.Min(math.Max(rate, 0.001), 0.98) }

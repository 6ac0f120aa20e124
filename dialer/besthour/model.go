package besthour

import (
	"math"
	"time"

	"kakeru/dialer"
)

// Model is what the centre's history says of the hours. It never changes once learnt, and may be used by many at once. A
// nil *Model knows nothing: to it every hour is like every other.
type Model struct {
	kinds map[dialer.NumberKind]kindRate
	cells map[cellKey]Chance
	// differ are the hours that are better or worse for one kind or another.
	differ map[slot]bool
	// Learnt says which effects the history gave proof of.
	Learnt Learnt
}

// Learnt says of each effect whether it was found. What was not found is left out of account.
type Learnt struct{ Earlier, Kind, Hour, Weekday, Cell bool }

// kindRate is what is known of a kind of number over all hours.
type kindRate struct {
	rate  float64
	tries int
}

// Chance is how likely a person answers a kind of number in an hour of the week, from so many tries.
type Chance struct {
	Rate  float64
	Tries int
	Grade Grade // how the hour compares with the kind's others

	a, b     float64 // the Beta that says how uncertain the rate is
	usual    float64 // the kind's rate over all hours
	relative float64 // Rate over usual
}

// Bounds are those between which the true rate lies with a chance of 95 in 100.
func (c Chance) Bounds() (low, high float64) {
	return betaQuantile(0.025, c.a, c.b), betaQuantile(0.975, c.a, c.b)
}

// Learn makes a model of counts; nil when they are too few to say anything.
func Learn(counts []Count, o Options) *Model {
	f := fit(counts, o)
	if f == nil {
		return nil
	}
	m := &Model{kinds: map[dialer.NumberKind]kindRate{}, cells: map[cellKey]Chance{}, differ: map[slot]bool{}}
	m.Learnt = Learnt{f.matters(byEarlier), f.matters(byKind), f.matters(byHour), f.matters(byWeekday), f.matters(byCell)}
	ordinary, earlier := f.usualEarlier(), f.factors[byEarlier]
	for i, r := range f.rows {
		key := cellKey{r.kind, r.slot}
		c := m.cells[key]
		c.Rate = bounded(f.rate(i) / earlier.ratio[earlier.of[i]] * ordinary)
		size := (1-c.Rate)/(c.Rate*f.spread(i)) - 1 // a Beta of this rate and this spread
		c.a, c.b = c.Rate*size, (1-c.Rate)*size
		c.Tries += r.raw
		m.cells[key] = c
	}
	m.average(f)
	for key, c := range m.cells {
		c.usual = m.kinds[key.kind].rate
		c.relative = c.Rate / c.usual
		c.Grade = c.graded()
		m.cells[key] = c
		if c.Grade != Usual {
			m.differ[key.slot] = true
		}
	}
	return m
}

func (f *fitted) matters(factor int) bool { return !math.IsInf(f.factors[factor].strength, 1) }

// usualEarlier is what the factor of earlier tries is on average: with it a chance is that of an ordinary mix of numbers.
func (f *fitted) usualEarlier() float64 {
	x, sum := f.factors[byEarlier], 0.0
	for i, r := range f.rows {
		sum += r.tried * x.ratio[x.of[i]]
	}
	return sum / f.tried
}

// spread is how uncertain the rate of a row is, as a variance over the rate's square. Each factor that matters adds what
// its own group leaves open. A group that lies within the one before (an hour of the kind, a cell of both) takes away of
// what was open before as much as its own tries count against it; a weekday lies across the hours, and takes nothing.
func (f *fitted) spread(i int) float64 {
	open := (1 - f.overall) / (f.overall * (f.tried + 1))
	for n, x := range f.factors {
		if n == byEarlier || math.IsInf(x.strength, 1) {
			continue
		}
		g := x.groups[x.of[i]]
		rate, held := g.shrunk(x.strength), x.strength/(g.tried+x.strength)
		if n == byWeekday {
			held = 1
		}
		open = (1-rate)/(rate*(g.tried+x.strength+1)) + held*held*open
	}
	return open
}

// average finds each kind's usual rate: over the hours of the week, each weighed by all that is dialled in it. It is what
// the kind would have if its calls were spread like everybody's: calling it in its best hours does not raise it.
func (m *Model) average(f *fitted) {
	dialled := map[slot]float64{}
	for _, r := range f.rows {
		dialled[r.slot] += r.tried
	}
	weight := map[dialer.NumberKind]float64{}
	for i, r := range f.rows { // in their order, so that sums come out the same to the last bit
		key := cellKey{r.kind, r.slot}
		if i > 0 && key == (cellKey{f.rows[i-1].kind, f.rows[i-1].slot}) {
			continue // rows of one cell stand together
		}
		k, w := m.kinds[key.kind], dialled[key.slot]
		m.kinds[key.kind] = kindRate{k.rate + w*m.cells[key].Rate, k.tries + m.cells[key].Tries}
		weight[key.kind] += w
	}
	for kind, k := range m.kinds {
		m.kinds[kind] = kindRate{k.rate / weight[kind], k.tries}
	}
}

// Chance says how likely a person answers a number of this kind at an instant; ok is false where nothing is known of it.
func (m *Model) Chance(kind dialer.NumberKind, at time.Time) (c Chance, ok bool) {
	if m == nil {
		return Chance{}, false
	}
	c, ok = m.cells[cellKey{kind, slotOf(at)}]
	return c, ok
}

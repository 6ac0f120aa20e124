package hearing

import "math"

// floor follows the faintest of the last two seconds: what stays when nobody
// speaks. Until as much was heard it trusts the line to be still, for a call
// that begins with a word has no other floor.
type floor struct {
	least [4]float64 // of half a second each
	at, n int
}

const (
	floorBlocks = 25 // of half a second
	unheard     = math.MaxFloat64
)

func newFloor() floor { return floor{least: [4]float64{faint, unheard, unheard, unheard}} }

func (f *floor) add(power float64) {
	if f.n == floorBlocks {
		f.n = 0
		f.at = (f.at + 1) % len(f.least)
		f.least[f.at] = unheard
	}
	f.n++
	f.least[f.at] = min(f.least[f.at], power)
}

// raise puts the floor up to a noise that has set in.
func (f *floor) raise(power float64) {
	for i := range f.least {
		f.least[i] = max(f.least[i], power)
	}
}

func (f *floor) level() float64 {
	return max(min(f.least[0], f.least[1], f.least[2], f.least[3]), faint)
}

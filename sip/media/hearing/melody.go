package hearing

import "time"

// melody is tones that follow one another, each at another pitch.
type melody struct {
	notes int
	from  time.Duration
}

const (
	between = 1500 * ms // tones this close belong together
	aTune   = 4         // notes
)

// note takes a tone that ended after last.
func (m *melody) note(r, last *run) {
	if m.notes == 0 || r.from-last.to > between {
		*m = melody{notes: 1, from: r.from}
	} else if !near(r.hz, last.hz) {
		m.notes++
	}
}

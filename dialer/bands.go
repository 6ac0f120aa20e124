package dialer

import (
	"fmt"
	"time"
)

const dayMinutes = 24 * 60

// DayBands are the parts of a day that count as different times to try (DOMAIN "Number rule"), as the minutes since midnight
// at which each begins; the last is the day's end. Each band is [start, next start).
type DayBands []int

// Bands are the ward's: before noon, early afternoon, late afternoon, evening.
var Bands = DayBands{0, 12 * 60, 15 * 60, 17 * 60, dayMinutes}

// Of returns which band an instant falls in.
func (b DayBands) Of(t time.Time) int {
	m := minuteOf(t)
	for i := len(b) - 2; i > 0; i-- {
		if m >= b[i] {
			return i
		}
	}
	return 0
}

// After returns the start of the band that follows t's, on t's day; that may be the next midnight.
func (b DayBands) After(t time.Time) time.Time { return DateOf(t).At(b[b.Of(t)+1]) }

// parseBands reads the times of day at which bands begin.
func parseBands(starts []string) (DayBands, error) {
	if len(starts) == 0 {
		return nil, Mistake("bands", "there is none; write the times at which the parts of a day begin, for instance [\"00:00\", \"12:00\"]")
	}
	var b DayBands
	for i, text := range starts {
		key := fmt.Sprintf("bands[%d]", i)
		t, err := time.Parse("15:04", text)
		m := t.Hour()*60 + t.Minute()
		switch {
		case err != nil:
			return nil, Mistake(key, "%q is no time of day; write HH:MM", text)
		case i == 0 && m != 0:
			return nil, Mistake(key, "the first part of a day begins at 00:00, not at %s", text)
		case i > 0 && m <= b[i-1]:
			return nil, Mistake(key, "%s does not come after %s; write the times in their order", text, starts[i-1])
		}
		b = append(b, m)
	}
	return append(b, dayMinutes), nil
}

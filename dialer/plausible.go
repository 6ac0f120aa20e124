package dialer

import "time"

// The years between which a time can mean something here, by UTC. JSON has no year below 0 or above 9999 (RFC 3339 §1), and Go refuses to write one: a single time
// outside takes the whole answer with it that it stands in. What lies between is room for time zones and for what is reckoned from a time.
const (
	FirstYear = 1900
	LastYear  = 2999
)

var (
	firstPlausible = time.Date(FirstYear, time.January, 1, 0, 0, 0, 0, time.UTC)
	lastPlausible  = time.Date(LastYear+1, time.January, 1, 0, 0, 0, 0, time.UTC).Add(-time.Second)
)

// IsPlausible reports whether a time lies within those years. The zero time does: it is none.
func IsPlausible(t time.Time) bool { return Plausible(t).Equal(t) }

// Plausible is the nearest plausible time: what was kept before such times were refused can still be shown.
func Plausible(t time.Time) time.Time {
	switch {
	case t.IsZero():
		return t
	case t.Before(firstPlausible):
		return firstPlausible
	case t.After(lastPlausible):
		return lastPlausible
	}
	return t
}

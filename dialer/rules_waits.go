package dialer

import "fmt"

// The longest wait that a rule may ask for: a year, as long as a contract of the ward's runs. Who is to be called later than that is called by another list. Without a
// bound a rule could name an instant that has no year (Plausible), and no result that it decides could be recorded.
const (
	MostWaitDays    = 366
	MostWaitMinutes = MostWaitDays * dayMinutes
)

// Wait is how long a rule has something wait: where it stands, and the most that it may be.
type Wait struct {
	Key  string
	N    *int
	Most int
}

// WaitsOf are those of the engine's rules.
func WaitsOf(r *Rules) []Wait {
	out := []Wait{
		{"numbers.after_spoiled_minutes", &r.Numbers.AfterSpoiledMinutes, MostWaitMinutes},
		{"mine.grace_minutes", &r.Mine.GraceMinutes, MostWaitMinutes},
	}
	for i := range r.Connections {
		out = append(out, Wait{fmt.Sprintf("connections[%d].after_minutes", i), &r.Connections[i].AfterMinutes, MostWaitMinutes})
	}
	return out
}

// Beyond are the mistakes of those that are too long.
func Beyond(waits []Wait) (mistakes []error) {
	for _, w := range waits {
		if *w.N > w.Most {
			mistakes = append(mistakes, Mistake(w.Key, "%d is out of range; write 0 to %d", *w.N, w.Most))
		}
	}
	return mistakes
}

// Shorten brings those that are too long down to the most, and returns their mistakes.
func Shorten(waits []Wait) (mistakes []error) {
	mistakes = Beyond(waits)
	for _, w := range waits {
		*w.N = min(*w.N, w.Most)
	}
	return mistakes
}

package queue

import (
	"fmt"
	"strconv"
	"time"

	"kakeru/dialer"
)

// priorities from -maxPriority to maxPriority fit into the six digits of a place.
const maxPriority = 499_999

// maxMicros is the last instant that fits into sixteen digits, in the year 2286.
const maxMicros = 9_999_999_999_999_999

// placeOf writes a place so that its text sorts as it does: "PPPPPP:DDDDDDDDDDDDDDDD",
// the priority from 000000 and the due time in microseconds since 1970.
func placeOf(w dialer.Waiting) (string, error) {
	if w.Case == "" {
		return "", fmt.Errorf("queue: a case without an id cannot wait in line")
	}
	if w.Priority < -maxPriority || w.Priority > maxPriority {
		return "", fmt.Errorf("queue: priority %d of case %s is not between %d and %d; choose one that is",
			w.Priority, w.Case, -maxPriority, maxPriority)
	}
	return fmt.Sprintf("%06d:%016d", w.Priority+maxPriority, micros(w.Due)), nil
}

// micros counts from 1970. Before that, and for the zero time, it is 0: due since ever.
func micros(t time.Time) int64 { return min(max(t.UnixMicro(), 0), maxMicros) }

// instant reads micros back; 0 is the zero time.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}

// waitingAt reads a place back.
func waitingAt(id dialer.CaseID, place string) (dialer.Waiting, error) {
	if len(place) != 23 || place[6] != ':' {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %q", id, place)
	}
	priority, err := strconv.Atoi(place[:6])
	if err != nil {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %w", id, err)
	}
	due, err := strconv.ParseInt(place[7:], 10, 64)
	if err != nil {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %w", id, err)
	}
	return dialer.Waiting{Case: id, Due: instant(due), Priority: priority - maxPriority}, nil
}

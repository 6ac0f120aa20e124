package queue

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
)

// priorities from -maxPriority to maxPriority fit into the six digits of a place.
const maxPriority = 499_999

// maxMicros is the last instant that Lua can tell from the one before, in the year 2255.
const maxMicros = 1<<53 - 1

// A lane is any text, and the scripts find its end by the colon.
var (
	intoPlace = strings.NewReplacer("%", "%25", ":", "%3A")
	outOf     = strings.NewReplacer("%3A", ":", "%25", "%")
)

// placeOf writes a place so that its text sorts as it does within a lane:
// "PPPPPP:lane:DDDDDDDDDDDDDDDD", the priority from 000000 and the due time in
// microseconds since 1970.
func placeOf(w dialer.Waiting) (string, error) {
	if w.Case == "" {
		return "", fmt.Errorf("queue: a case without an id cannot wait in line")
	}
	if w.Priority < -maxPriority || w.Priority > maxPriority {
		return "", fmt.Errorf("queue: priority %d of case %s is not between %d and %d; choose one that is",
			w.Priority, w.Case, -maxPriority, maxPriority)
	}
	return fmt.Sprintf("%06d:%s:%016d", w.Priority+maxPriority, laneText(w.Lane), micros(w.Due)), nil
}

func laneText(l dialer.Lane) string { return intoPlace.Replace(string(l)) }

// maxLanes is how many lanes one desk may take from: claim.lua bears not many more.
const maxLanes = 2000

// withLanes adds the lanes to a script's arguments: one text for each rank, the first first, of lanes each with a colon
// behind it.
func withLanes(args []any, lanes []dialer.Served) ([]any, error) {
	if len(lanes) > maxLanes {
		return nil, fmt.Errorf("queue: a desk that takes from %d lanes; more than %d are too many for one script", len(lanes), maxLanes)
	}
	byRank := func(a, b dialer.Served) int { return cmp.Compare(a.Rank, b.Rank) }
	if !slices.IsSortedFunc(lanes, byRank) {
		lanes = slices.SortedStableFunc(slices.Values(lanes), byRank)
	}
	var text strings.Builder
	for i, s := range lanes {
		text.WriteString(laneText(s.Lane))
		text.WriteByte(':')
		if i == len(lanes)-1 || lanes[i+1].Rank != s.Rank {
			args = append(args, text.String())
			text.Reset()
		}
	}
	return args, nil
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
	end := len(place) - 17
	if end < 7 || place[6] != ':' || place[end] != ':' {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %q", id, place)
	}
	priority, err := strconv.Atoi(place[:6])
	if err != nil {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %w", id, err)
	}
	due, err := strconv.ParseInt(place[end+1:], 10, 64)
	if err != nil {
		return dialer.Waiting{}, fmt.Errorf("queue: case %s stands at a place that cannot be read: %w", id, err)
	}
	return dialer.Waiting{Case: id, Due: instant(due), Priority: priority - maxPriority, Lane: dialer.Lane(outOf.Replace(place[7:end]))}, nil
}

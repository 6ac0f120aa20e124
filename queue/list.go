package queue

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"kakeru/dialer"
)

// List implements dialer.Queue. A leased case is shown where it would stand; one that was claimed without being in the
// line is not shown.
func (q *Queue) List(ctx context.Context, lanes []dialer.Served, limit int) ([]dialer.Place, error) {
	if limit <= 0 {
		return nil, nil
	}
	which := "some"
	if lanes == nil {
		which = "all"
	}
	args, err := withLanes([]any{limit, which}, lanes)
	if err != nil {
		return nil, err
	}
	answer, err := q.run(ctx, listScript, nil, args...)
	if err != nil {
		return nil, err
	}
	parts, ok := answer.([]any)
	if !ok || len(parts) != 4 {
		return nil, errAnswer(answer)
	}
	text, _ := parts[0].(string)
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, errAnswer(answer)
	}
	var places []dialer.Place
	for i, width := range []int{2, 2, 3} { // case and place; leased ones have a desk too
		list, ok := parts[i+1].([]any)
		if !ok {
			return nil, errAnswer(parts[i+1])
		}
		if places, err = appendPlaces(places, list, width, instant(us)); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(places, inOrder(lanes))
	return places[:min(limit, len(places))], nil
}

func appendPlaces(places []dialer.Place, list []any, width int, now time.Time) ([]dialer.Place, error) {
	all, err := words(list)
	if err != nil {
		return nil, err
	}
	for row := range slices.Chunk(all, width) {
		w, err := waitingAt(dialer.CaseID(row[0]), row[1])
		if err != nil {
			return nil, err
		}
		p := dialer.Place{Waiting: w, IsDue: !w.Due.After(now)}
		if width == 3 {
			p.Desk = dialer.DeskID(row[2])
		}
		places = append(places, p)
	}
	return places, nil
}

// inOrder compares as cases are claimed: those due by priority, rank, due time, case; then the others by due time, priority,
// rank, case.
func inOrder(lanes []dialer.Served) func(a, b dialer.Place) int {
	ranks := make(map[dialer.Lane]int, len(lanes))
	for _, s := range lanes {
		ranks[s.Lane] = s.Rank
	}
	return func(a, b dialer.Place) int {
		byPriority, byRank := cmp.Compare(a.Priority, b.Priority), cmp.Compare(ranks[a.Lane], ranks[b.Lane])
		byDue, byCase := a.Due.Compare(b.Due), cmp.Compare(a.Case, b.Case)
		switch {
		case a.IsDue != b.IsDue && a.IsDue:
			return -1
		case a.IsDue != b.IsDue:
			return 1
		case a.IsDue:
			return cmp.Or(byPriority, byRank, byDue, byCase)
		default:
			return cmp.Or(byDue, byPriority, byRank, byCase)
		}
	}
}

// Depth counts the cases that wait: those due and those due later. Leased ones are not among them.
func (q *Queue) Depth(ctx context.Context) (due, later int, err error) {
	answer, err := q.run(ctx, depthScript, nil)
	if err != nil {
		return 0, 0, err
	}
	counts, ok := answer.([]any)
	if !ok || len(counts) != 3 {
		return 0, 0, errAnswer(answer)
	}
	dueNow, okDue := counts[0].(int64)
	dueLater, okLater := counts[1].(int64)
	if !okDue || !okLater {
		return 0, 0, errAnswer(answer)
	}
	return int(dueNow), int(dueLater), nil
}

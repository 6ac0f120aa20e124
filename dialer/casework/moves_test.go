package casework_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

var movedAt = time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)

func inLine(id string, priority int, ago time.Duration) dialer.Place {
	return dialer.Place{Waiting: dialer.Waiting{Case: dialer.CaseID(id), Priority: priority, Due: movedAt.Add(-ago)}, IsDue: ago >= 0}
}

// claimed sorts as the line is claimed: those due by priority, due time, case; then the others.
func claimed(line []dialer.Place) {
	slices.SortFunc(line, func(a, b dialer.Place) int {
		if a.IsDue != b.IsDue {
			return map[bool]int{true: -1, false: 1}[a.IsDue]
		}
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Due.Compare(b.Due), cmp.Compare(a.Case, b.Case))
	})
}

// after is the line once a move was carried out, and sorted anew.
func after(line []dialer.Place, m casework.Placed) []dialer.CaseID {
	line = slices.Clone(line)
	for i := range line {
		if line[i].Case == m.Case {
			line[i].Priority, line[i].Due = m.Priority, m.Due
		}
		for _, r := range m.Respaced {
			if line[i].Case == r.Case {
				line[i].Due = r.Due
			}
		}
	}
	claimed(line)
	ids := make([]dialer.CaseID, len(line))
	for i, p := range line {
		ids[i] = p.Case
	}
	return ids
}

// TestAMovedCaseStandsWhereItWasPut: in any line, with as many equals as there may be, moved once and again, the case stands between the
// neighbours it was put between, all others keep their order, nobody becomes due later than now, and no unmoved case changes its priority.
func TestAMovedCaseStandsWhereItWasPut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line []dialer.Place
		for i := range rapid.IntRange(2, 40).Draw(t, "cases") {
			line = append(line, inLine(fmt.Sprintf("c%02d", i), rapid.SampledFrom([]int{casework.PinnedPriority, 100, 100, 100, 200}).Draw(t, "priority"),
				rapid.SampledFrom([]time.Duration{0, time.Microsecond, time.Hour, time.Hour, -time.Hour}).Draw(t, "ago")))
		}
		for range rapid.IntRange(1, 30).Draw(t, "moves") {
			claimed(line)
			i := rapid.IntRange(0, len(line)-1).Draw(t, "case")
			j := rapid.IntRange(0, len(line)-1).Draw(t, "beside")
			wish := casework.MoveWish{Case: line[i].Case, Before: line[j].Case}
			if rapid.Bool().Draw(t, "after") {
				wish = casework.MoveWish{Case: line[i].Case, After: line[j].Case}
			}
			m, no := wish.Place(line, movedAt)
			if no != nil {
				continue
			}
			want := make([]dialer.CaseID, 0, len(line))
			for _, p := range line {
				if p.Case != m.Case {
					want = append(want, p.Case)
				}
			}
			want = slices.Insert(want, m.To-1, m.Case)
			got := after(line, m)
			if m.To <= len(want) && (m.Due.After(movedAt) || !slices.Equal(got, want)) && !endsAtTies(line, m) {
				t.Fatalf("%+v: %v, want %v (%+v)", wish, got, want, m)
			}
			for k := range line {
				if line[k].Case == m.Case {
					line[k].Priority, line[k].Due = m.Priority, m.Due
				}
				for _, r := range m.Respaced {
					if line[k].Case == r.Case {
						line[k].Due = r.Due
					}
				}
			}
		}
	})
}

// endsAtTies: at the very end, behind a case that became due this microsecond, there is no later instant: those two may stand either way.
func endsAtTies(line []dialer.Place, m casework.Placed) bool {
	return m.Due.Equal(movedAt) && slices.ContainsFunc(line, func(p dialer.Place) bool { return p.Case != m.Case && p.Due.Equal(m.Due) })
}

func TestWhatCannotBeMoved(t *testing.T) {
	line := []dialer.Place{
		inLine("pinned", casework.PinnedPriority, time.Minute), inLine("a", 100, time.Hour), inLine("b", 100, time.Hour),
		{Waiting: dialer.Waiting{Case: "desk", Priority: 100, Due: movedAt}, IsDue: true, Desk: "desk1"}, inLine("later", 50, -time.Hour),
	}
	for name, w := range map[string]casework.MoveWish{
		"not due":          {Case: "later", Before: "a"},
		"not there":        {Case: "gone", Before: "a"},
		"at a desk":        {Case: "desk", Before: "a"},
		"pinned":           {Case: "pinned", After: "a"},
		"before a pin":     {Case: "b", Before: "pinned"},
		"beside one later": {Case: "a", After: "later"},
		"beside itself":    {Case: "a", Before: "a"},
		"where it stands":  {Case: "a", Before: "b"},
	} {
		if m, no := w.Place(line, movedAt); no == nil || no.Rule != dialer.CaseBusy || no.JA == "" || no.EN == "" {
			t.Errorf("%s: %+v, %v", name, m, no)
		}
	}
	m, no := casework.MoveWish{Case: "b", Before: "a"}.Place(line, movedAt)
	if no != nil || m.From != 3 || m.To != 2 || m.Priority != 100 {
		t.Errorf("moved up: %+v, %v", m, no)
	}
}

package dialertest

import (
	"slices"
	"testing"

	"kakeru/dialer"
)

// inLane is a place in a lane, due so many minutes from now.
func inLane(lane dialer.Lane, id dialer.CaseID, minutes, priority int) dialer.Waiting {
	w := waitFor(id, minutes, priority)
	w.Lane = lane
	return w
}

// serving are lanes in the order of their ranks.
func serving(lanes ...dialer.Lane) []dialer.Served {
	out := []dialer.Served{}
	for rank, lane := range lanes {
		out = append(out, dialer.Served{Lane: lane, Rank: rank})
	}
	return out
}

func alike(lanes ...dialer.Lane) []dialer.Served {
	out := serving(lanes...)
	for i := range out {
		out[i].Rank = 7
	}
	return out
}

// gives claims from lanes until none is due, and compares. The list must say the same before.
func (l line) gives(lanes []dialer.Served, want ...dialer.CaseID) {
	l.t.Helper()
	places, err := l.List(l.t.Context(), lanes, 100)
	l.must(err)
	var shown []dialer.CaseID
	for _, p := range places {
		if p.IsDue && p.Desk == "" {
			shown = append(shown, p.Case)
		}
	}
	if !slices.Equal(shown, want) {
		l.t.Errorf("the lanes %v show %v, want %v", lanes, shown, want)
	}
	for _, id := range want {
		c, err := l.Claim(l.t.Context(), "d", "", lanes, long)
		l.must(err)
		if c.Case != id {
			l.t.Fatalf("claimed %s, want %s", c.Case, id)
		}
	}
	_, err = l.Claim(l.t.Context(), "d", "", lanes, long)
	l.wants(err, dialer.ErrQueueEmpty)
}

// A desk gets what waits in its lanes, in one order, and nothing else.
func proveLanes(_ *testing.T, l line) {
	l.put(inLane("zh", "z1", -5, 0), inLane("en", "e1", -4, 0), inLane("zh", "z2", -3, 1), inLane("vi", "v1", -9, -1),
		inLane("zh", "z3", 60, -5), inLane("en", "e2", -6, 1), waitFor("anyone", -9, 9))
	l.gives(serving())
	l.gives(serving("ko"))
	l.gives(alike("zh", "en"), "z1", "e1", "e2", "z2")
	l.gives(alike("", "vi", "vi"), "v1", "anyone")
	l.shows("v1", "z1", "e1", "e2", "z2", "anyone", "z3")
}

// Rank decides among cases of one priority, before the time they are due; one desk's ranks are nothing to another.
func proveRanks(t *testing.T, l line) {
	ws := []dialer.Waiting{
		inLane("fixed", "f1", -9, 1), inLane("mobile", "m1", -1, 1), inLane("fixed", "f0", -1, 0), inLane("mobile", "m2", -2, 1),
		inLane("ip", "i1", -3, 1), inLane("mobile", "late", 30, 0), inLane("fixed", "later", 31, 0), inLane("mobile", "m3", -2, 2),
	}
	l.put(ws...)
	places, err := l.List(t.Context(), serving("mobile", "ip", "fixed"), 6)
	l.must(err)
	var got []dialer.CaseID
	for _, p := range places {
		got = append(got, p.Case)
	}
	if want := []dialer.CaseID{"f0", "m2", "m1", "i1", "f1", "m3"}; !slices.Equal(got, want) {
		t.Errorf("the first six are %v, want %v", got, want)
	}
	l.gives(serving("mobile", "ip", "fixed"), "f0", "m2", "m1", "i1", "f1", "m3")
	l.must(l.Rebuild(t.Context(), each(ws...), nil))
	l.gives([]dialer.Served{{Lane: "fixed", Rank: -1}, {Lane: "mobile", Rank: 1 << 30}, {Lane: "ip", Rank: 1 << 30}},
		"f0", "f1", "i1", "m2", "m1", "m3")
	l.must(l.Rebuild(t.Context(), each(ws...), nil))
	l.gives(alike("mobile", "ip", "fixed"), "f0", "f1", "i1", "m2", "m1", "m3")
}

// Cases that are due in the same instant go by their ids, byte by byte, whatever their lanes.
func proveTies(_ *testing.T, l line) {
	l.put(inLane("b", "case-3", -1, 0), inLane("a", "case-4", -1, 0), inLane("c", "case-1", -1, 0), inLane("a", "case-20", -1, 0),
		inLane("b", "case-2", -1, 0), inLane("c", "CASE-9", -1, 0), inLane("a", "日", -1, 0), inLane("b", "ä", -1, 0))
	l.gives(alike("a", "b", "c"), "CASE-9", "case-1", "case-2", "case-20", "case-3", "case-4", "ä", "日")
}

func proveNamedInAnyLane(t *testing.T, l line) {
	l.put(inLane("zh", "x", -1, 0))
	c, err := l.Claim(t.Context(), "d1", "x", serving("en"), long)
	l.must(err)
	_, err = l.Claim(t.Context(), "d2", "", serving("zh"), long)
	l.wants(err, dialer.ErrQueueEmpty)
	l.must(l.Release(t.Context(), c))
	l.gives(serving("en"))
	l.gives(serving("zh"), "x") // back in its own lane
}

// A case moves to another lane at once when it waits, and when its lease ends if it is leased.
func proveLaneMoves(t *testing.T, l line) {
	l.put(inLane("zh", "waits", -1, 0), inLane("zh", "leased", -2, 0), inLane("zh", "next", -3, 0))
	leased := l.claim("d1", "leased")
	l.put(inLane("en", "waits", -1, 0), inLane("en", "leased", -2, 0))
	l.gives(serving("zh"), "next")
	l.gives(serving("en"), "waits")
	l.must(l.Release(t.Context(), leased))
	l.gives(serving("zh"))
	again := l.claim("d1", "leased")
	next := inLane("vi", "leased", -1, 0)
	l.must(l.Done(t.Context(), again, &next))
	l.gives(serving("zh", "en"))
	l.gives(serving("vi"), "leased")
}

func proveRebuildLanes(t *testing.T, l line) {
	l.put(inLane("zh", "old", -1, 0))
	ws := []dialer.Waiting{inLane("zh", "z", -1, 0), inLane("en", "e", -2, 0), inLane("en", "kept", -3, 0), inLane("vi", "moved", -4, 0)}
	kept := l.claim("d1", "kept")
	l.must(l.Rebuild(t.Context(), each(ws...), []dialer.Claim{kept}))
	l.gives(serving("zh"), "z")
	l.gives(serving("en"), "e")
	l.gives(serving("vi"), "moved")
	l.must(l.Release(t.Context(), kept))
	l.gives(serving("en"), "kept")
	places, err := l.List(t.Context(), nil, 10)
	l.must(err)
	if len(places) != 4 || places[0].Case != "moved" || places[0].Lane != "vi" || places[1].Lane != "en" {
		t.Errorf("the line shows %+v", places)
	}
}

// A lane is any text, and no lane is taken for another.
func proveLaneTexts(t *testing.T, l line) {
	lanes := []dialer.Lane{
		"", "a", "a:", ":a", "a:b", "a;", "a%3A", "%", "a b", "a\nb", "0", "日本", "-", "own/mobile/one: two", "000001:9", "a\x00",
	}
	for i, lane := range lanes {
		l.put(inLane(lane, dialer.CaseID(rune('A'+i)), -1-i, i%3))
	}
	places, err := l.List(t.Context(), nil, 100)
	l.must(err)
	if len(places) != len(lanes) {
		t.Errorf("%d places, want %d", len(places), len(lanes))
	}
	for _, p := range places {
		if want := lanes[p.Case[0]-'A']; p.Lane != want {
			t.Errorf("%s is in the lane %q, want %q", p.Case, p.Lane, want)
		}
	}
	for i, lane := range lanes {
		l.gives(serving(lane), dialer.CaseID(rune('A'+i)))
	}
}

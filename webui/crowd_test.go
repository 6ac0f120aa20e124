package webui

import (
	"fmt"
	"testing"

	"kakeru/dialer"
)

// TestWhereAllIsTakenAStrangerGivesWay: strangers at a few addresses fill all that there is, and keep nobody out who works here: whoever comes takes the place
// of one at the address that has most of those that are nobody's.
func TestWhereAllIsTakenAStrangerGivesWay(t *testing.T) {
	clock := &clockOf{now: tuesday}
	turn := newTurnstile(nil, Connections{All: 40, Each: 10}, nil, nil, nil)
	turn.now = clock.Now
	enter := func(from string) (p, away *passer, ok bool) {
		p = comesFrom(turn, from)
		t.Cleanup(func() { turn.leave(p) })
		away, ok = turn.enter(p, false)
		return p, away, ok
	}
	for i := range 8 { // an office at work, and one of them who has not signed in yet
		p, _, _ := enter("198.51.100.1")
		turn.keep(p, somebody(dialer.UserID(fmt.Sprint("user-", i))))
	}
	enter("198.51.100.1")
	for i := range 40 { // of which nine are refused
		enter(fmt.Sprintf("192.0.2.%d", 1+i/10))
	}
	if turn.open != 40 {
		t.Fatalf("%d are open", turn.open)
	}
	if _, away, ok := enter("198.51.100.1"); ok || away != nil {
		t.Error("one that has just come gave way")
	}
	clock.forward(givesWayAfter)
	for i := range 24 {
		p, away, ok := enter(fmt.Sprintf("198.51.100.%d", 2+i))
		if !ok || away == nil || away.keeper.Load() != nil || away.at == comesFrom(turn, "198.51.100.1").at {
			t.Fatalf("newcomer %d: let in %t, gave way %+v", i, ok, away)
		}
		turn.keep(p, somebody(dialer.UserID(fmt.Sprint("user at home ", i))))
		turn.leave(away) // as its end does, once more
		most := 0
		for _, o := range turn.of {
			most = max(most, len(o.loose))
		}
		if turn.open != 40 || len(turn.crowd) != len(turn.of) || len(turn.crowd[0].loose) != most {
			t.Fatalf("%d open, of %d addresses, %d in the crowd", turn.open, len(turn.of), len(turn.crowd))
		}
	}
	for i := 0; len(turn.crowd[0].loose) > 0; i++ {
		p, _, _ := enter("203.0.113.1")
		turn.keep(p, somebody(dialer.UserID(fmt.Sprint("user abroad ", i))))
	}
	if _, away, ok := enter("203.0.113.2"); ok || away != nil {
		t.Errorf("all keep their places, and %+v gave way", away)
	}
}

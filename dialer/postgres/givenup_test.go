package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// TestClosesThatAreOverHoldNoneUp: neither those that were given up, nor rows that somebody has written into the database, keep a close from being begun and carried, nor
// from what comes after it, however many they are.
func TestClosesThatAreOverHoldNoneUp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	before := walk(t, l, begun(t, l, newClose(noon.Add(-24*time.Hour))), dayclose.Closed)
	must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at, manifest, mark)
		SELECT gen_random_uuid(), '2026-11-22', 'x', '2099-01-01'::timestamptz + n * interval '1 s', CASE n % 2 WHEN 0 THEN 'closed' ELSE 'given_up' END, '2099-01-01', 'ff', ''
		FROM generate_series(1, 12000) n`))
	found, err := l.Found(t.Context())
	if must(t, err); found.Ready() != nil {
		t.Errorf("%+v", found)
	}
	c := begun(t, l, newClose(noon))
	must(t, l.TakeForReturn(t.Context(), c))
	if last, err := l.LastClosed(t.Context()); err != nil || last.ID != before.ID {
		t.Errorf("the last is %s, %v", last.ID, err)
	}
	if list, err := l.Closes(t.Context(), 9); err != nil || len(list) != 2 || list[0].ID != c.ID || list[1].ID != before.ID {
		t.Errorf("%d are listed, %v", len(list), err)
	}
	if gone, err := l.CountToExport(t.Context(), dialer.DateOf(noon)); err != nil || gone != 0 {
		t.Errorf("%d, %v", gone, err)
	}
}

// TestACloseThatCannotBeReadStandsInNoWay: a row that says what no close of ours does is passed over once it is over, and is given up as any foreign one while it is not.
func TestACloseThatCannotBeReadStandsInNoWay(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	forge := func(step, column, value string) (id string) {
		t.Helper()
		id = dialer.NewID(noon)
		must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO day_closes SELECT (jsonb_populate_record(NULL::day_closes, jsonb_build_object('id', '`+id+`', 'day', '2026-11-24',
			'final', false, 'by_user', 'supervisor', 'begun_at', now(), 'step', '`+step+`', 'moved_at', now(), 'files', '[]'::jsonb, 'counts', '{}'::jsonb, 'destroyed', '{}'::jsonb,
			'manifest', 'ff', '`+column+`', '`+value+`'::jsonb))).*`))
		return id
	}
	for column, value := range map[string]string{
		"files": `"x"`, "counts": `{"a": "b"}`, "destroyed": `[]`, "upto": `"infinity"`, "begun_at": `"infinity"`, "moved_at": `"-infinity"`,
	} {
		forge("closed", column, value)
		forge("given_up", column, value)
		id := forge("begun", column, value)
		wantErr(t, l.BeginClose(t.Context(), newClose(noon)), dayclose.ErrUnderWay)
		list, err := l.Closes(t.Context(), 9)
		if must(t, err); len(list) != 1 || list[0].ID != id || !list[0].Foreign {
			t.Fatalf("with %s: %+v", column, list)
		}
		must(t, l.MoveClose(t.Context(), with(list[0], dayclose.GivenUp), dayclose.Begun))
	}
	walk(t, l, begun(t, l, newClose(noon)), dayclose.Closed)
}

// TestACloseThatIsGivenUpOftenWaits: so often without a wait, then one in ten minutes, never none. Another day does not wait, and what somebody has written into the database
// neither makes today wait nor has it be closed sooner.
func TestACloseThatIsGivenUpOftenWaits(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	at := noon
	giveUp := func() {
		t.Helper()
		c := begun(t, l, newClose(at))
		at = at.Add(time.Second)
		c.Moved = at
		must(t, l.MoveClose(t.Context(), with(c, dayclose.GivenUp), c.Step))
	}
	must(t, exec(t, l.pool.Config().ConnString(), `INSERT INTO day_closes (id, day, by_user, begun_at, step, moved_at, mark)
		SELECT gen_random_uuid(), '2026-11-24', 'supervisor', '2026-11-24', 'given_up', '2026-11-24 12:05+09', 'x' FROM generate_series(1, 30)`))
	for range dayclose.MostGivenUp {
		giveUp()
	}
	for range 3 { // however often it goes on so
		last := at
		for _, after := range []time.Duration{0, time.Minute, dayclose.WaitGivenUp - time.Second} {
			at = last.Add(after)
			wantRule(t, l.BeginClose(t.Context(), newClose(at)), dayclose.TooManyGivenUp)
		}
		if n := count(t, l, "SELECT count(*) FROM day_closes WHERE step = 'begun'"); n != 0 {
			t.Fatal("it has begun")
		}
		at = last.Add(dayclose.WaitGivenUp)
		giveUp()
	}
	wantRule(t, l.BeginClose(t.Context(), newClose(at)), dayclose.TooManyGivenUp)
	tomorrow := newClose(at)
	tomorrow.Day = tomorrow.Day.Next()
	must(t, l.BeginClose(t.Context(), tomorrow))
	must(t, l.MoveClose(t.Context(), with(tomorrow, dayclose.GivenUp), tomorrow.Step))
	at = at.Add(dayclose.WaitGivenUp)
	walk(t, l, begun(t, l, newClose(at)), dayclose.Closed)
}

package alarm_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/dialertest"
)

// centre is a centre on a Tuesday, opened from nine to five, with a clock that tests put forward.
type centre struct {
	t     *testing.T
	now   time.Time
	calls []dialer.CallView
	desks []dialer.DeskView
	pace  alarm.Pace
	store *dialertest.Alerts
	watch *alarm.Watch
}

func openCentre(t *testing.T) *centre {
	c := &centre{t: t, now: at("08:55"), store: &dialertest.Alerts{}}
	c.watch = alarm.NewWatch(alarm.Deps{
		Hours: dialer.Hours{Week: dialer.WardHours()}.Always, Calls: func() []dialer.CallView { return c.calls }, Desks: func() []dialer.DeskView { return c.desks },
		Pace: func(context.Context) (alarm.Pace, error) { return c.pace, nil }, Store: c.store, Presences: c.store,
		Tell: func(a dialer.Alert) {
			var err error
			if alarm.Ends(a.Kind) {
				err = c.store.EndAlerts(t.Context(), a, c.now)
			} else {
				err = c.store.RaiseAlert(t.Context(), a, c.now)
			}
			if err != nil {
				t.Error(err)
			}
		},
		Limits: alarm.Limits{LongTalk: 20 * time.Minute, Absent: 10 * time.Minute, Break: time.Hour, Behind: 20, BehindCalls: 10},
		Now:    func() time.Time { return c.now }, Log: slog.New(slog.DiscardHandler),
	})
	return c
}

func at(clock string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2026-11-24 "+clock, dialer.Tokyo)
	if err != nil {
		panic(err)
	}
	return t
}

// until looks every ten seconds until a time of the day.
func (c *centre) until(clock string) {
	c.t.Helper()
	for end := at(clock); c.now.Before(end); {
		c.now = c.now.Add(alarm.LookEvery)
		if err := c.watch.Look(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

// of are the alerts of a kind, each as from–to, or from– while it stands.
func (c *centre) of(kind string, want ...string) {
	c.t.Helper()
	all, err := c.store.Alerts(c.t.Context(), alarm.Filter{Kind: kind, Limit: 100})
	if err != nil {
		c.t.Fatal(err)
	}
	var got []string
	for _, k := range slices.Backward(all) {
		since := k.At
		if !k.Since.IsZero() {
			since = k.Since
		}
		span := since.In(dialer.Tokyo).Format("15:04") + "-"
		if !k.EndedAt.IsZero() {
			span += k.EndedAt.In(dialer.Tokyo).Format("15:04")
		}
		got = append(got, span)
	}
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: %v, want %v", kind, got, want)
	}
}

func (c *centre) here(clock string, onBreak bool) {
	if err := c.store.Here(c.t.Context(), alarm.Presence{User: "sv", At: at(clock), Break: onBreak}); err != nil {
		c.t.Error(err)
	}
}

// TestAbsenceClock: the clock runs from the last sign of a supervisor in opening hours; a break is none; it ends when they are back, and
// with the day. It never runs outside the hours.
func TestAbsenceClock(t *testing.T) {
	c := openCentre(t)
	c.until("09:09")
	c.of(alarm.SVAbsent)
	c.until("09:11") // nobody came
	c.of(alarm.SVAbsent, "09:00-")
	c.here("09:11", false)
	c.until("09:13")
	c.of(alarm.SVAbsent, "09:00-09:11")
	c.here("11:00", false)
	c.now = at("11:00")
	c.until("11:05")
	c.here("11:05", true)
	c.until("12:14") // an hour's break, and nine minutes
	c.of(alarm.SVAbsent, "09:00-09:11")
	c.until("12:16")
	c.of(alarm.SVAbsent, "09:00-09:11", "12:05-")
	c.until("17:01")
	c.of(alarm.SVAbsent, "09:00-09:11", "12:05-17:00")
	c.until("23:00")
	c.of(alarm.SVAbsent, "09:00-09:11", "12:05-17:00")
}

// TestLongTalk: told once for a talk, and over with it.
func TestLongTalk(t *testing.T) {
	c := openCentre(t)
	c.here("09:00", false)
	c.calls = []dialer.CallView{
		{ID: "long", Desk: "desk1", State: dialer.Talking, AnsweredAt: at("09:00")},
		{ID: "rings", Desk: "desk2", State: dialer.CallingCustomer},
	}
	c.until("09:19")
	c.of(alarm.LongTalk)
	c.until("09:25")
	c.of(alarm.LongTalk, "09:00-")
	c.calls = nil
	c.until("09:26")
	c.of(alarm.LongTalk, "09:00-09:25")
}

// TestPace: looked at on the hour and at half past, not in the first hour; told once until the day has caught up; a small lack is none.
func TestPace(t *testing.T) {
	c := openCentre(t)
	c.pace = alarm.Pace{Done: 0, Plan: 80} // 10 an hour
	c.until("09:59")
	c.of(alarm.PaceBehind)
	c.until("10:01") // 10 planned, none done
	c.of(alarm.PaceBehind, "10:00-")
	c.until("11:31")
	c.of(alarm.PaceBehind, "10:00-")
	c.pace.Done = 22 // 25 planned at 11:30: known at twelve, when it is 30
	c.until("12:01")
	c.of(alarm.PaceBehind, "10:00-")
	c.pace.Done = 34
	c.until("12:31")
	c.of(alarm.PaceBehind, "10:00-12:30")
	c.pace.Done = 45 // 60 planned at three: 15 missing, 25 percent
	c.until("14:58")
	c.of(alarm.PaceBehind, "10:00-12:30")
	c.until("15:01")
	c.of(alarm.PaceBehind, "10:00-12:30", "15:00-")
	c.until("17:01")
	c.of(alarm.PaceBehind, "10:00-12:30", "15:00-17:00")
}

// TestWhatIsOverEnds: what a crash left standing ends when it is seen to be over.
func TestWhatIsOverEnds(t *testing.T) {
	c := openCentre(t)
	for _, a := range []dialer.Alert{{Kind: "dead_air", CallID: "gone"}, {Kind: "desk_gone", Desk: "desk1"}, {Kind: "ledger_down"}, {Kind: "interrupted"}} {
		if err := c.store.RaiseAlert(t.Context(), a, c.now); err != nil {
			t.Fatal(err)
		}
	}
	c.until("08:57")
	c.of("dead_air", "08:55-08:55")
	c.of("ledger_down", "08:55-08:55")
	c.of("desk_gone", "08:55-")
	yes := true
	c.desks = []dialer.DeskView{{ID: "desk1", Registered: &yes}}
	c.until("08:58")
	c.of("desk_gone", "08:55-08:57")
	c.of("interrupted", "08:55-")
}

// TestConditions: what is one alert, and what are two.
func TestConditions(t *testing.T) {
	line := dialer.Alert{Kind: "trunk_down", Subject: "line1"}
	if alarm.Condition(line) == alarm.Condition(dialer.Alert{Kind: "trunk_down", Subject: "line2"}) {
		t.Error("two trunks are one condition")
	}
	if got := alarm.Ended(dialer.Alert{Kind: "trunk_back", Subject: "line1"}); !slices.Equal(got, []string{alarm.Condition(line)}) {
		t.Errorf("the trunk's return ends %v", got)
	}
	gone := alarm.Condition(dialer.Alert{Kind: "desk_gone", Desk: "desk1", CallID: "c"})
	if got := alarm.Ended(dialer.Alert{Kind: "desk_back", Desk: "desk1"}); !slices.Equal(got, []string{gone}) {
		t.Errorf("the phone's return ends %v", got)
	}
	if alarm.Stands("complaint") || !alarm.Stands("ledger_down") || alarm.Ends("ledger_down") {
		t.Error("what lasts is not what ends by itself")
	}
}

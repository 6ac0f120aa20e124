package sip

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
	"kakeru/sip/media"
)

func TestWhoIsSilent(t *testing.T) {
	t.Parallel()
	const none, desk, customer, both = dialer.Silence(""), dialer.SilentDesk, dialer.SilentCustomer, dialer.SilentBoth
	for _, c := range []struct {
		was            dialer.Silence
		desk, customer sending
		want           dialer.Silence
	}{
		{none, sends, sends, none},
		{none, unsure, unsure, none},
		{none, sendsNothing, sends, desk},
		{none, sends, sendsNothing, customer},
		{none, sendsNothing, sendsNothing, both},
		{none, sendsNothing, unsure, none}, // it may be both in a moment
		{none, unsure, sendsNothing, none},
		{desk, sends, unsure, none},
		{desk, unsure, sends, desk},
		{desk, sendsNothing, unsure, desk},
		{desk, sendsNothing, sendsNothing, both},
		{customer, unsure, sends, none},
		{customer, sendsNothing, sends, desk},
		{both, sends, sendsNothing, customer},
		{both, unsure, sends, both},
		{both, sends, sends, none},
	} {
		if got := silence(c.was, c.desk, c.customer); got != c.want {
			t.Errorf("%q was silent, desk %d, customer %d: %q, want %q", c.was, c.desk, c.customer, got, c.want)
		}
	}
}

// TestSilenceIsToldWithinFiveSeconds: by looks a second apart at any phase, with up to half a second's delay each, not before
// three seconds and never after five; and taken back within two of the first packet.
func TestSilenceIsToldWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		s := &sound{check: time.Second, after: 3 * time.Second, looked: begin, begun: true}
		s.desk.since, s.customer.since = begin, begin
		ms := func(what string, least, most int) time.Duration {
			return time.Duration(rapid.IntRange(least, most).Draw(t, what)) * time.Millisecond
		}
		stops := begin.Add(ms("stops", 0, 20000)) // at once: it never came
		back := stops.Add(ms("lasts", 6000, 20000))
		victim := rapid.SampledFrom([]dialer.Silence{dialer.SilentDesk, dialer.SilentCustomer, dialer.SilentBoth}).Draw(t, "victim")
		var told, ended time.Time
		for now := begin.Add(ms("phase", 1, 1000)); now.Before(back.Add(4 * time.Second)); now = now.Add(time.Second) {
			at := now.Add(ms("late", 0, 500))
			stats := func(hit bool) media.Stats {
				last := at.Add(-ms("last packet", 0, 60))
				if hit && at.Before(back) && last.After(stops) {
					last = stops
				}
				return media.Stats{LastIn: last}
			}
			_, why := s.judge(stats(victim != dialer.SilentCustomer), stats(victim != dialer.SilentDesk), at)
			switch {
			case s.silent == victim && told.IsZero():
				told = at
			case s.silent == "" && !told.IsZero() && ended.IsZero():
				ended = at
			case s.silent != "" && s.silent != victim, s.silent != "" && !ended.IsZero(), why != "":
				t.Fatalf("%q is said to be silent, %q is (%s)", s.silent, victim, why)
			}
		}
		if after := told.Sub(stops); told.IsZero() || after < 3*time.Second || after > 5*time.Second {
			t.Fatalf("told %v after it stopped", after)
		}
		if after := ended.Sub(back); ended.IsZero() || after < 0 || after > 2*time.Second {
			t.Fatalf("taken back %v after it was back", after)
		}
	})
}

// TestOurOwnSleepIsNobodysSilence: after a look that comes late, everybody has the whole time again.
func TestOurOwnSleepIsNobodysSilence(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := &sound{check: time.Second, after: 3 * time.Second, looked: now}
	stale := media.Stats{LastIn: now}
	for _, c := range []struct {
		after time.Duration
		want  dialer.Silence
	}{{30 * time.Second, ""}, {time.Second, ""}, {1900 * time.Millisecond, ""}, {time.Second, dialer.SilentBoth}} {
		now = now.Add(c.after)
		if s.judge(stale, stale, now); s.silent != c.want {
			t.Errorf("%v later %q is silent, want %q", c.after, s.silent, c.want)
		}
	}
}

// TestSilencesWithoutEnd: of a phone that sends nothing while its user listens, no more is told after a while, and its talk is
// not left in silence.
func TestSilencesWithoutEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := &sound{check: time.Second, after: 3 * time.Second, looked: now}
	told, was := 0, dialer.Silence("")
	for i := range 1000 {
		now = now.Add(time.Second)
		speaks := now
		if i%10 >= 5 {
			speaks = now.Add(-time.Duration(i%10-4) * time.Second)
		}
		if is, _ := s.judge(media.Stats{LastIn: now}, media.Stats{LastIn: speaks}, now); is != was {
			told, was = told+1, is
		}
	}
	if told != 2*episodesTold || was != "" {
		t.Errorf("told %d times, at last that %q is silent", told, was)
	}
}

func TestWhatBecameOfThePackets(t *testing.T) {
	t.Parallel()
	if why := astray(media.Stats{Strangers: 5}, media.Stats{Strangers: 5}); why != "" {
		t.Errorf("%q of nothing new", why)
	}
	seen := map[string]bool{}
	for _, now := range []media.Stats{{Exposed: 1, Strangers: 1}, {Unexpected: 1}, {Strangers: 1}, {Malformed: 1}} {
		why := astray(media.Stats{}, now)
		if why == "" || seen[why] {
			t.Errorf("%+v: %q", now, why)
		}
		seen[why] = true
	}
}

package dialer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(hour, minute int) time.Time { return tokyo(11, 24, hour, minute) }

func TestNumberRule(t *testing.T) {
	rang := func(h, m int) Try { return Try{At: at(h, m), Result: NoAnswer, MayHaveRung: true} }
	busy := func(h, m int) Try { return Try{At: at(h, m), Result: Busy} }
	talk := func(h, m int, party string) Try {
		return Try{At: at(h, m), Result: Answered, Party: party, MayHaveRung: true}
	}
	tomorrow := at(24, 0)
	for _, c := range []struct {
		name  string
		now   time.Time
		tries []Try
		free  time.Time
	}{
		{"never tried", at(10, 0), nil, at(10, 0)},
		{"yesterday's calls do not count", at(10, 0), []Try{
			{At: at(-14, 0), Result: Answered, MayHaveRung: true}, {At: at(-13, 0), Result: NoAnswer, MayHaveRung: true},
		}, at(10, 0)},
		{"a person answered", at(16, 0), []Try{talk(9, 30, "self")}, tomorrow},
		{"a person answered, before the clocks were set back a day", at(16, 0), []Try{talk(33, 30, "self")}, tomorrow},
		{"rung twice, before that", at(16, 0), []Try{rang(33, 30), rang(36, 30)}, tomorrow},
		{"somebody answered, nobody said who", at(16, 0), []Try{talk(9, 30, "")}, tomorrow},
		{"family answered, then voicemail", at(16, 0), []Try{talk(9, 30, "family"), talk(12, 30, "voicemail")}, tomorrow},
		{"voicemail is a ring", at(11, 0), []Try{talk(9, 30, "voicemail")}, at(12, 0)},
		{"a recorder is a ring", at(13, 0), []Try{talk(9, 30, "recorder")}, at(13, 0)},
		{"a fax is a ring", at(13, 0), []Try{talk(9, 30, "fax")}, at(13, 0)},
		{"rung, less than an hour ago", at(12, 10), []Try{rang(11, 30)}, at(12, 30)},
		{"rung an hour ago, in the same band", at(11, 0), []Try{rang(9, 30)}, at(12, 0)},
		{"rung an hour ago, in another band", at(12, 30), []Try{rang(11, 30)}, at(12, 30)},
		{"an hour that ends in the same band", at(9, 40), []Try{rang(9, 30)}, at(12, 0)},
		{"rung in the evening", at(17, 30), []Try{rang(17, 10)}, tomorrow},
		{"rung twice", at(16, 0), []Try{rang(9, 30), rang(12, 30)}, tomorrow},
		{"busy a moment ago", at(10, 3), []Try{busy(10, 0)}, at(10, 5)},
		{"busy five minutes ago", at(10, 5), []Try{busy(10, 0)}, at(10, 5)},
		{"busy three times", at(12, 0), []Try{busy(10, 0), busy(10, 5), busy(10, 10)}, tomorrow},
		{"busy and rung", at(12, 31), []Try{rang(11, 30), busy(12, 30)}, at(12, 35)},
		{"refused without a ring", at(10, 1), []Try{{At: at(10, 0), Result: Unallocated}}, at(10, 1)},
		{"may have rung", at(10, 1), []Try{{At: at(10, 0), Result: LineTrouble, MayHaveRung: true}}, at(12, 0)},
		{"still running, and it rings", at(10, 1), []Try{{At: at(10, 0), MayHaveRung: true}}, at(12, 0)},
	} {
		from, why := DefaultRules().Number.FreeFrom(c.now, c.tries)
		if !from.Equal(c.free) || (why == Reason{}) != c.free.Equal(c.now) {
			t.Errorf("%s: free from %v (%s), want %v", c.name, from, why, c.free)
		}
	}
	ask := func(h, m int, again time.Time) Try {
		return Try{At: at(h, m), Result: Answered, Party: "self", MayHaveRung: true, AskedFor: again}
	}
	missed := func(h, m int) Try { return Try{At: at(h, m), CalledUs: true} }
	for _, c := range []struct {
		name  string
		now   time.Time
		tries []Try
		free  time.Time
		why   Reason
	}{
		{"asked, and not yet", at(14, 0), []Try{ask(10, 0, at(15, 0))}, at(15, 0), waitForThem},
		{"asked, and now", at(15, 0), []Try{ask(10, 0, at(15, 0))}, at(15, 0), askedFor},
		{"rung twice before it was asked", at(15, 0), []Try{rang(9, 0), rang(12, 30), ask(13, 0, at(15, 0))}, at(15, 0), askedFor},
		{"tried at the time asked, in vain", at(15, 10), []Try{ask(10, 0, at(15, 0)), rang(15, 1)}, at(17, 0), ringGap},
		{"answered again since", at(16, 0), []Try{ask(10, 0, at(15, 0)), talk(15, 1, "self")}, tomorrow, answeredOnce},
		{"called us, and was missed", at(9, 31), []Try{rang(9, 0), rang(9, 1), missed(9, 30)}, at(9, 31), missedThem},
		{"answered, then missed", at(16, 0), []Try{talk(9, 30, "self"), missed(15, 59)}, at(16, 0), missedThem},
		{"missed again and again", at(16, 0), []Try{missed(9, 0), rang(9, 1), missed(9, 2), rang(9, 3), missed(9, 4), rang(9, 5), missed(9, 6)}, tomorrow, Reason{
			"本日すでに2回呼び出した番号のため、本日は発信できません", "the number was rung 2 times today",
		}},
		{"asked for another day", at(15, 0), []Try{ask(10, 0, at(39, 0))}, tomorrow, answeredOnce},
	} {
		from, why := DefaultRules().Number.FreeFrom(c.now, c.tries)
		if !from.Equal(c.free) || why != c.why {
			t.Errorf("%s: free from %v (%s), want %v (%s)", c.name, from, why, c.free, c.why)
		}
	}
	off := DefaultRules().Number
	if off.Off = true; off.gapless() != nil {
		t.Error("a rule that is off")
	}
	same := DefaultRules().Number
	same.OtherBand = false
	if from, _ := same.FreeFrom(at(9, 40), []Try{rang(9, 30)}); !from.Equal(at(10, 30)) {
		t.Errorf("without the bands: %v", from)
	}
}

// gapless is when a number that was rung a moment ago may be rung again, if not at once.
func (r NumberRule) gapless() *time.Time {
	from, _ := r.FreeFrom(at(10, 0), []Try{{At: at(9, 59), Result: Answered}})
	if from.Equal(at(10, 0)) {
		return nil
	}
	return &from
}

// Who calls whenever the rule lets them never rings too often, too soon, or a person who was reached; and the rule lets
// them on in the end.
func TestWhoeverFollowsTheRuleKeepsIt(t *testing.T) {
	rule := DefaultRules().Number
	rapid.Check(t, func(t *rapid.T) {
		var tries []Try
		now := at(9, 0)
		for range rapid.IntRange(1, 20).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "wait")) * time.Minute)
			from, _ := rule.FreeFrom(now, tries)
			for i := 0; from.After(now); i++ {
				if now = from; i > 5 {
					t.Fatalf("never free after %+v", tries)
				}
				from, _ = rule.FreeFrom(now, tries)
			}
			if from.Before(now) {
				t.Fatalf("free since before now: %v, %v", from, now)
			}
			var today []Try
			for _, x := range tries {
				if DateOf(x.At) == DateOf(now) {
					today = append(today, x)
				}
			}
			rings, busies := 0, 0
			for _, x := range today {
				switch {
				case x.answeredByPerson():
					t.Fatalf("at %v, after %+v", now, today)
				case x.Result == Busy:
					busies++
				case x.MayHaveRung && (now.Sub(x.At) < time.Hour || Bands.Of(now) == Bands.Of(x.At)):
					t.Fatalf("at %v, after %+v", now, today)
				case x.MayHaveRung:
					rings++
				}
			}
			if rings > 1 || busies > 2 {
				t.Fatalf("at %v, after %+v", now, today)
			}
			tries = append(tries, Try{
				At: now, Result: rapid.SampledFrom([]Result{Answered, NoAnswer, Busy, LineTrouble}).Draw(t, "result"),
				Party: rapid.SampledFrom([]string{"", "self", "voicemail"}).Draw(t, "party"), MayHaveRung: rapid.Bool().Draw(t, "rang"),
			})
			if last := &tries[len(tries)-1]; last.Result == Answered || last.Result == NoAnswer {
				last.MayHaveRung = true
			}
		}
	})
}

func TestBandsCoverTheDay(t *testing.T) {
	if !slices.IsSorted(Bands) || Bands[0] != 0 || Bands[len(Bands)-1] != 24*60 {
		t.Fatal(Bands)
	}
	for minute := range 24 * 60 {
		b := Bands.Of(tokyo(11, 24, 0, minute))
		if minute < Bands[b] || minute >= Bands[b+1] {
			t.Fatalf("minute %d is not in band %d", minute, b)
		}
	}
}

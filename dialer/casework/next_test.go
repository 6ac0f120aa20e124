package casework

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

var answered = dialer.Verdict{Result: dialer.Answered}

// jst makes an instant of November 2026 (the 24th is a Tuesday, the 25th a Wednesday with its late hours).
func jst(day, hour, minute int) time.Time {
	return time.Date(2026, 11, day, hour, minute, 0, 0, dialer.Tokyo)
}

func TestNextAfter(t *testing.T) {
	due := &Promise{Yen: 1, DueOn: "2026-11-30", Means: "slip"} // + 14 days: Monday 12-14
	noAnswer := dialer.Verdict{Result: dialer.NoAnswer}
	say := func(p Party, b ...Business) Entry { return Entry{Party: p, Business: b} }
	asked := func(when time.Time, b Business) Entry {
		return Entry{Party: Self, Business: []Business{b}, CallAgain: new(when), Mine: true}
	}
	held := time.Time{}
	for _, c := range []struct {
		name string
		e    Entry
		v    dialer.Verdict
		now  time.Time
		want time.Time // zero: held
	}{
		{"wrong number", say(Self, WrongNumber), answered, jst(24, 10, 0), held},
		{"moved or died", say(Family, MovedOrDeceased), answered, jst(24, 10, 0), held},
		{"complaint", say(Self, Information, Complaint), answered, jst(24, 10, 0), held},
		{"a complaint stands above a time asked for", asked(jst(26, 11, 0), Complaint), answered, jst(24, 10, 0), held},
		{"a time asked for stands above a hand-off", asked(jst(26, 11, 0), Instalments), answered, jst(24, 10, 0), jst(26, 11, 0)},
		{"asked for later today", asked(jst(24, 16, 30), CallBack), answered, jst(24, 10, 0), jst(24, 16, 30)},
		{"instalments", say(Self, Instalments), answered, jst(24, 10, 0), held},
		{"hardship", say(Self, Hardship), answered, jst(24, 10, 0), held},
		{"other insurance", say(Self, OtherInsurance), answered, jst(24, 10, 0), held},
		{"refuses", say(Self, RefusesToPay), answered, jst(24, 10, 0), held},
		{"promise", Entry{Party: Self, Business: []Business{Promised}, Promise: due}, answered, jst(24, 10, 0), jst(44, 9, 0)},
		{"promise with a new slip", Entry{Party: Self, Business: []Business{SlipReissue, Promised}, Promise: due}, answered, jst(24, 10, 0), jst(44, 9, 0)},
		{"promise and instalments", Entry{Party: Self, Business: []Business{Promised, Instalments}, Promise: due}, answered, jst(24, 10, 0), held},
		{"slip", say(Self, SlipReissue), answered, jst(24, 10, 0), held},
		{"paid", say(Self, AlreadyPaid), answered, jst(24, 10, 0), jst(38, 9, 0)},
		{"account transfer", say(Self, AccountTransfer), answered, jst(24, 10, 0), held},
		{"language", say(Self, LanguageWanted), answered, jst(24, 10, 0), held},
		{"message with the family", say(Family, NotIn, MessageLeft), answered, jst(24, 10, 0), jst(27, 12, 0)},
		{"not in, in the morning", say(Family, NotIn), answered, jst(24, 10, 0), jst(25, 13, 0)},
		{"not in, Wednesday afternoon", say(Family, NotIn), answered, jst(25, 14, 0), jst(26, 9, 0)},
		{"not in, Friday morning", say(Family, NotIn), answered, jst(27, 9, 30), jst(30, 12, 0)},
		{"no commitment", say(Self, NoCommitment), answered, jst(24, 10, 0), jst(31, 9, 0)},
		{"voicemail in the morning", say(Voicemail), answered, jst(24, 10, 0), jst(24, 12, 0)},
		{"voicemail before noon", say(Voicemail), answered, jst(24, 11, 30), jst(24, 12, 30)},
		{"recorder late on Tuesday", say(Recorder), answered, jst(24, 16, 50), jst(25, 13, 0)},
		{"recorder mid-afternoon", say(Recorder), answered, jst(24, 15, 10), jst(25, 13, 0)},
		{"voicemail on Wednesday evening", say(Voicemail), answered, jst(25, 18, 30), jst(26, 9, 0)},
		{"fax", say(Fax), answered, jst(24, 10, 0), held},
		{"silent", say(Silent), answered, jst(24, 10, 0), jst(25, 13, 0)},
		{"a note on nobody there", say(Silent), noAnswer, jst(24, 16, 0), jst(25, 13, 0)},
		{"an announcement heard", say(Silent), dialer.Verdict{Result: dialer.Unallocated}, jst(24, 10, 0), held},
	} {
		got, _ := DefaultRules().NextAfter(c.e, c.v, Situation{Now: c.now, Hours: wardHours(), By: "operator1"})
		want := dialer.CaseWaiting
		if c.want.IsZero() {
			want = dialer.CaseHeld
		}
		if got.State != want || !got.Due.Equal(c.want) {
			t.Errorf("%s: got %s %s, want %s %s", c.name, got.State, got.Due, want, c.want)
		}
		if got.Why == "" || got.WhyEN == "" || got.Cause == "" {
			t.Errorf("%s: no reason given: %+v", c.name, got)
		}
	}
}

func TestEveryBusinessResultHasItsRow(t *testing.T) {
	named := map[Business]bool{}
	for _, r := range DefaultRules().Business {
		for _, b := range r.Business {
			named[b] = true
		}
	}
	for _, b := range Businesses {
		if !named[b] && b != NotIn { // 本人不在 is the last row itself
			t.Errorf("no row names %s", b)
		}
	}
}

// Whatever is recorded, a case ends up either with somebody or in the line at an instant the centre is open, later
// than now; and a person who was reached is not rung again the same day unless they asked for it.
func TestNextIsAlwaysCallable(t *testing.T) {
	hours, rules := wardHours(), DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		now := jst(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "minute")) * time.Minute)
		e := Entry{Party: rapid.SampledFrom(Parties).Draw(t, "party"), Business: rapid.SliceOfDistinct(rapid.SampledFrom(Businesses), rapid.ID).Draw(t, "business")}
		for _, b := range e.Business {
			if b == Promised {
				e.Promise = &Promise{Yen: 1, DueOn: dialer.DateOf(now).String()}
			}
		}
		if rapid.Bool().Draw(t, "asked") {
			e.CallAgain = new(hours.NextOpen(now.Add(time.Duration(rapid.IntRange(1, 10_000).Draw(t, "in")) * time.Minute)))
		}
		v := dialer.Verdict{Result: rapid.SampledFrom(dialer.Results).Draw(t, "result")}
		next, _ := rules.NextAfter(e, v, Situation{Now: now, Hours: hours})
		if next.State == dialer.CaseHeld && next.Why != "" {
			return
		}
		if next.State != dialer.CaseWaiting || !hours.Open(next.Due) || !next.Due.After(now) {
			t.Fatalf("%+v at %s: %+v", e, now, next)
		}
		if e.Party.IsPerson() && e.CallAgain == nil && dialer.DateOf(next.Due) == dialer.DateOf(now) {
			t.Fatalf("a person reached is rung again the same day: %+v", next)
		}
	})
}

// A call that one operator promised to make is theirs until the grace is over.
func TestMineUntilTheGraceIsOver(t *testing.T) {
	e := Entry{Party: Self, Business: []Business{CallBack}, CallAgain: new(jst(24, 15, 0)), Mine: true}
	s := Situation{Now: jst(24, 10, 0), Hours: wardHours(), By: "operator1"}
	next, _ := DefaultRules().NextAfter(e, answered, s)
	if next.Mine != "operator1" || !next.MineUntil.Equal(jst(24, 15, 30)) || next.Cause != dialer.CauseAsked {
		t.Errorf("%+v", next)
	}
	e.Mine = false
	if next, _ := DefaultRules().NextAfter(e, answered, s); next.Mine != "" || !next.MineUntil.IsZero() {
		t.Errorf("anyone's: %+v", next)
	}
}

func TestAUselessNumberAndAnother(t *testing.T) {
	s := Situation{Now: jst(24, 10, 0), Hours: wardHours()}
	for _, e := range []Entry{{Party: ThirdParty, Business: []Business{WrongNumber}}, {Party: Fax}} {
		s.OtherNumber = false
		if next, spoilt := DefaultRules().NextAfter(e, answered, s); next.State != dialer.CaseHeld || !spoilt {
			t.Errorf("%+v: %+v, spoilt %v", e, next, spoilt)
		}
		s.OtherNumber = true
		if next, spoilt := DefaultRules().NextAfter(e, answered, s); next.State != dialer.CaseWaiting || !next.Due.Equal(jst(24, 11, 0)) || !spoilt {
			t.Errorf("%+v, another number: %+v, spoilt %v", e, next, spoilt)
		}
	}
	if next, spoilt := DefaultRules().NextAfter(Entry{Party: Self, Business: []Business{Complaint}}, answered, s); next.State != dialer.CaseHeld || spoilt {
		t.Errorf("a complaint is about the calls, not the number: %+v, spoilt %v", next, spoilt)
	}
}

// A row may hold a case once its entries say the same too often.
func TestHeldAfterTooMany(t *testing.T) {
	rules := DefaultRules()
	for i, r := range rules.Business {
		if r.Name == "hung_up" {
			rules.Business[i].HoldAfter = 3
		}
	}
	e := Entry{Party: Self, Business: []Business{HungUp}}
	for n, want := range []dialer.CaseState{dialer.CaseWaiting, dialer.CaseWaiting, dialer.CaseHeld} {
		s := Situation{Now: jst(24, 10, 0), Hours: wardHours()}
		for range n {
			s.Earlier = append(s.Earlier, e, Entry{Party: Self, Business: []Business{CallBack}})
		}
		if next, _ := rules.NextAfter(e, answered, s); next.State != want {
			t.Errorf("after %d: %+v", n, next)
		}
	}
}

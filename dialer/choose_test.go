package dialer

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestWhichNumberIsNext(t *testing.T) {
	const first, second = Number("0300001234"), Number("09000001234")
	miss := func(hour int) Try { return Try{At: at(hour, 0), Result: NoAnswer, MayHaveRung: true} }
	old := func(days int, r Result) Try {
		return Try{At: at(10, 0).AddDate(0, 0, -days), Result: r, MayHaveRung: true}
	}
	two := func(a, b NumberFacts) []NumberFacts {
		a.Number, b.Number = first, second
		return []NumberFacts{a, b}
	}
	none := NumberFacts{}
	for _, c := range []struct {
		name    string
		numbers []NumberFacts
		at      int
		from    time.Time
		turn    bool
	}{
		{"the first", two(none, none), 0, at(16, 0), false},
		{"the first, after one miss", two(NumberFacts{Tries: []Try{old(1, NoAnswer)}}, none), 0, at(16, 0), false},
		{"the second, after two misses", two(NumberFacts{Tries: []Try{old(2, NoAnswer), old(1, NoAnswer)}}, none), 1, at(16, 0), true},
		{"a voicemail is a miss", two(NumberFacts{Tries: []Try{old(2, NoAnswer), {At: old(1, Answered).At, Result: Answered, Party: "voicemail"}}}, none), 1, at(16, 0), true},
		{"busy is none", two(NumberFacts{Tries: []Try{old(2, Busy), old(1, Busy)}}, none), 0, at(16, 0), false},
		{"a person since", two(NumberFacts{Tries: []Try{old(3, NoAnswer), old(2, NoAnswer), old(1, Answered)}}, none), 0, at(16, 0), false},
		{"both had their turn", two(NumberFacts{Tries: []Try{old(4, NoAnswer), old(3, NoAnswer)}}, NumberFacts{Tries: []Try{old(2, NoAnswer), old(1, NoAnswer)}}), 0, at(16, 0), false},
		{"the first is locked today", two(NumberFacts{Tries: []Try{miss(9), miss(13)}}, none), 1, at(16, 0), true},
		{"both are locked: the sooner", two(NumberFacts{Tries: []Try{miss(9), miss(13)}}, NumberFacts{Tries: []Try{miss(15)}}), 1, at(17, 0), true},
		{"the first is on the list", two(NumberFacts{CaseNumber: CaseNumber{DoNotCall: true}}, none), 1, at(16, 0), true},
		{"somebody calls from the first", two(NumberFacts{Calling: true}, none), 1, at(16, 0), true},
		{"somebody calls from the only one", []NumberFacts{{CaseNumber: CaseNumber{Number: first}, Calling: true}}, 0, at(16, 5), false},
	} {
		got := DefaultRules().Choose(at(16, 0), c.numbers, false)
		if got.At != c.at || !got.From.Equal(c.from) || (got.Turn != Reason{}) != c.turn || (got.Why != Reason{}) != c.from.After(at(16, 0)) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	for name, c := range map[string]struct {
		numbers []NumberFacts
		rule    Rule
	}{
		"none at all":     {nil, UnknownCase},
		"all on the list": {two(NumberFacts{CaseNumber: CaseNumber{DoNotCall: true}}, NumberFacts{CaseNumber: CaseNumber{DoNotCall: true}}), DoNotCall},
		"never dialled":   {[]NumberFacts{{CaseNumber: CaseNumber{Number: "0990123456"}}}, ForbiddenNumber},
		"for supervisors": {[]NumberFacts{{CaseNumber: CaseNumber{Number: "0570123456"}}}, ForbiddenNumber},
	} {
		if got := DefaultRules().Choose(at(10, 0), c.numbers, false); got.At != -1 || got.No == nil || got.No.Rule != c.rule {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := DefaultRules().Choose(at(10, 0), []NumberFacts{{CaseNumber: CaseNumber{Number: "0570123456"}}}, true); got.At != 0 {
		t.Errorf("a supervisor's: %+v", got)
	}
}

// Whatever was tried before, the number that is chosen to be dialled now is one whose own rule allows it, it is nobody's who must
// not be called, and when none may be dialled now the one that is named is the first that may.
func TestTheChosenNumberMayBeDialled(t *testing.T) {
	rules := DefaultRules()
	rapid.Check(t, func(t *rapid.T) {
		rules.Numbers.RotateAfter = rapid.IntRange(1, 4).Draw(t, "rotate")
		now := at(9, 0).Add(time.Duration(rapid.IntRange(0, 8*60).Draw(t, "now")) * time.Minute)
		var numbers []NumberFacts
		for range rapid.IntRange(0, 4).Draw(t, "numbers") {
			n := NumberFacts{CaseNumber: CaseNumber{
				Number: rapid.SampledFrom([]Number{"0300001234", "09000001234", "0570123456", "0990123456"}).Draw(t, "number"), DoNotCall: rapid.Bool().Draw(t, "barred"),
			}, Calling: rapid.IntRange(0, 5).Draw(t, "calling") == 0}
			for range rapid.IntRange(0, 5).Draw(t, "tries") {
				n.Tries = append(n.Tries, Try{
					At: now.Add(-time.Duration(rapid.IntRange(1, 3000).Draw(t, "ago")) * time.Minute), MayHaveRung: rapid.Bool().Draw(t, "rang"),
					Result: rapid.SampledFrom([]Result{Answered, NoAnswer, Busy, OutOfReach, LineTrouble}).Draw(t, "result"),
					Party:  rapid.SampledFrom([]string{"", "self", "voicemail"}).Draw(t, "party"),
				})
			}
			numbers = append(numbers, n)
		}
		c := rules.Choose(now, numbers, false)
		soonest := time.Time{}
		for _, n := range numbers {
			if rule, _ := n.Number.ForbiddenFor(false); rule != "" || n.DoNotCall {
				continue
			}
			from, _ := rules.free(now, n)
			if soonest.IsZero() || from.Before(soonest) {
				soonest = from
			}
		}
		if soonest.IsZero() {
			if c.At != -1 || c.No == nil {
				t.Fatalf("none may be dialled: %+v", c)
			}
			return
		}
		n := numbers[c.At]
		from, _ := rules.free(now, n)
		rule, _ := n.Number.ForbiddenFor(false)
		if n.DoNotCall || rule != "" || !from.Equal(c.From) || c.From.After(now) && !c.From.Equal(soonest) || c.From.After(now) && c.Why == (Reason{}) {
			t.Fatalf("%+v of %+v", c, numbers)
		}
		if soonest.After(now) != c.From.After(now) {
			t.Fatalf("one may be dialled, and it waits: %+v", c)
		}
	})
}

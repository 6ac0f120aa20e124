package casework

import (
	"slices"
	"strings"
	"testing"
)

// TestAPartIsOfATerm: while it is not known what a case owes, what a part is for has the form of a term, and never that of what is noted of a person.
func TestAPartIsOfATerm(t *testing.T) {
	for term, good := range map[string]bool{
		"令和8年度 第3期": true, "R8-03": true, "20260301": true, "過年度分": true, strings.Repeat("期", maxTerm): true,
		"": false, " ": false, strings.Repeat("期", maxTerm+1): false, "第1期\n夕方に在宅": false, "\xff": false, "第1期 09000000000": false, "第1期\u202e": false,
	} {
		e := promised(Promise{Yen: 100, DueOn: "2026-11-30", Means: "slip", Parts: []PromisePart{{Kokuho, term, 100}}})
		found := e.Check(tuesday, Case{}, wardHours())
		if bad := slices.ContainsFunc(found, func(f FieldError) bool { return f.Field == "promise.parts[0].term" && f.Code == "bad_term" }); bad == good || good && len(found) > 0 {
			t.Errorf("%q: %v", term, found)
		}
	}
	// The ward's own list writes what it likes.
	long := strings.Repeat("期", maxTerm+1)
	c := Case{Balances: []Balance{{Kokuho, long, "2026-08-31", 100}}}
	e := promised(Promise{Yen: 100, DueOn: "2026-11-30", Means: "slip", Parts: []PromisePart{{Kokuho, long, 100}}})
	if found := e.Check(tuesday, c, wardHours()); len(found) > 0 {
		t.Errorf("a term that is owed: %v", found)
	}
}

// TestWhoIsNotShownTheDebtNamesNoPartsOfIt, but for those of the entry that is corrected.
func TestWhoIsNotShownTheDebtNamesNoPartsOfIt(t *testing.T) {
	of := func(parts ...PromisePart) Entry {
		return promised(Promise{Yen: 100, DueOn: "2026-11-30", Means: "slip", Parts: parts})
	}
	first, second := PromisePart{Kokuho, "第1期", 100}, PromisePart{Kokuho, "第2期", 50}
	stood := &Recorded{Entry: of(first)}
	for name, c := range map[string]struct {
		e     Entry
		stood *Recorded
		taken bool
	}{
		"no promise":       {Entry{Party: Silent}, nil, true},
		"no parts":         {of(), nil, true},
		"a part":           {of(first), nil, false},
		"of none":          {of(first), &Recorded{}, false},
		"said again":       {of(PromisePart{Kokuho, "第1期", 70}), stood, true},
		"another one":      {of(first, second), stood, false},
		"other insurance":  {of(PromisePart{Kouki, "第1期", 100}), stood, false},
		"corrected to one": {of(), stood, true},
	} {
		found := c.e.CheckUnseen(c.stood)
		if (len(found) == 0) != c.taken || !c.taken && (found[0].Code != "not_shown" || found[0].JA == "" || found[0].EN == "") {
			t.Errorf("%s: %v", name, found)
		}
	}
}

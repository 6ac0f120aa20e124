package casework

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

// tuesday is an ordinary Tuesday at ten in the morning.
var tuesday = time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)

func wardHours() dialer.Hours {
	return dialer.Hours{
		Week: dialer.WardHours(),
		Closed: func(d dialer.Date) string {
			if d == (dialer.Date{Year: 2026, Month: 11, Day: 23}) {
				return "勤労感謝の日"
			}
			return ""
		},
		BreakMinutes: 60,
	}
}

func owing() Case {
	return Case{Balances: []Balance{
		{Kokuho, "令和8年度 第3期", "2026-08-31", 12_000},
		{Kokuho, "令和8年度 第4期", "2026-09-30", 8_000},
		{Kouki, "令和8年度 第3期", "2026-08-31", 5_000},
	}}
}

func promised(p Promise) Entry {
	return Entry{Party: Self, Business: []Business{Promised}, Promise: &p}
}

func TestCheckAccepts(t *testing.T) {
	for name, e := range map[string]Entry{
		"promise":           promised(Promise{Yen: 25_000, DueOn: "2026-11-30", Means: "slip"}),
		"promise today":     promised(Promise{Yen: 1, DueOn: "2026-11-24", Means: "online"}),
		"promise six month": promised(Promise{Yen: 1, DueOn: "2027-05-24", Means: "bank"}),
		"promise in parts": promised(Promise{Yen: 15_000, DueOn: "2026-12-10", Means: "convenience", Parts: []PromisePart{
			{Kokuho, "令和8年度 第3期", 12_000}, {Kouki, "令和8年度 第3期", 3_000}}}),
		"voicemail alone":      {Party: Voicemail},
		"voicemail, message":   {Party: Voicemail, Business: []Business{MessageLeft}},
		"family, not in":       {Party: Family, Business: []Business{NotIn, MessageLeft}, Note: "夕方に在宅とのこと"},
		"call again":           {Party: Self, Business: []Business{CallBack}, CallAgain: new(tuesday.Add(3 * time.Hour)), Mine: true},
		"several":              {Party: Self, Business: []Business{AlreadyPaid, Information, AccountTransfer}},
		"longest note":         {Party: Silent, Note: strings.Repeat("あ", maxNote)},
		"language, no promise": {Party: ThirdParty, Business: []Business{LanguageWanted}},
	} {
		if got := e.Check(tuesday, owing(), wardHours()); len(got) != 0 {
			t.Errorf("%s: refused: %v", name, got)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	part := func(parts ...PromisePart) Entry {
		return promised(Promise{Yen: 10_000, DueOn: "2026-11-30", Means: "slip", Parts: parts})
	}
	good := Promise{Yen: 100, DueOn: "2026-11-30", Means: "slip"}
	for _, c := range []struct {
		name, field, code string
		e                 Entry
	}{
		{"no party", "party", "missing", Entry{Business: []Business{NotIn}}},
		{"unknown party", "party", "unknown", Entry{Party: "dog", Business: []Business{NotIn}}},
		{"person without result", "business_results", "missing", Entry{Party: Self}},
		{"unknown result", "business_results", "unknown", Entry{Party: Self, Business: []Business{"joy"}}},
		{"double", "business_results", "double", Entry{Party: Self, Business: []Business{Information, Information}}},
		{"promise of a machine", "business_results", "needs_person", Entry{Party: Voicemail, Business: []Business{Promised}, Promise: &good}},
		{"contradiction", "business_results", "contradiction", Entry{Party: Self, Business: []Business{Promised, NoCommitment}, Promise: &good}},
		{"promise missing", "promise", "missing", Entry{Party: Self, Business: []Business{Promised}}},
		{"promise unexpected", "promise", "unexpected", Entry{Party: Self, Business: []Business{Information}, Promise: &good}},
		{"zero yen", "promise.amount_yen", "not_positive", promised(Promise{Yen: 0, DueOn: "2026-11-30", Means: "slip"})},
		{"negative yen", "promise.amount_yen", "not_positive", promised(Promise{Yen: -5, DueOn: "2026-11-30", Means: "slip"})},
		{"no date", "promise.due_on", "bad_date", promised(Promise{Yen: 1, Means: "slip"})},
		{"no such day", "promise.due_on", "bad_date", promised(Promise{Yen: 1, DueOn: "2026-11-31", Means: "slip"})},
		{"yesterday", "promise.due_on", "past", promised(Promise{Yen: 1, DueOn: "2026-11-23", Means: "slip"})},
		{"too far", "promise.due_on", "too_far", promised(Promise{Yen: 1, DueOn: "2027-05-25", Means: "slip"})},
		{"no means", "promise.means", "unknown", promised(Promise{Yen: 1, DueOn: "2026-11-30"})},
		{"parts: sum", "promise.parts", "sum", part(PromisePart{Kokuho, "令和8年度 第3期", 9_999})},
		{"parts: insurance", "promise.parts[0].insurance", "unknown", part(PromisePart{"shaho", "令和8年度 第3期", 10_000})},
		{"parts: not owed", "promise.parts[0].term", "not_owed", part(PromisePart{Kouki, "令和8年度 第4期", 10_000})},
		{"parts: double", "promise.parts[1].term", "double", part(PromisePart{Kokuho, "令和8年度 第3期", 5_000}, PromisePart{Kokuho, "令和8年度 第3期", 5_000})},
		{"parts: nothing", "promise.parts[0].amount_yen", "not_positive", part(PromisePart{Kokuho, "令和8年度 第3期", 0})},
		{"note too long", "note", "too_long", Entry{Party: Silent, Note: strings.Repeat("あ", maxNote+1)}},
		{"note no text", "note", "bad_text", Entry{Party: Silent, Note: "\xff"}},
		{"mine without time", "mine", "needs_time", Entry{Party: Silent, Mine: true}},
		{"asked for the past", "call_again_at", "past", Entry{Party: Silent, CallAgain: new(tuesday)}},
		{"asked too far", "call_again_at", "too_far", Entry{Party: Silent, CallAgain: new(tuesday.AddDate(0, 4, 0))}},
		{"asked at night", "call_again_at", "closed", Entry{Party: Silent, CallAgain: new(tuesday.Add(10 * time.Hour))}},
	} {
		found := c.e.Check(tuesday, owing(), wardHours())
		i := slices.IndexFunc(found, func(f FieldError) bool { return f.Field == c.field && f.Code == c.code })
		if i < 0 {
			t.Errorf("%s: no %s on %s in %v", c.name, c.code, c.field, found)
			continue
		}
		if f := found[i]; f.JA == "" || f.EN == "" {
			t.Errorf("%s: the sentences are missing: %+v", c.name, f)
		}
	}
}

func TestCheckSaysWhenTheCentreOpens(t *testing.T) {
	found := Entry{Party: Silent, CallAgain: new(tuesday.Add(8 * time.Hour))}.Check(tuesday, owing(), wardHours())
	if len(found) != 1 || !strings.Contains(found[0].JA, "11月25日 13:00") {
		t.Errorf("a Tuesday at six should point to Wednesday at one: %v", found)
	}
}

func TestUnknownBalanceAllowsAnyReasonablePromise(t *testing.T) {
	e := promised(Promise{Yen: maxYen, DueOn: "2026-11-30", Means: "slip", Parts: []PromisePart{{Kokuho, "令和7年度 第1期", maxYen}}})
	if found := e.Check(tuesday, Case{}, wardHours()); len(found) != 0 {
		t.Errorf("refused: %v", found)
	}
	e.Promise.Yen++
	if found := e.Check(tuesday, Case{}, wardHours()); !slices.ContainsFunc(found, func(f FieldError) bool { return f.Code == "too_large" }) {
		t.Errorf("a promise of more than anybody owes was taken: %v", found)
	}
}

func TestMeaningOfToday(t *testing.T) {
	// 23:30 UTC on the 23rd is already the 24th in Tokyo.
	now := time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC)
	if found := promised(Promise{Yen: 1, DueOn: "2026-11-23", Means: "slip"}).Check(now, owing(), wardHours()); len(found) != 1 || found[0].Code != "past" {
		t.Errorf("yesterday in Tokyo was taken: %v", found)
	}
}

func TestCheckNeverRepeatsWhatWasTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := "秘密" + rapid.StringMatching(`[0-9]{8}`).Draw(t, "secret")
		e := Entry{
			Party: Party(rapid.SampledFrom([]string{"self", secret}).Draw(t, "party")), Business: []Business{Business(secret), Promised},
			Promise: &Promise{Yen: rapid.Int64().Draw(t, "yen"), DueOn: secret, Means: secret, Parts: []PromisePart{{Kokuho, secret, rapid.Int64().Draw(t, "part")}}},
			Note:    secret + strings.Repeat("x", maxNote),
		}
		for _, f := range e.Check(tuesday, owing(), wardHours()) {
			if strings.Contains(f.JA+f.EN+f.Field, secret) {
				t.Fatalf("the answer repeats what was typed: %v", f)
			}
		}
	})
}

// Whatever is accepted keeps the invariants that the ledger and the reports rest on.
func TestCheckedPromisesAreSound(t *testing.T) {
	c := owing()
	rapid.Check(t, func(t *rapid.T) {
		p := Promise{
			Yen:   rapid.Int64Range(-10, 30_000).Draw(t, "yen"),
			DueOn: rapid.SampledFrom([]string{"2026-11-23", "2026-11-24", "2026-12-31", "2027-06-01", "x"}).Draw(t, "due"),
			Means: rapid.SampledFrom([]string{"slip", "cow"}).Draw(t, "means"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			b := rapid.SampledFrom(c.Balances).Draw(t, "balance")
			p.Parts = append(p.Parts, PromisePart{b.Insurance, b.Term, rapid.Int64Range(-1, b.Yen+1).Draw(t, "part")})
		}
		if len(promised(p).Check(tuesday, c, wardHours())) > 0 {
			return
		}
		var sum int64
		for _, part := range p.Parts {
			sum += part.Yen
		}
		e := promised(p)
		confirmed := slices.ContainsFunc(e.Warn(c, nil), func(f FieldError) bool { return f.Code == AboveBalance })
		if p.Yen <= 0 || p.Yen > c.TotalYen() && !confirmed || (len(p.Parts) > 0 && sum != p.Yen) || p.DueOn < "2026-11-24" || p.DueOn > "2027-05-24" {
			t.Fatalf("accepted an unsound promise: %+v", p)
		}
	})
}

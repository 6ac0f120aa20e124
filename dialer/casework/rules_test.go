package casework

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kakeru/dialer"
)

// ruleFile is the built-in file with sections of one's own.
func ruleFile(sections string) []byte { return []byte("{" + sections + "}") }

func TestRulesKeepWhatIsLeftOut(t *testing.T) {
	r, err := ParseRules(ruleFile(`"caps": {"per_day": 1}, "number": {"rings_per_day": 1}, "seats": {"2026-12-03": {"desk1": ["zh"], "desk2": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultRules()
	if r.Caps.PerDay != 1 || r.Caps.PerWeek != want.Caps.PerWeek || r.Caps.JA == "" {
		t.Errorf("caps %+v", r.Caps)
	}
	if r.Number.RingsPerDay != 1 || r.Number.RingGap != want.Number.RingGap || !r.Number.OtherBand {
		t.Errorf("number %+v", r.Number)
	}
	if len(r.Business) != len(want.Business) || len(r.Priorities) != len(want.Priorities) || len(r.Connections) != len(want.Connections) {
		t.Error("tables that are left out are not the built-in ones")
	}
	r.Seats.Usual = map[dialer.DeskID][]string{"desk2": {"vi"}}
	third, fourth := dialer.Date{Year: 2026, Month: 12, Day: 3}, dialer.Date{Year: 2026, Month: 12, Day: 4}
	if !r.Seats.Spoken("zh", third) || r.Seats.Spoken("vi", third) || !r.Seats.Spoken("vi", fourth) || r.Seats.Spoken("zh", fourth) {
		t.Errorf("seats %+v", r.Seats)
	}
	if whole, err := ParseRules(dialer.DefaultRulesFile()); err != nil || len(whole.Business) != len(want.Business) {
		t.Errorf("the built-in file itself: %v", err)
	}
}

// Each mistake is named by its key, with what to do.
func TestBadRulesAreRefused(t *testing.T) {
	reason := `"why": "理由", "why_en": "a reason"`
	rest := `{"name": "rest", "results": ["busy", "unallocated", "number_changed", "out_of_reach", "bad_number", "refused", ` +
		`"line_trouble", "cancelled", "interrupted"], "after_minutes": 5, ` + reason + `}`
	connections := func(row string) string {
		return `"connections": [` + row + `, {"name": "no_answer", "results": ["no_answer"], "after_minutes": 5, ` + reason + `}, ` + rest + `]`
	}
	last := `{"name": "last", "days": 1, ` + reason + `}`
	business := func(row string) string { return `"business": [` + row + `, ` + last + `]` }
	priorities := func(row string) string { return `"priorities": [` + row + `]` }
	for name, c := range map[string]struct{ sections, key, remedy string }{
		"an unknown section": {`"cap": {}`, "rules: cap: ", "there is no such key"},
		"an unknown key":     {`"caps": {"per_hour": 1}`, "rules: caps.per_hour: ", "there is no such key"},
		"an unknown key in a row": {
			connections(`{"name": "x", "results": ["busy"], "after": 5, ` + reason + `}`),
			"rules: connections[0].after: ", "there is no such key",
		},
		"text for a number":           {`"caps": {"per_day": "five"}`, "rules: caps.per_day: ", "a string stands where a number belongs"},
		"a number for a table":        {`"caps": 5`, "rules: caps: ", "where a table belongs"},
		"no bands":                    {`"bands": []`, "rules: bands: ", "write the times"},
		"bands that begin late":       {`"bands": ["09:00", "12:00"]`, "rules: bands[0]: ", "begins at 00:00"},
		"bands out of order":          {`"bands": ["00:00", "15:00", "12:00"]`, "rules: bands[2]: ", "in their order"},
		"a band that is no time":      {`"bands": ["00:00", "25:00"]`, "rules: bands[1]: ", "write HH:MM"},
		"a negative gap":              {`"number": {"ring_gap_minutes": -1}`, "rules: number.ring_gap_minutes: ", "-1 is negative; write 0 or more"},
		"a gap that would run over":   {`"number": {"ring_gap_minutes": 307445734561826}`, "rules: number.ring_gap_minutes: ", "write a shorter gap"},
		"rings that would run over":   {`"number": {"busy_per_day": 9223372036854775807, "busy_gap_minutes": 4}`, "rules: number.busy_gap_minutes: ", "write a shorter gap"},
		"no ring":                     {`"number": {"rings_per_day": 0}`, "rules: number.rings_per_day: ", "write 1 or more"},
		"more rings than bands":       {`"bands": ["00:00"]`, "rules: number.rings_per_day: ", "other_band: false"},
		"rings that fit in no day":    {`"number": {"ring_gap_minutes": 1440}`, "rules: number.ring_gap_minutes: ", "write a shorter gap"},
		"busy tries that fit in none": {`"number": {"busy_gap_minutes": 720}`, "rules: number.busy_gap_minutes: ", "write a shorter gap"},
		"a negative cap":              {`"caps": {"per_week": -2}`, "rules: caps.per_week: ", "write 0 or more"},
		"a day above the week":        {`"caps": {"per_day": 11}`, "rules: caps.per_day: ", "11 a day is more than the 10 of a week; write less"},
		"a week above the month":      {`"caps": {"per_week": 26}`, "rules: caps.per_week: ", "write less"},
		"a day above the month":       {`"caps": {"per_day": 6, "per_week": 0, "per_month": 5}`, "rules: caps.per_day: ", "of a month; write less"},
		"never the next number":       {`"numbers": {"rotate_after": 0}`, "rules: numbers.rotate_after: ", "write 1 or more"},
		"a negative grace":            {`"mine": {"grace_minutes": -5}`, "rules: mine.grace_minutes: ", "write 0 or more"},
		"a section without a reason":  {`"mine": {"why": ""}`, "rules: mine.why: ", "write why and why_en"},

		"an unknown result": {
			connections(`{"name": "x", "results": ["no_anser"], "after_minutes": 5, ` + reason + `}`),
			"rules: connections[0].results: ", `unknown result "no_anser"`,
		},
		"what follows a talk": {
			connections(`{"name": "x", "results": ["answered"], "after_minutes": 5, ` + reason + `}`),
			"rules: connections[0].results: ", "a talk waits for its entry",
		},
		"a row for nothing": {connections(`{"name": "x", "after_minutes": 5, ` + reason + `}`), "rules: connections[0].results: ", "write which results"},
		"an unknown confidence": {
			connections(`{"name": "x", "results": ["busy"], "confidence": ["sure"], "after_minutes": 5, ` + reason + `}`),
			"rules: connections[0].confidence: ", "high, medium or low",
		},
		"a negative delay": {
			connections(`{"name": "x", "results": ["busy"], "after_minutes": -5, ` + reason + `}`),
			"rules: connections[0].after_minutes: ", "write 0 or more",
		},
		"held, and a delay": {
			connections(`{"name": "x", "results": ["busy"], "hold": true, "after_minutes": 5, ` + reason + `}`),
			"rules: connections[0].hold: ", "take out hold, or the wait",
		},
		"held, and held later": {
			connections(`{"name": "x", "results": ["busy"], "hold": true, "hold_after": 2, ` + reason + `}`),
			"rules: connections[0].hold_after: ", "take out one of the two",
		},
		"minutes, and another day": {
			connections(`{"name": "x", "results": ["busy"], "next_day": true, "after_minutes": 5, ` + reason + `}`),
			"rules: connections[0].next_day: ", "take out after_minutes or next_day",
		},
		"waits for nothing": {
			connections(`{"name": "x", "results": ["busy"], ` + reason + `}`),
			"rules: connections[0]: ", "write after_minutes, next_day, other_band or hold",
		},
		"spoilt and not held": {
			connections(`{"name": "x", "results": ["busy"], "after_minutes": 5, "spoils_number": true, ` + reason + `}`),
			"rules: connections[0].spoils_number: ", "write hold or hold_after too",
		},
		"a row without a reason": {
			connections(`{"name": "x", "results": ["busy"], "after_minutes": 5, "why": "理由"}`),
			"rules: connections[0].why: ", "write why and why_en",
		},
		"a row without a name": {connections(`{"results": ["busy"], "after_minutes": 5, ` + reason + `}`), "rules: connections[0].name: ", "is missing"},
		"a name twice": {
			connections(`{"name": "rest", "results": ["busy"], "confidence": ["low"], "after_minutes": 5, ` + reason + `}`),
			"rules: connections[2].name: ", "is there twice",
		},
		"a row never reached": {
			`"connections": [` + rest + `, {"name": "no_answer", "results": ["no_answer"], "after_minutes": 5, ` + reason + `}, ` +
				`{"name": "x", "results": ["busy"], "confidence": ["low"], "after_minutes": 9, ` + reason + `}]`,
			"rules: connections[2]: ", `"x" is never reached: connections[0] (rest) takes all of it`,
		},
		"a result without a row": {`"connections": [` + rest + `]`, "rules: connections: ", `no row says what follows no_answer`},
		"a result half decided": {
			`"connections": [{"name": "no_answer", "results": ["no_answer"], "counted": true, "after_minutes": 5, ` + reason + `}, ` + rest + `]`,
			"rules: connections: ", "no row says what follows no_answer",
		},

		"an unknown business result": {
			business(`{"name": "x", "business": ["promis"], "days": 1, ` + reason + `}`),
			"rules: business[0].business: ", `"promis" is not known`,
		},
		"an unknown party": {
			business(`{"name": "x", "party": ["dog"], "days": 1, ` + reason + `}`),
			"rules: business[0].party: ", `"dog" is not known`,
		},
		"negative days": {
			business(`{"name": "x", "business": ["complaint"], "days": -1, ` + reason + `}`),
			"rules: business[0].days: ", "write 0 or more",
		},
		"an entry held and waiting": {
			business(`{"name": "x", "business": ["complaint"], "days": 1, "hold": true, ` + reason + `}`),
			"rules: business[0].hold: ", "take out hold, or the wait",
		},
		"two waits": {
			business(`{"name": "x", "business": ["complaint"], "days": 1, "after_minutes": 5, ` + reason + `}`),
			"rules: business[0]: ", "waits for one thing",
		},
		"an entry waits for nothing": {
			business(`{"name": "x", "business": ["complaint"], ` + reason + `}`),
			"rules: business[0]: ", "nothing says what the case waits for",
		},
		"a date where none is": {
			business(`{"name": "x", "business": ["complaint"], "after_promise_days": 3, ` + reason + `}`),
			"rules: business[0].after_promise_days: ", "only a promise has a date",
		},
		"no last row": {
			`"business": [{"name": "x", "business": ["complaint"], "hold": true, ` + reason + `}]`,
			"rules: business: ", "the last row must have no condition",
		},
		"an entry's row never reached": {
			`"business": [` + last + `, {"name": "x", "business": ["complaint"], "hold": true, ` + reason + `}]`,
			"rules: business[1]: ", `"x" is never reached`,
		},
		"spoilt by an entry, not held": {
			business(`{"name": "x", "business": ["wrong_number"], "days": 1, "spoils_number": true, ` + reason + `}`),
			"rules: business[0].spoils_number: ", "write hold too",
		},

		"points for nothing": {priorities(`{"name": "x", ` + reason + `}`), "rules: priorities[0].points: ", "0 changes nothing"},
		"too many points":    {priorities(`{"name": "x", "points": 50, ` + reason + `}`), "rules: priorities[0].points: ", "write -49 to 49"},
		"an unknown cause": {
			priorities(`{"name": "x", "causes": ["weather"], "points": 1, ` + reason + `}`),
			"rules: priorities[0].causes: ", `"weather" is not known`,
		},
		"an unknown promise": {
			priorities(`{"name": "x", "promise": ["maybe"], "points": 1, ` + reason + `}`),
			"rules: priorities[0].promise: ", `"maybe" is not known`,
		},
		"negative yen": {
			priorities(`{"name": "x", "yen_at_least": -1, "points": 1, ` + reason + `}`),
			"rules: priorities[0].yen_at_least: ", "write 0 or more",
		},
		"a balance nobody has": {
			priorities(`{"name": "x", "yen_at_least": 5, "yen_below": 5, "points": 1, ` + reason + `}`),
			"rules: priorities[0].yen_below: ", "never reached",
		},
		"a number of calls of none": {
			priorities(`{"name": "x", "tries_at_least": 5, "tries_below": 2, "points": 1, ` + reason + `}`),
			"rules: priorities[0].tries_below: ", "never reached",
		},

		"a seat on no day":            {`"seats": {"3 December": {"desk1": ["zh"]}}`, "rules: seats.3 December: ", "write YYYY-MM-DD"},
		"a language nobody waits for": {`"seats": {"2026-12-03": {"desk1": ["klingon"]}}`, "rules: seats.2026-12-03.desk1: ", "write one of [en zh vi]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseRules(ruleFile(c.sections))
			if err == nil {
				t.Fatal("taken")
			}
			line := lineWith(err, c.key)
			if line == "" || !strings.Contains(line, c.remedy) {
				t.Errorf("got %v\nwant %s…%s", err, c.key, c.remedy)
			}
			if _, ok := errors.AsType[*dialer.RuleError](err); !ok {
				t.Errorf("it is no RuleError: %T", err)
			}
		})
	}
	if _, err := ParseRules([]byte(`[]`)); err == nil {
		t.Error("a list for a file")
	}
}

func lineWith(err error, key string) string {
	lines := strings.Split(err.Error(), "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, key) }); i >= 0 {
		return lines[i]
	}
	return ""
}

// TestWaitsAreBounded: no rule has a case wait for longer than a year, in any key that says how long; what is decided at the bound has a year that JSON can write.
func TestWaitsAreBounded(t *testing.T) {
	const reason = `"why": "理由", "why_en": "a reason"`
	rest := `"results": ["no_answer", "busy", "unallocated", "number_changed", "out_of_reach", "bad_number", "refused", "line_trouble", "cancelled", "interrupted"]`
	days, minutes := strconv.Itoa(dialer.MostWaitDays), strconv.Itoa(dialer.MostWaitMinutes)
	for _, c := range []struct{ key, most, sections string }{
		{"numbers.after_spoiled_minutes", minutes, `"numbers": {"after_spoiled_minutes": N}`},
		{"mine.grace_minutes", minutes, `"mine": {"grace_minutes": N}`},
		{"connections[0].after_minutes", minutes, `"connections": [{"name": "x", ` + rest + `, "after_minutes": N, ` + reason + `}]`},
		{"business[0].after_minutes", minutes, `"business": [{"name": "x", "after_minutes": N, ` + reason + `}]`},
		{"business[0].days", days, `"business": [{"name": "x", "days": N, ` + reason + `}]`},
		{
			"business[0].after_promise_days", days,
			`"business": [{"name": "p", "business": ["promise"], "after_promise_days": N, ` + reason + `}, {"name": "x", "hold": true, ` + reason + `}]`,
		},
		{"promises.kept.days", days, `"promises": {"kept": {"hold": false, "days": N}}`},
		{"promises.partly.days", days, `"promises": {"partly": {"hold": false, "days": N}}`},
		{"promises.broken.days", days, `"promises": {"broken": {"hold": false, "days": N}}`},
	} {
		with := func(n string) []byte { return ruleFile(strings.ReplaceAll(c.sections, "N", n)) }
		most, err := ParseRules(with(c.most))
		if err != nil {
			t.Errorf("%s at the most: %v", c.key, err)
		}
		for _, n := range []string{"527041", "5000000", "1000000000", "9223372036854775807"} {
			_, err := ParseRules(with(n))
			if line := lineWith(err, "rules: "+c.key+": "); !strings.Contains(line, n+" is out of range; write 0 to "+c.most) {
				t.Errorf("%s of %s: %v", c.key, n, err)
			}
			kept, shortened, err := ParseKept(with(n))
			if err != nil || len(shortened) != 1 || lineWith(shortened[0], "rules: "+c.key+": ") == "" || !reflect.DeepEqual(kept, most) {
				t.Errorf("%s of %s, kept: %v %v", c.key, n, shortened, err)
			}
		}
		if _, shortened, err := ParseKept(with(c.most)); err != nil || len(shortened) > 0 {
			t.Errorf("%s at the most, kept: %v %v", c.key, shortened, err)
		}
	}
}

// Several mistakes are told together.
func TestAllMistakesAreTold(t *testing.T) {
	_, err := ParseRules(ruleFile(`"caps": {"per_day": 11, "per_month": 9}, "mine": {"grace_minutes": -1}`))
	for _, key := range []string{"rules: caps.per_day: ", "rules: caps.per_week: ", "rules: mine.grace_minutes: "} {
		if lineWith(err, key) == "" {
			t.Errorf("%s is not named: %v", key, err)
		}
	}
}

func TestRulesAgreeWithTheCentre(t *testing.T) {
	hours := dialer.Hours{Week: dialer.WardHours()}
	desks := []dialer.DeskID{"desk1", "desk2"}
	if err := DefaultRules().Agree(hours, desks); err != nil {
		t.Errorf("the built-in rules: %v", err)
	}
	for name, c := range map[string]struct{ sections, key, remedy string }{
		"a gap longer than any day":  {`"number": {"ring_gap_minutes": 480}`, "rules: number.ring_gap_minutes: ", "the longest open day (480 min)"},
		"rings in bands never open":  {`"bands": ["00:00", "06:00", "08:00", "19:00"]`, "rules: number.rings_per_day: ", "never open in more than 1"},
		"a desk that there is not":   {`"seats": {"2026-12-03": {"desk9": ["zh"]}}`, "rules: seats.2026-12-03.desk9: ", "there is no such desk"},
		"a gap that would fit a day": {`"number": {"ring_gap_minutes": 479}`, "", ""},
	} {
		r, err := ParseRules(ruleFile(c.sections))
		if err != nil {
			t.Fatal(name, err)
		}
		err = r.Agree(hours, desks)
		if c.key == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(lineWith(err, c.key), c.remedy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := DefaultRules()
	r.Seats.Usual = map[dialer.DeskID][]string{"desk1": {"zh"}}
	if got := r.Seats.Unspoken([]string{"en", "zh", "ja", "vi"}); !slices.Equal(got, []string{"en", "vi"}) {
		t.Errorf("unspoken: %v", got)
	}
}

// No text that is handed in as rules makes the program fall over; what is taken can be applied.
func FuzzParseRules(f *testing.F) {
	f.Add(dialer.DefaultRulesFile())
	f.Add(ruleFile(`"caps": {"per_day": 1}, "bands": ["00:00", "12:00"]`))
	f.Add(ruleFile(`"seats": {"2026-12-03": {"desk1": ["zh"]}}`))
	f.Add(ruleFile(`"business": [{"name": "x", "days": 5000000, "why": "x", "why_en": "x"}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if !json.Valid(file) {
			return
		}
		r, err := ParseRules(file)
		if err != nil {
			return
		}
		now := jst(24, 10, 0)
		for _, result := range dialer.Results {
			if result == dialer.Answered || result == dialer.NotDialled {
				continue
			}
			next, _ := r.NextFor(dialer.Verdict{Result: result, Confidence: dialer.Low}, nil, dialer.Situation{Now: now, Hours: wardHours()})
			if next.State != dialer.CaseHeld && next.State != dialer.CaseWaiting || next.Why == "" || !dialer.IsPlausible(next.Due) {
				t.Fatalf("%s: %+v", result, next)
			}
		}
		if next, _ := r.NextAfter(Entry{Party: Self}, answered, Situation{Now: now, Hours: wardHours()}); next.State == "" || next.Why == "" || !dialer.IsPlausible(next.Due) {
			t.Fatalf("%+v", next)
		}
	})
}

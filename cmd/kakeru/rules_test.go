package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// rulesOf makes the rules of a file, in a centre with two desks of which one speaks Chinese.
func rulesOf(t *testing.T, file string, change func(*configs.Settings)) (configs.Settings, error) {
	t.Helper()
	s := configs.Default()
	s.SIP.Desks = []configs.Desk{{ID: "desk1"}, {ID: "desk2", Languages: []string{"zh"}}}
	if file != "" {
		s.Queue.RulesFile = filepath.Join(t.TempDir(), "rules.yaml")
		if err := os.WriteFile(s.Queue.RulesFile, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(&s)
	}
	open, err := hours(s.Centre)
	if err != nil {
		t.Fatal(err)
	}
	_, err = queueRules(s, open)
	return s, err
}

func TestRulesOfTheSettingsAndTheirFile(t *testing.T) {
	s, err := rulesOf(t, "caps: {per_day: 2}\n", func(s *configs.Settings) { s.Numbers.RingGap = 90 * time.Minute })
	if err != nil {
		t.Fatal(err)
	}
	open, _ := hours(s.Centre)
	rules, err := queueRules(s, open)
	if err != nil || rules.Caps.PerDay != 2 || rules.Number.RingGap != 90*time.Minute || rules.Number.Bands == nil {
		t.Errorf("%+v %+v, %v", rules.Caps, rules.Number, err)
	}
	if day := dialer.DateOf(time.Now()); !rules.Seats.Spoken("zh", day) || rules.Seats.Spoken("vi", day) {
		t.Errorf("seats %+v", rules.Seats)
	}
	if s, err = rulesOf(t, "number: {rings_per_day: 1}\n", nil); err != nil {
		t.Fatal(err)
	}
	if rules, err = queueRules(s, open); err != nil || rules.Number.RingsPerDay != 1 || rules.Number.RingGap != time.Hour {
		t.Errorf("%+v, %v", rules.Number, err)
	}
	if free := lifted(rules); !free.Number.Off || free.Caps.PerDay+free.Caps.PerWeek+free.Caps.PerMonth != 0 {
		t.Errorf("lifted: %+v", free.Caps)
	}
}

// A server with rules that cannot work does not start, and the doctor says why.
// The settings name the ways in which a person can be known as the cases do.
func TestIdentifiersAreTheSame(t *testing.T) {
	known := identity(configs.Identity{Allowed: configs.Identifiers}).Allowed
	if !slices.Equal(known, casework.Identifiers) {
		t.Errorf("the settings know %v, the cases %v", known, casework.Identifiers)
	}
}

func TestBadRulesStopTheStart(t *testing.T) {
	for name, c := range map[string]struct {
		file   string
		change func(*configs.Settings)
		says   string
	}{
		"no file":               {"", func(s *configs.Settings) { s.Queue.RulesFile = "/nowhere/rules.yaml" }, "settings: queue.rules_file: there is no file /nowhere/rules.yaml"},
		"an unknown key":        {"caps: {per_hour: 1}\n", nil, "rules: caps.per_hour: there is no such key"},
		"a negative delay":      {"mine: {grace_minutes: -1}\n", nil, "rules: mine.grace_minutes: -1 is negative; write 0 or more"},
		"a contradiction":       {"caps: {per_day: 9, per_week: 3}\n", nil, "rules: caps.per_day: 9 a day is more than the 3 of a week"},
		"a desk there is not":   {"seats: {\"2026-12-03\": {desk7: [zh]}}\n", nil, "rules: seats.2026-12-03.desk7: there is no such desk"},
		"the number rule twice": {"number: {rings_per_day: 1}\n", func(s *configs.Settings) { s.Numbers.BusyPerDay = 2 }, "rules: number: the settings have numbers too"},
		"a gap that no day has": {"", func(s *configs.Settings) { s.Numbers.RingGap = 9 * time.Hour }, "settings: numbers.ring_gap: 2 rings a day so far apart"},
		"rings that no day has": {"bands: [\"00:00\"]\nnumber: {other_band: true}\n", nil, "rules: number.rings_per_day: "},
	} {
		s, err := rulesOf(t, c.file, c.change)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := checkRules(t.Context(), s)
		if len(found) != 1 || found[0].grade != major || !strings.Contains(found[0].says, c.says) || found[0].todo == "" {
			t.Errorf("%s: the doctor says %+v", name, found)
		}
	}
	s, err := rulesOf(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if found := checkRules(t.Context(), s); len(found) != 1 || found[0].grade != minor || !strings.Contains(found[0].says, "en, vi") {
		t.Errorf("two languages that nobody speaks: %+v", found)
	}
	s.SIP.Desks[0].Languages = []string{"en", "vi"}
	if found := checkRules(t.Context(), s); len(found) != 1 || found[0].grade != fine {
		t.Errorf("all languages: %+v", found)
	}
}

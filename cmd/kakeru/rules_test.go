package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/settings"
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
	_, _, err = queueRules(s, open)
	return s, err
}

func TestRulesOfTheSettingsAndTheirFile(t *testing.T) {
	s, err := rulesOf(t, "caps: {per_day: 2}\n", func(s *configs.Settings) { s.Numbers.RingGap = 90 * time.Minute })
	if err != nil {
		t.Fatal(err)
	}
	open, _ := hours(s.Centre)
	rules, _, err := queueRules(s, open)
	if err != nil || rules.Caps.PerDay != 2 || rules.Number.RingGap != 90*time.Minute || rules.Number.Bands == nil {
		t.Errorf("%+v %+v, %v", rules.Caps, rules.Number, err)
	}
	if day := dialer.DateOf(time.Now()); !rules.Seats.Spoken("zh", day) || rules.Seats.Spoken("vi", day) {
		t.Errorf("seats %+v", rules.Seats)
	}
	if s, err = rulesOf(t, "number: {rings_per_day: 1}\n", nil); err != nil {
		t.Fatal(err)
	}
	if rules, _, err = queueRules(s, open); err != nil || rules.Number.RingsPerDay != 1 || rules.Number.RingGap != time.Hour {
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

// TestKeptRulesThatWaitForAgesHoldAtTheMost: rules that the panel took while no wait was bounded neither keep the server from starting nor hold as they stand; the
// log says which, other settings can be changed, and they cannot be set so again.
func TestKeptRulesThatWaitForAgesHoldAtTheMost(t *testing.T) {
	s, err := rulesOf(t, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	text := "mine: {grace_minutes: 9223372036854775807}\npromises: {kept: {hold: false, days: 5000000}}\n"
	l, err := newLive(s)
	if err != nil {
		t.Fatal(err)
	}
	values := settings.Values{rulesKey: textValue(text), historyKey: json.RawMessage("true")}
	if err := l.judge(values); err != nil {
		t.Fatal(err)
	}
	l.take(values)
	if r := l.rules(); r.Mine.GraceMinutes != dialer.MostWaitMinutes || r.Promises.Kept.Days != dialer.MostWaitDays || !l.needHistory() {
		t.Errorf("%+v %+v", r.Mine, r.Promises.Kept)
	}
	var log bytes.Buffer
	(&app{live: l, log: slog.New(slog.NewTextHandler(&log, nil))}).saysShortened()
	trouble := checkRulesText(text)
	for _, key := range []string{"mine.grace_minutes", "promises.kept.days"} {
		if !strings.Contains(log.String(), key) || trouble == nil || !strings.Contains(trouble.EN, key) || !strings.Contains(trouble.JA, key) {
			t.Errorf("%s: the log says %s, the panel %+v", key, &log, trouble)
		}
	}
	if err := l.judge(settings.Values{rulesKey: textValue("mine: {grace_minutes: -1}\n")}); err == nil {
		t.Error("other mistakes are taken too")
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
		"a wait of ages":        {"mine: {grace_minutes: 9223372036854775807}\n", nil, "rules: mine.grace_minutes: 9223372036854775807 is out of range; write 0 to 527040"},
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

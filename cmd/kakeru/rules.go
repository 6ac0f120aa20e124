package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// errTwoNumberRules is told when the number rule stands in two places that would have to agree.
var errTwoNumberRules = errors.New("rules: number: the settings have numbers too; take numbers out of the settings, or number out of the rules")

// queueRules makes the queue's rules of their file (the built-in ones when there is none), the settings' number rule and the
// languages of the desks, and checks that all of it goes together. shortened are the waits of the panel's that were taken before they were bounded: whoever
// updates has no editor for those but the panel, and so a server that starts. A file is refused, as for every other mistake.
func queueRules(s configs.Settings, open dialer.Hours) (rules casework.Rules, shortened []error, err error) {
	rules = casework.DefaultRules()
	numbers := true
	file, of, err := rulesSource(s.Queue)
	if err != nil {
		return casework.Rules{}, nil, err
	}
	if file != nil {
		if s.Queue.RulesText != nil {
			rules, shortened, err = casework.ParseKept(file)
		} else {
			rules, err = casework.ParseRules(file)
		}
		if err != nil {
			return casework.Rules{}, nil, fmt.Errorf("%s: %w", of, err)
		}
		if numbers = !hasSection(file, "number"); !numbers && s.Numbers != configs.Default().Numbers {
			return casework.Rules{}, nil, errTwoNumberRules
		}
	}
	if n := s.Numbers; numbers {
		rules.Number.RingsPerDay, rules.Number.RingGap, rules.Number.OtherBand = n.RingsPerDay, n.RingGap, n.OtherBand
		rules.Number.BusyPerDay, rules.Number.BusyGap = n.BusyPerDay, n.BusyGap
	}
	rules.Seats.Usual = map[dialer.DeskID][]string{}
	desks := make([]dialer.DeskID, 0, len(s.SIP.Desks))
	for _, d := range s.SIP.Desks {
		desks = append(desks, dialer.DeskID(d.ID))
		rules.Seats.Usual[dialer.DeskID(d.ID)] = d.Languages
	}
	err = rules.Agree(open, desks)
	if numbers && err != nil { // say it by the names that the settings have for it
		err = errors.New(strings.NewReplacer(
			"rules: number.ring_gap_minutes", "settings: numbers.ring_gap", "rings_per_day: 1", "numbers.rings_per_day: 1",
			"rules: number.rings_per_day", "settings: numbers.rings_per_day", "other_band: false", "numbers.other_band: false",
		).Replace(err.Error()))
	}
	return rules, shortened, err
}

// rulesSource is what the queue's rules are written in, as JSON, and what that is called; nil for the built-in rules.
func rulesSource(q configs.Queue) (file []byte, of string, err error) {
	switch {
	case q.RulesText != nil && strings.TrimSpace(*q.RulesText) == "":
		return nil, "", nil
	case q.RulesText != nil:
		file, err = configs.RulesJSON([]byte(*q.RulesText))
		return file, "the rules that were set in the panel", err
	case q.RulesFile != "":
		file, err = configs.ReadRules(q.RulesFile)
		return file, "settings: queue.rules_file: " + q.RulesFile, err
	default:
		return nil, "", nil
	}
}

func hasSection(file []byte, name string) bool {
	var sections map[string]json.RawMessage
	return json.Unmarshal(file, &sections) == nil && sections[name] != nil
}

// lifted are the rules without what keeps a case from being called again at once: for benchmarks, whose calls all go to a lab.
func lifted(r casework.Rules) casework.Rules {
	r.Number.Off, r.Caps = true, dialer.Caps{Reason: r.Caps.Reason}
	return r
}

// centreLanguages are those the specification wants the centre to call in, besides Japanese.
var centreLanguages = []string{"en", "zh", "vi"}

// checkRules reads the queue's rules as a start would.
func checkRules(_ context.Context, s configs.Settings) []finding {
	open, err := hours(s.Centre)
	if err != nil {
		return []finding{{major, "rules", oneLine(err), "correct centre"}}
	}
	rules, _, err := queueRules(s, open)
	if err != nil {
		return []finding{{major, "rules", oneLine(err), "correct queue.rules_file; docs/rules.md has what may stand there"}}
	}
	if silent := rules.Seats.Unspoken(centreLanguages); len(silent) > 0 {
		return []finding{{
			minor, "rules", "nobody ever speaks " + strings.Join(silent, ", ") + ": cases that need it come to any desk",
			"write languages at a desk of sip.desks, or seats in queue.rules_file",
		}}
	}
	return []finding{{fine, "rules", "agree with each other, the hours and the desks", ""}}
}

// identity is what the settings ask to be known of who is on the telephone.
func identity(s configs.Identity) casework.Identity {
	out := casework.Identity{Needed: s.Needed}
	for _, word := range s.Allowed {
		out.Allowed = append(out.Allowed, casework.Identifier(word))
	}
	return out
}

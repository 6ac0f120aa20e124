package dialer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RuleError is what is wrong in a file of rules: where, and what to write instead.
type RuleError struct {
	Key    string
	Says   string
	SaysJA string
}

func (e *RuleError) Error() string { return "rules: " + e.Key + ": " + e.Says }

// Mistake is a RuleError. The Japanese words are those that go with the format.
func Mistake(key, format string, args ...any) error {
	return &RuleError{Key: key, Says: fmt.Sprintf(format, args...), SaysJA: fmt.Sprintf(rulesInJapanese[format], args...)}
}

// ParseRules reads the engine's sections as ReadRules does. Rules that cannot work or contradict each other are refused too, each a *RuleError.
func ParseRules(sections map[string]json.RawMessage, base Rules) (Rules, error) {
	r, err := ReadRules(sections, base)
	if err != nil {
		return Rules{}, err
	}
	return r, r.Check()
}

// ReadRules reads the engine's sections of a file of rules, taking from sections what it has read, so that what is left is
// for others. A section that is not there stays as in base. A misspelt key and a value of the wrong kind are refused, each a *RuleError;
// whether the rules can work Check says.
func ReadRules(sections map[string]json.RawMessage, base Rules) (Rules, error) {
	r := base
	var rows []json.RawMessage
	var starts []string
	number := sectionOf(base.Number)
	var seats map[string]map[DeskID][]string
	for _, s := range []struct {
		name string
		to   any
	}{
		{"bands", &starts}, {"number", &number}, {"caps", &r.Caps}, {"numbers", &r.Numbers}, {"mine", &r.Mine},
		{"connections", &rows}, {"seats", &seats},
	} {
		raw, ok := sections[s.name]
		if !ok {
			continue
		}
		delete(sections, s.name)
		if err := DecodeRules(s.name, raw, s.to); err != nil {
			return Rules{}, err
		}
	}
	var problems []error
	note := func(err error) { problems = append(problems, err) }
	var err error
	if starts != nil {
		r.Bands, err = parseBands(starts)
		note(err)
	}
	off := r.Number.Off
	r.Number = number.rule()
	r.Number.Off = off
	if rows != nil {
		r.Connections, err = parseConnections(rows)
		note(err)
	}
	if seats != nil {
		r.Seats, err = parseSeats(seats)
		note(err)
	}
	r.Number.Bands = r.Bands
	return r, errors.Join(problems...)
}

// numberSection is NumberRule as a file has it.
type numberSection struct {
	RingsPerDay    int  `json:"rings_per_day"`
	RingGapMinutes int  `json:"ring_gap_minutes"`
	OtherBand      bool `json:"other_band"`
	BusyPerDay     int  `json:"busy_per_day"`
	BusyGapMinutes int  `json:"busy_gap_minutes"`
	Reason
}

func sectionOf(r NumberRule) numberSection {
	return numberSection{
		RingsPerDay: r.RingsPerDay, RingGapMinutes: int(r.RingGap / time.Minute), OtherBand: r.OtherBand,
		BusyPerDay: r.BusyPerDay, BusyGapMinutes: int(r.BusyGap / time.Minute), Reason: r.Reason,
	}
}

func (n numberSection) rule() NumberRule {
	return NumberRule{
		RingsPerDay: n.RingsPerDay, RingGap: minutesOfADay(n.RingGapMinutes), OtherBand: n.OtherBand,
		BusyPerDay: n.BusyPerDay, BusyGap: minutesOfADay(n.BusyGapMinutes), Reason: n.Reason,
	}
}

// minutesOfADay are so many minutes; more than a day, or less than nothing, stays wrong and does not run over into what is right.
func minutesOfADay(n int) time.Duration {
	return time.Duration(max(-1, min(n, dayMinutes))) * time.Minute
}

// crowded reports whether so many rings of one day, so far apart, do not fit into it.
func crowded(times int, gap time.Duration) bool {
	return times > 1 && gap > 0 && time.Duration(times-1) > (dayMinutes*time.Minute-1)/gap
}

func parseConnections(rows []json.RawMessage) ([]ConnectionRule, error) {
	out := make([]ConnectionRule, len(rows))
	for i, raw := range rows {
		if err := DecodeRules(fmt.Sprintf("connections[%d]", i), raw, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DecodeRules decodes one part of a file of rules, strictly; key says where it stands.
func DecodeRules(key string, raw json.RawMessage, to any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		if kind.Field != "" {
			key += "." + kind.Field
		}
		return Mistake(key, "a %s stands where a %s belongs", kind.Value, wordOfKind(kind.Type.Kind().String()))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Mistake(key+"."+strings.Trim(name, `"`), "there is no such key; docs/rules.md has the names")
	}
	return Mistake(key, "%v", err)
}

// wordOfKind says the kind of a value in the words of a file.
func wordOfKind(kind string) string {
	switch kind {
	case "int", "int64", "float64":
		return "number"
	case "bool":
		return "true or false"
	case "slice":
		return "list"
	case "map", "struct":
		return "table"
	}
	return kind
}

// Check refuses rules that cannot work. What is wrong in several places is told of all of them.
func (r Rules) Check() error {
	p := ruleProblems(Beyond(WaitsOf(&r)))
	p.reason("number", r.Number.Reason)
	p.reason("caps", r.Caps.Reason)
	p.reason("numbers", r.Numbers.Reason)
	p.reason("mine", r.Mine.Reason)
	r.checkNumber(&p)
	r.checkCaps(&p)
	p.least("numbers.rotate_after", r.Numbers.RotateAfter, 1)
	p.least("numbers.after_spoiled_minutes", r.Numbers.AfterSpoiledMinutes, 0)
	p.least("mine.grace_minutes", r.Mine.GraceMinutes, 0)
	r.checkConnections(&p)
	return errors.Join(p...)
}

func (r Rules) checkNumber(p *ruleProblems) {
	n := r.Number
	p.least("number.rings_per_day", n.RingsPerDay, 1)
	p.least("number.busy_per_day", n.BusyPerDay, 1)
	p.least("number.ring_gap_minutes", int(n.RingGap/time.Minute), 0)
	p.least("number.busy_gap_minutes", int(n.BusyGap/time.Minute), 0)
	switch bands := len(r.Bands) - 1; {
	case n.OtherBand && n.RingsPerDay > bands:
		p.addf("number.rings_per_day", "%d rings in different parts of a day that has %d; write fewer, or more bands, or other_band: false", n.RingsPerDay, bands)
	case crowded(n.RingsPerDay, n.RingGap):
		p.addf("number.ring_gap_minutes", "%d rings of a day, %s apart, do not fit into one; write a shorter gap", n.RingsPerDay, n.RingGap)
	case crowded(n.BusyPerDay, n.BusyGap):
		p.addf("number.busy_gap_minutes", "%d tries of a day, %s apart, do not fit into one; write a shorter gap", n.BusyPerDay, n.BusyGap)
	}
}

func (r Rules) checkCaps(p *ruleProblems) {
	c := r.Caps
	p.least("caps.per_day", c.PerDay, 0)
	p.least("caps.per_week", c.PerWeek, 0)
	p.least("caps.per_month", c.PerMonth, 0)
	if c.PerWeek > 0 && c.PerDay > c.PerWeek {
		p.addf("caps.per_day", "%d a day is more than the %d of a week; write less", c.PerDay, c.PerWeek)
	}
	if c.PerMonth > 0 && c.PerWeek > c.PerMonth {
		p.addf("caps.per_week", "%d a week is more than the %d of a month; write less", c.PerWeek, c.PerMonth)
	}
	if c.PerMonth > 0 && c.PerDay > c.PerMonth {
		p.addf("caps.per_day", "%d a day is more than the %d of a month; write less", c.PerDay, c.PerMonth)
	}
}

func (r Rules) checkConnections(p *ruleProblems) {
	names := map[string]bool{}
	for i, c := range r.Connections {
		key := fmt.Sprintf("connections[%d]", i)
		p.name(key, c.Name, names)
		if len(c.Results) == 0 {
			p.addf(key+".results", "there is none; write which results the row is for")
		}
		c.checkWords(p, key)
		c.check(p, key)
		for j, before := range r.Connections[:i] {
			if before.covers(c) {
				p.addf(key, "%q is never reached: connections[%d] (%s) takes all of it; take one of them out, or change their order", c.Name, j, before.Name)
				break
			}
		}
	}
	for _, result := range Results {
		if result == Answered || result == NotDialled {
			continue
		}
		if !slices.ContainsFunc(r.Connections, func(c ConnectionRule) bool {
			return slices.Contains(c.Results, result) && len(c.Confidence) == 0 && c.Counted == nil
		}) {
			p.addf("connections", "no row says what follows %s whatever its confidence; add one with results: [%q]", result, result)
		}
	}
}

// checkWords refuses results and confidences that there are not, or that nothing follows.
func (c ConnectionRule) checkWords(p *ruleProblems, key string) {
	for _, result := range c.Results {
		switch {
		case !slices.Contains(Results, result):
			p.addf(key+".results", "unknown result %q; use one of %v", result, Results)
		case result == Answered || result == NotDialled:
			p.addf(key+".results", "nothing follows %s by this table: a talk waits for its entry, and what was not dialled stays where it stood", result)
		}
	}
	for _, sure := range c.Confidence {
		if sure != High && sure != Medium && sure != Low {
			p.addf(key+".confidence", "unknown confidence %q; use high, medium or low", sure)
		}
	}
}

// covers reports whether no verdict that matches other comes past c.
func (c ConnectionRule) covers(other ConnectionRule) bool {
	for _, result := range other.Results {
		if !slices.Contains(c.Results, result) {
			return false
		}
	}
	for _, sure := range []Confidence{High, Medium, Low} {
		takes := len(c.Confidence) == 0 || slices.Contains(c.Confidence, sure)
		if !takes && (len(other.Confidence) == 0 || slices.Contains(other.Confidence, sure)) {
			return false
		}
	}
	return c.Counted == nil || other.Counted != nil && *c.Counted == *other.Counted
}

// check refuses a wait that contradicts itself.
func (n NextRule) check(p *ruleProblems, key string) {
	p.reason(key, n.Reason)
	p.least(key+".after_minutes", n.AfterMinutes, 0)
	p.least(key+".hold_after", n.HoldAfter, 0)
	p.least(key+".most_per_day", n.MostPerDay, 0)
	waits := n.AfterMinutes > 0 || n.NextDay || n.OtherBand
	switch {
	case n.Hold && (waits || n.MostPerDay > 0):
		p.addf(key+".hold", "a case cannot be held and wait for a time as well; take out hold, or the wait")
	case n.Hold && n.HoldAfter > 0:
		p.addf(key+".hold_after", "hold holds the case the first time already; take out one of the two")
	case n.AfterMinutes > 0 && n.NextDay:
		p.addf(key+".next_day", "a case waits for minutes or for another day, not both; take out after_minutes or next_day")
	case !n.Hold && !waits:
		p.addf(key, "nothing says what the case waits for; write after_minutes, next_day, other_band or hold")
	case n.SpoilsNumber && !n.Hold && n.HoldAfter == 0:
		p.addf(key+".spoils_number", "a number is spoilt where its case would be held; write hold or hold_after too")
	}
}

// ruleProblems collects what is wrong.
type ruleProblems []error

func (p *ruleProblems) addf(key, format string, args ...any) {
	*p = append(*p, Mistake(key, format, args...))
}

func (p *ruleProblems) least(key string, n, low int) {
	switch {
	case n >= low:
	case n < 0:
		p.addf(key, "%d is negative; write %d or more", n, low)
	default:
		p.addf(key, "%d; write %d or more", n, low)
	}
}

func (p *ruleProblems) reason(key string, r Reason) {
	if r.JA == "" || r.EN == "" {
		p.addf(key+".why", "the reason is missing; write why and why_en, one sentence each, for the panel")
	}
}

func (p *ruleProblems) name(key, name string, seen map[string]bool) {
	switch {
	case name == "":
		p.addf(key+".name", "is missing; write a name of its own for the row")
	case seen[name]:
		p.addf(key+".name", "%q is there twice; give each row a name of its own", name)
	}
	seen[name] = true
}

package dialer

import (
	_ "embed"
	"encoding/json"
	"slices"
)

// Reason is why something is so: one sentence in each language, without personal data.
type Reason struct {
	JA string `json:"why"`
	EN string `json:"why_en"`
}

// Rules are the queue's rules, as far as the engine applies them: data, each row with its reason. What is made of an
// operator's entry, and which case comes before which, is casework's part of the same file (casework.Rules).
type Rules struct {
	Bands       DayBands
	Number      NumberRule
	Caps        Caps
	Numbers     NumberOrder
	Mine        MineRule
	Connections []ConnectionRule
	Seats       Seats
	// Advice, when there is any, chooses the hour among those that the rules allow. Nil takes the earliest.
	Advice HourAdvice
}

// Caps bound how often one case is called, at all its numbers: attempts that count, and calls noted by hand; 0 is no bound.
type Caps struct {
	PerDay   int `json:"per_day"`
	PerWeek  int `json:"per_week"` // from Monday on
	PerMonth int `json:"per_month"`
	Reason
}

// NumberOrder says which of a case's numbers is dialled.
type NumberOrder struct {
	// RotateAfter is how many tries in a row may reach nobody at a number before the next one has its turn.
	RotateAfter int `json:"rotate_after"`
	// AfterSpoiledMinutes is how long a case waits whose number proved useless, when it has another.
	AfterSpoiledMinutes int `json:"after_spoiled_minutes"`
	Reason
}

// MineRule is about calls that one operator has promised to make in person.
type MineRule struct {
	// GraceMinutes is how long after its time such a call is kept for that operator; then anyone may make it.
	GraceMinutes int `json:"grace_minutes"`
	Reason
}

// ConnectionRule is one row of the table that says when a case is called again after a connection result. Empty conditions
// match anything; the first row that matches decides.
type ConnectionRule struct {
	Name       string       `json:"name"`
	Results    []Result     `json:"results"`
	Confidence []Confidence `json:"confidence,omitempty"`
	Counted    *bool        `json:"counted,omitempty"`
	NextRule
}

// NextRule says when a case is called again.
type NextRule struct {
	AfterMinutes int  `json:"after_minutes,omitempty"`
	NextDay      bool `json:"next_day,omitempty"`
	OtherBand    bool `json:"other_band,omitempty"` // not in the same part of the same day
	Hold         bool `json:"hold,omitempty"`       // a supervisor decides
	// HoldAfter holds the case once so many tries at the number had this result, this one included; 0 is never.
	HoldAfter int `json:"hold_after,omitempty"`
	// MostPerDay is how many tries at the number may have this result in a day; after that it waits for another. 0 is no bound.
	MostPerDay int `json:"most_per_day,omitempty"`
	// SpoilsNumber makes the number useless where the case would be held: with another number it is called there instead.
	SpoilsNumber bool `json:"spoils_number,omitempty"`
	Reason
}

func (c ConnectionRule) matches(v Verdict) bool {
	return slices.Contains(c.Results, v.Result) && (len(c.Confidence) == 0 || slices.Contains(c.Confidence, v.Confidence)) &&
		is(c.Counted, v.Counted)
}

// After returns the rule for what follows a verdict.
func (r Rules) After(v Verdict) NextRule {
	for _, c := range r.Connections {
		if c.matches(v) {
			return c.NextRule
		}
	}
	// Rules that ParseRules took leave no result out.
	return NextRule{Hold: true, Reason: Reason{"この結果のあとの決まりがないため、スーパーバイザーの判断待ちです", "no rule says what follows: a supervisor decides"}}
}

//go:embed rules.json
var defaultRules []byte

// DefaultRulesFile is the built-in file of rules, whole: the shape of one's own.
func DefaultRulesFile() []byte { return slices.Clone(defaultRules) }

// DefaultRules are those of DOMAIN.
func DefaultRules() Rules {
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(defaultRules, &sections); err != nil {
		panic("the built-in rules.json is broken: " + err.Error())
	}
	r, err := ParseRules(sections, Rules{})
	if err != nil {
		panic("the built-in rules.json is broken: " + err.Error())
	}
	return r
}

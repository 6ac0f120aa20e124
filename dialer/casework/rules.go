package casework

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kakeru/dialer"
)

// Rules are the queue's rules, whole: the engine's, what follows an operator's entry, and which case comes before which.
type Rules struct {
	dialer.Rules
	Business   []NextRow
	Priorities []PriorityRow
	Promises   PromiseRules
}

// DefaultRules are those of DOMAIN, and of docs/decisions/0020 and 0017.
func DefaultRules() Rules {
	r, err := ParseRules(dialer.DefaultRulesFile())
	if err != nil {
		panic("the built-in rules.json is broken: " + err.Error())
	}
	return r
}

// ParseRules reads a file of rules. A section that is left out keeps the built-in one. It refuses what is misspelt, negative, longer than it may be,
// contradicts itself or is never reached: each mistake a *dialer.RuleError, with its key and what to write instead.
func ParseRules(file []byte) (Rules, error) {
	r, err := readRules(file)
	if err != nil {
		return Rules{}, err
	}
	return r, r.check()
}

// ParseKept reads rules that ParseRules took once, when no wait was bounded. Those that are longer than they may be now are as long as they may be, and each is
// named in shortened: nobody who updates is left without a server.
func ParseKept(file []byte) (r Rules, shortened []error, err error) {
	r, err = readRules(file)
	if err != nil {
		return Rules{}, nil, err
	}
	shortened = dialer.Shorten(append(dialer.WaitsOf(&r.Rules), entryWaits(&r)...))
	return r, shortened, r.check()
}

// readRules reads a file of rules, whether they can work or not.
func readRules(file []byte) (Rules, error) {
	var sections map[string]json.RawMessage
	if err := dialer.DecodeRules("file", file, &sections); err != nil {
		return Rules{}, err
	}
	var builtIn map[string]json.RawMessage
	if err := json.Unmarshal(dialer.DefaultRulesFile(), &builtIn); err != nil {
		return Rules{}, err
	}
	for name := range sections {
		if _, ok := builtIn[name]; !ok {
			return Rules{}, dialer.Mistake(name, "there is no such key; docs/rules.md has the names")
		}
	}
	var r Rules
	var err error
	if r.Rules, err = dialer.ReadRules(sections, dialer.DefaultRules()); err != nil {
		return Rules{}, err
	}
	if r.Business, err = rows[NextRow](sections, builtIn, "business"); err != nil {
		return Rules{}, err
	}
	if r.Priorities, err = rows[PriorityRow](sections, builtIn, "priorities"); err != nil {
		return Rules{}, err
	}
	r.Promises, err = promiseRules(sections, builtIn)
	return r, err
}

// entryWaits are those of a case after an entry, and once a promise has been settled.
func entryWaits(r *Rules) []dialer.Wait {
	out := []dialer.Wait{
		{Key: "promises.kept.days", N: &r.Promises.Kept.Days, Most: dialer.MostWaitDays},
		{Key: "promises.partly.days", N: &r.Promises.Partly.Days, Most: dialer.MostWaitDays},
		{Key: "promises.broken.days", N: &r.Promises.Broken.Days, Most: dialer.MostWaitDays},
	}
	for i := range r.Business {
		row, key := &r.Business[i], fmt.Sprintf("business[%d].", i)
		out = append(out,
			dialer.Wait{Key: key + "after_minutes", N: &row.AfterMinutes, Most: dialer.MostWaitMinutes},
			dialer.Wait{Key: key + "days", N: &row.Days, Most: dialer.MostWaitDays},
			dialer.Wait{Key: key + "after_promise_days", N: &row.AfterPromiseDays, Most: dialer.MostWaitDays})
	}
	return out
}

// rows reads one table, the built-in one where the file has none.
func rows[T any](file, builtIn map[string]json.RawMessage, section string) ([]T, error) {
	raw, ok := file[section]
	if !ok {
		raw = builtIn[section]
	}
	var list []json.RawMessage
	if err := dialer.DecodeRules(section, raw, &list); err != nil {
		return nil, err
	}
	out := make([]T, len(list))
	for i, raw := range list {
		if err := dialer.DecodeRules(fmt.Sprintf("%s[%d]", section, i), raw, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r Rules) check() error {
	p := ruleProblems(dialer.Beyond(entryWaits(&r)))
	checkBusiness(&p, r.Business)
	checkPriorities(&p, r.Priorities)
	r.Promises.check(&p)
	return errors.Join(r.Check(), errors.Join(p...))
}

func checkBusiness(p *ruleProblems, table []NextRow) {
	names := map[string]bool{}
	for i, row := range table {
		key := fmt.Sprintf("business[%d]", i)
		p.named(key, row.Name, names, row.Reason)
		unknown(p, key+".business", row.Business, Businesses)
		unknown(p, key+".party", row.Party, Parties)
		unknown(p, key+".results", row.Result, dialer.Results)
		row.check(p, key)
		for j, before := range table[:i] {
			if before.covers(row) {
				p.addf(key, "%q is never reached: business[%d] (%s) takes all of it; take one of them out, or change their order", row.Name, j, before.Name)
				break
			}
		}
	}
	if n := len(table); n == 0 || !table[n-1].matchesAll() {
		p.addf("business", "the last row must have no condition, so that every entry is decided")
	}
}

// check refuses a wait that contradicts itself.
func (r NextRow) check(p *ruleProblems, key string) {
	for name, n := range map[string]int{
		"after_minutes": r.AfterMinutes, "days": r.Days, "after_promise_days": r.AfterPromiseDays, "hold_after": r.HoldAfter,
	} {
		if n < 0 {
			p.addf(key+"."+name, "%d is negative; write 0 or more", n)
		}
	}
	waits := 0
	for _, on := range []bool{r.AfterMinutes > 0, r.Days > 0, r.AfterPromiseDays > 0, r.Asked} {
		if on {
			waits++
		}
	}
	switch {
	case r.Hold && (waits > 0 || r.OtherBand):
		p.addf(key+".hold", "a case cannot be held and wait for a time as well; take out hold, or the wait")
	case r.Hold && r.HoldAfter > 0:
		p.addf(key+".hold_after", "hold holds the case the first time already; take out one of the two")
	case waits > 1:
		p.addf(key, "a case waits for one thing; write one of asked, after_promise_days, days and after_minutes")
	case !r.Hold && waits == 0:
		p.addf(key, "nothing says what the case waits for; write asked, after_promise_days, days, after_minutes or hold")
	case r.AfterPromiseDays > 0 && !slices.Equal(r.Business, []Business{Promised}):
		p.addf(key+".after_promise_days", "only a promise has a date to wait for; write business: [%q]", Promised)
	case r.SpoilsNumber && !r.Hold:
		p.addf(key+".spoils_number", "a number is spoilt where its case would be held; write hold too")
	}
}

// covers reports whether no entry that matches other comes past r.
func (r NextRow) covers(other NextRow) bool {
	return (!r.Asked || other.Asked) && within(other.Business, r.Business) && within(other.Party, r.Party) && within(other.Result, r.Result)
}

// within reports whether a condition lets through no more than another; an empty one lets everything through.
func within[T comparable](narrow, wide []T) bool {
	if len(wide) == 0 {
		return true
	}
	return len(narrow) > 0 && !slices.ContainsFunc(narrow, func(x T) bool { return !slices.Contains(wide, x) })
}

func (r NextRow) matchesAll() bool {
	return len(r.Business) == 0 && len(r.Party) == 0 && len(r.Result) == 0 && !r.Asked
}

// ruleProblems collects what is wrong.
type ruleProblems []error

func (p *ruleProblems) addf(key, format string, args ...any) {
	*p = append(*p, dialer.Mistake(key, format, args...))
}

func (p *ruleProblems) named(key, name string, seen map[string]bool, why dialer.Reason) {
	switch {
	case name == "":
		p.addf(key+".name", "is missing; write a name of its own for the row")
	case seen[name]:
		p.addf(key+".name", "%q is there twice; give each row a name of its own", name)
	}
	seen[name] = true
	if why.JA == "" || why.EN == "" {
		p.addf(key+".why", "the reason is missing; write why and why_en, one sentence each, for the panel")
	}
}

func unknown[T ~string](p *ruleProblems, key string, have, known []T) {
	for _, x := range have {
		if !slices.Contains(known, x) {
			p.addf(key, "%q is not known; use one of %v", x, known)
		}
	}
}

package casework

import (
	"encoding/json"
	"fmt"
	"time"

	"kakeru/dialer"
)

// longestGrace is the longest grace that makes sense: a promise nobody looks at for longer is forgotten.
const longestGrace = 60

// PromiseRules say how long a promise is waited for, and what its case waits for once the paid lists have settled it.
type PromiseRules struct {
	GraceDays int           `json:"grace_days"`
	Kept      PromiseFollow `json:"kept"` // and something is still owed
	Partly    PromiseFollow `json:"partly"`
	Broken    PromiseFollow `json:"broken"`
}

// PromiseFollow is what a case waits for after a verdict: so many days from then, at the opening, or a decision.
type PromiseFollow struct {
	Hold bool `json:"hold,omitempty"`
	Days int  `json:"days,omitempty"`
	dialer.Reason
}

// MaybePaid is why a case is held whose payments cover all that is owed, until the ward's next list says what is.
var MaybePaid = dialer.Reason{
	JA: "消込リストの入金が滞納額に達しています。納付済の可能性があるため、次の名簿まで架電しません",
	EN: "payments cover all that is owed: perhaps paid, so nobody calls before the ward's next list",
}

// NotPaid is why such a case is called again.
var NotPaid = dialer.Reason{
	JA: "納付済の可能性で止めていましたが、滞納が残っているため再開しました",
	EN: "it was held as perhaps paid, but something is owed: it may be called again",
}

// AfterPromise says what a case waits for by how its newest promise stands. One that waited for an earlier verdict that was
// taken back waits for its promise again.
func (r Rules) AfterPromise(s Settled, now time.Time, hours dialer.Hours) (dialer.CaseNext, bool) {
	follow, cause := r.Promises.Broken, dialer.CauseBroken
	switch s.State {
	case PromiseKept:
		follow, cause = r.Promises.Kept, dialer.CauseKept
	case PromisePartly:
		follow = r.Promises.Partly
	case PromiseBroken:
	case PromiseOpen:
		return r.awaitPromise(s.Promise, now, hours)
	default:
		return dialer.CaseNext{}, false
	}
	next := dialer.CaseNext{State: dialer.CaseHeld, Cause: cause, Why: follow.JA, WhyEN: follow.EN}
	if !follow.Hold {
		next.State, next.Due = dialer.CaseWaiting, hours.NextOpen(now)
		if follow.Days > 0 {
			next.Due = hours.NextOpen(dialer.DateOf(now).At(follow.Days * 24 * 60))
		}
	}
	return next, true
}

// awaitPromise is how a case waits for a promise to be kept: by the row of the business results.
func (r Rules) awaitPromise(p Promise, now time.Time, hours dialer.Hours) (dialer.CaseNext, bool) {
	for _, row := range r.Business {
		if row.AfterPromiseDays > 0 {
			due := hours.NextOpen(row.due(Entry{Promise: &p}, now))
			return dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Cause: dialer.CausePromise, Why: row.JA, WhyEN: row.EN}, true
		}
	}
	return dialer.CaseNext{}, false
}

// promiseRules reads the section; what a file does not say stays as it is built in.
func promiseRules(file, builtIn map[string]json.RawMessage) (r PromiseRules, err error) {
	const section = "promises"
	if err := dialer.DecodeRules(section, builtIn[section], &r); err != nil {
		return r, err
	}
	if raw, ok := file[section]; ok {
		err = dialer.DecodeRules(section, raw, &r)
	}
	return r, err
}

func (r PromiseRules) check(p *ruleProblems) {
	if r.GraceDays < 0 || r.GraceDays > longestGrace {
		p.addf("promises.grace_days", "%d is out of range; write 0 to %d", r.GraceDays, longestGrace)
	}
	for _, f := range []struct {
		name string
		PromiseFollow
	}{{"kept", r.Kept}, {"partly", r.Partly}, {"broken", r.Broken}} {
		key := fmt.Sprintf("promises.%s", f.name)
		switch {
		case f.Days < 0:
			p.addf(key+".days", "%d is negative; write 0 or more", f.Days)
		case f.Hold && f.Days > 0:
			p.addf(key+".hold", "a case cannot be held and wait for a time as well; take out hold, or days")
		}
		if f.JA == "" || f.EN == "" {
			p.addf(key+".why", "the reason is missing; write why and why_en, one sentence each, for the panel")
		}
	}
}

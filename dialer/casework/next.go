package casework

import (
	"slices"
	"time"

	"kakeru/dialer"
)

// NextRow is one line of the table that says what a case waits for after an entry. Empty conditions match anything; a
// list matches when any of its codes is there. The first row that matches decides: first what makes another call wrong, then
// what the debtor asked for, then what the ward must do, then promises and payments, then the rest.
// docs/decisions/0020-what-a-case-waits-for.md says why.
type NextRow struct {
	Name     string          `json:"name"`
	Business []Business      `json:"business,omitempty"`
	Party    []Party         `json:"party,omitempty"`
	Result   []dialer.Result `json:"results,omitempty"`
	// Asked is a row for entries with a time that the debtor asked for, and the case waits for that.
	Asked bool `json:"asked,omitempty"`

	Hold             bool `json:"hold,omitempty"`               // a supervisor, or the ward, decides
	AfterPromiseDays int  `json:"after_promise_days,omitempty"` // from the promise's due date
	Days             int  `json:"days,omitempty"`               // from today, at the opening
	AfterMinutes     int  `json:"after_minutes,omitempty"`
	// OtherBand wants another part of the day than this call's, on whatever day it is.
	OtherBand bool `json:"other_band,omitempty"`
	// HoldAfter holds the case once so many of its entries matched the row, this one included; 0 is never.
	HoldAfter int `json:"hold_after,omitempty"`
	// SpoilsNumber makes the number useless: with another number the case is called there, instead of being held.
	SpoilsNumber bool `json:"spoils_number,omitempty"`
	dialer.Reason
}

// Situation is what is known when an entry is recorded.
type Situation struct {
	Now   time.Time
	Hours dialer.Hours
	By    dialer.UserID
	// Kind is that of the number that was called, OtherNumber whether the case has another that may be dialled.
	Kind        dialer.NumberKind
	OtherNumber bool
	// Stood is what the case waited for before.
	Stood dialer.CaseNext
	// Earlier are the entries on the case before this one.
	Earlier []Entry
}

// NextAfter says what the case waits for once an entry was recorded, about an attempt with verdict v. A waiting case is always
// due at an instant the centre is open. spoilt: the number is useless.
func (r Rules) NextAfter(e Entry, v dialer.Verdict, s Situation) (next dialer.CaseNext, spoilt bool) {
	for i, row := range r.Business {
		if !row.matches(e, v) {
			continue
		}
		next, spoilt = r.next(row, e, v, s)
		if spoilt && next.State == dialer.CaseWaiting { // the case has another number: unless what else was said keeps it from being called at all
			said := r.Business[i+1:]
			if also := slices.IndexFunc(said, func(row NextRow) bool { return len(row.Business) > 0 && row.Hold && row.matches(e, v) }); also >= 0 {
				next = said[also].held()
			}
		}
		return next, spoilt
	}
	// The last row of rules that ParseRules took has no condition.
	return dialer.CaseNext{
		State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: "次の予定を決められないため、スーパーバイザーの判断待ちです", WhyEN: "no rule says what follows: a supervisor decides",
	}, false
}

// held is what a case waits for by a row that holds it.
func (r NextRow) held() dialer.CaseNext {
	return dialer.CaseNext{State: dialer.CaseHeld, Cause: dialer.CauseEntry, Why: r.JA, WhyEN: r.EN}
}

func (r NextRow) matches(e Entry, v dialer.Verdict) bool {
	return (len(r.Business) == 0 || slices.ContainsFunc(r.Business, func(b Business) bool { return slices.Contains(e.Business, b) })) &&
		(len(r.Party) == 0 || slices.Contains(r.Party, e.Party)) &&
		(len(r.Result) == 0 || slices.Contains(r.Result, v.Result)) &&
		(!r.Asked || e.CallAgain != nil)
}

func (r Rules) next(row NextRow, e Entry, v dialer.Verdict, s Situation) (dialer.CaseNext, bool) {
	same := 1
	for _, earlier := range s.Earlier {
		if row.matches(earlier, v) {
			same++
		}
	}
	if row.Hold || row.HoldAfter > 0 && same >= row.HoldAfter {
		if row.SpoilsNumber && s.OtherNumber {
			return r.OtherNumber(row.Reason, s.Now, s.Hours), true
		}
		return row.held(), row.SpoilsNumber
	}
	next := dialer.CaseNext{
		State: dialer.CaseWaiting, Due: s.Hours.NextOpen(row.due(e, s.Now)), Cause: row.cause(), Why: row.JA, WhyEN: row.EN,
	}
	if row.Asked {
		if e.Mine {
			next.Mine, next.MineUntil = s.By, next.Due.Add(time.Duration(r.Mine.GraceMinutes)*time.Minute)
		}
		return next, false
	}
	if row.OtherBand {
		next.Due = r.otherBand(next.Due, s.Now, s.Hours)
	}
	return r.AtBestHour(next, s.Kind, s.Now, s.Hours), false
}

func (r NextRow) cause() dialer.Cause {
	switch {
	case r.Asked:
		return dialer.CauseAsked
	case r.AfterPromiseDays > 0:
		return dialer.CausePromise
	}
	return dialer.CauseEntry
}

// due is the first instant that a wait allows, without regard to opening hours.
func (r NextRow) due(e Entry, now time.Time) time.Time {
	switch {
	case r.Asked && e.CallAgain != nil:
		return *e.CallAgain
	case r.AfterMinutes > 0:
		return now.Add(time.Duration(r.AfterMinutes) * time.Minute)
	case r.AfterPromiseDays > 0 && e.Promise != nil:
		if due, err := dialer.ParseDate(e.Promise.DueOn); err == nil {
			return due.At(r.AfterPromiseDays * 24 * 60)
		}
	}
	return dialer.DateOf(now).At(max(r.Days, r.AfterPromiseDays) * 24 * 60)
}

// otherBand moves due to the start of the next band when it falls in the band of the call just made. On another day it
// stays where it was when the centre has closed by then: a day with a single band is better than none.
func (r Rules) otherBand(due, now time.Time, hours dialer.Hours) time.Time {
	if r.Bands.Of(due) != r.Bands.Of(now) {
		return due
	}
	later := r.Bands.After(due)
	if hours.Open(later) || dialer.DateOf(due) == dialer.DateOf(now) {
		return hours.NextOpen(later)
	}
	return due
}

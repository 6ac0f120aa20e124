package casework

import (
	"context"
	"slices"
	"time"

	"kakeru/dialer"
)

// Origin says how the ledger knows of a call.
type Origin string

// The origins.
const (
	BySIP  Origin = "sip"    // Kakeru made it, or it came in here: there is evidence
	ByHand Origin = "manual" // 手動: made or taken on another telephone, and noted by whoever talked
)

// HandResults are the connection results that can be noted: what somebody with a receiver at the ear can tell. A line that does not
// work is none, since nobody was called.
var HandResults = []dialer.Result{
	dialer.Answered, dialer.NoAnswer, dialer.Busy, dialer.Unallocated, dialer.NumberChanged, dialer.OutOfReach, dialer.Refused,
}

// HandCall is a call that was made or taken without SIP.
type HandCall struct {
	ID        dialer.CallID
	Direction dialer.Direction
	// Case is whose it was; empty only of a call that came in and belongs to none.
	Case dialer.CaseID
	// Number is one of the case's; of a call that came in whatever the caller showed, perhaps none.
	Number dialer.Number
	At     time.Time // when it began
	Result dialer.Result
	Entry  *Entry // of a talk, and of nothing else
	By     dialer.UserID
	Noted  time.Time
	Key    string // makes a repeated click the same click
	// Next is what the case waits for, unless a later call of it has decided; Spoilt: the number is useless.
	Next    dialer.CaseNext
	Spoilt  bool
	Stays   bool // as Recorded's, both
	Decides bool
}

// HandStore keeps calls that were made or taken without SIP. The ledger implements it.
type HandStore interface {
	// Tries lists the dialled attempts at a number since an instant, oldest first: those noted by hand too.
	Tries(ctx context.Context, numberRef string, since time.Time) ([]dialer.Try, error)
	// NoteCall keeps a call, with what was recorded of it and all that follows, in one transaction; a *dialer.Refusal when the case or
	// its number is in a call, or the day is closed. The same click again returns what it made.
	NoteCall(ctx context.Context, n HandCall) (Recorded, error)
}

// Check returns what is wrong with a call to be noted of case c, without its entry: that is checked as any.
func (n *HandCall) Check(c Case) []FieldError {
	f := &findings{}
	// The time first: a call that cannot be noted at all must not tell whether a number that was guessed is right.
	if n.checkTime(f); len(f.found) > 0 {
		return f.found
	}
	if n.Direction == dialer.Inbound {
		if n.Result != dialer.Answered {
			f.add("result", "unknown", "受電の手動記録は、応対した通話だけです", "of calls that came in only those that somebody took are noted")
		}
		return f.found
	}
	if n.Case == "" {
		f.add("case_id", "missing", "案件を選んでください", "say which case was called")
	} else if !slices.ContainsFunc(c.Phones, func(p Phone) bool { return p.Number == n.Number }) {
		f.add("number", "not_the_cases", "この案件の番号ではありません。案件の番号から選んでください", "it is none of the case's numbers; choose one of them")
	}
	if !slices.Contains(HandResults, n.Result) {
		f.add("result", "unknown", "通信結果を一覧から選んでください", "choose a connection result from the list")
	}
	return f.found
}

// checkTime: it is noted on the day on which it was made, since the day's close takes that day's records along.
func (n *HandCall) checkTime(f *findings) {
	const field = "at"
	switch {
	case n.At.IsZero():
		f.add(field, "missing", "通話の時刻を入力してください", "say when the call was made")
	case n.At.After(n.Noted):
		f.add(field, "future", "これからの時刻です。通話した時刻にしてください", "the time is yet to come; give the time of the call")
	case dialer.DateOf(n.At) != dialer.DateOf(n.Noted):
		f.add(field, "not_today", "手動で記録できるのは本日の通話だけです", "only calls of today can be noted by hand")
	}
}

// byHand is the name of the rule that decides a call noted by hand.
const byHand = "by_hand"

// Verdict is what is taken for true of it. It is never counted: nothing but somebody's word says that it was made.
func (n *HandCall) Verdict() dialer.Verdict {
	why := "発信した人が手動で記録した架電です"
	if n.Direction == dialer.Inbound {
		why = "応対した人が手動で記録した受電です"
	}
	return dialer.Verdict{Result: n.Result, Confidence: dialer.Medium, Rule: byHand, Why: why}
}

// Follow decides what the case waits for: by the rules for a talk, or for a call that reached nobody, as if Kakeru had made it.
// tries are those at the number before.
func (n *HandCall) Follow(r Rules, s Situation, tries []dialer.Try) {
	if n.Entry != nil {
		n.Next, n.Spoilt = r.NextAfter(*n.Entry, n.Verdict(), s)
		return
	}
	tries = slices.DeleteFunc(slices.Clone(tries), func(t dialer.Try) bool { return !t.At.Before(n.At) })
	n.Next, n.Spoilt = r.NextFor(n.Verdict(), nil, dialer.Situation{
		Now: n.At, Hours: s.Hours, Tries: tries, Kind: s.Kind, OtherNumber: s.OtherNumber, Stood: s.Stood,
	})
}

// Rung is when a case was last called at a number, by whom and with what result.
type Rung struct {
	At       time.Time
	By       dialer.UserID
	Result   dialer.Result
	Origin   Origin
	Party    Party
	Business []Business
}

// RungKept is how far back that is told to whoever takes a call from the number.
const RungKept = 30 * 24 * time.Hour

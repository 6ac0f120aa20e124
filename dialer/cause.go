package dialer

// Cause is what kind of thing a case waits for, so that those that wait can be counted by it.
type Cause string

// The causes.
const (
	CauseNew        Cause = "new"            // came with the list
	CauseResult     Cause = "result"         // by the rule of a connection result
	CauseEntry      Cause = "entry"          // by the rule of what the operator recorded
	CauseAsked      Cause = "asked"          // the time that was asked for
	CausePromise    Cause = "promise"        // a promise runs
	CauseKept       Cause = "promise_kept"   // a promise was kept, and something is still owed
	CauseBroken     Cause = "promise_broken" // a promise was broken, or kept in part
	CausePaid       Cause = "paid"           // payments cover all that is owed, until the ward says what it is
	CauseMissed     Cause = "missed_call"    // they called, and nobody answered
	CauseNumber     Cause = "number_rule"    // its number was rung before, or is in a call
	CauseCap        Cause = "cap"            // it was called often enough
	CauseLanguage   Cause = "language"       // no desk speaks its language yet
	CauseAside      Cause = "aside"          // an operator put it off
	CauseSupervisor Cause = "supervisor"     // a supervisor's order
	CauseNumberless Cause = "no_number"      // none of its numbers may be dialled
)

// Causes lists them in the order in which they are told.
var Causes = []Cause{
	CauseResult, CauseNumber, CauseCap, CauseLanguage, CauseAsked, CausePromise, CauseBroken, CauseKept, CausePaid, CauseEntry, CauseMissed, CauseAside, CauseSupervisor,
	CauseNumberless, CauseNew,
}

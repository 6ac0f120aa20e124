package dialer

// DialRequest is a click on 発信, as webui hands it to the engine after it has checked who asks.
type DialRequest struct {
	Asker Asker
	Desk  DeskID
	// Case and Number say whom: a case and its next number; a case and one number of it; or, for a supervisor with a
	// Reason, a number alone. With Next the case presented at the desk, or the first in the line.
	Next   bool
	Case   CaseID
	Number Number
	Reason string
	// adHoc: the case was opened for the number itself, for the reason that was given.
	adHoc bool
	// IdempotencyKey makes a repeated click the same click.
	IdempotencyKey string
}

// Accepted answers a click that became a call.
type Accepted struct {
	CallID   CallID
	CaseID   CaseID
	Repeated bool // this click had been taken before
}

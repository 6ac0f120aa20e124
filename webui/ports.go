package webui

import (
	"context"
	"io"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// Calls is what the panel asks of the engine. What a rule forbids comes back as a *dialer.Refusal.
type Calls interface {
	Dial(ctx context.Context, r dialer.DialRequest) (dialer.Accepted, error)
	// Hangup asks for a call's end; dialer.ErrNotFound when it is over already.
	Hangup(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	// Digits presses keys at the far end of a call. They may be a secret.
	Digits(ctx context.Context, a dialer.Asker, id dialer.CallID, digits string) error
	// AnnouncementHeard says what the operator of a call hears the network say.
	AnnouncementHeard(ctx context.Context, a dialer.Asker, id dialer.CallID, what dialer.Announcement) error
	Sit(ctx context.Context, a dialer.Asker, id dialer.DeskID, takeOver bool) (dialer.DeskView, error)
	Hold(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	Mute(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	PauseRecording(ctx context.Context, a dialer.Asker, id dialer.CallID, on bool) error
	Transfer(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.DeskID, consult bool) error
	CompleteTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	CancelTransfer(ctx context.Context, a dialer.Asker, id dialer.CallID) error
	// NameCase says which case a call that came in is about; it stands at the desk from then on.
	NameCase(ctx context.Context, a dialer.Asker, id dialer.CallID, to dialer.CaseID) error
	Leave(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	// Away says why whoever sits at a desk does not work there for a while, Back that they do again; Touched when they last touched key
	// or mouse.
	Away(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason dialer.AwayReason) (dialer.DeskView, error)
	Back(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	// Pause has a desk be given no case and rung for no call; Unpause has work go on.
	Pause(ctx context.Context, a dialer.Asker, id dialer.DeskID, reason string) (dialer.DeskView, error)
	Unpause(ctx context.Context, a dialer.Asker, id dialer.DeskID) (dialer.DeskView, error)
	TestDesk(ctx context.Context, a dialer.Asker, id dialer.DeskID, auto bool) (dialer.DeskTestReport, error)
	Touched(ctx context.Context, a dialer.Asker, id dialer.DeskID, ago time.Duration) error
	Present(ctx context.Context, a dialer.Asker, id dialer.DeskID, want dialer.CaseID, skip bool) (dialer.CaseID, error)
	// ResultRecorded frees the desk that owed the result, and puts the case where the ledger says.
	ResultRecorded(ctx context.Context, id dialer.CallID, caseID dialer.CaseID) error
	Desks() []dialer.DeskView
	Calls() []dialer.CallView
	Call(id dialer.CallID) (dialer.CallView, bool)
}

var _ Calls = (*dialer.Engine)(nil)

// Callers knows who called.
type Callers interface {
	// Caller returns the number of a call that came in, empty when it was withheld, and the cases that have it: the one it
	// counts for first. dialer.ErrNotFound for any other call.
	Caller(ctx context.Context, id dialer.CallID) (dialer.Number, []dialer.CaseID, error)
	// RungBefore says when each case was last called at the number that a call came from, since an instant; nothing where the
	// number is not known.
	RungBefore(ctx context.Context, id dialer.CallID, since time.Time) (map[dialer.CaseID]casework.Rung, error)
}

// Trunks tells how the lines to the telephone network stand.
type Trunks interface {
	// Trunks lists them in the order in which they are tried.
	Trunks() []dialer.TrunkView
}

// Traces remembers the SIP messages of live and recent calls.
type Traces = dialer.Traces

// Figures sums a month of the ledger against its target.
type Figures interface {
	// Progress returns the figures of a month written YYYY-MM.
	Progress(ctx context.Context, month string) (report.Progress, error)
}

// Today sums one day by the half hour.
type Today interface {
	HalfHours(ctx context.Context, from, to time.Time) ([]report.HalfHour, error)
}

// Own sums what one operator has done.
type Own interface {
	// OwnFigures are the calls of an operator that were dialled in [from, to).
	OwnFigures(ctx context.Context, who dialer.UserID, from, to time.Time) (report.Own, error)
}

// Lists takes the ward's list in. Its errors may be *casework.ListError: the list as a whole is not to be taken.
type Lists interface {
	// Stage reads a file to its end and says what it would do. progress is told how many rows were read so far.
	Stage(ctx context.Context, list casework.StagedList, file io.Reader, progress func(rows int)) (casework.Preview, error)
	// Preview returns what Stage found; dialer.ErrNotFound when there is no such list.
	Preview(ctx context.Context, list string) (casework.Preview, error)
	// Apply makes a staged list's cases real and puts them into the line. Applying twice changes nothing.
	Apply(ctx context.Context, list string, by dialer.UserID, progress func(cases int)) (casework.Applied, error)
	casework.FindingStore
	// Discard forgets a staged list.
	Discard(ctx context.Context, list string) error
}

// Probe reports whether a store or a room can be used now: nil when it can.
type Probe func(ctx context.Context) error

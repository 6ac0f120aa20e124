package dialer

import (
	"context"
	"time"
)

// Phone is the port that carries the design: it makes calls out of legs. The sip room implements it; dialertest has a
// fake and the conformance suite both must pass.
type Phone interface {
	// Prepare gives both legs of a call their identities and the call its media, and sends nothing. It fails with a
	// *Refusal (desk_unregistered, no_route, forbidden_number) or an error for exhausted resources. The caller must
	// Close the line in the end, whatever becomes of it.
	Prepare(ctx context.Context, order CallOrder) (Line, error)
	// Terminate ends a leg that a dead process left: CANCEL while it rang, BYE when it was up, from nothing but the
	// saved handle. It returns when the far end has answered, or when ctx is done.
	Terminate(ctx context.Context, h LegHandle) error
	// Registered says whether the desk's phone can be rung; nil when that cannot be known (it is a PBX's).
	Registered(desk DeskID) *bool
	// OnRegistered calls f, never concurrently with itself, whenever a desk's phone comes or goes. Called once, at wiring.
	OnRegistered(f func(desk DeskID, registered bool))
	// InUseElsewhere says whether the desk's phone is used for something that is none of our calls; false when it does not tell.
	InUseElsewhere(desk DeskID) bool
	// OnInUseElsewhere calls f, never concurrently with itself, whenever that changes. Called once, at wiring.
	OnInUseElsewhere(f func(desk DeskID, used bool))
	// OnCall calls f, never concurrently with itself, for each call that comes in by a trunk. f must return at once. Called
	// once, at wiring.
	OnCall(f func(Incoming))
}

// Incoming is a call that has come in. Its caller hears nothing until its desk leg is dialled.
type Incoming struct {
	ID   CallID
	Line IncomingLine
	// Caller is the caller's number in national form, empty when it was withheld or is no Japanese one. Personal data.
	Caller Number
	At     time.Time
}

// IncomingLine is a line that was begun from the other side. Its customer leg is there: its facts come from the start, its
// Dial and Confirm do nothing, and its Drop refuses the call (480) while it is not answered. Its desk leg is the phones that
// ring for it: Dial tells the caller that it rings (180), and of many phones the first that answers is the leg from then on.
// The others are cancelled, and the leg is gone when all of them are; one without phones waits for Ring or Drop.
type IncomingLine interface {
	Line
	// Ring rings further desks' phones. Nothing asks them to answer by themselves. A phone that cannot be rung, or is out
	// before any answered, is told as LegDeclined.
	Ring(desks ...DeskID)
	// Answer answers the caller (2xx). Idempotent.
	Answer()
	// TurnAway has the caller hear that nobody is here, or refuses the call, and ends the leg. Idempotent.
	TurnAway()
}

// CallOrder is what a phone must know to make a call.
type CallOrder struct {
	ID     CallID
	Desk   DeskID
	Number Number
	// Sample marks a number from a made-up list: it is refused on any trunk that is not labelled lab.
	Sample bool
	// Supervisor is true when a supervisor asked: only then may 0570 be dialled.
	Supervisor bool
	// Click has the desk's phone asked to pick up by itself, once; without one its operator lifts the handset.
	Click *Click
}

// Line is one call's pair of legs and the media between them.
type Line interface {
	Desk() Leg
	Customer() Leg
	// Trunk names the trunk the customer leg will leave by, or left by last: a trunk that refuses before anything rang is
	// followed by the next, in the same leg (evidence "rerouted").
	Trunk() string
	// HearEarly lets the operator hear what the network sends before the answer. Idempotent.
	HearEarly()
	// Join lets both ends hear each other. Idempotent.
	Join()
	// Hold has the customer hear that somebody will come back, and keeps both ends' sound from each other, until it is taken
	// back. Mute keeps the operator's sound alone.
	Hold(on bool)
	Mute(on bool)
	// PauseRecording stops the recording of the talk, or has it go on; where nothing is recorded it does nothing. That a
	// recording has begun, failed or has a gap is told by facts of the desk leg.
	PauseRecording(on bool)
	// Recorded is what the recording came to, once the line is closed; nil when nothing was recorded.
	Recorded() *Recording
	// SendDigits presses keys (0-9, *, #, A-D) at the customer's end, one after the other, behind those still being sent. What
	// they are is nobody's business: it stands in no log and no evidence.
	SendDigits(digits string)
	// Transfer rings another desk's phone while the customer is held. With consult the operator talks with it when it
	// answers, until CompleteTransfer or CancelTransfer; without, it has the call at once. Facts of the desk leg tell what
	// came of it: LegMoved, or evidence EvTransferFailed with Desk, after which the call is as it was. Whoever hands a call
	// on may hang up: the call is the other desk's, or waits until it answers.
	Transfer(to DeskID, consult bool)
	CompleteTransfer()
	CancelTransfer()
	// RefuseTransfer answers LegRefers with no. Yes is Transfer, with consult as the fact says.
	RefuseTransfer()
	// Quality is how both legs have sounded so far, from Join on; it may be asked at any time, and after Close.
	Quality() Quality
	// Close frees the media. Idempotent; called when both legs are gone.
	Close()
}

// Leg is one SIP dialog of ours, from before its INVITE until it is gone.
//
// The promise: once Dial was called, Facts yields what happened in order, one at a time, and exactly one LegFact with
// Kind LegIsGone, always last, no later than 64·T1 after Drop and the tone it may play first; then the channel is closed. The implementation goes on
// answering late 2xx with ACK and BYE for another 64·T1 by itself. A leg that was never dialled yields nothing.
type Leg interface {
	// Handle is what is needed to end this leg from another process, as of now.
	Handle() LegHandle
	// Dial sends the INVITE. Called at most once; returns at once.
	Dial()
	// Confirm sends the ACK for the 2xx. It is the owner's to call, after the handle was saved: a process that dies
	// before it leaves a far end that gets no ACK, repeats its 200 and is hung up by the restarted process.
	// The implementation confirms by itself after half a second, should nobody have.
	Confirm()
	// Drop ends the leg: nothing, CANCEL or BYE, as its state asks. Idempotent, never blocks.
	Drop()
	// Facts yields what happens to the leg. The same channel every time.
	Facts() <-chan LegFact
}

// LegHandle is what is needed to end a leg: Call-ID, tags, CSeq, route set, remote target, INVITE branch, in the
// phone's own encoding. It may hold a number, so it is personal data.
type LegHandle struct {
	Leg       LegName
	SIPCallID string
	Data      []byte
}

// LegFactKind is the kind of a leg's fact.
type LegFactKind string

// The kinds of leg facts.
const (
	LegRinging  LegFactKind = "ringing"     // 18x without SDP
	LegEarly    LegFactKind = "early_media" // 18x with SDP, first time
	LegAnswered LegFactKind = "answered"    // the first 2xx
	LegDeclined LegFactKind = "declined"    // one of many phones is out, and none has answered
	LegMoved    LegFactKind = "moved"       // of a desk leg: it is another desk's phone from now on
	LegRefers   LegFactKind = "refers"      // of a desk leg: a phone's own button asks for a transfer to Desk; answer it
	LegNote     LegFactKind = "note"        // evidence only: changes nothing
	LegIsGone   LegFactKind = "gone"        // over; always the last
)

// LegFact is one thing that happened to a leg. Evidence is what shall be kept of it (Leg is filled in). Handle is set
// when what is needed to end the leg has changed.
type LegFact struct {
	Kind     LegFactKind
	Evidence Evidence
	Handle   *LegHandle
	// FarEnded is true, on LegIsGone, when the far end ended it (BYE, or a final answer that is no 2xx), false when we did.
	FarEnded bool
	// Desk says whose phone it was, of a leg that is many phones.
	Desk DeskID
	// Recording is set with evidence EvRecordingBegan, of a desk leg.
	Recording *Recording
	// Consult is true, on LegRefers, when the operator wants to talk with the other desk first.
	Consult bool
}

// Clock is where time comes from. time.Now, but in tests.
type Clock func() time.Time

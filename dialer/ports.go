package dialer

import (
	"context"
	"errors"
	"iter"
	"time"
)

// Errors that adapters return for what the engine must tell apart. They wrap the cause.
var (
	// ErrLedgerDown: PostgreSQL did not answer in the time given.
	ErrLedgerDown = errors.New("the ledger does not answer")
	// ErrQueueDown: Redis did not answer in the time given.
	ErrQueueDown = errors.New("the queue does not answer")
	// ErrQueueEmpty: no case is due.
	ErrQueueEmpty = errors.New("no case is due")
	// ErrCaseClaimed: another desk holds the case.
	ErrCaseClaimed = errors.New("the case is claimed by another desk")
	// ErrClaimLost: the lease ran out, or somebody released it.
	ErrClaimLost = errors.New("the claim has lapsed")
	// ErrNotFound: there is no such case, attempt or number.
	ErrNotFound = errors.New("not found")
)

// Target is whom an attempt is to reach, and what the attempt keeps of them for ever. Number is personal data.
type Target struct {
	CaseID      CaseID
	CaseRef     string
	Number      Number
	NumberRef   string
	Sample      bool
	DoNotCall   bool
	Unlisted    bool   // the case is a caller's whom nobody has found on a list
	Foreign     bool   // the number was asked for and is none of those of the case that may be dialled
	Insurance   string // "kokuho", "kouki" or "both"
	Language    string // BCP 47: "ja", "en", "zh", "vi"
	BalanceBand string // "0", "-10k", "-50k", "-100k", "-300k", "300k-": never the sum itself
	Priority    int    // the case's place among those due; smaller is sooner
	// Made is how often the case was called.
	Made CaseCount
	// Numbers are the case's numbers that may be dialled, in their order; of them Number is the one asked for, or the first.
	Numbers []CaseNumber
	// Stood is what the case waited for when it was called.
	Stood CaseNext
}

// CaseNumber is a number of a case. Number is personal data.
type CaseNumber struct {
	Number    Number
	Ref       string
	DoNotCall bool
}

// Cases tells the engine whom a case is about. The ledger implements it.
type Cases interface {
	// Target returns the case's next number to dial, or, when number is not empty, that number for the case.
	// ErrNotFound when there is no such case, or it has no number that may be dialled.
	Target(ctx context.Context, id CaseID, number Number) (Target, error)
	// AdHoc opens a case for a number a supervisor wants dialled that belongs to none, and returns its id.
	AdHoc(ctx context.Context, number Number, reason string, by UserID) (CaseID, error)
	// Place returns the case's place in the line as the ledger has it, with its lane; nil when it does not wait.
	Place(ctx context.Context, id CaseID) (*Waiting, error)
	// Defer writes when and why a case is next to be called, so that a rebuilt queue knows it too.
	Defer(ctx context.Context, id CaseID, next CaseNext) error
}

// Upkeep is what time alone changes in the line. The ledger implements it.
type Upkeep interface {
	// Tidy makes the changes that have fallen due: calls that were promised in person are anyone's once their time is over, cases
	// in a language that nobody speaks today wait for a day on which somebody does, and with each new day all are ranked anew. It
	// returns the places that changed. Told again, it changes nothing.
	Tidy(ctx context.Context, now time.Time) ([]Waiting, error)
}

// Reservation opens an attempt: the row that stands before anything is sent.
type Reservation struct {
	ID             CallID
	Target         Target
	Desk           DeskID
	Operator       UserID
	Trunk          string
	At             time.Time
	IdempotencyKey string    // empty when the caller gave none
	DeskLeg        LegHandle // ends the desk leg after a crash
	Override       string    // a supervisor's reason to dial against a rule; empty as a rule
	MustWait       bool      // the case is called only if it still waits: who clicks does not decide about one that is held or closed
}

// Ledger is where attempts are written. Every method keeps to its context's deadline and returns ErrLedgerDown when
// PostgreSQL cannot be reached in it.
type Ledger interface {
	// Reserve opens an attempt. Two open attempts for one case or one number are impossible: the second gets a
	// *Refusal with rule case_busy or number_locked, as does ErrNotWaiting for a case that must wait and does not. A repeated idempotency key of the same operator gets *Repeated.
	Reserve(ctx context.Context, r Reservation) error
	// Arrive opens the record of a call that came in, and says which case it is about: that of the last call with the number,
	// whoever called, or another that has it, or a new one.
	Arrive(ctx context.Context, a Arrival) (Target, error)
	// NameCase says of an inbound attempt whose it was, as long as no result of it is recorded; CaseBusy as a *Refusal after that.
	// A case that was opened for the call alone is closed; another that was taken for the caller's stands as it did before the talk.
	// One call is taken for so many cases: NamedTooOften after that.
	NameCase(ctx context.Context, id CallID, to CaseID, by UserID) (Target, error)
	// Dialled commits that the customer's INVITE is about to be sent, and what would end that leg. It is refused when the number has come to
	// the do-not-call list since, or calls us; and when the case has moved and is not due any more (ErrMoved).
	Dialled(ctx context.Context, id CallID, at time.Time, customerLeg LegHandle) error
	// Note keeps evidence and handles as they come, so that after a crash the legs can be ended; End brings all evidence once
	// more. When PostgreSQL is away the adapter may keep them in its spool and return nil.
	Note(ctx context.Context, id CallID, p Progress) error
	// End closes an attempt, once: a second End of the same attempt changes nothing and is no error. When PostgreSQL is
	// away the adapter puts the end into its fsynced spool and returns nil; it fails only if neither can be written.
	End(ctx context.Context, e AttemptEnd) error
	// Open lists the attempts that a crash left open.
	Open(ctx context.Context) ([]OpenAttempt, error)
	// ResultsDue lists answered attempts whose business result is still owed, per desk the newest.
	ResultsDue(ctx context.Context) ([]ResultDue, error)
	// Tries lists the dialled attempts at a number since an instant, oldest first.
	Tries(ctx context.Context, numberRef string, since time.Time) ([]Try, error)
	// ByKey finds an operator's attempt by its idempotency key; ErrNotFound when there is none.
	ByKey(ctx context.Context, operator UserID, key string) (CallID, error)
}

// Progress is what has come to be known of a running attempt. Evidence is numbered from First (0 is the attempt's
// first evidence), so that writing it twice changes nothing.
type Progress struct {
	First    int
	Evidence []Evidence
	Legs     []LegHandle
	// Recording is set when one has begun: what it came to, its end says.
	Recording *Recording
}

// AttemptEnd closes an attempt: all there is to know of it.
type AttemptEnd struct {
	ID         CallID
	StartedAt  time.Time
	DialledAt  time.Time // zero when the customer's INVITE was never sent
	RingingAt  time.Time // zero when no 18x came
	AnsweredAt time.Time // zero when not answered
	EndedAt    time.Time
	EndedBy    EndedBy
	Trunk      string // the last one tried; empty leaves the one that was reserved
	Verdict    Verdict
	Evidence   []Evidence
	CaseID     CaseID
	Next       CaseNext // its State is empty when the case stays where it stands
	// Stranger is what the case waits for instead of Next where its caller is on no list, of a call whose record could not be opened when it came: whose
	// it was is known only as it is written.
	Stranger *CaseNext `json:",omitempty"`
	// Spoilt: the number proved useless for the case, and is not dialled again.
	Spoilt bool `json:",omitempty"`
	// Arrival, of a call that came in, is what opens its record if that could not be done when it came.
	Arrival *Arrival
	// Desk and Operator are where it ended: who took a call that came in, who was handed a talk, and owes its result. Empty
	// when that is not known.
	Desk     DeskID
	Operator UserID
	// Recording is nil when nothing was recorded, and of what a crash cut off.
	Recording *Recording `json:",omitempty"`
	// Quality is how it sounded; nil when nobody heard anything.
	Quality *Quality
}

// CaseNext says what a case waits for.
type CaseNext struct {
	State CaseState `json:"state"`
	Due   time.Time `json:"due"` // with CaseWaiting only
	Why   string    `json:"why"` // one Japanese sentence for the panel, without personal data
	WhyEN string    `json:"why_en,omitempty"`
	Cause Cause     `json:"cause,omitempty"`
	// Mine is the operator who promised to make this call, until MineUntil; then anyone may.
	Mine      UserID    `json:"mine,omitempty"`
	MineUntil time.Time `json:"mine_until,omitzero"`
}

// CaseState is where a case stands between calls.
type CaseState string

// The states of a case in the line.
const (
	CaseWaiting   CaseState = "waiting"    // in the line, from Due on
	CaseResultDue CaseState = "result_due" // a talk took place; its result is owed
	CaseHeld      CaseState = "held"       // a supervisor decides
	CaseClosed    CaseState = "closed"     // nothing more to call about
)

// OpenAttempt is an attempt found open at start, with what is needed to end it honestly.
type OpenAttempt struct {
	ID        CallID
	Direction Direction
	Dialable  bool // of an inbound one: the caller can be called back
	Unlisted  bool // its case is a caller's who is on no list
	CaseID    CaseID
	Desk      DeskID
	StartedAt time.Time
	DialledAt time.Time
	Trunk     string
	Evidence  []Evidence
	Legs      []LegHandle
}

// ResultDue is an answered attempt that still owes its business result.
type ResultDue struct {
	ID       CallID
	CaseID   CaseID
	Desk     DeskID
	Operator UserID
}

// Try is one earlier attempt at a number. MayHaveRung is true when an 18x or 2xx came, or the verdict is of low
// confidence: then somebody may have been disturbed.
type Try struct {
	At          time.Time
	Result      Result
	Party       string    // empty while no result was given
	AskedFor    time.Time // when the person asked to be called again; zero when nobody did
	MayHaveRung bool
	CalledUs    bool // it was their call, and we missed it
}

// Repeated is returned for a click whose idempotency key was seen before: ID is the call the first click made.
type Repeated struct{ ID CallID }

func (r *Repeated) Error() string { return "this click was already taken" }

// Queue is the waiting line: it orders and leases, and holds no truth. Redis implements it; a rebuilt queue equals a
// lost one. All methods return ErrQueueDown when Redis does not answer within the context's deadline (or 1 s).
type Queue interface {
	// Claim leases a case to a desk: the given one, whatever its lane (waiting, not yet due, or not in the line at all), or
	// with an empty id the first that is due in those lanes: lowest Priority, then lowest Rank, then earliest Due, then
	// CaseID. ErrCaseClaimed, ErrQueueEmpty. A desk that claims a case it already holds gets the lease renewed.
	Claim(ctx context.Context, desk DeskID, id CaseID, lanes []Served, lease time.Duration) (Claim, error)
	// Renew prolongs a lease; ErrClaimLost when it is no longer this claim's.
	Renew(ctx context.Context, c Claim, lease time.Duration) error
	// Release puts a claimed case back where it stood in the line. Releasing a lost claim is no error.
	Release(ctx context.Context, c Claim) error
	// Done ends a claim: the case leaves the line, or with next waits again there (next.Case is the claim's case).
	// ErrClaimLost when it is no longer this claim's; then nothing changed.
	Done(ctx context.Context, c Claim, next *Waiting) error
	// Put adds cases to the line or moves them in it. A leased case keeps its lease and moves when that ends.
	Put(ctx context.Context, ws ...Waiting) error
	// Remove takes a case out of the line and ends any lease on it.
	Remove(ctx context.Context, id CaseID) error
	// List returns the first limit cases of those lanes in the order they will be claimed: those due, then those due later,
	// by Due, Priority, Rank and CaseID. Nil lanes are all there are, of one rank.
	List(ctx context.Context, lanes []Served, limit int) ([]Place, error)
	// Rebuild replaces the line by all of cases, keeping the leases given; readers see the old line or the new, never
	// half of one.
	Rebuild(ctx context.Context, cases iter.Seq2[Waiting, error], keep []Claim) error
	// Built reports whether the line was built since Redis was last emptied, and has lost nothing since.
	Built(ctx context.Context) (bool, error)
}

// Waiting is a case's place in the line. Priority sorts first (smaller is sooner) among those that are due.
type Waiting struct {
	Case     CaseID
	Due      time.Time
	Priority int
	Lane     Lane
}

// Place is a case as the line shows it. Desk is set when it is leased.
type Place struct {
	Waiting
	IsDue bool
	Desk  DeskID
}

// Claim is a desk's lease of a case. Token fences it: a claim that lapsed and was taken by another has another token.
type Claim struct {
	Case  CaseID
	Desk  DeskID
	Token string
	Until time.Time
}

// Board is shown every change of a call, a desk, a trunk, or the figures. Show must not block: a slow panel never holds up a call.
type Board interface {
	Show(Change)
}

// Change is one change worth showing. Exactly one of Call, Desk, Trunk, Alert is set, by Type; type "progress" and "queue" carry none.
type Change struct {
	Type  ChangeType
	At    time.Time
	Call  *CallView
	Desk  *DeskView
	Trunk *TrunkView
	Alert *Alert
}

// ChangeType is the type of a live frame (CONTRACT "Live").
type ChangeType string

// The types of change.
const (
	ChangeCall     ChangeType = "call"
	ChangeDesk     ChangeType = "desk"
	ChangeTrunk    ChangeType = "trunk"
	ChangeProgress ChangeType = "progress"
	ChangeQueue    ChangeType = "queue"
	ChangeAlert    ChangeType = "alert"
	ChangeSettings ChangeType = "settings" // something that an administrator may change is another
)

// CallView is a call as the panel shows it: no personal data.
type CallView struct {
	ID         CallID    `json:"id"`
	Direction  Direction `json:"direction"`
	CaseID     CaseID    `json:"case_id"`
	Desk       DeskID    `json:"desk"` // empty while nobody has answered a call that came in
	Operator   UserID    `json:"operator"`
	State      State     `json:"state"`
	Trunk      string    `json:"trunk"`
	StartedAt  time.Time `json:"started_at"`
	DialledAt  time.Time `json:"dialled_at,omitzero"`
	RingingAt  time.Time `json:"ringing_at,omitzero"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	EndedBy    EndedBy   `json:"ended_by,omitempty"`
	EarlyMedia bool      `json:"early_media"`
	Held       bool      `json:"held"`
	Muted      bool      `json:"muted"`
	TransferTo DeskID    `json:"transfer_to,omitempty"` // the desk that it is being handed on to
	Consulting bool      `json:"consulting"`            // that desk has answered, and the two talk
	// Recording is empty while nothing is recorded.
	Recording RecordingState `json:"recording,omitempty"`
	Silent    Silence        `json:"silent,omitempty"` // of a talk: who no longer sends any sound
	Hints     []Hint         `json:"hints,omitempty"`  // what the customer's sound seems to be
	// Announcement is what the operator heard the network say; empty for nothing.
	Announcement Announcement `json:"announcement,omitempty"`
	Verdict      *Verdict     `json:"verdict,omitempty"` // set when ended
	// Quality is how it sounds, or sounded; nil while nothing is known. What it points to is never changed.
	Quality *Quality `json:"-"`
	// HeardAt is when the fact that led here reached us; webui measures event-to-panel from it.
	HeardAt     time.Time `json:"-"`
	deskInvited time.Time
}

// DeskState is what a desk is doing.
type DeskState string

// The states of a desk.
const (
	DeskEmpty  DeskState = "empty"   // nobody sits there
	DeskReady  DeskState = "ready"   // somebody sits there and may dial
	DeskInCall DeskState = "in_call" // a call of this desk is not yet ended
	DeskWrapUp DeskState = "wrap_up" // the result of a talk is owed
	DeskAway   DeskState = "away"    // whoever sits there does not work for a while: nothing is presented or rung
)

// DeskView is a desk as the panel shows it. CaseID is the case presented there, or in call, or in wrap-up.
type DeskView struct {
	ID         DeskID `json:"id"`
	Name       string `json:"name"`
	Registered *bool  `json:"registered"` // null behind a PBX that does not tell
	// InUseElsewhere: the phone is used for something that is none of our calls. It is false while the desk has one.
	InUseElsewhere bool      `json:"in_use_elsewhere"`
	State          DeskState `json:"state"`
	Operator       UserID    `json:"operator,omitempty"`
	CallID         CallID    `json:"call_id,omitempty"`
	CaseID         CaseID    `json:"case_id,omitempty"`
	Ringing        CallID    `json:"ringing,omitempty"` // the call that came in for which its phone rings
	Since          time.Time `json:"since"`
	// Screen is the panel that its person works the desk from, as it named itself when it sat down; empty while none has.
	Screen string `json:"screen,omitempty"`
	// Away is why its person does not work; empty while they do. Since then, Since.
	Away AwayReason `json:"away,omitempty"`
	// TouchedAt is when its person last touched key or mouse there, as the panel told; zero while it has not.
	TouchedAt time.Time `json:"touched_at,omitzero"`
	// PausedBy is the supervisor who has paused it, with why and since when; in a call it is paused after its result. Empty while it is not.
	PausedBy    UserID    `json:"paused_by,omitempty"`
	PauseReason string    `json:"pause_reason,omitempty"`
	PausedAt    time.Time `json:"paused_at,omitzero"`
}

// Alert is something a supervisor must see. Text is Japanese, TextEN English.
type Alert struct {
	// Kind is one of ledger_down ledger_back queue_down queue_back spool_full record_set_aside desk_gone interrupted trunk_down trunk_back
	// one_way_audio dead_air sound_back recording_failed clock_off clock_back ceiling_reached strangers_call complaint seats_taken server_slept, and those of package alarm.
	Kind   string `json:"kind"`
	Desk   DeskID `json:"desk,omitempty"`
	CallID CallID `json:"call_id,omitempty"`
	// Subject tells alerts of one kind apart that have neither desk nor call: a trunk's name, a target's month. No personal data.
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
	TextEN  string `json:"text_en"`
	// Since is when it began, where that is earlier than the alert; zero otherwise.
	Since time.Time `json:"since,omitzero"`
}

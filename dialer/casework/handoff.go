package casework

import (
	"context"
	"slices"
	"time"

	"kakeru/dialer"
)

// HandoffKind says what a hand-off (引継ぎ) is about.
type HandoffKind string

// The kinds.
const (
	HandInstalments HandoffKind = "instalments"
	HandSlip        HandoffKind = "slip_reissue"
	HandDiscrepancy HandoffKind = "discrepancy" // a number, an address or a name is not the debtor's
	HandComplaint   HandoffKind = "complaint"
	HandMoved       HandoffKind = "moved_or_deceased"
	HandHardship    HandoffKind = "hardship"
	HandInsurance   HandoffKind = "other_insurance"
	HandOther       HandoffKind = "other"
)

// HandoffKinds lists every kind in the order of the board.
var HandoffKinds = []HandoffKind{
	HandComplaint, HandInstalments, HandSlip, HandDiscrepancy, HandMoved, HandHardship, HandInsurance, HandOther,
}

// handedOn are the business results that are the ward's to settle (DOMAIN "→区").
var handedOn = map[Business]HandoffKind{
	Instalments: HandInstalments, SlipReissue: HandSlip, WrongNumber: HandDiscrepancy, Complaint: HandComplaint,
	MovedOrDeceased: HandMoved, Hardship: HandHardship, OtherInsurance: HandInsurance,
}

// Handoffs are the hand-offs that follow from an entry by themselves.
func (e Entry) Handoffs() (kinds []HandoffKind) {
	for _, b := range e.Business {
		if k, ok := handedOn[b]; ok {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// HandoffState is where a hand-off stands.
type HandoffState string

// The states. Returned and withdrawn ones are over.
const (
	HandoffOpen         HandoffState = "open"
	HandoffAcknowledged HandoffState = "acknowledged"
	HandoffAnswered     HandoffState = "answered"
	HandoffReturned     HandoffState = "returned" // answered, or open at the contract's end, and back with the ward: what it said of a person is gone
	HandoffWithdrawn    HandoffState = "withdrawn"
)

// HandoffStates lists every state in the order of the board.
var HandoffStates = []HandoffState{HandoffOpen, HandoffAcknowledged, HandoffAnswered, HandoffReturned, HandoffWithdrawn}

// HandoffAct is what is done with a hand-off.
type HandoffAct string

// The acts.
const (
	HandoffPass        HandoffAct = "pass" // it comes to be
	HandoffAdd         HandoffAct = "add"  // more was heard
	HandoffAcknowledge HandoffAct = "acknowledge"
	HandoffAnswer      HandoffAct = "answer"
	HandoffReturn      HandoffAct = "return"
	HandoffReopen      HandoffAct = "reopen"
	HandoffWithdraw    HandoffAct = "withdraw"
)

// HandoffActs lists every act.
var HandoffActs = []HandoffAct{
	HandoffPass, HandoffAdd, HandoffAcknowledge, HandoffAnswer, HandoffReturn, HandoffReopen, HandoffWithdraw,
}

// MostHandoffEvents is how much is said of one hand-off, far more than ever was: whoever reads it reads all of it, and so does the day's close, which writes it
// into one cell. What ends it is done beyond that too.
const MostHandoffEvents = 100

// HandoffFull is the rule by which no more is added to a hand-off.
const HandoffFull dialer.Rule = "handoff_full"

// RefuseFullHandoff is the refusal by HandoffFull.
func RefuseFullHandoff() *dialer.Refusal {
	return &dialer.Refusal{
		Rule: HandoffFull, JA: "この引継ぎにはこれ以上書き足せません(100件まで)。新しい引継ぎを登録するか、区へ直接連絡してください",
		EN: "no more can be added to this hand-off (100 entries); make another one, or tell the ward directly",
	}
}

// Ends reports whether an act has a hand-off wait for nobody, or for less.
func (a HandoffAct) Ends() bool { return a != HandoffPass && a != HandoffAdd && a != HandoffReopen }

// HandoffStep is a row of the table of what may be done with a hand-off.
type HandoffStep struct {
	From HandoffState
	Act  HandoffAct
	To   HandoffState
	Who  []dialer.Role // besides the rules, which act for whoever recorded the result
}

var (
	passers = []dialer.Role{dialer.RoleOperator, dialer.RoleSupervisor}
	either  = []dialer.Role{dialer.RoleSupervisor, dialer.RoleWard}
)

// HandoffSteps is the table. What is not in it cannot be done. Answering is acknowledging too.
var HandoffSteps = []HandoffStep{
	{HandoffOpen, HandoffAdd, HandoffOpen, passers},
	{HandoffOpen, HandoffAcknowledge, HandoffAcknowledged, either},
	{HandoffOpen, HandoffAnswer, HandoffAnswered, either},
	{HandoffOpen, HandoffWithdraw, HandoffWithdrawn, passers},
	{HandoffAcknowledged, HandoffAdd, HandoffAcknowledged, passers},
	{HandoffAcknowledged, HandoffAnswer, HandoffAnswered, either},
	{HandoffAnswered, HandoffReturn, HandoffReturned, nil}, // the day's close: the file for the ward has it then
	{HandoffWithdrawn, HandoffReturn, HandoffReturned, nil},
	{HandoffOpen, HandoffReturn, HandoffReturned, nil}, // the contract's end: it goes as it stands
	{HandoffAcknowledged, HandoffReturn, HandoffReturned, nil},
	{HandoffAnswered, HandoffReopen, HandoffOpen, either},
	{HandoffWithdrawn, HandoffReopen, HandoffOpen, passers},
}

// After says where an act leads. known is false when there is no such step, may when it is not this role's; a zero role is
// the rules'.
func (s HandoffState) After(act HandoffAct, role dialer.Role) (to HandoffState, known, may bool) {
	i := slices.IndexFunc(HandoffSteps, func(t HandoffStep) bool { return t.From == s && t.Act == act })
	if i < 0 {
		return "", false, false
	}
	return HandoffSteps[i].To, true, role == "" || slices.Contains(HandoffSteps[i].Who, role)
}

// Over reports whether nobody waits for it any more.
func (s HandoffState) Over() bool { return s == HandoffReturned || s == HandoffWithdrawn }

// handoffDays is within how many open days the ward means to answer; two where nothing is said.
var handoffDays = map[HandoffKind]int{HandComplaint: 1, HandInstalments: 3, HandSlip: 3, HandDiscrepancy: 5, HandInsurance: 5}

// DueOn is the day by which a hand-off of the kind is to be answered that was passed on at a time.
func (k HandoffKind) DueOn(at time.Time, hours dialer.Hours) dialer.Date {
	days, ok := handoffDays[k]
	if !ok {
		days = 2
	}
	d := dialer.DateOf(at)
	// A year without open days is a mistake of the settings; the count then goes by the calendar.
	for looked := 0; days > 0; looked++ {
		d = d.Next()
		if _, _, open := hours.On(d); open || looked > 366 {
			days--
		}
	}
	return d
}

// Handoff is a matter passed to the ward's staff. About and the texts of its Events are personal; they are empty once it was
// returned, and in lists.
type Handoff struct {
	ID      string
	Case    dialer.CaseID
	CaseRef string
	Attempt dialer.CallID // empty when it came of none
	Kind    HandoffKind
	State   HandoffState
	By      dialer.UserID // empty when a rule passed it on
	At      time.Time
	DueOn   dialer.Date
	Moved   time.Time // when State was last set
	About   HandoffAbout
	Gone    bool // what it said of a person was destroyed
	Events  []HandoffEvent
}

// HandoffAbout is whom a hand-off is about: what the ward needs to act on it when the day is closed.
type HandoffAbout struct {
	WardNumber string        `json:"ward_number"`
	Name       string        `json:"name"`
	Number     dialer.Number `json:"number"` // that was called; empty when none was
}

// HandoffEvent is one act; appended, never written over.
type HandoffEvent struct {
	Act      HandoffAct
	From, To HandoffState
	By       dialer.UserID // empty for a rule
	At       time.Time
	Text     string
}

// Overdue reports whether the ward still owes an answer on a day after the one it was due.
func (h Handoff) Overdue(today dialer.Date) bool {
	return (h.State == HandoffOpen || h.State == HandoffAcknowledged) && h.DueOn.At(0).Before(today.At(0))
}

// HandoffFilter narrows a list of hand-offs; zero fields do not narrow.
type HandoffFilter struct {
	State  HandoffState
	Kind   HandoffKind
	Case   dialer.CaseID
	By     dialer.UserID // passed on by this person
	Cursor string
	Limit  int
}

// HandoffMove is an act of a person's on a hand-off.
type HandoffMove struct {
	ID   string
	Act  HandoffAct
	Text string
	By   dialer.UserID
	Role dialer.Role
}

// Forbidding puts a number on the do-not-call list, or takes it off. The reason is kept for ever, with its digits masked.
type Forbidding struct {
	On     bool
	By     dialer.UserID
	At     time.Time
	Reason string
}

// TooManyWords refuses to take a number off the list once more that was put there and taken off so often that nobody can say what was asked.
const TooManyWords dialer.Rule = "too_many_words"

// RefuseWord is the refusal by TooManyWords.
func RefuseWord() *dialer.Refusal {
	return &dialer.Refusal{
		Rule: TooManyWords, JA: "この番号は架電禁止の登録と解除が多すぎるため、解除できません",
		EN: "this number was put on the list and taken off too often to be taken off again",
	}
}

// HandoffStore keeps hand-offs. The ledger implements it.
type HandoffStore interface {
	// Handoffs lists them without texts: what waits for the ward first, by the day it is due.
	Handoffs(ctx context.Context, f HandoffFilter) (items []Handoff, next string, err error)
	// Handoff returns one whole, and keeps that by read it; dialer.ErrNotFound when there is none, or when by may not.
	Handoff(ctx context.Context, id string, by dialer.UserID, may func(Handoff) bool) (Handoff, error)
	// PassOn makes a hand-off by hand.
	PassOn(ctx context.Context, of dialer.CaseID, kind HandoffKind, text string, by dialer.UserID) (Handoff, error)
	// MoveHandoff carries out an act. A *dialer.Refusal when the table does not have it, or not for the role, or when there is too much of it already (HandoffFull).
	MoveHandoff(ctx context.Context, m HandoffMove) (Handoff, error)
	// ForbidNumber puts one of a case's numbers on the do-not-call list, or takes it off, and keeps who did it and why.
	// dialer.ErrNotFound when it is none of them; a refusal by TooManyWords.
	ForbidNumber(ctx context.Context, of dialer.CaseID, n dialer.Number, f Forbidding) error
}

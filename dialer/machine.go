package dialer

import "fmt"

// State is where a call stands. It only ever moves down this list.
type State string

// The states of a call.
const (
	Queued          State = "queued"           // accepted, nothing sent yet
	CallingDesk     State = "calling_desk"     // the operator's phone is being rung
	CallingCustomer State = "calling_customer" // the operator is on the line, the debtor is being rung
	Talking         State = "talking"          // both legs are up and bridged
	Ending          State = "ending"           // hanging up; waiting for both legs to be gone
	Ended           State = "ended"            // both legs are gone, the attempt is closed
)

// States lists the states in their order.
var States = []State{Queued, CallingDesk, CallingCustomer, Talking, Ending, Ended}

// Fact is something that has happened to a call. Everyone but the call's own goroutine can only report facts.
type Fact string

// The facts a call can be told.
const (
	DialAsked        Fact = "dial_asked"        // the operator clicked and every check said yes
	DeskRinging      Fact = "desk_ringing"      // 18x from the desk phone
	DeskAnswered     Fact = "desk_answered"     // 2xx from the desk phone
	DeskGone         Fact = "desk_gone"         // the desk leg is over, for whatever reason
	DialSaved        Fact = "dial_saved"        // dialled_at is committed: the customer may be rung
	DialNotSaved     Fact = "dial_not_saved"    // it could not be committed in time: nobody is rung
	CustomerRinging  Fact = "customer_ringing"  // 18x without sound from the network
	CustomerEarly    Fact = "customer_early"    // 18x with early media
	CustomerAnswered Fact = "customer_answered" // 2xx from the debtor's side
	CustomerGone     Fact = "customer_gone"     // the customer leg is over, for whatever reason
	CallerCame       Fact = "caller_came"       // a call has come in, and the desks are to be rung
	CallerComesShut  Fact = "caller_comes_shut" // a call has come in while nobody is to be rung
	HangupAsked      Fact = "hangup_asked"      // somebody pressed the button, or the house is closing
	TimedOut         Fact = "timed_out"         // the state's own timer ran out
)

// Facts lists every fact.
var Facts = []Fact{
	DialAsked, DeskRinging, DeskAnswered, DeskGone, DialSaved, DialNotSaved,
	CustomerRinging, CustomerEarly, CustomerAnswered, CustomerGone, HangupAsked, TimedOut, CallerCame, CallerComesShut,
}

// Act is what the owner of a call does about a fact, in the order given.
type Act string

// The acts.
const (
	DialDesk        Act = "dial_desk"        // send the desk leg's INVITE
	ConfirmDesk     Act = "confirm_desk"     // keep what ends the desk leg, then ACK it
	SaveDialled     Act = "save_dialled"     // commit dialled_at; answers with DialSaved or DialNotSaved
	DialCustomer    Act = "dial_customer"    // send the customer leg's INVITE
	HearEarly       Act = "hear_early"       // let the operator hear the network
	ConfirmCustomer Act = "confirm_customer" // keep what ends the customer leg, then ACK it
	AnswerCustomer  Act = "answer_customer"  // answer the caller of a call that came in
	TurnAway        Act = "turn_away"        // tell the caller that nobody is here, and end that leg
	Join            Act = "join"             // media both ways
	DropDesk        Act = "drop_desk"        // CANCEL or BYE the desk leg; harmless when it is gone or was never dialled
	DropCustomer    Act = "drop_customer"    // CANCEL or BYE the customer leg; as harmless
	CloseAttempt    Act = "close_attempt"    // write the end, once
)

// LegState is how far one leg of a call has come, as far as the machine must know.
type LegState string

// The states of a leg.
const (
	LegIdle    LegState = "idle"    // never dialled
	LegDialled LegState = "dialled" // its INVITE was sent, or has come; there will be exactly one Gone
	LegUp      LegState = "up"      // answered
	LegGone    LegState = "gone"
)

// open reports whether the leg still owes us its Gone.
func (l LegState) open() bool { return l == LegDialled || l == LegUp }

// Machine is the whole memory of a call's state machine. The zero value is not ready; use NewMachine.
type Machine struct {
	State    State
	Desk     LegState
	Customer LegState
}

// NewMachine returns a call that is Queued with both legs idle.
func NewMachine() Machine { return Machine{State: Queued, Desk: LegIdle, Customer: LegIdle} }

// guard is a condition on the legs, evaluated after the fact has been noted on them.
type guard struct {
	name string
	ok   func(Machine) bool
}

var (
	always       = guard{"", func(Machine) bool { return true }}
	customerIdle = guard{"customer never dialled", func(m Machine) bool { return m.Customer == LegIdle }}
	customerOpen = guard{"a customer is there", func(m Machine) bool { return m.Customer.open() }}
	someLegOpen  = guard{"a leg is left", func(m Machine) bool { return m.Desk.open() || m.Customer.open() }}
	bothLegsGone = guard{"no leg is left", func(m Machine) bool { return !m.Desk.open() && !m.Customer.open() }}
)

// row is one line of the specification: in from, when on happens and the guard holds, go to and do.
type row struct {
	from State
	on   Fact
	when guard
	to   State
	do   []Act
}

// table is the life of a call. What is not in it changes nothing: a fact that comes too late, or twice, is only logged.
var table = []row{
	{Queued, DialAsked, always, CallingDesk, []Act{DialDesk}},
	{Queued, HangupAsked, always, Ended, []Act{CloseAttempt}},
	{Queued, TimedOut, always, Ended, []Act{CloseAttempt}},

	// A call that comes in is the same call entered from the other side: its customer leg is there, its desk leg is the
	// phones that ring for it.
	{Queued, CallerCame, always, CallingDesk, []Act{DialDesk}},
	{Queued, CallerComesShut, always, Ending, []Act{TurnAway}},

	{CallingDesk, DeskRinging, always, CallingDesk, nil},
	{CallingDesk, DeskAnswered, customerIdle, CallingCustomer, []Act{ConfirmDesk, SaveDialled}},
	{CallingDesk, DeskAnswered, customerOpen, Talking, []Act{ConfirmDesk, AnswerCustomer, Join}},
	{CallingDesk, DeskGone, bothLegsGone, Ended, []Act{CloseAttempt}},
	{CallingDesk, DeskGone, someLegOpen, Ending, []Act{DropCustomer}},
	{CallingDesk, CustomerGone, always, Ending, []Act{DropDesk}},
	{CallingDesk, HangupAsked, always, Ending, []Act{DropCustomer, DropDesk}},
	{CallingDesk, TimedOut, always, Ending, []Act{DropCustomer, DropDesk}},

	{CallingCustomer, DialSaved, customerIdle, CallingCustomer, []Act{DialCustomer}},
	{CallingCustomer, DialNotSaved, customerIdle, Ending, []Act{DropDesk}},
	{CallingCustomer, CustomerRinging, customerOpen, CallingCustomer, nil},
	{CallingCustomer, CustomerEarly, customerOpen, CallingCustomer, []Act{HearEarly}},
	{CallingCustomer, CustomerAnswered, customerOpen, Talking, []Act{ConfirmCustomer, Join}},
	{CallingCustomer, CustomerGone, always, Ending, []Act{DropDesk}},
	{CallingCustomer, DeskGone, someLegOpen, Ending, []Act{DropCustomer}},
	{CallingCustomer, DeskGone, bothLegsGone, Ended, []Act{CloseAttempt}},
	{CallingCustomer, HangupAsked, always, Ending, []Act{DropCustomer, DropDesk}},
	{CallingCustomer, TimedOut, always, Ending, []Act{DropCustomer, DropDesk}},

	{Talking, CustomerGone, always, Ending, []Act{DropDesk}},
	{Talking, DeskGone, always, Ending, []Act{DropCustomer}},
	{Talking, HangupAsked, always, Ending, []Act{DropCustomer, DropDesk}},
	{Talking, TimedOut, always, Ending, []Act{DropCustomer, DropDesk}},

	// A 200 can cross our CANCEL: a late answer is hung up, and Ended waits for both legs.
	{Ending, DeskAnswered, always, Ending, []Act{DropDesk}},
	{Ending, CustomerAnswered, always, Ending, []Act{DropCustomer}},
	{Ending, DeskGone, someLegOpen, Ending, nil},
	{Ending, DeskGone, bothLegsGone, Ended, []Act{CloseAttempt}},
	{Ending, CustomerGone, someLegOpen, Ending, nil},
	{Ending, CustomerGone, bothLegsGone, Ended, []Act{CloseAttempt}},
	{Ending, HangupAsked, always, Ending, []Act{DropCustomer, DropDesk}},
	// The phone promises its Gone within 64·T1. Should it break its word, the desk must not stay blocked for ever.
	{Ending, TimedOut, always, Ended, []Act{DropCustomer, DropDesk, CloseAttempt}},
}

// Next computes what a fact does to a call: pure, no clock, no I/O. known is false when the table has no row for it,
// and then nothing changed but the legs' own memory.
func Next(m Machine, f Fact) (next Machine, do []Act, known bool) {
	from := m.State
	m = m.noteLegs(f)
	for _, r := range table {
		if r.from == from && r.on == f && r.when.ok(m) {
			m.State = r.to
			return m.noteActs(r.do), r.do, true
		}
	}
	return m, nil, false
}

// noteLegs remembers what a fact says of the legs. A leg that is gone stays gone.
func (m Machine) noteLegs(f Fact) Machine {
	switch f {
	case DeskAnswered:
		if m.Desk == LegDialled {
			m.Desk = LegUp
		}
	case DeskGone:
		m.Desk = LegGone
	case CustomerAnswered:
		if m.Customer == LegDialled {
			m.Customer = LegUp
		}
	case CustomerGone:
		m.Customer = LegGone
	case CallerCame, CallerComesShut:
		if m.State == Queued {
			m.Customer = LegDialled
		}
	default:
	}
	return m
}

// noteActs remembers which legs the acts will have dialled or answered.
func (m Machine) noteActs(do []Act) Machine {
	for _, a := range do {
		switch a {
		case DialDesk:
			m.Desk = LegDialled
		case DialCustomer:
			m.Customer = LegDialled
		case AnswerCustomer:
			m.Customer = LegUp
		default:
		}
	}
	return m
}

// String gives the machine in one line for logs.
func (m Machine) String() string {
	return fmt.Sprintf("%s(desk %s, customer %s)", m.State, m.Desk, m.Customer)
}

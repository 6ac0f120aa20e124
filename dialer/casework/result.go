package casework

import (
	"time"

	"kakeru/dialer"
)

// Party says who was there (応対者).
type Party string

// The parties.
const (
	Self       Party = "self"
	Family     Party = "family"
	ThirdParty Party = "third_party"
	Voicemail  Party = "voicemail"
	Recorder   Party = "recorder"
	Fax        Party = "fax"
	Silent     Party = "silent"
)

// Parties lists every party in the order of the panel.
var Parties = []Party{Self, Family, ThirdParty, Voicemail, Recorder, Fax, Silent}

// IsPerson reports whether the party counts for 応答件数: 本人, 家族 or 第三者.
func (p Party) IsPerson() bool { return p == Self || p == Family || p == ThirdParty }

// Business is one business result (業務結果).
type Business string

// The business results.
const (
	Promised        Business = "promise"
	AlreadyPaid     Business = "already_paid"
	Instalments     Business = "instalments"
	SlipReissue     Business = "slip_reissue"
	CallBack        Business = "call_back"
	MessageLeft     Business = "message_left"
	RefusesToPay    Business = "refuses_to_pay"
	Complaint       Business = "complaint"
	WrongNumber     Business = "wrong_number"
	LanguageWanted  Business = "language"
	Information     Business = "information"
	AccountTransfer Business = "account_transfer"
	MovedOrDeceased Business = "moved_or_deceased"
	NotIn           Business = "not_in"
	HungUp          Business = "hung_up"
	OtherInsurance  Business = "other_insurance"
	Hardship        Business = "hardship"
	NoCommitment    Business = "no_commitment"
)

// Businesses lists every business result in the order of the panel.
var Businesses = []Business{
	Promised, AlreadyPaid, Instalments, SlipReissue, CallBack, MessageLeft, RefusesToPay, Complaint, WrongNumber,
	LanguageWanted, Information, AccountTransfer, MovedOrDeceased, NotIn, HungUp, OtherInsurance, Hardship, NoCommitment,
}

// Entry is what an operator records of a talk: who was there, what came of it (the first business result is the
// primary one), a promise with CallBack-like extras. It is validated by Check.
type Entry struct {
	Party     Party
	Business  []Business
	Promise   *Promise
	Note      string                 // 交渉経過; personal data
	CallAgain *time.Time             // a time the debtor asked for
	Mine      bool                   // … and by this same operator
	Details   map[HandoffKind]string // what the ward is told with the hand-offs that follow; personal data
	Language  string                 // that the talk showed the debtor to speak, BCP 47; empty when nothing was learnt
	DoNotCall bool                   // the number that was called is not to be called again
	Kind      InboundKind            // what a call that came in was
}

// Promise is a promise to pay (納付約束): one date, one sum in yen, split by insurance and term when Parts is not empty.
type Promise struct {
	Yen   int64
	DueOn string // YYYY-MM-DD
	Means string // "slip", "convenience", "bank", "account_transfer", "counter", "online"
	Parts []PromisePart
}

// PromisePart is the share of a promise for one insurance and term.
type PromisePart struct {
	Insurance Insurance
	Term      string
	Yen       int64
}

// Recorded is an entry as the ledger keeps it: appended, never written over. The newest Revision of an attempt counts.
type Recorded struct {
	Entry
	Attempt  dialer.CallID
	Case     dialer.CaseID
	Revision int
	By       dialer.UserID
	At       time.Time
	Next     dialer.CaseNext // what the case waits for after this entry
	Spoilt   bool            // the number that was called is useless
	Stays    bool            // the case stays where it stands, whatever follows from this
	Decides  bool            // a supervisor records it: a case that is held is called again if the entry says so
}

package webui

import (
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
	"kakeru/webui/auth"
)

// Desk is a desk as the panel shows it. Operator and CallID are null while there is none, or it is not to be seen.
type Desk struct {
	ID             dialer.DeskID    `json:"id"`
	Name           string           `json:"name"`
	Registered     *bool            `json:"registered" doc:"null behind a PBX that does not tell"`
	InUseElsewhere bool             `json:"in_use_elsewhere" doc:"its phone is used for something that is none of Kakeru's calls"`
	State          dialer.DeskState `json:"state"`
	Operator       *dialer.UserID   `json:"operator"`
	OperatorName   string           `json:"operator_name,omitempty"`
	CallID         *dialer.CallID   `json:"call_id"`
	CaseID         dialer.CaseID    `json:"case_id,omitempty"`
	Ringing        *dialer.CallID   `json:"ringing" doc:"the call that came in, or is handed on, for which its phone rings"`
	Since          time.Time        `json:"since"`
	// Screen, Away and TouchedAt are left out for other operators.
	Screen    string            `json:"screen,omitempty" doc:"which of its person's open panels works it, by that panel's own word"`
	Away      dialer.AwayReason `json:"away,omitempty" doc:"why its person does not work there now, since then"`
	TouchedAt *time.Time        `json:"touched_at,omitempty" doc:"when its person last touched key or mouse there, to half a minute"`
	// PausedByName is the supervisor who has paused the desk, and why and since when; left out for other operators.
	PausedByName string     `json:"paused_by_name,omitempty"`
	PauseReason  string     `json:"pause_reason,omitempty"`
	PausedAt     *time.Time `json:"paused_at,omitempty"`
}

// Trunk is a line to the telephone network as the panel shows it.
type Trunk = dialer.TrunkView

// TrunkChanged is the data of a trunk frame. Trunk is left out for those who do not look after the trunks.
type TrunkChanged struct {
	Trunk  *Trunk `json:"trunk,omitempty"`
	LineUp bool   `json:"line_up" doc:"whether calls can leave by any trunk"`
}

// Call is a live call as the panel shows it.
type Call struct {
	dialer.CallView
	OperatorName string   `json:"operator_name,omitempty"`
	Quality      *Quality `json:"quality,omitempty" doc:"how the talk sounds so far"`
}

// Attempt is one 架電, or a call that came in (CONTRACT "attempt"). What is not known yet is null. CaseID and the entry's note are left out for
// those who may not see them; Evidence is empty in live frames.
type Attempt struct {
	ID              dialer.CallID       `json:"id"`
	CaseID          dialer.CaseID       `json:"case_id,omitempty"`
	Desk            dialer.DeskID       `json:"desk"`
	Operator        dialer.UserID       `json:"operator"`
	OperatorName    string              `json:"operator_name,omitempty"`
	HandedDesk      dialer.DeskID       `json:"handed_desk,omitempty"`
	HandedTo        dialer.UserID       `json:"handed_to,omitempty"`
	HandedToName    string              `json:"handed_to_name,omitempty"`
	Direction       dialer.Direction    `json:"direction"`
	Origin          casework.Origin     `json:"origin" doc:"manual: made or taken on another telephone, and noted by hand"`
	StartedAt       time.Time           `json:"started_at"`
	DialledAt       *time.Time          `json:"dialled_at"`
	RingingAt       *time.Time          `json:"ringing_at"`
	AnsweredAt      *time.Time          `json:"answered_at"`
	EndedAt         *time.Time          `json:"ended_at"`
	EndedBy         *dialer.EndedBy     `json:"ended_by"`
	Result          *dialer.Result      `json:"result" nullable:"true"`
	Confidence      *dialer.Confidence  `json:"confidence" nullable:"true"`
	Rule            string              `json:"rule,omitempty"`
	Why             *string             `json:"why"`
	Counted         bool                `json:"counted"`
	Party           *casework.Party     `json:"party" nullable:"true"`
	BusinessResults []casework.Business `json:"business_results"`
	Evidence        []dialer.Evidence   `json:"evidence"`
	NumberKind      dialer.NumberKind   `json:"number_kind,omitempty"`
	Trunk           string              `json:"trunk"`
	SIPCallID       string              `json:"sip_call_id,omitempty"`
	Quality         *Quality            `json:"quality,omitempty" doc:"how the talk sounded; left out when nobody heard anything"`
	Entry           *Entry              `json:"entry"`
	// Recording is there for those who may listen, where the attempt is asked for by its id.
	Recording *Recording `json:"recording,omitempty"`
	// Disclosures are there for those who answer for the talks, where the attempt is asked for by its id.
	Disclosures []Disclosure `json:"disclosures,omitempty" doc:"who was shown the debt, and by what the person was known"`
}

// TransformSchema implements huma.SchemaTransformer: the words of a field that may be null have null among them.
func (Attempt) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	for _, field := range s.Properties {
		if field.Nullable && len(field.Enum) > 0 {
			field.Enum = append(field.Enum, nil)
		}
	}
	return s
}

// Entry is what an operator recorded of an attempt; its newest revision.
type Entry struct {
	_               struct{}             `nullable:"true"`
	Party           casework.Party       `json:"party"`
	BusinessResults []casework.Business  `json:"business_results"`
	Promise         *Promise             `json:"promise"`
	Note            string               `json:"note,omitempty"`
	CallAgainAt     *time.Time           `json:"call_again_at"`
	Mine            bool                 `json:"mine"`
	Kind            casework.InboundKind `json:"kind,omitempty"`
	Language        string               `json:"language,omitempty" doc:"that the talk showed the debtor to speak, BCP 47"`
	Revision        int                  `json:"revision"`
	ByName          string               `json:"by_name"`
	At              time.Time            `json:"at"`
}

// Caller is who calls, as far as that is known, to whom it rings for.
type Caller struct {
	Number   dialer.Number  `json:"number" doc:"empty when it is not known"`
	Withheld bool           `json:"withheld" doc:"the caller does not show the number, or it is no Japanese one"`
	Cases    []CallersCase  `json:"cases" doc:"those that have the number; the one that the call counts for first"`
	From     *dialer.DeskID `json:"from" doc:"the desk that hands the call on, if one does"`
}

// CallersCase is a case that a call that came in may be about.
type CallersCase struct {
	ID   dialer.CaseID `json:"id"`
	Name string        `json:"name"`
	Rung *Rung         `json:"rung" doc:"when we last called the case at this number, lately"`
}

// Rung is a call of ours.
type Rung struct {
	_               struct{}            `nullable:"true"`
	At              time.Time           `json:"at"`
	ByName          string              `json:"by_name"`
	Result          dialer.Result       `json:"result"`
	Origin          casework.Origin     `json:"origin"`
	Party           casework.Party      `json:"party,omitempty"`
	BusinessResults []casework.Business `json:"business_results"`
}

// Promise is a promise to pay, in whole yen.
type Promise struct {
	_         struct{}      `nullable:"true"`
	AmountYen int64         `json:"amount_yen"`
	DueOn     string        `json:"due_on" doc:"YYYY-MM-DD"`
	Means     string        `json:"means"`
	Parts     []PromisePart `json:"parts,omitempty"`
}

// PromisePart is the share of a promise for one insurance and term.
type PromisePart struct {
	Insurance casework.Insurance `json:"insurance"`
	Term      string             `json:"term"`
	AmountYen int64              `json:"amount_yen"`
}

// Next is what a case waits for.
type Next struct {
	State dialer.CaseState `json:"state"`
	Due   *time.Time       `json:"due"`
	Why   string           `json:"why"`
	WhyEN string           `json:"why_en"`
}

// Case is a case with all its personal data: for operators and supervisors only.
type Case struct {
	ID         dialer.CaseID `json:"id"`
	WardNumber string        `json:"ward_number"`
	Name       string        `json:"name"`
	Kana       string        `json:"kana"`
	Address    string        `json:"address"`
	PostalCode string        `json:"postal_code"`
	BornOn     string        `json:"born_on" doc:"YYYY-MM-DD, or empty"`
	Phones     []Phone       `json:"phones"`
	Balances   []Balance     `json:"balances"`
	TotalYen   *int64        `json:"total_yen" doc:"null until it may be shown: identity"`
	Language   string        `json:"language" doc:"BCP 47"`
	WardNote   string        `json:"ward_note"`
	Sample     bool          `json:"sample"`
	DoNotCall  bool          `json:"do_not_call"`
	Priority   int           `json:"priority"`
	Pinned     bool          `json:"pinned"`
	Next       Next          `json:"next"`
	Stands     Reason        `json:"stands" doc:"why it comes now, or why not yet, in one sentence"`
	NextNumber *NextNumber   `json:"next_number"`
	Order      *Order        `json:"order" doc:"the newest that a supervisor gave"`
	BestHour   *BestHour     `json:"best_hour"`
}

// Reason is one sentence in each language.
type Reason struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// NextNumber is which of a case's numbers is dialled next; null when none may be.
type NextNumber struct {
	_    struct{}          `nullable:"true"`
	Rank int               `json:"rank"`
	Kind dialer.NumberKind `json:"kind"`
	From *time.Time        `json:"from" doc:"null when it may be dialled at once"`
	Why  *Reason           `json:"why,omitempty" doc:"why this one and not the first, or why not yet"`
}

// Order is what a supervisor ordered of a case.
type Order struct {
	_      struct{}     `nullable:"true"`
	Act    casework.Act `json:"act"`
	ByName string       `json:"by_name"`
	At     time.Time    `json:"at"`
	Until  *time.Time   `json:"until"`
	Reason string       `json:"reason"`
	From   int          `json:"from,omitempty" doc:"of a move: the place before, counted from 1 at the head of the line"`
	To     int          `json:"to,omitempty"`
}

// HeldBack is how many cases do not come now, for one reason.
type HeldBack struct {
	Cause dialer.Cause `json:"cause"`
	Count int          `json:"count"`
	Next  *time.Time   `json:"next" doc:"when the first of them comes; null where nobody knows"`
	Why   Reason       `json:"why"`
}

// Phone is one number of a person; rank 1 is dialled first.
type Phone struct {
	Rank   int               `json:"rank" doc:"its place now; another may be put before it"`
	Mark   string            `json:"mark" doc:"names it among the case's numbers for as long as it is one, also to those who do not see it whole"`
	Number dialer.Number     `json:"number"`
	Kind   dialer.NumberKind `json:"kind"`
	Usable bool              `json:"usable"`
	// DoNotCall: it is on the do-not-call list.
	DoNotCall bool `json:"do_not_call"`
}

// Balance is what is owed for one insurance and term.
type Balance struct {
	Insurance casework.Insurance `json:"insurance"`
	Term      string             `json:"term"`
	DueOn     string             `json:"due_on"`
	Yen       int64              `json:"yen"`
}

// CaseBrief is a case in one line: of the queue, of those held back, of a search.
type CaseBrief struct {
	CaseID     dialer.CaseID     `json:"case_id"`
	WardNumber string            `json:"ward_number"`
	Name       string            `json:"name"`
	NumberKind dialer.NumberKind `json:"number_kind,omitempty"`
	BalanceYen *int64            `json:"balance_yen" doc:"null where debts are not shown"`
	Priority   int               `json:"priority"`
	DueAt      *time.Time        `json:"due_at"`
	IsDue      bool              `json:"is_due"`
	Desk       *dialer.DeskID    `json:"desk"`
	State      dialer.CaseState  `json:"state"`
	Pinned     bool              `json:"pinned"`
	// Why and WhyEN say in one sentence why it stands where it stands.
	Why   string `json:"why"`
	WhyEN string `json:"why_en"`
	// NextNumber is left out where cases are only searched.
	NextNumber *NextNumber `json:"next_number"`
	Order      *Order      `json:"order"`
	BestHour   *BestHour   `json:"best_hour"`
}

// Depth is how many cases wait; those at a desk are not among them. Held stops counting at 200.
type Depth struct {
	Due   int `json:"due"`
	Later int `json:"later"`
	Held  int `json:"held"`
}

// Hours says whether calls may be made now.
type Hours struct {
	Open       bool       `json:"open"`
	AlwaysOpen bool       `json:"always_open" doc:"the rule is lifted, for trials"`
	Why        string     `json:"why" doc:"why it is closed, in Japanese; empty when open"`
	Today      *OpenSpan  `json:"today"`
	NextOpenAt *time.Time `json:"next_open_at" doc:"null when open now"`
	NextDay    *NextDay   `json:"next_day" doc:"the next day after today on which the centre opens: for when somebody asks to be called tomorrow"`
}

// NextDay is an opening day, YYYY-MM-DD, with its hours, HH:MM in Asia/Tokyo.
type NextDay struct {
	_    struct{} `nullable:"true"`
	Date string   `json:"day"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

// OpenSpan is a day's opening, HH:MM in Asia/Tokyo.
type OpenSpan struct {
	_    struct{} `nullable:"true"`
	From string   `json:"from"`
	To   string   `json:"to"`
}

// Person is a member of staff who can sign in.
type Person struct {
	ID       dialer.UserID `json:"id"`
	Login    string        `json:"login"`
	Name     string        `json:"name"`
	Role     dialer.Role   `json:"role"`
	Disabled bool          `json:"disabled"`
	// Languages are what they speak besides Japanese.
	Languages []string `json:"languages" nullable:"false"`
	// HasSecondFactor and MustChange say how they sign in; in the list of people only.
	HasSecondFactor bool `json:"has_second_factor"`
	MustChange      bool `json:"must_change"`
	// DirectoryName is who they are in the ward's directory; in the list of people only. Empty: not linked.
	DirectoryName string `json:"directory_name"`
}

// SignedIn is the session of whoever asks.
type SignedIn struct {
	User       Person         `json:"user"`
	Demo       bool           `json:"demo"`
	AlwaysOpen bool           `json:"always_open"`
	Print      bool           `json:"print" doc:"what is on the screen may be printed; else a print shows that it may not"`
	Desk       *dialer.DeskID `json:"desk" doc:"where this person sits"`
	ExpiresAt  time.Time      `json:"expires_at" doc:"when the session ends unless it is used before"`
	// Step is what is still to be done; until it is done the session is good for nothing else.
	Step   auth.Step  `json:"step"`
	Ways   []auth.Way `json:"ways" doc:"to give the second factor, when that is the step, or the screen is locked"`
	Locked bool       `json:"locked" doc:"the screen is masked until it is unlocked"`

	SecondFactor     auth.Need  `json:"second_factor" doc:"whether this role must have one"`
	LockAfterSeconds int        `json:"lock_after_seconds" doc:"without key or mouse; 0: never"`
	ConfirmedUntil   *time.Time `json:"confirmed_until" doc:"until then signing in by the directory stands in for the password; null: it does not"`
	InDirectory      bool       `json:"in_directory" doc:"this person can sign in by the ward's directory"`
	PasskeyOrigin    *string    `json:"passkey_origin" doc:"where browsers can use passkeys; null: nowhere"`
}

// Snapshot is the first frame of /api/live: everything there is to see now.
type Snapshot struct {
	Desks    []Desk          `json:"desks"`
	Calls    []Call          `json:"calls"`
	Progress report.Progress `json:"progress"`
	Hours    Hours           `json:"hours"`
	Recent   []Attempt       `json:"recent" doc:"the last attempts, newest first"`
	Alerts   []Alert         `json:"alerts" doc:"the last alerts, newest first"`
	Depth    *Depth          `json:"depth,omitempty"`
	Trunks   []Trunk         `json:"trunks,omitempty" doc:"for those who look after them"`
	LineUp   *bool           `json:"line_up,omitempty" doc:"whether calls can leave by any trunk"`
	Boot     string          `json:"boot" doc:"another one after each start of the server; give it back with since"`
}

// Alert is something a supervisor must see.
type Alert struct {
	dialer.Alert
	// ID is 0 of one that is not kept: the ledger was away.
	ID int64     `json:"id"`
	At time.Time `json:"at"`
	// Lasts: its condition goes on until EndedAt. The others are over once somebody acknowledged them.
	Lasts      bool       `json:"lasts"`
	EndedAt    *time.Time `json:"ended_at"`
	EndText    string     `json:"end_text" doc:"what was said when it was over"`
	EndTextEN  string     `json:"end_text_en"`
	SeenAt     *time.Time `json:"acknowledged_at"`
	SeenByName string     `json:"acknowledged_by_name"`
	Note       string     `json:"note"`
}

// QueueChanged is the data of a queue frame.
type QueueChanged struct {
	Depth Depth `json:"depth"`
}

// Bye is the data of a bye frame, the last before the server closes.
type Bye struct {
	Reason string `json:"reason" enum:"slow,session,shutdown"`
}

// Frame is one frame of /api/live.
type Frame struct {
	Seq  uint64    `json:"seq" doc:"increases; not dense"`
	Type string    `json:"type" enum:"snapshot,desk,trunk,call,progress,queue,alert,attempt,list,close,handoff,beat,bye"`
	At   time.Time `json:"at" doc:"the server's clock"`
	Data any       `json:"data"`
}

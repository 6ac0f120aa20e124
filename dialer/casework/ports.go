package casework

import (
	"context"
	"iter"
	"time"

	"kakeru/dialer"
)

// CaseStore reads cases. The ledger implements it.
type CaseStore interface {
	// Case returns one case; dialer.ErrNotFound when there is none.
	Case(ctx context.Context, id dialer.CaseID) (Case, error)
	// Cases returns the cases of the ids given, in their order, leaving out those there are not: for the queue's list.
	Cases(ctx context.Context, ids []dialer.CaseID) ([]Case, error)
	// Search finds cases by 宛名番号, by a whole number, by the last four digits, or by the beginning of name or kana;
	// at most limit, best match first.
	Search(ctx context.Context, q string, limit int) ([]Case, error)
	// Waiting yields every case in the line, for rebuilding the queue.
	Waiting(ctx context.Context) iter.Seq2[dialer.Waiting, error]
	// Place returns the case's place in the line, with its lane; nil when it does not wait.
	Place(ctx context.Context, id dialer.CaseID) (*dialer.Waiting, error)
	// Held lists cases that are held back, newest first, with why.
	Held(ctx context.Context, limit int) ([]Case, error)
	// Kin lists the cases that share a number with one, or address and surname: perhaps one household.
	Kin(ctx context.Context, id dialer.CaseID) ([]Kin, error)
}

// LineStore is what the queue's rules need to be told of, and to be obeyed. The ledger implements it.
type LineStore interface {
	// Order carries out what a supervisor orders of a case, and keeps the order; a *dialer.Refusal when it cannot be. It
	// returns what the case waits for then.
	Order(ctx context.Context, id dialer.CaseID, o Order) (dialer.CaseNext, error)
	// Move puts a case where a supervisor wants it, and keeps the order with both places; a *dialer.Refusal when it cannot be. It returns
	// the places of all cases that stand by another instant then.
	Move(ctx context.Context, p Placed, o Order) ([]dialer.Waiting, error)
	// TriesAt lists the tries at every usable number of some cases.
	TriesAt(ctx context.Context, ids []dialer.CaseID) (TriesAt, error)
	// AskedFor lists the calls that were asked for at a time up to until and not made yet, the earliest first.
	AskedFor(ctx context.Context, until time.Time) ([]AskedFor, error)
	// Counts says how many cases wait, and for what.
	Counts(ctx context.Context) (Counts, error)
}

// ResultStore keeps what operators record.
type ResultStore interface {
	// Attempt returns an attempt with its evidence and newest entry; dialer.ErrNotFound when there is none.
	Attempt(ctx context.Context, id dialer.CallID) (Attempt, error)
	// Attempts lists attempts newest first; next is empty on the last page.
	Attempts(ctx context.Context, f AttemptFilter) (items []Attempt, next string, err error)
	// Record appends an entry to an attempt, with its promise, and moves the case to r.Next, in one transaction, unless a
	// later attempt of the case has decided since. It returns the entry as it was kept: with its revision, and with what the
	// case waits for now. The same entry of the same person again is the same revision. When PostgreSQL is away the entry
	// waits in the adapter's fsynced spool, and its revision is 0.
	Record(ctx context.Context, r Recorded) (Recorded, error)
}

// Attempt is one 架電 as it is read back (CONTRACT "attempt").
type Attempt struct {
	ID         dialer.CallID
	CaseID     dialer.CaseID
	Desk       dialer.DeskID
	Operator   dialer.UserID
	HandedDesk dialer.DeskID // where a talk of ours ended that was handed on; empty when it was not
	HandedTo   dialer.UserID // with HandedDesk
	Direction  string        // "outbound"
	Origin     Origin
	Trunk      string
	SIPCallID  string // the customer leg's Call-ID
	StartedAt  time.Time
	DialledAt  time.Time // zero when never dialled
	RingingAt  time.Time
	AnsweredAt time.Time
	EndedAt    time.Time // zero while it lives
	EndedBy    dialer.EndedBy
	Verdict    dialer.Verdict
	NumberKind dialer.NumberKind
	Insurance  string
	Language   string
	Band       string
	Evidence   []dialer.Evidence
	Quality    *dialer.Quality // how it sounded; nil when nobody heard anything
	Entry      *Recorded       // the newest, nil while none was given
}

// AttemptFilter narrows a list of attempts; zero fields do not narrow.
type AttemptFilter struct {
	From, To time.Time // started_at, [From, To)
	Desk     dialer.DeskID
	Operator dialer.UserID
	CaseID   dialer.CaseID
	Cursor   string
	Limit    int // 1 to 500, default 50
}

// ListStore takes the ward's list in, in two steps, so that nothing is ever half imported.
type ListStore interface {
	// Stage writes the rows of a list where nothing else sees them and compares them with the cases there are.
	// progress is called now and then with the rows taken so far. It reads rows to the end once, holding none.
	Stage(ctx context.Context, list StagedList, rows iter.Seq2[Row, error], progress func(rows int)) (Preview, error)
	FindingStore
	// Preview returns what Stage found.
	Preview(ctx context.Context, list string) (Preview, error)
	// Apply makes a staged list's cases real in one transaction; a second Apply of one list changes nothing.
	Apply(ctx context.Context, list string, by dialer.UserID, progress func(cases int)) (Applied, error)
	// Discard forgets a staged list.
	Discard(ctx context.Context, list string) error
}

// StagedList names a list being taken in.
type StagedList struct {
	ID       string // UUIDv7
	FileName string
	By       dialer.UserID
	At       time.Time
	Sample   bool // the rows carry the sample mark
	// Source is by which saved source it is read; empty for the built-in names.
	Source string
}

// Row is one line of the list after reading: one person, one insurance, one term. Line is its line in the file.
type Row struct {
	Line       int
	WardNumber string
	CaseRef    string
	Person     Person
	Household  string // what people of one household have in common; empty where that is not known
	Phones     []Phone
	Balance    Balance
	Language   string
	Note       string
	Sample     bool
	Problems   []Problem // with any Fatal one the row is not taken
	Repairs    []Problem // what was mended, shown in the preview
}

// Problem is what is wrong with, or was mended in, one cell: where, what, and what to do. It never holds the cell's text.
type Problem struct {
	Line   int    `json:"line"`
	Column string `json:"column"`
	Code   string `json:"code"` // bad_date, bad_amount, bad_number, never_dial, missing, leading_zero, …
	JA     string `json:"ja"`
	EN     string `json:"en"`
	Fatal  bool   `json:"fatal"`
}

// Preview says what a list would do.
type Preview struct {
	List      string                    `json:"list"`
	FileName  string                    `json:"file_name"`
	State     string                    `json:"state"` // staging, staged, applying, applied, failed
	Rows      int                       `json:"rows"`
	Cases     int                       `json:"cases"`
	New       int                       `json:"new"`
	Changed   int                       `json:"changed"`
	Same      int                       `json:"same"`
	Missing   int                       `json:"missing"` // cases of earlier lists that this one does not have: shown, not touched
	Wrong     int                       `json:"wrong"`   // rows that are not taken
	Repaired  int                       `json:"repaired"`
	Sample    bool                      `json:"sample"`
	Problems  []Problem                 `json:"problems"` // the first 200
	Repairs   []Problem                 `json:"repairs"`  // the first 200
	Progress  int                       `json:"progress"` // rows or cases done so far in this state
	Kinds     map[dialer.NumberKind]int `json:"kinds"`
	AppliedAt time.Time                 `json:"applied_at,omitzero"`
	Findings  []Finding                 `json:"findings"`         // what is different, and what goes together
	Source    string                    `json:"source,omitempty"` // by which it was read; left out: by the built-in names
	Header    *HeaderUnread             `json:"header,omitempty"` // of a list that nobody knows how to read
}

// Applied says what a list did. Waiting are the cases to put into the line.
type Applied struct {
	New, Changed, Same int
	Waiting            []dialer.Waiting
}

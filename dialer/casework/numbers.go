package casework

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// NumberSource is where a number that was entered stood (資格異動届, 窓口, …). The sources are data: sources.json.
type NumberSource struct {
	Key string `json:"key"`
	JA  string `json:"ja"`
	EN  string `json:"en"`
}

//go:embed sources.json
var sourcesFile []byte

// NumberSources are the sources there are, in the order of the screen.
var NumberSources = builtIn[[]NumberSource](sourcesFile, "sources.json")

// TypedNumber is one row of 番号入力 as a person typed it: the number twice, the second time without seeing the first.
type TypedNumber struct {
	WardNumber, Number, Again string
	Source                    string
	DocumentOn                string
	First                     bool // to be dialled before the case's other numbers
}

// NumberSeen says whether a number that is entered was known before.
type NumberSeen string

// What can be known of it. Another case's number is a hint at one household; whose it is, is not said.
const (
	NumberNew       NumberSeen = "new"
	NumberAtCase    NumberSeen = "at_case"
	NumberElsewhere NumberSeen = "elsewhere"
	NumberWrong     NumberSeen = "wrong" // proved to be wrong for this case: it stays unusable there
)

// EnteredNumber is one telephone number that was typed in from a document. It is kept once and for ever; taking it back is
// another row. WardNumber and Number are personal, and empty once their day was closed.
type EnteredNumber struct {
	ID         string // UUIDv7
	At         time.Time
	By         dialer.UserID
	WardNumber string
	CaseRef    string
	Number     dialer.Number
	NumberRef  string
	Kind       dialer.NumberKind
	Mended     string // what was mended in reading the number: japan.LeadingZero or CountryCode
	Source     string // the key of a NumberSource
	DocumentOn string // YYYY-MM-DD
	First      bool
	Case       dialer.CaseID // empty when the person is not among the cases
	Seen       NumberSeen
	TakenBack  bool
}

// NumberCount is how many numbers a person entered on a day, those taken back left out.
type NumberCount struct {
	Day string // YYYY-MM-DD, in Tokyo
	By  dialer.UserID
	N   int
}

// What a NumberStore refuses.
const (
	NumberEntered  dialer.Rule = "number_entered"  // the same number was entered for the same person on the same day
	NumberReturned dialer.Rule = "number_returned" // what went back to the ward cannot be taken back here
	NumberMany     dialer.Rule = "number_many"     // the person has MostNumbers already
)

// MostNumbers is how many numbers are entered at one case: more than anybody has, and few enough to be read with it, and dialled one after the other.
const MostNumbers = 50

var numberRefusals = map[dialer.Rule]dialer.Refusal{
	NumberEntered: {
		JA: "この宛名番号のこの番号は、本日すでに入力されています", EN: "this number was entered for this person today already",
	},
	NumberMany: {
		JA: fmt.Sprintf("この案件には電話番号がすでに%d件あります。誤って入力した番号を取り消してから、もう一度入力してください", MostNumbers),
		EN: fmt.Sprintf("this case has %d numbers already; take those back that were entered by mistake, and enter it again", MostNumbers),
	},
	NumberReturned: {
		JA: "この番号は区へ返却済みです。取り消せません。区へ連絡してください", EN: "this number went back to the ward; it cannot be taken back here",
	},
}

// RefuseNumber is the refusal by one of the rules of a NumberStore.
func RefuseNumber(rule dialer.Rule) *dialer.Refusal {
	r := numberRefusals[rule]
	r.Rule = rule
	return &r
}

// NumberStore keeps the numbers that were entered. The ledger implements it.
type NumberStore interface {
	// EnterNumber keeps a number and puts it among the case's, when the case is here. It returns the row as it was kept, with
	// its case and what was known of the number; a refusal by NumberEntered when it stands already, by NumberMany when its case has too many.
	EnterNumber(ctx context.Context, n EnteredNumber) (EnteredNumber, error)
	// TakeNumberBack appends that a number was entered by mistake, and takes it from the case again if it came by this row and no list has
	// brought it since. One that proved to be wrong stays so, whatever brings it again.
	// Again is no error. dialer.ErrNotFound when by did not enter it, unless anybodys is set; a refusal by NumberReturned when
	// a day's close took it.
	TakeNumberBack(ctx context.Context, id string, by dialer.UserID, anybodys bool, at time.Time) error
	// EnteredNumbers lists what a person entered since an instant, newest first.
	EnteredNumbers(ctx context.Context, by dialer.UserID, since time.Time, limit int) ([]EnteredNumber, error)
	// NumberCounts counts what was entered in [from, to), by day and person.
	NumberCounts(ctx context.Context, from, to time.Time) ([]NumberCount, error)
}

// documentYears is how old a document may be.
const documentYears = 10

// Read reads a row as it was typed, field by field in the order of the screen.
func (t TypedNumber) Read(notation Notation, refs dialer.Refs, now time.Time) (EnteredNumber, []FieldError) {
	f := &findings{}
	e := EnteredNumber{At: now, Source: t.Source, First: t.First}
	if e.WardNumber, f.found = ReadWardNumber(notation, t.WardNumber); e.WardNumber != "" {
		e.CaseRef = refs.Case(e.WardNumber)
	}
	e.Number, e.Mended = readNumber(f, notation, t.Number)
	if e.Number != "" {
		e.Kind, e.NumberRef = e.Number.Kind(), refs.Number(e.Number)
		if again, _ := notation.Number(t.Again); dialer.Number(again) != e.Number {
			f.add("again", "differs", "2回の番号が一致しません。書類を見て入力し直してください", "the two numbers differ; look at the document and type them again")
		}
	}
	if !slices.ContainsFunc(NumberSources, func(s NumberSource) bool { return s.Key == t.Source }) {
		f.add("source", "unknown", "出典を一覧から選んでください", "choose a source from the list")
	}
	e.DocumentOn = documentDate(f, notation, t.DocumentOn, now)
	return e, f.found
}

// ReadWardNumber reads a 宛名番号 that a person gives as the list's reader does, or says why it is none. Whoever looks for a case by its reference must read it so:
// of another spelling the reference is nobody's, and nothing is found.
func ReadWardNumber(notation Notation, typed string) (string, []FieldError) {
	want := DefaultMapping().WardDigits
	s := notation.Plain(typed)
	if s == "" || len(s) > want || strings.Trim(s, "0123456789") != "" || strings.Trim(s, "0") == "" {
		f := &findings{}
		f.add("ward_number", "bad_ward_number", "宛名番号は数字で入力してください(10桁まで)", "give the ward's number, at most ten digits")
		return "", f.found
	}
	return strings.Repeat("0", want-len(s)) + s, nil
}

// readNumber reads a telephone number that may be dialled.
func readNumber(f *findings, notation Notation, typed string) (dialer.Number, string) {
	digits, note := notation.Number(typed)
	if digits == "" {
		says := sentences[note]
		f.add("number", note, says[0], says[1])
		return "", ""
	}
	n := dialer.Number(digits)
	if rule, why := n.Forbidden(); rule != "" {
		f.add("number", rule, why, "this number may never be dialled: "+rule)
		return "", ""
	}
	return n, note
}

func documentDate(f *findings, notation Notation, typed string, now time.Time) string {
	const field = "document_on"
	iso, ok := notation.Date(typed)
	on, err := dialer.ParseDate(iso)
	switch {
	case !ok || err != nil:
		f.add(field, "bad_date", "書類の日付を入力してください(例 2026/11/24、令和8年11月24日)", "give the document's date, e.g. 2026/11/24")
	case on.At(0).After(now):
		f.add(field, "future", "書類の日付が先の日付です。確かめてください", "the document's date lies in the future")
	case on.At(0).Before(now.AddDate(-documentYears, 0, 0)):
		f.add(field, "too_old", "書類の日付が古すぎます。確かめてください", "the document is too old; look again")
	default:
		return iso
	}
	return ""
}

package casework

import (
	"time"

	"kakeru/dialer"
)

// Case is one liable person (納付義務者) with what is owed, how to reach them, and where the case stands. Everything in
// Person and Phones, and the notes, is personal data: webui masks it by role before it leaves the server.
type Case struct {
	ID         dialer.CaseID
	CaseRef    string // HMAC of WardNumber; stays for ever
	WardNumber string // 宛名番号, with its leading zeros
	Person     Person
	Phones     []Phone
	Balances   []Balance
	Language   string // BCP 47
	WardNote   string // 備考, from the list
	Sample     bool   // from a made-up list: never dialled on a real trunk
	DoNotCall  bool
	Priority   int           // smaller is sooner
	RankWhy    dialer.Reason // why Priority is what it is; empty for an ordinary one
	Pinned     bool          // a supervisor wants it called before all others
	Order      *Order        // the newest that a supervisor gave; nil for none
	Next       dialer.CaseNext
	UpdatedAt  time.Time
}

// Person is who a case is about.
type Person struct {
	Name       string
	Kana       string
	PostalCode string
	Address    string
	BornOn     string // YYYY-MM-DD, or empty
}

// Phone is one number of a person; Rank 1 is dialled first.
type Phone struct {
	Rank   int
	Number dialer.Number
	Kind   dialer.NumberKind
	Usable bool // false once it proved unallocated or wrong
	// DoNotCall: it is on the do-not-call list.
	DoNotCall bool
}

// Balance is what is owed for one insurance and term (期別), in yen.
type Balance struct {
	Insurance Insurance
	Term      string // "令和8年度 第3期" as the list spells it
	DueOn     string // YYYY-MM-DD, the term's due date (納期限)
	Yen       int64
}

// Insurance is whose premium is owed.
type Insurance string

// The insurances of the centre.
const (
	Kokuho Insurance = "kokuho" // 国民健康保険
	Kouki  Insurance = "kouki"  // 後期高齢者医療保険
)

// ja is how the ward's papers call it for short.
func (i Insurance) ja() string {
	if i == Kouki {
		return "後期"
	}
	return "国保"
}

// TotalYen is what is owed in all.
func (c Case) TotalYen() int64 {
	var sum int64
	for _, b := range c.Balances {
		sum += b.Yen
	}
	return sum
}

// BalanceBand is the band a sum falls in, which is all that an attempt keeps of it.
func BalanceBand(yen int64) string {
	switch {
	case yen <= 0:
		return "0"
	case yen < 10_000:
		return "-10k"
	case yen < 50_000:
		return "-50k"
	case yen < 100_000:
		return "-100k"
	case yen < 300_000:
		return "-300k"
	default:
		return "300k-"
	}
}

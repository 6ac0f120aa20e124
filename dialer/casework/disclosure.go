package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kakeru/dialer"
)

// Identifier is something by which a person on the telephone showed who they are (本人確認). Only that they did is kept, never
// what they said.
type Identifier string

// What the ward may allow.
const (
	ByName          Identifier = "name"           // 氏名
	ByBirthday      Identifier = "born_on"        // 生年月日
	ByAddress       Identifier = "address"        // 住所
	ByWardNumber    Identifier = "ward_number"    // 宛名番号, as it stands on what the ward sent
	ByInsuredNumber Identifier = "insured_number" // 被保険者番号
	ByPhone         Identifier = "phone"          // the number that is registered
)

// Identifiers lists them in the order of the form.
var Identifiers = []Identifier{ByName, ByBirthday, ByAddress, ByWardNumber, ByInsuredNumber, ByPhone}

// Identity says what must be known of who is on the telephone before the debt is shown. The debt stays hidden from whoever has the
// case at a desk until then (§18).
type Identity struct {
	Needed  int          // how many of Allowed; 0 shows every debt at once
	Allowed []Identifier // in the order of the form
}

// Check says what is wrong with what was ticked off. Nothing ticked off hides the debt again and is always right.
func (i Identity) Check(ticked []Identifier) []FieldError {
	f := &findings{}
	for n, t := range ticked {
		switch {
		case !slices.Contains(i.Allowed, t):
			f.add("confirmed", "not_allowed", "区が認めていない確認方法が含まれています", "one of them is not allowed by the ward")
		case slices.Contains(ticked[:n], t):
			f.add("confirmed", "twice", "同じ確認方法が2回あります", "one of them is there twice")
		}
	}
	if missing := i.Needed - len(ticked); len(ticked) > 0 && missing > 0 {
		f.add("confirmed", "too_few", fmt.Sprintf("本人確認はあと%d項目必要です", missing), fmt.Sprintf("%d more are needed", missing))
	}
	return f.found
}

// Shows reports whether what was ticked off opens the debt to whoever talks with a party. With the family and with others it
// stays hidden, whatever they know.
func (i Identity) Shows(ticked []Identifier, party Party) bool {
	return len(ticked) > 0 && len(ticked) >= i.Needed && (party == "" || party == Self)
}

// Disclosure is one line of the record of who was shown a debt, in which call: kept for ever, without personal data.
type Disclosure struct {
	Attempt dialer.CallID
	Case    dialer.CaseID
	By      dialer.UserID
	At      time.Time
	Shown   bool         // false: it was hidden again
	Ticked  []Identifier // by what the person was known
	Party   Party        // who was there, as far as it had been said
}

// DisclosureStore keeps who was shown what, and who read a case's history before calling. The ledger implements it.
type DisclosureStore interface {
	// Disclose writes a line. Nothing is shown that is not written.
	Disclose(ctx context.Context, d Disclosure) error
	// Disclosures lists an attempt's lines, oldest first: the last one says how it stands.
	Disclosures(ctx context.Context, attempt dialer.CallID) ([]Disclosure, error)
	// CheckHistory writes down that somebody has read a case's history in the ward's own system (経過確認済).
	CheckHistory(ctx context.Context, id dialer.CaseID, by dialer.UserID, at time.Time) error
	// HistoryChecked is when somebody last did so for their next call: on the day of at, and since the case was last called; zero
	// when they have not.
	HistoryChecked(ctx context.Context, id dialer.CaseID, by dialer.UserID, at time.Time) (time.Time, error)
}

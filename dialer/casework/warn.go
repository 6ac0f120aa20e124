package casework

import (
	"fmt"
	"time"

	"kakeru/dialer"
)

// The warnings of a promise: it can be recorded all the same.
const (
	AboveBalance  = "above_balance"   // to be confirmed: more than is owed, in all or for a part
	NonBankingDay = "non_banking_day" // no bank takes a payment on its date
)

// Warn says what is odd about an entry that Check has nothing against, field by field. banking tells the days on which banks
// are open; nil for no such warning. An empty list of balances means that the balance is not known.
func (e Entry) Warn(c Case, banking *BankDays) []FieldError {
	if e.Promise == nil {
		return nil
	}
	f, p := &findings{}, *e.Promise
	if len(c.Balances) > 0 {
		p.warnAbove(f, c)
	}
	if due, err := dialer.ParseDate(p.DueOn); err == nil && banking != nil {
		if why := banking.Closed(due); why != "" {
			next := banking.Next(due)
			f.add("promise.due_on", NonBankingDay,
				fmt.Sprintf("%sは金融機関の休業日です(%s)。次の営業日は%sです", dayOf(due), why, dayOf(next)),
				fmt.Sprintf("banks are closed on %s; they open next on %s", due, next))
		}
	}
	return f.found
}

func (p Promise) warnAbove(f *findings, c Case) {
	if p.Yen > c.TotalYen() {
		f.add("promise.amount_yen", AboveBalance, fmt.Sprintf("約束の金額が滞納額の合計(%s)を超えています", inYen(c.TotalYen()).JA),
			fmt.Sprintf("the sum is above the %s that are owed in all", inYen(c.TotalYen()).EN))
	}
	owed := owedOf(c)
	for i, part := range p.Parts {
		if yen, known := owed[balanceKey{part.Insurance, part.Term}]; known && part.Yen > yen {
			f.add(fmt.Sprintf("promise.parts[%d].amount_yen", i), AboveBalance, fmt.Sprintf("内訳の金額がその期別の滞納額(%s)を超えています", inYen(yen).JA),
				fmt.Sprintf("the part is above the %s that are owed for it", inYen(yen).EN))
		}
	}
}

// BankDays are the days on which banks are open: neither Saturday, Sunday nor holiday, nor 31 December to 3 January.
type BankDays struct {
	// Holiday names the holiday that a day is; empty for none.
	Holiday func(dialer.Date) string
}

// Closed says in Japanese why banks are closed on a day; empty when they are open.
func (b BankDays) Closed(d dialer.Date) string {
	switch {
	case b.Holiday != nil && b.Holiday(d) != "":
		return b.Holiday(d)
	case d.Month == time.December && d.Day == 31, d.Month == time.January && d.Day <= 3:
		return "年末年始"
	case d.Weekday() == time.Saturday:
		return "土曜日"
	case d.Weekday() == time.Sunday:
		return "日曜日"
	}
	return ""
}

// longestRest is longer than banks are ever closed.
const longestRest = 31

// Next is the first day from d on, d included, on which banks are open.
func (b BankDays) Next(d dialer.Date) dialer.Date {
	for range longestRest {
		if b.Closed(d) == "" {
			return d
		}
		d = d.Next()
	}
	return d
}

package returns

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// Handover is what 引継書 says to the next contractor (§23), as the ledger has it when the contract's end was begun.
type Handover struct {
	Cases     []HandoverCase
	Months    []HandoverMonth // oldest first; those without an attempt or a call that came in are not there
	Languages []LanguageCount // the most first
	Open      HandoverOpen
	Pages     []casework.ScriptPage // approved
}

// HandoverCase is a case of the ward's list of which something is open or worth knowing.
type HandoverCase struct {
	// CaseRef is the keyed reference of its 宛名番号 (decision 0024): who holds the secret can tell whose it is.
	CaseRef string
	// WardNumber is empty where the ward has the case back: nobody here can say it any more.
	WardNumber string
	Promises   []casework.Promise // open ones, by their day
	CallAt     *time.Time         // a call that was asked for and not made
	DoNotCall  bool               // one of its numbers
	Language   string
	Attempts   int // that count
	ThisYear   int // of them in the fiscal year of the close
	TalkedAt   *time.Time
	Party      casework.Party // who that talk was with
	Business   []casework.Business
}

// HandoverMonth are a month's figures. Kept are those of the promises made in the month that were kept by now.
type HandoverMonth struct {
	Month           string // YYYY-MM, in Tokyo
	Attempts, Talks int    // talks with the debtor
	Promises, Kept  int
	PromisedYen     int64
	KeptYen         int64
}

// LanguageCount is how many of the list's cases need a language.
type LanguageCount struct {
	Language string
	N        int
}

// HandoverOpen is what is open in all.
type HandoverOpen struct {
	Handoffs, Promises, NumbersForbidden int
	PromisedYen                          int64
}

// HandoverStore says what is handed over. The ledger implements it.
type HandoverStore interface {
	// Handover reads it for a close; the attempts of the year are those since the first of April before it.
	Handover(ctx context.Context, c dayclose.Close, yearBegan time.Time) (Handover, error)
}

// fiscalYearOf is the first of April that a day's fiscal year began with.
func fiscalYearOf(d dialer.Date) dialer.Date {
	year := d.Year
	if d.Month < time.April {
		year--
	}
	return dialer.Date{Year: year, Month: time.April, Day: 1}
}

var handoverHeaders = []string{
	"宛名番号", "照合番号", "約束期日", "約束金額", "納付方法", "希望の架電日時", "架電禁止", "言語", "架電回数", "うち今年度", "最後の通話", "応対者", "業務結果",
}

// handover leaves the two files of the hand-over.
func (x *Returner) handover(ctx context.Context, c dayclose.Close, out *leaving) error {
	h, err := x.Handing.Handover(ctx, c, fiscalYearOf(c.Day).At(0))
	if err != nil {
		return err
	}
	slices.SortFunc(h.Cases, func(a, b HandoverCase) int {
		return cmp.Or(strings.Compare(unnamedLast(a), unnamedLast(b)), strings.Compare(a.CaseRef, b.CaseRef))
	})
	if _, err := out.table(kindHandover, handoverHeaders, cellsOf(each(h.Cases), x.Layout.handoverRow), true); err != nil {
		return err
	}
	var rules casework.Rules
	if x.Rules != nil {
		rules = x.Rules()
	}
	return out.write(kindHandover, "txt", []byte(strings.ReplaceAll(h.summary(c, rules), "\n", "\r\n")))
}

// unnamedLast sorts cases without a 宛名番号 after those with one.
func unnamedLast(c HandoverCase) string { return cmp.Or(c.WardNumber, "\U0010FFFF") }

func (l Layout) handoverRow(c HandoverCase) []string {
	var dues, yens, means, business []string
	for _, p := range c.Promises {
		dues = append(dues, strings.ReplaceAll(p.DueOn, "-", "/"))
		yens, means = append(yens, strconv.FormatInt(p.Yen, 10)), append(means, l.Codes.Means[p.Means])
	}
	for _, b := range c.Business {
		business = append(business, l.Codes.Business[string(b)])
	}
	forbidden := ""
	if c.DoNotCall {
		forbidden = "あり"
	}
	return []string{
		c.WardNumber, c.CaseRef, strings.Join(dues, "、"), strings.Join(yens, "、"), strings.Join(means, "、"), minuteOf(c.CallAt), forbidden,
		languageWord(c.Language), strconv.Itoa(c.Attempts), strconv.Itoa(c.ThisYear), minuteOf(c.TalkedAt), l.Codes.Party[string(c.Party)],
		strings.Join(business, "、"),
	}
}

func minuteOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return inTokyo(*at, "2006/01/02 15:04")
}

// languageWord names the languages that the specification asks for; of another its code.
func languageWord(code string) string {
	words := map[string]string{"": "", "ja": "", "en": "英語", "zh": "中国語", "vi": "ベトナム語"}
	if w, ok := words[code]; ok {
		return w
	}
	return code
}

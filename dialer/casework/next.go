package casework

import (
	"slices"
	"time"

	"kakeru/dialer"
)

// GraceDays is how many days after its due date a promise is looked at: payments take about two weeks to reach the books.
const GraceDays = 14

// NextRow is one line of the table that says what a case waits for after an entry. Empty conditions match anything; a
// list matches when any of its codes is there. The first row that matches decides.
type NextRow struct {
	Name     string
	Business []Business
	Party    []Party
	Result   []dialer.Result
	Asked    bool // only when the debtor asked for a time
	Then     Wait
	Why      string // one Japanese sentence for the panel
}

// Wait is what a row makes a case wait for.
type Wait struct {
	Until Until
	Days  int // with AfterDays: days from today; with AfterPromise: days from the promise's due date
	// OtherBand wants another time band than this call's (dialer.Bands), on whatever day it is.
	OtherBand bool
}

// Until is the kind of a wait.
type Until string

// What a case can wait for.
const (
	Decision     Until = "decision"      // held: a supervisor, or the ward, decides
	AskedTime    Until = "asked_time"    // the time the debtor asked for
	AfterPromise Until = "after_promise" // some days after the promise's due date
	AfterDays    Until = "after_days"    // some days from today, at the opening
	AfterHour    Until = "after_hour"    // an hour from now
)

// NextTable is the order in which an entry's parts decide: first what makes another call wrong, then what the debtor
// asked for, then what the ward must do, then promises and payments, then the rest.
// docs/decisions/0020-what-a-case-waits-for.md says why.
var NextTable = []NextRow{
	{Name: "wrong_number", Business: []Business{WrongNumber}, Then: Wait{Until: Decision}, Why: "番号相違のため、区への相違報告を待ちます"},
	{Name: "moved_or_deceased", Business: []Business{MovedOrDeceased}, Then: Wait{Until: Decision}, Why: "転出・死亡の申し出のため、区の確認を待ちます"},
	{Name: "complaint", Business: []Business{Complaint}, Then: Wait{Until: Decision}, Why: "苦情のため、スーパーバイザーの判断待ちです"},

	{Name: "asked", Asked: true, Then: Wait{Until: AskedTime}, Why: "相手の希望の日時に再架電します"},

	{Name: "hardship", Business: []Business{Hardship}, Then: Wait{Until: Decision}, Why: "減免・生活相談のため、区への引継ぎ中です"},
	{Name: "instalments", Business: []Business{Instalments}, Then: Wait{Until: Decision}, Why: "分割納付の希望のため、区への引継ぎ中です"},
	{Name: "other_insurance", Business: []Business{OtherInsurance}, Then: Wait{Until: Decision}, Why: "社保加入・資格喪失届未了のため、区の確認を待ちます"},
	{Name: "refuses_to_pay", Business: []Business{RefusesToPay}, Then: Wait{Until: Decision}, Why: "納付拒否のため、スーパーバイザーの判断待ちです"},

	{Name: "promise", Business: []Business{Promised}, Then: Wait{Until: AfterPromise, Days: GraceDays}, Why: "納付約束の期日から14日後に履行を確かめます"},
	{Name: "slip_reissue", Business: []Business{SlipReissue}, Then: Wait{Until: Decision}, Why: "納付書再発行のため、区への引継ぎ中です"},
	{Name: "already_paid", Business: []Business{AlreadyPaid}, Then: Wait{Until: AfterDays, Days: 14}, Why: "納付済(行き違い)の申し出のため、14日後に納付を確かめます"},
	{Name: "account_transfer", Business: []Business{AccountTransfer}, Then: Wait{Until: Decision}, Why: "口座振替を案内したため、区で申込みの確認を待ちます"},

	{Name: "language", Business: []Business{LanguageWanted}, Then: Wait{Until: Decision}, Why: "外国語での対応が必要なため、スーパーバイザーの手配を待ちます"},
	{Name: "message_left", Business: []Business{MessageLeft}, Then: Wait{Until: AfterDays, Days: 3, OtherBand: true}, Why: "伝言を残したため、折返しを待ち3日後に再架電します"},
	{Name: "call_back", Business: []Business{CallBack}, Then: Wait{Until: AfterDays, Days: 1, OtherBand: true}, Why: "折返しの予定のため、翌日以降に時間帯を変えて再架電します"},
	{Name: "no_commitment", Business: []Business{NoCommitment, Information}, Then: Wait{Until: AfterDays, Days: 7}, Why: "約束に至らなかったため、7日後に再架電します"},
	{Name: "hung_up", Business: []Business{HungUp}, Then: Wait{Until: AfterDays, Days: 1, OtherBand: true}, Why: "途中で切れたため、翌日以降に時間帯を変えて再架電します"},

	// No talk at all: the operator only says what was heard.
	{Name: "number", Result: []dialer.Result{dialer.Unallocated, dialer.NumberChanged, dialer.BadNumber}, Then: Wait{Until: Decision},
		Why: "番号の確認が必要なため、区への相違報告を待ちます"},
	{Name: "refused", Result: []dialer.Result{dialer.Refused, dialer.Interrupted}, Then: Wait{Until: Decision}, Why: "架電の結果を確かめるため、スーパーバイザーの判断待ちです"},
	{Name: "fax", Party: []Party{Fax}, Then: Wait{Until: Decision}, Why: "FAXの番号のため、番号の確認を待ちます"},
	{Name: "machine", Party: []Party{Voicemail, Recorder}, Then: Wait{Until: AfterHour, OtherBand: true}, Why: "留守電・録音機のため、1時間以上あけ時間帯を変えて再架電します"},
	{Name: "anyone", Then: Wait{Until: AfterDays, Days: 1, OtherBand: true}, Why: "本人と話せなかったため、翌日以降に時間帯を変えて再架電します"},
}

// NextAfter says what the case waits for once an entry was recorded at the instant now, about an attempt with verdict v.
// A waiting case is always due at an instant the centre is open.
func NextAfter(e Entry, v dialer.Verdict, now time.Time, hours dialer.Hours) dialer.CaseNext {
	for _, r := range NextTable {
		if r.matches(e, v) {
			return r.next(e, now, hours)
		}
	}
	// The last row has no condition, which a test checks.
	return dialer.CaseNext{State: dialer.CaseHeld, Why: "次の予定を決められないため、スーパーバイザーの判断待ちです"}
}

func (r NextRow) matches(e Entry, v dialer.Verdict) bool {
	return (len(r.Business) == 0 || slices.ContainsFunc(r.Business, func(b Business) bool { return slices.Contains(e.Business, b) })) &&
		(len(r.Party) == 0 || slices.Contains(r.Party, e.Party)) &&
		(len(r.Result) == 0 || slices.Contains(r.Result, v.Result)) &&
		(!r.Asked || e.CallAgain != nil)
}

func (r NextRow) next(e Entry, now time.Time, hours dialer.Hours) dialer.CaseNext {
	if r.Then.Until == Decision {
		return dialer.CaseNext{State: dialer.CaseHeld, Why: r.Why}
	}
	due := hours.NextOpen(r.Then.due(e, now))
	if r.Then.OtherBand {
		due = otherBand(due, now, hours)
	}
	return dialer.CaseNext{State: dialer.CaseWaiting, Due: due, Why: r.Why}
}

// due is the first instant that a wait allows, without regard to opening hours.
func (w Wait) due(e Entry, now time.Time) time.Time {
	switch {
	case w.Until == AskedTime && e.CallAgain != nil:
		return *e.CallAgain
	case w.Until == AfterHour:
		return now.Add(time.Hour)
	case w.Until == AfterPromise && e.Promise != nil:
		if due, err := dialer.ParseDate(e.Promise.DueOn); err == nil {
			return due.At(w.Days * 24 * 60)
		}
	}
	return dialer.DateOf(now).At(w.Days * 24 * 60)
}

// otherBand moves due to the start of the next band when it falls in the band of the call just made. On another day it
// stays where it was when the centre has closed by then: a day with a single band is better than none.
func otherBand(due, now time.Time, hours dialer.Hours) time.Time {
	b := band(due)
	if b != band(now) {
		return due
	}
	later := dialer.DateOf(due).At(dialer.Bands[b+1])
	if hours.Open(later) || dialer.DateOf(due) == dialer.DateOf(now) {
		return hours.NextOpen(later)
	}
	return due
}

// band returns which of dialer.Bands an instant falls in.
func band(t time.Time) int {
	h, m, _ := t.In(dialer.Tokyo).Clock()
	for i := range len(dialer.Bands) - 1 {
		if h*60+m < dialer.Bands[i+1] {
			return i
		}
	}
	return len(dialer.Bands) - 2
}

package casework

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"kakeru/dialer"
)

// FieldError is what is wrong with one field of an entry, and what to do. Field is spelled as the API spells it
// ("promise.due_on", "promise.parts[0].amount_yen"). The sentences hold no personal data.
type FieldError struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	JA    string `json:"ja"`
	EN    string `json:"en"`
}

func (f FieldError) Error() string { return f.Field + ": " + f.EN }

const (
	// maxNote is the longest note (交渉経過), in characters.
	maxNote = 2000
	// maxYen is the largest sum a promise may have when the balance is not known: nobody owes the ward more.
	maxYen = 100_000_000
	// promiseMonths is how far ahead a promise may lie. Further away it is a wish, which the ward decides on.
	promiseMonths = 6
	// callAgainMonths is how far ahead a call may be asked for.
	callAgainMonths = 3
)

// Means are the ways to pay that a promise can name (納付方法), in the order of the panel.
var Means = []string{"slip", "convenience", "bank", "account_transfer", "counter", "online"}

// machineBusiness are the business results that need nobody to talk to: all that can be said of a voicemail, a recording
// device, a fax or a silent line.
var machineBusiness = []Business{MessageLeft, NotIn, WrongNumber, HungUp, CallBack}

// Check returns what is wrong with an entry about case c at the instant now, field by field in the order of the panel;
// nothing when it can be recorded. An empty list of balances in c means that the balance is not known.
func (e Entry) Check(now time.Time, c Case, hours dialer.Hours) []FieldError {
	f := &findings{}
	e.checkParty(f)
	e.checkBusiness(f)
	e.checkPromise(f, now, c)
	e.checkNote(f)
	e.checkCallAgain(f, now, hours)
	return f.found
}

// findings gathers field errors.
type findings struct{ found []FieldError }

func (f *findings) add(field, code, ja, en string) {
	f.found = append(f.found, FieldError{Field: field, Code: code, JA: ja, EN: en})
}

func (e Entry) checkParty(f *findings) {
	switch {
	case e.Party == "":
		f.add("party", "missing", "応対者を選んでください", "say who was there")
	case !slices.Contains(Parties, e.Party):
		f.add("party", "unknown", "応対者の区分が正しくありません。一覧から選んでください", fmt.Sprintf("unknown party; use one of %v", Parties))
	}
}

func (e Entry) checkBusiness(f *findings) {
	const field = "business_results"
	if e.Party.IsPerson() && len(e.Business) == 0 {
		f.add(field, "missing", "業務結果を1つ以上選んでください", "name at least one business result")
	}
	for i, b := range e.Business {
		switch {
		case !slices.Contains(Businesses, b):
			f.add(field, "unknown", "業務結果の区分が正しくありません。一覧から選んでください", fmt.Sprintf("unknown business result; use one of %v", Businesses))
		case slices.Contains(e.Business[:i], b):
			f.add(field, "double", "同じ業務結果が重複しています。1つにしてください", "a business result is named twice; name it once")
		case e.isMachine() && !slices.Contains(machineBusiness, b):
			f.add(field, "needs_person", "留守電・録音機・FAX・無言では選べない業務結果です。応対者か業務結果を直してください",
				"this result needs a person to talk to; correct the party or the result")
		}
	}
	if slices.Contains(e.Business, Promised) && slices.Contains(e.Business, NoCommitment) {
		f.add(field, "contradiction", "納付約束と約束なしは同時に選べません。どちらかにしてください", "promise and no_commitment exclude each other; keep one")
	}
}

// isMachine reports whether the party is known and no person.
func (e Entry) isMachine() bool { return slices.Contains(Parties, e.Party) && !e.Party.IsPerson() }

func (e Entry) checkNote(f *findings) {
	switch {
	case !utf8.ValidString(e.Note):
		f.add("note", "bad_text", "交渉経過に使えない文字があります。入力し直してください", "the note is not valid text; type it again")
	case utf8.RuneCountInString(e.Note) > maxNote:
		f.add("note", "too_long", fmt.Sprintf("交渉経過は%d文字までです。短くしてください", maxNote), fmt.Sprintf("a note has at most %d characters; shorten it", maxNote))
	}
}

func (e Entry) checkCallAgain(f *findings, now time.Time, hours dialer.Hours) {
	const field = "call_again_at"
	if e.CallAgain == nil {
		if e.Mine {
			f.add("mine", "needs_time", "自分が再架電する日時を入力してください", "give call_again_at, or leave mine out")
		}
		return
	}
	at := *e.CallAgain
	switch {
	case !at.After(now):
		f.add(field, "past", "再架電の日時が過ぎています。これからの日時にしてください", "the time lies in the past; give one to come")
	case at.After(dialer.DateOf(now).At(0).AddDate(0, callAgainMonths, 1)):
		f.add(field, "too_far", fmt.Sprintf("再架電の日時は%dか月以内にしてください", callAgainMonths), fmt.Sprintf("give a time within %d months", callAgainMonths))
	case !hours.Open(at):
		ja, en := whenOpen(hours, at)
		f.add(field, "closed", ja, en)
	}
}

// whenOpen says that the centre is closed at an instant, and which one is the nearest later one.
func whenOpen(hours dialer.Hours, at time.Time) (ja, en string) {
	next := dialer.InWords(hours.NextOpen(at))
	return "その日時は開設時間外です。" + next.JA + " 以降の開設時間内にしてください", "the centre is closed at that time; it opens next at " + next.EN
}

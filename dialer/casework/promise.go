package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kakeru/dialer"
)

// checkPromise checks a promise against the business results, the calendar and what the case owes.
func (e Entry) checkPromise(f *findings, now time.Time, c Case) {
	named := slices.Contains(e.Business, Promised)
	switch {
	case e.Promise == nil && !named:
		return
	case e.Promise == nil:
		f.add("promise", "missing", "納付約束の金額と期日を入力してください", "a promise needs its sum and its date")
		return
	case !named:
		f.add("promise", "unexpected", "納付約束の内容があります。業務結果に納付約束を加えるか、約束を消してください",
			"there is a promise but no business result promise; add the one or drop the other")
	}
	p := *e.Promise
	p.checkYen(f)
	p.checkDueOn(f, now)
	if !slices.Contains(Means, p.Means) {
		f.add("promise.means", "unknown", "納付方法を一覧から選んでください", fmt.Sprintf("unknown means; use one of %v", Means))
	}
	p.checkParts(f, c)
}

func (p Promise) checkYen(f *findings) {
	const field = "promise.amount_yen"
	switch {
	case p.Yen <= 0:
		f.add(field, "not_positive", "約束の金額は1円以上にしてください", "a promise is for one yen or more")
	case p.Yen > maxYen:
		f.add(field, "too_large", "約束の金額が大きすぎます。桁を確かめてください", "the sum is too large; check its digits")
	}
}

func (p Promise) checkDueOn(f *findings, now time.Time) {
	const field = "promise.due_on"
	due, err := dialer.ParseDate(p.DueOn)
	if err != nil {
		f.add(field, "bad_date", "約束の期日が正しい日付ではありません。年月日を確かめてください", "not a date; write YYYY-MM-DD")
		return
	}
	// Dates compare as their midnights: both are days in Tokyo.
	today := dialer.DateOf(now).At(0)
	switch day := due.At(0); {
	case day.Before(today):
		f.add(field, "past", "約束の期日が過ぎています。今日以降の日付にしてください", "the date lies in the past; give today or later")
	case day.After(today.AddDate(0, promiseMonths, 0)):
		f.add(field, "too_far", fmt.Sprintf("約束の期日は%dか月以内にしてください。それより先は分割希望として区へ引き継ぎます", promiseMonths),
			fmt.Sprintf("give a date within %d months; later ones are instalments, for the ward", promiseMonths))
	}
}

// checkParts checks that the parts are of the case's balances, none twice, and sum to the promise.
func (p Promise) checkParts(f *findings, c Case) {
	if len(p.Parts) == 0 {
		return
	}
	owed := owedOf(c)
	seen := make(map[balanceKey]bool, len(p.Parts))
	var sum int64
	for i, part := range p.Parts {
		field, key := fmt.Sprintf("promise.parts[%d]", i), balanceKey{part.Insurance, part.Term}
		_, known := owed[key]
		switch {
		case part.Insurance != Kokuho && part.Insurance != Kouki:
			f.add(field+".insurance", "unknown", "保険の区分が正しくありません。国保か後期を選んでください", "unknown insurance; use kokuho or kouki")
		case len(owed) > 0 && !known:
			f.add(field+".term", "not_owed", "この案件にない保険・期別です。一覧から選んでください", "the case owes nothing for this insurance and term")
		case !known && !isTerm(part.Term):
			f.add(field+".term", "bad_term", fmt.Sprintf("期別は%d文字以内で、滞納額の一覧にあるとおりに指定してください", maxTerm),
				fmt.Sprintf("name the term as the debt shows it, in %d characters or less", maxTerm))
		case seen[key]:
			f.add(field+".term", "double", "同じ保険・期別が重複しています。1つにまとめてください", "this insurance and term is named twice; name it once")
		case part.Yen <= 0:
			f.add(field+".amount_yen", "not_positive", "内訳の金額は1円以上にしてください", "a part is for one yen or more")
		case part.Yen > maxYen:
			f.add(field+".amount_yen", "too_large", "内訳の金額が大きすぎます。桁を確かめてください", "the part is too large; check its digits")
		}
		seen[key] = true
		// A part out of range was named above; adding it could overflow.
		if part.Yen > 0 && part.Yen <= maxYen {
			sum += part.Yen
		}
	}
	if sum != p.Yen {
		f.add("promise.parts", "sum", "内訳の合計が約束の金額と一致しません。金額を直してください", "the parts do not sum to the promise; correct the sums")
	}
}

// CheckUnseen returns what is wrong with the parts of a promise that is recorded by who is not shown the debt, and cannot know its terms: they are kept for ever and
// in clear, so nothing but a term may stand there. The parts of the entry that is corrected may be said again; stood is nil where there is none.
func (e Entry) CheckUnseen(stood *Recorded) []FieldError {
	if e.Promise == nil {
		return nil
	}
	said := map[balanceKey]bool{}
	if stood != nil && stood.Promise != nil {
		for _, p := range stood.Promise.Parts {
			said[balanceKey{p.Insurance, p.Term}] = true
		}
	}
	f := &findings{}
	if slices.ContainsFunc(e.Promise.Parts, func(p PromisePart) bool { return !said[balanceKey{p.Insurance, p.Term}] }) {
		f.add("promise.parts", "not_shown", "滞納額が表示されていないため、内訳は登録できません。内訳なしで登録するか、本人確認をしてから登録してください",
			"the debt is not shown, so a promise cannot be split; record it without parts, or confirm who is there first")
	}
	return f.found
}

const (
	// maxTerm is the longest term (期別) that is taken while it is not known what is owed, in characters.
	maxTerm = 40
	// maxTermDigits is how many digits may follow each other in it: a year and a term, and no telephone number.
	maxTermDigits = 8
)

// isTerm reports whether a text could be a term. What a case owes is not asked: the ward's own list may write what it likes.
func isTerm(s string) bool {
	if strings.TrimSpace(s) == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxTerm {
		return false
	}
	digits := 0
	for _, r := range s {
		if digits++; !unicode.IsDigit(r) {
			digits = 0
		}
		if digits > maxTermDigits || !unicode.IsPrint(r) && r != '\u3000' {
			return false
		}
	}
	return true
}

// owedOf is what a case owes by insurance and term.
func owedOf(c Case) map[balanceKey]int64 {
	owed := make(map[balanceKey]int64, len(c.Balances))
	for _, b := range c.Balances {
		owed[balanceKey{b.Insurance, b.Term}] += b.Yen
	}
	return owed
}

// balanceKey is what tells the balances of a case apart.
type balanceKey struct {
	insurance Insurance
	term      string
}

package casework

import (
	"fmt"
	"slices"
	"strconv"

	"kakeru/dialer"
)

// Settled is a promise with its verdict, and the payments that count towards it.
type Settled struct {
	Pledge
	State   PromiseState
	PaidYen int64 // of what was promised; never more
	Counted []Counted
	KeptOn  dialer.Date // the day of the payment that made it whole; zero unless kept
	Why     dialer.Reason
}

// Settle holds the payments of one case against its promises, and returns the promises oldest first. The oldest promise is
// served first, each payment at most once: those made from the day of the promise to its due date and the grace, and where
// the promise is split, those of the part's insurance and term. Neither the order of the lists matters nor how often
// Settle runs. docs/decisions/0025-promises-and-payments.md says why it is so.
func Settle(pledges []Pledge, payments []Payment, books Books) []Settled {
	pledges = slices.Clone(pledges)
	slices.SortFunc(pledges, oldestFirst)
	left := standing(payments)
	out := make([]Settled, len(pledges))
	for i, p := range pledges {
		out[i] = settle(p, left, books)
	}
	return out
}

func settle(p Pledge, left []Payment, books Books) Settled {
	s := Settled{Pledge: p, State: PromiseReplaced}
	if p.Replaced {
		s.Why = dialer.Reason{JA: "後の結果登録で置き換えられました", EN: "a later entry took its place"}
		return s
	}
	due, err := dialer.ParseDate(p.DueOn)
	if err != nil {
		s.State, s.Why = PromiseOpen, dialer.Reason{JA: "期日が読めないため判定しません", EN: "its date cannot be read, so there is no verdict"}
		return s
	}
	s.count(left, books.lastDay(due))
	s.judge(books.lastDay(due), books)
	return s
}

// count gives the promise what it may take of the payments, and takes that from left.
func (s *Settled) count(left []Payment, last dialer.Date) {
	if len(s.Parts) == 0 {
		s.take(left, last, PromisePart{Yen: s.Yen}, -1)
		return
	}
	// A part of any term leaves to the parts of one term what only they can take.
	for _, anyTerm := range []bool{false, true} {
		for i, part := range s.Parts {
			if (part.Term == "") == anyTerm {
				s.take(left, last, part, i)
			}
		}
	}
}

func (s *Settled) take(left []Payment, last dialer.Date, part PromisePart, at int) {
	want := min(part.Yen, s.Yen-s.PaidYen)
	for i := range left {
		p := &left[i]
		if want <= 0 {
			return
		}
		if p.Yen <= 0 || earlier(p.PaidOn, s.MadeOn) || earlier(last, p.PaidOn) || !part.accepts(*p) {
			continue
		}
		some := min(want, p.Yen)
		s.Counted = append(s.Counted, Counted{Payment: p.ID, Part: at, PaidOn: p.PaidOn, Yen: some})
		p.Yen, want, s.PaidYen = p.Yen-some, want-some, s.PaidYen+some
	}
}

func (p PromisePart) accepts(pay Payment) bool {
	return (p.Insurance == "" || p.Insurance == pay.Insurance) && (p.Term == "" || p.Term == pay.Term)
}

// judge gives the verdict. Before the grace is over, and until a paid list reaches its last day, there is none but kept.
func (s *Settled) judge(last dialer.Date, books Books) {
	insurance, readTo := books.readTo(s.Pledge)
	switch {
	case s.PaidYen >= s.Yen:
		s.State = PromiseKept
		for _, c := range s.Counted {
			if earlier(s.KeptOn, c.PaidOn) {
				s.KeptOn = c.PaidOn
			}
		}
		s.Why = dialer.Reason{
			JA: fmt.Sprintf("約束の%sが%sまでに納付されました", inYen(s.Yen).JA, dayOf(s.KeptOn)),
			EN: fmt.Sprintf("the %s promised were paid by %s", inYen(s.Yen).EN, s.KeptOn),
		}
	case len(books.ReadTo) == 0:
		s.State, s.Why = PromiseOpen, dialer.Reason{JA: "消込リストをまだ読み込んでいないため判定しません", EN: "no paid list was read yet, so there is no verdict"}
	case readTo == (dialer.Date{}):
		s.State, s.Why = PromiseOpen, dialer.Reason{
			JA: insurance.ja() + "の消込リストをまだ読み込んでいないため判定しません",
			EN: fmt.Sprintf("no paid list with %s was read yet, so there is no verdict", insurance),
		}
	case earlier(readTo, last):
		s.State = PromiseOpen
		s.Why = dialer.Reason{
			JA: fmt.Sprintf("%sの消込リストは%sの収納分までです。%sの分まで読み込むまで判定しません", insurance.ja(), dayOf(readTo), dayOf(last)),
			EN: fmt.Sprintf("the paid lists with %s reach %s; there is no verdict before they reach %s", insurance, readTo, last),
		}
	case s.PaidYen > 0:
		s.State = PromisePartly
		s.Why = dialer.Reason{
			JA: fmt.Sprintf("%sの収納分までに、約束の%sのうち%sが納付されました", dayOf(last), inYen(s.Yen).JA, inYen(s.PaidYen).JA),
			EN: fmt.Sprintf("%s of the %s promised were paid by %s", inYen(s.PaidYen).EN, inYen(s.Yen).EN, last),
		}
	default:
		s.State = PromiseBroken
		s.Why = dialer.Reason{
			JA: fmt.Sprintf("約束の%sは、%sの収納分までに納付がありません", inYen(s.Yen).JA, dayOf(last)),
			EN: fmt.Sprintf("nothing of the %s promised was paid by %s", inYen(s.Yen).EN, last),
		}
	}
}

func dayOf(d dialer.Date) string { return fmt.Sprintf("%d月%d日", int(d.Month), d.Day) }

// inYen writes a sum with its commas.
func inYen(yen int64) dialer.Reason {
	digits, sign := Grouped(yen), ""
	if yen < 0 {
		digits, sign = digits[1:], "-"
	}
	return dialer.Reason{JA: sign + digits + "円", EN: sign + "¥" + digits}
}

// Grouped writes a number with a comma at every third digit.
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

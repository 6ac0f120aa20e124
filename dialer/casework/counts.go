package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
)

// Counts says how many cases wait, and for what.
type Counts struct {
	Waiting   []Count
	Held      int
	ResultDue int
}

// Count is how many cases wait for one thing.
type Count struct {
	Due      bool         // they are due: Language and Mine say for whom
	Cause    dialer.Cause // of those that are not
	Language string
	Mine     bool // promised by one operator, and kept for them
	N        int
	First    time.Time // when the first of them is due
}

// HeldBack is how many cases do not come, for one reason.
type HeldBack struct {
	Cause dialer.Cause
	N     int
	First time.Time // when the first of them comes; zero where nobody knows
	Why   dialer.Reason
}

// causeWords say what a number of cases waits for.
var causeWords = map[dialer.Cause]dialer.Reason{
	dialer.CauseNew:        {JA: "名簿で届いたばかり", EN: "new from the list"},
	dialer.CauseResult:     {JA: "再架電の間隔待ち", EN: "waiting after a call that reached nobody"},
	dialer.CauseEntry:      {JA: "通話の結果による間隔待ち", EN: "waiting after a talk"},
	dialer.CauseAsked:      {JA: "希望された日時待ち", EN: "waiting for the time that was asked for"},
	dialer.CausePromise:    {JA: "納付約束の期日待ち", EN: "waiting for a promise to fall due"},
	dialer.CauseBroken:     {JA: "不履行の約束の再架電待ち", EN: "to be called about a promise that was broken"},
	dialer.CauseKept:       {JA: "約束の履行後、残額の架電待ち", EN: "to be called about what is left after a promise was kept"},
	dialer.CausePaid:       {JA: "納付済の可能性", EN: "perhaps paid in full"},
	dialer.CauseMissed:     {JA: "不在着信の折り返し待ち", EN: "to be called back"},
	dialer.CauseNumber:     {JA: "番号の発信間隔待ち", EN: "waiting until the number may be rung again"},
	dialer.CauseCap:        {JA: "架電回数の上限", EN: "called often enough for now"},
	dialer.CauseAside:      {JA: "オペレーターの後回し", EN: "put off by an operator"},
	dialer.CauseSupervisor: {JA: "スーパーバイザーの指示待ち", EN: "put off by a supervisor"},
	dialer.CauseNumberless: {JA: "発信できる番号なし", EN: "without a number that may be dialled"},
	"":                     {JA: "予定の日時待ち", EN: "waiting for their time"},
}

// HeldBack lists what does not come now, the most first: what waits for its time, for a desk, for a decision or for a result.
func (c Counts) HeldBack() []HeldBack {
	var out []HeldBack
	for _, w := range c.Waiting {
		why := causeWords[w.Cause]
		switch name := dialer.LanguageName(w.Language); {
		case w.Due && w.Mine:
			why = dialer.Reason{JA: "約束した担当者待ち", EN: "kept for the operator who promised"}
		case w.Due && dialer.Everybodys(w.Language):
			continue
		case !dialer.Everybodys(w.Language):
			why = dialer.Reason{JA: name.JA + "の席待ち", EN: "waiting for a desk that speaks " + name.EN}
			w.Cause = dialer.CauseLanguage
		case why.JA == "":
			why = causeWords[""]
		}
		out = append(out, HeldBack{Cause: w.Cause, N: w.N, First: w.First, Why: why})
	}
	slices.SortStableFunc(out, func(a, b HeldBack) int { return b.N - a.N })
	if c.ResultDue > 0 {
		out = append(out, HeldBack{N: c.ResultDue, Why: dialer.Reason{JA: "通話の結果待ち", EN: "waiting for the result of a talk"}})
	}
	if c.Held > 0 {
		out = append(out, HeldBack{N: c.Held, Why: dialer.Reason{JA: "保留中", EN: "held back for a decision"}})
	}
	return out
}

// WhyNobody answers in one sentence why nobody is called: when the next case comes, and what the others wait for.
func (c Counts) WhyNobody(now time.Time, hours dialer.Hours) dialer.Reason {
	back := c.HeldBack()
	if no := hours.Refusal(now); no != nil {
		return dialer.Reason{JA: no.JA, EN: no.EN}
	}
	if len(back) == 0 {
		return dialer.Reason{JA: "待っている案件がありません。名簿を取り込んでください", EN: "no case waits; take in a list"}
	}
	var first time.Time
	var ja, en []string
	for _, b := range back {
		ja, en = append(ja, fmt.Sprintf("%d件は%s", b.N, b.Why.JA)), append(en, fmt.Sprintf("%d %s", b.N, b.Why.EN))
		if b.First.After(now) && (first.IsZero() || b.First.Before(first)) {
			first = b.First
		}
	}
	head := dialer.Reason{JA: "いま架電できる案件はありません", EN: "no case may be called now"}
	if !first.IsZero() {
		at := when(first, now)
		head.JA, head.EN = head.JA+"。次の案件は"+at.JA+"からです", head.EN+"; the next comes at "+at.EN
	}
	return dialer.Reason{JA: head.JA + "(" + strings.Join(ja, "、") + ")", EN: head.EN + " (" + strings.Join(en, ", ") + ")"}
}

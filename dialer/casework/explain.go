package casework

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"kakeru/dialer"
)

// Moment is what is known when a case is explained.
type Moment struct {
	Now   time.Time
	Hours dialer.Hours
	// Desk is the name of the desk at which the case stands; empty when at none.
	Desk string
	// Mine is the name of the operator who promised the call, as far as it is known.
	Mine  string
	Tries TriesAt
}

// At is a number of a case.
type At struct {
	Case   dialer.CaseID
	Number dialer.Number
}

// TriesAt are the tries at the numbers of cases, oldest first.
type TriesAt map[At][]dialer.Try

// Explained says why a case stands where it stands: one sentence, and what it is made of.
type Explained struct {
	dialer.Reason
	// Next is the number that is dialled next; nil when none may be.
	Next *NextNumber
}

// NextNumber is which of a case's numbers is dialled next.
type NextNumber struct {
	Rank int // as Phone.Rank
	Kind dialer.NumberKind
	From time.Time     // zero when it may be dialled at once
	Why  dialer.Reason // why it is this number, and why not yet
}

// Explain says in one sentence why a case comes now, or why not yet.
func (r Rules) Explain(c Case, m Moment) Explained {
	x := Explained{Next: r.nextNumber(c, m)}
	stands := dialer.Reason{JA: c.Next.Why, EN: cmp.Or(c.Next.WhyEN, c.Next.Why)}
	switch c.Next.State {
	case dialer.CaseHeld:
		x.Reason = said("保留中です", "held back", stands)
	case dialer.CaseClosed:
		x.Reason = said("完了しています", "closed", stands)
	case dialer.CaseResultDue:
		x.Reason = said("結果の登録を待っています", "waits for the result of a talk", stands)
	default:
		x.Reason = r.waits(c, m, stands, x.Next)
	}
	if m.Desk != "" {
		x.Reason = said("いま"+m.Desk+"で扱っています", "stands at "+m.Desk+" now", x.Reason)
	}
	return x
}

// waits explains a case in the line.
func (r Rules) waits(c Case, m Moment, stands dialer.Reason, next *NextNumber) dialer.Reason {
	var parts []dialer.Reason
	add := func(ja, en string) { parts = append(parts, dialer.Reason{JA: ja, EN: en}) }
	due := !c.Next.Due.After(m.Now)
	free := due && (next == nil || next.From.IsZero())
	switch {
	case free && !m.Hours.Open(m.Now):
		at := when(m.Hours.NextOpen(m.Now), m.Now)
		add("開設時間外のため、"+at.JA+"から架電できます", "the centre is closed; it may be called from "+at.EN)
	case free:
		add("いま架電できます", "may be called now")
	case due:
		at := when(next.From, m.Now)
		add("順番は来ていますが、番号は"+at.JA+"まで発信できません", "its turn has come, but the number may not be rung before "+at.EN)
	default:
		at := when(c.Next.Due, m.Now)
		add(at.JA+"まで待ちます", "waits until "+at.EN)
	}
	if stands.JA != "" {
		parts = append(parts, stands)
	}
	if c.Pinned {
		add("先頭に固定されています", "it stands before all others")
	} else if c.RankWhy.JA != "" {
		add("優先の理由: "+c.RankWhy.JA, "comes sooner or later for: "+c.RankWhy.EN)
	}
	if c.Next.Mine != "" && !c.Pinned {
		at, who := when(c.Next.MineUntil, m.Now), cmp.Or(m.Mine, "担当者")
		add(at.JA+"までは"+who+"だけに出ます", "until "+at.EN+" it comes only to "+cmp.Or(m.Mine, "the operator who promised it"))
	} else if !c.Pinned && !dialer.Everybodys(c.Language) {
		parts = append(parts, r.spokenBy(c.Language, m.Now))
	}
	if next == nil {
		add("発信できる番号がありません", "none of its numbers may be dialled")
	} else if next.Why.JA != "" {
		parts = append(parts, next.Why)
	}
	return joined(parts)
}

// spokenBy says who takes a case in a language.
func (r Rules) spokenBy(language string, now time.Time) dialer.Reason {
	name := dialer.LanguageName(language)
	switch {
	case !r.Seats.Ever(language):
		return dialer.Reason{JA: name.JA + "を話す席の設定がないため、どの席にも出ます", EN: "no desk is ever set to speak " + name.EN + ", so it comes to any"}
	case r.Seats.Spoken(language, dialer.DateOf(now)):
		return dialer.Reason{JA: name.JA + "を話す席だけに出ます", EN: "it comes only to desks that speak " + name.EN}
	}
	return dialer.Reason{JA: "本日は" + name.JA + "を話す席がありません", EN: "no desk speaks " + name.EN + " today"}
}

// nextNumber finds the number that is dialled next, by the rules the engine dials by.
func (r Rules) nextNumber(c Case, m Moment) *NextNumber {
	var facts []dialer.NumberFacts
	var phones []Phone
	for _, p := range c.Phones {
		if p.Usable && p.Kind != dialer.KindNever {
			phones = append(phones, p)
			facts = append(facts, dialer.NumberFacts{
				CaseNumber: dialer.CaseNumber{Number: p.Number, DoNotCall: p.DoNotCall}, Tries: m.Tries[At{c.ID, p.Number}],
			})
		}
	}
	choice := r.Choose(m.Now, facts, false)
	if choice.At < 0 {
		return nil
	}
	p := phones[choice.At]
	n := &NextNumber{Rank: p.Rank, Kind: p.Kind}
	var parts []dialer.Reason
	if choice.From.After(m.Now) {
		n.From = m.Hours.NextOpen(choice.From)
		parts = append(parts, choice.Why)
	}
	if choice.Turn.JA != "" {
		parts = append(parts, dialer.Reason{
			JA: fmt.Sprintf("%s、次は%d番目の番号です", choice.Turn.JA, choice.At+1), EN: fmt.Sprintf("number %d is next: %s", choice.At+1, choice.Turn.EN),
		})
	}
	if len(parts) > 0 {
		n.Why = joined(parts)
	}
	return n
}

// said puts a sentence before another.
func said(ja, en string, then dialer.Reason) dialer.Reason {
	if then.JA == "" {
		return dialer.Reason{JA: ja, EN: en}
	}
	return dialer.Reason{JA: ja + "(" + then.JA + ")", EN: en + " (" + then.EN + ")"}
}

func joined(parts []dialer.Reason) dialer.Reason {
	ja, en := make([]string, len(parts)), make([]string, len(parts))
	for i, p := range parts {
		ja[i], en[i] = strings.TrimSuffix(p.JA, "。"), p.EN
	}
	return dialer.Reason{JA: strings.Join(ja, "。"), EN: strings.Join(en, "; ")}
}

// when says an instant as shortly as it can be said on the day of now.
func when(t, now time.Time) dialer.Reason {
	t = t.In(dialer.Tokyo)
	if dialer.DateOf(t) == dialer.DateOf(now) {
		return dialer.Reason{JA: t.Format("15:04"), EN: t.Format("15:04")}
	}
	return dialer.InWords(t)
}

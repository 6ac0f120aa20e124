package report

import (
	"math"
	"strings"

	"kakeru/dialer"
)

// The columns of the sums that the section of efficiency is made of.
const (
	paceAttempts = iota
	paceSpoke
	paceSelf
	paceTalks
	paceTalk // seconds
	paceRecorded
	paceWrap // seconds
	paceColumns
)

// lay makes the empty sections.
func (b *builder) lay() {
	attempts := make([]Column, len(attemptColumns))
	for i, c := range attemptColumns {
		attempts[i] = c.Column
		attempts[i].PartOf = partOf(c.Key, b.o)
	}
	cutBy := func(key, ja, en string, titled func(string) Words, row func(*marked) string) *grid {
		g := newGrid(key, ja, en, titled, attempts...)
		b.cuts = append(b.cuts, cut{g, row})
		return g
	}
	all := cutBy("attempts", "ア 架電件数", "Attempts", always(totalWords), func(*marked) string { return total })
	all.keep = []string{total}
	all.note("架電件数はINVITEが送出された日(日本時間)に属します", "An attempt belongs to the day its INVITE left, in Japan's time")
	if b.o.MachinesApart {
		all.note("留守番電話・録音機は不在件数に含みません", "Voicemail and recorders are not among the absent")
	} else {
		all.note("不在件数には留守番電話・録音機を含みます", "Voicemail and recorders are among the absent")
	}
	switch b.p.Kind {
	case OfMonth:
		cutBy("attempts_by_day", "ア 日別", "Attempts by day", sameWords, func(a *marked) string { return a.on.name })
	case OfYear:
		cutBy("attempts_by_month", "ア 月別", "Attempts by month", sameWords, func(a *marked) string { return a.on.month })
	default:
	}
	cutBy("attempts_by_hour", "ア 時間帯別", "Attempts by hour", hourWords, func(a *marked) string { return a.on.hour(a.At) })
	cutBy("attempts_by_desk", "ア 席別", "Attempts by desk", sameWords, func(a *marked) string { return string(a.Desk) })
	cutBy("attempts_by_operator", "ア 担当者別", "Attempts by operator", b.o.called, func(a *marked) string { return string(a.Operator) })
	cutBy("attempts_by_insurance", "ア 保険別", "Attempts by insurance", named(insuranceWords), func(a *marked) string { return a.Insurance })
	cutBy("attempts_by_language", "ア 言語別", "Attempts by language", named(languageWords), func(a *marked) string { return a.Language })
	cutBy("attempts_by_number", "ア 番号種別", "Attempts by kind of number", named(kindWords), func(a *marked) string { return string(a.NumberKind) })
	b.layTalks()
	b.layPromises()
	b.layOthers()
}

func (b *builder) layTalks() {
	b.counting = newGrid("counting", "件数の数え方", "Ways of counting", named(map[string]Words{
		"attempts": words("架電", "attempts"), "answered": words("応答", "answered by a person"),
	}), count("attempts", "架電ごと", "by attempts"), count("persons", "人ごと", "by persons"), count("cases", "人×保険ごと", "by cases"),
		count("thirds", "不在3回で1件", "three absences are one"))
	b.counting.keep = []string{"attempts", "answered"}
	b.counting.note("人ごとは宛名番号、人×保険ごとは宛名番号と保険の組を、期間内で1件とします",
		"A person is one 宛名番号, a case one 宛名番号 and insurance, each once in the period")
	b.counting.note("不在3回で1件は、同じ月の3回目、6回目…の不在だけを数えます", "Of a person's absences in a month the third, sixth and so on count")

	b.pace = newGrid("pace", "", "", sameWords, count("attempts", "", ""), count("spoke", "", ""), count("self", "", ""), count("talks", "", ""),
		count("talk", "", ""), count("recorded", "", ""), count("wrap_up", "", ""))
	b.pace.keep = []string{total}

	b.first = newGrid("first_contact", "初回接触の結果", "What the first contact yielded", named(businessWords), count("talks", "件数", "talks"))
	b.first.note("期間内に本人と初めて話せた通話の、主たる業務結果です", "The primary result of the first talk with the debtor in the period")

	b.business = newGrid("business", "業務結果", "Business results", named(businessWords),
		count("calls", "架電", "calls"), count("inbound", "受電", "calls that came in"), count("by_hand", "手動記録", "noted by hand"))
	b.business.note("1回の通話に複数の業務結果がありえます", "One talk can have several")
}

func (b *builder) layPromises() {
	b.promises = newGrid("promises", "イ 納付約束", "Promises to pay", promiseRowWords,
		count("made", "約束件数", "promised"), yen("yen", "約束金額", "yen promised"), yen("kokuho_yen", "うち国保", "of it kokuho"),
		yen("kouki_yen", "うち後期", "of it kouki"), yen("unsplit_yen", "うち内訳なし", "of it not split"), count("open", "期日前・猶予中", "open"),
		count("kept", "履行", "kept"), count("partly", "一部履行", "partly kept"), count("broken", "不履行", "broken"), yen("paid_yen", "うち納付済額", "of it paid"))
	b.promises.keep = []string{total}
	b.promises.note("約束は通話の日に属し、その後の履行状況は作成時点のものです", "A promise belongs to the day of its call; what became of it is as of now")

	b.kept = newGrid("kept", "ウ 納付約束の履行", "Promises kept", keptRowWords,
		count("kept", "履行件数", "kept"), yen("kept_yen", "履行した約束の金額", "yen of the promises kept"), yen("paid_yen", "納付金額", "yen paid towards promises"))
	b.kept.keep = []string{total}
	b.kept.note("履行は、約束の金額に達した納付の日に属します。内訳は約束をした月です", "A promise is kept on the day of the payment that made it whole; the rows are the months of the promises")

	b.inbound = newGrid("inbound", "エ 受電件数", "Calls that came in", always(totalWords),
		count("calls", "受電件数", "calls"), count("answered", "応答", "answered"), count("missed", "不応答", "missed"), count("call_backs", "折返し", "call-backs"),
		count("inquiries", "問合せ", "inquiries"), count("complaints", "苦情", "complaints"), count("others", "区の他用件", "other business of the ward"),
		count("unrecorded", "区分なし", "no kind recorded"), count("by_hand", "手動記録(内数)", "noted by hand (of these)"))
	b.inbound.keep = []string{total}
}

func (b *builder) layOthers() {
	titles := map[string]Words{
		"sms": words("SMS催告", "SMS"), "handoffs": words("区への引継ぎ", "handed to the ward"), "account_transfer": words("口座振替案内", "account transfer advised"),
		"numbers": words("電話番号入力", "numbers entered"), "numbers_first": words("うち番号のなかった人", "of persons without one"),
		"complaints": words("苦情", "complaints"), "by_hand": words("手動記録の架電(架電件数に含まない)", "calls noted by hand (not among the attempts)"),
	}
	b.others = newGrid("others", "オ その他", "Others", func(key string) Words {
		if kind, ok := strings.CutPrefix(key, "handoff:"); ok {
			w := named(handoffWords)(kind)
			return words("うち"+w.JA, "of them: "+w.EN)
		}
		return named(titles)(key)
	}, count("count", "件数", "count"))
	b.others.keep = []string{"sms", "handoffs"}
	for _, kind := range handoffRows {
		b.others.keep = append(b.others.keep, "handoff:"+kind)
	}
	b.others.keep = append(b.others.keep, "account_transfer", "numbers", "numbers_first", "complaints", "by_hand")
	b.wanted = newGrid("languages", "オ 必要とされた言語", "Languages wanted", named(languageWords), count("talks", "通話件数", "talks"))
}

func always(w Words) func(string) Words {
	return func(string) Words { return w }
}

func sameWords(key string) Words {
	if key == total {
		return totalWords
	}
	return words(key, key)
}

// called is how an operator is called.
func (o Options) called(operator string) Words {
	if o.Named != nil {
		if name := o.Named(dialer.UserID(operator)); name != "" {
			return words(name, name)
		}
	}
	return sameWords(operator)
}

func hourWords(key string) Words { return words(key+"時台", key+":00–"+key+":59") }

func promiseRowWords(key string) Words {
	switch {
	case strings.HasPrefix(key, "party:"):
		w := named(partyWords)(afterColon(key))
		return words("応対者 "+w.JA, "with "+w.EN)
	case strings.HasPrefix(key, "means:"):
		w := named(meansWords)(afterColon(key))
		return words("方法 "+w.JA, "by "+w.EN)
	default:
		return sameWords(key)
	}
}

func keptRowWords(key string) Words {
	if key == total {
		return totalWords
	}
	return words(key+"の約束", "promised in "+key)
}

// grids are all sections whose rows can be asked for, by name.
func (b *builder) grid(section string) *grid {
	for _, g := range b.grids() {
		if g.section.Key == section {
			return g
		}
	}
	return nil
}

func (b *builder) grids() []*grid {
	var out []*grid
	for _, c := range b.cuts {
		out = append(out, c.grid)
	}
	return append(out, b.counting, b.first, b.business, b.promises, b.kept, b.inbound, b.others, b.wanted)
}

// report is what was summed.
func (b *builder) report() Report {
	r := b.p.head(b.whole())
	for _, g := range b.grids() {
		s := g.done()
		switch s.Key {
		case "counting":
			r.Sections = append(r.Sections, s, b.efficiency())
			continue
		case "others":
			if sms := &s.Rows[0].Cells[0]; !b.sms {
				*sms = Cell{Why: Unused}
			}
		default:
		}
		r.Sections = append(r.Sections, s)
	}
	return r
}

const efficiencySection = "efficiency"

// behindPace says which column of pace holds the calls behind one of efficiency's: those of a rate are the ones that it counts. There
// are none behind the hours.
var behindPace = map[string]string{
	"contact_rate": "spoke", "debtor_rate": "self", "attempts_per_hour": "attempts", "talk_per_hour": "talks", "mean_talk": "talks",
	"mean_wrap_up": "recorded", "mean_handling": "talks",
}

// whole reports whether nothing more comes: the period is over, or is a day that was closed.
func (b *builder) whole() bool {
	return b.p.Over(b.o.Now) || b.p.Kind == OfDay && b.p.From == b.o.Closed
}

// efficiency is made of pace: ratios, and figures per hour of work.
func (b *builder) efficiency() Section {
	s := Section{
		Key: efficiencySection, Title: words("効率", "Efficiency"), Rows: []Row{}, Notes: []Words{
			words("率の分母は架電件数です。時間は開設時間から休憩を除き、席数を掛けたものです",
				"Rates are of the attempts; hours are those of opening without the breaks, for each seat"),
			words("後処理は通話の終わりから結果の最初の登録までで、通話と同じ日に登録したものの平均です。翌日以降に登録したものは含みません",
				"Wrap-up is from the call's end to the first record of its result, of the results recorded on the day of their call"),
		},
		Columns: []Column{
			{Key: "contact_rate", Title: words("接触率(人)", "reached a person"), Unit: InPercent},
			{Key: "debtor_rate", Title: words("接触率(本人)", "reached the debtor"), Unit: InPercent},
			{Key: "hours", Title: words("開設時間×席(時間)", "seat-hours open"), Unit: InRate, Given: true},
			{Key: "attempts_per_hour", Title: words("1時間あたり架電", "attempts an hour"), Unit: InRate},
			{Key: "talk_per_hour", Title: words("1時間あたり通話秒", "seconds of talk an hour"), Unit: InSeconds},
			{Key: "mean_talk", Title: words("平均通話秒", "mean talk"), Unit: InSeconds},
			{Key: "mean_wrap_up", Title: words("平均後処理秒", "mean wrap-up"), Unit: InSeconds},
			{Key: "mean_handling", Title: words("平均処理秒", "mean handling"), Unit: InSeconds},
		},
	}
	one, all := b.hours()
	for _, row := range b.pace.done().Rows {
		sum := func(i int) float64 { return *row.Cells[i].Value }
		mine := one
		if row.Key == total {
			mine = all
		}
		talk, wrap := ratio(sum(paceTalk), sum(paceTalks), 1), ratio(sum(paceWrap), sum(paceRecorded), 1)
		handling := talk
		if talk.Value != nil && wrap.Value != nil {
			handling = number(tenth(sum(paceTalk)/sum(paceTalks) + sum(paceWrap)/sum(paceRecorded)))
		}
		title := sameWords(row.Key)
		if row.Key != total {
			title = words("席 "+afterColon(row.Key), "desk "+afterColon(row.Key))
		}
		s.Rows = append(s.Rows, Row{Key: row.Key, Title: title, Cells: []Cell{
			ratio(sum(paceSpoke), sum(paceAttempts), 100), ratio(sum(paceSelf), sum(paceAttempts), 100), number(tenth(mine)),
			ratio(sum(paceAttempts), mine, 1), ratio(sum(paceTalk), mine, 1), talk, wrap, handling,
		}})
	}
	return s
}

// hours are the hours of work at one desk and at all seats, of the period as far as it has come.
func (b *builder) hours() (one, all float64) {
	until := b.o.Now
	if b.whole() {
		until = b.p.End() // a day that was closed early was open for its hours
	}
	for _, day := range openDays(b.o.Hours, b.p.From, b.p.To, len(b.o.Desks)) {
		minutes := worked(b.o.Hours, day, until)
		one, all = one+minutes, all+minutes*float64(day.Seats)
	}
	return one / 60, all / 60
}

func ratio(of, base, times float64) Cell {
	if base == 0 {
		return Cell{Why: NoBase}
	}
	return number(tenth(times * of / base))
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }

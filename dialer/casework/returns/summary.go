package returns

import (
	"fmt"
	"strings"

	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// summary is 引継書 for people: figures of the ledger, the rules as they are set, and no person.
func (h Handover) summary(c dayclose.Close, rules casework.Rules) string {
	b := &strings.Builder{}
	h.figures(b, c)
	h.standing(b)
	rulesInWords(b, rules)
	h.pages(b)
	return b.String()
}

func (h Handover) figures(b *strings.Builder, c dayclose.Close) {
	fmt.Fprintf(b, "引継書(業務の状況)\n\n契約終了の返却日: %s\n管理番号: %s\nこの文書に個人情報はありません。案件ごとの内容は同じ管理番号の handover の CSV にあります。\n", c.Day, c.ID)
	b.WriteString("\n■ 期間と月ごとの件数\n")
	if len(h.Months) == 0 {
		b.WriteString("架電の記録はありません。\n")
		return
	}
	fmt.Fprintf(b, "記録のある期間: %s から %s まで\n", h.Months[0].Month, h.Months[len(h.Months)-1].Month)
	b.WriteString("架電は件数に入れるもの、本人との通話は登録された結果による。履行はその月の約束のうち、消込リストで確かめられたもの。\n")
	all := HandoverMonth{Month: "合計"}
	for _, m := range h.Months {
		monthLine(b, m)
		all.Attempts, all.Talks = all.Attempts+m.Attempts, all.Talks+m.Talks
		all.Promises, all.Kept = all.Promises+m.Promises, all.Kept+m.Kept
		all.PromisedYen, all.KeptYen = all.PromisedYen+m.PromisedYen, all.KeptYen+m.KeptYen
	}
	monthLine(b, all)
}

func monthLine(b *strings.Builder, m HandoverMonth) {
	fmt.Fprintf(b, "%s: 架電 %s件、本人との通話 %s件、納付約束 %s件 %s円、うち履行 %s件 %s円\n", m.Month, casework.Grouped(int64(m.Attempts)), casework.Grouped(int64(m.Talks)),
		casework.Grouped(int64(m.Promises)), casework.Grouped(m.PromisedYen), casework.Grouped(int64(m.Kept)), casework.Grouped(m.KeptYen))
}

// standing is what is open, in numbers.
func (h Handover) standing(b *strings.Builder) {
	asked, unnamed := 0, 0
	for _, c := range h.Cases {
		if c.CallAt != nil {
			asked++
		}
		if c.WardNumber == "" {
			unnamed++
		}
	}
	b.WriteString("\n■ 引き継ぐもの\n")
	fmt.Fprintf(b, "期日前または履行を確かめていない納付約束: %s件 %s円\n", casework.Grouped(int64(h.Open.Promises)), casework.Grouped(h.Open.PromisedYen))
	fmt.Fprintf(b, "お約束の架電: %s件\n", casework.Grouped(int64(asked)))
	fmt.Fprintf(b, "区の回答を待っている引継ぎ(状態のまま返却): %s件\n", casework.Grouped(int64(h.Open.Handoffs)))
	fmt.Fprintf(b, "架電禁止の番号: %s件\n", casework.Grouped(int64(h.Open.NumbersForbidden)))
	fmt.Fprintf(b, "CSV の案件: %s件(うち区へ返却済みで宛名番号を示せず、照合番号だけのもの %s件)\n", casework.Grouped(int64(len(h.Cases))), casework.Grouped(int64(unnamed)))
	for _, l := range h.Languages {
		fmt.Fprintf(b, "言語 %s を要する案件: %s件\n", languageWord(l.Language), casework.Grouped(int64(l.N)))
	}
}

// rulesInWords says when a case was called again, and which came first.
func rulesInWords(b *strings.Builder, r casework.Rules) {
	b.WriteString("\n■ 架電のルール(終了時の設定)\n")
	band := ""
	if r.Number.OtherBand {
		band = "、時間帯を変えて"
	}
	fmt.Fprintf(b, "・応答のない番号は1日に%d回まで、%d分以上あけて%s。話中の番号は1日に%d回まで、%d分以上あけて。\n", r.Number.RingsPerDay, int(r.Number.RingGap.Minutes()), band,
		r.Number.BusyPerDay, int(r.Number.BusyGap.Minutes()))
	for _, limit := range []struct {
		n    int
		span string
	}{{r.Caps.PerDay, "1日"}, {r.Caps.PerWeek, "1週"}, {r.Caps.PerMonth, "1か月"}} {
		if limit.n > 0 {
			fmt.Fprintf(b, "・1案件への架電は%sに%d回まで。\n", limit.span, limit.n)
		}
	}
	fmt.Fprintf(b, "・続けて%d回応答のない番号は、次の番号に替える。\n", r.Numbers.RotateAfter)
	b.WriteString("架電の結果のあと(上から最初に当てはまるもの):\n")
	for _, row := range r.Connections {
		fmt.Fprintf(b, "・%s\n", row.JA)
	}
	b.WriteString("登録した結果のあと(上から最初に当てはまるもの):\n")
	for _, row := range r.Business {
		fmt.Fprintf(b, "・%s\n", row.JA)
	}
	fmt.Fprintf(b, "納付約束のあと(期日から%d日の猶予ののちに判定):\n", r.Promises.GraceDays)
	for _, row := range []casework.PromiseFollow{r.Promises.Kept, r.Promises.Partly, r.Promises.Broken} {
		fmt.Fprintf(b, "・%s\n", row.JA)
	}
	b.WriteString("架電の順番(当てはまる点の合計が多い案件が先):\n")
	for _, row := range r.Priorities {
		fmt.Fprintf(b, "・%+d点 %s\n", row.Points, row.JA)
	}
}

func (h Handover) pages(b *strings.Builder) {
	b.WriteString("\n■ 区が承認した文面\n")
	if len(h.Pages) == 0 {
		b.WriteString("承認された文面はありません。\n")
	}
	for _, p := range h.Pages {
		language := languageWord(p.Language)
		if language == "" {
			language = "日本語"
		}
		fmt.Fprintf(b, "・%s(%s、第%d版、%s承認)\n", p.Title, language, p.Version, inTokyo(p.DecidedAt, "2006/01/02"))
	}
}

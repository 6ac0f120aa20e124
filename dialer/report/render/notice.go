package render

import (
	"cmp"
	"fmt"
	"io"
	"strconv"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// Notice writes what the ward was told of a target (§10(3)) as a PDF.
func Notice(w io.Writer, k report.KeptNotice, head Header, font []byte) error {
	n, err := k.Notice()
	if err != nil {
		return err
	}
	l := letterOf(n, head)
	l.On, l.Foot = dialer.DateOf(k.At), fmt.Sprintf("報告第%d号 SHA-256 %s", k.ID, k.SHA256)
	return WriteLetter(w, l, font)
}

// NoticeDraft writes a notice that has not gone out: what its people are to write stands open.
func NoticeDraft(w io.Writer, n report.Notice, on dialer.Date, head Header, font []byte) error {
	n.Reason, n.Remedy = cmp.Or(n.Reason, "(記入してください)"), cmp.Or(n.Remedy, "(記入してください)")
	l := letterOf(n, head)
	l.On, l.Title, l.Foot = on, l.Title+"(案)", "案 — 区にはまだ報告されていません"
	return WriteLetter(w, l, font)
}

func letterOf(n report.Notice, head Header) Letter {
	s := n.Standing
	what := map[report.Measure]string{report.Calls: "電話催告", report.Messages: "SMS催告", report.Entries: "電話番号入力"}[s.Measure]
	period := s.Period + "年度"
	if s.Kind == report.OfMonth {
		period = report.MonthJA(s.Period)
	}
	asked := fmt.Sprintf("%sの%sの目標件数%s件について、", period, what, grouped(strconv.Itoa(s.Target)))
	switch s.State {
	case report.Missed:
		asked += "満たすことができませんでした。"
	case report.FailingNow:
		asked += "満たすことができない見込みです。"
	default:
		asked += "次の状況にあります。"
	}
	l := Letter{
		From: head.Contractor, Title: fmt.Sprintf("%sの目標件数について(報告)", what),
		Blocks: []Block{
			{Paragraphs: []string{asked + "仕様書第10の(3)に基づき報告します。"}},
			{Heading: "1 状況", Paragraphs: circumstances(s), Table: standing(n)},
			{Heading: "2 特段の事情", Paragraphs: []string{n.Reason}},
			{Heading: "3 今後の対応", Paragraphs: []string{n.Remedy}},
		},
	}
	if head.Ward != "" {
		l.To = head.Ward + " 御中"
	}
	return l
}

// standing is the table of how the target stands.
func standing(n report.Notice) *report.Section {
	s := n.Standing
	t := report.Section{
		Key: "standing", Title: report.Words{JA: "目標と見込み"},
		Columns: []report.Column{{Key: "calls", Title: report.Words{JA: "件数"}, Unit: report.InCalls}},
	}
	add := func(title string, value float64) {
		t.Rows = append(t.Rows, report.Row{Key: title, Title: report.Words{JA: title}, Cells: []report.Cell{{Value: &value}}})
	}
	whose := "目標(契約)"
	if s.Ward != nil {
		whose = "目標(区の指示)"
	}
	add(whose, float64(s.Target))
	add("報告時点の実績", float64(s.Done))
	add("報告時点の計画", float64(s.Plan))
	add("見込み(中央値)", float64(s.Forecast.Mid))
	add("見込みの下限", float64(s.Forecast.Low))
	add("見込みの上限", float64(s.Forecast.High))
	note := func(ja string) { t.Notes = append(t.Notes, report.Words{JA: ja}) }
	note("見込みの下限と上限の間に、同じ状況の期間の5つに4つが収まります")
	if s.Pace != nil {
		note(fmt.Sprintf("1席1時間あたり、これまで%.1f件です", *s.Pace))
	}
	if s.Needed != nil {
		note(fmt.Sprintf("目標には、これから1席1時間あたり%.1f件が要ります(残り%.1f席時間)", *s.Needed, s.HoursLeft))
	}
	if s.Measure == report.Calls {
		note("件数の数え方: " + map[string]string{
			report.ByAttempts: "架電ごと", report.ByPersons: "人(宛名番号)ごと", report.ByCases: "人×保険ごと", report.ByThirds: "不在3回で1件",
		}[n.Definition])
	}
	return &t
}

// circumstances are what the table does not say.
func circumstances(s report.Standing) (out []string) {
	if s.FailedOn != "" {
		out = append(out, day(s.FailedOn)+"から、見込みの上限が目標を下回っています(報告時点の目標と記録による計算)。")
	}
	if s.Ward != nil {
		out = append(out, "目標は区の指示によります: "+s.Ward.Reason)
	}
	return out
}

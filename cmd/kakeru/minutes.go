package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"kakeru/dialer"
	"kakeru/dialer/report"
	"kakeru/dialer/report/render"
	"kakeru/webui"
)

// minutes are those of the monthly meeting: kept by the ledger, with an agenda of the month's figures, and as a paper.
type minutes struct {
	reports
	figures webui.Figures
}

func (m minutes) secretary() report.Secretary { return report.Secretary{Store: m.Ledger, Now: m.now} }

// DraftMinutes implements webui.Minutes.
func (m minutes) DraftMinutes(ctx context.Context, p report.Period) (report.Minutes, error) {
	month, err := m.Make(ctx, p)
	if err != nil {
		return report.Minutes{}, err
	}
	stands, err := m.figures.Progress(ctx, p.Name)
	if err != nil {
		return report.Minutes{}, err
	}
	open, err := m.OpenHandoffs(ctx)
	if err != nil {
		return report.Minutes{}, err
	}
	return report.Minutes{
		Month: p.Name, On: dialer.DateOf(m.now()).String(), Agenda: report.Agenda(month, stands, open), ToDo: []report.Task{},
	}, nil
}

// SaveMinutes implements webui.Minutes.
func (m minutes) SaveMinutes(ctx context.Context, of report.Minutes, from int, by dialer.UserID) (report.KeptMinutes, error) {
	return m.secretary().Save(ctx, of, from, by)
}

// SignMinutes implements webui.Minutes.
func (m minutes) SignMinutes(ctx context.Context, month string, revision int, side report.Side, by dialer.UserID) error {
	return m.secretary().Sign(ctx, month, revision, side, by)
}

// WriteMinutes implements webui.Minutes.
func (m minutes) WriteMinutes(ctx context.Context, to io.Writer, month string, revision int) error {
	all, err := m.MinutesOf(ctx, month, revision)
	if err != nil {
		return err
	}
	if revision < 1 || revision > len(all) {
		return report.ErrNotIssued
	}
	o, err := m.options(ctx)
	if err != nil {
		return err
	}
	letter, err := m.letter(all[revision-1], o.Named)
	if err != nil {
		return err
	}
	font, err := fontOf(m.head)
	if err != nil {
		return err
	}
	return render.WriteLetter(to, letter, font)
}

// letter is a revision as it is printed, with the places where each side signs, or has signed.
func (m minutes) letter(k report.KeptMinutes, named func(dialer.UserID) string) (render.Letter, error) {
	of, err := k.Minutes()
	if err != nil {
		return render.Letter{}, err
	}
	on, err := dialer.ParseDate(of.On)
	if err != nil {
		return render.Letter{}, fmt.Errorf("the day of the meeting: %w", err)
	}
	out := render.Letter{
		On: on, From: m.head.Contractor, Title: "定例報告会 議事録(" + report.MonthJA(of.Month) + "分)",
		Blocks: []render.Block{
			{Heading: "出席者", Paragraphs: []string{of.Present}}, {Heading: "議事", Paragraphs: []string{of.Agenda}},
			{Heading: "決定事項", Paragraphs: []string{orNone(of.Decided)}}, {Heading: "宿題", Paragraphs: []string{tasks(of.ToDo)}},
			{Heading: "次回", Paragraphs: []string{orNone(of.Next)}},
		},
		Foot: fmt.Sprintf("第%d版 署名待ち", k.Revision),
	}
	if of.Place != "" {
		out.Blocks = append([]render.Block{{Heading: "場所", Paragraphs: []string{of.Place}}}, out.Blocks...)
	}
	for _, side := range []struct {
		side report.Side
		is   string
	}{{report.SideWard, "区(甲) " + m.head.Ward}, {report.SideContractor, "受託者(乙) " + m.head.Contractor}} {
		sign := render.Sign{For: strings.TrimSpace(side.is)}
		if s := k.SignedBy(side.side); s != nil {
			sign.Name, sign.At = named(s.By), s.At.In(dialer.Tokyo).Format("2006-01-02 15:04")+" 署名"
		}
		out.Signs = append(out.Signs, sign)
	}
	if k.Frozen() {
		out.Foot = fmt.Sprintf("第%d版 SHA-256 %s", k.Revision, k.SHA256)
	}
	return out, nil
}

func orNone(text string) string {
	if text == "" {
		return "なし"
	}
	return text
}

// tasks are the tasks, a line each.
func tasks(of []report.Task) string {
	lines := make([]string, len(of))
	for i, t := range of {
		lines[i] = "・" + t.What
		if t.Who != "" {
			lines[i] += " / 担当 " + t.Who
		}
		if t.By != "" {
			lines[i] += " / 期限 " + t.By
		}
	}
	return orNone(strings.Join(lines, "\n"))
}

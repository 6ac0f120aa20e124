package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/postgres/internal/db"
	"kakeru/dialer/report"
)

// Figures sums the ended attempts that were dialled in [from, to). A Day's Attempts are those that count; its Answered
// are those among them whose connection result is answered, whoever was there: parties are another axis.
func (l *Ledger) Figures(ctx context.Context, from, to time.Time) (f report.Figures, err error) {
	err = l.read(ctx, "sum the figures", func(ctx context.Context, q *db.Queries) error {
		f, err = figures(ctx, q, from, to)
		return err
	})
	return f, err
}

func figures(ctx context.Context, q *db.Queries, from, to time.Time) (report.Figures, error) {
	f := report.Figures{ByResult: map[dialer.Result]int{}, DayResults: map[string]map[dialer.Result]int{}}
	rows, err := q.Figures(ctx, from, to)
	for _, r := range rows {
		addFigures(&f, r)
	}
	if err != nil {
		return f, err
	}
	inbound, err := q.InboundFigures(ctx, from, to)
	for _, r := range inbound {
		addInbound(&f, r)
	}
	if err != nil {
		return f, err
	}
	byHand, err := q.ByHandFigures(ctx, from, to)
	for _, r := range byHand {
		dayIn(&f, r.Day).ByHand += int(r.N)
		f.ByHand += int(r.N)
	}
	return f, err
}

// addInbound adds one day's calls that came in.
func addInbound(f *report.Figures, r db.InboundFiguresRow) {
	of := report.Inbound{
		Answered: int(r.Answered), Missed: int(r.Missed), CallBacks: int(r.CallBacks), Inquiries: int(r.Inquiries),
		Complaints: int(r.Complaints), Others: int(r.Others), ByHand: int(r.ByHand),
	}
	dayIn(f, r.Day).Inbound = of
	f.Inbound.Add(of)
}

// dayIn finds a day's figures, or makes room for them in their place.
func dayIn(f *report.Figures, date string) *report.Day {
	i, found := slices.BinarySearchFunc(f.ByDay, date, func(d report.Day, day string) int { return strings.Compare(d.Date, day) })
	if !found {
		f.ByDay = slices.Insert(f.ByDay, i, report.Day{Date: date})
	}
	return &f.ByDay[i]
}

// addFigures adds the sums of one day and result; rows come by day.
func addFigures(f *report.Figures, r db.FiguresRow) {
	date := dialer.DateOf(r.Day).String()
	if n := len(f.ByDay); n == 0 || f.ByDay[n-1].Date != date {
		f.ByDay = append(f.ByDay, report.Day{Date: date})
		f.DayResults[date] = map[dialer.Result]int{}
	}
	day := &f.ByDay[len(f.ByDay)-1]
	day.Attempts += int(r.Counted)
	if r.Result == string(dialer.Answered) {
		day.Answered += int(r.Counted)
	}
	f.ByResult[dialer.Result(r.Result)] += int(r.Dialled)
	f.DayResults[date][dialer.Result(r.Result)] += int(r.Dialled)
	f.Done.Attempts += int(r.Counted)
	f.Done.Persons, f.Done.Cases = int(r.Persons), int(r.Cases)
}

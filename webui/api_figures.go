package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

type progressInput struct {
	Month string `query:"month" maxLength:"10" doc:"YYYY-MM; this month when left out"`
}

type progressOutput struct{ Body report.Progress }

type curveOutput struct{ Body report.Curve }

type ownOutput struct{ Body report.Own }

type hoursOutput struct{ Body Hours }

func (s *Server) figureRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/progress", OperationID: "progress", Summary: "Where a month stands"}, s.progress)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/progress/today", OperationID: "today", Summary: "Today by the half hour, beside its plan"}, s.today)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/progress/mine", OperationID: "my-progress", Summary: "One's own calls today"}, s.myProgress)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/hours", OperationID: "hours", Summary: "May calls be made now"}, s.hours)
}

func (s *Server) today(ctx context.Context, _ *struct{}) (*curveOutput, error) {
	curve, err := s.curves.ask(ctx, "today", s.readers.Go, func(ctx context.Context) (report.Curve, error) {
		p, err := s.d.Figures.Progress(ctx, monthOf(s.d.Now()))
		if err != nil {
			return report.Curve{}, err
		}
		return s.curve(ctx, p)
	})
	return &curveOutput{Body: curve}, err
}

// sum is where a month stands. Whoever asks for one while others do is answered with them, by one sum of the ledger.
func (s *Server) sum(ctx context.Context, month string) (report.Progress, error) {
	return s.sums.ask(ctx, month, s.readers.Go, func(ctx context.Context) (report.Progress, error) {
		return s.d.Figures.Progress(ctx, month)
	})
}

func (s *Server) progress(ctx context.Context, in *progressInput) (*progressOutput, error) {
	month := in.Month
	if month == "" {
		month = monthOf(s.d.Now())
	} else if t, err := time.Parse("2006-01", month); err != nil || t.Format("2006-01") != month {
		return nil, invalid("month", "bad_month", "月は 2026-11 のように指定してください", "write the month as YYYY-MM")
	}
	p, err := s.sum(ctx, month)
	return &progressOutput{Body: whole(p)}, err
}

func (s *Server) myProgress(ctx context.Context, _ *struct{}) (*ownOutput, error) {
	d := dialer.DateOf(s.d.Now())
	own, err := s.d.Own.OwnFigures(ctx, from(ctx).User.ID, d.At(0), d.Next().At(0))
	own.Date = d.String()
	return &ownOutput{Body: own}, err
}

func monthOf(t time.Time) string { return t.In(dialer.Tokyo).Format("2006-01") }

// whole makes the lists and tables of p such that JSON never shows null.
func whole(p report.Progress) report.Progress {
	p.ByDay, p.OpenDays = orEmpty(p.ByDay), orEmpty(p.OpenDays)
	if p.ByResult == nil {
		p.ByResult = map[dialer.Result]int{}
	}
	if p.Today.ByResult == nil {
		p.Today.ByResult = map[dialer.Result]int{}
	}
	return p
}

func (s *Server) hours(context.Context, *struct{}) (*hoursOutput, error) {
	return &hoursOutput{Body: s.hoursNow()}, nil
}

func (s *Server) hoursNow() Hours {
	now, h := s.d.Now(), s.d.Hours()
	out := Hours{Open: h.Open(now), AlwaysOpen: h.AlwaysOpen}
	if no := h.Refusal(now); no != nil {
		out.Why = no.JA
		out.NextOpenAt = instant(h.NextOpen(now))
	}
	if span, _, ok := h.On(dialer.DateOf(now)); ok {
		out.Today = &OpenSpan{From: clock(span.From), To: clock(span.To)}
	}
	out.NextDay = nextDay(h, dialer.DateOf(now))
	return out
}

// daysAhead is how far ahead an opening day is looked for.
const daysAhead = 31

// nextDay is the first opening day after a day; nil when there is none soon. Where the hours are lifted every day is one.
func nextDay(h dialer.Hours, d dialer.Date) *NextDay {
	for range daysAhead {
		d = d.Next()
		span, _, ok := h.On(d)
		if h.AlwaysOpen {
			span, ok = dialer.Span{From: 0, To: 24*60 - 1}, true
		}
		if ok {
			return &NextDay{Date: d.String(), From: clock(span.From), To: clock(span.To)}
		}
	}
	return nil
}

// clock writes minutes since midnight as HH:MM.
func clock(minutes int) string {
	return time.Date(2000, 1, 1, 0, minutes, 0, 0, time.UTC).Format("15:04")
}

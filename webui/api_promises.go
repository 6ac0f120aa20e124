package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// promisesShown is how many promises a list shows at most.
const promisesShown = 500

type promisesInput struct {
	Month string `query:"month" maxLength:"10" doc:"YYYY-MM; this month when left out"`
}

type promisesOutput struct {
	Body struct {
		Figures casework.PromiseFigures `json:"figures"`
		Items   []PromiseLine           `json:"items" doc:"made in the month, or earlier and still open; the most urgent first; none for the ward, which sees no person"`
		ReadTo  string                  `json:"read_to" doc:"the last day of payment in the paid lists read so far; empty for none"`
		Grace   int                     `json:"grace_days"`
	}
}

// PromiseLine is a promise and how it stands.
type PromiseLine struct {
	AttemptID dialer.CallID         `json:"attempt_id"`
	CaseID    dialer.CaseID         `json:"case_id"`
	Name      string                `json:"name"`
	MadeAt    time.Time             `json:"made_at"`
	AmountYen int64                 `json:"amount_yen"`
	PaidYen   *int64                `json:"paid_yen" doc:"null where what was paid is not to be shown: the reason is left out too"`
	DueOn     string                `json:"due_on"`
	Means     string                `json:"means"`
	Stage     casework.PromiseStage `json:"stage"`
	KeptOn    string                `json:"kept_on" doc:"YYYY-MM-DD; empty unless it was kept"`
	Why       string                `json:"why"`
	WhyEN     string                `json:"why_en"`
}

type bankDayInput struct {
	On string `query:"on" required:"true" maxLength:"10" doc:"YYYY-MM-DD"`
}

type bankDayOutput struct {
	Body struct {
		Open bool   `json:"open"`
		Why  string `json:"why" doc:"why banks are closed, in Japanese; empty when open"`
		Next string `json:"next" doc:"the first day, not before it, when banks are open, YYYY-MM-DD"`
	}
}

func (s *Server) promiseRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/promises", OperationID: "promises", Summary: "How a month's promises stand",
	}, s.promises)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/promises/day", OperationID: "bank-day", Summary: "Are banks open on a day",
	}, s.bankDay)
}

func (s *Server) promises(ctx context.Context, in *promisesInput) (*promisesOutput, error) {
	month, err := s.monthAsked(in.Month)
	if err != nil {
		return nil, err
	}
	out := &promisesOutput{}
	out.Body.Items, out.Body.Grace = []PromiseLine{}, s.rules().Promises.GraceDays
	if out.Body.Figures, err = s.d.Promises.PromiseFigures(ctx, month); err != nil {
		return nil, err
	}
	if out.Body.ReadTo, err = s.d.Promises.ReadTo(ctx); err != nil {
		return nil, err
	}
	if v := from(ctx); !v.Asker().Supervises() {
		return out, nil
	}
	lines, err := s.d.Promises.Promises(ctx, month, promisesShown)
	if err != nil {
		return nil, err
	}
	out.Body.Items, err = s.named(ctx, lines)
	return out, err
}

// monthAsked is the month that was asked for, or this one.
func (s *Server) monthAsked(month string) (string, error) {
	if month == "" {
		return monthOf(s.d.Now()), nil
	}
	if t, err := time.Parse("2006-01", month); err != nil || t.Format("2006-01") != month {
		return "", invalid("month", "bad_month", "月は 2026-11 のように指定してください", "write the month as YYYY-MM")
	}
	return month, nil
}

// named dresses promises with the names of their debtors, for who may see them.
func (s *Server) named(ctx context.Context, lines []casework.PromiseLine) ([]PromiseLine, error) {
	ids := make([]dialer.CaseID, len(lines))
	for i, l := range lines {
		ids[i] = l.Case
	}
	cases, err := s.d.Cases.Cases(ctx, ids)
	if err != nil {
		return nil, err
	}
	names := make(map[dialer.CaseID]string, len(cases))
	for _, c := range cases {
		names[c.ID] = c.Person.Name
	}
	out := dressPromises(lines)
	for i := range out {
		out[i].Name = names[out[i].CaseID]
	}
	return out, nil
}

func dressPromises(lines []casework.PromiseLine) []PromiseLine {
	out := make([]PromiseLine, len(lines))
	for i, l := range lines {
		out[i] = PromiseLine{
			AttemptID: l.Attempt, CaseID: l.Case, MadeAt: l.MadeAt, AmountYen: l.Yen, PaidYen: &lines[i].PaidYen, DueOn: l.DueOn.String(), Means: l.Means,
			Stage: l.Stage, KeptOn: l.KeptOn, Why: l.Why.JA, WhyEN: l.Why.EN,
		}
	}
	return out
}

// addPromises puts the promises of a case, and what was paid for it, on its page.
func (s *Server) addPromises(ctx context.Context, id dialer.CaseID, out *caseOutput) error {
	lines, err := s.d.Promises.PromisesOf(ctx, id)
	if err != nil {
		return err
	}
	paid, err := s.d.Promises.PaidTo(ctx, id)
	if err != nil {
		return err
	}
	out.Body.Promises = dressPromises(lines)
	if paid.Newest != "" {
		out.Body.Paid = &Paid{Yen: paid.Yen, Newest: paid.Newest, ReadAt: paid.ReadAt}
	}
	return nil
}

func (s *Server) bankDay(_ context.Context, in *bankDayInput) (*bankDayOutput, error) {
	day, err := dialer.ParseDate(in.On)
	if err != nil {
		return nil, invalid("on", "bad_date", "日付は 2026-11-30 のように指定してください", "write the date as YYYY-MM-DD")
	}
	out := &bankDayOutput{}
	out.Body.Why = s.d.Banks.Closed(day)
	out.Body.Open, out.Body.Next = out.Body.Why == "", s.d.Banks.Next(day).String()
	return out, nil
}

// unconfirmed are the warnings that who records an entry has yet to confirm, and the others.
func unconfirmed(warnings []casework.FieldError, confirmed []string) (ask, tell []casework.FieldError) {
	yes := make(map[string]bool, len(confirmed))
	for _, code := range confirmed {
		yes[code] = true
	}
	for _, w := range warnings {
		if w.Code == casework.AboveBalance && !yes[w.Code] {
			ask = append(ask, w)
		} else {
			tell = append(tell, w)
		}
	}
	return ask, tell
}

func dressWarnings(found []casework.FieldError) []FieldProblem {
	out := []FieldProblem{}
	for _, f := range found {
		out = append(out, FieldProblem{f.Field, f.Code, f.JA, f.EN})
	}
	return out
}

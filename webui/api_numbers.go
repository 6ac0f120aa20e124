package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

// EnteredNumber is one row of 番号入力, for who typed it.
type EnteredNumber struct {
	ID         string              `json:"id"`
	At         time.Time           `json:"at"`
	WardNumber string              `json:"ward_number" doc:"empty once its day was closed"`
	Number     dialer.Number       `json:"number" doc:"empty once its day was closed"`
	Kind       dialer.NumberKind   `json:"kind"`
	Mended     string              `json:"mended,omitempty" doc:"what was mended in reading it: leading_zero or country_code"`
	Source     string              `json:"source"`
	DocumentOn string              `json:"document_on" doc:"YYYY-MM-DD"`
	CaseID     dialer.CaseID       `json:"case_id,omitempty" doc:"left out when the person is not among the cases"`
	Seen       casework.NumberSeen `json:"seen" doc:"whether the number was known: at this case, or at another, which may be the same household"`
	TakenBack  bool                `json:"taken_back"`
}

// EnteredTally is how much was entered.
type EnteredTally struct {
	Today int `json:"today"`
	Month int `json:"month"`
}

// EnteredCount is how many numbers a person entered on a day.
type EnteredCount struct {
	Day    string `json:"day" doc:"YYYY-MM-DD"`
	ByName string `json:"by_name"`
	Count  int    `json:"count"`
}

type numbersOutput struct {
	Body struct {
		Items   []EnteredNumber         `json:"items" doc:"what this person entered today, newest first; at most 100"`
		Tally   EnteredTally            `json:"tally" doc:"this person's"`
		Sources []casework.NumberSource `json:"sources"`
	}
}

type enterNumberInput struct {
	Body struct {
		WardNumber string `json:"ward_number" maxLength:"100"`
		Number     string `json:"number" maxLength:"100"`
		Again      string `json:"again" maxLength:"100" doc:"the number once more, typed without seeing the first"`
		Source     string `json:"source" maxLength:"100"`
		DocumentOn string `json:"document_on" maxLength:"100" doc:"the document's date as people write dates"`
		First      bool   `json:"first,omitempty" doc:"dialled before the case's other numbers"`
	}
}

type enterNumberOutput struct {
	Body struct {
		Entered EnteredNumber `json:"entered"`
		Tally   EnteredTally  `json:"tally"`
	}
}

type enteredIDInput struct {
	ID string `path:"id" maxLength:"100"`
}

type monthInput struct {
	Month string `query:"month" pattern:"^[0-9]{4}-[0-9]{2}$" doc:"YYYY-MM; left out: this month"`
}

type numberCountsOutput struct {
	Body struct {
		Month string         `json:"month"`
		Items []EnteredCount `json:"items"`
		Total int            `json:"total"`
	}
}

func (s *Server) numberRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/numbers", OperationID: "entered-numbers", Summary: "What I entered today"}, s.enteredNumbers)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/numbers", OperationID: "enter-number", Summary: "Enter a number from a document",
		DefaultStatus: http.StatusCreated,
	}, s.enterNumber)
	route(s, huma.Operation{
		Method: http.MethodDelete, Path: "/api/numbers/{id}", OperationID: "take-number-back", Summary: "Take a number back, which stays in the record",
		DefaultStatus: http.StatusNoContent,
	}, s.takeNumberBack)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/numbers/counts", OperationID: "number-counts", Summary: "Numbers entered in a month, by day and person",
	}, s.numberCounts)
}

func (s *Server) enteredNumbers(ctx context.Context, _ *struct{}) (*numbersOutput, error) {
	me, now := from(ctx).User.ID, s.d.Now()
	rows, err := s.d.Numbers.EnteredNumbers(ctx, me, dialer.DateOf(now).At(0), 100)
	if err != nil {
		return nil, err
	}
	out := &numbersOutput{}
	out.Body.Items, out.Body.Sources = []EnteredNumber{}, casework.NumberSources
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, dressEntered(r))
	}
	out.Body.Tally, err = s.tallyOf(ctx, me, now)
	return out, err
}

func (s *Server) enterNumber(ctx context.Context, in *enterNumberInput) (*enterNumberOutput, error) {
	b, me, now := in.Body, from(ctx).User.ID, s.d.Now()
	typed := casework.TypedNumber{
		WardNumber: b.WardNumber, Number: b.Number, Again: b.Again, Source: b.Source, DocumentOn: b.DocumentOn, First: b.First,
	}
	n, wrong := typed.Read(japan.Notation{}, s.d.Refs, now)
	if len(wrong) > 0 {
		return nil, invalidFields(wrong)
	}
	if err := s.hands.take(me, typedNumbers); err != nil {
		return nil, err
	}
	n.By = me
	kept, err := s.d.Numbers.EnterNumber(ctx, n)
	if err != nil {
		return nil, err
	}
	if kept.First {
		remarked(ctx, "dialled before the case's other numbers")
	}
	out := &enterNumberOutput{}
	out.Body.Entered = dressEntered(kept)
	out.Body.Tally, err = s.tallyOf(ctx, me, now)
	return out, err
}

func (s *Server) takeNumberBack(ctx context.Context, in *enteredIDInput) (*struct{}, error) {
	me := from(ctx).User
	return nil, s.d.Numbers.TakeNumberBack(ctx, in.ID, me.ID, me.Role == dialer.RoleSupervisor, s.d.Now())
}

// monthSpan is the month in Tokyo that an instant lies in, as a span.
func monthSpan(at time.Time) (from, to time.Time) {
	d := dialer.DateOf(at)
	from = dialer.Date{Year: d.Year, Month: d.Month, Day: 1}.At(0)
	return from, from.AddDate(0, 1, 0)
}

func (s *Server) tallyOf(ctx context.Context, who dialer.UserID, now time.Time) (t EnteredTally, err error) {
	begin, end := monthSpan(now)
	counts, err := s.d.Numbers.NumberCounts(ctx, begin, end)
	for _, c := range counts {
		if c.By != who {
			continue
		}
		t.Month += c.N
		if c.Day == dialer.DateOf(now).String() {
			t.Today += c.N
		}
	}
	return t, err
}

func (s *Server) numberCounts(ctx context.Context, in *monthInput) (*numberCountsOutput, error) {
	at := s.d.Now()
	if in.Month != "" {
		first, err := dialer.ParseDate(in.Month + "-01")
		if err != nil {
			return nil, invalid("month", "bad_date", "月は 2026-11 の形で指定してください", "write the month like 2026-11")
		}
		at = first.At(0)
	}
	begin, end := monthSpan(at)
	counts, err := s.d.Numbers.NumberCounts(ctx, begin, end)
	if err != nil {
		return nil, err
	}
	if err := s.names.read(ctx); err != nil {
		return nil, err
	}
	out := &numberCountsOutput{}
	out.Body.Month, out.Body.Items = begin.In(dialer.Tokyo).Format("2006-01"), []EnteredCount{}
	for _, c := range counts {
		out.Body.Items = append(out.Body.Items, EnteredCount{Day: c.Day, ByName: s.names.of(c.By), Count: c.N})
		out.Body.Total += c.N
	}
	return out, nil
}

func dressEntered(n casework.EnteredNumber) EnteredNumber {
	return EnteredNumber{
		ID: n.ID, At: n.At, WardNumber: n.WardNumber, Number: n.Number, Kind: n.Kind,
		Mended: n.Mended, Source: n.Source, DocumentOn: n.DocumentOn, CaseID: n.Case, Seen: n.Seen, TakenBack: n.TakenBack,
	}
}

package webui

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
	"kakeru/dialer/casework/returns"
)

// Exports are negotiation records outside the day's close, as files and as text; *returns.Exporter implements it.
type Exports interface {
	Export(ctx context.Context, day dialer.Date, by dialer.UserID, again bool) (e returns.Export, replaced []string, err error)
	Exports(ctx context.Context, limit int) ([]returns.Export, error)
	// Waiting is how many rows of a day stand in no file yet.
	Waiting(ctx context.Context, day dialer.Date) (int, error)
	// Open opens one of an export's files, if it is as it was written.
	Open(ctx context.Context, id string, n int) (dayclose.File, *os.File, error)
	// Record is one case's record of a day as text to paste.
	Record(ctx context.Context, id dialer.CaseID, day dialer.Date) (text string, calls int, err error)
}

// Export is a file of negotiation records that was written before the day's close.
type Export struct {
	ID          string         `json:"id"`
	Day         string         `json:"day" doc:"YYYY-MM-DD"`
	ByName      string         `json:"by_name" doc:"empty when it was asked for on the command line"`
	At          time.Time      `json:"at"`
	Again       bool           `json:"again" doc:"what had gone before was asked for once more"`
	Firsts      int            `json:"firsts" doc:"rows that went for the first time"`
	Corrections int            `json:"corrections" doc:"rows marked 訂正"`
	Repeats     int            `json:"repeats" doc:"rows marked 再出力"`
	Files       []ReturnedFile `json:"files"`
}

type exportInput struct {
	Body struct {
		Day   string `json:"day" format:"date"`
		Again bool   `json:"again,omitempty" doc:"what went before goes once more, marked 再出力"`
	}
}

type exportOutput struct {
	Body struct {
		Export   Export   `json:"export"`
		Replaced []string `json:"replaced" doc:"the cells whose characters the ward's code does not have: line, column, and what stands there instead"`
	}
}

type exportsOutput struct {
	Body struct {
		Items      []Export `json:"items" doc:"newest first"`
		NextCursor *string  `json:"next_cursor" doc:"null: the list is whole"`
		Day        string   `json:"day" doc:"today, YYYY-MM-DD"`
		Waiting    int      `json:"waiting" doc:"today's rows that stand in no file yet"`
	}
}

type recordInput struct {
	ID  dialer.CaseID `path:"id" maxLength:"100"`
	Day string        `query:"day" format:"date" doc:"today unless given"`
}

type recordOutput struct {
	Body struct {
		Day   string `json:"day" doc:"YYYY-MM-DD"`
		Text  string `json:"text" doc:"a line for each call, to paste into the ward's system; empty when nothing was recorded"`
		Calls int    `json:"calls"`
	}
}

// exportsShown is some a day for a quarter.
const exportsShown = 300

func (s *Server) exportRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/exports", OperationID: "exports", Summary: "The files of records that were written before a close"}, s.exports)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/exports", OperationID: "export-records", Summary: "Write a day's records so far, each once", DefaultStatus: http.StatusCreated,
	}, s.export)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/exports/{id}/files/{n}", OperationID: "export-file", Summary: "One of an export's files", Responses: fileResponse,
	}, s.exportFile)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/cases/{id}/record", OperationID: "case-record", Summary: "A case's record of a day as text to paste",
	}, s.caseRecord)
}

func (s *Server) exports(ctx context.Context, _ *struct{}) (*exportsOutput, error) {
	list, err := s.d.Exports.Exports(ctx, exportsShown)
	if err != nil {
		return nil, err
	}
	out := &exportsOutput{}
	out.Body.Items = []Export{}
	for _, e := range list {
		out.Body.Items = append(out.Body.Items, s.dressExport(e))
	}
	today := dialer.DateOf(s.d.Now())
	out.Body.Day = today.String()
	out.Body.Waiting, err = s.d.Exports.Waiting(ctx, today)
	return out, err
}

var (
	errDay             = invalid("day", "bad_date", "日付は 2026-11-30 のように指定してください", "write the date as YYYY-MM-DD")
	errNothingToExport = newProblem(http.StatusConflict, "nothing_to_export",
		"書き出す記録がありません。この日の記録はすべて書き出し済みか、まだ1件もありません", "all records of the day stand in a file already, or none were made")
	errDayIsGone = newProblem(http.StatusConflict, "day_gone",
		"この日の個人情報は返却・消去済みです。終業返却のファイルをお使いください", "the personal data of that day went back; take the file of the day's close")
)

func (s *Server) export(ctx context.Context, in *exportInput) (*exportOutput, error) {
	day, err := dialer.ParseDate(in.Body.Day)
	if err != nil {
		return nil, errDay
	}
	by := from(ctx).User.ID
	e, replaced, err := s.d.Exports.Export(ctx, day, by, in.Body.Again)
	switch {
	case errors.Is(err, returns.ErrNothing):
		return nil, errNothingToExport
	case errors.Is(err, returns.ErrGone):
		return nil, errDayIsGone
	case err != nil:
		return nil, err
	}
	s.log.Info("records were exported", "export", e.ID, "day", day, "user", by, "firsts", e.Firsts, "corrections", e.Corrections, "repeats", e.Repeats)
	out := &exportOutput{}
	out.Body.Export, out.Body.Replaced = s.dressExport(e), orEmpty(replaced)
	return out, nil
}

// exportFile hands out a file of records; that somebody took it is written down.
func (s *Server) exportFile(ctx context.Context, in *closeFileInput) (*huma.StreamResponse, error) {
	file, r, err := s.d.Exports.Open(ctx, in.ID, in.N)
	return s.handOut(ctx, in.ID, file, r, err)
}

// caseRecord is for who reads the case whole: a record has what others noted.
func (s *Server) caseRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	if _, err := s.d.Cases.Case(ctx, in.ID); err != nil {
		return nil, err
	}
	v := viewerOf(from(ctx))
	if !s.readsCase(v, in.ID) {
		return nil, errForbidden.with("手元の案件の記録だけ写せます", "only the record of the case in hand can be taken")
	}
	day := dialer.DateOf(s.d.Now())
	if in.Day != "" {
		var err error
		if day, err = dialer.ParseDate(in.Day); err != nil {
			return nil, errDay
		}
	}
	text, calls, err := s.d.Exports.Record(ctx, in.ID, day)
	if err != nil {
		return nil, err
	}
	s.log.Info("a case's record was taken as text", "case", in.ID, "user", v.user, "calls", calls)
	out := &recordOutput{}
	out.Body.Day, out.Body.Text, out.Body.Calls = day.String(), text, calls
	return out, nil
}

func (s *Server) dressExport(e returns.Export) Export {
	out := Export{
		ID: e.ID, Day: e.Day.String(), ByName: s.names.of(e.By), At: e.At, Again: e.Again,
		Firsts: e.Firsts, Corrections: e.Corrections, Repeats: e.Repeats, Files: []ReturnedFile{},
	}
	for _, f := range e.Files {
		out.Files = append(out.Files, ReturnedFile(f))
	}
	return out
}

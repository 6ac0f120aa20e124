package webui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/report"
)

// Reports are the reports that the ward asked for, and what they count that nobody but a person knows.
type Reports interface {
	Make(ctx context.Context, p report.Period) (report.Report, error)
	// Behind returns the ledger's rows behind a cell; report.ErrNoCell when there is no such cell.
	Behind(ctx context.Context, p report.Period, w report.Where) ([]report.Ref, error)
	// ReportCalls are calls by their ids, by when they began.
	ReportCalls(ctx context.Context, ids []dialer.CallID) ([]report.Attempt, error)
	// Issue freezes a report as it stands; report.ErrIssued when somebody else did at the same time.
	Issue(ctx context.Context, p report.Period, by dialer.UserID, reason string) (report.Issued, error)
	// IssuedOf lists what was issued of a period, the first first, without the contents.
	IssuedOf(ctx context.Context, kind report.Kind, period string) ([]report.Issued, error)
	// IssuedReport returns one with its content; report.ErrNotIssued when there is none.
	IssuedReport(ctx context.Context, kind report.Kind, period string, revision int) (report.Issued, error)
	// CorrectedSince lists the corrections of a span's calls that were made after an instant.
	CorrectedSince(ctx context.Context, from, to, since time.Time) ([]report.Correction, error)
	// Write writes a report as a file: as it stands now (revision 0), or as it was issued.
	Write(ctx context.Context, to io.Writer, p report.Period, revision int, format report.Format) error
	// EnterSMS writes down how many messages were sent on a day.
	EnterSMS(ctx context.Context, day dialer.Date, sent int, by dialer.UserID) error
}

// IssuedReport is a report that went out, in a list.
type IssuedReport struct {
	Revision int       `json:"revision"`
	At       time.Time `json:"at"`
	ByName   string    `json:"by_name" doc:"empty: at the close, or by the calendar"`
	Reason   string    `json:"reason"`
	SHA256   string    `json:"sha256"`
}

// ReportCorrection is a result that was recorded anew after a report had been issued.
type ReportCorrection struct {
	AttemptID dialer.CallID `json:"attempt_id"`
	Revision  int           `json:"revision"`
	ByName    string        `json:"by_name"`
	At        time.Time     `json:"at"`
}

// ReportCall is a call behind a figure.
type ReportCall struct {
	ID         dialer.CallID       `json:"id"`
	At         time.Time           `json:"at"`
	Direction  dialer.Direction    `json:"direction"`
	Origin     casework.Origin     `json:"origin"`
	Desk       dialer.DeskID       `json:"desk"`
	ByName     string              `json:"by_name"`
	NumberKind dialer.NumberKind   `json:"number_kind,omitempty"`
	Result     dialer.Result       `json:"result"`
	Counted    bool                `json:"counted"`
	Party      casework.Party      `json:"party,omitempty" doc:"left out where nothing was recorded"`
	Business   []casework.Business `json:"business"`
	Revision   int                 `json:"revision" doc:"how often its result was recorded"`
	Yen        int64               `json:"yen,omitempty" doc:"promised in it, or paid towards what was"`
	PaidOn     string              `json:"paid_on,omitempty" doc:"of a payment"`
}

// ReportRow is a row of the ledger behind a figure that is no call: what it is, when it was written, and by whom.
type ReportRow struct {
	Kind   report.RefKind `json:"kind"`
	ID     string         `json:"id" doc:"of the log's row; the day of an SMS entry and of a report"`
	At     *time.Time     `json:"at,omitempty"`
	ByName string         `json:"by_name,omitempty"`
	What   *report.Words  `json:"what,omitempty"`
}

type reportInput struct {
	Kind     report.Kind `path:"kind" enum:"day,month,year,analysis,pack,inspection,privacy"`
	Period   string      `query:"period" maxLength:"10" doc:"2026-11-24, 2026-11, or the fiscal year 2026; the current one when left out"`
	Revision int         `query:"revision" minimum:"0" doc:"as it was issued; 0: as it stands now"`
	Format   string      `query:"format" enum:"json,csv,xlsx,pdf" doc:"json when left out; the others are under /file, and lead there"`
}

type reportOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     struct {
		Report      report.Report      `json:"report"`
		Revision    int                `json:"revision" doc:"0: as it stands now"`
		Issued      []IssuedReport     `json:"issued" doc:"the first first"`
		Changes     []report.Change    `json:"changes" doc:"against the newest that was issued; of one that was issued: against the one before it"`
		Corrections []ReportCorrection `json:"corrections" doc:"results recorded anew since then"`
	}
}

type reportFileInput struct {
	Kind     report.Kind   `path:"kind" enum:"day,month,year,analysis,pack,inspection,privacy"`
	Period   string        `query:"period" maxLength:"10"`
	Revision int           `query:"revision" minimum:"0"`
	Format   report.Format `query:"format" enum:"csv,xlsx,pdf" required:"true"`
}

const behindAtOnce = 200

type behindInput struct {
	Kind    report.Kind `path:"kind" enum:"day,month,year,analysis,pack,inspection,privacy"`
	Period  string      `query:"period" maxLength:"10"`
	Section string      `query:"section" required:"true" maxLength:"40"`
	Row     string      `query:"row" maxLength:"60" doc:"empty is a row too: that of what has no insurance, for instance"`
	Column  string      `query:"column" required:"true" maxLength:"40"`
	Offset  int         `query:"offset" minimum:"0"`
}

type behindOutput struct {
	Body struct {
		Total  int          `json:"total" doc:"all rows of the ledger behind the figure"`
		Calls  []ReportCall `json:"calls" doc:"those of them that are calls, or were promised in one, at most 200 from offset on"`
		Others []ReportRow  `json:"others" doc:"those that are none"`
	}
}

type issueInput struct {
	Kind report.Kind `path:"kind" enum:"day,month,year,analysis,pack,inspection,privacy"`
	Body struct {
		Period string `json:"period" maxLength:"10"`
		Reason string `json:"reason,omitempty" maxLength:"400" doc:"why it is issued again: never personal data"`
	}
}

type issueOutput struct{ Body IssuedReport }

type smsInput struct {
	Body struct {
		Day  string `json:"day" format:"date"`
		Sent int    `json:"sent" minimum:"0" maximum:"5000"`
	}
}

var (
	errNoReport = newProblem(http.StatusNotFound, ruleNotFound,
		"その版の報告書、またはその数値はありません。発行済みの版の一覧から選んでください", "no such report was issued, or it has no such figure; choose one from the list")
	errIssued = newProblem(http.StatusConflict, "issued",
		"同時に別の人が発行しました。画面を更新して確かめてください", "somebody else issued it at the same time; reload and look")
)

func (s *Server) reportRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/reports/{kind}", OperationID: "report", Summary: "A day's, a month's or a fiscal year's report, or a month's analysis",
	}, s.report)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/reports/{kind}/rows", OperationID: "report-rows", Summary: "The rows of the ledger behind a figure",
	}, s.behind)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/reports/{kind}/file", OperationID: "report-file", Summary: "A report as CSV, XLSX or PDF", Responses: fileResponse,
	}, s.reportFile)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/reports/{kind}/issue", OperationID: "issue-report", Summary: "Freeze a report as it stands",
	}, s.issueReport)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/sms", OperationID: "enter-sms", Summary: "Say how many messages were sent on a day", DefaultStatus: http.StatusNoContent,
	}, s.enterSMS)
}

// period is the one that was asked for, or the current one.
func (s *Server) period(kind report.Kind, name string) (report.Period, error) {
	now := s.d.Now()
	if name == "" {
		name = report.Current(kind, now)
	}
	return report.ParsePeriod(kind, name, now)
}

func (s *Server) report(ctx context.Context, in *reportInput) (*reportOutput, error) {
	p, err := s.period(in.Kind, in.Period)
	if err != nil {
		return nil, err
	}
	if in.Format != "" && in.Format != "json" {
		to := fmt.Sprintf("/api/reports/%s/file?period=%s&revision=%d&format=%s", p.Kind, p.Name, in.Revision, in.Format)
		return &reportOutput{Status: http.StatusSeeOther, Location: to}, nil
	}
	issued, err := s.d.Reports.IssuedOf(ctx, p.Kind, p.Name)
	if err != nil {
		return nil, err
	}
	if in.Revision > len(issued) {
		return nil, errNoReport
	}
	out := &reportOutput{Status: http.StatusOK}
	out.Body.Revision, out.Body.Changes, out.Body.Corrections = in.Revision, []report.Change{}, []ReportCorrection{}
	if in.Revision == 0 {
		out.Body.Report, err = s.d.Reports.Make(ctx, p)
	} else {
		out.Body.Report, err = s.frozen(ctx, p, in.Revision)
	}
	if err != nil {
		return nil, err
	}
	// What a report is compared with: one that stands now with the newest that went out, one that went out with the one before it.
	before := len(issued)
	if in.Revision > 0 {
		before = in.Revision - 1
	}
	if before > 0 {
		if err := s.compare(ctx, p, issued[before-1], out); err != nil {
			return nil, err
		}
	}
	out.Body.Issued = make([]IssuedReport, len(issued))
	for i, r := range issued {
		out.Body.Issued[i] = issuedView(r, s.names)
	}
	return out, nil
}

// frozen is a report as it was issued.
func (s *Server) frozen(ctx context.Context, p report.Period, revision int) (report.Report, error) {
	i, err := s.d.Reports.IssuedReport(ctx, p.Kind, p.Name, revision)
	if errors.Is(err, report.ErrNotIssued) {
		return report.Report{}, errNoReport
	}
	if err != nil {
		return report.Report{}, err
	}
	return i.Report()
}

// compare says what differs from one that was issued before, and what was corrected since.
func (s *Server) compare(ctx context.Context, p report.Period, with report.Issued, out *reportOutput) error {
	was, err := s.frozen(ctx, p, with.Revision)
	if err != nil {
		return err
	}
	out.Body.Changes = report.Changes(was, out.Body.Report)
	corrected, err := s.d.Reports.CorrectedSince(ctx, p.Start(), p.End(), with.At)
	if err != nil {
		return err
	}
	for _, c := range corrected {
		out.Body.Corrections = append(out.Body.Corrections, ReportCorrection{AttemptID: c.Attempt, Revision: c.Revision, ByName: s.names.of(c.By), At: c.At})
	}
	return nil
}

func issuedView(r report.Issued, names *names) IssuedReport {
	return IssuedReport{Revision: r.Revision, At: r.At, ByName: names.of(r.By), Reason: r.Reason, SHA256: r.SHA256}
}

func (s *Server) reportFile(ctx context.Context, in *reportFileInput) (*huma.StreamResponse, error) {
	p, err := s.period(in.Kind, in.Period)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer // whole before the first byte goes: half a report would be taken for one
	err = s.d.Reports.Write(ctx, &file, p, in.Revision, in.Format)
	if errors.Is(err, report.ErrNotIssued) {
		return nil, errNoReport
	}
	if err != nil {
		return nil, err
	}
	s.log.Info("a report was taken", "kind", p.Kind, "period", p.Name, "revision", in.Revision, "format", in.Format, "user", from(ctx).User.ID)
	name := fmt.Sprintf("report-%s-%s", p.Kind, p.Name)
	if in.Revision > 0 {
		name += fmt.Sprintf("-%d", in.Revision)
	}
	return s.download(&file, name+"."+string(in.Format)), nil
}

// download sends a file that is whole.
func (s *Server) download(file *bytes.Buffer, name string) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(to huma.Context) {
		to.SetHeader("Content-Type", "application/octet-stream")
		to.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+name)
		to.SetHeader("Content-Length", strconv.Itoa(file.Len()))
		to.SetHeader("Cache-Control", "no-store")
		if _, err := file.WriteTo(to.BodyWriter()); err != nil {
			s.log.Warn("a file was not sent to its end", "err", err)
		}
	}}
}

func (s *Server) behind(ctx context.Context, in *behindInput) (*behindOutput, error) {
	p, err := s.period(in.Kind, in.Period)
	if err != nil {
		return nil, err
	}
	refs, err := s.d.Reports.Behind(ctx, p, report.Where{Section: in.Section, Row: in.Row, Column: in.Column})
	if errors.Is(err, report.ErrNoCell) {
		return nil, errNoReport
	}
	if err != nil {
		return nil, err
	}
	out := &behindOutput{}
	out.Body.Total = len(refs)
	out.Body.Calls, out.Body.Others, err = s.rowsBehind(ctx, rowsFrom(refs, in.Offset))
	return out, err
}

// rowsFrom is as many rows as are shown at once, from one on: none from beyond the last.
func rowsFrom(refs []report.Ref, from int) []report.Ref {
	rest := refs[min(from, len(refs)):]
	return rest[:min(behindAtOnce, len(rest))]
}

// rowsBehind says what some rows are. A call stands there as often as it is a row: once for each payment towards its promise.
func (s *Server) rowsBehind(ctx context.Context, refs []report.Ref) (rows []ReportCall, others []ReportRow, err error) {
	var ids []dialer.CallID
	for _, r := range refs {
		if isCall(r.Kind) {
			ids = append(ids, dialer.CallID(r.ID))
		}
	}
	calls, err := s.d.Reports.ReportCalls(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	known := make(map[string]report.Attempt, len(calls))
	for _, c := range calls {
		known[string(c.ID)] = c
	}
	rows, others = []ReportCall{}, []ReportRow{}
	for _, r := range refs {
		if !isCall(r.Kind) {
			others = append(others, s.otherRow(r))
		} else if c, ok := known[r.ID]; ok {
			rows = append(rows, s.callRow(c, r))
		}
	}
	return rows, others, nil
}

// isCall reports whether rows of a kind are calls, or were promised in one.
func isCall(kind report.RefKind) bool {
	return kind == report.RefAttempt || kind == report.RefPromise || kind == report.RefPayment
}

func (s *Server) callRow(c report.Attempt, r report.Ref) ReportCall {
	row := ReportCall{
		ID: c.ID, At: c.At, Direction: c.Direction, Origin: c.Origin, Desk: c.Desk, ByName: s.names.of(c.Operator), NumberKind: c.NumberKind,
		Result: c.Result, Counted: c.Counted, Party: c.Party, Business: orEmpty(c.Business), Revision: c.Revision, Yen: r.Yen,
	}
	if r.Kind == report.RefPayment {
		row.PaidOn = dialer.DateOf(r.At).String()
	}
	return row
}

func (s *Server) otherRow(r report.Ref) ReportRow {
	row := ReportRow{Kind: r.Kind, ID: r.ID, ByName: s.names.of(r.By)}
	if !r.At.IsZero() {
		row.At = &r.At
	}
	if r.What != (report.Words{}) {
		row.What = &r.What
	}
	return row
}

func (s *Server) issueReport(ctx context.Context, in *issueInput) (*issueOutput, error) {
	p, err := s.period(in.Kind, in.Body.Period)
	if err != nil {
		return nil, err
	}
	i, err := s.d.Reports.Issue(ctx, p, viewerOf(from(ctx)).user, dialer.MaskDigits(in.Body.Reason))
	if errors.Is(err, report.ErrIssued) {
		return nil, errIssued
	}
	if err != nil {
		return nil, err
	}
	s.log.Info("a report was issued", "kind", p.Kind, "period", p.Name, "revision", i.Revision, "user", i.By)
	return &issueOutput{Body: issuedView(i, s.names)}, nil
}

func (s *Server) enterSMS(ctx context.Context, in *smsInput) (*struct{}, error) {
	day, err := dialer.ParseDate(in.Body.Day)
	if err != nil {
		return nil, invalid("day", "bad_day", "日は 2026-11-24 のように指定してください", "write the day as YYYY-MM-DD")
	}
	if day.Year < 2000 {
		return nil, invalid("day", "bad_day", "2000年以降の日を指定してください", "write a day from the year 2000 on")
	}
	if day.At(0).After(s.d.Now()) {
		return nil, invalid("day", "future", "まだ来ていない日です", "that day has not come")
	}
	return nil, s.d.Reports.EnterSMS(ctx, day, in.Body.Sent, viewerOf(from(ctx)).user)
}

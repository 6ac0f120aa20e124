package webui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/report"
)

// Minutes are those of the monthly meeting (定例報告会議事録).
type Minutes interface {
	// DraftMinutes are what a month's minutes begin with: an agenda of its figures.
	DraftMinutes(ctx context.Context, p report.Period) (report.Minutes, error)
	// MinutesOf lists a month's revisions, the first first, and of one of them, or of report.Newest, the content.
	MinutesOf(ctx context.Context, month string, whole int) ([]report.KeptMinutes, error)
	// SaveMinutes keeps another revision, written from one that was the newest; report.ErrMinutesMoved when it is not any more.
	SaveMinutes(ctx context.Context, m report.Minutes, from int, by dialer.UserID) (report.KeptMinutes, error)
	// SignMinutes signs the newest revision for a side; report.ErrMinutesMoved when it is another, or that side has signed it.
	SignMinutes(ctx context.Context, month string, revision int, side report.Side, by dialer.UserID) error
	// WriteMinutes writes a revision as a PDF; report.ErrNotIssued when there is none such.
	WriteMinutes(ctx context.Context, to io.Writer, month string, revision int) error
}

// MinutesSignature is who signed for a side, and when.
type MinutesSignature struct {
	Side   report.Side `json:"side"`
	ByName string      `json:"by_name"`
	At     time.Time   `json:"at"`
}

// MinutesRevision is the minutes as somebody wrote them.
type MinutesRevision struct {
	Revision int                `json:"revision"`
	At       time.Time          `json:"at"`
	ByName   string             `json:"by_name"`
	SHA256   string             `json:"sha256"`
	Signed   []MinutesSignature `json:"signed"`
	Frozen   bool               `json:"frozen" doc:"both sides have signed it"`
}

type minutesInput struct {
	Month    string `path:"month" maxLength:"7"`
	Revision int    `query:"revision" minimum:"0" doc:"0: the newest"`
}

type minutesOutput struct {
	Body struct {
		Minutes   report.Minutes    `json:"minutes" doc:"what was written; while nobody has, what it begins with"`
		Revision  int               `json:"revision" doc:"which revision that is; 0: nobody has written any"`
		Revisions []MinutesRevision `json:"revisions" doc:"the first first"`
	}
}

type saveMinutesInput struct {
	Month string `path:"month" maxLength:"7"`
	Body  struct {
		From    int            `json:"from" minimum:"0" doc:"the revision that it was written from; 0: none"`
		Minutes report.Minutes `json:"minutes"`
	}
}

type signMinutesInput struct {
	Month string `path:"month" maxLength:"7"`
	Body  struct {
		Revision int `json:"revision" minimum:"1"`
	}
}

type minutesFileInput struct {
	Month    string `path:"month" maxLength:"7"`
	Revision int    `query:"revision" minimum:"1" required:"true"`
}

var errMinutesMoved = newProblem(http.StatusConflict, "minutes_moved",
	"その間に別の人が保存または署名しました。書いた内容は画面に残っています。最新の版を読み込んで確かめてください",
	"somebody else saved or signed in between; what was written is still on the screen: load the newest and compare")

func (s *Server) minutesRoutes() {
	const at = "/api/minutes/{month}"
	route(s, huma.Operation{Method: http.MethodGet, Path: at, OperationID: "minutes", Summary: "The minutes of a month's meeting"}, s.minutes)
	route(s, huma.Operation{Method: http.MethodPut, Path: at, OperationID: "save-minutes", Summary: "Keep another revision of them"}, s.saveMinutes)
	route(s, huma.Operation{Method: http.MethodPost, Path: at + "/sign", OperationID: "sign-minutes", Summary: "Sign the newest for one's own side"}, s.signMinutes)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: at + "/file", OperationID: "minutes-file", Summary: "A revision of them as PDF", Responses: fileResponse,
	}, s.minutesFile)
}

func (s *Server) minutes(ctx context.Context, in *minutesInput) (*minutesOutput, error) {
	p, err := report.ParsePeriod(report.OfMonth, in.Month, s.d.Now())
	if err != nil {
		return nil, err
	}
	return s.minutesOf(ctx, p, in.Revision)
}

// minutesOf are a month's minutes: a revision, or the newest.
func (s *Server) minutesOf(ctx context.Context, p report.Period, revision int) (*minutesOutput, error) {
	whole := revision
	if whole == 0 {
		whole = report.Newest
	}
	all, err := s.d.Minutes.MinutesOf(ctx, p.Name, whole)
	if err != nil {
		return nil, err
	}
	if revision > len(all) {
		return nil, errNoReport
	}
	if revision == 0 {
		revision = len(all)
	}
	out := &minutesOutput{}
	out.Body.Revision, out.Body.Revisions = revision, []MinutesRevision{}
	for _, k := range all {
		out.Body.Revisions = append(out.Body.Revisions, s.minutesView(k))
	}
	if revision == 0 {
		out.Body.Minutes, err = s.d.Minutes.DraftMinutes(ctx, p)
	} else {
		out.Body.Minutes, err = all[revision-1].Minutes()
	}
	return out, err
}

func (s *Server) minutesView(k report.KeptMinutes) MinutesRevision {
	out := MinutesRevision{Revision: k.Revision, At: k.At, ByName: s.names.of(k.By), SHA256: k.SHA256, Signed: []MinutesSignature{}, Frozen: k.Frozen()}
	for _, signed := range k.Signed {
		out.Signed = append(out.Signed, MinutesSignature{signed.Side, s.names.of(signed.By), signed.At})
	}
	return out
}

func (s *Server) saveMinutes(ctx context.Context, in *saveMinutesInput) (*minutesOutput, error) {
	p, err := report.ParsePeriod(report.OfMonth, in.Month, s.d.Now())
	if err != nil {
		return nil, err
	}
	in.Body.Minutes.Month = p.Name
	by := viewerOf(from(ctx)).user
	kept, err := s.d.Minutes.SaveMinutes(ctx, in.Body.Minutes, in.Body.From, by)
	if err != nil {
		return nil, minutesProblem(err)
	}
	s.log.Info("minutes were saved", "month", p.Name, "revision", kept.Revision, "user", by)
	return s.minutesOf(ctx, p, 0)
}

func (s *Server) signMinutes(ctx context.Context, in *signMinutesInput) (*minutesOutput, error) {
	p, err := report.ParsePeriod(report.OfMonth, in.Month, s.d.Now())
	if err != nil {
		return nil, err
	}
	side, v := report.SideContractor, from(ctx)
	if v.User.Role == dialer.RoleWard {
		side = report.SideWard
	}
	if err := s.d.Minutes.SignMinutes(ctx, p.Name, in.Body.Revision, side, v.User.ID); err != nil {
		return nil, minutesProblem(err)
	}
	s.log.Info("minutes were signed", "month", p.Name, "revision", in.Body.Revision, "side", side, "user", v.User.ID)
	return s.minutesOf(ctx, p, 0)
}

func minutesProblem(err error) error {
	if errors.Is(err, report.ErrMinutesMoved) {
		return errMinutesMoved
	}
	return err
}

func (s *Server) minutesFile(ctx context.Context, in *minutesFileInput) (*huma.StreamResponse, error) {
	p, err := report.ParsePeriod(report.OfMonth, in.Month, s.d.Now())
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = s.d.Minutes.WriteMinutes(ctx, &file, p.Name, in.Revision)
	if errors.Is(err, report.ErrNotIssued) {
		return nil, errNoReport
	}
	if err != nil {
		return nil, err
	}
	s.log.Info("minutes were taken", "month", p.Name, "revision", in.Revision, "user", from(ctx).User.ID)
	return s.download(&file, fmt.Sprintf("minutes-%s-%d.pdf", p.Name, in.Revision)), nil
}

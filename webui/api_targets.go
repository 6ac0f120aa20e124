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
	"kakeru/dialer/report"
)

// Targets are what the contract and the ward want the work to come to (§10), how that stands, and what the ward was told.
type Targets interface {
	// Standings are those of a month written YYYY-MM, then those of its fiscal year, each by report.Measures.
	Standings(ctx context.Context, month string) ([]report.Standing, error)
	SetTarget(ctx context.Context, w report.TargetWord) error
	// Draft is a notice to the ward as it would be now, without reason and remedy.
	Draft(ctx context.Context, m report.Measure, kind report.Kind, period string) (report.Notice, error)
	KeepNotice(ctx context.Context, k report.KeptNotice) (id int64, err error)
	// Notices are the newest, with their contents.
	Notices(ctx context.Context, most int) ([]report.KeptNotice, error)
	KeptNotice(ctx context.Context, id int64) (report.KeptNotice, error)
	// WriteNotice writes one as a PDF, and WriteDraft one that has not gone out.
	WriteNotice(to io.Writer, k report.KeptNotice) error
	WriteDraft(to io.Writer, n report.Notice) error
}

// noticesShown is how many notices a list has.
const noticesShown = 50

// WardNotice is a notice that went out.
type WardNotice struct {
	ID     int64         `json:"id"`
	At     time.Time     `json:"at"`
	ByName string        `json:"by_name"`
	SHA256 string        `json:"sha256"`
	Notice report.Notice `json:"notice"`
}

type targetsInput struct {
	Month string `query:"month" maxLength:"10" doc:"YYYY-MM; this month when left out"`
}

type targetsOutput struct {
	Body struct {
		Month      string            `json:"month"`
		Definition string            `json:"definition" doc:"how 件 are counted"`
		Standings  []report.Standing `json:"standings" doc:"of the month, then of its fiscal year"`
		WardByName string            `json:"ward_by_name" doc:"who wrote down the ward's target of the month; empty where it is the contract's"`
		Notices    []WardNotice      `json:"notices" doc:"what the ward was told, the newest first"`
	}
}

type setTargetInput struct {
	Body struct {
		Month  string `json:"month" maxLength:"10"`
		Calls  *int   `json:"calls,omitempty" doc:"left out: as the contract says, again"`
		Reason string `json:"reason" maxLength:"400" doc:"who of the ward said so, and why: never personal data"`
	}
}

type noticeInput struct {
	Body struct {
		Measure report.Measure `json:"measure" enum:"calls,sms,numbers"`
		Kind    report.Kind    `json:"kind" enum:"month,year"`
		Period  string         `json:"period" maxLength:"10"`
		Reason  string         `json:"reason" maxLength:"2000" doc:"never personal data"`
		Remedy  string         `json:"remedy" maxLength:"2000" doc:"never personal data"`
	}
}

type noticeOutput struct{ Body WardNotice }

type noticeDraftInput struct {
	Measure report.Measure `query:"measure" enum:"calls,sms,numbers" required:"true"`
	Kind    report.Kind    `query:"kind" enum:"month,year" required:"true"`
	Period  string         `query:"period" maxLength:"10" required:"true"`
}

type noticeFileInput struct {
	ID int64 `path:"id"`
}

func (s *Server) targetRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/targets", OperationID: "targets", Summary: "How a month's and its year's targets stand"}, s.targets)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/targets", OperationID: "set-target", Summary: "Write down what the ward wants a month to come to",
		DefaultStatus: http.StatusNoContent,
	}, s.setTarget)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/targets/notices", OperationID: "tell-ward", Summary: "Freeze a notice to the ward that a target cannot be met",
	}, s.tellWard)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/targets/draft", OperationID: "notice-draft", Summary: "A notice as it would go out now, as PDF", Responses: fileResponse,
	}, s.noticeDraft)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/targets/notices/{id}/file", OperationID: "notice-file", Summary: "A notice as PDF", Responses: fileResponse,
	}, s.noticeFile)
}

func (s *Server) targets(ctx context.Context, in *targetsInput) (*targetsOutput, error) {
	month := in.Month
	if month == "" {
		month = monthOf(s.d.Now())
	}
	out := &targetsOutput{}
	var err error
	if out.Body.Standings, err = s.d.Targets.Standings(ctx, month); err != nil {
		return nil, err
	}
	p, err := s.sum(ctx, month)
	if err != nil {
		return nil, err
	}
	out.Body.Month, out.Body.Definition, out.Body.Notices = month, p.Definition, []WardNotice{}
	if p.Ward != nil {
		out.Body.WardByName = s.names.of(p.Ward.By)
	}
	kept, err := s.d.Targets.Notices(ctx, noticesShown)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		view, err := s.noticeView(k)
		if err != nil { // the others are shown all the same
			s.log.Error("a notice is not what went out", "notice", k.ID, "err", err)
			continue
		}
		out.Body.Notices = append(out.Body.Notices, view)
	}
	return out, nil
}

func (s *Server) noticeView(k report.KeptNotice) (WardNotice, error) {
	n, err := k.Notice()
	return WardNotice{ID: k.ID, At: k.At, ByName: s.names.of(k.By), SHA256: k.SHA256, Notice: n}, err
}

func (s *Server) setTarget(ctx context.Context, in *setTargetInput) (*struct{}, error) {
	w := report.TargetWord{Month: in.Body.Month, Calls: in.Body.Calls, Reason: in.Body.Reason, By: viewerOf(from(ctx)).user, At: s.d.Now()}
	if err := report.CheckTarget(w, s.d.Now()); err != nil {
		return nil, err
	}
	if err := s.d.Targets.SetTarget(ctx, w); err != nil {
		return nil, err
	}
	if w.Calls == nil {
		remarked(ctx, w.Month+": as the contract says")
	} else {
		remarked(ctx, fmt.Sprintf("%s: %d calls", w.Month, *w.Calls))
	}
	s.log.Info("a month's target was set", "month", w.Month, "contract", w.Calls == nil, "user", w.By)
	s.recount.figuresChanged()
	return &struct{}{}, nil
}

func (s *Server) tellWard(ctx context.Context, in *noticeInput) (*noticeOutput, error) {
	n, err := s.d.Targets.Draft(ctx, in.Body.Measure, in.Body.Kind, in.Body.Period)
	if err != nil {
		return nil, err
	}
	n.Reason, n.Remedy = in.Body.Reason, in.Body.Remedy
	k, err := n.Freeze(viewerOf(from(ctx)).user, s.d.Now())
	if err != nil {
		return nil, err
	}
	if k.ID, err = s.d.Targets.KeepNotice(ctx, k); err != nil {
		return nil, err
	}
	s.log.Info("the ward was told of a target", "measure", in.Body.Measure, "period", in.Body.Period, "notice", k.ID, "user", k.By)
	view, err := s.noticeView(k)
	return &noticeOutput{Body: view}, err
}

func (s *Server) noticeDraft(ctx context.Context, in *noticeDraftInput) (*huma.StreamResponse, error) {
	n, err := s.d.Targets.Draft(ctx, in.Measure, in.Kind, in.Period)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := s.d.Targets.WriteDraft(&file, n); err != nil {
		return nil, err
	}
	return s.download(&file, "notice-draft.pdf"), nil
}

var errNoNotice = newProblem(http.StatusNotFound, ruleNotFound, "その報告はありません。一覧から選んでください", "there is no such notice; choose one from the list")

func (s *Server) noticeFile(ctx context.Context, in *noticeFileInput) (*huma.StreamResponse, error) {
	k, err := s.d.Targets.KeptNotice(ctx, in.ID)
	if errors.Is(err, dialer.ErrNotFound) {
		return nil, errNoNotice
	}
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer // whole before the first byte goes
	if err := s.d.Targets.WriteNotice(&file, k); err != nil {
		return nil, err
	}
	return s.download(&file, "notice-"+strconv.FormatInt(k.ID, 10)+".pdf"), nil
}

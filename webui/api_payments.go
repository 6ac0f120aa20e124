package webui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// PaidLists takes the ward's paid lists (消込リスト) in. Its errors may be *casework.ListError.
type PaidLists interface {
	// StagePaid reads a file to its end and says what it would do. progress is told how many rows were read so far.
	StagePaid(ctx context.Context, list casework.StagedList, file io.Reader, progress func(rows int)) (casework.PaidPreview, error)
	// PaidPreview returns what StagePaid found; dialer.ErrNotFound when there is no such list.
	PaidPreview(ctx context.Context, list string) (casework.PaidPreview, error)
	// ApplyPaid makes a list's payments count and moves the cases that waited for them. Applying twice changes nothing.
	ApplyPaid(ctx context.Context, list string, by dialer.UserID) (casework.PaidPreview, error)
	// DiscardPaid forgets a staged list.
	DiscardPaid(ctx context.Context, list string) error
}

type paidOutput struct{ Body casework.PaidPreview }

func (s *Server) paymentRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/payments", OperationID: "upload-payments", Summary: "Take a paid list in, to look at",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxList,
	}, s.uploadPayments)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/payments/{id}", OperationID: "payments", Summary: "What a paid list would do, or did",
	}, s.showPayments)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/payments/{id}/apply", OperationID: "apply-payments", Summary: "Make a paid list count",
		DefaultStatus: http.StatusAccepted,
	}, s.applyPayments)
	route(s, huma.Operation{
		Method: http.MethodDelete, Path: "/api/payments/{id}", OperationID: "discard-payments", Summary: "Forget a paid list",
		DefaultStatus: http.StatusNoContent,
	}, s.discardPayments)
}

func (s *Server) uploadPayments(ctx context.Context, in *uploadInput) (*uploadOutput, error) {
	name, text, err := in.uploaded()
	if err != nil {
		return nil, err
	}
	now := s.d.Now()
	list := casework.StagedList{ID: dialer.NewID(now), FileName: name, By: from(ctx).User.ID, At: now}
	start := casework.Preview{List: list.ID, FileName: list.FileName, State: listStaging}
	s.jobs.begin(job{Preview: start, by: list.By, paid: true}, s.whileSignedIn(from(ctx), func(ctx context.Context) { s.stagePaid(ctx, list, text) }))
	s.log.Info("paid list uploaded", "list", list.ID, "bytes", len(text), "user", list.By)
	out := &uploadOutput{}
	out.Body.List = list.ID
	return out, nil
}

func (s *Server) stagePaid(ctx context.Context, list casework.StagedList, text []byte) {
	at := casework.Preview{List: list.ID, FileName: list.FileName, State: listStaging}
	_, err := s.d.Paid.StagePaid(ctx, list, bytes.NewReader(text), func(rows int) {
		at.Progress = rows
		s.jobs.set(at)
	})
	if err != nil {
		s.paidFailed(at, whyStopped(ctx, err))
		return
	}
	s.jobs.end(list.ID)
}

// paidFailed keeps why a paid list is not to be taken, until it is discarded.
func (s *Server) paidFailed(at casework.Preview, err error) {
	told := s.problemOf(context.Background(), err)
	p := casework.Problem{Code: "failed", JA: told.Detail, EN: told.DetailEN, Fatal: true}
	if wrong := (*casework.ListError)(nil); errors.As(err, &wrong) {
		p.Code = wrong.Code
	}
	at.State, at.Problems = listFailed, []casework.Problem{p}
	s.jobs.set(at)
	s.log.Warn("paid list not taken", "list", at.List, "code", p.Code)
}

// paidPreview is a paid list as far as it has come.
func (s *Server) paidPreview(ctx context.Context, id string) (casework.PaidPreview, error) {
	p, err := s.knownPaid(ctx, id)
	p.Problems, p.Repairs = orEmpty(p.Problems), orEmpty(p.Repairs)
	return p, err
}

func (s *Server) knownPaid(ctx context.Context, id string) (casework.PaidPreview, error) {
	job, working := s.jobs.of(id)
	p, err := s.d.Paid.PaidPreview(ctx, id)
	if !working {
		return p, err
	}
	if err != nil { // it is not staged yet, or never was
		p = casework.PaidPreview{List: job.List, FileName: job.FileName}
	}
	p.State, p.Progress = job.State, job.Progress
	if job.State == listFailed {
		p.Problems = job.Problems
	}
	return p, nil
}

func (s *Server) showPayments(ctx context.Context, in *listInput) (*paidOutput, error) {
	p, err := s.paidPreview(ctx, in.ID)
	return &paidOutput{Body: p}, err
}

// applyPayments makes a staged list count. One that is being applied, or was, is left as it is.
func (s *Server) applyPayments(ctx context.Context, in *listInput) (*struct{}, error) {
	p, err := s.paidPreview(ctx, in.ID)
	if p.State == listFailed {
		p, err = s.d.Paid.PaidPreview(ctx, in.ID) // it may have failed while being applied: then it is still staged
	}
	if err != nil {
		return nil, err
	}
	switch p.State {
	case listApplying, listApplied:
		return nil, nil //nolint:nilnil // huma's way to say that there is no body
	case listStaged:
	default:
		return nil, refused(dialer.Refuse(dialer.CaseBusy)).with(
			"この消込リストはまだ反映できません。読み込みの結果を確かめてください", "this paid list cannot be applied yet; see what reading it found")
	}
	by, at := from(ctx).User.ID, casework.Preview{List: p.List, FileName: p.FileName, State: listApplying}
	s.jobs.begin(job{Preview: at, by: by, paid: true}, func(ctx context.Context) {
		s.jobs.inTurn(ctx, func() { s.applyPaid(ctx, at, by) })
	})
	return nil, nil //nolint:nilnil // as above
}

func (s *Server) applyPaid(ctx context.Context, at casework.Preview, by dialer.UserID) {
	done, err := s.d.Paid.ApplyPaid(ctx, at.List, by)
	s.recount.queueChanged()
	if err != nil && !errors.Is(err, dialer.ErrQueueDown) {
		s.paidFailed(at, err) // the list is as it was: it can be applied again
		return
	}
	s.log.Info("paid list applied", "list", at.List, "new", done.New, "user", by)
	s.jobs.end(at.List)
}

func (s *Server) discardPayments(ctx context.Context, in *listInput) (*struct{}, error) {
	p, err := s.paidPreview(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p.State == listStaging || p.State == listApplying {
		return nil, refused(dialer.Refuse(dialer.CaseBusy)).with(
			"この消込リストは処理中です。終わってから取り消してください", "this paid list is being worked on; discard it afterwards")
	}
	s.jobs.end(in.ID)
	if err := s.d.Paid.DiscardPaid(ctx, in.ID); err != nil && !isGone(err) {
		return nil, err
	}
	return nil, nil //nolint:nilnil // huma's way to say that there is no body
}

// Paid is what paid lists say was paid for a case since the ward last said what it owes.
type Paid struct {
	_      struct{}  `nullable:"true"`
	Yen    int64     `json:"yen"`
	Newest string    `json:"newest" doc:"the newest day of payment, YYYY-MM-DD"`
	ReadAt time.Time `json:"read_at" doc:"when the newest of it was taken in"`
}

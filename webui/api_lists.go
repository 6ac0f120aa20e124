package webui

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// maxList is the largest upload taken in, in bytes: three times a list of 200,000 rows.
const maxList = 128 << 20

// The states of a list (casework.Preview).
const (
	listStaging  = "staging"
	listStaged   = "staged"
	listApplying = "applying"
	listApplied  = "applied"
	listFailed   = "failed"
)

type uploadInput struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" contentType:"application/octet-stream" required:"true"`
	}]
}

type uploadOutput struct {
	Body struct {
		List string `json:"list"`
	}
}

type listInput struct {
	ID string `path:"id" maxLength:"100"`
}

type previewOutput struct{ Body casework.Preview }

func (s *Server) listRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/lists", OperationID: "upload-list", Summary: "Take the ward's list in, to look at",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxList,
	}, s.uploadList)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/lists/{id}", OperationID: "list", Summary: "What a list would do, and how far it is"}, s.showList)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/lists/{id}/found", OperationID: "found-cases", Summary: "The cases of one kind that a staged list would change, or that go together",
	}, s.foundCases)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/lists/{id}/apply", OperationID: "apply-list", Summary: "Make a list's cases real",
		DefaultStatus: http.StatusAccepted,
	}, s.applyList)
	route(s, huma.Operation{
		Method: http.MethodDelete, Path: "/api/lists/{id}", OperationID: "discard-list", Summary: "Forget a list",
		DefaultStatus: http.StatusNoContent,
	}, s.discardList)
}

func (s *Server) uploadList(ctx context.Context, in *uploadInput) (*uploadOutput, error) {
	name, text, err := in.uploaded()
	if err != nil {
		return nil, err
	}
	now := s.d.Now()
	list := casework.StagedList{ID: dialer.NewID(now), FileName: name, By: from(ctx).User.ID, At: now}
	start := casework.Preview{List: list.ID, FileName: list.FileName, State: listStaging}
	s.jobs.begin(job{Preview: start, by: list.By}, s.whileSignedIn(from(ctx), func(ctx context.Context) { s.stage(ctx, list, text) }))
	s.log.Info("list uploaded", "list", list.ID, "bytes", len(text), "user", list.By)
	out := &uploadOutput{}
	out.Body.List = list.ID
	return out, nil
}

func (s *Server) stage(ctx context.Context, list casework.StagedList, text []byte) {
	at := casework.Preview{List: list.ID, FileName: list.FileName, State: listStaging}
	p, err := s.d.Lists.Stage(ctx, list, bytes.NewReader(text), s.showing(at))
	if err != nil {
		s.listFailed(at, whyStopped(ctx, err))
		return
	}
	s.jobs.end(list.ID)
	s.d.Hub.publish(frameList, wholeList(p))
}

// showing returns a function that shows how far a list has come, but not at every row.
func (s *Server) showing(at casework.Preview) func(done int) {
	var last time.Time
	return func(done int) {
		at.Progress = done
		s.jobs.set(at)
		if time.Since(last) >= jobShown {
			last = time.Now()
			s.d.Hub.publish(frameList, wholeList(at))
		}
	}
}

// listFailed keeps and shows why a list is not to be taken.
func (s *Server) listFailed(at casework.Preview, err error) {
	told := s.problemOf(context.Background(), err)
	p := casework.Problem{Code: "failed", JA: told.Detail, EN: told.DetailEN, Fatal: true}
	if wrong := (*casework.ListError)(nil); errors.As(err, &wrong) {
		p.Code, at.Header = wrong.Code, wrong.Header
	}
	at.State, at.Problems = listFailed, []casework.Problem{p}
	s.jobs.set(at)
	s.log.Warn("list not taken", "list", at.List, "code", p.Code)
	s.d.Hub.publish(frameList, wholeList(at))
}

// preview is a list as far as it has come.
func (s *Server) preview(ctx context.Context, id string) (casework.Preview, error) {
	if p, ok := s.jobs.of(id); ok {
		return wholeList(p), nil
	}
	p, err := s.d.Lists.Preview(ctx, id)
	return wholeList(p), err
}

func wholeList(p casework.Preview) casework.Preview {
	p.Problems, p.Repairs, p.Findings = orEmpty(p.Problems), orEmpty(p.Repairs), orEmpty(p.Findings)
	if p.Kinds == nil {
		p.Kinds = map[dialer.NumberKind]int{}
	}
	return p
}

func (s *Server) showList(ctx context.Context, in *listInput) (*previewOutput, error) {
	p, err := s.preview(ctx, in.ID)
	return &previewOutput{Body: p}, err
}

// applyList makes a staged list real. One that is being applied, or was, is left as it is. It goes on though whoever clicked is signed out meanwhile: they might
// when they did, others wait for its cases, and it is there as a whole or not at all.
func (s *Server) applyList(ctx context.Context, in *listInput) (*struct{}, error) {
	p, err := s.preview(ctx, in.ID)
	if p.State == listFailed {
		p, err = s.d.Lists.Preview(ctx, in.ID) // it may have failed while being applied: then it is still staged
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
			"この名簿はまだ反映できません。読み込みの結果を確かめてください", "this list cannot be applied yet; see what reading it found")
	}
	by := from(ctx).User.ID
	p.State, p.Progress = listApplying, 0
	s.jobs.begin(job{Preview: p, by: by}, func(ctx context.Context) { s.jobs.inTurn(ctx, func() { s.apply(ctx, p, by) }) })
	return nil, nil //nolint:nilnil // as above
}

func (s *Server) apply(ctx context.Context, at casework.Preview, by dialer.UserID) {
	applied, err := s.d.Lists.Apply(ctx, at.List, by, s.showing(at))
	s.recount.queueChanged()
	if err != nil && !errors.Is(err, dialer.ErrQueueDown) {
		// The list is as it was: it can be applied again.
		s.log.Warn("list not applied", "list", at.List, "err", err)
		s.listFailed(at, err)
		return
	}
	s.log.Info("list applied", "list", at.List, "new", applied.New, "changed", applied.Changed, "user", by)
	s.jobs.end(at.List)
	if p, err := s.preview(ctx, at.List); err == nil {
		s.d.Hub.publish(frameList, p)
	}
}

func (s *Server) discardList(ctx context.Context, in *listInput) (*struct{}, error) {
	p, err := s.preview(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if p.State == listStaging || p.State == listApplying {
		return nil, refused(dialer.Refuse(dialer.CaseBusy)).with(
			"この名簿は処理中です。終わってから取り消してください", "this list is being worked on; discard it afterwards")
	}
	s.jobs.end(in.ID)
	if err := s.d.Lists.Discard(ctx, in.ID); err != nil && !isGone(err) {
		return nil, err
	}
	return nil, nil //nolint:nilnil // huma's way to say that there is no body
}

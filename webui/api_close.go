package webui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// Closes is 終業返却 as the panel asks for it; *dayclose.Closer implements it.
type Closes interface {
	State(ctx context.Context) (dayclose.State, error)
	// End is the state before the contract's end, with what would go.
	End(ctx context.Context) (dayclose.End, error)
	// Begin begins a day's close; with final it is the contract's end.
	Begin(ctx context.Context, day dialer.Date, by dialer.UserID, final bool) (dayclose.Close, error)
	GiveUp(ctx context.Context, id string, by dialer.UserID) (dayclose.Close, error)
	Closes(ctx context.Context, limit int) ([]dayclose.Close, error)
	// Open opens one of a close's files, if it is as it was written.
	Open(ctx context.Context, id string, n int) (dayclose.File, *os.File, error)
}

// Close is a day's close as the panel shows it.
type Close struct {
	ID        string           `json:"id"`
	Day       string           `json:"day" doc:"YYYY-MM-DD"`
	Upto      string           `json:"upto" doc:"the last day whose personal data goes; empty when the ward has let it stay"`
	Final     bool             `json:"final" doc:"the contract's end: everything goes, and no close follows"`
	ByName    string           `json:"by_name"`
	BegunAt   time.Time        `json:"begun_at"`
	Step      dayclose.Step    `json:"step"`
	Foreign   bool             `json:"foreign,omitempty" doc:"somebody has written or changed it in the database: nothing comes of it, and it can be given up at any step"`
	MovedAt   time.Time        `json:"moved_at"`
	Files     []ReturnedFile   `json:"files"`
	Counts    map[string]int64 `json:"counts" doc:"what the manifest says of the day"`
	Manifest  string           `json:"manifest" doc:"its SHA-256"`
	Destroyed map[string]int64 `json:"destroyed" doc:"what was destroyed, by kind"`
}

// ReturnedFile is one file that went back to the ward, or says that one did.
type ReturnedFile dayclose.File

// CheckItem is one line of the checklist before a close.
type CheckItem dayclose.Item

type closeStateOutput struct {
	Body struct {
		Day       string      `json:"day" doc:"what would be closed now, YYYY-MM-DD"`
		OpenNow   bool        `json:"open_now" doc:"the centre is still open: closing now ends its day early"`
		Checklist []CheckItem `json:"checklist"`
		Ready     bool        `json:"ready"`
		Closed    bool        `json:"closed" doc:"today was closed; day is a day to come"`
		Ended     bool        `json:"ended" doc:"the contract has ended: there is nothing to close any more"`
		UnderWay  *Close      `json:"under_way"`
		Stuck     bool        `json:"stuck" doc:"the close that is under way does not get on; it is tried again by itself"`
		Trouble   string      `json:"trouble,omitempty" doc:"what stopped it, for whoever looks after the server"`
	}
}

type contractEndOutput struct {
	Body struct {
		Day       string           `json:"day" doc:"what would be closed now, YYYY-MM-DD: what has to be typed"`
		Checklist []CheckItem      `json:"checklist"`
		Ready     bool             `json:"ready"`
		Closed    bool             `json:"closed" doc:"today was closed already: the contract is ended on a day to come"`
		Goes      map[string]int64 `json:"goes" doc:"what would be destroyed, by kind"`
	}
}

type closesOutput struct {
	Body struct {
		Items      []Close `json:"items"`
		NextCursor *string `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type beginCloseInput struct {
	Body struct {
		Day     string `json:"day" format:"date" doc:"as GET /api/close named it: what is closed is what was read"`
		Final   bool   `json:"final,omitempty" doc:"the contract's end: everything goes back or is destroyed, and nothing follows"`
		Confirm string `json:"confirm,omitempty" maxLength:"10" doc:"with final: the day once more, as a person has typed it, YYYY-MM-DD"`
	}
}

type closeOutput struct{ Body Close }

type closeIDInput struct {
	ID string `path:"id" maxLength:"100"`
}

type closeFileInput struct {
	ID string `path:"id" maxLength:"100"`
	N  int    `path:"n" minimum:"0"`
}

// closesShown is a little more than a year of open days.
const closesShown = 300

func (s *Server) closeRoutes() {
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/close", OperationID: "close-state", Summary: "What stands in the way of the day's close, and how it stands",
	}, s.closeState)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/close", OperationID: "close-day", Summary: "Close the day: return, sign, destroy", DefaultStatus: http.StatusAccepted,
	}, s.beginClose)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/close/final", OperationID: "contract-end", Summary: "What the contract's end would take away, and what stands in its way",
	}, s.contractEnd)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/closes", OperationID: "closes", Summary: "The closes there were, newest first"}, s.closes)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/closes/{id}/give-up", OperationID: "give-up-close", Summary: "Let the day go on, while nothing is destroyed yet",
	}, s.giveUpClose)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: "/api/closes/{id}/files/{n}", OperationID: "close-file", Summary: "One of the files that went back",
		Responses: fileResponse,
	}, s.closeFile)
}

// fileResponse is a file for the ward.
var fileResponse = map[string]*huma.Response{"200": {
	Description: "the file, read anew and found as it was written",
	Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
}}

func (s *Server) closeState(ctx context.Context, _ *struct{}) (*closeStateOutput, error) {
	state, err := s.d.Closes.State(ctx)
	if err != nil {
		return nil, err
	}
	out := &closeStateOutput{}
	b := &out.Body
	b.Day, b.OpenNow, b.Checklist, b.Ready = state.Day.String(), s.d.Hours().Open(s.d.Now()), dressChecks(state.Found.Checklist()), state.Found.Ready() == nil
	b.Closed, b.Ended = state.Closed, state.Ended
	b.Ready = b.Ready && !b.Closed && !b.Ended
	b.Stuck, b.Trouble = state.Trouble != "", state.Trouble
	if state.Under != nil {
		b.UnderWay = new(s.dressClose(*state.Under))
	}
	return out, nil
}

func dressChecks(items []dayclose.Item) []CheckItem {
	out := make([]CheckItem, len(items))
	for i, item := range items {
		out[i] = CheckItem(item)
	}
	return out
}

func (s *Server) contractEnd(ctx context.Context, _ *struct{}) (*contractEndOutput, error) {
	end, err := s.d.Closes.End(ctx)
	if err != nil {
		return nil, err
	}
	out := &contractEndOutput{}
	b := &out.Body
	b.Day, b.Checklist, b.Goes = end.Day.String(), dressChecks(end.Found.FinalChecklist()), end.Goes
	b.Closed = end.Closed
	b.Ready = end.Found.Ready() == nil && !end.Closed && !end.Ended && end.Under == nil
	return out, nil
}

func (s *Server) beginClose(ctx context.Context, in *beginCloseInput) (*closeOutput, error) {
	state, err := s.d.Closes.State(ctx)
	if err != nil {
		return nil, err
	}
	if state.Ended { // whatever day it is
		return nil, refused(dialer.Refuse(dialer.ContractEnded))
	}
	if in.Body.Day != state.Day.String() {
		return nil, errOtherDay
	}
	if in.Body.Final && in.Body.Confirm != in.Body.Day {
		return nil, errNotConfirmed
	}
	c, err := s.d.Closes.Begin(ctx, state.Day, from(ctx).User.ID, in.Body.Final)
	if err != nil {
		return nil, s.closeProblem(err)
	}
	s.jobs.stopStaging(casework.ErrStopped) // the ledger takes none of them any more, nor of another node's
	return &closeOutput{Body: s.dressClose(c)}, nil
}

func (s *Server) giveUpClose(ctx context.Context, in *closeIDInput) (*closeOutput, error) {
	c, err := s.d.Closes.GiveUp(ctx, in.ID, from(ctx).User.ID)
	if err != nil {
		return nil, s.closeProblem(err)
	}
	return &closeOutput{Body: s.dressClose(c)}, nil
}

var (
	errOtherDay = newProblem(http.StatusConflict, "other_day",
		"閉じる日が変わりました。画面を読み直してください", "the day to be closed is another by now; read the page again")
	errNotConfirmed = newProblem(http.StatusUnprocessableEntity, "not_confirmed",
		"確認のため、返却する日を 2026-11-24 のような形で入力してください", "type the day that is closed, like 2026-11-24, to confirm the contract's end")
	errNotReadyToClose = newProblem(http.StatusConflict, "not_ready",
		"まだ閉じられません。赤い項目を片付けてからもう一度押してください", "the day cannot be closed yet; settle what is marked red and try again")
	errCloseUnderWay = newProblem(http.StatusConflict, "under_way",
		"終業返却はもう始まっています", "the day's close is under way already")
	errDayIsClosed = newProblem(http.StatusConflict, string(dialer.DayClosed),
		"本日は返却済みです。次の開設日に返却してください", "today was closed already; close the next open day when it is over")
	errNoWayBack = newProblem(http.StatusConflict, "no_way_back",
		"消去が始まっているため、取りやめられません", "the data is being destroyed; the close can only be finished")
	errFileChanged = newProblem(http.StatusGone, ruleNotFound,
		"返却ファイルが返却時のままでないため、渡しません。管理者に連絡してください",
		"the file is gone, or not as it was returned; tell the administrator")
)

func (s *Server) closeProblem(err error) error {
	notReady := (*dayclose.NotReady)(nil)
	switch {
	case errors.As(err, &notReady):
		return errNotReadyToClose
	case errors.Is(err, dayclose.ErrClosed):
		return errDayIsClosed
	case errors.Is(err, dayclose.ErrUnderWay):
		return errCloseUnderWay
	case errors.Is(err, dayclose.ErrNoWayBack), errors.Is(err, dayclose.ErrMoved):
		return errNoWayBack
	}
	return err
}

func (s *Server) closes(ctx context.Context, _ *struct{}) (*closesOutput, error) {
	list, err := s.d.Closes.Closes(ctx, closesShown)
	if err != nil {
		return nil, err
	}
	out := &closesOutput{}
	out.Body.Items = []Close{}
	for _, c := range list {
		out.Body.Items = append(out.Body.Items, s.dressClose(c))
	}
	return out, nil
}

// closeFile hands out a file that holds what the ward is owed; that somebody took it is written down.
func (s *Server) closeFile(ctx context.Context, in *closeFileInput) (*huma.StreamResponse, error) {
	file, r, err := s.d.Closes.Open(ctx, in.ID, in.N)
	return s.handOut(ctx, in.ID, file, r, err)
}

// handOut sends a file of a close or an export, as it was opened.
func (s *Server) handOut(ctx context.Context, of string, file dayclose.File, r *os.File, err error) (*huma.StreamResponse, error) {
	switch {
	case isGone(err):
		return nil, errNotFound
	case err != nil:
		s.log.Error("a returned file is not as it was written", "of", of, "kind", file.Kind, "err", err)
		return nil, errFileChanged
	}
	s.log.Info("a returned file was taken", "of", of, "kind", file.Kind, "user", from(ctx).User.ID)
	willSend(ctx, r)
	return &huma.StreamResponse{Body: func(to huma.Context) {
		defer func() { _ = r.Close() }() // it was only read
		to.SetHeader("Content-Type", "application/octet-stream")
		to.SetHeader("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(path.Base(file.Name)))
		to.SetHeader("Content-Length", strconv.FormatInt(file.Octets, 10))
		to.SetHeader("Cache-Control", "no-store")
		if _, err := io.Copy(to.BodyWriter(), r); err != nil {
			s.log.Warn("a returned file was not sent to its end", "of", of, "err", err)
		}
	}}, nil
}

func (s *Server) dressClose(c dayclose.Close) Close {
	out := Close{
		ID: c.ID, Day: c.Day.String(), Final: c.Final, ByName: s.names.of(c.By), BegunAt: c.BegunAt, Step: c.Step, Foreign: c.Foreign, MovedAt: c.Moved, Files: []ReturnedFile{},
		Counts: c.Counts, Manifest: c.Manifest, Destroyed: c.Destroyed,
	}
	for _, f := range c.Files {
		out.Files = append(out.Files, ReturnedFile(f))
	}
	if c.Upto != nil {
		out.Upto = c.Upto.String()
	}
	return out
}

// ShowClose tells every reader how the day's close stands. It may be called before the server is made.
func (h *Hub) ShowClose(c dayclose.Close) { h.offer(shown{kind: frameClose, data: c}) }

package webui

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Handoff is a matter passed to the ward, as the board shows it.
type Handoff struct {
	ID        string                `json:"id"`
	CaseID    dialer.CaseID         `json:"case_id,omitempty" doc:"left out for the ward, which does not read the centre's cases"`
	AttemptID dialer.CallID         `json:"attempt_id,omitempty"`
	Kind      casework.HandoffKind  `json:"kind"`
	State     casework.HandoffState `json:"state"`
	ByName    string                `json:"by_name" doc:"empty when it was passed on by rule"`
	At        time.Time             `json:"at"`
	DueOn     string                `json:"due_on" doc:"YYYY-MM-DD"`
	Overdue   bool                  `json:"overdue"`
	MovedAt   time.Time             `json:"moved_at"`
}

// HandoffWhole is one hand-off with whom it is about and all that was done with it.
type HandoffWhole struct {
	Handoff
	WardNumber string         `json:"ward_number" doc:"empty once gone, as are name, number and texts"`
	Name       string         `json:"name"`
	Number     dialer.Number  `json:"number" doc:"that was called; empty when none was"`
	Gone       bool           `json:"gone" doc:"it was returned, and what it said of a person destroyed"`
	Events     []HandoffEvent `json:"events" doc:"oldest first"`
}

// HandoffEvent is one act on a hand-off.
type HandoffEvent struct {
	Act    casework.HandoffAct `json:"act"`
	ByName string              `json:"by_name" doc:"empty for a rule"`
	At     time.Time           `json:"at"`
	Text   string              `json:"text"`
}

// HandoffsChanged is the data of a handoff frame: the board is to be read again.
type HandoffsChanged struct{}

type handoffsInput struct {
	State  casework.HandoffState `query:"state"`
	Kind   casework.HandoffKind  `query:"kind"`
	CaseID dialer.CaseID         `query:"case_id" maxLength:"100"`
	Cursor string                `query:"cursor" maxLength:"20"`
	Limit  int                   `query:"limit" minimum:"1" maximum:"500" default:"100"`
}

type handoffsOutput struct {
	Body struct {
		Items      []Handoff `json:"items" doc:"what waits for the ward first, by the day it is due"`
		NextCursor *string   `json:"next_cursor"`
	}
}

type passOnInput struct {
	Body struct {
		CaseID dialer.CaseID        `json:"case_id" minLength:"1" maxLength:"100"`
		Kind   casework.HandoffKind `json:"kind"`
		Text   string               `json:"text" minLength:"1" maxLength:"4000" doc:"personal data"`
	}
}

type handoffInput struct {
	ID string `path:"id" maxLength:"100"`
}

type moveHandoffInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Text string `json:"text,omitempty" maxLength:"4000" doc:"personal data; an answer, and whatever is added or taken back, needs one"`
	}
}

type handoffOutput struct{ Body HandoffWhole }

type doNotCallInput struct {
	ID   dialer.CaseID `path:"id" maxLength:"100"`
	Body struct {
		Mark   string `json:"mark" maxLength:"40" doc:"which of the case's numbers, as the case shows it"`
		On     bool   `json:"on"`
		Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"kept for ever; no personal data"`
	}
}

// handoffActs are what people do with a hand-off that is there.
var handoffActs = []struct {
	act     casework.HandoffAct
	summary string
	text    bool // must be said
}{
	{casework.HandoffAdd, "Tell the ward more", true},
	{casework.HandoffAcknowledge, "Take note of it", false},
	{casework.HandoffAnswer, "Answer it", true},
	{casework.HandoffReopen, "Have it wait for the ward again", true},
	{casework.HandoffWithdraw, "Take it back", true},
}

func (s *Server) handoffRoutes() {
	const tag = "/api/handoffs"
	route(s, huma.Operation{Method: http.MethodGet, Path: tag, OperationID: "handoffs", Summary: "What was passed to the ward"}, s.handoffs)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: tag, OperationID: "pass-on", Summary: "Pass a matter to the ward by hand", DefaultStatus: http.StatusCreated,
	}, s.passOn)
	route(s, huma.Operation{
		Method: http.MethodGet, Path: tag + "/{id}", OperationID: "handoff", Summary: "One of them whole; that it was read is kept",
	}, s.handoff)
	for _, a := range handoffActs {
		route(s, huma.Operation{
			Method: http.MethodPost, Path: tag + "/{id}/" + string(a.act), OperationID: string(a.act) + "-handoff", Summary: a.summary,
		}, func(ctx context.Context, in *moveHandoffInput) (*handoffOutput, error) {
			if a.text && in.Body.Text == "" {
				return nil, invalid("text", "missing", "内容を入力してください", "say what is to be said")
			}
			return s.moveHandoff(ctx, in, a.act)
		})
	}
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/cases/{id}/do-not-call", OperationID: "do-not-call",
		Summary: "Put a number on the do-not-call list; a supervisor also takes it off", DefaultStatus: http.StatusNoContent,
	}, s.doNotCall)
}

func (s *Server) handoffs(ctx context.Context, in *handoffsInput) (*handoffsOutput, error) {
	v := from(ctx)
	f := casework.HandoffFilter{State: in.State, Kind: in.Kind, Case: in.CaseID, Cursor: in.Cursor, Limit: in.Limit}
	if v.User.Role == dialer.RoleOperator && (in.CaseID == "" || !s.readsCase(viewerOf(v), in.CaseID)) {
		f.By = v.User.ID
	}
	items, next, err := s.d.Handoffs.Handoffs(ctx, f)
	if err != nil {
		return nil, err
	}
	out := &handoffsOutput{}
	out.Body.Items = []Handoff{}
	for _, h := range items {
		out.Body.Items = append(out.Body.Items, s.dressHandoff(h, v.User.Role))
	}
	if next != "" {
		out.Body.NextCursor = &next
	}
	return out, nil
}

func (s *Server) passOn(ctx context.Context, in *passOnInput) (*handoffOutput, error) {
	v, b := from(ctx), in.Body
	if !s.readsCase(viewerOf(v), b.CaseID) {
		return nil, errForbidden.with("手元の案件だけ引き継げます", "only the case in hand can be passed on")
	}
	if err := s.hands.take(v.User.ID, newHandoffs); err != nil {
		return nil, err
	}
	h, err := s.d.Handoffs.PassOn(ctx, b.CaseID, b.Kind, b.Text, v.User.ID)
	return s.handoffMoved(ctx, h, err)
}

// handoff shows one whole: to supervisor and ward any, to an operator their own and those of the case in hand.
func (s *Server) handoff(ctx context.Context, in *handoffInput) (*handoffOutput, error) {
	v := from(ctx)
	h, err := s.d.Handoffs.Handoff(ctx, in.ID, v.User.ID, func(h casework.Handoff) bool {
		return v.User.Role != dialer.RoleOperator || h.By == v.User.ID || s.readsCase(viewerOf(v), h.Case)
	})
	if err != nil {
		return nil, err
	}
	remarkedCase(ctx, h.Case) // the ward's answer does not name it
	return &handoffOutput{Body: s.dressWhole(h, viewerOf(v))}, nil
}

func (s *Server) moveHandoff(ctx context.Context, in *moveHandoffInput, act casework.HandoffAct) (*handoffOutput, error) {
	v := from(ctx)
	if err := s.hands.take(v.User.ID, handoffMoves); err != nil {
		return nil, err
	}
	h, err := s.d.Handoffs.MoveHandoff(ctx, casework.HandoffMove{ID: in.ID, Act: act, Text: in.Body.Text, By: v.User.ID, Role: v.User.Role})
	return s.handoffMoved(ctx, h, err)
}

func (s *Server) handoffMoved(ctx context.Context, h casework.Handoff, err error) (*handoffOutput, error) {
	if err != nil {
		return nil, err
	}
	remarkedCase(ctx, h.Case)
	s.log.Info("hand-off moved", "handoff", h.ID, "kind", h.Kind, "state", h.State, "user", from(ctx).User.ID)
	s.d.Hub.publish(frameHandoff, HandoffsChanged{})
	return &handoffOutput{Body: s.dressWhole(h, viewerOf(from(ctx)))}, nil
}

func (s *Server) doNotCall(ctx context.Context, in *doNotCallInput) (*struct{}, error) {
	v, b := from(ctx), in.Body
	switch {
	case !b.On && !v.Asker().Supervises():
		return nil, errForbidden.with("架電禁止の解除はスーパーバイザーに頼んでください", "only a supervisor takes a number off the list")
	case !s.readsCase(viewerOf(v), in.ID):
		return nil, errForbidden.with("手元の案件の番号だけ登録できます", "only numbers of the case in hand")
	}
	c, err := s.d.Cases.Case(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	n := s.numberMarked(c, b.Mark)
	if n == "" {
		return nil, invalid("mark", "not_the_cases", "この案件の番号ではありません。案件を読み直して選んでください", "it is none of the case's numbers; read the case again and choose one of them")
	}
	if err := s.d.Handoffs.ForbidNumber(ctx, in.ID, n, casework.Forbidding{On: b.On, By: v.User.ID, At: s.d.Now(), Reason: b.Reason}); err != nil {
		return nil, err
	}
	s.log.Info("do-not-call list changed", "case", in.ID, "on", b.On, "user", v.User.ID)
	return nil, nil //nolint:nilnil // there is nothing to say
}

// passedOn tells those who must know what an entry led to: the board, and of a complaint the supervisor at once.
func (s *Server) passedOn(a casework.Attempt, e casework.Entry) {
	var before []casework.Business
	if a.Entry != nil {
		before = a.Entry.Business
	}
	if len(e.Handoffs()) > 0 || len(before) > 0 {
		s.d.Hub.publish(frameHandoff, HandoffsChanged{})
	}
	if slices.Contains(e.Business, casework.Complaint) && !slices.Contains(before, casework.Complaint) {
		s.d.Hub.Show(dialer.Change{Type: dialer.ChangeAlert, Alert: &dialer.Alert{
			Kind: "complaint", Desk: a.Desk, CallID: a.ID, Text: "苦情がありました。引継ぎを確認してください", TextEN: "there was a complaint; see the hand-offs",
		}})
	}
}

func (s *Server) dressHandoff(h casework.Handoff, role dialer.Role) Handoff {
	out := Handoff{
		ID: h.ID, CaseID: h.Case, AttemptID: h.Attempt, Kind: h.Kind, State: h.State, ByName: s.names.of(h.By), At: h.At,
		DueOn: h.DueOn.String(), Overdue: h.Overdue(dialer.DateOf(s.d.Now())), MovedAt: h.Moved,
	}
	if role == dialer.RoleWard {
		out.CaseID = ""
	}
	return out
}

// dressWhole is a hand-off with what it says. Its number is masked for operators unless the case stands at their desk: a call noted
// by hand can be of any case.
func (s *Server) dressWhole(h casework.Handoff, v viewer) HandoffWhole {
	out := HandoffWhole{
		Handoff: s.dressHandoff(h, v.role), WardNumber: h.About.WardNumber, Name: h.About.Name, Number: h.About.Number, Gone: h.Gone,
		Events: []HandoffEvent{},
	}
	if v.role == dialer.RoleOperator && !s.readsCase(v, h.Case) {
		out.Number = maskedNumber(out.Number)
	}
	for _, e := range h.Events {
		out.Events = append(out.Events, HandoffEvent{Act: e.Act, ByName: s.names.of(e.By), At: e.At, Text: e.Text})
	}
	return out
}

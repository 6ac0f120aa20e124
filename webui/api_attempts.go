package webui

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

type attemptsInput struct {
	From   time.Time     `query:"from" doc:"started at or after"`
	To     time.Time     `query:"to" doc:"started before"`
	Desk   dialer.DeskID `query:"desk" maxLength:"100"`
	CaseID dialer.CaseID `query:"case_id" maxLength:"100"`
	Cursor string        `query:"cursor" maxLength:"400"`
	Limit  int           `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type attemptsOutput struct {
	Body struct {
		Items      []Attempt `json:"items"`
		NextCursor string    `json:"next_cursor,omitempty"`
	}
}

type attemptInput struct {
	ID dialer.CallID `path:"id" maxLength:"100"`
}

type attemptOutput struct{ Body Attempt }

// The words of an entry are plain text here: casework says what is wrong with them, and what to do.
type resultInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Party           string     `json:"party" doc:"who was there"`
		BusinessResults []string   `json:"business_results,omitempty" maxItems:"30" doc:"what came of it; the first is the primary one"`
		Promise         *promiseIn `json:"promise,omitempty"`
		Note            string     `json:"note,omitempty" maxLength:"10000"`
		CallAgainAt     *time.Time `json:"call_again_at,omitempty" nullable:"true"`
		Mine            bool       `json:"mine,omitempty" doc:"call again by this same operator"`
	}
}

type promiseIn struct {
	_         struct{} `nullable:"true"`
	AmountYen int64    `json:"amount_yen"`
	DueOn     string   `json:"due_on" doc:"YYYY-MM-DD"`
	Means     string   `json:"means"`
	Parts     []struct {
		Insurance string `json:"insurance"`
		Term      string `json:"term"`
		AmountYen int64  `json:"amount_yen"`
	} `json:"parts,omitempty" maxItems:"200"`
}

type resultOutput struct {
	Body struct {
		Revision int  `json:"revision"`
		Next     Next `json:"next"`
	}
}

func (s *Server) attemptRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/attempts", OperationID: "attempts", Summary: "Attempts, newest first"}, s.attempts)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/attempts/{id}", OperationID: "attempt", Summary: "One attempt with its evidence"}, s.attempt)
	route(s, huma.Operation{
		Method: http.MethodPut, Path: "/api/attempts/{id}/result", OperationID: "record-result", Summary: "Record what came of a call",
	}, s.recordResult)
}

func (s *Server) attempts(ctx context.Context, in *attemptsInput) (*attemptsOutput, error) {
	v := viewerOf(from(ctx))
	if v.role == dialer.RoleWard && in.CaseID != "" {
		return nil, errForbidden
	}
	filter := casework.AttemptFilter{From: in.From, To: in.To, Desk: in.Desk, CaseID: in.CaseID, Cursor: in.Cursor, Limit: in.Limit}
	if v.role == dialer.RoleOperator && in.CaseID == "" {
		filter.Operator = v.user // the ledger leaves out the others', so that no page comes empty
	}
	list, next, err := s.d.Results.Attempts(ctx, filter)
	if err != nil {
		return nil, err
	}
	whole := in.CaseID != "" && s.readsCase(v, in.CaseID)
	out := &attemptsOutput{}
	out.Body.Items, out.Body.NextCursor = []Attempt{}, next
	for _, a := range list {
		seen, ok := v.attempt(s.dressAttempt(a))
		if !ok && in.CaseID != "" {
			seen, ok = s.historyEntry(v, a, whole), true
		}
		if ok {
			out.Body.Items = append(out.Body.Items, seen)
		}
	}
	return out, nil
}

func (s *Server) attempt(ctx context.Context, in *attemptInput) (*attemptOutput, error) {
	a, err := s.d.Results.Attempt(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	a.Evidence = orEmpty(a.Evidence)
	v := viewerOf(from(ctx))
	if v.role == dialer.RoleOperator {
		return &attemptOutput{Body: s.historyEntry(v, a, s.readsCase(v, a.CaseID))}, nil
	}
	seen, _ := v.attempt(s.dressAttempt(a))
	seen.Recording, err = s.recordingFor(ctx, v, a.ID)
	return &attemptOutput{Body: seen}, err
}

func (s *Server) recordResult(ctx context.Context, in *resultInput) (*resultOutput, error) {
	a, err := s.ownAttempt(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.d.Cases.Case(ctx, a.CaseID)
	if err != nil {
		return nil, err
	}
	entry, now := entryOf(in), s.d.Now()
	if found := entry.Check(now, c, s.d.Hours); len(found) > 0 {
		return nil, invalidFields(found)
	}
	next, spoilt, err := s.nextAfter(ctx, a, c, entry)
	if err != nil {
		return nil, err
	}
	revision, err := s.d.Results.Record(ctx, casework.Recorded{
		Entry: entry, Attempt: a.ID, Case: a.CaseID, By: from(ctx).User.ID, At: now, Next: next, Spoilt: spoilt,
	})
	if err != nil {
		return nil, err
	}
	s.log.Info("result recorded", "call", a.ID, "revision", revision, "user", from(ctx).User.ID)
	// The result stands. What remains is the desk's and the line's, and is not undone by a browser that leaves.
	if err := s.d.Calls.ResultRecorded(context.WithoutCancel(ctx), a.ID, a.CaseID); err != nil {
		s.log.Warn("the desk could not be told of its result", "call", a.ID, "err", err)
	}
	s.recount.attemptChanged(a.ID)
	out := &resultOutput{}
	out.Body.Revision, out.Body.Next = revision, dressNext(next)
	return out, nil
}

// ownAttempt returns an ended attempt whose result the visitor may record: their own, which is that of a talk they were
// handed and not of one they handed on, one that is owed at the desk they sit at, or for a supervisor any.
func (s *Server) ownAttempt(ctx context.Context, id dialer.CallID) (casework.Attempt, error) {
	if _, live := s.d.Calls.Call(id); live {
		return casework.Attempt{}, refused(dialer.Refuse(dialer.DeskBusy)).with(
			"通話中は結果を登録できません。終話してから登録してください", "the call is still up; hang up, then record its result")
	}
	a, err := s.d.Results.Attempt(ctx, id)
	if err != nil {
		return a, err
	}
	v := from(ctx)
	desk := s.seat(v.User.ID)
	// Whoever takes a seat over takes over what is owed there, and no more: others' results are theirs.
	at, by := a.Desk, a.Operator
	if a.HandedDesk != "" {
		at, by = a.HandedDesk, a.HandedTo
	}
	owed := desk != nil && *desk == at && (a.Entry == nil || a.Entry.By == v.User.ID)
	if by != v.User.ID && !v.Asker().Supervises() && !owed {
		return a, errForbidden.with("ほかの人の通話の結果は登録できません。スーパーバイザーに頼んでください",
			"you may not record the result of another's call; ask a supervisor")
	}
	if a.EndedAt.IsZero() {
		return a, refused(dialer.Refuse(dialer.LedgerDown)).with(
			"通話の記録がまだ台帳に届いていません。しばらくしてから登録してください", "the call's end has not reached the ledger yet; try again shortly")
	}
	return a, nil
}

// entriesRead is how many attempts of a case are looked at for what was recorded before.
const entriesRead = 50

// nextAfter says what the case waits for after an entry, and whether the number is useless. Correcting an older attempt moves
// nothing: what came later decided since.
func (s *Server) nextAfter(ctx context.Context, a casework.Attempt, c casework.Case, e casework.Entry) (dialer.CaseNext, bool, error) {
	newest, _, err := s.d.Results.Attempts(ctx, casework.AttemptFilter{CaseID: a.CaseID, Limit: entriesRead})
	if err != nil {
		return dialer.CaseNext{}, false, err
	}
	if len(newest) > 0 && newest[0].ID != a.ID {
		return c.Next, false, nil
	}
	situation := casework.Situation{
		Now: s.d.Now(), Hours: s.d.Hours, By: from(ctx).User.ID, Kind: a.NumberKind, OtherNumber: numbersOf(c) > 1,
	}
	for _, earlier := range newest {
		if earlier.Entry != nil && earlier.ID != a.ID {
			situation.Earlier = append(situation.Earlier, earlier.Entry.Entry)
		}
	}
	next, spoilt := s.d.Rules.NextAfter(e, a.Verdict, situation)
	if next.State == dialer.CaseWaiting && a.Direction == string(dialer.Inbound) && !canBeCalled(c) {
		return dialer.CaseNext{
			State: dialer.CaseClosed, Why: "折り返せる番号がないため、架電しません", WhyEN: "there is no number to call back, so nobody is called",
		}, spoilt, nil
	}
	return next, spoilt, nil
}

// canBeCalled is false of a case that was opened for a caller who withheld the number, until somebody names another.
func canBeCalled(c casework.Case) bool {
	return slices.ContainsFunc(c.Phones, func(p casework.Phone) bool { return p.Usable })
}

// numbersOf is how many numbers of a case may be dialled.
func numbersOf(c casework.Case) int {
	n := 0
	for _, p := range c.Phones {
		if p.Usable && !p.DoNotCall && p.Kind != dialer.KindNever {
			n++
		}
	}
	return n
}

func entryOf(in *resultInput) casework.Entry {
	b := in.Body
	e := casework.Entry{Party: casework.Party(b.Party), Note: b.Note, CallAgain: b.CallAgainAt, Mine: b.Mine}
	for _, r := range b.BusinessResults {
		e.Business = append(e.Business, casework.Business(r))
	}
	if b.Promise != nil {
		e.Promise = &casework.Promise{Yen: b.Promise.AmountYen, DueOn: b.Promise.DueOn, Means: b.Promise.Means}
		for _, p := range b.Promise.Parts {
			e.Promise.Parts = append(e.Promise.Parts, casework.PromisePart{Insurance: casework.Insurance(p.Insurance), Term: p.Term, Yen: p.AmountYen})
		}
	}
	return e
}

// isGone reports whether a store said that there is no such thing.
func isGone(err error) bool { return errors.Is(err, dialer.ErrNotFound) }

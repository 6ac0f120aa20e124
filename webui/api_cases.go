package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

const (
	// heldShown is how many cases held back are read at most.
	heldShown = 200
	// historyShown is how many attempts a case's page shows.
	historyShown = 100
	searchShown  = 50
)

type queueInput struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type queueOutput struct {
	Body struct {
		Items      []CaseBrief `json:"items"`
		NextCursor *string     `json:"next_cursor" doc:"null: the list is whole"`
		Held       []CaseBrief `json:"held"`
		Depth      Depth       `json:"depth"`
	}
}

type caseInput struct {
	ID dialer.CaseID `path:"id" maxLength:"100"`
}

type caseOutput struct {
	Body struct {
		Case    Case      `json:"case"`
		History []Attempt `json:"history"`
		Masked  bool      `json:"masked" doc:"personal data was left out"`
	}
}

type searchInput struct {
	Body struct {
		Q string `json:"q" minLength:"1" maxLength:"100" doc:"宛名番号, a number or its last four digits, or how a name begins"`
	}
}

type searchOutput struct {
	Body struct {
		Items      []CaseBrief `json:"items"`
		NextCursor *string     `json:"next_cursor" doc:"null: the list is whole"`
	}
}

type releaseInput struct {
	ID   dialer.CaseID `path:"id" maxLength:"100"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"100"`
	}
}

type nextStateOutput struct {
	Body struct {
		Next Next `json:"next"`
	}
}

func (s *Server) caseRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/queue", OperationID: "queue", Summary: "The next cases, and those held back"}, s.queue)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/cases/{id}", OperationID: "case", Summary: "A case with its history"}, s.showCase)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/cases/search", OperationID: "search-cases", Summary: "Find cases"}, s.search)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/cases/{id}/release", OperationID: "release-case", Summary: "Let a held case wait again, from now",
	}, s.release)
}

func (s *Server) queue(ctx context.Context, in *queueInput) (*queueOutput, error) {
	places, err := s.d.Queue.List(ctx, nil, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &queueOutput{}
	if out.Body.Items, err = s.briefs(ctx, places); err != nil {
		return nil, err
	}
	held, err := s.d.Cases.Held(ctx, heldShown)
	if err != nil {
		return nil, err
	}
	out.Body.Held = []CaseBrief{}
	for _, c := range held {
		out.Body.Held = append(out.Body.Held, briefOf(c, s.d.Now()))
	}
	out.Body.Depth, err = s.depth(ctx, len(held))
	return out, err
}

// briefs joins places in the line with their cases.
func (s *Server) briefs(ctx context.Context, places []dialer.Place) ([]CaseBrief, error) {
	ids := make([]dialer.CaseID, len(places))
	for i, p := range places {
		ids[i] = p.Case
	}
	cases, err := s.d.Cases.Cases(ctx, ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[dialer.CaseID]casework.Case, len(cases))
	for _, c := range cases {
		byID[c.ID] = c
	}
	briefs := []CaseBrief{}
	for _, p := range places {
		c, ok := byID[p.Case]
		if !ok {
			continue // left the ledger since: the line is only an order
		}
		b := briefOf(c, s.d.Now())
		b.Priority, b.DueAt, b.IsDue = p.Priority, instant(p.Due), p.IsDue
		if p.Desk != "" {
			b.Desk = &p.Desk
		}
		briefs = append(briefs, b)
	}
	return briefs, nil
}

// counter is a queue that can count without listing.
type counter interface {
	Depth(ctx context.Context) (due, later int, err error)
}

// depthListed bounds what is listed where the queue cannot count.
const depthListed = 10_000

func (s *Server) depth(ctx context.Context, held int) (Depth, error) {
	d := Depth{Held: held}
	if q, ok := s.d.Queue.(counter); ok {
		var err error
		d.Due, d.Later, err = q.Depth(ctx)
		return d, err
	}
	places, err := s.d.Queue.List(ctx, nil, depthListed)
	for _, p := range places {
		switch {
		case p.Desk != "":
		case p.IsDue:
			d.Due++
		default:
			d.Later++
		}
	}
	return d, err
}

func (s *Server) showCase(ctx context.Context, in *caseInput) (*caseOutput, error) {
	c, err := s.d.Cases.Case(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	history, _, err := s.d.Results.Attempts(ctx, casework.AttemptFilter{CaseID: in.ID, Limit: historyShown})
	if err != nil {
		return nil, err
	}
	v := viewerOf(from(ctx))
	whole := s.readsCase(v, in.ID)
	s.log.Info("case shown", "case", in.ID, "user", v.user, "masked", !whole)
	out := &caseOutput{}
	out.Body.Case, out.Body.History, out.Body.Masked = dressCase(c), []Attempt{}, !whole
	if !whole {
		out.Body.Case = masked(out.Body.Case)
	}
	for _, a := range history {
		out.Body.History = append(out.Body.History, s.historyEntry(v, a, whole))
	}
	return out, nil
}

func (s *Server) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	found, err := s.d.Cases.Search(ctx, in.Body.Q, searchShown)
	if err != nil {
		return nil, err
	}
	out := &searchOutput{}
	out.Body.Items = []CaseBrief{}
	for _, c := range found {
		out.Body.Items = append(out.Body.Items, briefOf(c, s.d.Now()))
	}
	return out, nil
}

// release lets a held case wait again. Releasing one that waits already puts it into the line once more, so that a try
// during which the queue was away can be repeated.
func (s *Server) release(ctx context.Context, in *releaseInput) (*nextStateOutput, error) {
	c, err := s.d.Cases.Case(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	next := c.Next
	switch c.Next.State {
	case dialer.CaseHeld:
		next = dialer.CaseNext{State: dialer.CaseWaiting, Due: s.d.Now().Truncate(time.Second), Why: "スーパーバイザーが再開しました: " + dialer.MaskDigits(in.Body.Reason)}
		if err := s.d.Cases.SetNext(ctx, in.ID, next); err != nil {
			return nil, err
		}
		s.log.Info("case released", "case", in.ID, "user", from(ctx).User.ID)
	case dialer.CaseWaiting:
	default:
		return nil, refused(dialer.Refuse(dialer.CaseBusy)).with(
			"この案件は保留中ではないため、再開できません", "this case is not held back, so it cannot be released")
	}
	w, err := s.d.Cases.Place(ctx, in.ID)
	if err == nil && w != nil { // or somebody has moved it on meanwhile
		err = s.d.Queue.Put(ctx, *w)
	}
	if err != nil {
		return nil, err
	}
	s.recount.queueChanged()
	out := &nextStateOutput{}
	out.Body.Next = dressNext(next)
	return out, nil
}

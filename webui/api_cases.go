package webui

import (
	"cmp"
	"context"
	"errors"
	"net/http"

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
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"50"`
}

type queueOutput struct {
	Body struct {
		Items      []CaseBrief `json:"items"`
		NextCursor *string     `json:"next_cursor" doc:"null: the list is whole"`
		Held       []CaseBrief `json:"held"`
		Depth      Depth       `json:"depth"`
		// HeldBack is what does not come now, by what it waits for; WhyNobody says in one sentence why nobody is called.
		HeldBack  []HeldBack `json:"held_back"`
		WhyNobody *Reason    `json:"why_nobody,omitempty" doc:"only when no case is due"`
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
		// Promises are those that no later entry replaced, newest first; Paid is what was paid since the ward last said what is owed.
		Promises []PromiseLine `json:"promises"`
		Paid     *Paid         `json:"paid"`
		// Identity says whether the debt is shown, HistoryCheck whether it may be called for: both for who asks.
		Identity     IdentityCheck `json:"identity"`
		HistoryCheck HistoryCheck  `json:"history_check"`
		Kin          []Kin         `json:"kin" doc:"cases with the same number, or address and surname; none for who does not read the case whole"`
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

func (s *Server) caseRoutes() {
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/queue", OperationID: "queue", Summary: "The next cases, and those held back"}, s.queue)
	route(s, huma.Operation{Method: http.MethodGet, Path: "/api/cases/{id}", OperationID: "case", Summary: "A case with its history"}, s.showCase)
	route(s, huma.Operation{Method: http.MethodPost, Path: "/api/cases/search", OperationID: "search-cases", Summary: "Find cases"}, s.search)
}

func (s *Server) queue(ctx context.Context, in *queueInput) (*queueOutput, error) {
	places, err := s.d.Queue.List(ctx, nil, in.Limit)
	if err != nil {
		return nil, err
	}
	held, err := s.d.Cases.Held(ctx, heldShown)
	if err != nil {
		return nil, err
	}
	out := &queueOutput{}
	if out.Body.Items, out.Body.Held, err = s.briefs(ctx, places, held); err != nil {
		return nil, err
	}
	counts, err := s.d.Line.Counts(ctx)
	if err != nil {
		return nil, err
	}
	out.Body.HeldBack = dressHeldBack(counts)
	if len(places) == 0 || !places[0].IsDue {
		out.Body.WhyNobody = new(dressReason(counts.WhyNobody(s.d.Now(), s.d.Hours())))
	}
	out.Body.Depth, err = s.depth(ctx, len(held))
	return out, err
}

// briefs joins places in the line with their cases, and says of those and of the held ones why they stand there.
func (s *Server) briefs(ctx context.Context, places []dialer.Place, held []casework.Case) (line, back []CaseBrief, err error) {
	ids := make([]dialer.CaseID, len(places), len(places)+len(held))
	for i, p := range places {
		ids[i] = p.Case
	}
	cases, err := s.d.Cases.Cases(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[dialer.CaseID]casework.Case, len(cases))
	for _, c := range cases {
		byID[c.ID] = c
	}
	for _, c := range held {
		ids = append(ids, c.ID)
	}
	tries, err := s.d.Line.TriesAt(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	line, back = []CaseBrief{}, []CaseBrief{}
	for _, p := range places {
		c, ok := byID[p.Case]
		if !ok {
			continue // left the ledger since: the line is only an order
		}
		b := s.explainedBrief(c, p.Desk, tries)
		b.Priority, b.DueAt, b.IsDue = p.Priority, instant(p.Due), p.IsDue
		if p.Desk != "" {
			b.Desk = &p.Desk
		}
		line = append(line, b)
	}
	for _, c := range held {
		back = append(back, s.explainedBrief(c, "", tries))
	}
	return line, back, nil
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
	if desk, here := s.deskWith(v.user, in.ID); here && !whole {
		return nil, cmp.Or(s.tooMany(v, desk.ID, in.ID), error(errTooManyCases)) // never half of a case at the desk
	}
	s.log.Info("case shown", "case", in.ID, "user", v.user, "masked", !whole)
	out := &caseOutput{}
	tries, err := s.d.Line.TriesAt(ctx, []dialer.CaseID{in.ID})
	if err != nil {
		return nil, err
	}
	if out.Body.Identity, err = s.identityOf(ctx, v, in.ID); err != nil {
		return nil, err
	}
	if !out.Body.Identity.Shown {
		c.Balances, c.RankWhy, c.Priority = nil, dialer.Reason{}, 0 // how early it comes, and why, says how much is owed
	}
	out.Body.Case, out.Body.History, out.Body.Masked = s.explainedCase(v, c, tries), []Attempt{}, !whole
	out.Body.Promises, out.Body.Kin = []PromiseLine{}, []Kin{}
	if !whole {
		out.Body.Case = masked(out.Body.Case)
	} else if err := errors.Join(s.addPromises(ctx, in.ID, out), s.addKin(ctx, in.ID, out)); err != nil {
		return nil, err
	}
	if err := s.addChecks(ctx, v, in.ID, out); err != nil {
		return nil, err
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
		brief := briefOf(c, s.d.Now())
		if s.d.Identity.Needed > 0 && !from(ctx).Asker().Supervises() {
			brief.BalanceYen, brief.Priority = nil, 0 // how early it comes says how much is owed
		}
		out.Body.Items = append(out.Body.Items, brief)
	}
	return out, nil
}

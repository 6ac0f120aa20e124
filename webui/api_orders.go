package webui

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

type orderInput struct {
	ID   dialer.CaseID `path:"id" maxLength:"100"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"100" doc:"stands with the case; no personal data"`
	}
}

type skipInput struct {
	ID   dialer.CaseID `path:"id" maxLength:"100"`
	Body struct {
		Reason string    `json:"reason" minLength:"1" maxLength:"100" doc:"stands with the case; no personal data"`
		Until  time.Time `json:"until" doc:"the case does not come before"`
	}
}

type moveInput struct {
	ID   dialer.CaseID `path:"id" maxLength:"100"`
	Body struct {
		Before dialer.CaseID `json:"before,omitempty" maxLength:"100" doc:"the case is to stand right before this one; or after"`
		After  dialer.CaseID `json:"after,omitempty" maxLength:"100" doc:"the case is to stand right after this one"`
		Reason string        `json:"reason,omitempty" maxLength:"100" doc:"stands with the case; no personal data"`
	}
}

type movedOutput struct {
	Body struct {
		From int `json:"from" doc:"the place before, counted from 1 at the head of the line"`
		To   int `json:"to"`
	}
}

type nextStateOutput struct {
	Body struct {
		Next Next `json:"next"`
	}
}

func (s *Server) orderRoutes() {
	for _, act := range []struct {
		act     casework.Act
		summary string
	}{
		{casework.Pin, "Have a case come before all others that are due, to whoever is next"},
		{casework.Hold, "Take a case out of the line until it is released"},
		{casework.Release, "Let a case wait again, from now"},
	} {
		route(s, huma.Operation{
			Method: http.MethodPost, Path: "/api/cases/{id}/" + string(act.act), OperationID: string(act.act) + "-case", Summary: act.summary,
		}, func(ctx context.Context, in *orderInput) (*nextStateOutput, error) {
			return s.order(ctx, in.ID, casework.Order{Act: act.act, Reason: in.Body.Reason})
		})
	}
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/cases/{id}/skip", OperationID: "skip-case", Summary: "Have a case not come before a time",
	}, func(ctx context.Context, in *skipInput) (*nextStateOutput, error) {
		return s.order(ctx, in.ID, casework.Order{Act: casework.Skip, Until: in.Body.Until, Reason: in.Body.Reason})
	})
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/cases/{id}/move", OperationID: "move-case", Summary: "Put a case to another place among those that are due",
	}, s.move)
}

// lineMoved is how much of the line a case can be moved in: as much as is shown.
const lineMoved = 1000

// movedBy is the reason that stands with a case that was moved without one.
const movedBy = "並べ替え"

// move puts a case to another place among those that are due, as far as the line's rules allow. The ledger has it first: a queue that is
// built anew has the same order.
func (s *Server) move(ctx context.Context, in *moveInput) (*movedOutput, error) {
	if (in.Body.Before == "") == (in.Body.After == "") {
		return nil, invalid("before", "missing", "どの案件の前か後に移すかを、どちらか一つで指定してください", "say before or after which case it is to stand: one of the two")
	}
	line, err := s.d.Queue.List(ctx, nil, lineMoved)
	if err != nil {
		return nil, err
	}
	now := s.d.Now()
	placed, no := casework.MoveWish{Case: in.ID, Before: in.Body.Before, After: in.Body.After}.Place(line, now)
	if no != nil {
		return nil, no
	}
	reason := cmp.Or(strings.TrimSpace(dialer.MaskDigits(in.Body.Reason)), movedBy)
	moved, err := s.d.Line.Move(ctx, placed, casework.Order{Act: casework.Move, By: from(ctx).User.ID, At: now, Reason: reason})
	if err != nil {
		return nil, err
	}
	remarked(ctx, fmt.Sprintf("place in the line: %d → %d", placed.From, placed.To))
	if err := s.d.Queue.Put(ctx, moved...); err != nil {
		return nil, err
	}
	s.recount.queueChanged()
	out := &movedOutput{}
	out.Body.From, out.Body.To = placed.From, placed.To
	return out, nil
}

// order carries out what a supervisor orders of a case, and puts the case where it stands then. Ordering the same again puts
// it there once more, so that a try during which the queue was away can be repeated.
func (s *Server) order(ctx context.Context, id dialer.CaseID, o casework.Order) (*nextStateOutput, error) {
	o.By, o.At, o.Reason = from(ctx).User.ID, s.d.Now(), dialer.MaskDigits(o.Reason)
	if found := o.Check(); len(found) > 0 {
		return nil, invalidFields(found)
	}
	next, err := s.d.Line.Order(ctx, id, o)
	if err != nil {
		return nil, err
	}
	w, err := s.d.Cases.Place(ctx, id)
	switch {
	case err != nil:
	case w != nil:
		err = s.d.Queue.Put(ctx, *w)
	default:
		err = s.d.Queue.Remove(ctx, id)
	}
	if err != nil {
		return nil, err
	}
	s.recount.queueChanged()
	out := &nextStateOutput{}
	out.Body.Next = dressNext(next)
	return out, nil
}

package webui

import (
	"context"
	"net/http"
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

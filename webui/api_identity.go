package webui

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// The words of what was ticked off are plain text here: casework says what is wrong with them.
type identityInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Confirmed []string `json:"confirmed" maxItems:"10" nullable:"false" doc:"by what the person was known; empty hides the debt again"`
		Party     string   `json:"party,omitempty" enum:"self,family,third_party,voicemail,recorder,fax,silent" doc:"who is there, as far as it is known"`
	}
}

type identityOutput struct {
	Body struct {
		Shown bool `json:"shown" doc:"the debt is shown from now on"`
	}
}

type historyCheckOutput struct {
	Body struct {
		At time.Time `json:"at"`
	}
}

// IdentityCheck is what has to be known of who is on the telephone before a case's debt is shown, and how that stands.
type IdentityCheck struct {
	Needed    int                   `json:"needed" doc:"0: the debt is shown at once"`
	Allowed   []casework.Identifier `json:"allowed"`
	Confirmed []casework.Identifier `json:"confirmed" doc:"ticked off in the call that the case stands in"`
	Shown     bool                  `json:"shown" doc:"false: balances and sums are left out"`
}

// HistoryCheck is whether who reads a case has said that they read its history in the ward's own system for their next call.
type HistoryCheck struct {
	Needed bool       `json:"needed" doc:"nobody is called without it"`
	At     *time.Time `json:"at" doc:"null while they have not"`
}

// Disclosure is one line of who was shown a debt in a call.
type Disclosure struct {
	At        time.Time             `json:"at"`
	ByName    string                `json:"by_name"`
	Shown     bool                  `json:"shown" doc:"false: hidden again"`
	Confirmed []casework.Identifier `json:"confirmed"`
}

func (s *Server) identityRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPut, Path: "/api/calls/{id}/identity", OperationID: "confirm-identity", Summary: "Say by what the person was known",
	}, s.confirmIdentity)
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/cases/{id}/history-check", OperationID: "check-history", Summary: "Say that the case's history was read",
	}, s.checkHistory)
}

// confirmIdentity opens or hides the debt of the case that a talk is about, for whoever leads it: 本人確認.
func (s *Server) confirmIdentity(ctx context.Context, in *identityInput) (*identityOutput, error) {
	v := from(ctx)
	desk, ok := s.talkDesk(v.User.ID, in.ID)
	if !ok {
		return nil, refused(dialer.Refuse(dialer.NotTalking))
	}
	if !s.readsCase(viewerOf(v), desk.CaseID) {
		return nil, errTooManyCases
	}
	ticked := make([]casework.Identifier, len(in.Body.Confirmed))
	for i, word := range in.Body.Confirmed {
		ticked[i] = casework.Identifier(word)
	}
	if found := s.d.Identity.Check(ticked); len(found) > 0 {
		return nil, invalidFields(found)
	}
	d := casework.Disclosure{
		Attempt: in.ID, Case: desk.CaseID, By: v.User.ID, At: s.d.Now(), Ticked: ticked, Party: casework.Party(in.Body.Party),
	}
	d.Shown = s.d.Identity.Shows(ticked, d.Party)
	if err := s.d.Disclosures.Disclose(ctx, d); err != nil {
		return nil, err
	}
	s.log.Info("debt shown", "call", in.ID, "user", v.User.ID, "shown", d.Shown, "by", ticked)
	out := &identityOutput{}
	out.Body.Shown = d.Shown
	return out, nil
}

// talkDesk is the desk at which somebody has a talk, or owes its result.
func (s *Server) talkDesk(user dialer.UserID, id dialer.CallID) (dialer.DeskView, bool) {
	for _, d := range s.d.Calls.Desks() {
		if d.Operator != user || d.CallID != id || d.CaseID == "" {
			continue
		}
		if d.State == dialer.DeskWrapUp {
			return d, true
		}
		c, live := s.d.Calls.Call(id)
		return d, live && !c.AnsweredAt.IsZero()
	}
	return dialer.DeskView{}, false
}

// checkHistory takes the tick 経過確認済, from whoever has the case before them.
func (s *Server) checkHistory(ctx context.Context, in *caseInput) (*historyCheckOutput, error) {
	v := viewerOf(from(ctx))
	if _, err := s.d.Cases.Case(ctx, in.ID); err != nil {
		return nil, err
	}
	if !s.readsCase(v, in.ID) {
		return nil, errForbidden
	}
	now := s.d.Now()
	if err := s.d.Disclosures.CheckHistory(ctx, in.ID, v.user, now); err != nil {
		return nil, err
	}
	s.log.Info("history read", "case", in.ID, "user", v.user)
	out := &historyCheckOutput{}
	out.Body.At = now
	return out, nil
}

// identityOf says how the check stands for a case and who reads it. At a desk the debt is opened by the talk there, whoever leads
// it; beside that a supervisor sees every debt, and an operator none.
func (s *Server) identityOf(ctx context.Context, v viewer, id dialer.CaseID) (IdentityCheck, error) {
	c := IdentityCheck{Needed: s.d.Identity.Needed, Allowed: orEmpty(s.d.Identity.Allowed), Confirmed: []casework.Identifier{}}
	if c.Needed == 0 {
		c.Shown = true
		return c, nil
	}
	desk, here := s.deskWith(v.user, id)
	if !here {
		c.Shown = v.role == dialer.RoleSupervisor
		return c, nil
	}
	if desk.CallID == "" {
		return c, nil
	}
	lines, err := s.d.Disclosures.Disclosures(ctx, desk.CallID)
	if err != nil || len(lines) == 0 {
		return c, err
	}
	last := lines[len(lines)-1]
	if last.Case != id { // it was said since whose call it is
		return c, nil
	}
	c.Confirmed, c.Shown = orEmpty(last.Ticked), last.Shown
	return c, nil
}

// asShown is a case as far as its debt may be shown to who records e: what is wrong with an entry, and what it is warned of, must not
// tell the rest. Only a promise is held against what is owed. What the ledger cannot say while it is away is not shown;
// unseen is a debt of which it is known that it is not.
func (s *Server) asShown(ctx context.Context, c casework.Case, e *casework.Entry) (_ casework.Case, unseen bool, _ error) {
	if e == nil || e.Promise == nil || len(c.Balances) == 0 {
		return c, true, nil
	}
	brief, cancel := context.WithTimeout(ctx, askLedger)
	defer cancel()
	check, err := s.identityOf(brief, viewerOf(from(ctx)), c.ID)
	if ctx.Err() != nil {
		return c, false, ctx.Err()
	}
	if err != nil || !check.Shown {
		c.Balances = nil
	}
	return c, err == nil && !check.Shown, nil
}

// deskWith is the desk where somebody sits and a case stands.
func (s *Server) deskWith(user dialer.UserID, id dialer.CaseID) (dialer.DeskView, bool) {
	for _, d := range s.d.Calls.Desks() {
		if d.Operator == user && d.CaseID == id {
			return d, true
		}
	}
	return dialer.DeskView{}, false
}

// addChecks says on a case's page whether its history was read, and leaves out the sums where they are not to be shown.
func (s *Server) addChecks(ctx context.Context, v viewer, id dialer.CaseID, out *caseOutput) error {
	b := &out.Body
	if !b.Identity.Shown {
		b.Case.TotalYen, b.Paid = nil, nil
		for i := range b.Promises { // what they promised stays, what they paid of it does not
			b.Promises[i].PaidYen, b.Promises[i].Why, b.Promises[i].WhyEN = nil, "", ""
		}
	}
	checked, err := s.d.Disclosures.HistoryChecked(ctx, id, v.user, s.d.Now())
	b.HistoryCheck = HistoryCheck{Needed: s.d.NeedHistory(), At: instant(checked)}
	return err
}

// disclosuresOf is who was shown the debt in an attempt.
func (s *Server) disclosuresOf(ctx context.Context, id dialer.CallID) ([]Disclosure, error) {
	lines, err := s.d.Disclosures.Disclosures(ctx, id)
	out := make([]Disclosure, len(lines))
	for i, l := range lines {
		out[i] = Disclosure{At: l.At, ByName: s.names.of(l.By), Shown: l.Shown, Confirmed: orEmpty(l.Ticked)}
	}
	return out, err
}

// unchecked warns of a debt that was talked about with somebody of whom nobody said how they were known.
func (s *Server) unchecked(ctx context.Context, a casework.Attempt, e casework.Entry) []casework.FieldError {
	if s.d.Identity.Needed == 0 || e.Party != casework.Self || e.Promise == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askLedger)
	defer cancel()
	lines, err := s.d.Disclosures.Disclosures(ctx, a.ID)
	if err != nil { // the ledger is away: nothing is known, and nothing is held up
		return nil
	}
	for _, l := range lines {
		if l.Shown {
			return nil
		}
	}
	return []casework.FieldError{{
		Field: "party", Code: "identity_unchecked",
		JA: "本人確認の記録がないまま納付約束を登録しました", EN: "a promise was recorded, and nobody said how the person was known",
	}}
}

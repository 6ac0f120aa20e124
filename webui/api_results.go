package webui

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// The words of an entry are plain text here: casework says what is wrong with them, and what to do.
type resultInput struct {
	ID   dialer.CallID `path:"id" maxLength:"100"`
	Body struct {
		Party string `json:"party" doc:"who was there"`
		EntryFields
	}
}

// EntryFields are what is recorded of a talk, beside who was there.
type EntryFields struct {
	BusinessResults []string     `json:"business_results,omitempty" maxItems:"30" doc:"what came of it; the first is the primary one"`
	Promise         *promiseIn   `json:"promise,omitempty"`
	Note            string       `json:"note,omitempty" maxLength:"10000"`
	CallAgainAt     *time.Time   `json:"call_again_at,omitempty" nullable:"true"`
	Mine            bool         `json:"mine,omitempty" doc:"call again by this same operator"`
	Handoffs        []wardIsTold `json:"handoffs,omitempty" maxItems:"8" doc:"what the ward is told with the hand-offs that follow from the results"`
	Language        string       `json:"language,omitempty" enum:"ja,en,zh,vi,und" doc:"that the debtor speaks; und for another"`
	DoNotCall       bool         `json:"do_not_call,omitempty" doc:"the number that was called is not to be called again"`
	Confirm         []string     `json:"confirm,omitempty" maxItems:"10" doc:"codes of the warnings that were seen and confirmed: above_balance"`
	Kind            string       `json:"kind,omitempty" doc:"what a call that came in was: call_back_received, inquiry, complaint or other_business"`
}

// wardIsTold is what goes to the ward with the hand-off of a kind that follows from a result.
type wardIsTold struct {
	Kind casework.HandoffKind `json:"kind"`
	Text string               `json:"text" maxLength:"4000" doc:"personal data"`
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
		Revision int  `json:"revision" doc:"0 while it is kept for the ledger, which is away"`
		Next     Next `json:"next"`
		Kept     bool `json:"kept" doc:"the ledger is away; the result is kept on disk, and recorded when it is back"`
		// Warnings are what is odd about what was recorded all the same.
		Warnings []FieldProblem `json:"warnings"`
	}
}

// askLedger is how long a result waits for what the ledger knows of its talk. One that is away keeps nobody from going on:
// what the engine knows will do.
const askLedger = time.Second

func (s *Server) recordResult(ctx context.Context, in *resultInput) (*resultOutput, error) {
	a, c, err := s.talk(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if a.Entry != nil { // the first is what a call was for, and those have their pace
		if err := s.hands.take(from(ctx).User.ID, corrections); err != nil {
			return nil, err
		}
	}
	entry, now := entryOf(in.Body.Party, in.Body.EntryFields), s.d.Now()
	if c, err = s.checkResult(ctx, a, c, entry); err != nil {
		return nil, err
	}
	ask, tell := unconfirmed(entry.Warn(c, &s.d.Banks), in.Body.Confirm)
	if len(ask) > 0 {
		return nil, invalidFields(ask)
	}
	tell = append(tell, s.unchecked(ctx, a, entry)...)
	next, spoilt := s.rules().NextAfter(entry, a.Verdict, s.situation(ctx, a, c))
	notTheirs := a.Origin == casework.ByHand && !s.readsCase(viewerOf(from(ctx)), a.CaseID)
	if notTheirs && (entry.DoNotCall || stops(next, spoilt, c) || binds(&entry)) {
		return nil, errWouldStop // nor by correcting what was noted: there is nobody's word but theirs that there was a call
	}
	kept, err := s.d.Results.Record(ctx, casework.Recorded{
		Entry: entry, Attempt: a.ID, Case: a.CaseID, By: from(ctx).User.ID, At: now, Next: next, Spoilt: spoilt,
		Stays: notTheirs && arranged(c.Next), Decides: from(ctx).Asker().Supervises(),
	})
	if err != nil {
		return nil, err
	}
	s.log.Info("result recorded", "call", a.ID, "revision", kept.Revision, "kept", kept.Revision == 0, "user", from(ctx).User.ID)
	// The result stands. What remains is the desk's and the line's, and is not undone by a browser that leaves.
	if err := s.d.Calls.ResultRecorded(context.WithoutCancel(ctx), a.ID, kept.Case); err != nil {
		s.log.Warn("the desk could not be told of its result", "call", a.ID, "err", err)
	}
	s.recount.attemptChanged(a.ID)
	s.passedOn(a, entry)
	out := &resultOutput{}
	out.Body.Revision, out.Body.Next, out.Body.Kept = kept.Revision, dressNext(kept.Next), kept.Revision == 0
	out.Body.Warnings = dressWarnings(tell)
	return out, nil
}

// checkResult is the case as far as its debt is shown to who records e, and what is wrong with that.
func (s *Server) checkResult(ctx context.Context, a casework.Attempt, c casework.Case, e casework.Entry) (casework.Case, error) {
	c, unseen, err := s.asShown(ctx, c, &e)
	if err != nil {
		return c, err
	}
	known := a.NumberKind != dialer.KindWithheld && (a.NumberKind != "" || a.Origin != casework.ByHand)
	found := append(e.CheckKind(dialer.Direction(a.Direction)), e.CheckNumber(known)...)
	found = append(found, e.Check(s.d.Now(), c, s.d.Hours())...)
	if unseen && c.ID != "" { // while the ledger is away nobody knows what was shown, and the result must not be lost
		found = append(found, e.CheckUnseen(a.Entry)...)
	}
	if len(found) > 0 {
		return c, invalidFields(found)
	}
	return c, nil
}

// entriesRead is how many attempts of a case are looked at for what was recorded before.
const entriesRead = 50

// situation is what the rules are told of a talk and its case. What the ledger cannot say now is left out.
func (s *Server) situation(ctx context.Context, a casework.Attempt, c casework.Case) casework.Situation {
	out := casework.Situation{
		Now: s.d.Now(), Hours: s.d.Hours(), By: from(ctx).User.ID, Kind: a.NumberKind, OtherNumber: numbersOf(c) > 1, Stood: c.Next,
	}
	brief, cancel := context.WithTimeout(ctx, askLedger)
	defer cancel()
	if c.ID == "" { // the ledger is away
		return out
	}
	earlier, _, err := s.d.Results.Attempts(brief, casework.AttemptFilter{CaseID: a.CaseID, Limit: entriesRead})
	if err != nil {
		return out
	}
	for _, e := range earlier {
		if e.Entry != nil && e.ID != a.ID {
			out.Earlier = append(out.Earlier, e.Entry.Entry)
		}
	}
	return out
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

// talk returns the talk a result is for, and its case. While the ledger is away that is one whose result is owed at a desk:
// more than the engine knows of it nobody knows then, and its case is the zero one.
func (s *Server) talk(ctx context.Context, id dialer.CallID) (casework.Attempt, casework.Case, error) {
	brief, cancel := context.WithTimeout(ctx, askLedger)
	defer cancel()
	a, err := s.ownAttempt(brief, id)
	if err == nil {
		var c casework.Case
		c, err = s.d.Cases.Case(brief, a.CaseID)
		if err == nil {
			return a, c, nil
		}
	}
	if ctx.Err() != nil || !errors.Is(err, dialer.ErrLedgerDown) && !errors.Is(err, context.DeadlineExceeded) {
		return casework.Attempt{}, casework.Case{}, err
	}
	a, ok := s.owedTalk(ctx, id)
	if !ok {
		return a, casework.Case{}, err
	}
	return a, casework.Case{}, nil
}

// owedTalk is a talk whose result a desk owes, to whoever sits there or supervises.
func (s *Server) owedTalk(ctx context.Context, id dialer.CallID) (casework.Attempt, bool) {
	v := from(ctx)
	for _, d := range s.d.Calls.Desks() {
		if d.CallID == id && d.State == dialer.DeskWrapUp && (d.Operator == v.User.ID || v.Asker().Supervises()) {
			return casework.Attempt{ID: id, CaseID: d.CaseID, Desk: d.ID, Verdict: dialer.Verdict{Result: dialer.Answered}}, true
		}
	}
	return casework.Attempt{}, false
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
	owed := desk != nil && *desk == at && a.Verdict.Result == dialer.Answered && (a.Entry == nil || a.Entry.By == v.User.ID)
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

func entryOf(party string, b EntryFields) casework.Entry {
	e := casework.Entry{Party: casework.Party(party), Note: b.Note, CallAgain: b.CallAgainAt, Mine: b.Mine}
	e.Language, e.DoNotCall, e.Kind = b.Language, b.DoNotCall, casework.InboundKind(b.Kind)
	for _, h := range b.Handoffs {
		if e.Details == nil {
			e.Details = map[casework.HandoffKind]string{}
		}
		e.Details[h.Kind] = h.Text
	}
	for _, r := range b.BusinessResults {
		e.Business = append(e.Business, casework.Business(r))
	}
	if b.Promise != nil {
		e.Promise = &casework.Promise{Yen: b.Promise.AmountYen, DueOn: b.Promise.DueOn, Means: b.Promise.Means}
		for _, p := range b.Promise.Parts {
			e.Promise.Parts = append(e.Promise.Parts, casework.PromisePart{Insurance: casework.Insurance(p.Insurance), Term: p.Term, Yen: p.AmountYen})
		}
	}
	return e.AsCameIn()
}

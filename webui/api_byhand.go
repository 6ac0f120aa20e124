package webui

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

type noteCallInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"makes a repeated click the same click"`
	Body struct {
		EntryFields

		Party     string           `json:"party,omitempty" doc:"who was there"`
		Direction dialer.Direction `json:"direction"`
		CaseID    dialer.CaseID    `json:"case_id,omitempty" maxLength:"100" doc:"left out of a call that came in: the number's, or none"`
		Number    string           `json:"number,omitempty" maxLength:"40" doc:"one of the case's; of a call that came in the caller's, where it is known"`
		Mark      string           `json:"number_mark,omitempty" maxLength:"40" doc:"which of the case's numbers, as the case shows it, for those who do not see them whole"`
		At        time.Time        `json:"at" doc:"when the call was made; of today"`
		Result    string           `json:"result,omitempty" doc:"the connection result of a call of ours; with answered comes what was recorded of the talk"`
	}
}

type noteCallOutput struct {
	Body struct {
		ID       dialer.CallID  `json:"id"`
		Revision int            `json:"revision" doc:"0 of a call that reached nobody: nothing was recorded of it"`
		Next     Next           `json:"next"`
		Warnings []FieldProblem `json:"warnings"`
	}
}

// byHandRoutes are about calls that were made or taken without SIP.
func (s *Server) byHandRoutes() {
	route(s, huma.Operation{
		Method: http.MethodPost, Path: "/api/attempts", OperationID: "note-call", DefaultStatus: http.StatusCreated,
		Summary: "Note a call that was made or taken on another telephone (手動)",
	}, s.noteCall)
}

func (s *Server) noteCall(ctx context.Context, in *noteCallInput) (*noteCallOutput, error) {
	n, c, err := s.handCall(ctx, in)
	if err != nil {
		return nil, err
	}
	inHand := s.handles(viewerOf(from(ctx)), n)
	if !inHand && in.Body.Number != "" && n.Direction == dialer.Outbound {
		// Whether a number is the case's would be told to who does not see it.
		return nil, errForbidden.with("手元にない案件の番号は、画面の一覧から選んでください", "of a case that is not in hand choose the number by its mark")
	}
	if !inHand && n.Entry != nil && n.Entry.DoNotCall {
		return nil, errForbidden.with("手元の案件の番号だけ登録できます", "only numbers of the case in hand") // as with the case itself
	}
	c, unseen, err := s.asShown(ctx, c, n.Entry)
	if err != nil {
		return nil, err
	}
	found := n.Check(c)
	var warnings []casework.FieldError
	if n.Entry != nil {
		found = append(found, append(n.Entry.CheckKind(n.Direction), n.Entry.Check(n.Noted, c, s.d.Hours())...)...)
		if n.Direction == dialer.Inbound {
			found = append(found, n.Entry.CheckNumber(n.Number != "")...)
		}
		warnings = n.Entry.Warn(c, &s.d.Banks)
		if unseen {
			found = append(found, n.Entry.CheckUnseen(nil)...)
		}
	}
	if len(found) > 0 {
		return nil, invalidFields(found)
	}
	ask, tell := unconfirmed(warnings, in.Body.Confirm)
	if len(ask) > 0 {
		return nil, invalidFields(ask)
	}
	if err := s.follow(ctx, &n, c); err != nil {
		return nil, err
	}
	if !inHand && (stops(n.Next, n.Spoilt, c) || binds(n.Entry) || n.Result == dialer.Unallocated) { // two of which spoil a number, in whichever order they come
		return nil, errWouldStop
	}
	n.Stays = !inHand && arranged(c.Next)
	if err := s.hands.take(n.By, callsByHand); err != nil {
		return nil, err
	}
	kept, err := s.d.ByHand.NoteCall(ctx, n)
	if err != nil {
		return nil, err
	}
	s.noted(ctx, n, kept)
	next := dressNext(kept.Next)
	if !inHand && n.Case == "" {
		next = untold
		remarkedCase(ctx, kept.Case) // whose number it was is on the record, as when it is searched for
	}
	out := &noteCallOutput{}
	out.Body.ID, out.Body.Revision, out.Body.Next, out.Body.Warnings = kept.Attempt, kept.Revision, next, dressWarnings(tell)
	return out, nil
}

// untold is what is said of the case that a call came in from by its number alone, for any number: what that waits for would tell whether a number that was
// guessed is on the list, or may not be called. It is true of each, since the note moves nothing that was arranged (arranged), and opens a case for a number
// that has none. That a number is somebody's an operator may search for; how many they note, hands bounds.
var untold = Next{
	State: dialer.CaseWaiting, Why: "受電を記録しました。発信元の番号の案件があれば、その予定は変わりません",
	WhyEN: "the call is noted; if the number is a case's, what that waits for stays as it was",
}

var errWouldStop = errForbidden.with(
	"この結果は案件の架電を止めるか、次の予定や区への連携を決めるものです。案件を席に呼び出してから登録するか、スーパーバイザーに登録を頼んでください。案件の分からない受電は、番号を空けて登録できます",
	"this result would stop the calls to the case, say when it is called next, or pass it on to the ward; "+
		"have the case stand at your desk first, or ask the supervisor to note it. "+
		"A call of a case that is not known can be noted without its number",
)

// stops reports whether what follows from a result takes its case out of the line, or a number away from it.
func stops(next dialer.CaseNext, spoilt bool, c casework.Case) bool {
	return spoilt || next.State != dialer.CaseWaiting && next.State != c.Next.State
}

// arranged reports whether what a case waits for was decided by somebody: a talk whose result is owed, a supervisor's order, a time that was asked for, a promise. What
// is noted of it by hand by who has not got it in hand undoes that as little as it could have arranged it.
func arranged(n dialer.CaseNext) bool {
	return n.State != dialer.CaseWaiting || n.Mine != "" || n.Cause == dialer.CauseSupervisor || n.Cause == dialer.CauseAsked || n.Cause == dialer.CausePromise
}

// binds reports whether an entry decides of its own when its case is called again, in which language, or what the ward is told of it: by a time that was asked
// for, a promise, or what goes to the ward.
func binds(e *casework.Entry) bool {
	return e != nil && (e.CallAgain != nil || e.Promise != nil || e.Language != "" || len(e.Handoffs()) > 0)
}

// handles reports whether somebody may stop the calls to the case of n by noting it. Of a call that came in from a number the ledger finds the case only
// as it is kept: until then the case that somebody has in hand is asked (withCaseInHand), and for any other number the answer is the same no, be it
// known or not, so that nobody learns by it whose number they have guessed. Without case and number there is nothing to stop.
func (s *Server) handles(v viewer, n casework.HandCall) bool {
	switch {
	case v.role == dialer.RoleSupervisor:
		return true
	case n.Case == "":
		return n.Number == "" || n.Direction == dialer.Outbound // of which Check says that it needs one
	}
	return s.readsCase(v, n.Case)
}

// withCaseInHand makes a call that came in from a number of the case that stands at the operator's desk a call of that case, as if they had said so.
func (s *Server) withCaseInHand(ctx context.Context, n *casework.HandCall) (c casework.Case, err error) {
	v := viewerOf(from(ctx))
	for _, d := range s.d.Calls.Desks() {
		if v.role != dialer.RoleOperator || d.Operator != v.user || d.CaseID == "" || !s.readsCase(v, d.CaseID) {
			continue
		}
		c, err := s.d.Cases.Case(ctx, d.CaseID)
		if err != nil {
			return casework.Case{}, err
		}
		if slices.ContainsFunc(c.Phones, func(p casework.Phone) bool { return p.Number == n.Number }) {
			n.Case = c.ID
			remarkedCase(ctx, c.ID)
			return c, nil
		}
	}
	return casework.Case{}, nil
}

// handCall reads what was sent, with the case that it names.
func (s *Server) handCall(ctx context.Context, in *noteCallInput) (n casework.HandCall, c casework.Case, err error) {
	b, now := in.Body, s.d.Now()
	n = casework.HandCall{
		ID: dialer.CallID(dialer.NewID(now)), Direction: b.Direction, Case: b.CaseID, At: b.At, Result: dialer.Result(b.Result),
		By: from(ctx).User.ID, Noted: now, Key: in.Key, Decides: from(ctx).Asker().Supervises(),
	}
	if b.Number != "" {
		digits, _ := japan.Number(b.Number)
		if digits == "" {
			return n, c, invalid("number", "bad_number", "電話番号として読めません。市外局番から入力してください", "this is no telephone number; give it with its area code")
		}
		n.Number = dialer.Number(digits)
	}
	if n.Direction == dialer.Inbound && n.Result == "" {
		n.Result = dialer.Answered
	}
	if n.Result == dialer.Answered {
		entry := entryOf(b.Party, b.EntryFields)
		n.Entry = &entry
	} else if b.Party != "" || len(b.BusinessResults) > 0 || b.Note != "" || b.Promise != nil {
		return n, c, invalid("party", "nobody_answered", "応答のなかった架電には通話の結果を付けられません", "a call that nobody answered has no talk to record")
	}
	switch {
	case n.Case != "":
		c, err = s.d.Cases.Case(ctx, n.Case)
		remarkedCase(ctx, c.ID)
	case n.Direction == dialer.Inbound && n.Number != "":
		c, err = s.withCaseInHand(ctx, &n)
	}
	if n.Number == "" {
		n.Number = s.numberMarked(c, b.Mark)
	}
	return n, c, err
}

// follow has the rules decide what the case waits for.
func (s *Server) follow(ctx context.Context, n *casework.HandCall, c casework.Case) error {
	situation := s.situation(ctx, casework.Attempt{ID: n.ID, CaseID: n.Case, NumberKind: n.Number.Kind()}, c)
	var tries []dialer.Try
	if n.Entry == nil {
		var err error
		if tries, err = s.d.ByHand.Tries(ctx, s.d.Refs.Number(n.Number), n.Noted.Add(-dialer.TriesKept)); err != nil {
			return err
		}
		situation.OtherNumber = slices.ContainsFunc(c.Phones, func(p casework.Phone) bool {
			return p.Number != n.Number && p.Usable && !p.DoNotCall && p.Kind != dialer.KindNever
		})
	}
	n.Follow(s.rules(), situation, tries)
	return nil
}

// noted tells the line, the board and the ward of what was noted.
func (s *Server) noted(ctx context.Context, n casework.HandCall, kept casework.Recorded) {
	s.log.Info("call noted by hand", "call", kept.Attempt, "direction", n.Direction, "case", kept.Case, "result", n.Result, "user", n.By)
	if err := s.d.Calls.ResultRecorded(context.WithoutCancel(ctx), kept.Attempt, kept.Case); err != nil {
		s.log.Warn("the line could not be told of a call noted by hand", "call", kept.Attempt, "err", err)
	}
	s.recount.attemptChanged(kept.Attempt)
	if n.Entry != nil {
		s.passedOn(casework.Attempt{ID: kept.Attempt}, *n.Entry)
	}
}

// numberMarked is which of a case's numbers a mark names; empty when it is none of them any more.
func (s *Server) numberMarked(c casework.Case, mark string) dialer.Number {
	i := slices.IndexFunc(c.Phones, func(p casework.Phone) bool { return s.d.Refs.NumberOf(c.ID, p.Number) == mark })
	if i < 0 {
		return ""
	}
	return c.Phones[i].Number
}

package dialer

import (
	"context"
	"errors"
	"time"
)

// TriesKept is how far back a number's history is read: far enough for "once more another day" to see the first time.
const TriesKept = 92 * 24 * time.Hour

// pickLimit is how many cases in a row may be put off by a rule before the operator is told that none is due.
const pickLimit = 50

// picked is a case that may be called now: every rule has said yes.
type picked struct {
	target   Target
	claim    *Claim // nil when the queue is away and the case was named: the ledger's index still forbids a second call
	tries    []Try
	override string
	mustWait bool // it is not this click's to call a case that somebody holds, or closes, in this moment
	stood    *Waiting
}

// pick finds whom to call: the case asked for, or the next one.
func (e *Engine) pick(ctx context.Context, r DialRequest, presented *Claim) (picked, error) {
	switch {
	case r.Next && presented != nil:
		return e.pickClaimed(ctx, r, *presented)
	case r.Next:
		return e.pickNext(ctx, r)
	case r.Case == "" && r.Number == "":
		return picked{}, Refuse(UnknownCase)
	case r.Case == "":
		return e.pickAdHoc(ctx, r)
	default:
		return e.pickCase(ctx, r, presented)
	}
}

// placeOf asks the ledger where a case waits; nil when it does not.
func (e *Engine) placeOf(ctx context.Context, id CaseID) (*Waiting, error) {
	ctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	defer cancel()
	w, err := e.d.Cases.Place(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // a case that is gone waits for nothing
	}
	return w, err
}

func (e *Engine) isDue(w Waiting) bool { return !w.Due.After(e.d.Now().Add(clockSkew)) }

// pickClaimed takes the case that stands presented at the desk, if it may still be called. If not, the operator is told:
// no other case is dialled that nobody has read.
func (e *Engine) pickClaimed(ctx context.Context, r DialRequest, c Claim) (picked, error) {
	stands, err := e.asPresented(ctx, r, c)
	if err != nil {
		return picked{}, err
	}
	p, next, err := e.judge(ctx, r, c.Case)
	if err == nil {
		err = mayBeCalled(r, stands)
	}
	if err == nil {
		p.claim = &c
		return p, nil
	}
	switch {
	case next != nil:
		e.putOff(ctx, c, *next)
		e.clearPresented(r.Desk, c)
	case errors.Is(err, ErrNotWaiting) && errors.Is(e.d.Queue.Renew(ctx, c, e.d.Limits.Lease), ErrClaimLost):
		e.clearPresented(r.Desk, c) // another desk has it, or had: the line was built anew in between
	}
	return picked{}, err
}

// pickNext claims from the head of the line until a case may be called. Those that may not are put off with the reason.
func (e *Engine) pickNext(ctx context.Context, r DialRequest) (picked, error) {
	mended, lanes := false, e.lanesOf(r.Desk)
	for range pickLimit {
		claim, err := e.d.Queue.Claim(ctx, r.Desk, "", lanes, e.d.Limits.Lease)
		if errors.Is(err, ErrQueueEmpty) && !mended {
			// A line that was emptied is no line that is empty: nobody is told so before the ledger was asked.
			mended = true
			mctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
			e.mendLine(mctx)
			cancel()
			continue
		}
		if err != nil {
			return picked{}, e.claimRefusal(err)
		}
		stood, err := e.setRight(ctx, claim, lanes)
		if err != nil {
			e.release(ctx, claim)
			return picked{}, err
		}
		if stood == nil {
			continue
		}
		p, next, err := e.judge(ctx, r, claim.Case)
		if err == nil {
			p.claim, p.mustWait, p.stood = &claim, true, stood
			return p, nil
		}
		if next == nil {
			e.release(ctx, claim)
			return picked{}, err
		}
		e.putOff(ctx, claim, *next)
	}
	return picked{}, Refuse(QueueEmpty)
}

// clockSkew is how far the clock of the queue may be ahead of ours.
const clockSkew = 5 * time.Second

// setRight asks the ledger whether a case that the line gave us waits in truth, is due, and is this desk's to take: the line
// only orders, and may be older than what happened since (Redis came back from a dump, or missed a change). If not, it is put
// right, and nil.
func (e *Engine) setRight(ctx context.Context, c Claim, lanes []Served) (*Waiting, error) {
	w, err := e.placeOf(ctx, c.Case)
	switch {
	case err != nil:
		return nil, ledgerRefusal(err)
	case w != nil && e.isDue(*w) && serves(lanes, w.Lane):
		return w, nil
	}
	e.d.Log.Warn("the queue gave out a case that is not due, or not for this desk", "case", c.Case, "desk", c.Desk)
	if err := e.d.Queue.Done(ctx, c, w); err != nil {
		e.lineMissed("done", c.Case, err)
	}
	return nil, nil //nolint:nilnil // there is nothing to call
}

// pickCase takes a case that was named, also the one that stands presented at the desk.
func (e *Engine) pickCase(ctx context.Context, r DialRequest, presented *Claim) (picked, error) {
	if e.elsewhere(r.Desk, r.Case) {
		return picked{}, Refuse(CaseBusy)
	}
	stands, err := e.namedOrPresented(ctx, r, presented)
	if err != nil {
		return picked{}, err
	}
	p, _, err := e.judge(ctx, r, r.Case)
	if err == nil {
		err = mayBeCalled(r, stands)
	}
	if err != nil && e.elsewhere(r.Desk, r.Case) {
		err = Refuse(CaseBusy) // another desk's click was quicker: what the rules see of the case is that call
	}
	if err != nil {
		return picked{}, err
	}
	claim, err := e.d.Queue.Claim(ctx, r.Desk, r.Case, nil, e.d.Limits.Lease)
	switch {
	case err == nil:
		p.claim = &claim
	case errors.Is(err, ErrQueueDown):
		e.noteQueueDown()
	default:
		return picked{}, e.claimRefusal(err)
	}
	return p, nil
}

// namedOrPresented asks where a case stands that was named, once for all that hangs on it.
func (e *Engine) namedOrPresented(ctx context.Context, r DialRequest, presented *Claim) (*Waiting, error) {
	if presented != nil && presented.Case == r.Case {
		return e.asPresented(ctx, r, *presented)
	}
	stands, err := e.placeOf(ctx, r.Case)
	return stands, ledgerRefusal(err)
}

// elsewhere reports whether the case stands at, or is in a call of, another desk, or is that of somebody who is calling.
func (e *Engine) elsewhere(desk DeskID, id CaseID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for other, d := range e.desks {
		if other != desk && d.view.CaseID == id {
			return true
		}
	}
	for _, c := range e.calls {
		if c.shown.CaseID == id && c.shown.Desk != desk {
			return true
		}
	}
	return false
}

// calling reports whether somebody calls us from the number now, or about the case by whichever number, or talks with us: they are not to be rung meanwhile, nor
// is another number of theirs.
func (e *Engine) calling(numberRef string, id CaseID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.calls {
		if c.caller != nil && (numberRef != "" && c.caller.arrival.NumberRef == numberRef || id != "" && c.shown.CaseID == id) {
			return true
		}
	}
	return false
}

// mayBeCalled refuses an operator a case that does not wait: held for a decision, closed, or owing its result. A
// supervisor is who decides.
func mayBeCalled(r DialRequest, stands *Waiting) error {
	if stands == nil && !r.Asker.Supervises() {
		return ErrNotWaiting
	}
	return nil
}

// ErrNotWaiting is told of a case that an operator would call though it does not wait.
var ErrNotWaiting = &Refusal{
	Rule: CaseBusy, JA: "この案件は保留または完了しています。発信するかどうかはスーパーバイザーが判断します",
	EN: "the case is held or closed; a supervisor decides whether it is called",
}

// pickAdHoc opens a case for a number that belongs to none. Only a supervisor may, and says why.
func (e *Engine) pickAdHoc(ctx context.Context, r DialRequest) (picked, error) {
	if !r.Asker.Supervises() || r.Reason == "" {
		return picked{}, &Refusal{
			Rule: UnknownCase, JA: "案件のない番号に発信できるのは、理由を書いたスーパーバイザーだけです",
			EN: "only a supervisor who gives a reason may dial a number that belongs to no case",
		}
	}
	if err := numberRefusal(r.Number, true); err != nil {
		return picked{}, err
	}
	id, err := e.d.Cases.AdHoc(ctx, r.Number, r.Reason, r.Asker.User)
	if err != nil {
		return picked{}, ledgerRefusal(err)
	}
	// The reason was for leaving the case out. To dial against the number rule takes another, once that was shown.
	r.Case, r.Reason, r.adHoc = id, "", true
	return e.pickCase(ctx, r, nil)
}

// judge asks every rule about a case. When one says no, next says where that leaves the case in the line; it is nil when
// the no is about something else than the case (the ledger is away), so that the case keeps its place.
func (e *Engine) judge(ctx context.Context, r DialRequest, id CaseID) (picked, *CaseNext, error) {
	ctx, cancel := context.WithTimeout(ctx, e.d.Limits.Reserve)
	defer cancel()
	t, err := e.d.Cases.Target(ctx, id, r.Number)
	if errors.Is(err, ErrNotFound) {
		return picked{}, &CaseNext{
			State: CaseHeld, Cause: CauseNumberless, Why: "発信できる番号がありません", WhyEN: "it has no number that may be dialled",
		}, Refuse(UnknownCase)
	}
	if err != nil {
		return picked{}, nil, ledgerRefusal(err)
	}
	override := ""
	if t.Foreign && !r.adHoc {
		if !r.Asker.Supervises() || r.Reason == "" {
			return picked{}, nil, errNotItsNumber
		}
		override = r.Reason
	}
	now := e.d.Now()
	numbers, err := e.factsOf(ctx, t, now)
	if err != nil {
		return picked{}, nil, ledgerRefusal(err)
	}
	c := e.rules().Choose(now, numbers, r.Asker.Supervises())
	if c.At < 0 {
		return picked{target: t}, &CaseNext{State: CaseHeld, Cause: CauseNumberless, Why: c.No.JA, WhyEN: c.No.EN}, c.No
	}
	p := picked{target: t.at(numbers[c.At].CaseNumber), tries: numbers[c.At].Tries, override: override, mustWait: !r.Asker.Supervises()}
	return e.judgeTime(r, p, c, now)
}

// errNotItsNumber is told of a number that stands nowhere in the case, or that was found to be wrong: a click rings whom the ward's list, the
// documents or the person named, and nobody else.
var errNotItsNumber = &Refusal{
	Rule: ForbiddenNumber, JA: "この案件の番号ではないか、使えないと分かった番号です。番号入力で登録するか、スーパーバイザーが理由を書いて発信してください",
	EN: "the number is not one of the case's, or was found to be wrong; enter it as the case's, or let a supervisor who gives a reason dial it",
}

// factsOf is what is known of the numbers of a case among which the next one is chosen.
func (e *Engine) factsOf(ctx context.Context, t Target, now time.Time) ([]NumberFacts, error) {
	all := t.Numbers
	if len(all) == 0 {
		all = []CaseNumber{{Number: t.Number, Ref: t.NumberRef, DoNotCall: t.DoNotCall}}
	}
	facts := make([]NumberFacts, len(all))
	for i, n := range all {
		tries, err := e.d.Ledger.Tries(ctx, n.Ref, now.Add(-TriesKept))
		if err != nil {
			return nil, err
		}
		facts[i] = NumberFacts{CaseNumber: n, Tries: tries, Calling: e.calling(n.Ref, t.CaseID)}
	}
	return facts, nil
}

// at is the target with another of its numbers.
func (t Target) at(n CaseNumber) Target {
	t.Number, t.NumberRef, t.DoNotCall = n.Number, n.Ref, n.DoNotCall
	t.Sample = t.Sample || n.Number.MadeUp()
	return t
}

// judgeTime asks the rules about when a case may be called. A supervisor who gives a reason may call against them, and what
// the person asked for is an exception: either stands in the record.
func (e *Engine) judgeTime(r DialRequest, p picked, c Choice, now time.Time) (picked, *CaseNext, error) {
	wait := CaseNext{State: CaseWaiting, Due: e.d.Hours().NextOpen(c.From), Cause: CauseNumber, Why: c.Why.JA, WhyEN: c.Why.EN}
	if e.calling(p.target.NumberRef, p.target.CaseID) {
		return p, &wait, ErrCallsUs
	}
	exception := c.Why != (Reason{}) && !c.From.After(now)
	capped, why := e.rules().Caps.FreeFrom(now, p.target.Made)
	var no *Refusal
	switch {
	case c.From.After(now):
		no = lockedRefusal(c.Why, wait.Due)
	case capped.After(now) && !exception:
		wait.Due, wait.Cause, wait.Why, wait.WhyEN = e.d.Hours().NextOpen(capped), CauseCap, why.JA, why.EN
		no = &Refusal{Rule: CapReached, JA: why.JA, EN: why.EN}
	}
	switch {
	case no != nil && (!r.Asker.Supervises() || r.Reason == ""):
		return p, &wait, no
	case no != nil:
		p.override = r.Reason
	case exception && p.override == "":
		p.override = c.Why.JA
	}
	return p, nil, nil
}

// ErrCallsUs is told of a number that is calling us, or talking with us.
var ErrCallsUs = &Refusal{
	Rule: NumberLocked, JA: "この番号の方からいま電話がかかってきています(または通話中です)",
	EN: "somebody is calling us from this number, or talking with us",
}

func lockedRefusal(why Reason, until time.Time) *Refusal {
	from := InWords(until)
	return &Refusal{
		Rule: NumberLocked, JA: why.JA + "。" + from.JA + " から発信できます", EN: why.EN + "; it may be dialled again from " + from.EN,
	}
}

func numberRefusal(n Number, supervisor bool) error {
	rule, why := n.ForbiddenFor(supervisor)
	if rule == "" {
		return nil
	}
	return &Refusal{Rule: ForbiddenNumber, JA: why, EN: "the number may not be dialled (" + rule + ")"}
}

func ledgerRefusal(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrLedgerDown):
		return Refuse(LedgerDown)
	case errors.Is(err, ErrFenced):
		return errFenced
	case errors.Is(err, ErrNotFound):
		return Refuse(UnknownCase)
	default:
		return err
	}
}

func (e *Engine) claimRefusal(err error) error {
	switch {
	case errors.Is(err, ErrQueueDown):
		e.noteQueueDown()
		return Refuse(QueueDown)
	case errors.Is(err, ErrQueueEmpty):
		return Refuse(QueueEmpty)
	case errors.Is(err, ErrCaseClaimed):
		return Refuse(CaseBusy)
	default:
		return err
	}
}

package sip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// ender ends a leg that no process owns any more: one that a handle names, or one whose 2xx came to us unasked.
type ender struct {
	lane    *lane
	saved   saved
	ended   map[string]bool // To tags that got our BYE
	waiting []chan<- error  // callers of Terminate
	result  *error          // what Terminate tells; nil while it is not known
	forget  *time.Timer
	final   bool // the saved INVITE got its final answer, and that is no 2xx
}

// Terminate implements dialer.Phone. A leg that this process still owns is dropped.
func (a *Agent) Terminate(ctx context.Context, h dialer.LegHandle) error {
	s, err := parseHandle(h)
	if err != nil {
		return err
	}
	if len(s.Phones) > 0 {
		return a.terminateAll(ctx, h.Leg, s.Phones)
	}
	if s.State == legClosed {
		return nil
	}
	if !a.running() {
		return errNotRunning
	}
	l := a.lane(s.Dialog.CallID)
	defer l.release()
	done := make(chan error, 1)
	if !l.post(func() { l.terminate(s, done) }) {
		return errNotRunning
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("sip: the far end did not answer in time: %w", ctx.Err())
	}
}

// terminateAll ends many phones that rang as one leg.
func (a *Agent) terminateAll(ctx context.Context, leg dialer.LegName, phones []json.RawMessage) error {
	said := make(chan error, len(phones))
	for _, data := range phones {
		go func() { said <- a.Terminate(ctx, dialer.LegHandle{Leg: leg, Data: data}) }()
	}
	var all error
	for range phones {
		all = errors.Join(all, <-said)
	}
	return all
}

func (l *lane) terminate(s saved, done chan<- error) {
	switch who := l.who.(type) {
	case *leg:
		who.dropFor(done)
	case *remains:
		done <- nil
	case *ender:
		who.waiting = append(who.waiting, done)
		if who.saved.Version == 0 {
			who.saved = s // it was made for a 2xx that came unasked
			who.begin()
		} else if who.result != nil && *who.result != nil {
			who.result = nil // whoever asks again after a failure wants it tried again: the phone may be back
			clear(who.ended)
			who.begin()
		}
		who.settle()
	case nil:
		e := l.newEnder(s)
		e.waiting = append(e.waiting, done)
		e.begin()
	default:
		done <- errors.New("sip: the handle names no call")
	}
}

// dropFor drops a live leg and tells done when it is gone.
func (l *leg) dropFor(done chan<- error) {
	if l.over || !l.dialled {
		l.drop()
		done <- nil
		return
	}
	l.uponGone = append(l.uponGone, func() { done <- nil })
	l.drop()
}

func (l *lane) newEnder(s saved) *ender {
	e := &ender{lane: l, saved: s, ended: map[string]bool{}}
	l.adopt(e)
	e.linger()
	return e
}

// linger keeps the ender for another 64·T1 after the last thing it did: a 2xx can be that late.
func (e *ender) linger() {
	if e.forget != nil {
		e.forget.Stop()
	}
	e.forget = e.lane.after(2*e.lane.agent.cfg.Timers.whole(), e.lane.abandon)
}

// begin sends what the saved state asks for.
func (e *ender) begin() {
	if e.saved.State == legUp {
		e.bye(e.saved.later())
		return
	}
	if e.saved.Asked != nil {
		e.turnAway(e.saved.asked(), e.lane.agent.cfg.Timers.T1)
		return
	}
	cancel, err := e.saved.cancel()
	if err != nil {
		e.finish(errors.New("sip: the handle's URI cannot be used"))
		return
	}
	e.lane.begin(cancel, e.saved.Dialog.First, e.cancelAnswered, e.finish)
	// An INVITE that was never sent has nothing to cancel: whatever is said to these CANCELs, nobody waits for it.
	for _, w := range e.saved.Others {
		s := e.saved.by(w)
		if cancel, err := s.cancel(); err == nil {
			e.lane.begin(cancel, s.Dialog.First, func(*sip.Response) {}, func(error) {})
		}
	}
}

// cancelAnswered: a 200 says that the INVITE is known, not that it is over: one that had its answer already is not affected
// (RFC 3261 §9.2), and what was saved may be older than that answer. So the INVITE's own final answer is waited for. 481
// means that there is no INVITE to cancel any more.
func (e *ender) cancelAnswered(res *sip.Response) {
	switch {
	case res.IsProvisional():
	case res.IsSuccess() && !e.final:
		e.lane.after(finalWithin*e.lane.agent.cfg.Timers.T1, e.mayBeUp)
	default:
		e.mayBeUp()
	}
}

// finalWithin is how many T1 the 487 to a cancelled INVITE may take.
const finalWithin = 4

// mayBeUp hangs up what may have been answered; where the far end's tag is known, a BYE finds it, or does no harm.
func (e *ender) mayBeUp() {
	if e.result == nil && !e.final && e.saved.Dialog.RemoteTag != "" {
		e.bye(e.saved.later())
		return
	}
	e.finish(nil)
}

// bye hangs up one dialog, once.
func (e *ender) bye(d dialog) {
	if e.ended[d.RemoteTag] {
		return
	}
	e.ended[d.RemoteTag] = true
	if e.saved.Leg == dialer.DeskLeg && e.saved.Trunk == "" {
		d.never = e.lane.agent.notForPhones(d.First)
	}
	e.lane.bye(&d, e.lane.agent.signerOf(e.saved.Trunk), e.finish)
	e.linger()
}

// finish is told how the ending went; the first word counts.
func (e *ender) finish(err error) {
	if e.result == nil {
		if err != nil && !errors.Is(err, errNotRunning) {
			err = errors.New("sip: the leg could not be ended: " + failure(err))
		}
		e.result = &err
	}
	e.settle()
}

func (e *ender) settle() {
	if e.result == nil {
		return
	}
	for _, done := range e.waiting {
		done <- *e.result
	}
	e.waiting = nil
}

// mostForks is how many phones that answered one INVITE are hung up: more than any carrier rings at once. What more there are is answered by nothing: each
// costs an ACK and a BYE that is repeated, to where the answer says.
const mostForks = 16

// response ends what the INVITE still brings: a refusal gets its ACK, a 2xx ACK and BYE, all from the response itself.
// They go to where it came from, so that nobody can have us send to a third.
func (e *ender) response(res *sip.Response) {
	if cseq := res.CSeq(); cseq.MethodName != sip.INVITE || res.IsProvisional() {
		return
	}
	from := sourceOf(res)
	if !res.IsSuccess() {
		e.ackRefusal(res, from)
		if res.CSeq().SeqNo == e.saved.Invite.CSeq && !e.final {
			e.final = true
			e.finish(nil)
		}
		return
	}
	d, ok := dialogOf(res, from)
	if !ok || !e.ended[d.RemoteTag] && len(e.ended) >= mostForks {
		return
	}
	if ack, err := d.request(sip.ACK, res.CSeq().SeqNo).build(); err == nil {
		e.lane.agent.send(ack, from)
	}
	if !e.ended[d.RemoteTag] {
		e.lane.agent.log.Warn("sip: hung up a call that nobody here knows")
	}
	e.bye(d)
}

func (e *ender) ackRefusal(res *sip.Response, to place) {
	uri := orElse(e.saved.Invite.URI, inBrackets(value(res, "To")))
	if ack, err := ackOfRefusal(res, uri, e.saved.Invite.Routes); err == nil {
		e.lane.agent.send(ack, to)
	}
}

// ackOfRefusal makes the ACK of a refusal from the refusal itself and what else its INVITE said (§17.1.1.3).
func ackOfRefusal(res *sip.Response, uri string, routes []string) (*sip.Request, error) {
	return request{
		method: sip.ACK, uri: uri, from: value(res, "From"), to: value(res, "To"), callID: res.CallID().Value(),
		cseq: res.CSeq().SeqNo, sentBy: viaSentBy(res.Via()), branch: branchOf(res.Via()), routes: routes,
	}.build()
}

// dialogOf rebuilds the dialog that a 2xx to an INVITE of ours has made (§12.1.2).
func dialogOf(res *sip.Response, at place) (dialog, bool) {
	tag, _ := res.From().Params.Get("tag")
	if tag == "" || tagOf(res) == "" {
		return dialog{}, false
	}
	d := dialog{
		CallID: res.CallID().Value(), CSeq: res.CSeq().SeqNo, LocalTag: tag, First: at, Pinned: true,
		LocalURI: inBrackets(value(res, "From")), RemoteURI: inBrackets(value(res, "To")), SentBy: viaSentBy(res.Via()),
	}
	d.Target = d.RemoteURI
	d.learn(res)
	return d, true
}

// request answers the far end, which may hang up at the same moment.
func (e *ender) request(req *sip.Request, tx *sip.ServerTx) {
	w := answer{status: sip.StatusCallTransactionDoesNotExists}
	if req.Method == sip.BYE {
		w.status = sip.StatusOK
	}
	if err := tx.Respond(w.respond(req, statelessTag(req))); err != nil {
		e.lane.agent.log.Warn("sip: an answer could not be sent", "err", err)
	}
}

// turnAways is how often a refusal is sent, with twice as long between them each time: enough for one that is lost, and soon
// over (dialer gives a leg 5 s).
const turnAways = 3

// turnAway refuses the INVITE that a dead process had not answered: its caller would listen to the ringing for ever. The
// refusal is repeated, as its transaction would have done (§17.2.1), until the ACK comes. If none does, the INVITE may have had
// its 200 after all, just before the crash, and whoever talks to nobody then is hung up.
func (e *ender) turnAway(invite *sip.Request, pause time.Duration) {
	switch t := e.lane.agent.cfg.Timers.T1; {
	case e.result != nil || e.saved.State == legUp:
		return
	case invite == nil || pause >= t<<turnAways:
		e.wasAnswered()
		return
	}
	no := answer{status: sip.StatusServiceUnavailable}.respond(invite, e.saved.Dialog.LocalTag)
	e.lane.agent.sendOr(no, e.saved.Asked.At, e.saved.Asked.Or)
	e.lane.after(pause, func() { e.turnAway(invite, 2*pause) })
}

// wasAnswered hangs up a caller whom the dead process seems to have answered.
func (e *ender) wasAnswered() {
	e.saved.State = legUp
	e.bye(e.saved.later())
}

// ack is the caller's: to our refusal if it has the INVITE's branch (§17.1.1.3), else to an answer that came before it.
func (e *ender) ack(ack *sip.Request) {
	switch invite := e.invite(); {
	case e.result != nil || e.saved.State == legUp || invite == nil:
	case branchOf(ack.Via()) == branchOf(invite.Via()):
		e.finish(nil)
	default:
		e.wasAnswered()
	}
}

// invite is the caller's; nil where there is none.
func (e *ender) invite() *sip.Request {
	if e.saved.Asked == nil {
		return nil
	}
	return e.saved.asked()
}

package sip

import (
	"errors"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// drop ends the leg as its state asks: nothing before the INVITE, CANCEL before the answer, BYE after it.
func (l *leg) drop() {
	if l.dropped || l.over || l.lane.who != party(l) || l.tone() {
		return
	}
	l.dropped = true
	if !l.dialled {
		return
	}
	switch {
	case l.summons != nil && !l.summons.done:
		l.refuseCaller(answer{status: sip.StatusTemporarilyUnavailable})
		return
	case l.state == legEarly:
		l.cancel()
	case l.state == legUp:
		l.hangUp()
	default:
		// No CANCEL before a provisional response: it could overtake the INVITE (RFC 3261 §9.1). The first one that
		// comes sends it; if none does, timer B ends the leg.
	}
	// The promise is 64·T1 after the drop; a little less leaves room for a late timer.
	l.later(l.lane.agent.cfg.Timers.whole()-l.lane.agent.cfg.Timers.T1, l.giveUp)
}

// tone has the operator hear the busy tone before the desk phone is hung up, where the other side is gone or did not come.
// Whoever drops the leg again cuts it short.
func (l *leg) tone() bool {
	d := l.lane.agent.cfg.BusyTone
	if d == 0 || l.toned || l.name != dialer.DeskLeg || l.state != legUp || !l.line.left.Load() {
		return false
	}
	l.toned = true
	l.line.bridge.Unlink()
	l.line.bridge.PlayTone(l.side, media.Busy)
	l.later(d, l.drop)
	return true
}

// dropBecause drops the leg on our own account; the BYE's evidence says why.
func (l *leg) dropBecause(why string) {
	l.why = why
	l.drop()
}

// giveUp is for a far end that answers our CANCEL or BYE with nothing useful.
func (l *leg) giveUp() {
	if l.over {
		return
	}
	if l.owesBye {
		l.bye(func(error) {}) // their ACK never came, and nothing is gained by more waiting (§15)
	}
	l.note(dialer.EvNoAnswer, "the far end did not end the call in time")
	l.gone(false)
}

// cancel is §9.1: it repeats the INVITE's Request-URI, Via, From, To, Call-ID and CSeq number. It is built from what the
// INVITE said, not from what a provisional response taught us, and nobody waits for the 487.
func (l *leg) cancel() {
	if l.cancelled || l.state != legEarly {
		return
	}
	req, err := l.saved().cancel()
	if err != nil {
		return // the INVITE's own URI was parsed before
	}
	l.cancelled = true
	l.note(dialer.EvCancelSent, "")
	l.lane.begin(req, l.current.to, func(*sip.Response) {}, func(error) {})
}

// cancel builds the CANCEL of the saved INVITE, with its Route headers: it must take the same way.
func (s saved) cancel() (*sip.Request, error) {
	return request{
		method: sip.CANCEL, uri: s.Invite.URI, from: s.Dialog.from(), to: "<" + s.Dialog.RemoteURI + ">",
		callID: s.Dialog.CallID, cseq: s.Invite.CSeq, sentBy: s.Dialog.SentBy, branch: s.Invite.Branch,
		routes: s.Invite.Routes,
	}.build()
}

// hangUp sends the BYE, after the ACK that is still owed.
func (l *leg) hangUp() {
	if l.hungUp || l.over {
		return
	}
	if l.summons != nil && l.reoffer != nil && l.reoffer.cseq == l.summons.cseq() {
		l.owesBye = true // whoever was called sends no BYE before the ACK has come (§15)
		return
	}
	l.hungUp, l.owesBye = true, false
	l.confirm()
	l.note(dialer.EvByeSent, l.why)
	l.bye(l.byeDone)
}

func (l *leg) bye(done func(error)) {
	l.lane.bye(&l.dialog, l.signer.another(), done)
}

// byeDone: whatever the far end answered, 481 and 408 too, the dialog is over (§12.2.1.2, §15.1.1).
func (l *leg) byeDone(err error) {
	if err != nil {
		l.note(dialer.EvNoAnswer, failure(err))
	}
	l.gone(false)
}

func isTimeout(err error) bool { return errors.Is(err, sip.ErrTransactionTimeout) }

package sip

import (
	"errors"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// response takes what matches no request of the leg: nothing that is known to be ours, so nothing is owed.
func (l *leg) response(*sip.Response) {}

// outside is the answer to a request that is none of the dialog's; nil to one that is.
func (l *leg) outside(req *sip.Request) *answer {
	switch to := req.To(); {
	case to != nil && !to.Params.Has("tag"):
		return &answer{status: sip.StatusLoopDetected} // our own call has come back to us, by a loop or a fork
	case !l.dialog.holds(req), !l.mayAsk(req), l.over && req.Method != sip.BYE:
		return &answer{status: sip.StatusCallTransactionDoesNotExists}
	}
	return nil
}

// request answers the far end within the dialog (RFC 3261 §12.2.2).
func (l *leg) request(req *sip.Request, tx *sip.ServerTx) {
	if int64(req.CSeq().SeqNo) <= l.dialog.RemoteCSeq {
		l.reply(req, tx, answer{status: sip.StatusInternalServerError, extras: []extra{{"Retry-After", "1"}}})
		return
	}
	l.dialog.RemoteCSeq = int64(req.CSeq().SeqNo)
	if no := unknownExtensions(req, supportedTags...); no != nil {
		l.reply(req, tx, *no)
		return
	}
	switch req.Method {
	case sip.BYE:
		l.hungUpByThem(req, tx)
	case sip.INVITE, sip.UPDATE:
		l.offered(req, tx)
	case sip.PRACK:
		l.pracked(req, tx)
	case sip.REFER:
		l.referred(req, tx)
	case sip.INFO:
		l.infoed(req, tx)
	case sip.NOTIFY: // a call of ours subscribes to nothing
		l.reply(req, tx, answer{status: statusBadEvent})
	case sip.OPTIONS:
		l.reply(req, tx, capabilities())
	default:
		l.reply(req, tx, unserved(req.Method))
	}
}

// mayAsk reports whether a request comes from where the far end is: its dialog's addresses, its trunk's, or where the desk's phone is
// registered now, which may have moved. A BYE is taken from anywhere: a carrier may send it from an address that we were never told, and a
// talk that is over must not be kept up. A dialog over TLS is spoken to by TLS alone: there the source cannot be forged.
func (l *leg) mayAsk(req *sip.Request) bool {
	from := sourceOf(req)
	addr := from.Addr()
	if !asSafe(from.by, l.dialog.First.by) {
		return false
	}
	if req.Method == sip.BYE || l.dialog.isAt(addr) || l.desk != "" && l.lane.agent.register.bound(l.desk, addr) {
		return true
	}
	return slices.ContainsFunc(l.lane.agent.uplinks, func(u *uplink) bool { return u.trunk.Name == l.trunk && u.isAt(addr) })
}

// reply answers in the request's transaction, which repeats the answer to a repeated request.
func (l *leg) reply(req *sip.Request, tx *sip.ServerTx, w answer) *sip.Response {
	res := w.respond(req, l.dialog.LocalTag)
	if err := tx.Respond(res); err != nil {
		l.lane.agent.log.Warn("leg: an answer could not be sent", "call", l.line.id, "leg", l.name, "err", err)
	}
	return res
}

// hungUpByThem is §15.1.2. A BYE that comes before our ACK, or crosses ours, ends the leg all the same.
func (l *leg) hungUpByThem(req *sip.Request, tx *sip.ServerTx) {
	l.reply(req, tx, answer{status: sip.StatusOK})
	if l.over {
		return
	}
	if l.summons != nil && !l.summons.done {
		l.summons.end(l, answer{status: sip.StatusRequestTerminated}) // a BYE in an early dialog ends its INVITE (§15.1.2)
	}
	l.tell(dialer.LegNote, evidence(dialer.EvByeReceived, req))
	if l.summons == nil {
		l.cancel() // whom we call may send none before they answer (§15): their phone would ring on
	}
	l.confirm()
	l.gone(!l.hungUp)
}

// reoffer is a 2xx of ours to a re-INVITE. It is repeated until the ACK comes; without one the call ends (§13.3.1.4).
type reoffer struct {
	cseq    uint32
	res     *sip.Response
	tx      *sip.ServerTx
	pause   time.Duration
	since   time.Time
	ours    bool // the SDP in the 2xx is an offer: the ACK must answer it
	stopped bool
	calm    func() // stops the next repetition
	acked   func() // done when the ACK has come; nil for nothing
}

// offered is a re-INVITE or an UPDATE: hold, resume, another address (§14.2, RFC 3311 §5.2).
func (l *leg) offered(req *sip.Request, tx *sip.ServerTx) {
	sdp := sdpOf(req)
	if sdp == nil && len(req.Body()) > 0 {
		l.reply(req, tx, answer{status: sip.StatusUnsupportedMediaType, extras: []extra{{"Accept", sdpType}}}) // §8.2.3
		return
	}
	if l.dropped || l.hungUp { // for us there is no such dialog (§15.1.1), and its side may be another phone's
		l.reply(req, tx, answer{status: sip.StatusCallTransactionDoesNotExists})
		return
	}
	if l.summons != nil && !l.summons.done && (sdp != nil || req.Method == sip.INVITE) {
		l.reply(req, tx, answer{status: sip.StatusInternalServerError, extras: []extra{{"Retry-After", "1"}}}) // their own INVITE is still to be answered (§14.2, RFC 3311 §5.2)
		return
	}
	pending := l.state != legUp || l.reoffer != nil || l.session.busy && l.session.plain || !l.hasSide()
	if pending && (sdp != nil || req.Method == sip.INVITE) {
		l.reply(req, tx, answer{status: sip.StatusRequestPending}) // their offer meets one that is under way
		return
	}
	timer, agreed, no := l.sessionAnswer(req)
	if no != nil {
		l.reply(req, tx, *no)
		return
	}
	w := answer{status: sip.StatusOK, extras: append([]extra{
		{"Contact", l.contact()}, {"Allow", allowed}, {"Supported", supported},
	}, timer...)}
	switch {
	case sdp != nil:
		made, err := l.line.bridge.Answer(l.side, sdp)
		if err != nil {
			l.reply(req, tx, sdpRefusal(err)) // the call goes on as it was (§14.1)
			return
		}
		w.sdp = made
	case req.Method == sip.INVITE:
		w.sdp = l.line.bridge.Offer(l.side)
	}
	l.dialog.retarget(req)
	agreed()
	res := l.reply(req, tx, w)
	l.tell(dialer.LegNote, evidence(dialer.EvChanged, req))
	l.phoneHeld()
	if req.Method == sip.INVITE {
		l.awaitAck(&reoffer{cseq: req.CSeq().SeqNo, res: res, tx: tx, ours: sdp == nil})
	}
}

// sdpRefusal: SDP that says nothing is a bad request, SDP we cannot agree to is not acceptable (§21.4.26).
func sdpRefusal(err error) answer {
	if errors.Is(err, media.ErrMalformedSDP) {
		return answer{status: sip.StatusBadRequest, reason: "Bad SDP"}
	}
	return answer{
		status: sip.StatusNotAcceptableHere,
		extras: []extra{{"Warning", `305 kakeru "Incompatible media format"`}}, // §20.43
	}
}

func (l *leg) awaitAck(r *reoffer) {
	l.reoffer = r
	r.since = time.Now()
	r.pause = l.lane.agent.cfg.Timers.T1
	r.calm = l.later(r.pause, func() { l.repeatReoffer(r) })
}

func (l *leg) repeatReoffer(r *reoffer) {
	t := l.lane.agent.cfg.Timers
	if r.stopped || l.over {
		return
	}
	if time.Since(r.since) >= t.whole() {
		l.reoffer = nil
		l.dropBecause("no ACK for our answer to the far end's INVITE")
		if l.owesBye {
			l.hangUp()
		}
		return
	}
	if err := r.tx.Respond(r.res); err != nil {
		l.lane.agent.log.Debug("leg: a 2xx could not be repeated", "call", l.line.id, "err", err)
	}
	r.pause = min(2*r.pause, t.T2)
	r.calm = l.later(r.pause, func() { l.repeatReoffer(r) })
}

// repeatTo answers a repeated re-INVITE again, when its 2xx was lost and the call has ended since: by the clock nobody
// repeats it any more.
func (l *leg) repeatTo(tx *sip.ServerTx) {
	r := l.reoffer
	if r == nil || r.tx != tx || !l.over {
		return
	}
	if err := tx.Respond(r.res); err != nil {
		l.lane.agent.log.Debug("leg: a 2xx could not be repeated", "call", l.line.id, "err", err)
	}
}

// ack ends the wait for the ACK of a 2xx; it may carry the answer to our offer.
func (l *leg) ack(req *sip.Request) {
	r := l.reoffer
	if r == nil || !l.dialog.holds(req) || !l.mayAsk(req) || req.CSeq().SeqNo != r.cseq {
		return
	}
	r.stopped = true
	r.calm() // a call may have any number of them
	l.reoffer = nil
	if l.owesBye {
		l.hangUp()
		return
	}
	l.proven.Store(true) // the To tag in it was in our answer alone: they are where they say
	if r.ours && !l.takeSDP(sdpOf(req)) {
		l.dropBecause("the far end's answer to our offer cannot be used")
	} else if r.acked != nil && !l.over && !l.dropped {
		r.acked()
	}
	l.phoneHeld()
}

// capabilities answers OPTIONS (§11.2).
func capabilities() answer {
	return answer{status: sip.StatusOK, extras: []extra{{"Allow", allowed}, {"Accept", sdpType}, {"Accept-Encoding", "identity"}}}
}

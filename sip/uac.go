package sip

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// dial sends the INVITE (RFC 3261 §13.2.1).
func (l *leg) dial() {
	if l.dialled {
		return
	}
	l.dialled = true
	if l.dropped || l.lane.who != party(l) { // the line was closed, or the agent is about to end
		l.gone(false)
		return
	}
	if !l.sendInvite() {
		return
	}
	l.note(dialer.EvInvite, "")
}

// sendInvite is false when the INVITE may not leave; the leg is gone then.
func (l *leg) sendInvite() bool {
	req, err := l.buildInvite()
	if err == nil && l.gate != nil {
		err = l.gate.passes(req)
	}
	if err != nil {
		why := "the INVITE could not be made"
		if errors.Is(err, errGate) {
			why = err.Error()
		}
		l.note(dialer.EvNoAnswer, why)
		l.gone(false)
		return false
	}
	now := l.saved().handle()
	l.now.Store(&now) // the next fact tells of it
	l.sentAt = l.lane.agent.moment()
	l.begunAt = orElse(l.begunAt, l.sentAt)
	l.rseqs, l.pracks = nil, 0 // each INVITE has numbers of its own (RFC 3262 §3)
	x := &exchange{lane: l.lane, req: req, to: l.dialog.First, heard: l.inviteAnswered, failed: l.inviteFailed}
	if l.gate != nil {
		x.rings = new(l.sentAt)
	}
	l.current = l.lane.start(x)
	return true
}

func (l *leg) buildInvite() (*sip.Request, error) {
	r := request{
		method: sip.INVITE, uri: l.invite.URI, from: l.dialog.from(), to: "<" + l.dialog.RemoteURI + ">",
		callID: l.dialog.CallID, cseq: l.invite.CSeq, sentBy: l.dialog.SentBy, branch: l.invite.Branch,
		routes: l.invite.Routes,
		extras: append(append([]extra{
			{"Contact", l.contact()}, {"Allow", allowed}, {"Accept", sdpType}, {"Supported", supported},
		}, l.session.asks(l.lane.agent)...), l.extras...),
		sdp: l.line.bridge.OfferAnew(l.side, l.srtp),
	}
	req, err := r.build()
	if err != nil {
		return nil, err
	}
	return req, l.signer.sign(req)
}

// inviteAnswered takes every response to our INVITE, in order of arrival (§13.2.2). One to an INVITE that was challenged
// and sent anew can only be a repetition.
func (l *leg) inviteAnswered(res *sip.Response) {
	switch status := res.StatusCode; {
	case status < 200:
		l.provisional(res)
	case status < 300:
		l.success(res)
	default:
		l.refused(res)
	}
}

// provisional is §13.2.2.1. A CANCEL that waited for it leaves now.
func (l *leg) provisional(res *sip.Response) {
	if res.StatusCode != sip.StatusTrying && !l.rang() {
		l.rangAt = l.lane.agent.cfg.Now()
	}
	wide := tooWide(res) // then nothing counts but that one came, and that it may have rung
	if !wide && !l.acknowledge(res) {
		return
	}
	if l.state == legReady {
		l.state = legEarly
	}
	if !wide && l.state == legEarly && tagOf(res) != "" {
		l.dialog.learn(res)
	}
	if !wide && !l.over && !l.confirmed && l.state == legEarly {
		l.tellProvisional(res)
		if res.StatusCode == sip.StatusRinging {
			l.askToTalk(res)
		}
	}
	if l.dropped || l.over {
		l.cancel()
	}
}

// tellProvisional tells the first ringing and the first early media as such, the others as notes.
func (l *leg) tellProvisional(res *sip.Response) {
	if res.StatusCode == sip.StatusTrying {
		if !l.tried {
			l.tell(dialer.LegNote, evidence(dialer.EvTrying, res))
		}
		l.tried = true
		return
	}
	took := l.takeSDP(sdpOf(res))
	if took || l.waitsItsTurn() {
		l.keepEarly(res)
	}
	if took || l.dropped && sdpOf(res) != nil {
		if l.earlyToo || l.dropped { // one that crosses our CANCEL is heard by nobody
			l.tell(dialer.LegNote, evidence(dialer.EvEarlyMedia, res))
			return
		}
		l.earlyToo = true
		l.tell(dialer.LegEarly, evidence(dialer.EvEarlyMedia, res))
		return
	}
	l.rings(evidence(dialer.EvRinging, res))
}

// rings tells the first ringing as such, and the others as notes.
func (l *leg) rings(ev dialer.Evidence) {
	if l.ranAlready {
		l.tell(dialer.LegNote, ev)
		return
	}
	l.ranAlready = true
	l.line.ringing(l.side)
	l.tell(dialer.LegRinging, ev)
}

// waitsItsTurn: of many phones that ring only the one that answers is heard.
func (l *leg) waitsItsTurn() bool { return l.hunt != nil && l.hunt.awaits && l.state != legUp }

// hasSide reports whether the leg says where its side's sound goes.
func (l *leg) hasSide() bool { return l.hunt == nil || l.hunt.has(l) }

// keepEarly keeps the answer in a provisional response, the newest of each dialog.
func (l *leg) keepEarly(res *sip.Response) {
	sdp, tag := sdpOf(res), tagOf(res)
	if _, there := l.early[tag]; sdp == nil || !there && len(l.early) == mostForks {
		return
	}
	if l.early == nil {
		l.early = map[string][]byte{}
	}
	l.early[tag] = sdp
}

// answerIn is the answer to our offer: that in the 2xx, or one that came in a provisional response of its dialog, after which the 2xx need not repeat it (RFC 6337
// §3.1.1). What another phone said, of a call that was forked, is no answer of this one's: the operator would talk to whoever said it, and not to who answered. One
// without a tag, as some old gateways send, may be anybody's.
func (l *leg) answerIn(res *sip.Response) []byte {
	if sdp := sdpOf(res); sdp != nil {
		return sdp
	}
	if sdp, ok := l.early[tagOf(res)]; ok {
		return sdp
	}
	return l.early[""]
}

// takeAnswer gives media the answer of who answered. It is not told again what it heard last, which a request of the far end's may have changed since.
func (l *leg) takeAnswer(res *sip.Response) bool {
	sdp := l.answerIn(res)
	return sdpOf(res) == nil && sdp != nil && bytes.Equal(sdp, l.applied) || l.takeSDP(sdp)
}

// takeSDP gives the far end's answer to media. It is false when there is none, or it cannot be used.
func (l *leg) takeSDP(sdp []byte) bool {
	if sdp == nil || l.waitsItsTurn() || l.dropped || l.hungUp || !l.hasSide() {
		return false
	}
	if err := l.line.bridge.SetRemote(l.side, sdp); err != nil {
		l.lane.agent.log.Warn("leg: SDP cannot be used", "call", l.line.id, "leg", l.name, "err", err)
		return false
	}
	l.applied = sdp
	l.listen()
	return true
}

// success is §13.2.2.4: the first 2xx, its repetitions, another branch's after a fork, and one that crossed our CANCEL.
func (l *leg) success(res *sip.Response) {
	switch {
	case res.CSeq().SeqNo != l.invite.CSeq:
		l.endOther(res) // of an INVITE that was refused, and went elsewhere meanwhile
	case l.state == legUp && tagOf(res) == l.dialog.RemoteTag:
		if l.confirmed {
			l.repeatAck()
		}
	case l.state == legUp || l.over:
		l.endOther(res)
	case l.dropped:
		l.crossed(res)
	case tooWide(res): // by all of that it is hung up
		l.noAnswer(res, "the answer's Record-Route or To tag is too long")
	case tagOf(res) == "": // what we ask within such a dialog would be a call of its own to whoever reads it (§12.1.2)
		l.noAnswer(res, "the answer has no To tag, so that it makes no dialog")
	case l.hunt != nil && l.line.bridge.Usable(l.side, l.answerIn(res), l.srtp) != nil:
		l.noAnswer(res, noSDP) // no reason to let it have the call, and the others ring no more
	case l.hunt != nil && !l.hunt.won(l):
		l.dropped = true // another phone was quicker, and our CANCEL comes too late
		l.crossed(res)
	default:
		l.answered(res)
	}
}

const noSDP = "the answer's SDP cannot be used"

// noAnswer hangs up a 2xx that is none for the owner: nobody may be rung, or told that they talk, because of it.
func (l *leg) noAnswer(res *sip.Response, why string) {
	l.unusable = true
	l.up(res)
	l.tell(dialer.LegNote, evidence(dialer.EvAnswered, res))
	l.dropBecause(why)
}

func (l *leg) answered(res *sip.Response) {
	l.up(res)
	if l.unusable = !l.takeAnswer(res); l.unusable {
		// For the owner this is no answer: nobody may be rung, or told that they talk, because of a leg that is being hung up.
		l.tell(dialer.LegNote, evidence(dialer.EvAnswered, res))
		l.dropBecause(noSDP)
		return
	}
	l.sessionAgreed(res)
	l.earAnswered()
	l.tell(dialer.LegAnswered, evidence(dialer.EvAnswered, res))
	l.later(l.lane.agent.cfg.ConfirmAfter, l.confirm)
}

// up notes that the dialog is confirmed (§12.1.2).
func (l *leg) up(res *sip.Response) {
	l.dialog.learn(res)
	l.state = legUp
}

// crossed is a 2xx that met our CANCEL, or came before one could be sent: it is ACKed and hung up, so that the far end
// is not left in a call that nobody is in.
func (l *leg) crossed(res *sip.Response) {
	l.up(res)
	l.tell(dialer.LegNote, evidence(dialer.EvCrossed, res))
	l.hangUp()
}

// confirm sends the ACK of the 2xx.
func (l *leg) confirm() {
	if l.state != legUp || l.confirmed || l.lane.who != party(l) {
		return
	}
	l.confirmed = true
	l.ackSent = l.buildAck(&l.dialog, l.invite.CSeq, l.current.req)
	l.repeatAck()
}

// buildAck makes the ACK of an INVITE's 2xx ourselves: a request of its own, with the INVITE's CSeq number whatever was
// sent since, and its credentials (§13.2.2.4, §22.1).
func (l *leg) buildAck(d *dialog, cseq uint32, invite *sip.Request) *sip.Request {
	ack, err := d.request(sip.ACK, cseq).build()
	if err != nil {
		l.lane.agent.log.Warn("leg: no ACK, the far end's Contact cannot be used", "call", l.line.id, "leg", l.name)
		return nil
	}
	for _, given := range credentialsIn(invite) {
		ack.AppendHeader(sip.NewHeader(given.name, given.value))
	}
	return ack
}

func (l *leg) repeatAck() {
	if l.ackSent != nil {
		l.sendAck(l.ackSent, l.dialog.next(context.Background()))
	}
}

// sendAck sends an ACK, without its credentials to where they are not for: the far end may have moved since it was built.
func (l *leg) sendAck(ack *sip.Request, to place) {
	if !l.signer.shows(to) {
		ack = ack.Clone()
		for _, given := range credentialsIn(ack) {
			ack.RemoveHeader(given.name)
		}
	}
	l.lane.agent.send(ack, to)
}

// refused is a final answer that is no 2xx. Its ACK has left already.
func (l *leg) refused(res *sip.Response) {
	if l.over || l.state == legUp || value(res, "CSeq") == "" || res.CSeq().SeqNo != l.invite.CSeq {
		return
	}
	again := !l.dropped && !l.rang() && !l.tooLate(res)
	if again && isChallenge(res) && l.signer.take(res) {
		l.askAgain(dialer.EvChallenged, res)
		return
	}
	if again && l.longerSession(res) {
		l.askAgain(dialer.EvAskedAgain, res)
		return
	}
	if l.mayReroute(res) {
		l.reroute(evidence(dialer.EvRerouted, res))
		return
	}
	l.tell(dialer.LegNote, evidence(dialer.EvFinal, res))
	l.gone(!l.cancelled || res.StatusCode != sip.StatusRequestTerminated)
}

// rang reports whether somebody's phone may have rung, by whatever the far end said but that it tries: then no INVITE of the leg leaves again, by whichever way and
// for whatever reason. Who refuses a call after that has rung them for it.
func (l *leg) rang() bool { return !l.rangAt.IsZero() }

// askAgain sends the INVITE anew as its refusal asks, with credentials or for a longer session: same Call-ID and From tag,
// next CSeq, new branch (§22.2, RFC 4028 §7.4). It is the same leg, and a new transaction: a CANCEL must wait for that one's
// first response.
func (l *leg) askAgain(why dialer.EvidenceEvent, res *sip.Response) {
	l.dialog.CSeq++
	l.invite.CSeq, l.invite.Branch = l.dialog.CSeq, newBranch()
	l.dialog.RemoteTag, l.dialog.Routes = "", nil
	l.state = legReady
	l.tell(dialer.LegNote, evidence(why, res))
	l.sendInvite()
}

// inviteFailed: nobody answered, or nothing could be sent (§8.1.3.1 calls it 408 and 503).
func (l *leg) inviteFailed(err error) {
	if l.over || l.state == legUp {
		return
	}
	if l.current.unsent != nil && l.canReroute() && !l.deadTooLate() {
		l.reroute(dialer.Evidence{Event: dialer.EvRerouted, Reason: failure(err)})
		return
	}
	l.note(dialer.EvNoAnswer, failure(err))
	l.gone(false) // silence is nobody's doing: the INVITE may have come through, and the phone may have rung
}

// endOther ends an answer that is not the leg's: another branch of a fork, or one that came after the leg was gone. Each
// repetition is ACKed; the BYE goes once.
func (l *leg) endOther(res *sip.Response) {
	tag := tagOf(res)
	if len(l.ended) >= mostForks && !slices.Contains(l.ended, tag) {
		return
	}
	other := l.dialog
	other.CSeq = res.CSeq().SeqNo
	other.learn(res)
	ctx := context.Background()
	if ack := l.buildAck(&other, other.CSeq, l.current.req); ack != nil {
		l.sendAck(ack, other.next(ctx))
	}
	if slices.Contains(l.ended, tag) {
		return
	}
	l.ended = append(l.ended, tag)
	l.note(dialer.EvByeSent, "another answer of a call that was forked")
	l.lane.bye(&other, l.signer.another(), func(error) {})
}

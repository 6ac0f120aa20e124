package lab

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// This file is the called side's part of RFC 3261: what comes in, and our
// answers with their retransmissions.

// transaction names a request's server transaction (§17.2.3).
func transaction(req request) string {
	return branchOf(req.Request) + " " + req.Via().SentBy() + " " + string(req.Method)
}

func (c *call) requested(req request) {
	if req.IsAck() {
		c.acknowledged(req)
		return
	}
	key := transaction(req)
	if r, again := c.seen[key]; again {
		if r.raw != nil && !c.deaf {
			c.end.send(r.raw, r.to)
		}
		return
	}
	c.seen[key] = &reply{}
	c.count(req)
	if req.IsCancel() {
		c.cancel(req)
		return
	}
	if _, inDialog := req.To().Params.Get("tag"); inDialog {
		c.within(req)
		return
	}
	switch {
	case !req.IsInvite():
		c.respond(req, 481, nil)
	case c.outward != nil:
		c.respond(req, 482, nil)
	case c.invite.Request == nil, c.challenged(req):
		c.begin(req)
	default:
		c.respond(req, 482, nil) // §8.2.2.2
	}
}

// count notes a request that is no retransmission.
func (c *call) count(req request) {
	c.note(true, string(req.Method))
	c.change(false, func(r *record) {
		switch req.Method { //nolint:exhaustive // the rest is in the events
		case sip.INVITE:
			r.Invites++
		case sip.CANCEL:
			r.Cancels++
		case sip.BYE:
			r.ByesSeen++
		}
	})
}

// challenged reports that an INVITE follows our 401.
func (c *call) challenged(req request) bool {
	return c.phase == offered && c.final != nil && req.CSeq().SeqNo > c.cseqIn
}

// begin takes the INVITE that starts the call.
func (c *call) begin(req request) {
	c.dropFinal()
	c.invite, c.cseqIn = req, req.CSeq().SeqNo
	if required := req.GetHeader("Require"); required != nil {
		c.refuse(420, sip.NewHeader("Unsupported", required.Value()))
		return
	}
	if req.Contact() == nil {
		c.refuse(400)
		return
	}
	c.target = req.Contact().Address
	if status := unusable(req.Body()); status != 0 {
		c.refuse(status)
		return
	}
	if !c.admit(req) {
		return
	}
	c.respond(req, 100, nil)
	c.ring()
}

// within takes a request inside the dialog (§12.2.2).
func (c *call) within(req request) {
	to, _ := req.To().Params.Get("tag")
	if c.invite.Request == nil || to != c.tag || fromTag(req) != fromTag(c.invite) || c.phase == over {
		c.respond(req, 481, nil)
		return
	}
	if req.CSeq().SeqNo <= c.cseqIn {
		c.respond(req, 500, nil)
		return
	}
	c.cseqIn = req.CSeq().SeqNo
	switch req.Method {
	case sip.BYE:
		c.goodbye(req)
	case sip.INVITE:
		c.reinvited(req)
	case sip.OPTIONS:
		c.respond(req, 200, nil, sip.NewHeader("Allow", allowed))
	default:
		c.respond(req, 405, nil, sip.NewHeader("Allow", allowed))
	}
}

func fromTag(req request) string {
	tag, _ := req.From().Params.Get("tag")
	return tag
}

// cancel takes a CANCEL: it has the branch of its INVITE (§9.2).
func (c *call) cancel(req request) {
	if c.deaf {
		c.finish(EndedCancelled)
		return
	}
	if branch := branchOf(req.Request); c.invite.Request == nil || branch == "" || branch != branchOf(c.invite.Request) {
		c.respond(req, 481, nil)
		return
	}
	open := c.phase == offered
	if open && c.glare {
		// The answer leaves before the word of the CANCEL can be heard.
		c.answer()
	} else if open {
		c.ended()
	}
	c.respond(req, 200, nil)
	if open && c.phase == offered {
		c.cancelled()
	}
}

// goodbye takes a BYE; one before our answer ends the INVITE too (§15.1.2).
func (c *call) goodbye(req request) {
	c.ended()
	c.respond(req, 200, nil)
	if c.phase == offered {
		c.refuse(487)
		return
	}
	c.dropFinal()
	c.finish(EndedByThem)
}

// reinvited takes a change of the session (§14.2).
func (c *call) reinvited(req request) {
	if c.phase != answered || c.final != nil && !c.final.acked || c.inviting() {
		c.respond(req, 491, nil)
		c.awaitAck(req, false)
		return
	}
	if status := unusable(req.Body()); status != 0 {
		c.respond(req, status, nil)
		c.awaitAck(req, false)
		return
	}
	if contact := req.Contact(); contact != nil {
		c.target = contact.Address // §12.2.2: target refresh
	}
	c.respond(req, 200, c.negotiate(req.Body()), c.contact())
	c.awaitAck(req, true)
}

// unusable gives the status to refuse an offer with, 0 if it can be answered or
// there is none.
func unusable(offer []byte) (status int) {
	if len(offer) == 0 {
		return 0
	}
	_, err := media.Parse(offer)
	switch {
	case errors.Is(err, media.ErrMalformedSDP):
		return 400
	case err != nil:
		return 488
	}
	return 0
}

// negotiate takes a usable offer and gives our answer, or our offer if the
// caller made none.
func (c *call) negotiate(offer []byte) []byte {
	far, err := media.Parse(offer)
	if c.late = err != nil; c.late {
		return c.sound.local.Offer(media.SendRecv)
	}
	c.sound.mouth.Target(far)
	return c.sound.local.Answer(far)
}

// progress sends a provisional answer, with our SDP if sounding; false if the
// call had to be refused instead.
func (c *call) progress(status int, sounding bool) bool {
	if c.phase != offered {
		return false
	}
	var body []byte
	if sounding && len(c.invite.Body()) > 0 {
		if body = c.prepare(); body == nil {
			return false
		}
	}
	c.respond(c.invite, status, body, c.contact())
	if status == 180 {
		c.change(false, func(r *record) { r.Ringing = time.Now() })
	}
	return true
}

// prepare opens the sound and gives our SDP; nil if the call was refused.
func (c *call) prepare() []byte {
	if !c.openSound() {
		return nil
	}
	return c.negotiate(c.invite.Body())
}

// answer sends the 200; false if the call had to be refused instead, or is no
// longer offered.
func (c *call) answer() bool {
	if c.phase != offered {
		return false
	}
	body := c.prepare()
	if body == nil {
		return false
	}
	c.phase = answered
	c.respond(c.invite, 200, body, c.contact(), sip.NewHeader("Allow", allowed))
	c.change(true, func(r *record) { r.Status, r.Answered, r.Up = 200, time.Now(), true })
	c.awaitAck(c.invite, true)
	return true
}

// refuse sends a final answer of 300 or more and ends the call.
func (c *call) refuse(status int, headers ...sip.Header) {
	if c.phase != offered {
		return
	}
	c.ended()
	c.respond(c.invite, status, nil, headers...)
	c.awaitAck(c.invite, false)
	c.change(false, func(r *record) { r.Status = status })
	by := EndedRefused
	if status == 487 {
		by = EndedCancelled
	}
	c.finish(by)
}

// challenge asks for credentials; the call stays offered until they come, or
// it is clear that they will not.
func (c *call) challenge(header sip.Header) {
	asked := c.invite
	c.respond(asked, 401, nil, header)
	c.awaitAck(asked, false)
	c.change(false, func(r *record) { r.Status = 401 })
	c.agenda.after(64*c.end.t1, func() {
		if c.invite == asked {
			c.finish(EndedRefused)
		}
	})
}

func (c *call) contact() sip.Header {
	return sip.NewHeader("Contact", fmt.Sprintf("<sip:lab@%s>", c.end.addr))
}

// respond answers a request and keeps the answer for its retransmissions.
func (c *call) respond(req request, status int, body []byte, headers ...sip.Header) {
	if c.deaf {
		return
	}
	res := c.end.response(req, status, body, headers...)
	if to := res.To(); status != 100 && !req.To().Params.Has("tag") {
		to.Params.Add("tag", c.tag)
	}
	r := &reply{[]byte(res.String()), req.replyAddr()}
	c.seen[transaction(req)] = r
	c.end.send(r.raw, r.to)
	c.note(false, strconv.Itoa(status)+" "+string(req.Method))
}

// awaitAck repeats the final answer to an INVITE until its ACK comes: §17.2.1
// for a refusal, §13.3.1.4 for a 2xx.
func (c *call) awaitAck(req request, success bool) {
	c.dropFinal()
	r := c.seen[transaction(req)]
	final := &finalAnswer{cseq: req.CSeq().SeqNo, success: success}
	final.cancel = c.agenda.repeat(doubling(c.end.t1), func() { c.end.send(r.raw, r.to) })
	final.giveUp = c.agenda.after(64*c.end.t1, func() { c.neverAcknowledged(final) })
	c.final = final
}

// dropFinal stops repeating.
func (c *call) dropFinal() {
	if c.final != nil {
		c.final.cancel()
		c.final.giveUp()
		c.final.acked = true
	}
}

func (c *call) neverAcknowledged(final *finalAnswer) {
	c.dropFinal()
	if final.success && c.phase == answered {
		c.sendBye()
		c.finish(EndedNoAck)
	}
}

// acknowledged takes an ACK: for a refusal it has the INVITE's branch, for a
// 2xx one of its own; CSeq tells which INVITE either way.
func (c *call) acknowledged(req request) {
	if c.final == nil || c.final.acked || req.CSeq().SeqNo != c.final.cseq {
		return
	}
	c.dropFinal()
	c.note(true, "ACK")
	c.change(false, func(r *record) { r.Acks++ })
	if c.late && c.final.success && c.sound != nil {
		c.late = false
		if far, err := media.Parse(req.Body()); err == nil {
			c.sound.mouth.Target(far)
		}
	}
	if c.bye {
		c.hangUp()
	}
}

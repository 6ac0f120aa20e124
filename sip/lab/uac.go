package lab

import (
	"net/netip"
	"strconv"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// This file is what we ask of the caller within its call: BYE and re-INVITE.

// asked is one of our requests that waits for its final answer (§17.1).
type asked struct {
	req    *sip.Request
	to     netip.AddrPort
	cancel func() // of the retransmission
	giveUp func()
	done   func(status int) // 408 if none came
}

// newRequest builds a request of the dialog (§12.2.1.1). Routes are taken to
// be loose, as everybody's are.
func (c *call) newRequest(method sip.RequestMethod, cseq uint32) (*sip.Request, netip.AddrPort) {
	req := sip.NewRequest(method, *c.target.Clone())
	local, remote := c.invite.To(), c.invite.From()
	from := &sip.FromHeader{DisplayName: local.DisplayName, Address: local.Address, Params: local.Params.Clone()}
	from.Params.Add("tag", c.tag)
	req.AppendHeader(c.end.via())
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{DisplayName: remote.DisplayName, Address: remote.Address, Params: remote.Params.Clone()})
	req.AppendHeader(c.invite.CallID())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: cseq, MethodName: method})
	req.AppendHeader(sip.NewHeader("Max-Forwards", "70"))
	req.AppendHeader(c.contact())
	req.AppendHeader(sip.NewHeader("User-Agent", c.end.agent))
	for _, h := range c.routeSet() {
		req.AppendHeader(h)
	}
	return req, c.nextHop()
}

// nextHop is the first route, else the caller's contact; a name instead of an
// address is not looked up, the INVITE's source is taken.
func (c *call) nextHop() netip.AddrPort {
	uri := c.target
	if rr := c.invite.RecordRoute(); rr != nil {
		uri = rr.Address
	}
	addr, err := netip.ParseAddr(uri.Host)
	if err != nil {
		return c.invite.from
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(addr, uint16(port))
}

// ask sends a request and calls done with the status of its final answer.
func (c *call) ask(method sip.RequestMethod, body []byte, done func(status int)) {
	c.cseqOut++
	req, to := c.newRequest(method, c.cseqOut)
	setSDP(req, body)
	raw := []byte(req.String())
	branch := branchOf(req)
	a := &asked{req: req, to: to, done: done}
	c.asked[branch] = a
	c.end.send(raw, to)
	c.note(false, string(method))
	a.cancel = c.agenda.repeat(doubling(c.end.t1), func() { c.end.send(raw, to) })
	a.giveUp = c.agenda.after(64*c.end.t1, func() { c.settle(branch, 408) })
}

// branchOf reads the branch of a message's topmost Via, whether parsed or ours.
func branchOf(m sip.Message) string {
	if via := m.Via(); via != nil {
		branch, _ := via.Params.Get("branch")
		return branch
	}
	return ""
}

// inviting reports that a re-INVITE of ours is not yet answered.
func (c *call) inviting() bool {
	for _, a := range c.asked {
		if a.req.IsInvite() {
			return true
		}
	}
	return false
}

// response takes the answer to a request of ours.
func (c *call) response(res *sip.Response) {
	if c.outward != nil && c.outward.took(res) {
		return
	}
	cseq := res.CSeq()
	if ack := c.acks[cseq.SeqNo]; ack != nil && cseq.MethodName == sip.INVITE && !res.IsProvisional() {
		c.end.send(ack, c.nextHop()) // the ACK was lost (§13.2.2.4)
		return
	}
	branch := branchOf(res)
	a := c.asked[branch]
	if a == nil || cseq.MethodName != a.req.Method {
		return
	}
	if res.IsProvisional() {
		if a.req.IsInvite() {
			a.cancel() // §17.1.1.2: Proceeding
		}
		return
	}
	c.note(true, strconv.Itoa(res.StatusCode)+" "+string(cseq.MethodName))
	if a.req.IsInvite() {
		c.acknowledge(a, res)
	}
	c.settle(branch, res.StatusCode)
}

// acknowledge sends the ACK of a re-INVITE: of the same transaction for a
// refusal, of a new one for a 2xx.
func (c *call) acknowledge(a *asked, res *sip.Response) {
	ack, to := c.newRequest(sip.ACK, a.req.CSeq().SeqNo)
	if !res.IsSuccess() {
		ack.ReplaceHeader(a.req.Via())
		to = a.to
	}
	ack.SetBody(nil)
	raw := []byte(ack.String())
	c.acks[a.req.CSeq().SeqNo] = raw
	c.end.send(raw, to)
	c.note(false, "ACK")
	if far, err := media.Parse(res.Body()); err == nil && res.IsSuccess() && c.sound != nil {
		c.sound.mouth.Target(far)
	}
}

func (c *call) settle(branch string, status int) {
	a := c.asked[branch]
	if a == nil {
		return
	}
	delete(c.asked, branch)
	a.cancel()
	a.giveUp()
	a.done(status)
}

// hangUp ends an answered call with BYE, as soon as its answer is
// acknowledged: a called side may not do so before (§15).
func (c *call) hangUp() {
	if c.phase != answered {
		return
	}
	if c.final != nil && !c.final.acked {
		c.bye = true
		return
	}
	c.sendBye()
	c.finish(EndedByUs)
}

func (c *call) sendBye() {
	c.ended()
	c.dropFinal()
	c.change(false, func(r *record) { r.ByesSent++ })
	c.ask(sip.BYE, nil, func(int) {}) // whatever is answered, the call is over
}

// offer re-INVITEs with a new direction and does then afterwards. Glare (491)
// is tried again after the time §14.1 gives a called side.
func (c *call) offer(d media.Direction, then func()) {
	if c.phase != answered {
		return
	}
	c.ask(sip.INVITE, c.sound.local.Offer(d), func(status int) {
		switch {
		case c.phase != answered:
		case status == 491:
			c.agenda.after(2*c.end.t1, func() { c.offer(d, then) })
		case status == 481 || status == 408: // §14.1: the dialog is gone
			c.hangUp()
		default:
			then()
		}
	})
}

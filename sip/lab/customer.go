package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// CustomerOptions sets up a Customer.
type CustomerOptions struct {
	// Addr is the UDP address for SIP; 127.0.0.1:0, any free port, if empty.
	Addr string
	// Media lends the RTP ports. Required.
	Media *media.Pool
	// Server is the IPv4 address and port that the call goes to. Required.
	Server netip.AddrPort
	// To is the number called. From is the caller's own; empty withholds it.
	To, From string
	// Name is what the caller's telephone company says they are called (the display name of From); empty for nothing.
	Name string
	// Talk is how long the customer talks before hanging up; until the other
	// side does if 0.
	Talk time.Duration
	// Patience is how long the customer lets it ring; one minute if 0.
	Patience time.Duration
	// Seed chooses the voice.
	Seed uint64
	// T1, Journal and Log are as in CarrierOptions.
	T1      time.Duration
	Journal io.Writer
	Log     *slog.Logger
}

// Customer is a simulated person beyond the trunk who calls once.
type Customer struct {
	options CustomerOptions
	end     *endpoint
	journal *journal
	call    *call
	over    chan struct{} // closed when the call is over and nothing of ours waits for an answer
}

// callerAgent is the customer's telephone, as its User-Agent says.
const callerAgent = "Kakeru lab caller (simulated)"

// NewCustomer opens the SIP port. The call is made once Run is called; Close
// it in any case.
func NewCustomer(o CustomerOptions) (*Customer, error) {
	if !isNumber(o.To) || o.From != "" && !isNumber(o.From) {
		return nil, errors.New("lab: a number has 1 to 20 digits, perhaps after a +")
	}
	if !o.Server.Addr().Is4() || o.Server.Port() == 0 {
		return nil, errors.New("lab: the server must be an IPv4 address and a port, such as 127.0.0.1:5060")
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	end, j, err := open(basics{o.Addr, callerAgent, o.T1, 1, o.Journal, o.Log, o.Media})
	if err != nil {
		return nil, err
	}
	return &Customer{options: o, end: end, journal: j, over: make(chan struct{})}, nil
}

func isNumber(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return digits != "" && len(digits) <= 20 && strings.Trim(digits, "0123456789") == ""
}

// Run calls, and returns when the call is over: nil if it was answered and
// sound came. When ctx ends the customer hangs up.
func (c *Customer) Run(ctx context.Context) error {
	c.end.start()
	o := newOutward(c)
	c.call = o.call
	o.call.order(o.begin)
	if _, ok := c.end.talk(o.invite.CallID().Value(), o.call.run); !ok {
		return errors.New("lab: the customer is closed")
	}
	select {
	case <-c.over:
	case <-c.end.closing:
	case <-ctx.Done():
		o.call.order(o.hangUp)
		select {
		case <-c.over:
		case <-c.end.closing:
		}
	}
	return verdict(c.Log())
}

func verdict(l CallLog) error {
	switch {
	case l.Answered.IsZero() && l.EndedBy == EndedCancelled:
		return errors.New("nobody answered")
	case l.Answered.IsZero() && l.Status == 0:
		return errors.New("the call ended without an answer")
	case l.Answered.IsZero():
		return errors.New(strings.TrimSpace(fmt.Sprintf("the call was refused: %d %s", l.Status, phrases[l.Status])))
	case l.RTPSeen == 0:
		return errors.New("the call was answered, but nothing was heard")
	}
	return nil
}

// Close ends everything. It may be called at any time, and again.
func (c *Customer) Close() { c.end.close() }

// Log is what the customer saw and did.
func (c *Customer) Log() CallLog {
	for _, l := range c.journal.list() {
		return l
	}
	return CallLog{}
}

// outward is an INVITE of ours and what becomes of it (RFC 3261 §17.1.1). It
// belongs to the call's goroutine. Once it is answered the dialog is a call
// like any other: who invited whom plays no part.
type outward struct {
	customer *Customer
	call     *call
	invite   *sip.Request
	branch   string
	again    func() // stops the retransmission of the INVITE, or of the CANCEL
	limit    func()
	heard    bool // a provisional answer has come: CANCEL may be sent (§9.1)
	givenUp  bool
	ack      []byte // the final answer's, for when that comes again
	ackTo    netip.AddrPort
}

func newOutward(c *Customer) *outward {
	o := &outward{customer: c, again: func() {}, limit: func() {}}
	tag := sip.GenerateTagN(12)
	o.invite = o.request(tag)
	o.branch = branchOf(o.invite)
	o.call = newCall(c.end, c.options.Media, c.journal, o.invite)
	o.call.tag, o.call.outward = tag, o
	o.call.rested = sync.OnceFunc(func() { close(c.over) })
	return o
}

// request is the INVITE without its offer, as a carrier hands it on: the
// caller's number in From, unless that is withheld (RFC 3323 §4.1.1.3, §4.2).
func (o *outward) request(tag string) *sip.Request {
	c := o.customer
	port := int(c.options.Server.Port())
	uri := sip.Uri{Scheme: "sip", User: c.options.To, Host: c.options.Server.Addr().String(), Port: port}
	req := sip.NewRequest(sip.INVITE, uri)
	who := sip.Uri{Scheme: "sip", User: c.options.From, Host: c.end.addr.Addr().String()}
	from := &sip.FromHeader{DisplayName: c.options.Name, Address: who, Params: sip.NewParams()}
	if c.options.From == "" {
		from.DisplayName, from.Address = "Anonymous", sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
	}
	from.Params.Add("tag", tag)
	callID := sip.CallIDHeader(sip.GenerateTagN(20))
	req.AppendHeader(c.end.via())
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: sip.Uri{Scheme: "sip", User: uri.User, Host: uri.Host}, Params: sip.NewParams()})
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: sip.INVITE})
	req.AppendHeader(sip.NewHeader("Max-Forwards", "70"))
	req.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<sip:lab@%s>", c.end.addr)))
	req.AppendHeader(sip.NewHeader("Allow", allowed))
	req.AppendHeader(sip.NewHeader("User-Agent", c.end.agent))
	if c.options.From == "" {
		req.AppendHeader(sip.NewHeader("Privacy", "id"))
	}
	return req
}

// begin sends the INVITE.
func (o *outward) begin() {
	c := o.call
	c.describe("calls, talks, hangs up")
	c.change(false, func(r *record) { r.Invites++ })
	s, err := newSound(c.pool)
	if err != nil {
		c.end.log.Warn("lab has no RTP port for a call", "err", err)
		c.finish(EndedStopped)
		return
	}
	c.sound = s
	c.change(false, func(r *record) { r.sound = s })
	setSDP(o.invite, c.sound.local.Offer(media.SendRecv))
	o.repeat(o.invite, func() { o.failed(408) })
	c.agenda.after(o.customer.options.Patience, o.giveUp)
}

// repeat sends a request until stopped, and calls never when 64·T1 are over.
func (o *outward) repeat(req *sip.Request, never func()) {
	c, raw, to := o.call, []byte(req.String()), o.customer.options.Server
	o.again()
	o.limit()
	c.end.send(raw, to)
	c.note(false, string(req.Method))
	o.again = c.agenda.repeat(doubling(c.end.t1), func() { c.end.send(raw, to) })
	o.limit = c.agenda.after(64*c.end.t1, never)
}

// took takes an answer to our INVITE or its CANCEL; false if it is neither.
func (o *outward) took(res *sip.Response) bool {
	if branchOf(res) != o.branch {
		return false
	}
	switch {
	case res.CSeq().MethodName == sip.CANCEL:
		o.again() // the INVITE's own answer is still to come
	case o.ack != nil:
		if !res.IsProvisional() {
			o.call.end.send(o.ack, o.ackTo) // the ACK was lost
		}
	case res.IsProvisional():
		o.proceeding(res)
	default:
		o.final(res)
	}
	return true
}

func (o *outward) proceeding(res *sip.Response) {
	c := o.call
	if !o.heard {
		o.again()
		o.limit()
	}
	o.heard = true
	if res.StatusCode > 100 {
		c.note(true, fmt.Sprintf("%d INVITE", res.StatusCode))
		c.change(false, func(r *record) {
			if r.Ringing.IsZero() {
				r.Ringing = time.Now()
			}
		})
	}
	if o.givenUp && c.phase == offered {
		o.cancel()
	}
}

func (o *outward) final(res *sip.Response) {
	c := o.call
	o.again()
	o.limit()
	c.note(true, fmt.Sprintf("%d INVITE", res.StatusCode))
	c.change(false, func(r *record) { r.Status = res.StatusCode })
	if !res.IsSuccess() {
		o.acknowledge(o.copyOf(sip.ACK, res.To()), o.customer.options.Server)
		o.failed(res.StatusCode)
		return
	}
	o.answered(res)
}

// answered makes the dialog of a 2xx (§12.1.2) and talks.
func (o *outward) answered(res *sip.Response) {
	c := o.call
	c.invite, c.target, c.cseqOut = o.dialog(res), o.invite.Recipient, 1
	if contact := res.Contact(); contact != nil {
		c.target = contact.Address
	}
	c.phase = answered
	o.acknowledge(c.newRequest(sip.ACK, 1))
	c.change(true, func(r *record) { r.Answered, r.Up = time.Now(), true })
	if far, err := media.Parse(res.Body()); err == nil {
		c.sound.mouth.Target(far)
	}
	c.say(voice(o.customer.options.Seed))
	if o.givenUp { // it crossed our CANCEL
		c.hangUp()
		return
	}
	if talk := o.customer.options.Talk; talk > 0 {
		c.agenda.after(talk, c.hangUp)
	}
}

// dialog is the INVITE as the other side would have sent it, for the rest of
// the call knows only those: its From is whom we talk with, its Record-Route
// our route set in its order, which for who called is the reverse (§12.1.2).
func (o *outward) dialog(res *sip.Response) request {
	to, from := res.To(), o.invite.From()
	req := sip.NewRequest(sip.INVITE, o.invite.Recipient)
	req.AppendHeader(&sip.FromHeader{DisplayName: to.DisplayName, Address: to.Address, Params: to.Params.Clone()})
	req.AppendHeader(&sip.ToHeader{DisplayName: from.DisplayName, Address: from.Address, Params: sip.NewParams()})
	req.AppendHeader(o.invite.CallID())
	routes := res.GetHeaders("Record-Route")
	for i := range routes {
		req.AppendHeader(routes[len(routes)-1-i])
	}
	return request{req, o.customer.options.Server}
}

func (o *outward) acknowledge(ack *sip.Request, to netip.AddrPort) {
	ack.SetBody(nil)
	o.ack, o.ackTo = []byte(ack.String()), to
	o.call.end.send(o.ack, to)
	o.call.note(false, "ACK")
	o.call.change(false, func(r *record) { r.Acks++ })
}

// copyOf is a request of the INVITE's own transaction: CANCEL (§9.1), or the
// ACK of a refusal (§17.1.1.3).
func (o *outward) copyOf(method sip.RequestMethod, to *sip.ToHeader) *sip.Request {
	req := sip.NewRequest(method, o.invite.Recipient)
	req.AppendHeader(o.invite.Via())
	req.AppendHeader(o.invite.From())
	req.AppendHeader(to)
	req.AppendHeader(o.invite.CallID())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: 1, MethodName: method})
	req.AppendHeader(sip.NewHeader("Max-Forwards", "70"))
	req.SetBody(nil)
	return req
}

// hangUp ends the call, whatever it is doing.
func (o *outward) hangUp() {
	o.giveUp()
	o.call.hangUp()
}

// giveUp stops waiting for an answer.
func (o *outward) giveUp() {
	if o.call.phase != offered || o.givenUp {
		return
	}
	o.givenUp = true
	if o.heard {
		o.cancel()
	}
}

func (o *outward) cancel() {
	o.call.change(false, func(r *record) { r.Cancels++ })
	o.repeat(o.copyOf(sip.CANCEL, o.invite.To()), func() { o.failed(408) })
}

func (o *outward) failed(status int) {
	o.again()
	o.limit()
	o.call.change(false, func(r *record) { r.Status = status })
	by := EndedRefused
	if o.givenUp {
		by = EndedCancelled
	}
	o.call.finish(by)
}

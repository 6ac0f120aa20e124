package lab

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// registration keeps a phone registered (RFC 3261 §10.2). It belongs to the
// goroutine of run.
type registration struct {
	phone  *Phone
	end    *endpoint
	callID string
	tag    string
	cseq   uint32
	inbox  <-chan message
	who    credentials

	challenge sip.Header // the last one, answered with every request
	count     int        // of requests under its nonce
}

// The wait after a failed registration doubles between these.
const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = time.Minute
)

func newRegistration(p *Phone) *registration {
	return &registration{
		phone: p, end: p.end, callID: sip.GenerateTagN(20), tag: sip.GenerateTagN(12),
		who: credentials{p.options.User, p.options.Password},
	}
}

// run registers, refreshes at half the time granted, and tries again after
// failures, ever more slowly. In the end it takes the registration back,
// without waiting for the answer.
func (r *registration) run(inbox <-chan message) {
	r.inbox = inbox
	retry := firstRetry
	for {
		granted, ok := r.register(r.phone.options.Expires)
		r.phone.registered.Store(ok)
		wait := granted / 2
		if !ok {
			wait, retry = retry, min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		if !r.sleep(wait) {
			break
		}
	}
	if r.phone.registered.Swap(false) {
		r.send(r.request(0))
	}
}

// sleep is false if the phone is being closed.
func (r *registration) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return true
		case <-r.end.closing:
			return false
		case <-r.inbox: // an answer that comes again
		}
	}
}

// register asks once, with up to two challenges on the way: the first, and one
// for a nonce that has grown old.
func (r *registration) register(expires time.Duration) (granted time.Duration, ok bool) {
	for range 3 {
		res := r.exchange(r.request(expires))
		switch {
		case res == nil:
			return 0, false
		case res.IsSuccess():
			return r.granted(res, expires), true
		case res.StatusCode == 401 || res.StatusCode == 407:
			if !r.challenged(res) {
				return 0, false
			}
		case res.StatusCode == 423: // §10.2.8: too brief
			asked := expires
			if expires = minExpires(res); expires <= asked {
				return 0, false
			}
		default:
			r.end.log.Warn("lab phone is not registered", "status", res.StatusCode)
			return 0, false
		}
	}
	r.end.log.Warn("lab phone is not registered: user or password refused")
	return 0, false
}

func (r *registration) challenged(res *sip.Response) bool {
	r.challenge, r.count = res.GetHeader("WWW-Authenticate"), 0
	if res.StatusCode == 407 {
		r.challenge = res.GetHeader("Proxy-Authenticate")
	}
	return r.challenge != nil
}

func minExpires(res *sip.Response) time.Duration {
	h := res.GetHeader("Min-Expires")
	if h == nil {
		return 0
	}
	return seconds(h.Value())
}

func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// granted is the time the registrar gives our contact (§10.2.4): its own
// parameter, else the Expires header, else what we asked for.
func (r *registration) granted(res *sip.Response, asked time.Duration) time.Duration {
	granted := asked
	if h := res.GetHeader("Expires"); h != nil {
		granted = seconds(h.Value())
	}
	for _, h := range res.GetHeaders("Contact") {
		contact, ok := h.(*sip.ContactHeader)
		if ok && contact.Address.HostPort() == r.end.addr.String() {
			if own, said := contact.Params.Get("expires"); said {
				granted = seconds(own)
			}
		}
	}
	return max(granted, time.Second)
}

func (r *registration) request(expires time.Duration) *sip.Request {
	r.cseq++
	o := r.phone.options
	registrar := sip.Uri{Scheme: "sip", Host: o.Domain}
	record := sip.Uri{Scheme: "sip", User: o.User, Host: o.Domain}
	req := sip.NewRequest(sip.REGISTER, registrar)
	from := &sip.FromHeader{Address: record, Params: sip.NewParams()}
	from.Params.Add("tag", r.tag)
	req.AppendHeader(r.end.via())
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: record, Params: sip.NewParams()})
	callID := sip.CallIDHeader(r.callID)
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: r.cseq, MethodName: sip.REGISTER})
	req.AppendHeader(sip.NewHeader("Max-Forwards", "70"))
	req.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<sip:%s@%s>", o.User, r.end.addr)))
	req.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expires/time.Second))))
	req.AppendHeader(sip.NewHeader("User-Agent", r.end.agent))
	r.authorize(req)
	req.SetBody(nil)
	return req
}

// authorize answers the last challenge, so that a refresh needs no new one.
func (r *registration) authorize(req *sip.Request) {
	if r.challenge == nil {
		return
	}
	r.count++
	value, ok := r.who.authorize(r.challenge.Value(), string(req.Method), req.Recipient.String(), r.count)
	if !ok {
		return
	}
	name := "Authorization"
	if strings.EqualFold(r.challenge.Name(), "Proxy-Authenticate") {
		name = "Proxy-Authorization"
	}
	req.AppendHeader(sip.NewHeader(name, value))
}

func (r *registration) send(req *sip.Request) {
	r.end.send([]byte(req.String()), r.phone.options.Registrar)
}

// exchange sends a request until its final answer comes (§17.1.2); nil if none
// does, or the phone is being closed.
func (r *registration) exchange(req *sip.Request) *sip.Response {
	next := doubling(r.end.t1)
	limit := time.NewTimer(64 * r.end.t1)
	defer limit.Stop()
	again := time.NewTimer(next())
	defer again.Stop()
	r.send(req)
	for {
		select {
		case <-limit.C:
			return nil
		case <-r.end.closing:
			return nil
		case <-again.C:
			r.send(req)
			if d := next(); d > 0 {
				again.Reset(d)
			}
		case m := <-r.inbox:
			res, ok := m.Message.(*sip.Response)
			if ok && res.CSeq().SeqNo == r.cseq && !res.IsProvisional() && m.from == r.phone.options.Registrar {
				return res
			}
		}
	}
}

package sip

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// once are the headers of which a message has exactly one (RFC 3261 §8.1.1, §20).
var once = []string{"From", "To", "Call-ID", "CSeq"}

// faultOf finds what the parser let pass and no UAS may: nil for a sound request (§8.2, RFC 4475 §3.1.2, §3.3).
func faultOf(req *sip.Request) *answer {
	bad := func(what string) *answer {
		return &answer{status: sip.StatusBadRequest, reason: "Bad Request: " + what}
	}
	if req.SipVersion != "SIP/2.0" {
		return &answer{status: sip.StatusVersionNotSupported}
	}
	for _, name := range once {
		if n := len(req.GetHeaders(name)); n != 1 {
			return bad(name + " is missing or repeated")
		}
	}
	for _, name := range []string{"Max-Forwards", "Content-Length", "Content-Type"} {
		if len(req.GetHeaders(name)) > 1 {
			return bad(name + " is repeated")
		}
	}
	switch {
	case req.Via() == nil:
		return bad("Via is missing")
	case req.CSeq().MethodName != req.Method:
		return bad("CSeq names another method")
	case req.MaxForwards() != nil && req.MaxForwards().Val() > 255:
		return bad("Max-Forwards is beyond 255")
	case !req.From().Params.Has("tag"):
		return bad("From has no tag")
	case req.Recipient.Scheme != "sip" && req.Recipient.Scheme != "sips":
		return &answer{status: 416}
	}
	return nil
}

// refuse answers without a transaction: a repeated request gets the same answer again, and nobody can fill our memory
// (§8.2.7).
func (a *Agent) refuse(req *sip.Request, w answer) {
	if req.IsAck() || req.Via() == nil {
		return
	}
	a.send(w.respond(req, statelessTag(req)), answerAddress(req))
}

// statelessTag is the same for each repetition of a request.
func statelessTag(req *sip.Request) string {
	var seed strings.Builder
	if via := req.Via(); via != nil {
		seed.WriteString(via.Value())
	}
	if from := req.From(); from != nil {
		seed.WriteString(from.Value())
	}
	sum := sha256.Sum256([]byte(seed.String()))
	return hex.EncodeToString(sum[:10])
}

// strayRequest answers what belongs to no call of ours.
func (l *lane) strayRequest(req *sip.Request) {
	a := l.agent
	switch req.Method {
	case sip.REGISTER:
		a.register.take(l, req)
	case sip.OPTIONS:
		a.refuse(req, capabilities())
	case sip.ACK:
	case sip.INVITE:
		if req.To().Params.Has("tag") {
			a.refuse(req, answer{status: sip.StatusCallTransactionDoesNotExists})
			return
		}
		l.takeCall(req)
	case sip.BYE, sip.CANCEL, sip.UPDATE, sip.INFO, sip.PRACK, sip.NOTIFY:
		a.refuse(req, answer{status: sip.StatusCallTransactionDoesNotExists})
	default:
		a.refuse(req, answer{status: sip.StatusMethodNotAllowed, extras: []extra{{"Allow", allowed}}})
	}
}

// knows reports whether a request comes from a trunk's or a desk phone's address.
func (a *Agent) knows(req *sip.Request) bool {
	from := sourceOf(req).Addr().String()
	for _, u := range a.uplinks {
		if slices.ContainsFunc(u.addresses(), func(at place) bool { return at.Addr().String() == from }) {
			return true
		}
	}
	for _, d := range a.cfg.Desks {
		if _, at, err := fixedAddress(d.URI); err == nil && at.host == from {
			return true
		}
	}
	return a.register.knows(from)
}

// strayResponse is for a Call-ID that nobody here knows. A 2xx to an INVITE means that the process which sent it is
// dead, and that somebody holds a telephone with nobody at the other end: it is ACKed and hung up (§13.2.2.4).
func (l *lane) strayResponse(res *sip.Response) {
	if cseq := res.CSeq(); cseq.MethodName != sip.INVITE || res.IsProvisional() || res.From() == nil || res.To() == nil {
		return
	}
	e := l.newEnder(saved{})
	e.response(res)
}

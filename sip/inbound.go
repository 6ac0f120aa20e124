package sip

import (
	"crypto/sha256"
	"encoding/hex"
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
	if !strings.EqualFold(req.SipVersion, "SIP/2.0") {
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
	replacing := values(req, "Replaces")
	switch {
	case req.Via() == nil:
		return bad("Via is missing")
	case len(replacing) > 1 || len(replacing) == 1 && (req.Method != sip.INVITE || strings.Contains(replacing[0], ",")):
		return bad("Replaces is repeated, or stands in no INVITE") // RFC 3891 §3
	case req.CSeq().MethodName != req.Method:
		return bad("CSeq names another method")
	case req.MaxForwards() != nil && req.MaxForwards().Val() > 255:
		return bad("Max-Forwards is beyond 255")
	case !req.From().Params.Has("tag") && hasCookie(req.Via()):
		return bad("From has no tag") // only who speaks RFC 2543 may leave it out (§12.1.1)
	case !isSIP(req.Recipient):
		return &answer{status: 416}
	case len(req.Recipient.Headers) > 0:
		return bad("the Request-URI has headers") // §19.1.1
	case req.Method == sip.REGISTER && !isSIP(req.To().Address):
		return bad("To is no SIP URI") // §10.2
	}
	return nil
}

// isSIPScheme reports whether a scheme is one of SIP's, however it is written.
func isSIPScheme(s string) bool { return strings.EqualFold(s, "sip") || strings.EqualFold(s, "sips") }

func isSIP(uri sip.Uri) bool { return uri.Scheme == "sip" || uri.Scheme == "sips" }

// hasCookie reports whether who sent this speaks RFC 3261 (§8.1.1.7).
func hasCookie(via *sip.ViaHeader) bool {
	branch := branchOf(via)
	return strings.HasPrefix(branch, sip.RFC3261BranchMagicCookie) && branch != sip.RFC3261BranchMagicCookie
}

// understood are the methods of which we know what they ask for. A method of no RFC is not implemented (§21.5.2), one of
// these that we do not serve is not allowed (§8.2.1).
var understood = map[sip.RequestMethod]bool{
	sip.SUBSCRIBE: true, sip.NOTIFY: true, sip.REFER: true, sip.MESSAGE: true, sip.PUBLISH: true, sip.PRACK: true,
	sip.INVITE: true, sip.ACK: true, sip.CANCEL: true, sip.BYE: true, sip.OPTIONS: true, sip.REGISTER: true,
	sip.INFO: true, sip.UPDATE: true,
}

// unserved refuses a method that is not served here.
func unserved(method sip.RequestMethod) answer {
	w := answer{status: sip.StatusMethodNotAllowed, extras: []extra{{"Allow", allowed}}}
	if !understood[method] {
		w.status = sip.StatusNotImplemented
	}
	return w
}

// unfit finds what a request outside calls asks for and nobody here can do: an extension (§8.2.2.3), a body that is no
// SDP (§8.2.3), an answer that is no SDP (§21.4.7). It is nil where there is no such thing.
func unfit(req *sip.Request) *answer {
	if req.Method == sip.CANCEL {
		return nil
	}
	if req.Method == sip.REGISTER {
		return unknownExtensions(req, "path")
	}
	if no := unknownExtensions(req, supportedTags...); no != nil || req.Method != sip.INVITE {
		return no
	}
	if len(req.Body()) > 0 && sdpOf(req) == nil {
		return &answer{status: sip.StatusUnsupportedMediaType, extras: []extra{{"Accept", sdpType}}}
	}
	if wants := values(req, "Accept"); len(wants) > 0 && !takesSDP(wants) {
		return &answer{status: sip.StatusNotAcceptable}
	}
	return nil
}

// takesSDP reports whether the values of Accept include SDP (§20.1).
func takesSDP(accept []string) bool {
	for kind := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case sdpType, "application/*", "*/*":
			return true
		}
	}
	return false
}

// refuse answers without a transaction: a repeated request gets the same answer again, and nobody can fill our memory
// (§8.2.7).
func (a *Agent) refuse(req *sip.Request, w answer) {
	if req.IsAck() || req.Via() == nil || a.repeatsTooMuch(req) {
		return
	}
	a.send(w.respond(req, statelessTag(req)), answerAddress(req))
}

// repeatsTooMuch reports whether an answer to a stranger's datagram would be long, by what it must repeat: it goes to whoever its sender says that they are.
// What comes by a connection comes from who says so.
func (a *Agent) repeatsTooMuch(req *sip.Request) bool {
	from := sourceOf(req)
	if from.by != overUDP {
		return false
	}
	long := 0
	for _, name := range append([]string{"Via", "Call-ID", "Require"}, copied...) { // what it requires is said to be unsupported
		for _, v := range values(req, name) {
			long += len(name) + len(v)
		}
	}
	return long > longestUnreadAnswered && !a.knows(from.Addr())
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
	if no := unfit(req); no != nil && !req.IsAck() {
		a.refuse(req, *no)
		return
	}
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
		a.refuse(req, unserved(req.Method))
	}
}

// strayResponse is for a Call-ID that nobody here knows. A 2xx to an INVITE means that the process which sent it is
// dead, and that somebody holds a telephone with nobody at the other end: it is ACKed and hung up (§13.2.2.4). What bears no tag of
// ours is answered by nothing: its source may be forged.
func (l *lane) strayResponse(res *sip.Response) {
	if cseq := res.CSeq(); cseq.MethodName != sip.INVITE || res.IsProvisional() || res.From() == nil || res.To() == nil {
		return
	}
	if tag, _ := res.From().Params.Get("tag"); !l.agent.tags.ours(l.callID, tag) {
		return
	}
	e := l.newEnder(saved{})
	e.response(res)
}

package sip

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// allowed is what our Allow header says. INFO, UPDATE and re-INVITE are for calls that are up.
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, REGISTER"

const sdpType = "application/sdp"

// extra is a header that a message gets besides those it must have.
type extra struct{ name, value string }

// request is what our requests differ in. Everything is text as it stands in the message.
type request struct {
	method   sip.RequestMethod
	uri      string
	from, to string // with tags
	callID   string
	cseq     uint32
	sentBy   string // host:port of Via
	branch   string
	routes   []string
	extras   []extra
	sdp      []byte
	kind     string // the body's type; SDP if empty
}

// build writes the request (RFC 3261 §8.1.1). A URI that cannot be parsed is an error of the far end, which gave it.
func (r request) build() (*sip.Request, error) {
	var uri sip.Uri
	if err := sip.ParseUri(r.uri, &uri); err != nil {
		return nil, err
	}
	for _, text := range append([]string{r.uri, r.from, r.to, r.callID}, r.routes...) {
		if strings.ContainsAny(text, newline) { // kept by a version that took such (hasBareBreak)
			return nil, errUnread
		}
	}
	host, port := sentBy(r.sentBy)
	req := sip.NewRequest(r.method, uri)
	req.SetTransport("UDP")
	req.AppendHeader(&sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: host, Port: port,
		Params: sip.HeaderParams{{K: "rport"}, {K: "branch", V: r.branch}}, // rport: RFC 3581
	})
	for _, route := range r.routes {
		req.AppendHeader(sip.NewHeader("Route", route))
	}
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(sip.NewHeader("From", r.from))
	req.AppendHeader(sip.NewHeader("To", r.to))
	callID := sip.CallIDHeader(r.callID)
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: r.cseq, MethodName: r.method})
	req.AppendHeader(sip.NewHeader("User-Agent", "kakeru"))
	for _, e := range r.extras {
		req.AppendHeader(sip.NewHeader(e.name, e.value))
	}
	if r.sdp != nil {
		req.AppendHeader(sip.NewHeader("Content-Type", orElse(r.kind, sdpType)))
	}
	req.SetBody(r.sdp)
	return req, nil
}

// carry makes a request say by which transport it travels (RFC 3261 §18.1.1): its far end answers by that.
func carry(req *sip.Request, by transport) {
	req.SetTransport(by.token())
	if via := req.Via(); via != nil {
		via.Transport = by.token()
	}
}

// sentBy splits the sent-by of a Via; the port is 0 where none is said.
func sentBy(s string) (host string, port int) {
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return s, 0
	}
	port, _ = strconv.Atoi(text)
	return host, port
}

// viaSentBy is the sent-by of a Via.
func viaSentBy(via *sip.ViaHeader) string {
	if via.Port > 0 {
		return net.JoinHostPort(via.Host, strconv.Itoa(via.Port))
	}
	return via.Host
}

func newBranch() string { return sip.GenerateBranchN(24) }

func newTag() string { return sip.GenerateTagN(20) } // of what makes no call; those of calls are sealed: tags.go

// ackRefusal acknowledges a final response that is no 2xx: in the INVITE's transaction, with its branch, Request-URI and
// Route, and the response's To (RFC 3261 §17.1.1.3).
func ackRefusal(invite *sip.Request, res *sip.Response) *sip.Request {
	ack := sip.NewRequest(sip.ACK, invite.Recipient)
	ack.SetTransport("UDP")
	ack.AppendHeader(invite.Via().Clone())
	for _, route := range invite.GetHeaders("Route") {
		ack.AppendHeader(sip.HeaderClone(route))
	}
	hops := sip.MaxForwardsHeader(70)
	ack.AppendHeader(&hops)
	ack.AppendHeader(sip.HeaderClone(invite.GetHeader("From")))
	ack.AppendHeader(sip.NewHeader("To", value(res, "To")))
	ack.AppendHeader(sip.HeaderClone(invite.CallID()))
	ack.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.ACK})
	ack.SetBody(nil)
	return ack
}

// headed is a request or a response.
type headed interface {
	GetHeaders(name string) []sip.Header
}

// value is a header's text, "" where there is none.
func value(m headed, name string) string {
	if all := m.GetHeaders(name); len(all) > 0 {
		return all[0].Value()
	}
	return ""
}

// values are the texts of all headers of a name, in order.
func values(m headed, name string) []string {
	var all []string
	for _, h := range m.GetHeaders(name) {
		all = append(all, h.Value())
	}
	return all
}

// sdpOf is the body when it is SDP, else nil.
func sdpOf(m interface {
	headed
	Body() []byte
}) []byte {
	kind, _, _ := strings.Cut(value(m, "Content-Type"), ";")
	if len(m.Body()) == 0 || !strings.EqualFold(strings.TrimSpace(kind), sdpType) {
		return nil
	}
	return m.Body()
}

// answer is a response of ours.
type answer struct {
	status int
	reason string // the standard phrase if empty
	extras []extra
	sdp    []byte
}

// statusBadEvent: the event of a SUBSCRIBE or a NOTIFY is not known (RFC 6665 §8.3.2).
const statusBadEvent = 489

var phrases = map[int]string{
	statusBadEvent:    "Bad Event",
	sip.StatusRinging: "Ringing", sip.StatusTemporarilyUnavailable: "Temporarily Unavailable",
	statusIntervalTooSmall: "Session Interval Too Small",
	sip.StatusBusyHere:     "Busy Here", sip.StatusTrying: "Trying", sip.StatusAccepted: "Accepted", sip.StatusGlobalDecline: "Decline",
	sip.StatusRequestTerminated: "Request Terminated",
	sip.StatusOK:                "OK", sip.StatusBadRequest: "Bad Request", sip.StatusUnauthorized: "Unauthorized",
	sip.StatusForbidden: "Forbidden", sip.StatusNotFound: "Not Found", sip.StatusMethodNotAllowed: "Method Not Allowed",
	sip.StatusNotAcceptable: "Not Acceptable", sip.StatusNotImplemented: "Not Implemented",
	sip.StatusUnsupportedMediaType: "Unsupported Media Type", 416: "Unsupported URI Scheme",
	sip.StatusBadExtension: "Bad Extension", sip.StatusIntervalToBrief: "Interval Too Brief",
	sip.StatusCallTransactionDoesNotExists: "Call/Transaction Does Not Exist", sip.StatusLoopDetected: "Loop Detected",
	sip.StatusNotAcceptableHere: "Not Acceptable Here", sip.StatusRequestPending: "Request Pending",
	sip.StatusInternalServerError: "Server Internal Error", sip.StatusServiceUnavailable: "Service Unavailable",
	sip.StatusVersionNotSupported: "Version Not Supported",
}

// respond writes the response to a request. tag is put on To where it has none (RFC 3261 §8.2.6.2).
func (w answer) respond(req *sip.Request, tag string) *sip.Response {
	res := sip.NewResponseFromRequest(req, w.status, orElse(w.reason, phrases[w.status]), nil)
	res.SipVersion = "SIP/2.0" // also to what speaks another
	if to := req.To(); to != nil && !to.Params.Has("tag") && tag != "" {
		res.To().Params.Add("tag", tag)
	}
	stampSource(res, req)
	for _, e := range w.extras {
		res.AppendHeader(sip.NewHeader(e.name, e.value))
	}
	if w.sdp != nil {
		res.AppendHeader(sip.NewHeader("Content-Type", sdpType))
		res.SetBody(w.sdp)
	}
	return res
}

// stampSource adds received where the sent-by is not where the request came from (RFC 3261 §18.2.1).
func stampSource(res *sip.Response, req *sip.Request) {
	via := res.Via()
	source := sourceOf(req).Addr()
	if via == nil || !source.IsValid() {
		return
	}
	if said, err := netip.ParseAddr(via.Host); err == nil && said.Unmap() == source && !via.Params.Has("rport") {
		return
	}
	via.Params.Add("received", source.String()) // also where it is the sent-by, if rport was asked for (RFC 3581 §4)
}

// answerAddress is where a response goes (RFC 3261 §18.2.2): back by the connection the request came by; over UDP to the
// source's address, and its port if rport was asked for (RFC 3581 §4), else the port of the sent-by.
func answerAddress(req *sip.Request) place {
	source := sourceOf(req)
	via := req.Via()
	if source.by.reliable() || via == nil || via.Params.Has("rport") {
		return source
	}
	source.AddrPort = netip.AddrPortFrom(source.Addr(), viaPort(via, overUDP))
	return source
}

// otherAddress is where a response goes when the connection its request came by is closed: to the source's address and the
// port of the sent-by (§18.2.2). There is none for a request that came over UDP.
func otherAddress(req *sip.Request) place {
	source := sourceOf(req)
	via := req.Via()
	if !source.by.reliable() || via == nil {
		return place{}
	}
	to := place{AddrPort: netip.AddrPortFrom(source.Addr(), viaPort(via, source.by)), by: source.by}
	if to.by == overTLS {
		to.name = via.Host
	}
	return to
}

// branchOf is a Via's branch; "" where there is none.
func branchOf(via *sip.ViaHeader) string {
	if via == nil {
		return ""
	}
	branch, _ := via.Params.Get("branch")
	return branch
}

// viaPort is the port of a Via's sent-by.
func viaPort(via *sip.ViaHeader, by transport) uint16 {
	if via.Port <= 0 || via.Port > 65535 {
		return by.port()
	}
	return uint16(via.Port)
}

// sourceOf is where a message came from.
func sourceOf(m interface {
	Source() string
	Transport() string
}) place {
	source, _ := netip.ParseAddrPort(m.Source())
	by, _ := transportOf(m.Transport())
	return place{AddrPort: netip.AddrPortFrom(source.Addr().Unmap(), source.Port()), by: by, flow: by.reliable()}
}

package lab

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	// socketBuffer carries a burst of calls; the default of Linux drops above
	// some 1,500 calls a second.
	socketBuffer = 4 << 20
	// inboxSize is how many messages a call may have waiting; more are dropped,
	// as UDP may, and come again.
	inboxSize = 64
	// maxMessage is the largest datagram.
	maxMessage = 65535
)

// message is a SIP message and where it came from.
type message struct {
	sip.Message
	from netip.AddrPort
}

// request is a request and where it came from.
type request struct {
	*sip.Request
	from netip.AddrPort
}

// endpoint is a SIP address on one UDP socket. It hands each message to the
// inbox that its Call-ID is known by, in order of arrival.
type endpoint struct {
	conn   *net.UDPConn
	addr   netip.AddrPort
	agent  string // User-Agent and Server
	t1     time.Duration
	log    *slog.Logger
	parser *sip.Parser
	// invited starts a call for an INVITE outside any; the message is put into
	// its inbox. It runs on the reading goroutine and must not block.
	invited func(invite *sip.Request, inbox <-chan message)
	cut     atomic.Bool // the wire is cut: nothing comes in, nothing goes out

	mu      sync.Mutex
	inboxes map[string]chan message
	closed  bool
	closing chan struct{} // closed first: everyone says goodbye
	talkers sync.WaitGroup
	reader  sync.WaitGroup
}

func newEndpoint(addr, agent string, t1 time.Duration, log *slog.Logger) (*endpoint, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil || !at.Addr().Is4() || at.Addr().IsUnspecified() {
		return nil, errors.New("lab: the SIP address must be an IPv4 address and a port, such as 127.0.0.1:5070 (port 0 takes any)")
	}
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, fmt.Errorf("lab: cannot open the SIP port: %w", err)
	}
	if err := conn.SetReadBuffer(socketBuffer); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: cannot size the SIP socket: %w", err), conn.Close())
	}
	local, err := netip.ParseAddrPort(conn.LocalAddr().String()) // with the port that 0 became
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &endpoint{
		conn: conn, addr: local,
		agent: agent, t1: t1, log: log, parser: sip.NewParser(),
		inboxes: map[string]chan message{}, closing: make(chan struct{}),
	}, nil
}

// start begins to read. It does nothing after close.
func (e *endpoint) start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.reader.Go(e.read)
	}
}

// close lets the talkers say goodbye, waits for them, then closes the socket.
func (e *endpoint) close() {
	e.mu.Lock()
	first := !e.closed
	if first {
		e.closed = true
		close(e.closing)
	}
	e.mu.Unlock()
	e.talkers.Wait()
	if first {
		if err := e.conn.Close(); err != nil {
			e.log.Warn("closing the lab's SIP socket", "err", err)
		}
	}
	e.reader.Wait()
}

// talk runs f as the goroutine of callID, with an inbox of its own; false if
// the endpoint is closed or the Call-ID in use.
func (e *endpoint) talk(callID string, f func(inbox <-chan message)) (chan<- message, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || e.inboxes[callID] != nil {
		return nil, false
	}
	inbox := make(chan message, inboxSize)
	e.inboxes[callID] = inbox
	e.talkers.Go(func() {
		defer e.forget(callID)
		f(inbox)
	})
	return inbox, true
}

func (e *endpoint) forget(callID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.inboxes, callID)
}

func (e *endpoint) read() {
	buffer := make([]byte, maxMessage)
	for {
		n, from, err := e.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		if e.cut.Load() {
			continue
		}
		// The parser's result refers to its input.
		parsed, err := e.parser.ParseSIP(bytes.Clone(buffer[:n]))
		if err != nil || !complete(parsed) {
			continue // keep-alives and rubbish
		}
		e.route(message{parsed, from})
	}
}

// complete reports whether a message has the headers every message must have
// (RFC 3261 §8.1.1), so that nobody else need ask.
func complete(m sip.Message) bool {
	return m.CallID() != nil && m.CSeq() != nil && m.From() != nil && m.To() != nil && m.Via() != nil
}

func (e *endpoint) route(m message) {
	e.mu.Lock()
	inbox := e.inboxes[m.CallID().Value()]
	e.mu.Unlock()
	if inbox != nil {
		select {
		case inbox <- m:
		default: // full; it will be sent again
		}
		return
	}
	if req, ok := m.Message.(*sip.Request); ok {
		e.outside(request{req, m.from})
	}
}

// outside handles a request that belongs to no call.
func (e *endpoint) outside(req request) {
	_, inDialog := req.To().Params.Get("tag")
	switch {
	case req.IsAck():
	case inDialog || req.IsCancel() || req.Method == sip.BYE:
		e.reply(req, 481)
	case req.Method == sip.OPTIONS:
		e.reply(req, 200, sip.NewHeader("Allow", allowed), sip.NewHeader("Accept", "application/sdp"))
	case !req.IsInvite():
		e.reply(req, 405, sip.NewHeader("Allow", allowed))
	default:
		e.invite(req)
	}
}

// allowed is what a call understands (RFC 3261 §20.5).
const allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS"

func (e *endpoint) invite(req request) {
	if e.invited == nil {
		e.reply(req, 405)
		return
	}
	inbox, ok := e.talk(req.CallID().Value(), func(inbox <-chan message) { e.invited(req.Request, inbox) })
	if !ok {
		e.reply(req, 503)
		return
	}
	inbox <- message{req.Request, req.from}
}

// reply answers without keeping state.
func (e *endpoint) reply(req request, status int, headers ...sip.Header) {
	e.send([]byte(e.response(req, status, nil, headers...).String()), req.replyAddr())
}

// response builds an answer to req.
func (e *endpoint) response(req request, status int, body []byte, headers ...sip.Header) *sip.Response {
	req.SetSource(req.from.String())
	res := sip.NewResponseFromRequest(req.Request, status, phrases[status], nil)
	if via := res.Via(); via.Host != req.from.Addr().String() {
		via.Params.Add("received", req.from.Addr().String()) // RFC 3261 §18.2.1
	}
	res.AppendHeader(sip.NewHeader("Server", e.agent))
	for _, h := range headers {
		res.AppendHeader(h)
	}
	setSDP(res, body)
	return res
}

// phrases are RFC 3261's for the statuses that are used here (§21).
var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
	405: "Method Not Allowed", 408: "Request Timeout", 410: "Gone", 420: "Bad Extension",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
	484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated",
	488: "Not Acceptable Here", 491: "Request Pending",
	500: "Server Internal Error", 503: "Service Unavailable", 603: "Decline",
}

// via is our Via header, of a new transaction.
func (e *endpoint) via() sip.Header {
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP",
		Host: e.addr.Addr().String(), Port: int(e.addr.Port()), Params: sip.NewParams(),
	}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "")
	return via
}

func setSDP(m sip.Message, body []byte) {
	if body != nil {
		m.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	}
	m.SetBody(body)
}

// replyAddr is where an answer goes: RFC 3261 §18.2.2 and RFC 3581 §4.
func (r request) replyAddr() netip.AddrPort {
	via := r.Via()
	if via.Params.Has("rport") {
		return r.from
	}
	port := uint16(via.Port)
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(r.from.Addr(), port)
}

// send puts a message on the wire. A lost one is sent again by its
// transaction, whatever the reason was.
func (e *endpoint) send(raw []byte, to netip.AddrPort) {
	if e.cut.Load() {
		return
	}
	if _, err := e.conn.WriteToUDPAddrPort(raw, to); err != nil && !errors.Is(err, net.ErrClosed) {
		e.log.Warn("lab cannot send a SIP message", "err", err)
	}
}

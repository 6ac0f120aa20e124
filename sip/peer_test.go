package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// peer is a far end that a test plays by hand: one UDP socket, messages as text. It has no SIP behaviour of its own,
// so it can misbehave in any way.
type peer struct {
	conn *net.UDPConn
	addr netip.AddrPort
	got  chan sip.Message
	by   transport
	out  func(to, text string) // how a peer sends that is no UDP socket

	mu    sync.Mutex
	times map[string]int // how often each message came
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	return newPeerAt(t, net.IPv4(127, 0, 0, 1))
}

func newPeerAt(t *testing.T, ip net.IP) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip})
	if err != nil {
		t.Fatal(err)
	}
	return servePeer(t, conn)
}

// servePeer is a peer of a socket that is open.
func servePeer(t *testing.T, conn *net.UDPConn) *peer {
	t.Helper()
	p := &peer{
		conn: conn, addr: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		got: make(chan sip.Message, 10000), times: map[string]int{},
	}
	if err := conn.SetReadBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); p.read() }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return p
}

// read hands on each message once: repetitions are only counted.
func (p *peer) read() {
	buf := make([]byte, 65535)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		text := string(buf[:n])
		p.mu.Lock()
		p.times[text]++
		first := p.times[text] == 1
		p.mu.Unlock()
		m, err := sip.ParseMessage([]byte(text))
		if err != nil || !first {
			continue
		}
		m.SetSource(from.String())
		p.got <- m
	}
}

// repeats is how often messages came whose first line begins so, repetitions included.
func (p *peer) repeats(firstLine string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for text, times := range p.times {
		if strings.HasPrefix(text, firstLine) {
			n += times
		}
	}
	return n
}

// different is repeats without repetitions.
func (p *peer) different(firstLine string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for text := range p.times {
		if strings.HasPrefix(text, firstLine) {
			n++
		}
	}
	return n
}

// request waits for the next request of a method; others that come before it are dropped.
func (p *peer) request(t *testing.T, method sip.RequestMethod) *sip.Request {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.got:
			if req, ok := m.(*sip.Request); ok && req.Method == method {
				return req
			}
		case <-deadline:
			t.Fatalf("no %s came", method)
			return nil
		}
	}
}

// response waits for the next final response to a method.
func (p *peer) response(t *testing.T, method sip.RequestMethod) *sip.Response {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.got:
			if res, ok := m.(*sip.Response); ok && !res.IsProvisional() && res.CSeq().MethodName == method {
				return res
			}
		case <-deadline:
			t.Fatalf("no answer to %s came", method)
			return nil
		}
	}
}

// quiet fails if a request of the method has been sent to us by now. It asks by an OPTIONS with the Call-ID of a call:
// what was done about that call before is done when the answer comes.
func (p *peer) quiet(t *testing.T, a *Agent, method sip.RequestMethod, callID string) {
	t.Helper()
	p.write(a, p.outside("OPTIONS", callID))
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.got:
			if req, ok := m.(*sip.Request); ok && req.Method == method {
				t.Fatalf("a %s came", method)
			}
			if res, ok := m.(*sip.Response); ok && res.CSeq().MethodName == sip.OPTIONS {
				return
			}
		case <-deadline:
			t.Fatal("our OPTIONS was not answered")
		}
	}
}

// say is what an answer of a peer consists of.
type say struct {
	status  int
	reason  string
	tag     string
	headers []string // "Name: value"
	sdp     string
}

// reply answers a request as text.
func (p *peer) reply(req *sip.Request, s say) { p.send(req.Source(), p.responseText(req, s)) }

func (p *peer) send(to, text string) {
	if p.out != nil {
		p.out(to, text)
		return
	}
	at := netip.MustParseAddrPort(to)
	_, _ = p.conn.WriteToUDPAddrPort([]byte(text), at)
}

func (p *peer) write(a *Agent, text string) { p.send(a.Addr().String(), text) }

func (p *peer) responseText(req *sip.Request, s say) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", s.status, orElse(s.reason, "Said"))
	for _, via := range req.GetHeaders("Via") {
		fmt.Fprintf(&b, "Via: %s\r\n", via.Value())
	}
	fmt.Fprintf(&b, "From: %s\r\n", value(req, "From"))
	to := value(req, "To")
	if s.tag != "" && !strings.Contains(to, ";tag=") {
		to += ";tag=" + s.tag
	}
	fmt.Fprintf(&b, "To: %s\r\nCall-ID: %s\r\nCSeq: %s\r\n", to, value(req, "Call-ID"), value(req, "CSeq"))
	if s.status > 100 && s.status < 300 && req.Method == sip.INVITE && !hasHeader(s.headers, "Contact") {
		fmt.Fprintf(&b, "Contact: <sip:far@%s%s>\r\n", p.addr, p.by.parameter())
	}
	writeRest(&b, s.headers, s.sdp)
	return b.String()
}

func hasHeader(headers []string, name string) bool {
	for _, h := range headers {
		if strings.HasPrefix(h, name+":") {
			return true
		}
	}
	return false
}

func writeRest(b *strings.Builder, headers []string, sdp string) {
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if sdp != "" {
		b.WriteString("Content-Type: application/sdp\r\n")
	}
	fmt.Fprintf(b, "Content-Length: %d\r\n\r\n%s", len(sdp), sdp)
}

// within writes a request in the dialog that the peer made by answering invite with tag.
func (p *peer) within(invite *sip.Request, tag, method string, cseq int, headers []string, sdp string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", method, inBrackets(value(invite, "Contact")))
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", p.by.token(), p.addr, newBranch())
	fmt.Fprintf(&b, "From: %s;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\n", value(invite, "To"), tag, value(invite, "From"), value(invite, "Call-ID"))
	fmt.Fprintf(&b, "CSeq: %d %s\r\nContact: <sip:far@%s%s>\r\n", cseq, method, p.addr, p.by.parameter())
	writeRest(&b, headers, sdp)
	return b.String()
}

// outside writes a request that belongs to no call.
func (p *peer) outside(method, callID string, headers ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s sip:kakeru@127.0.0.1 SIP/2.0\r\n", method)
	fmt.Fprintf(&b, "Via: SIP/2.0/%s %s;branch=%s;rport\r\nMax-Forwards: 70\r\n", p.by.token(), p.addr, newBranch())
	if !hasHeader(headers, "From") {
		fmt.Fprintf(&b, "From: <sip:far@%s>;tag=%s\r\n", p.addr, newTag())
	}
	if !hasHeader(headers, "To") {
		b.WriteString("To: <sip:kakeru@127.0.0.1>\r\n")
	}
	fmt.Fprintf(&b, "Call-ID: %s\r\n", callID)
	if !hasHeader(headers, "CSeq") {
		fmt.Fprintf(&b, "CSeq: 1 %s\r\n", method)
	}
	writeRest(&b, headers, "")
	return b.String()
}

// sdpAt is an answer or an offer of G.711 at an address; nobody need listen there.
func sdpAt(port int, more ...string) string {
	s := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0 8\r\n", port)
	for _, line := range more {
		s += line + "\r\n"
	}
	return s
}

const plainSDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

// answerCall plays a far end that rings and answers, and returns the INVITE and its ACK.
func (p *peer) answerCall(t *testing.T, tag string) (invite, ack *sip.Request) {
	t.Helper()
	invite = p.request(t, sip.INVITE)
	p.reply(invite, say{status: 180, tag: tag})
	p.reply(invite, say{status: 200, tag: tag, sdp: plainSDP})
	return invite, p.request(t, sip.ACK)
}

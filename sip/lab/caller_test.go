package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// limit bounds every wait; only a failure takes so long.
const limit = 8 * time.Second

func newMedia(t testing.TB) *media.Pool {
	t.Helper()
	pool, err := media.NewPool(media.Config{BindIP: netip.MustParseAddr("127.0.0.1"), PortMin: 10000, PortMax: 13999})
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

// runCarrier starts a fast carrier and stops it with the test.
func runCarrier(t testing.TB, change ...func(*CarrierOptions)) *Carrier {
	t.Helper()
	o := CarrierOptions{Media: newMedia(t), Fast: true, Seed: 7}
	for _, f := range change {
		f(&o)
	}
	c, err := NewCarrier(o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, c.Run, c.Close)
	return c
}

func run(t testing.TB, run func(context.Context) error, stop func()) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- run(context.Background()) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// caller is a small user agent that makes one call, step by step. It shares no
// code with the lab but sipgo's parser.
type caller struct {
	t      testing.TB
	conn   *net.UDPConn
	to     netip.AddrPort
	number string

	callID, tag string
	cseq        int
	branch      string // of the last INVITE
	toTag       string
	inCSeq      map[string]bool // requests seen, to leave retransmissions out
	answers     map[string]bool // and answers

	pair  *media.Pair
	local *media.Local
	ear   *media.Listener
	mouth *media.Sender
}

func newCaller(t testing.TB, to netip.AddrPort, number string) *caller {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := newMedia(t).Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{
		t: t, conn: conn, to: to, number: number,
		callID: sip.GenerateTagN(16), tag: "caller", pair: pair, local: media.NewLocal(pair.Addr()),
		ear: media.NewListener(pair.RTP), mouth: media.NewSender(pair.RTP),
		inCSeq: map[string]bool{}, answers: map[string]bool{},
	}
	heard := make(chan struct{})
	go func() { defer close(heard); c.ear.Run() }()
	t.Cleanup(func() {
		conn.Close()
		pair.Close()
		<-heard
	})
	return c
}

// send writes a request of the call; lines are further headers, a last one
// after an empty line is the body.
func (c *caller) send(method, branch string, cseq int, body string, lines ...string) {
	c.t.Helper()
	local := c.conn.LocalAddr()
	to := fmt.Sprintf("To: <sip:%s@lab.invalid>", c.number)
	if c.toTag != "" {
		to += ";tag=" + c.toTag
	}
	head := []string{
		fmt.Sprintf("%s sip:%s@%s SIP/2.0", method, c.number, c.to),
		fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=%s;rport", local, branch),
		"From: <sip:test@lab.invalid>;tag=" + c.tag, to,
		"Call-ID: " + c.callID,
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		fmt.Sprintf("Contact: <sip:test@%s>", local),
		"Max-Forwards: 70",
	}
	head = append(head, lines...)
	if body != "" {
		head = append(head, "Content-Type: application/sdp")
	}
	head = append(head, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	c.raw(strings.Join(head, "\r\n"))
}

func (c *caller) raw(text string) {
	c.t.Helper()
	if _, err := c.conn.WriteToUDPAddrPort([]byte(text), c.to); err != nil {
		c.t.Fatal(err)
	}
}

func (c *caller) invite(lines ...string) {
	c.t.Helper()
	c.cseq++
	c.branch = sip.GenerateBranch()
	c.send("INVITE", c.branch, c.cseq, string(c.local.Offer(media.SendRecv)), lines...)
}

// next is the next message that is no retransmission and no 100, or nil after
// the wait.
func (c *caller) next(wait time.Duration) sip.Message {
	c.t.Helper()
	for {
		m := c.receive(wait)
		switch m := m.(type) {
		case nil:
			return nil
		case *sip.Response:
			key := fmt.Sprint(m.StatusCode, m.CSeq().Value())
			if m.StatusCode != 100 && !c.answers[key] {
				c.answers[key] = true
				return m
			}
		case *sip.Request:
			if key := m.CSeq().Value(); !c.inCSeq[key] {
				c.inCSeq[key] = true
				return m
			}
		}
	}
}

// receive is the next message whatever it is. What is no SIP is left out: our port may have been another call's, and its
// far end's sound still on the way.
func (c *caller) receive(wait time.Duration) sip.Message {
	c.t.Helper()
	buffer := make([]byte, 8192)
	if err := c.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		c.t.Fatal(err)
	}
	n, err := c.conn.Read(buffer)
	for err == nil && n > 0 && buffer[0]&0xc0 == 0x80 { // RTP or RTCP, version 2 (RFC 3550 §5.1)
		n, err = c.conn.Read(buffer)
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return nil
	}
	if err != nil {
		c.t.Fatal(err)
	}
	m, err := sip.NewParser().ParseSIP(buffer[:n])
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// expect wants an answer with this status to a request of this method.
func (c *caller) expect(status int, method sip.RequestMethod) *sip.Response {
	c.t.Helper()
	res, ok := c.next(limit).(*sip.Response)
	if !ok || res.StatusCode != status || res.CSeq().MethodName != method {
		c.t.Fatalf("..%s: want %d to %s, got %v", lastTwo(c.number), status, method, short(res))
	}
	if method == sip.INVITE {
		c.toTag, _ = res.To().Params.Get("tag")
		if far, err := media.Parse(res.Body()); err == nil {
			c.mouth.Target(far)
		}
	}
	return res
}

func short(m *sip.Response) string {
	if m == nil {
		return "nothing, or a request"
	}
	return m.Short()
}

// wants is an incoming request of this method.
func (c *caller) wants(method sip.RequestMethod) *sip.Request {
	c.t.Helper()
	m := c.next(limit)
	req, ok := m.(*sip.Request)
	if !ok || req.Method != method {
		c.t.Fatalf("..%s: want %s, got %v", lastTwo(c.number), method, m)
	}
	return req
}

// answer replies to an incoming request.
func (c *caller) answer(req *sip.Request, status int, body []byte) {
	c.t.Helper()
	res := sip.NewResponseFromRequest(req, status, "as asked", nil)
	res.AppendHeader(sip.NewHeader("Contact", fmt.Sprintf("<sip:test@%s>", c.conn.LocalAddr())))
	setSDP(res, body)
	c.raw(res.String())
}

// ackOK acknowledges a 2xx, ackNo a refusal.
func (c *caller) ackOK() { c.t.Helper(); c.send("ACK", sip.GenerateBranch(), c.cseq, "") }
func (c *caller) ackNo() { c.t.Helper(); c.send("ACK", c.branch, c.cseq, "") }

func (c *caller) cancel() {
	c.t.Helper()
	tag := c.toTag
	c.toTag = "" // §9.1: CANCEL is a copy of the INVITE
	c.send("CANCEL", c.branch, c.cseq, "")
	c.toTag = tag
}

func (c *caller) bye() {
	c.t.Helper()
	c.cseq++
	c.send("BYE", sip.GenerateBranch(), c.cseq, "")
	c.expect(200, sip.BYE)
}

// refused takes a refusal and acknowledges it.
func (c *caller) refused(status int) *sip.Response {
	c.t.Helper()
	res := c.expect(status, sip.INVITE)
	c.ackNo()
	return res
}

// logOf is the far end's log of a call, once it fits.
func logOf(t testing.TB, calls func() []CallLog, callID, what string, fits func(CallLog) bool) CallLog {
	t.Helper()
	var found CallLog
	until(t, what, func() bool {
		for _, l := range calls() {
			if l.CallID == callID {
				found = l
				return fits(l)
			}
		}
		return false
	})
	return found
}

func ended(l CallLog) bool { return !l.Ended.IsZero() }

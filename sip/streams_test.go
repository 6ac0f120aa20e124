package sip

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// spoken is a transport of streams, with what a rig and its peers need to speak it.
type spoken struct {
	by    transport
	ca    *authority
	peer  func(t *testing.T) *streamPeer
	allow func(*Config)
}

var tcpOnly = spoken{by: overTCP, allow: withTCP, peer: func(t *testing.T) *streamPeer { t.Helper(); return newStreamPeer(t, nil) }}

func overStreams(t *testing.T, f func(t *testing.T, s spoken)) {
	t.Helper()
	t.Run("TCP", func(t *testing.T) { f(t, tcpOnly) })
	t.Run("TLS", func(t *testing.T) {
		ca := newAuthority(t)
		f(t, spoken{
			by: overTLS, ca: ca, allow: withTLS(t, ca),
			peer: func(t *testing.T) *streamPeer {
				return newStreamPeer(t, ca.config(t, ca.issue(t, identity{}, time.Hour, "carrier.invalid")))
			},
		})
	})
}

func withTCP(c *Config) { c.TCP = true }

// withTLS has the agent trust an authority, and listen with a certificate of it for 127.0.0.1.
func withTLS(t *testing.T, ca *authority) func(*Config) {
	t.Helper()
	id := ca.issue(t, identity{}, time.Hour, "127.0.0.1")
	return func(c *Config) {
		c.TLS = TLS{Listen: "127.0.0.1:0", Certificate: id.cert, Key: id.key, CA: ca.file}
	}
}

// at is where an agent listens for the transport.
func (s spoken) at(a *Agent) string {
	if s.by == overTLS {
		return a.SecureAddr().String()
	}
	return a.Addr().String()
}

// route puts a peer of the transport in the place of the trunk.
func (s spoken) route(c *Config, p *streamPeer) {
	s.allow(c)
	c.Trunks[0].Address, c.Trunks[0].Transport = p.addr.String(), string(s.by)
}

// trunk is a rig whose trunk is a peer of the transport.
func (s spoken) trunk(t *testing.T, change ...func(*Config)) (*rig, *streamPeer) {
	t.Helper()
	p := s.peer(t)
	r := newRig(t, append([]func(*Config){func(c *Config) { s.route(c, p) }}, change...)...)
	s.open(t, r.Agent, p)
	return r, p
}

// open connects an agent to a peer, so that a slow handshake on a busy machine is not taken for a silent far end: the tests'
// timers are short.
func (s spoken) open(t *testing.T, a *Agent, p *streamPeer) {
	t.Helper()
	to := place{AddrPort: p.addr, by: s.by}
	if s.by == overTLS {
		to.name = "carrier.invalid"
	}
	conn, err := a.streams.reach(to, namer{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection stands", conn.stands.Load)
}

// A whole call by one connection: nothing is repeated while the far end thinks, and both ends' requests use it.
func TestACallByStream(t *testing.T) {
	t.Parallel()
	overStreams(t, func(t *testing.T, s spoken) {
		r, p := s.trunk(t)
		w := r.customer(t)
		invite := p.request(t, sip.INVITE)
		if via := invite.Via(); via.Transport != s.by.token() || fmt.Sprintf("%s:%d", via.Host, via.Port) != s.at(r.Agent) {
			t.Errorf("Via: %s", via.Value())
		}
		if got, want := value(invite, "Contact"), "<sip:kakeru@"+s.at(r.Agent)+s.by.parameter()+">"; got != want {
			t.Errorf("Contact %s, want %s", got, want)
		}
		// Over UDP a second INVITE would come after T1: here nothing comes but the answer to this OPTIONS, sent after 4·T1.
		<-time.After(4 * testTimers.T1)
		p.quietBy(t, invite.Source(), sip.INVITE)
		p.reply(invite, say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		p.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
		w.until(t, dialer.LegAnswered)
		w.Confirm()
		p.request(t, sip.ACK)
		p.send(invite.Source(), p.within(invite, "a", "INVITE", 1, nil, sdpAt(0)))
		if res := p.response(t, sip.INVITE); res.StatusCode != 488 {
			t.Errorf("re-INVITE with sound at port 0: %s", res)
		}
		<-time.After(4 * testTimers.T1) // its ACK is late: over UDP the 488 would come again (timer G)
		p.send(invite.Source(), p.within(invite, "a", "INVITE", 2, nil, sdpAt(9)))
		res := p.response(t, sip.INVITE)
		if res.StatusCode != 200 || !strings.Contains(value(res, "Contact"), s.by.parameter()) {
			t.Errorf("re-INVITE: %s", res)
		}
		p.send(invite.Source(), p.within(invite, "a", "ACK", 2, nil, ""))
		w.Drop()
		bye := p.request(t, sip.BYE)
		p.reply(bye, say{status: 200})
		w.gone(t)
		if bye.Source() != invite.Source() {
			t.Error("the BYE came by another connection")
		}
		for _, first := range []string{"INVITE ", "BYE ", "SIP/2.0 488 "} {
			if n := p.repeats(first); n != 1 {
				t.Errorf("%s came %d times", first, n)
			}
		}
		if now, ever := p.connections(); now != 1 || ever != 1 {
			t.Errorf("%d connections, %d in all", now, ever)
		}
	})
}

// quietBy is quiet, asked by stream.
func (p *streamPeer) quietBy(t *testing.T, at string, method sip.RequestMethod) {
	t.Helper()
	p.send(at, p.outside("OPTIONS", newTag()))
	for {
		select {
		case m := <-p.got:
			if req, ok := m.(*sip.Request); ok && req.Method == method {
				t.Fatalf("a %s came", method)
			}
			if res, ok := m.(*sip.Response); ok && res.CSeq().MethodName == sip.OPTIONS {
				return
			}
		case <-time.After(patience):
			t.Fatal("our OPTIONS was not answered")
		}
	}
}

// Silence ends a leg over streams too (timers B and F), and the connection that was silent is opened anew.
func TestASilentStreamIsOpenedAnew(t *testing.T) {
	t.Parallel()
	overStreams(t, func(t *testing.T, s spoken) {
		r, p := s.trunk(t)
		w := r.customer(t)
		first := p.request(t, sip.INVITE)
		w.gone(t)
		if n := p.repeats("INVITE "); !w.saw(dialer.EvNoAnswer) || n != 1 {
			t.Errorf("%v after %d INVITEs", w.kinds(), n)
		}
		eventually(t, "it is closed", func() bool { return r.streams.counts()[s.by] == 0 })
		s.open(t, r.Agent, p)
		r.customer(t)
		if second := p.request(t, sip.INVITE); second.Source() == first.Source() {
			t.Error("the next call went into the same silence")
		}
	})
}

// A far end that has closed the connection is connected to again; its own requests may come by yet another.
func TestReconnect(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		r, p := s.trunk(t)
		w := r.customer(t)
		invite := p.request(t, sip.INVITE)
		p.reply(invite, say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		p.hangUp()
		eventually(t, "we know that it is closed", func() bool { return r.streams.counts()[s.by] == 0 })
		// RFC 3261 §18.2.2: the answer comes by a connection of theirs.
		p.send(s.at(r.Agent), p.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP}))
		w.until(t, dialer.LegAnswered)
		w.Confirm()
		ack := p.request(t, sip.ACK)
		if ack.Source() == invite.Source() {
			t.Error("the ACK came by a closed connection")
		}
		w.Drop()
		p.reply(p.request(t, sip.BYE), say{status: 200})
		w.gone(t)
	})
}

// What was about to leave by a connection that ends leaves by another, once.
func TestAMessageOutlivesItsConnection(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		r, p := s.trunk(t)
		r.streams.mu.Lock()
		var old *stream
		for _, is := range r.streams.open {
			old = is
		}
		r.streams.mu.Unlock()
		p.hangUp()
		eventually(t, "it is closed", func() bool { return r.streams.counts()[s.by] == 0 })
		message := parcel{text: []byte(p.outside("OPTIONS", newTag()))}
		if !r.streams.retry(old, message) {
			t.Error("it does not leave")
		}
		p.request(t, sip.OPTIONS)
		message.again = true
		if r.streams.retry(old, message) {
			t.Error("it is sent again and again")
		}
		theirs := newStream(r.streams, place{AddrPort: p.addr, by: s.by, flow: true})
		theirs.stands.Store(true)
		if r.streams.retry(theirs, parcel{text: message.text}) {
			t.Error("a connection of theirs cannot be opened by us")
		}
	})
}

// A response to a request whose connection is closed goes to where its sent-by says that connections are taken (§18.2.2).
func TestAnswersFindAnotherConnection(t *testing.T) {
	r, p := tcpOnly.trunk(t)
	w := r.customer(t)
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	ack := p.request(t, sip.ACK)
	p.send(ack.Source(), p.within(invite, "a", "INVITE", 1, nil, sdpAt(9)))
	p.response(t, sip.INVITE)
	p.hangUp()
	if res := p.response(t, sip.INVITE); res.StatusCode != 200 { // repeated until the ACK, by another connection
		t.Errorf("%s", res)
	}
	w.Drop()
	p.reply(p.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

func TestNobodyListensAtTheTrunk(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		nobody := localPort(t).String()
		r := newRig(t, s.allow, func(c *Config) {
			next := c.Trunks[0]
			next.Name = "next"
			c.Trunks = append(c.Trunks, next)
			c.Trunks[0].Address, c.Trunks[0].Transport = nobody, string(s.by)
		})
		w := r.customer(t)
		r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486}) // the INVITE surely did not leave: the next trunk gets it
		w.gone(t)
		if got := w.untilReason(t, dialer.EvRerouted); got != "could not be sent: nothing listens there" {
			t.Errorf("evidence: %q", got)
		}
	})
}

// untilReason is the reason of an evidence that has come.
func (w *watched) untilReason(t *testing.T, event dialer.EvidenceEvent) string {
	t.Helper()
	for _, f := range w.all {
		if f.Evidence.Event == event {
			return f.Evidence.Reason
		}
	}
	t.Fatalf("no evidence %q: %v", event, w.kinds())
	return ""
}

// byHand is a connection that a test writes to as it likes.
func byHand(t *testing.T, a *Agent) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

func write(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// untilClosed is all that comes.
func untilClosed(t *testing.T, conn net.Conn) string {
	t.Helper()
	all, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatalf("it was not closed: %v", err)
	}
	return string(all)
}

func tcpText(method, body string, headers ...string) string {
	p := peer{by: overTCP, addr: netipLocal}
	text := p.outside(method, newTag(), headers...)
	return strings.Replace(text, "Content-Length: 0\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), 1)
}

func TestWhatBreaksTheFramingIsToldSo(t *testing.T) {
	r := newRig(t, withTCP)
	plain := tcpText("OPTIONS", "")
	for name, c := range map[string]struct{ text, want string }{
		"no Content-Length":     {strings.Replace(plain, "Content-Length: 0\r\n", "", 1), "SIP/2.0 400 Content-Length is missing or repeated\r\n"},
		"two of them":           {strings.Replace(plain, "Content-Length", "l: 4\r\nContent-Length", 1), "SIP/2.0 400 "},
		"one that is no number": {strings.Replace(plain, "Length: 0", "Length: x", 1), "SIP/2.0 400 "},
		"too long":              {strings.Replace(plain, "Length: 0", "Length: 70000", 1), "SIP/2.0 513 "},
		"an ACK":                {strings.ReplaceAll(strings.Replace(plain, "Content-Length: 0\r\n", "", 1), "OPTIONS", "ACK"), ""},
		"a response":            {"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKx\r\n\r\n", ""},
		"folded without end":    {strings.Replace(plain, "Content-Length: 0\r\n", "S: a"+strings.Repeat("\r\n x", mostContinuations+1)+"\r\n", 1), ""},
		"no SIP at all":         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn := byHand(t, r.Agent)
			write(t, conn, c.text+plain)
			got := untilClosed(t, conn)
			if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Count(got, "SIP/2.0 ") > 2 {
				t.Errorf("got %q", got)
			}
		})
	}
}

// What the parser refuses costs one message, not the ones around it; who sends nothing else is cut off.
func TestRubbishInFrames(t *testing.T) {
	r := newRig(t, withTCP)
	conn := byHand(t, r.Agent)
	rubbish := "NONSENSE\r\nContent-Length: 3\r\n\r\nabc"
	write(t, conn, rubbish+tcpText("OPTIONS", ""))
	if res, err := bufio.NewReader(conn).ReadString('\n'); err != nil || res != "SIP/2.0 200 OK\r\n" {
		t.Errorf("%q, %v", res, err)
	}
	write(t, conn, strings.Repeat(rubbish, rubbishKept))
	untilClosed(t, conn)
}

func TestPing(t *testing.T) {
	r := newRig(t, withTCP)
	conn := byHand(t, r.Agent)
	write(t, conn, "\r\n\r\n")
	pong := make([]byte, 2)
	if _, err := io.ReadFull(conn, pong); err != nil || string(pong) != "\r\n" {
		t.Errorf("%q, %v", pong, err)
	}
}

// Who connects and says nothing, or says it byte by byte, is cut off after 64·T1; who has said something is left alone for
// StreamIdle.
func TestSlowTalkersAreCutOff(t *testing.T) {
	r := newRig(t, withTCP, func(c *Config) { c.StreamIdle = 3 * time.Hour })
	for name, said := range map[string]string{
		"nothing": "", "a beginning": "OPTIONS sip:a SIP/2.0\r\n", "a header": framed("") + "OPTIONS sip", "a body": framed("hello")[:46],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := byHand(t, r.Agent)
			stop := make(chan struct{})
			defer close(stop)
			write(t, conn, said)
			if said != "" {
				go drip(conn, stop)
			}
			untilClosed(t, conn)
		})
	}
}

// drip sends a byte now and then: each alone is no message.
func drip(conn net.Conn, stop <-chan struct{}) {
	tick := time.NewTicker(testTimers.T1)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
		case <-stop:
			return
		}
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	r := newRig(t, withTCP, func(c *Config) { c.StreamIdle = 50 * time.Millisecond })
	conn := byHand(t, r.Agent)
	write(t, conn, tcpText("OPTIONS", ""))
	if got := untilClosed(t, conn); !strings.HasPrefix(got, "SIP/2.0 200 ") {
		t.Errorf("%q", got)
	}
	eventually(t, "nothing is left", func() bool { return r.streams.counts()[overTCP] == 0 })
}

func TestOneAddressMayOpenSoManyConnections(t *testing.T) {
	r := newRig(t, withTCP)
	var all []net.Conn
	for range streamsOfOne {
		conn := byHand(t, r.Agent)
		write(t, conn, tcpText("OPTIONS", ""))
		if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		all = append(all, conn)
	}
	if got := untilClosed(t, byHand(t, r.Agent)); got != "" {
		t.Errorf("one too many was served: %q", got)
	}
	_ = all[0].Close()
	eventually(t, "there is room again", func() bool { return r.streams.counts()[overTCP] < streamsOfOne })
	conn := byHand(t, r.Agent)
	write(t, conn, tcpText("OPTIONS", ""))
	if _, err := bufio.NewReader(conn).ReadString('\n'); err != nil {
		t.Error(err)
	}
}

// A far end that reads nothing can hold up nobody but itself: what cannot be sent is told so, and a stop does not wait.
func TestAFarEndThatReadsNothing(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := newRig(t, withTCP)
	to := place{AddrPort: listenerAddr(l), by: overTCP}
	lost := make(chan error, 1)
	full := 0
	eventually(t, "its queue is full", func() bool {
		tell := func(err error) {
			select {
			case lost <- err:
			default: // one word is enough
			}
		}
		if r.streams.write(to, place{}, parcel{text: []byte(strings.Repeat("x", longestMessage)), lost: tell}) != nil {
			full++
		}
		return full > 0
	})
	if err := within(t, lost, "word of what was lost"); err == nil {
		t.Error("lost without a reason")
	}
	eventually(t, "the connection is given up", func() bool { return r.streams.counts()[overTCP] == 0 })
}

// Two responses back to back, and two requests, are handled in the order of the stream.
func TestStreamsKeepTheirOrder(t *testing.T) {
	r, p := tcpOnly.trunk(t)
	for range 50 {
		n := r.line(t)
		w := watch(n.Customer())
		w.Dial()
		invite := p.request(t, sip.INVITE)
		p.send(invite.Source(), p.responseText(invite, say{status: 183, tag: "a", sdp: plainSDP})+p.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP})+
			p.within(invite, "a", "UPDATE", 1, nil, "")+p.within(invite, "a", "BYE", 2, nil, ""))
		w.gone(t)
		if !w.saw(dialer.EvEarlyMedia) || countKind(w.all, dialer.LegAnswered) != 1 {
			t.Fatalf("%v", w.kinds())
		}
		if res := p.response(t, sip.BYE); res.StatusCode != 200 {
			t.Fatalf("%s", res)
		}
		n.Close()
	}
	if now, ever := p.connections(); now != 1 || ever != 1 {
		t.Errorf("%d connections, %d in all", now, ever)
	}
}

// from is byHand from an address of its own.
func from(t *testing.T, a *Agent, local net.IP) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: local}}
	conn, err := dialer.DialContext(t.Context(), "tcp", a.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// What comes by a stream is weighed and read as what comes by UDP is, also where its end cannot be found.
func TestStrangersByStream(t *testing.T) {
	t.Parallel()
	text := tcpText("OPTIONS", "")
	for name, c := range map[string]struct{ text, want string }{
		"sound":             {text, "SIP/2.0 200 OK\r\n"},
		"no Content-Length": {strings.Replace(text, "Content-Length: 0\r\n", "", 1), "SIP/2.0 400 Content-Length is missing or repeated\r\n"},
	} {
		t.Run(name, func(t *testing.T) { strangerByStream(t, c.text, c.want) })
	}
}

func strangerByStream(t *testing.T, text, want string) {
	t.Parallel()
	now := newClock()
	r := newRig(t, withTCP, func(c *Config) { c.Now = now.Now })
	r.streams.mu.Lock()
	r.streams.arrivals.chance = func() float64 { return 0 } // how fast it connects is another matter
	r.streams.mu.Unlock()
	stranger := freshAddress()
	answers, rounds := 0, 0
	for banned := uint64(0); banned == 0; rounds++ {
		conn := from(t, r.Agent, stranger)
		_, _ = conn.Write([]byte(text)) // a banned one is not even taken
		if line, _ := bufio.NewReader(conn).ReadString('\n'); line == want {
			answers++
		} else if line != "" {
			t.Fatalf("%q", line)
		}
		_ = conn.Close()
		if _, _, banned = r.strange.counts(); rounds > 10*bannedAfter {
			t.Fatal("it is never banned")
		}
	}
	if answers != strangerBurst || rounds != strangerBurst+bannedAfter+1 {
		t.Errorf("%d answers in %d rounds", answers, rounds)
	}
	conn := byHand(t, r.Agent)
	write(t, conn, text)
	if res, err := bufio.NewReader(conn).ReadString('\n'); err != nil || res != want {
		t.Errorf("%q, %v", res, err)
	}
}

func TestStreamsAreTidiedAndRefusedAsDatagramsAre(t *testing.T) {
	t.Parallel()
	r := newRig(t, withTCP)
	plain := tcpText("OPTIONS", "")
	for name, c := range map[string]struct{ text, want string }{
		"folded, spaced, short names": {strings.NewReplacer("CSeq: ", "CSeq \t:\r\n  ", "Call-ID:", "i :").Replace(plain), "SIP/2.0 200 "},
		"folded without end":          {strings.Replace(plain, "CSeq:", "S: a"+strings.Repeat("\r\n x", mostContinuations+1)+"\r\nCSeq:", 1), "SIP/2.0 400 "},
		"a scheme that is not ours":   {strings.Replace(plain, "OPTIONS sip:", "OPTIONS nobody:", 1), "SIP/2.0 416 "},
		"no Call-ID":                  {regexp.MustCompile(`Call-ID:[^\r]*\r\n`).ReplaceAllString(plain, ""), "SIP/2.0 400 "},
	} {
		t.Run(name, func(t *testing.T) {
			conn := byHand(t, r.Agent)
			write(t, conn, c.text)
			res, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil || !strings.HasPrefix(res, c.want) {
				t.Errorf("%q, %v", res, err)
			}
		})
	}
}

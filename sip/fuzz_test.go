package sip

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// What the socket reads goes this way, with a call under way: nothing that comes may stop the agent, or hold a lane.
// In the seeds, and in what is made of them, these words stand for the call's own.
func FuzzDatagrams(f *testing.F) {
	p := peer{addr: netipLocal}
	for _, method := range []string{"OPTIONS", "INVITE", "REGISTER", "CANCEL", "BYE", "ACK", "SUBSCRIBE"} {
		f.Add([]byte(p.outside(method, newTag())))
		f.Add([]byte(p.outside(method, "CALLID", "From: <sip:a@b>;tag=THEIRS", "To: <sip:c@d>;tag=OURS", "CSeq: 7 "+method)))
	}
	f.Add([]byte(p.outside("INVITE", "CALLID", "From: <sip:a@b>;tag=THEIRS", "To: <sip:c@d>;tag=OURS", "Content-Type: application/sdp") + plainSDP))
	for _, status := range []string{"100 Trying", "183 Early", "200 OK", "302 Moved", "407 Proxy", "503 No"} {
		f.Add([]byte("SIP/2.0 " + status + "\r\nVia: SIP/2.0/UDP OWN;branch=BRANCH\r\nFrom: <sip:a@b>;tag=OURS\r\nTo: <sip:c@d>;tag=THEIRS\r\n" +
			"Call-ID: CALLID\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"))
	}
	for _, c := range torture {
		f.Add(tortureText(f, c.name))
	}
	c := newFuzzCall(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c.renew(t)
		text := c.names().Replace(string(data))
		if left, err := c.a.datagram(sip.TransportReadProps{Transport: "UDP", RemoteAddr: c.from}, []byte(text)); err != nil || len(left) > 0 && strings.Trim(text, "\r\n\x00") != "" {
			t.Errorf("left to the library: %q, %v", left, err)
		}
		c.settle(t)
		if n := len(c.a.allLanes()); n > 1000 {
			t.Errorf("%d lanes are held", n)
		}
	})
}

// fuzzCall is an agent with a leg that is up; its far end is nobody.
type fuzzCall struct {
	a    *Agent
	from *net.UDPAddr
	leg  *leg
	line dialer.Line
}

func newFuzzCall(f *testing.F) *fuzzCall {
	f.Helper()
	cfg := testConfig()
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@" + netipLocal.String()}, {ID: "desk2", Account: "phone1", Password: "desk secret"}}
	a, err := New(cfg)
	if err != nil {
		f.Fatal(err)
	}
	if err := a.Start(); err != nil {
		f.Fatal(err)
	}
	c := &fuzzCall{a: a, from: net.UDPAddrFromAddrPort(netipLocal)}
	f.Cleanup(func() {
		if c.line != nil {
			c.line.Close()
		}
		a.stop()
	})
	return c
}

// renew makes a call where there is none any more, and answers it.
func (c *fuzzCall) renew(t *testing.T) {
	if c.leg != nil && c.up(t) {
		return
	}
	if c.line != nil {
		c.line.Close()
	}
	n, err := c.a.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	c.line, c.leg = n, n.Customer().(*leg)
	c.leg.Dial()
	c.settle(t)
	text := c.names().Replace("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP OWN;branch=BRANCH;rport\r\nFrom: <sip:a@b>;tag=OURS\r\nTo: <sip:c@d>;tag=THEIRS\r\n" +
		"Call-ID: CALLID\r\nCSeq: 1 INVITE\r\nContact: <sip:x@127.0.0.1:9>\r\nContent-Type: application/sdp\r\n\r\n" + plainSDP)
	if _, err := c.a.datagram(sip.TransportReadProps{Transport: "UDP", RemoteAddr: c.from}, []byte(text)); err != nil {
		t.Fatal(err)
	}
	c.leg.Confirm()
	c.settle(t)
	if !c.up(t) {
		t.Fatal("the call is not up")
	}
}

func (c *fuzzCall) names() *strings.Replacer {
	return strings.NewReplacer("CALLID", c.leg.dialog.CallID, "OURS", c.leg.dialog.LocalTag, "THEIRS", "far", "OWN", c.a.us, "BRANCH", c.leg.invite.Branch)
}

// on runs f on the leg's lane and waits for it: what came before is done then.
func (c *fuzzCall) on(t *testing.T, f func()) {
	done := make(chan struct{})
	if !c.leg.lane.post(func() { f(); close(done) }) {
		t.Fatal("the agent has stopped")
	}
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("the lane is stuck")
	}
}

func (c *fuzzCall) settle(t *testing.T) {
	c.on(t, func() {
		for len(c.leg.told) > 0 {
			<-c.leg.told
		}
	})
}

func (c *fuzzCall) up(t *testing.T) (up bool) {
	c.on(t, func() { up = c.leg.state == legUp && !c.leg.over && !c.leg.dropped })
	return up
}

// A REGISTER of any make changes bindings by the rules or not at all, and its answer can be read. No Authorization that is
// made up is right.
func FuzzRegistrar(f *testing.F) {
	f.Add("<sip:phone1@192.0.2.7>;expires=60", "", uint32(1), `Digest username="phone1", realm="kakeru", nonce="x", uri="sip:kakeru", response="0"`)
	f.Add("*", "0", uint32(2), "Digest")
	f.Add("<sip:a@b>, \"x\" <sip:c@d;p=q?h=i>;q=0.1;expires=0", "7200", uint32(9), "Basic x")
	f.Add("sip:a@b;expires=99999999999999999999", "-1", uint32(0), "Digest qop=auth, nc=00000001")
	f.Fuzz(func(t *testing.T, contact, expires string, cseq uint32, authorization string) {
		cfg := testConfig()
		cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret", SHA256: true}}
		a, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.crew.dismiss()
		defer a.register.stop()
		r, s := a.register, a.register.seats["desk1"]
		for _, text := range []string{"<sip:phone1@192.0.2.9>;expires=600", contact} {
			m, err := read([]byte((&peer{addr: netipLocal}).outside("REGISTER", "c", "To: <sip:phone1@kakeru>", fmt.Sprintf("CSeq: %d REGISTER", cseq),
				"Contact: "+text, "Expires: "+expires, "Authorization: "+authorization)))
			req, ok := m.(*sip.Request)
			if err != nil || !ok || faultOf(req) != nil {
				return
			}
			req.SetSource("192.0.2.9:5060")
			if r.nonces.check(value(req, "Authorization"), "REGISTER", s.desk, asker{sourceOf(req).Addr(), time.Now()}) == right {
				t.Fatalf("%q was taken for the password", authorization)
			}
			res := r.bind(s, req).respond(req, "t")
			if _, err := sip.ParseMessage([]byte(res.String())); err != nil {
				t.Errorf("our answer cannot be read: %v\n%s", err, res)
			}
			switch res.StatusCode {
			case 200, 400, 403, 423, 500:
			default:
				t.Errorf("answered %d", res.StatusCode)
			}
			if n := len(s.bindings); n > bindingsKept {
				t.Errorf("%d bindings", n)
			}
			for _, b := range s.bindings {
				if left := time.Until(b.expires); left > defaultExpires || left < -time.Second {
					t.Errorf("a binding lasts %v", left)
				}
			}
			cseq++
		}
	})
}

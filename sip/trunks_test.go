package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/net/dns/dnsmessage"

	"kakeru/dialer"
)

// twoTrunks is an agent with a second trunk behind the first.
func twoTrunks(t *testing.T, change ...func(*Config)) (*rig, *peer) {
	t.Helper()
	backup := newPeer(t)
	return newRig(t, append([]func(*Config){func(c *Config) {
		second := labTrunk(backup.addr)
		second.Name, second.Domain, second.Prefix = "backup", "backup.invalid", "9"
		c.Trunks = append(c.Trunks, second)
	}}, change...)...), backup
}

func TestARefusalBeforeRingingGoesOnByTheNextTrunk(t *testing.T) {
	for name, refusal := range map[string]say{
		"503":                        {status: 503, tag: "x"},
		"500":                        {status: 500, tag: "x"},
		"480 with a cause of routes": {status: 480, tag: "x", headers: []string{"Reason: Q.850;cause=34"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, backup := twoTrunks(t)
			n := r.line(t)
			w := watch(n.Customer())
			before := string(w.Handle().Data)
			w.Dial()
			first := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(first, say{status: 100})
			r.trunk.reply(first, refusal)
			ack := r.trunk.request(t, sip.ACK)
			if ack.CSeq().SeqNo != first.CSeq().SeqNo {
				t.Errorf("the refusal's ACK has CSeq %d", ack.CSeq().SeqNo)
			}
			second := backup.request(t, sip.INVITE)
			rerouted := w.untilEvent(t, dialer.EvRerouted)
			if rerouted.Evidence.Status != refusal.status || n.Trunk() != "backup" {
				t.Errorf("rerouted after %d to %s", rerouted.Evidence.Status, n.Trunk())
			}
			if value(first, "Call-ID") != value(second, "Call-ID") || value(first, "CSeq") == value(second, "CSeq") {
				t.Error("the second INVITE must have the first's Call-ID and a CSeq of its own")
			}
			if second.Recipient.User != "9"+string(testNumber) || uriIn(value(second, "From")).Host != "backup.invalid" {
				t.Errorf("sent to %s", second.Recipient.String())
			}
			if branch, _ := second.Via().Params.Get("branch"); !strings.Contains(before, branch) {
				t.Error("the handle that was saved before the first INVITE does not name the second")
			}
			backup.reply(second, say{status: 180, tag: "b"})
			backup.reply(second, say{status: 200, tag: "b", sdp: plainSDP})
			w.until(t, dialer.LegAnswered)
			w.Confirm()
			if got := backup.request(t, sip.ACK); got.CSeq().SeqNo != second.CSeq().SeqNo {
				t.Errorf("the answer's ACK has CSeq %d", got.CSeq().SeqNo)
			}
			w.Drop()
			bye := backup.request(t, sip.BYE)
			backup.reply(bye, say{status: 200})
			w.gone(t)
			if w.saw(dialer.EvFinal) {
				t.Errorf("the first trunk's refusal stands as the call's end: %v", w.kinds())
			}
		})
	}
}

func TestWhatIsNoRoutesFaultEndsTheCall(t *testing.T) {
	for name, far := range map[string][]say{
		"busy":                  {{status: 486, tag: "x"}},
		"declined":              {{status: 603, tag: "x"}},
		"503 after ringing":     {{status: 180, tag: "x"}, {status: 503, tag: "x"}},
		"503 after early media": {{status: 183, tag: "x", sdp: plainSDP}, {status: 503, tag: "x"}},
		"408":                   {{status: 408, tag: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, backup := twoTrunks(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			for _, s := range far {
				r.trunk.reply(invite, s)
			}
			w.gone(t)
			if got := final(w); got.Status != far[len(far)-1].status {
				t.Errorf("it ended with %d", got.Status)
			}
			backup.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
		})
	}
}

// TestARingingThatCannotBeReadIsOne: nobody is rung by another trunk because of it, and it can be stopped.
func TestARingingThatCannotBeReadIsOne(t *testing.T) {
	for name, spoil := range map[string]func(string) string{
		"its length is wrong": func(s string) string { return strings.Replace(s, "Content-Length: 0", "Content-Length: 900", 1) },
		"an open quote":       func(s string) string { return strings.Replace(s, "To: ", `To: "`, 1) },
		"too much of it": func(s string) string {
			return strings.Replace(s, "To: ", strings.Repeat("Record-Route: <sip:a;lr>\r\n", mostLines)+"To: ", 1)
		},
	} {
		for _, before := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, %v", name, before), func(t *testing.T) {
				r, backup := twoTrunks(t)
				w := r.customer(t)
				invite := r.trunk.request(t, sip.INVITE)
				if before {
					r.trunk.reply(invite, say{status: 100})
				}
				r.trunk.send(invite.Source(), spoil(r.trunk.responseText(invite, say{status: 180, tag: "x"})))
				w.until(t, dialer.LegRinging)
				r.trunk.reply(invite, say{status: 503, tag: "x"})
				w.gone(t)
				backup.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
			})
		}
		t.Run(name+", hung up", func(t *testing.T) {
			r, _ := twoTrunks(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.send(invite.Source(), spoil(r.trunk.responseText(invite, say{status: 180, tag: "x"})))
			w.until(t, dialer.LegRinging)
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
			r.trunk.reply(invite, say{status: 487, tag: "x"})
			w.gone(t)
		})
	}
}

func TestTheLastTrunksRefusalIsTheCallsEnd(t *testing.T) {
	r, backup := twoTrunks(t)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 503, tag: "x"})
	backup.reply(backup.request(t, sip.INVITE), say{status: 502, tag: "y"})
	w.gone(t)
	if got := final(w); got.Status != 502 {
		t.Errorf("it ended with %d", got.Status)
	}
}

func TestDropWhileReroutingRingsNobody(t *testing.T) {
	r, backup := twoTrunks(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 100})
	w.untilEvent(t, dialer.EvTrying)
	w.Drop()
	r.trunk.request(t, sip.CANCEL)
	r.trunk.reply(invite, say{status: 503, tag: "x"})
	w.gone(t)
	backup.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
}

// A process that died right behind a refusal may have sent the next INVITE and had no time to say so: whoever has the
// handle from before the first one cancels both.
func TestTerminateCancelsEveryWay(t *testing.T) {
	r, backup := twoTrunks(t)
	n := r.line(t)
	h := n.Customer().Handle()
	n.Close()
	other := startAgent(t, func() Config {
		c := r.cfg
		c.Listen = "127.0.0.1:0"
		return c
	}())
	done := make(chan error, 1)
	go func() { done <- other.Terminate(t.Context(), h) }()
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 481, tag: "x"})
	second := backup.request(t, sip.CANCEL)
	if second.Recipient.User != "9"+string(testNumber) || second.CSeq().SeqNo != 1+waysApart {
		t.Errorf("the second CANCEL is for %s, CSeq %d", second.Recipient.String(), second.CSeq().SeqNo)
	}
	backup.reply(second, say{status: 200, tag: "y"})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
}

func TestRetryAfterClosesAnAddressForItsTime(t *testing.T) {
	r, backup := twoTrunks(t)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 503, tag: "x", headers: []string{"Retry-After: 120 (full);duration=60"}})
	backup.reply(backup.request(t, sip.INVITE), say{status: 486, tag: "y"})
	w.gone(t)
	again := r.customer(t)
	backup.reply(backup.request(t, sip.INVITE), say{status: 486, tag: "y"})
	again.gone(t)
	if again.saw(dialer.EvRerouted) {
		t.Error("the trunk that asked to be left alone was asked")
	}
}

// What rang may have said the 503 itself, whoever it is, and the carrier has passed it on.
func TestRetryAfterOfWhoWasCalledClosesNoTrunk(t *testing.T) {
	for name, before := range map[string]say{"ringing": {status: 180, tag: "x"}, "early media": {status: 183, tag: "x", sdp: plainSDP}} {
		t.Run(name, func(t *testing.T) {
			r, _ := twoTrunks(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(invite, before)
			r.trunk.reply(invite, say{status: 503, tag: "x", headers: []string{"Retry-After: 120"}})
			w.gone(t)
			again := r.customer(t)
			r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486, tag: "y"})
			again.gone(t)
		})
	}
}

// status is what a far end says now; 0 is nothing.
type status = atomic.Int64

// answerOptionsOnTrunk plays a trunk that is asked whether it is there.
func (r *rig) answerOptionsOnTrunk(t *testing.T, says *status) {
	t.Helper()
	r.trunk.answerAll(t, func(req *sip.Request) {
		if s := says.Load(); req.Method == sip.OPTIONS && s != 0 {
			r.trunk.reply(req, say{status: int(s), tag: "o"})
		}
	})
}

func watchTrunks(c *Config) {
	c.KeepAlive = 20 * time.Millisecond
	for i := range c.Trunks {
		c.Trunks[i].Watch = true
	}
}

func up(a *Agent, i int) func() bool {
	return func() bool { return a.Trunks()[i].State == dialer.TrunkUp }
}

func down(a *Agent, i int) func() bool {
	return func() bool { return a.Trunks()[i].State == dialer.TrunkDown }
}

// toldOf waits until the first trunk is told to be in a state.
func toldOf(t *testing.T, told <-chan dialer.TrunkView, state dialer.TrunkState) dialer.TrunkView {
	t.Helper()
	for {
		if v := within(t, told, "the owner to be told of "+string(state)); v.State == state && v.Name == "lab" {
			return v
		}
	}
}

func TestATrunkThatFallsSilentIsPassedOver(t *testing.T) {
	var says status
	says.Store(200)
	r, backup := twoTrunks(t, watchTrunks)
	told := make(chan dialer.TrunkView, 100)
	r.answerOptionsOnTrunk(t, &says)
	eventually(t, "the trunk has answered", func() bool {
		u := r.uplinks[0]
		u.mu.Lock()
		defer u.mu.Unlock()
		return len(u.spots) == 1 && u.spots[0].answered
	})
	r.OnTrunk(func(v dialer.TrunkView) { told <- v })
	says.Store(503)
	eventually(t, "it is down", down(r.Agent, 0))
	outOfService := toldOf(t, told, dialer.TrunkDown)
	if outOfService.Name != "lab" || outOfService.LastError.Kind != dialer.TrunkOutOfService || outOfService.LastError.Status != 503 {
		t.Errorf("told %+v", outOfService)
	}
	n := r.line(t)
	if n.Trunk() != "backup" {
		t.Errorf("the call would leave by %s", n.Trunk())
	}
	says.Store(0)
	w := watch(n.Customer())
	w.Dial()
	backup.reply(backup.request(t, sip.INVITE), say{status: 486, tag: "y"})
	w.gone(t)
	says.Store(405)
	eventually(t, "it is back: a refusal is a sign of life", up(r.Agent, 0))
	toldOf(t, told, dialer.TrunkUp)
}

func TestATrunkThatNeverAnswersOptionsIsUsed(t *testing.T) {
	r := newRig(t, watchTrunks)
	r.trunk.request(t, sip.OPTIONS)
	eventually(t, "the first question has timed out", func() bool { return r.trunk.repeats("OPTIONS") > 12 })
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486, tag: "y"})
	w.gone(t)
}

func TestNoTrunkUpIsNoRoute(t *testing.T) {
	var says status
	says.Store(503)
	r := newRig(t, watchTrunks)
	r.answerOptionsOnTrunk(t, &says)
	eventually(t, "it has said that it is out of service", func() bool { return r.Trunks()[0].State == dialer.TrunkDown })
	_, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "call", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber})
	if no := (*dialer.Refusal)(nil); !errors.As(err, &no) || no.Rule != dialer.NoRoute {
		t.Errorf("the answer is %v", err)
	}
}

// names is a name server of the test, and unread what it fails to answer.
type names map[string][]dnsmessage.ResourceBody

var unread = []dnsmessage.ResourceBody{nil}

func (n names) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); n.serve(conn) }()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

func (n names) serve(conn *net.UDPConn) {
	buf := make([]byte, 4096)
	for {
		size, from, err := conn.ReadFromUDP(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:size]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		asked := n[fmt.Sprintf("%s %s", q.Name, strings.TrimPrefix(q.Type.String(), "Type"))]
		for _, body := range asked {
			if body == nil {
				m.RCode = dnsmessage.RCodeServerFailure
				continue
			}
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}, Body: body,
			})
		}
		if len(asked) == 0 {
			m.RCode = dnsmessage.RCodeNameError
		}
		if packed, err := m.Pack(); err == nil {
			_, _ = conn.WriteToUDP(packed, from)
		}
	}
}

func a(d byte) *dnsmessage.AResource { return &dnsmessage.AResource{A: [4]byte{127, 0, 0, d}} }

func srv(priority uint16, port uint16, target string) *dnsmessage.SRVResource {
	return &dnsmessage.SRVResource{Priority: priority, Port: port, Target: dnsmessage.MustNewName(target)}
}

func TestAllRecordsOfATrunksNameAreUsed(t *testing.T) {
	zone := names{
		"_sip._udp.carrier.test. SRV": {srv(20, 5080, "far.test."), srv(10, 5070, "near.test."), srv(30, 5090, "gone.test.")},
		"near.test. A":                {a(2), a(3)},
		"far.test. A":                 {a(4)},
		"plain.test. A":               {a(5)},
		"plain.test. AAAA":            {&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("2001:db8::5").As16()}},
		// Whose certificate is asked for is the domain's, wherever its records lead.
		"_sip._tcp.carrier.test. SRV":  {srv(10, 5071, "near.test.")},
		"_sips._tcp.carrier.test. SRV": {srv(10, 5081, "far.test.")},
	}
	cfg := Config{Resolver: zone.resolver(t)}
	for _, c := range []struct{ address, transport, listen, want string }{
		{"carrier.test", "udp", "0.0.0.0", "127.0.0.2:5070 127.0.0.3:5070 127.0.0.4:5080"},
		{"carrier.test", "tcp", "0.0.0.0", "tcp://127.0.0.2:5071 tcp://127.0.0.3:5071"},
		{"carrier.test", "tls", "0.0.0.0", "tls://127.0.0.4:5081/carrier.test"},
		{"plain.test", "", "0.0.0.0", "127.0.0.5:5060"},
		{"plain.test", "tls", "0.0.0.0", "tls://127.0.0.5:5061/plain.test"},
		{"plain.test", "", "::1", "[2001:db8::5]:5060"},
		{"plain.test:5062", "", "0.0.0.0", "127.0.0.5:5062"},
		{"192.0.2.1", "", "0.0.0.0", "192.0.2.1:5060"},
		{"192.0.2.1:5061", "", "::", "192.0.2.1:5061"},
		{"[2001:db8::1]:5061", "tls", "::", "tls://[2001:db8::1]:5061/2001:db8::1"},
		{"nowhere.test", "", "0.0.0.0", ""},
		{"nowhere.test:5060", "tcp", "0.0.0.0", ""},
		{"near.test", "", "::1", ""},
		{"[::1]:5060", "", "0.0.0.0", ""},
		{"192.0.2.1:5060", "", "::1", ""},
	} {
		a := &Agent{cfg: cfg, addr: netip.AddrPortFrom(netip.MustParseAddr(c.listen), 5060)}
		found, err := a.lookup(t.Context(), Trunk{Address: c.address, Transport: c.transport})
		var got []string
		for _, at := range found {
			text, _ := at.MarshalText()
			got = append(got, string(text))
		}
		if (err == nil) != (c.want != "") || strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
}

func TestACallGoesOnAtTheNextAddressOfItsTrunk(t *testing.T) {
	near, far := newPeer(t), newPeer(t)
	zone := names{
		"_sip._udp.carrier.test. SRV": {srv(10, near.addr.Port(), "near.test."), srv(20, far.addr.Port(), "far.test.")},
		"near.test. A":                {a(1)},
		"far.test. A":                 {a(1)},
	}
	r := newRig(t, func(c *Config) { c.Trunks[0].Address, c.Resolver = "carrier.test", zone.resolver(t) })
	w := r.customer(t)
	near.reply(near.request(t, sip.INVITE), say{status: 503, tag: "x"})
	far.reply(far.request(t, sip.INVITE), say{status: 486, tag: "y"})
	w.gone(t)
	if got := final(w); got.Status != 486 {
		t.Errorf("it ended with %d", got.Status)
	}
}

func TestAPhoneBehindAPBXIsRungThroughIt(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.Desks = []Desk{{ID: "desk1", Trunk: "lab", Extension: "201"}}
		c.Trunks[0].User, c.Trunks[0].AuthUser, c.Trunks[0].Password, c.Trunks[0].FromUser = "300", "auth300", "secret", true
	})
	eventually(t, "the PBX is found", up(r.Agent, 0))
	if r.Registered("desk1") != nil {
		t.Error("a PBX's phone cannot be known to be there")
	}
	n := r.line(t)
	w := watch(n.Desk())
	w.Dial()
	first := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(first, say{status: 407, tag: "x", headers: []string{`Proxy-Authenticate: Digest realm="pbx", nonce="n", qop="auth"`}})
	invite := r.trunk.request(t, sip.INVITE)
	if invite.Recipient.String() != "sip:201@carrier.invalid" || uriIn(value(invite, "From")).User != "300" {
		t.Errorf("the phone's INVITE goes to %s from %s", invite.Recipient.String(), value(invite, "From"))
	}
	if !strings.Contains(value(invite, "Proxy-Authorization"), `username="auth300"`) {
		t.Error("the PBX's challenge is not answered by the user it knows")
	}
	r.trunk.reply(invite, say{status: 200, tag: "p", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	r.trunk.request(t, sip.ACK)
	c := watch(n.Customer())
	c.Dial()
	out := r.trunk.request(t, sip.INVITE)
	if uriIn(value(out, "From")).User != "300" || len(out.GetHeaders("P-Asserted-Identity")) > 0 {
		t.Errorf("the customer's INVITE comes from %s", value(out, "From"))
	}
	r.trunk.reply(out, say{status: 486, tag: "c"})
	c.gone(t)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// registering has the first trunk registered with.
func registering(c *Config) {
	c.KeepAlive, c.RegisterRetry = 20*time.Millisecond, 20*time.Millisecond
	c.Trunks[0].Register, c.Trunks[0].User, c.Trunks[0].Password = true, "300", "secret"
}

func (p *peer) granted(req *sip.Request, expires int) {
	p.reply(req, say{status: 200, tag: "r", headers: []string{
		"Contact: <sip:somebody@192.0.2.7>;expires=9999", fmt.Sprintf("Contact: %s;expires=%d", value(req, "Contact"), expires),
	}})
}

func expiresOf(req *sip.Request) int {
	n, _ := strconv.Atoi(value(req, "Expires"))
	return n
}

func TestOurRegistrationIsKeptUp(t *testing.T) {
	t.Parallel()
	r := newRig(t, registering)
	first := r.trunk.request(t, sip.REGISTER)
	if first.Recipient.String() != "sip:carrier.invalid" || value(first, "To") != "<sip:300@carrier.invalid>" || expiresOf(first) != 3600 {
		t.Errorf("the first REGISTER:\n%s", first)
	}
	if _, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber}); err == nil {
		t.Error("a call may leave before the trunk has us registered")
	}
	r.trunk.reply(first, say{status: 401, tag: "r", headers: []string{`WWW-Authenticate: Digest realm="pbx", nonce="one", qop="auth"`}})
	second := r.trunk.request(t, sip.REGISTER)
	if value(first, "Call-ID") != value(second, "Call-ID") || second.CSeq().SeqNo != first.CSeq().SeqNo+1 || !strings.Contains(value(second, "Authorization"), "one") {
		t.Errorf("the answer to the challenge:\n%s", second)
	}
	r.trunk.reply(second, say{status: 401, tag: "r", headers: []string{`WWW-Authenticate: Digest realm="pbx", nonce="two", qop="auth", stale=true`}})
	third := r.trunk.request(t, sip.REGISTER)
	if !strings.Contains(value(third, "Authorization"), "two") {
		t.Error("a stale nonce is not answered with the new one")
	}
	r.trunk.reply(third, say{status: 423, tag: "r", headers: []string{"Min-Expires: 7200"}})
	fourth := r.trunk.request(t, sip.REGISTER)
	if expiresOf(fourth) != 7200 {
		t.Errorf("after 423 %d s are asked for", expiresOf(fourth))
	}
	r.trunk.granted(fourth, 1)
	eventually(t, "it is up", up(r.Agent, 0))
	renewal := r.trunk.request(t, sip.REGISTER) // of one second, after 0.7 to 0.9
	r.trunk.granted(renewal, 1)
	// Now the registrar says nothing more: the registration runs out and the trunk is down.
	eventually(t, "it is down", down(r.Agent, 0))
	again := r.trunk.request(t, sip.REGISTER)
	for again.CSeq().SeqNo <= renewal.CSeq().SeqNo+1 {
		again = r.trunk.request(t, sip.REGISTER)
	}
	r.trunk.granted(again, 3600)
	eventually(t, "it is up again", up(r.Agent, 0))
}

// TestWhatARegistrarWantsOnceIsNotForGood: after one 423, be it somebody else's, we would ask for years, and not notice for as long that the PBX knows us no more.
func TestWhatARegistrarWantsOnceIsNotForGood(t *testing.T) {
	t.Parallel()
	r := newRig(t, registering)
	asks := func(want int, why string) *sip.Request {
		t.Helper()
		req := r.trunk.request(t, sip.REGISTER)
		if is := expiresOf(req); is != want {
			t.Fatalf("%s %d s are asked for, want %d", why, is, want)
		}
		return req
	}
	least := func(req *sip.Request, seconds int) {
		r.trunk.reply(req, say{status: 423, tag: "r", headers: []string{fmt.Sprintf("Min-Expires: %d", seconds)}})
	}
	least(asks(3600, "at first"), 4294967295)
	least(asks(3600, "after a wish for 136 years"), 86401)
	least(asks(3600, "after one for more than a day"), 86400)
	r.trunk.reply(asks(86400, "after one for a day"), say{status: 403, tag: "r"})
	least(asks(3600, "from scratch"), 7200)
	r.trunk.granted(asks(7200, "after one for two hours"), 1)
	r.trunk.granted(asks(3600, "after less was granted"), 3600)
	eventually(t, "it is up", up(r.Agent, 0))
}

func TestARegistrationIsRenewedEverySoOften(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ wanted, asked, granted, most time.Duration }{
		{0, defaultExpires, longestGranted, longestUnrenewed},
		{time.Minute, time.Minute, longestGranted, time.Minute},
		{time.Minute, longestGranted, longestGranted, longestUnrenewed}, // after a 423
		{time.Minute, time.Minute, time.Second, time.Second},
		{3 * time.Hour, 3 * time.Hour, longestGranted, 3 * time.Hour},
	} {
		r := registration{uplink: &uplink{trunk: Trunk{Expires: c.wanted}}, expires: c.asked}
		if is := r.renewal(c.granted); is >= c.most || is < c.most/2 {
			t.Errorf("asked for %v, granted %v: renewed after %v", c.asked, c.granted, is)
		}
	}
}

func TestRegistrationIsTakenBackAtTheEnd(t *testing.T) {
	p := newPeer(t)
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@127.0.0.1:9"}}
	cfg.Trunks = []Trunk{labTrunk(p.addr)}
	registering(&cfg)
	agent, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- agent.Run(ctx) }()
	p.granted(p.request(t, sip.REGISTER), 3600)
	eventually(t, "it is up", up(agent, 0))
	cancel()
	leaving := p.request(t, sip.REGISTER)
	if expiresOf(leaving) != 0 || value(leaving, "Expires") != "0" {
		t.Errorf("the last REGISTER asks for %q", value(leaving, "Expires"))
	}
	p.reply(leaving, say{status: 401, tag: "r", headers: []string{`WWW-Authenticate: Digest realm="pbx", nonce="three", qop="auth"`}})
	last := p.request(t, sip.REGISTER)
	if value(last, "Expires") != "0" || value(last, "Authorization") == "" {
		t.Error("the challenge of the last REGISTER is not answered")
	}
	p.reply(last, say{status: 200, tag: "r"})
	if err := within(t, done, "Run to return"); err != nil {
		t.Error(err)
	}
}

func TestRegistrationGoesToTheNextAddress(t *testing.T) {
	t.Parallel()
	near, far := newPeer(t), newPeer(t)
	zone := names{
		"_sip._udp.carrier.test. SRV": {srv(10, near.addr.Port(), "near.test."), srv(20, far.addr.Port(), "far.test.")},
		"near.test. A":                {a(1)},
		"far.test. A":                 {a(1)},
	}
	r := newRig(t, func(c *Config) {
		registering(c)
		c.Trunks[0].Address, c.Resolver = "carrier.test", zone.resolver(t)
	})
	near.reply(near.request(t, sip.REGISTER), say{status: 503, tag: "r"})
	far.granted(far.request(t, sip.REGISTER), 3600)
	eventually(t, "it is up", up(r.Agent, 0))
}

func TestAWrongSecretIsTriedAgainWithPausesOnly(t *testing.T) {
	r := newRig(t, registering)
	told := make(chan dialer.TrunkView, 100)
	r.OnTrunk(func(v dialer.TrunkView) { told <- v })
	r.trunk.answerAll(t, func(req *sip.Request) {
		if req.Method == sip.REGISTER {
			r.trunk.reply(req, say{status: 403, tag: "r"})
		}
	})
	if v := toldOf(t, told, dialer.TrunkDown); v.LastError.Kind != dialer.TrunkRefusesUs || v.LastError.Status != 403 || *v.Registered {
		t.Errorf("told %+v", v)
	}
	eventually(t, "it is tried again", func() bool { return r.trunk.repeats("REGISTER") >= 3 })
	u := r.uplinks[0]
	eventually(t, "the pauses grow", func() bool {
		n := make(chan int, 1)
		u.reg.lane.post(func() { n <- u.reg.failures })
		return <-n >= 3
	})
}

func TestTrunksMistakesAreNamed(t *testing.T) {
	cfg := testConfig()
	cfg.Trunks = []Trunk{
		{Name: "a", Address: "192.0.2.1", CallerID: testCallerID, Register: true},
		{Name: "b", Address: "192.0.2.1", CallerID: testCallerID, FromUser: true},
		{Name: "c", Address: "192.0.2.1", CallerID: testCallerID, User: "two words"},
		{Name: "d", Address: "192.0.2.1", CallerID: testCallerID, Expires: time.Millisecond},
		{Name: "e", Address: "192.0.2.1", CallerID: testCallerID, Prefix: "184"},
	}
	cfg.Desks = []Desk{
		{ID: "1", Trunk: "nobody", Extension: "201"},
		{ID: "2", Trunk: "a"},
		{ID: "3", Trunk: "a", Extension: "201", Account: "x", Password: "y"},
	}
	_, err := New(cfg)
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, key := range []string{
		"trunks[0].user", "trunks[1].user", "trunks[2].user", "trunks[3].expires", "trunks[4].prefix", "desks[0].trunk", "desks[1].extension", "desks[2].trunk",
	} {
		if !strings.Contains(err.Error(), "sip."+key) {
			t.Errorf("%s is not named in: %v", key, err)
		}
	}
}

func TestRetryAfterOfAnySort(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, "18000;duration=3600": longestClosed, "5 (I'm in a meeting)": 5 * time.Second, "": 0, ";": 0, "(": 0, "soon": 0, "-5": 0,
		"99999999999": 0,
	} {
		res := sip.NewResponse(503, "Busy")
		res.AppendHeader(sip.NewHeader("Retry-After", text))
		if got := retryAfter(res); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// A registrar's odd words must neither end the agent nor have it register without a pause.
func TestARegistrarThatTalksNonsense(t *testing.T) {
	t.Parallel()
	r := newRig(t, registering)
	first := r.trunk.request(t, sip.REGISTER)
	r.trunk.reply(first, say{status: 503, tag: "r", headers: []string{"Retry-After: ;"}})
	r.trunk.granted(r.trunk.request(t, sip.REGISTER), 4294967295)
	eventually(t, "it is up", up(r.Agent, 0))
	sent := r.trunk.repeats("REGISTER")
	r.trunk.quiet(t, r.Agent, sip.REGISTER, value(first, "Call-ID"))
	if n := r.trunk.repeats("REGISTER"); n != sent {
		t.Errorf("%d more REGISTERs came", n-sent)
	}
}

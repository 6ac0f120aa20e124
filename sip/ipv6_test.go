package sip

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

const plainSDP6 = "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

// newPeer6 is a peer of UDP over IPv6.
func newPeer6(t *testing.T) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	return servePeer(t, conn)
}

func overIPv6(c *Config) {
	c.Listen, c.TCP = "[::1]:0", true
	c.Media.BindIP = netip.IPv6Loopback()
}

// A phone registers and is rung, a trunk is called, all over IPv6; every address is in brackets where a port may follow it,
// and the sound is offered and taken over IPv6.
func TestACallByIPv6(t *testing.T) {
	desk, trunk := newPeer6(t), newPeer6(t)
	r := newRig(t, account, overIPv6, func(c *Config) { c.Trunks[0].Address, c.Trunks[0].Domain = trunk.addr.String(), "" })
	phone := &phoneSide{peer: desk, a: r.Agent, callID: newTag()}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 || !strings.Contains(value(res, "Contact"), "@[::1]:") {
		t.Fatalf("%s", res)
	}
	if b, ok := r.register.newest("desk1"); !ok || b.behind {
		t.Errorf("a phone that is where it says: %+v", b)
	}
	n := r.line(t)
	d, w := watch(n.Desk()), watch(n.Customer())
	d.Dial()
	invite := desk.request(t, sip.INVITE)
	desk.reply(invite, say{status: 200, tag: "d", sdp: plainSDP6})
	d.until(t, dialer.LegAnswered)
	d.Confirm()
	desk.request(t, sip.ACK)

	w.Dial()
	invite = trunk.request(t, sip.INVITE)
	for what, c := range map[string]struct{ got, want string }{
		"Via":         {invite.Via().Value(), "SIP/2.0/UDP [::1]:"},
		"Contact":     {value(invite, "Contact"), "<sip:kakeru@[::1]:"},
		"Request-URI": {invite.Recipient.String(), "sip:0" + string(testNumber) + "@[::1]"},
		"From":        {value(invite, "From"), "<sip:" + testCallerID + "@[::1]>;tag="},
		"SDP":         {string(invite.Body()), "v=0\r\n"},
	} {
		if !strings.HasPrefix(c.got, c.want) {
			t.Errorf("%s: %s", what, c.got)
		}
	}
	if sdp := string(invite.Body()); strings.Contains(sdp, "IP4") || !strings.Contains(sdp, "\r\nc=IN IP6 ::1\r\n") {
		t.Errorf("SDP:\n%s", sdp)
	}
	trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP6})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	trunk.request(t, sip.ACK)
	trunk.send(invite.Source(), trunk.within(invite, "a", "INVITE", 1, nil, sdpAt(9)))
	if res := trunk.response(t, sip.INVITE); res.StatusCode != 488 {
		t.Errorf("IPv4 was taken for sound: %s", res)
	}
	trunk.send(invite.Source(), trunk.within(invite, "a", "ACK", 1, nil, ""))
	trunk.send(invite.Source(), trunk.within(invite, "a", "BYE", 2, nil, ""))
	res := trunk.response(t, sip.BYE)
	if got, _ := res.Via().Params.Get("received"); res.StatusCode != 200 || got != "::1" {
		t.Errorf("%s", res)
	}
	if f := w.gone(t); !f.FarEnded {
		t.Error("it was the far end that hung up")
	}
	d.Drop()
	bye := desk.request(t, sip.BYE)
	desk.reply(bye, say{status: 200})
	d.gone(t)
}

// A socket that is open to all addresses speaks to both kinds.
func TestOneSocketForBothKindsOfAddress(t *testing.T) {
	p6 := newPeer6(t)
	r := newRig(t, func(c *Config) { c.Listen, c.AdvertiseHost, c.TCP = "[::]:0", "127.0.0.1", true })
	w := r.customer(t) // the trunk is of IPv4
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486})
	w.gone(t)
	p6.send(netip.AddrPortFrom(netip.IPv6Loopback(), r.Addr().Port()).String(), p6.outside("OPTIONS", newTag()))
	if res := p6.response(t, sip.OPTIONS); res.StatusCode != 200 {
		t.Errorf("%s", res)
	}
}

// Responses go back to where the request came from, over the address family and transport it came by, whatever its Via says
// (RFC 3261 §18.2, RFC 3581 §4).
func TestResponsesGoBackWhereTheRequestCameFrom(t *testing.T) {
	for _, c := range []struct{ source, transport, via, want, received, rport string }{
		{"192.0.2.9:4000", "UDP", "192.0.2.1:5060;rport", "192.0.2.9:4000", "192.0.2.9", "4000"},
		{"192.0.2.9:4000", "UDP", "192.0.2.9:5062;rport", "192.0.2.9:4000", "192.0.2.9", "4000"},
		{"192.0.2.9:4000", "UDP", "192.0.2.1:5062", "192.0.2.9:5062", "192.0.2.9", ""},
		{"192.0.2.9:4000", "UDP", "phone.invalid", "192.0.2.9:5060", "192.0.2.9", ""},
		{"192.0.2.9:4000", "UDP", "192.0.2.9", "192.0.2.9:5060", "", ""},
		{"[2001:db8::9]:4000", "UDP", "[2001:DB8:0::9]:5062", "[2001:db8::9]:5062", "", ""},
		{"[2001:db8::9]:4000", "UDP", "[2001:db8::1];rport", "[2001:db8::9]:4000", "2001:db8::9", "4000"},
		{"192.0.2.9:4000", "TCP", "192.0.2.1:5060", "tcp://192.0.2.9:4000?flow", "192.0.2.9", ""},
		{"192.0.2.9:4000", "TLS", "phone.invalid:5061;rport", "tls://192.0.2.9:4000?flow", "192.0.2.9", "4000"},
	} {
		m, err := sip.ParseMessage([]byte("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/" + c.transport + " " + c.via + ";branch=z9hG4bKx\r\n" +
			"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		m.SetSource(c.source)
		m.SetTransport(c.transport)
		req := m.(*sip.Request)
		to, _ := answerAddress(req).MarshalText()
		via := answer{status: 200}.respond(req, "t").Via()
		received, _ := via.Params.Get("received")
		rport, _ := via.Params.Get("rport")
		if string(to) != c.want || received != c.received || rport != c.rport {
			t.Errorf("%+v: to %s, received=%s, rport=%s", c, to, received, rport)
		}
	}
}

package sip

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// What the far end's Contact, Record-Route or challenge may lead to: its words are repeated, and its way is gone.

// A line's end that stands alone in a header is nowhere repeated: a Redis that listens where a Contact says would do what stands on that line.
func TestALoneLinesEndIsRepeatedNowhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.TCP = true })
	store, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	came := make(chan string, 1)
	go func() {
		conn, err := store.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		b := make([]byte, 4096)
		n, _ := conn.Read(b)
		came <- string(b[:n])
	}()
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	for _, lone := range []string{"\n", "\r", "\n\n", "\r\r\n "} {
		contact := "Contact: <sip:x" + lone + "SET a 1" + lone + "y@" + store.Addr().String() + ";transport=tcp>"
		r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{contact}})
		r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Record-Route: <sip:" + store.Addr().String() + ";transport=tcp;lr;x=" + lone + "SET a 1>"}})
	}
	r.trunk.reply(invite, say{status: 200, tag: "b", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	select {
	case text := <-came:
		t.Errorf("the store was told:\n%s", text)
	default:
	}
	if req, err := (request{method: sip.BYE, uri: "sip:x@y", from: "<sip:a@b>", to: "<sip:c\n@d>", sentBy: "h"}).build(); err == nil {
		t.Errorf("what an earlier version has kept is sent: %s", req)
	}
}

// farSide is a far end whose Contact the carrier hands through: it is asked at its own address.
func farSide(t *testing.T, change ...func(*Config)) (r *rig, far *peer, w *watched, invite *sip.Request) {
	t.Helper()
	r, far = newRig(t, append([]func(*Config){withAuth}, change...)...), newPeer(t)
	w = r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), challenged401("of the carrier"))
	return r, far, w, r.trunk.request(t, sip.INVITE)
}

// With one answer to a challenge whoever is called could guess the trunk's password for as long as they like.
func TestTheTrunksPasswordIsProvedToTheTrunkAlone(t *testing.T) {
	t.Parallel()
	r, far, w, invite := farSide(t, shortSessions)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{
		"Contact: <sip:x@" + far.addr.String() + ">", "Allow: UPDATE", "Session-Expires: 2;refresher=uac",
	}})
	w.until(t, dialer.LegAnswered)
	bare := func(req *sip.Request) *sip.Request {
		t.Helper()
		if len(credentialsIn(req)) > 0 {
			t.Errorf("the far end is shown %v", credentialsIn(req))
		}
		return req
	}
	bare(far.request(t, sip.ACK))
	far.reply(bare(far.request(t, sip.UPDATE)), challenged401("of the far end"))
	far.reply(bare(far.request(t, sip.INVITE)), challenged401("of the far end"))
	w.untilEvent(t, dialer.EvFinal)
	w.Drop()
	far.reply(bare(far.request(t, sip.BYE)), challenged401("of the far end"))
	w.gone(t)
	if n := far.different("BYE") + far.different("UPDATE") + far.different("INVITE"); n != 3 {
		t.Errorf("%d requests: its challenges were answered", n)
	}
}

// With an answer to the carrier's own nonce for a number of its choosing, whoever is called could dial that in the ward's name.
func TestNoNumberIsSignedForTheFarEnd(t *testing.T) {
	t.Parallel()
	testSignedFor(t, "", map[string]bool{
		"0990500000": false, "%30990500000": false, "0990-500-000": false, "110": false, "+819012345678": false,
		"0990x500000": false, "x0990500000": false, string(testNumber) + ";rn=+81990500000": false,
		"81" + strings.TrimPrefix(string(testNumber), "0"): true,
		string(testNumber): true, "0" + string(testNumber): false, "+81" + strings.TrimPrefix(string(testNumber), "0"): true, "": true, "b2bua-17": true,
	})
}

// A PBX that is dialled with a prefix reads a number without it as another.
func TestNoNumberIsSignedForWithoutItsPrefix(t *testing.T) {
	t.Parallel()
	testSignedFor(t, "0", map[string]bool{
		"0" + string(testNumber): true, "": true, "b2bua-17": true,
		string(testNumber): false, "+81" + strings.TrimPrefix(string(testNumber), "0"): false, "00990500000": false,
	})
}

// testSignedFor has an INVITE within a call ask for users that the far end has named.
func testSignedFor(t *testing.T, prefix string, users map[string]bool) {
	for user, signed := range users {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			r, _, w, invite := farSide(t, shortSessions, func(c *Config) { c.Trunks[0].Prefix = prefix })
			at := r.trunk.addr.String()
			contact := "Contact: <sip:" + strings.TrimPrefix(user+"@"+at, "@") + ">"
			r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{contact, "Record-Route: <sip:" + at + ";lr>", "Session-Expires: 2;refresher=uac"}})
			w.until(t, dialer.LegAnswered)
			r.trunk.request(t, sip.ACK)
			if !signed { // it does not even leave
				w.untilEvent(t, dialer.EvFinal)
				r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
				return
			}
			refresh := r.trunk.request(t, sip.INVITE)
			if len(credentialsIn(refresh)) == 0 {
				t.Error("it bears no credentials")
			}
			r.trunk.reply(refresh, challenged401("another"))
			r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 200, sdp: plainSDP})
			r.trunk.request(t, sip.ACK)
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
		})
	}
}

// Whose number it is, a caller says themselves; and what a URI means that is no number of a sip: one, the next proxy decides.
func TestWhoIsSignedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dialled, target string
		want            bool
	}{
		{string(testNumber), "sip:" + string(testNumber) + "@c", true},
		{string(testNumber), "sips:sbc1@c", true},
		{string(testNumber), "sip:c", true},
		{string(testNumber), "tel:" + string(testNumber), false},
		{string(testNumber), "tel:0990500000", false},
		{string(testNumber), "tel:" + string(testNumber) + "@c", false},
		{string(testNumber), "sip:0990500000", false},
		{string(testNumber), "sips:0990500000:5061", false},
		{string(testNumber), "sip:" + string(testNumber), false},
		{string(testNumber), "sip:0990500000;user=phone;lr", false},
		{string(testNumber), "sip:+81990500000", false},
		{string(testNumber), "sip:0990-500-000", false},
		{string(testNumber), "sip:0990.500.000", false},
		{string(testNumber), "sip:0990500000.", false},
		{string(testNumber), "sip:0990500000.c", false},
		{string(testNumber), "sip:x0990500000", false},
		{string(testNumber), "sip:%30990500000", false},
		{string(testNumber), "sip:110", false},
		{string(testNumber), "sip:gw@0990500000", false},
		{string(testNumber), "sip:" + string(testNumber) + "@0990500000", false},
		{string(testNumber), "sip:" + string(testNumber) + "@+81990500000", false},
		{string(testNumber), "sip::0990500000@c", false},
		{string(testNumber), "sip:gw:0990500000@c", false},
		{string(testNumber), "sip:c?to=0990500000", false},
		{string(testNumber), "sip:@c", true},
		{string(testNumber), "sip:192.0.2.1:5080", true},
		{string(testNumber), "sip:[2001:db8::1]:5080;transport=tcp", true},
		{string(testNumber), "sip:sbc-01.carrier.example;user=phone", true},
		{string(testNumber), "sip:edge-198-51-100-7.carrier.example", true},
		{string(testNumber), "sip:gw@198-51-100-7.carrier.example.", true},
		{string(testNumber), "sip:0990500000%zz@c", false},
		{string(testNumber), "sip:%ef%bc%90990500000@c", false},
		{"", "sip:" + string(testNumber) + "@c", false},
		{"", "sip:gw@c", true},
		{"0" + string(testNumber), "sip:0" + string(testNumber) + "@c", true},
		{"0" + string(testNumber), "sip:" + string(testNumber) + "@c", false},
		{"0" + string(testNumber), "sip:+81" + strings.TrimPrefix(string(testNumber), "0") + "@c", false},
	} {
		s := signer{dialled: c.dialled, of: &uplink{trunk: Trunk{Prefix: "0"}}}
		if is := s.dialsNobodyElse(uriIn("<" + c.target + ">")); is != c.want {
			t.Errorf("having dialled %q: %s is signed: %t", c.dialled, c.target, is)
		}
	}
}

// A strict router stands before the target, which it puts in its place.
func TestNoNumberIsSignedForBehindAStrictRouter(t *testing.T) {
	t.Parallel()
	r, _, w, invite := farSide(t, shortSessions)
	at := r.trunk.addr.String()
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{
		"Contact: <sip:0990500000@" + at + ">", "Record-Route: <sip:" + at + ">", "Session-Expires: 2;refresher=uac",
	}})
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	w.untilEvent(t, dialer.EvFinal) // it does not even leave
	r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// The ACK is kept, and sent again for each repeated 200: the far end may have moved meanwhile.
func TestAnAckThatIsRepeatedElsewhereBearsNoCredentials(t *testing.T) {
	t.Parallel()
	r, far, w, invite := farSide(t)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	if first := r.trunk.request(t, sip.ACK); len(credentialsIn(first)) == 0 {
		t.Error("the trunk is shown none")
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "UPDATE", 2, []string{"Contact: <sip:x@" + far.addr.String() + ">"}, ""))
	if res := r.trunk.response(t, sip.UPDATE); res.StatusCode != 200 {
		t.Fatalf("%d", res.StatusCode)
	}
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	if again := far.request(t, sip.ACK); len(credentialsIn(again)) > 0 {
		t.Errorf("the far end is shown %v", credentialsIn(again))
	}
	w.Drop()
	far.reply(far.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

func TestANameInQuotesIsNoURI(t *testing.T) {
	t.Parallel()
	for nameAddr, want := range map[string]string{
		`"<sip:a@b>" <sip:c@d>;tag=1`: "sip:c@d", `"a \"<sip:a@b>" <sip:c@d>`: "sip:c@d", `Tanaka <sip:c@d>`: "sip:c@d",
		`"Tanaka <sales>" <sip:c@d>`: "sip:c@d", "sip:c@d;tag=1": "sip:c@d", `"open <sip:c@d>`: "sip:c@d", "": "",
	} {
		if is := inBrackets(nameAddr); is != want {
			t.Errorf("%s: %q, want %q", nameAddr, is, want)
		}
	}
}

// Most Contacts say nothing of a transport, which means UDP: a call by TLS goes on by TLS all the same, and nowhere but on this machine is anybody
// at its loopback address.
func TestWhereACallGoesOn(t *testing.T) {
	t.Parallel()
	at := netip.MustParseAddrPort("192.0.2.1:5061")
	tls, udp := place{AddrPort: at, by: overTLS, name: "carrier.example"}, place{AddrPort: at}
	for _, c := range []struct {
		name, target string
		first, want  place
	}{
		{"by UDP", "sip:x@192.0.2.1:5060", tls, tls},
		{"by UDP elsewhere", "sip:x@192.0.2.9", tls, tls},
		{"by TCP", "sip:x@192.0.2.9;transport=tcp", tls, tls},
		{"by TLS", "sip:x@192.0.2.9;transport=tls", tls, place{AddrPort: netip.MustParseAddrPort("192.0.2.9:5061"), by: overTLS, name: "carrier.example"}},
		{"from UDP to TLS", "sips:x@192.0.2.9", udp, place{AddrPort: netip.MustParseAddrPort("192.0.2.9:5061"), by: overTLS, name: "192.0.2.9"}},
		{"to a store", "sip:x@127.0.0.1:6379;transport=tcp", udp, udp},
		{"to a store by no address", "sip:x@0.0.0.0:6379;transport=tcp", udp, udp},
		{"to a store by name", "sip:x@localhost:6379;transport=tcp", udp, udp},
		{"on this machine", "sip:x@127.0.0.1:5062", place{AddrPort: netip.MustParseAddrPort("127.0.0.1:5060")}, place{AddrPort: netip.MustParseAddrPort("127.0.0.1:5062")}},
	} {
		d := dialog{Target: c.target, First: c.first}
		if to := d.next(t.Context()); to != c.want {
			t.Errorf("%s: %v, want %v", c.name, to, c.want)
		}
	}
}

// A missed call is returned: to none of our own numbers.
func TestNobodyCallsAsTheCentre(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	for from, want := range map[string]dialer.Number{testCallerID: "", "0300001111": "0300001111"} {
		d := b.trunk.dial(b.Agent, testCallerID, plainSDP, "From: <sip:"+from+"@carrier.invalid>;tag=x")
		in := within(t, b.comes, "the call")
		if in.Caller != want {
			t.Errorf("a caller of %d digits", len(in.Caller))
		}
		in.Line.Close()
		d.status(t, 480)
	}
}

// Some phones make their Call-ID of their number, and it stands in the record for ever, not sealed.
func TestACallIDOfTheirsNamesNobody(t *testing.T) {
	t.Parallel()
	s := saved{Dialog: dialog{CallID: "0300001111-17@" + strings.Repeat("x", 5000)}, Called: true}
	for _, s.Asked = range []*savedSummons{{}, nil} { // before our answer, and after it
		h := s.handle()
		if id := h.SIPCallID; strings.Contains(id, "0300001111") || len(id) > longestCallID+len("…")*4 {
			t.Errorf("%d octets: %.40s", len(id), id)
		}
		var sealed saved
		if err := json.Unmarshal(h.Data, &sealed); err != nil || sealed.Dialog.CallID != s.Dialog.CallID {
			t.Errorf("what ends the leg does not know its Call-ID: %v", err)
		}
	}
	s.Called = false
	if id := s.handle().SIPCallID; id != s.Dialog.CallID {
		t.Error("one of ours is not the carrier's any more")
	}
}

// TestNoInviteLeavesForWhoTheFarEndNames: where a session is to be refreshed by an INVITE, it leaves for nobody but whom we have called, by loose routes that name no
// number: signed or not. By what else a far end says of itself a carrier would be asked for any number, past gate and ceiling, whether it challenges or knows our
// address. The talk goes on; it is the far end's to end it.
func TestNoInviteLeavesForWhoTheFarEndNames(t *testing.T) {
	t.Parallel()
	const dialled = "0" + string(testNumber)
	for what, c := range map[string]struct {
		contact, route string // a user, or a whole URI; a route at HOST
		leaves         bool
	}{
		"the number that we called":          {dialled, "<sip:HOST;lr>", true},
		"no route":                           {dialled, "", true},
		"a name by a named router":           {"b2bua-17", "<sip:core1@HOST;lr=on>", true},
		"another number":                     {"0990123456", "<sip:HOST;lr>", false},
		"another number without a route":     {"0990123456", "", false},
		"a strict router":                    {dialled, "<sip:HOST>", false},
		"a strict router by a number":        {dialled, "<sip:0990123456@HOST>", false},
		"a loose router by a number":         {dialled, "<sip:0990123456@HOST;lr>", false},
		"lr in the user part":                {dialled, "<sip:0990123456;lr;@HOST>", false},
		"lr in the headers":                  {dialled, "<sip:HOST?x=;lr>", false},
		"the number without our prefix":      {string(testNumber), "<sip:HOST;lr>", false},
		"a number for a route":               {dialled, "<tel:0990123456;lr>", false},
		"a number for a route, with a host":  {dialled, "<tel:0990123456@HOST;lr>", false},
		"a scheme in capitals":               {dialled, "<SIP:HOST;lr>", true},
		"two in one":                         {dialled, "<sip:HOST;lr>, <sip:0990123456@HOST>", false},
		"two without a comma, which is none": {dialled, "<sip:HOST;lr><sip:0990123456@HOST>", true},
		"one in the other's name":            {dialled, `"<sip:HOST;lr>" <sip:0990123456@HOST>`, false},
		"a parameter of the header, not its": {dialled, "<sip:HOST>;lr", false},
		"a number for a host":                {"sip:0990123456", "", false},
		"a number for a host, by a router":   {"sip:+81990123456;user=phone", "<sip:HOST;lr>", false},
		"a number for a host, and ours":      {"sip:" + dialled + "@0990123456", "<sip:HOST;lr>", false},
		"a number with a domain":             {"sip:0990123456.carrier.invalid", "<sip:HOST;lr>", false},
		"a number to be telephoned":          {"tel:0990123456", "<sip:HOST;lr>", false},
		"a number for a router":              {dialled, "<sip:HOST;lr>, <sip:0990123456;lr>", false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, shortSessions)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			at := r.trunk.addr.String()
			headers := []string{"Contact: <sip:" + c.contact + "@" + at + ">", "Session-Expires: 2;refresher=uac"}
			if strings.Contains(c.contact, ":") {
				headers[0] = "Contact: <" + c.contact + ">"
			}
			if c.route != "" {
				headers = append(headers, "Record-Route: "+strings.ReplaceAll(c.route, "HOST", at))
			}
			r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: headers})
			w.until(t, dialer.LegAnswered)
			r.trunk.request(t, sip.ACK)
			if c.leaves {
				again := r.trunk.request(t, sip.INVITE)
				if strings.Contains(again.String(), "0990123456") {
					t.Errorf("it names another:\n%s", again)
				}
				r.trunk.reply(again, say{status: 200, sdp: plainSDP})
				r.trunk.request(t, sip.ACK)
			} else {
				w.untilEvent(t, dialer.EvFinal) // that it is not refreshed
			}
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
			if n := r.trunk.different("INVITE"); !c.leaves && n > 1 {
				t.Errorf("%d INVITEs came", n)
			}
		})
	}
}

// TestAnAnswerWithoutATagIsNoDialog: what we ask within it would be a call of its own to whoever reads it. It is acknowledged and hung up, and is no answer.
func TestAnAnswerWithoutATagIsNoDialog(t *testing.T) {
	t.Parallel()
	r := newRig(t, shortSessions)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, sdp: plainSDP, headers: []string{"Contact: <sip:0990123456@" + r.trunk.addr.String() + ">", "Session-Expires: 2;refresher=uac"}})
	r.trunk.request(t, sip.ACK)
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	if n := r.trunk.different("INVITE"); n != 1 {
		t.Errorf("%d INVITEs came", n)
	}
	if slices.ContainsFunc(w.all, func(f dialer.LegFact) bool { return f.Kind == dialer.LegAnswered }) {
		t.Error("it was told as an answer")
	}
}

// TestForksHaveABound: a far end that answers with ever other tags has us acknowledge and hang up sixteen, and no more.
func TestForksHaveABound(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	for n := range 40 {
		r.trunk.reply(invite, say{status: 200, tag: fmt.Sprint("fork", n), sdp: plainSDP})
	}
	for range mostForks {
		r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	}
	r.trunk.quiet(t, r.Agent, sip.BYE, value(invite, "Call-ID"))
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	for n := range 40 { // nor what is left of it
		r.trunk.reply(invite, say{status: 200, tag: fmt.Sprint("late", n), sdp: plainSDP})
	}
	r.trunk.quiet(t, r.Agent, sip.BYE, value(invite, "Call-ID"))
}

package sip

import (
	"crypto/rand"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// threeDesks are one with an account, a colleague's, whose phone has registered by itself at a place, and one at a fixed address.
func threeDesks(t *testing.T, colleague netip.AddrPort) *rig {
	t.Helper()
	r := newRig(t, account, func(c *Config) {
		c.Desks = append(c.Desks, Desk{ID: "desk2", Account: "202", Password: "x"}, Desk{ID: "desk3", URI: "sip:203@127.0.0.3:5060"})
	})
	r.register.mu.Lock()
	defer r.register.mu.Unlock()
	s := r.register.seats["desk2"]
	s.bindings = append(s.bindings, &binding{uri: "sip:202@" + colleague.String(), at: place{AddrPort: colleague}, expires: time.Now().Add(time.Hour)})
	return r
}

// An honest proxy passes on what it gets, and we would have it pass our INVITE on to whom the phone says.
func TestAProxyIsNotToldToRingSomebodyElse(t *testing.T) {
	t.Parallel()
	colleague := newPeer(t).addr.String()
	r := threeDesks(t, netip.MustParseAddrPort(colleague))
	p := newPhoneSide(t, r.Agent)
	trunk := r.trunk.addr.String()
	edge := "<sip:" + p.addr.String() + ";lr>"
	for _, c := range []struct {
		name, contact, hops string
		want                string
	}{
		{"a number at the trunk", "sip:0990500000@" + trunk, "", claimsNumber},
		{"its account at the trunk", "sip:phone1@" + trunk, "", claimsTrunk},
		{"its account at the trunk's domain", "sip:phone1@Carrier.Invalid.", "", claimsTrunk},
		{"its account at the trunk, by maddr", strings.Replace(farContact, ":5070", ":"+strings.Split(trunk, ":")[1], 1) + ";maddr=127.0.0.1", "", claimsTrunk},
		{"its account at the trunk, by alias", farContact + ";alias=" + strings.Replace(trunk, ":", "~", 1) + "~1", "", claimsTrunk},
		{"its account at the trunk, by received", farContact, ", <sip:192.0.2.8;lr;received=sip:" + trunk + "%3Btransport%3Dudp>", claimsTrunk},
		{"a number elsewhere", "sip:0990500000@192.0.2.77", "", claimsNumber},
		{"an escaped number", "sip:%30990500000@192.0.2.77", "", claimsNumber},
		{"a number with letters behind", "sip:0990500000x@192.0.2.77", "", claimsNumber},
		{"a short number", "sip:110@192.0.2.77", "", claimsNumber},
		{"a number for a host", "sip:0990500000", "", claimsNumber},
		{"its account with a Route", farContact + "?Route=%3Csip:" + trunk + "%3E", "", claimsNumber},
		{"a path by the trunk", farContact, ", <sip:" + trunk + ";lr>", claimsTrunk},
		{"a path by the trunk's domain", farContact, ", <sip:carrier.invalid;lr>", claimsTrunk},
		{"a path by ourselves", farContact, ", <sip:" + r.us + ";lr>", claimsUs},
		{"a strict path to a number", farContact, ", <sip:0990500000@192.0.2.8>", claimsRoute},
		{"a path with a number", farContact, ", <sip:0990500000@192.0.2.8;lr>", claimsRoute},
		{"a path by the colleague's phone", farContact, ", <sip:" + colleague + ";lr>", claimsAnother},
		{"the colleague", "sip:202@" + colleague, "", claimsNumber},
		{"a name at the colleague's phone", "sip:x@" + colleague, "", claimsAnother},
		{"its account at the phone that is fixed", "sip:phone1@127.0.0.3", "", claimsAnother},
		{"ourselves", "sip:phone1@" + r.us, "", claimsUs},

		{"as the colleague is called, at the proxy", "sip:202@" + p.addr.String(), "", claimsNumber},
		{"a number with a parameter", "sip:0990500000;phone-context=example.jp@192.0.2.77", "", claimsNumber},
		{"its account with a number's parameters", "sip:phone1.a;rn=+81990500000;npdi@192.0.2.77", "", claimsNumber},
		{"a number in a word", "sip:0990500000telephone@192.0.2.77", "", claimsNumber},
		{"a number at a name", "sip:0990500a@sbc.example", "", claimsNumber},
		{"a name at a name", "sip:line1@sbc.example", "", ""},
		{"its account at a name", "sip:phone1@sbc.example", "", ""},
		{"one device with the colleague's account", "sip:phone1@" + colleague, "", ""},
		{"its account", farContact, "", ""},
		{"its account and a token", "sip:phone1-0x5581b3c05550@192.0.2.77:5070", "", ""},
		{"a name", "sip:line1@192.0.2.77", "", ""},
		{"nobody", "sip:192.0.2.77:5070", "", ""},
		{"by two proxies", farContact, ", <sip:Zm9vYmFyMDEyMzQ1@192.0.2.8;lr;ob>", ""},
	} {
		b := &binding{uri: c.contact, path: splitList(edge + c.hops), at: place{AddrPort: p.addr}}
		r.register.mu.Lock()
		got := r.register.misclaimed(r.register.seats["desk1"], b, r.register.proven(r.register.seats["desk1"]))
		r.register.mu.Unlock()
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	for contact, hops := range map[string]string{
		"sip:0990500000@" + trunk: "", "sip:0990500000@192.0.2.77": "", farContact: ", <sip:" + trunk + ";lr>", "sip:202@" + colleague: "", "sip:x@" + colleague: "",
	} {
		if res := p.login(t, "Contact: <"+contact+">", "Supported: path", "Path: "+edge+hops); res.StatusCode != 403 || registered(t, r.Agent) {
			t.Errorf("%s by %s: got %d", contact, hops, res.StatusCode)
		}
	}
	// A phone's own words for a proxy that there is none of, from the address that it shares with the colleague's.
	if res := p.login(t, "Contact: <"+farContact+">", "Supported: path", "Path: <sip:"+colleague+";lr>"); res.StatusCode != 403 {
		t.Errorf("the colleague's phone for a proxy: got %d", res.StatusCode)
	}
}

// A trunk may come to be where a phone has registered, and another server, or an earlier version of us, may have let it in.
func TestAPhoneIsAskedAgainWhereItIsWhenItIsRung(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	edge := newPeer(t).addr
	s := r.register.seats["desk1"]
	for uri, ok := range map[string]bool{farContact: true, "sip:phone1@" + r.trunk.addr.String(): false, "sip:0990500000@192.0.2.77": false} {
		b := &binding{uri: uri, path: []string{"<sip:" + edge.String() + ";lr>"}, at: place{AddrPort: edge}}
		if _, err := r.register.reached(t.Context(), s, b); (err == nil) != ok {
			t.Errorf("%s: %v", uri, err)
		}
	}
}

// What phones call themselves when nobody is between us is their own business, as long as it is no number.
func TestAPhoneMayCallItselfByATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	for user, want := range map[string]int{
		"phone1@": 200, "": 200, "203@": 200, "8fj2k3l1@": 200, "7a4d58cd-c3e5-4b0f-9e2d-51c09a3f77de@": 200, "phone1-0x7f55aa0990500000@": 200, "line%201@": 200,
		"0990500000@": 403, "+81990500000@": 403, "0990-500-000@": 403, "0990500000;x=y@": 403, "phone1:x@": 403,
	} {
		if res := p.login(t, "Contact: <sip:"+user+p.addr.String()+">"); res.StatusCode != want {
			t.Errorf("%q: got %d %s, want %d", user, res.StatusCode, res.Reason, want)
		}
	}
}

// Who has a phone's password could else hear a colleague's room: the colleague's phone would pick up by itself, and be talked to as the desk's.
func TestOnlyAPhoneOfItsOwnPicksUpByItself(t *testing.T) {
	t.Parallel()
	colleague := newPeer(t).addr
	r := threeDesks(t, colleague)
	edge := newPeer(t)
	path := []string{"<sip:" + edge.addr.String() + ";lr>"}
	by := place{AddrPort: edge.addr}
	at := place{AddrPort: colleague}
	tilde := func(at netip.AddrPort) string { return strings.Replace(at.String(), ":", "~", 1) + "~1" }
	here := "sip:phone1@" + edge.addr.String()
	home := place{AddrPort: netip.MustParseAddrPort("192.0.2.40:1024")}
	flow := place{AddrPort: netip.MustParseAddrPort("192.0.2.40:40000"), flow: true}
	trusted := []netip.Prefix{netip.MustParsePrefix("192.0.2.40/32")}
	for name, c := range map[string]struct {
		b      binding
		edges  []netip.Prefix
		shared bool
	}{
		"behind a proxy": {binding{uri: farContact, path: path, at: by}, nil, true},
		"behind a proxy that the settings vouch for": {binding{uri: farContact, path: path, at: home}, trusted, false},
		"behind another": {binding{uri: farContact, path: path, at: by}, trusted, true},
		"at the colleague's, behind one without Path": {binding{uri: "sip:phone1@" + colleague.String(), at: by}, nil, true},
		"by an alias":                               {binding{uri: here + ";alias=" + tilde(colleague), at: by}, nil, true},
		"by its own alias":                          {binding{uri: here + ";alias=" + tilde(edge.addr), at: by}, nil, false},
		"by an alias, loudly":                       {binding{uri: here + ";ALIAS=" + tilde(colleague), at: by}, nil, true},
		"by an alias that cannot be read":           {binding{uri: here + ";alias=x", at: by}, nil, true},
		"by what Kamailio notes":                    {binding{uri: here + ";received=" + tilde(colleague), at: by}, nil, true},
		"by maddr":                                  {binding{uri: here + ";MAddr=127.0.0.9", at: by}, nil, true},
		"by a name":                                 {binding{uri: "sip:phone1@phone.invalid", at: by}, nil, true},
		"by a transport that nobody has":            {binding{uri: "sip:phone1@127.0.0.3:5060;transport=ws", at: by}, nil, true},
		"at a phone that is fixed":                  {binding{uri: "sip:phone1@127.0.0.3:5060", at: by}, nil, true},
		"by itself":                                 {binding{uri: "sip:x@" + edge.addr.String(), at: by}, nil, false},
		"by a connection":                           {binding{uri: "sip:phone1@192.0.2.40:5061;transport=tls", at: flow}, nil, false},
		"by a connection from elsewhere":            {binding{uri: "sip:phone1@192.0.2.41:5061;transport=tls", at: flow}, nil, true},
		"behind a NAT":                              {binding{uri: farContact, at: home, behind: true}, nil, true},
		"behind a NAT that the settings vouch for":  {binding{uri: farContact, at: home, behind: true}, trusted, false},
		"another account of the colleague's device": {binding{uri: "sip:phone1@" + colleague.String(), at: at}, nil, true},
		"the same, by another transport":            {binding{uri: "sip:phone1@" + colleague.String(), at: place{AddrPort: colleague, by: overTCP}}, nil, true},
		"where its connection says that it listens": {binding{uri: here + ";transport=tcp", at: place{AddrPort: edge.addr, by: overTCP}, moved: true}, nil, true},
		"where a phone is fixed":                    {binding{uri: "sip:phone1@127.0.0.3:5060", at: place{AddrPort: netip.MustParseAddrPort("127.0.0.3:5060")}}, nil, true},
		"the same, by a name":                       {binding{uri: "sip:x@" + colleague.String(), at: at}, nil, true},
	} {
		r.cfg.Edges = c.edges
		if got := r.register.shares(r.register.seats["desk1"], &c.b); got != c.shared {
			t.Errorf("%s: shared: %v", name, got)
		}
	}

	p := &phoneSide{peer: edge, a: r.Agent, callID: newTag()}
	for _, c := range []struct {
		contact, path string
		edges         []netip.Prefix
		asked         bool
	}{
		{"sip:phone1@" + colleague.String(), path[0], nil, false},
		{farContact, path[0], nil, false},
		{farContact, path[0], []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, true},
		{here, "", nil, true},
	} {
		r.cfg.Edges = c.edges
		headers := []string{"Contact: <" + c.contact + ">"}
		if c.path != "" {
			headers = append(headers, "Supported: path", "Path: "+c.path)
		}
		if res := p.login(t, headers...); res.StatusCode != 200 {
			t.Fatalf("got %d", res.StatusCode)
		}
		w, invite := p.deskIsUp(t, r.Agent)
		if got := value(invite, "Call-Info") + value(invite, "Alert-Info") + value(invite, "Answer-Mode"); (got != "") != c.asked {
			t.Errorf("%s by %q is asked to pick up by %q", c.contact, c.path, got)
		}
		w.Drop()
		p.reply(p.request(t, sip.BYE), say{status: 200})
		w.gone(t)
	}
}

// Whoever says that they are at a proxy has proven nothing, and keeps none of the phones behind it out.
func TestWhatIsNotProvenKeepsNobodyOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, account, func(c *Config) { c.Desks = append(c.Desks, Desk{ID: "desk2", Account: "202", Password: "x"}) })
	edge := newPeer(t).addr
	r.register.mu.Lock()
	defer r.register.mu.Unlock()
	liar := r.register.seats["desk2"]
	for _, claim := range []binding{
		{uri: "sip:202@" + edge.String(), at: place{AddrPort: netip.MustParseAddrPort("127.0.0.66:5060")}, behind: true},
		{uri: "sip:202@" + edge.String(), at: place{AddrPort: netip.MustParseAddrPort("127.0.0.66:40000"), flow: true}, behind: true},
		{uri: "sip:202@192.0.2.77:5070", path: []string{"<sip:127.0.0.66;lr>", "<sip:" + edge.String() + ";lr>"}, at: place{AddrPort: netip.MustParseAddrPort("127.0.0.66:5060")}},
	} {
		claim.expires = time.Now().Add(time.Hour)
		liar.bindings = []*binding{&claim}
		for name, b := range map[string]*binding{
			"by a datagram": {uri: farContact, path: []string{"<sip:" + edge.String() + ";lr>"}, at: place{AddrPort: edge}},
			"by a connection": {
				uri: farContact, path: []string{"<sip:" + edge.String() + ";transport=tcp;lr>"}, at: place{AddrPort: netip.AddrPortFrom(edge.Addr(), 40001), flow: true},
			},
			"by two of its ports": {uri: farContact, path: []string{"<sip:" + edge.String() + ";lr>", "<sip:" + edge.Addr().String() + ":5071;lr>"}, at: place{AddrPort: edge}},
		} {
			if why := r.register.misclaimed(r.register.seats["desk1"], b, r.register.proven(r.register.seats["desk1"])); why != "" {
				t.Errorf("%s, of %v: %s", name, claim.at, why)
			}
		}
	}
}

// What a phone makes up for itself must not be refused by chance, and what a carrier can read as a number must be always.
func TestTokensAndNumbersAreToldApart(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	s := r.register.seats["desk1"]
	at := place{AddrPort: netip.MustParseAddrPort("192.0.2.40:5060")}
	const direct, behind, byPath = "192.0.2.40:5060", "10.0.0.7:5060", "10.0.0.8:5060"
	may := func(user, host string) bool {
		b := &binding{uri: "sip:" + user + "@" + host, at: at}
		if host == byPath || strings.HasSuffix(host, ".invalid") {
			b.path = []string{"<sip:192.0.2.40;lr>"}
		}
		return s.mayBeCalled(b)
	}
	for range 2000 {
		octets := make([]byte, 32)
		_, _ = rand.Read(octets)
		digits := hex.EncodeToString(octets)
		uuid := digits[:8] + "-" + digits[8:12] + "-4" + digits[13:16] + "-8" + digits[17:20] + "-" + digits[20:32]
		for _, host := range []string{direct, behind} {
			if strings.ContainsFunc(uuid, isLetter) && !may(uuid, host) {
				t.Fatalf("%s at %s is refused", uuid, host)
			}
		}
		if strings.ContainsFunc(digits[:8], isLetter) && !may(digits[:8], "abcd1234.invalid") {
			t.Fatalf("%s, whom only its Path leads to, is refused", digits[:8])
		}
	}
	for _, number := range []string{"0990500000", "+81990500000", "0990-500-000", "x0990500000", "0990500000x", "%30990500000", "09905000000000000000", "０９９０５００００", "tel0990500000",
		"0990500000;phone-context=example.jp", "110;phone-context=example.jp", "0990500000telephone", "phone1.a;rn=+81990500000;npdi", "9905000000telephonist"} {
		for _, host := range []string{direct, behind, byPath, "abcd1234.invalid"} {
			if may(number, host) {
				t.Errorf("%s at %s is taken", number, host)
			}
		}
	}
	for _, short := range []string{"110", "119", "1%310", "1-1-0", "1(1)0", "１１０"} {
		if may(short, direct) || may(short, behind) || may(short, byPath) {
			t.Errorf("%s is taken", short)
		}
	}
	if !may("203", direct) || may("203", behind) || may("203", byPath) {
		t.Error("an extension is one where nobody is between")
	}
}

// What a library reads of a URI that says something twice, or in another case, is not what a proxy reads.
func TestAPathThatCanBeReadTwoWaysIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	edge := "<sip:" + p.addr.String() + ";lr>"
	for name, c := range map[string]struct {
		contact, path string
		want          int
	}{
		"maddr twice":              {farContact, edge + ", <sip:192.0.2.8;lr;maddr=192.0.2.9;maddr=" + r.trunk.addr.Addr().String() + ">", 400},
		"maddr twice, in two ways": {farContact, edge + ", <sip:192.0.2.8;lr;maddr=192.0.2.9;MADDR=192.0.2.10>", 400},
		"a Contact's, too":         {farContact + ";maddr=192.0.2.9;Maddr=192.0.2.10", edge, 400},
		"a URI behind the URI":     {farContact, "<sip:" + p.addr.String() + ";lr> <sip:192.0.2.9;lr>", 400},
		"an address that is none":  {farContact + ";alias=nowhere", edge, 403},
		"a number for a host":      {farContact, edge + ", <sip:167772165:5060;lr>", 403},
		"maddr, loudly":            {strings.Replace(farContact, ":5070", ":"+strings.Split(r.trunk.addr.String(), ":")[1], 1) + ";MADDR=127.0.0.1", edge, 403},
		"what may be":              {farContact, "<sip:" + p.addr.String() + ";lr>;x=y", 200},
	} {
		if res := p.login(t, "Contact: <"+c.contact+">", "Supported: path", "Path: "+c.path); res.StatusCode != c.want {
			t.Errorf("%s: got %d %s", name, res.StatusCode, res.Reason)
		}
	}
}

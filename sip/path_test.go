package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// farContact is where no packet of ours can go: a phone that only its proxies reach.
const farContact = "sip:phone1@192.0.2.77:5070"

// behindProxies registers a phone by way of edge, the nearest to us, and one more proxy. lr is the edge's.
func behindProxies(t *testing.T, r *rig, lr string) (edge *peer, path []string) {
	t.Helper()
	edge = newPeer(t)
	path = []string{"<sip:" + edge.addr.String() + lr + ">", "<sip:second.invalid;lr>"}
	res := newPhoneSide(t, r.Agent).login(t, "Contact: <"+farContact+">", "Supported: gruu, path", "Path: "+strings.Join(path, ", "))
	if res.StatusCode != 200 || !slices.Equal(values(res, "Path"), path) {
		t.Fatalf("the registration by proxies got\n%s", res)
	}
	return edge, path
}

// on reports whether a request travels as its route set says (RFC 3261 §12.2.1.1).
func onPath(t *testing.T, req *sip.Request, edge *peer, path []string, lr string) {
	t.Helper()
	uri, routes := farContact, path
	if lr == "" {
		uri, routes = "sip:"+edge.addr.String(), []string{path[1], "<" + farContact + ">"}
	}
	if req.Recipient.String() != uri || !slices.Equal(values(req, "Route"), routes) {
		t.Errorf("%s %s by %v, want %s by %v", req.Method, req.Recipient.String(), values(req, "Route"), uri, routes)
	}
}

func TestPathIsTravelled(t *testing.T) {
	for name, lr := range map[string]string{"loose": ";lr", "strict": ""} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, account, func(c *Config) { c.KeepAlive = 50 * time.Millisecond })
			edge, path := behindProxies(t, r, lr)
			options := edge.request(t, sip.OPTIONS)
			onPath(t, options, edge, path, lr)
			edge.reply(options, say{status: 200})

			w := watch(r.line(t).Desk())
			w.Dial()
			invite := edge.request(t, sip.INVITE)
			onPath(t, invite, edge, path, lr)
			if got := inBrackets(value(invite, "To")); got != farContact {
				t.Errorf("To is %s", got)
			}
			// What the answers teach of the route is the dialog's, and no business of the CANCEL (§9.1).
			edge.reply(invite, say{status: 180, tag: "a", headers: []string{"Record-Route: <sip:192.0.2.9;lr>"}})
			w.until(t, dialer.LegRinging)
			w.Drop()
			cancel := edge.request(t, sip.CANCEL)
			onPath(t, cancel, edge, path, lr)
			if cancel.Via().Value() != invite.Via().Value() {
				t.Errorf("the CANCEL's Via is %s", cancel.Via().Value())
			}
			edge.reply(cancel, say{status: 200})
			edge.reply(invite, say{status: 487, tag: "a"})
			onPath(t, edge.request(t, sip.ACK), edge, path, lr)
			w.gone(t)
		})
	}
}

// Once the phone has answered, the way is the one that the answer recorded: the Path is for requests out of a dialog.
func TestAnswerOnThePathTeachesItsOwnRoute(t *testing.T) {
	r := newRig(t, account)
	edge, _ := behindProxies(t, r, ";lr")
	other := newPeer(t)
	w := watch(r.line(t).Desk())
	w.Dial()
	invite := edge.request(t, sip.INVITE)
	recorded := "<sip:" + other.addr.String() + ";lr>"
	edge.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Record-Route: " + recorded, "Contact: <" + farContact + ">"}})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	for _, method := range []sip.RequestMethod{sip.ACK, sip.BYE} {
		req := other.request(t, method)
		if req.Recipient.String() != farContact || !slices.Equal(values(req, "Route"), []string{recorded}) {
			t.Errorf("%s %s by %v", method, req.Recipient.String(), values(req, "Route"))
		}
		if method == sip.ACK {
			w.Drop()
			continue
		}
		other.reply(req, say{status: 200})
	}
	w.gone(t)
}

// Another process ends the leg from its handle by the same way.
func TestTerminateGoesByThePath(t *testing.T) {
	r := newMortalRig(t, account)
	edge, path := behindProxies(t, r, ";lr")
	w := watch(r.line(t).Desk())
	h := w.Handle()
	w.Dial()
	invite := edge.request(t, sip.INVITE)
	b := r.crashed(t)
	done := terminate(t, b, h)
	cancel := edge.request(t, sip.CANCEL)
	onPath(t, cancel, edge, path, ";lr")
	edge.reply(cancel, say{status: 200})
	edge.reply(invite, say{status: 487, tag: "a"})
	onPath(t, edge.request(t, sip.ACK), edge, path, ";lr")
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
}

func TestExtensionsOfARegistration(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	here := "Path: <sip:" + p.addr.String() + ";lr>"
	for _, c := range []struct {
		name        string
		headers     []string
		status      int
		unsupported string
	}{
		{"Path that the phone does not know", []string{"Path: <sip:192.0.2.1;lr>"}, 420, "path"},
		{"Path and another extension", []string{"Path: <sip:192.0.2.1;lr>", "Supported: outbound"}, 420, "path"},
		{"Path, short form", []string{here, "k: outbound,PATH"}, 200, ""},
		{"Path that is required", []string{here, "Supported: path", "Require: path"}, 200, ""},
		{"Path of no SIP URI", []string{"Path: <tel:0>", "Supported: path"}, 400, ""},
		{"Path that is no URI", []string{"Path: ,;<", "Supported: path"}, 400, ""},
		{"empty Path", []string{"Path: ", "Supported: path"}, 200, ""},
		{"an extension that we do not know", []string{"Require: path, gruu, outbound"}, 420, "gruu, outbound"},
	} {
		res := p.login420(t, append(c.headers, p.contact(""))...)
		if res.StatusCode != c.status || value(res, "Unsupported") != c.unsupported {
			t.Errorf("%s: %d, Unsupported %q", c.name, res.StatusCode, value(res, "Unsupported"))
		}
		up := registered(t, r.Agent)
		if up != (c.status == 200) {
			t.Errorf("%s: registered %v after %d", c.name, up, c.status)
		}
		p.login(t, "Contact: *", "Expires: 0")
	}
}

// login420 registers with a fresh challenge, where it is not refused before one.
func (p *phoneSide) login420(t *testing.T, headers ...string) *sip.Response {
	t.Helper()
	res := p.register(t, headers...)
	if res.StatusCode != 401 {
		return res
	}
	return p.register(t, append(headers, p.credentials(t, res, 0, "desk secret"))...)
}

func TestSplitList(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  nil,
		" , ,":                              nil,
		"a":                                 {"a"},
		"a, b ,c":                           {"a", "b", "c"},
		"<sip:a,b;lr>, <sip:c>":             {"<sip:a,b;lr>", "<sip:c>"},
		`"x, y" <sip:a>,"\"," <sip:b>`:      {`"x, y" <sip:a>`, `"\"," <sip:b>`},
		`"open, <sip:a>`:                    {`"open, <sip:a>`},
		"<sip:a;received=sip:b%3Blr>;x,<b>": {"<sip:a;received=sip:b%3Blr>;x", "<b>"},
	} {
		if got := splitList(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzSplitList(f *testing.F) {
	for _, s := range []string{"a, b", `"x,\"" <sip:a,b>;c, d`, "<<,>>", "\\,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		all := splitList(s)
		if kept := strings.Join(all, ","); len(kept) > len(s) {
			t.Errorf("%q became %q", s, all)
		}
		for _, v := range all {
			if v == "" || v != strings.TrimSpace(v) {
				t.Errorf("%q holds %q", s, v)
			}
		}
	})
}

// Whoever has a phone's password could else have its desk's call sent to the carrier, as a call by us to a number of their choosing: what
// goes to a phone passes no gate. So a phone is where its REGISTER has come from.
func TestAPhoneIsNotRungAtATrunk(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	premium := "Contact: <sip:0990500000@" + r.trunk.addr.String() + ">"
	for name, path := range map[string]string{
		"the trunk": "<sip:" + r.trunk.addr.String() + ";lr>", "somebody else": "<sip:192.0.2.99;lr>", "behind a name": "<sip:192.0.2.99;lr>,<sip:edge.invalid;lr>",
	} {
		if res := p.login(t, premium, "Supported: path", "Path: "+path); res.StatusCode != 403 {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
	}
	// Its own answer to a challenge from the trunk's address, where it can have read it.
	trunk := &phoneSide{peer: r.trunk, a: r.Agent, callID: newTag()}
	if res := trunk.login(t, premium); res.StatusCode != 403 {
		t.Errorf("from the trunk's address: got %d", res.StatusCode)
	}
	if registered(t, r.Agent) {
		t.Error("the desk can be rung")
	}
	// A proxy's name is looked up when the phone is rung, and may lead elsewhere by then.
	for host, ok := range map[string]bool{"127.0.0.1": true, "127.0.0.9": false, r.trunk.addr.String(): false} {
		b := &binding{uri: farContact, path: []string{"<sip:" + host + ";lr>"}, at: place{AddrPort: p.addr}}
		if at, err := b.reached(t.Context(), r.Agent); (err == nil) != ok {
			t.Errorf("by %s: %v, %v", host, at, err)
		}
	}
}

// What is refused is not kept either: a REGISTER has as little room for names as an INVITE.
func TestARegistrationOfEndlessNamesIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	edge, long := "Path: <sip:"+p.addr.String()+";lr>", strings.Repeat("a", routesMost)
	for name, headers := range map[string][]string{
		"one hop":    {p.contact(""), "Supported: path", edge + ", <sip:" + long + ".invalid;lr>"},
		"many hops":  {p.contact(""), "Supported: path", edge + strings.Repeat(", <sip:second.invalid;lr>", routesMost/20)},
		"one header": {p.contact(""), "Supported: path", edge, "Path: <sip:192.0.2.1;lr;x=" + long + ">"},
		"a Contact":  {"Contact: <sip:phone1@" + p.addr.String() + ";x=" + long + ">"},
	} {
		if res := p.login(t, headers...); res.StatusCode != 400 || registered(t, r.Agent) {
			t.Errorf("%s: got %d", name, res.StatusCode)
		}
	}
}

// A session's refresh by INVITE goes where the phone's answer says, and by a proxy that passes it on.
func TestASessionBehindAProxyIsRefreshedForNobodyElse(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	edge := newPeer(t).addr
	trunk, route := r.trunk.addr.String(), "<sip:"+edge.String()+";lr>"
	for _, c := range []struct {
		target string
		routes []string
		pinned bool
		may    bool
	}{
		{farContact, []string{route}, false, true},
		{"sip:x@192.0.2.5", []string{route}, false, true},
		{"sip:0990500000@192.0.2.5", nil, false, false},
		{"sip:0990500000@192.0.2.5", []string{route}, false, false},
		{"sip:0990500000@192.0.2.5", nil, true, false},
		{"sip:0990500000@" + trunk, []string{route}, false, false},
		{"sip:phone1@" + trunk, []string{route}, false, false},
		{farContact, []string{route, "<sip:" + trunk + ";lr>"}, false, false},
	} {
		l := (&line{agent: r.Agent}).newLeg(dialer.DeskLeg, media.Desk, make(chan dialer.LegFact, factsKept))
		l.toPhone(phone{uri: farContact, at: place{AddrPort: edge}})
		l.dialog.RemoteTag, l.dialog.Target, l.dialog.Routes, l.dialog.Pinned = "b", c.target, c.routes, c.pinned
		if got := l.mayReinvite(); got != c.may {
			t.Errorf("%s by %v: %v", c.target, c.routes, got)
		}
	}
}

// What a phone answers names where requests within the call go; at a trunk they would be a call to whatever number the phone says, by the
// session's refresh without anybody's doing.
func TestAPhonesAnswerLeadsToNoTrunk(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	if res := p.login(t, p.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	var desk dialer.DeskID
	for id, s := range r.register.seats {
		if s.desk.registers() {
			desk = id
		}
	}
	at, err := r.phoneOf(t.Context(), desk)
	if err != nil {
		t.Fatal(err)
	}
	trunk := r.trunk.addr.String()
	for name, d := range map[string]dialog{
		"its Contact":          {Target: "sip:0990500000@" + trunk},
		"its Record-Route":     {Target: farContact, Routes: []string{"<sip:" + trunk + ";lr>"}},
		"its strict route":     {Target: farContact, Routes: []string{"<sip:0990500000@" + trunk + ">"}},
		"its Contact, by name": {Target: "sip:0990500000@localhost:" + strings.Split(trunk, ":")[1]},
	} {
		l := (&line{agent: r.Agent}).newLeg(dialer.DeskLeg, media.Desk, make(chan dialer.LegFact, factsKept))
		l.toPhone(at)
		l.dialog.Target, l.dialog.Routes = d.Target, d.Routes
		if to := l.dialog.next(t.Context()); to.AddrPort == r.trunk.addr || to != l.dialog.First && !strings.HasSuffix(name, "name") {
			t.Errorf("%s leads to %v", name, to)
		}
	}
}

// Nor do its late answers, when the call is over, nor what it answered a process that has died.
func TestALatePhonesAnswerLeadsToNoTrunk(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	r.lingering()
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	w, invite := p.deskIsUp(t, r.Agent)
	w.Drop()
	p.reply(p.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	r.remainsOf(t, w.Handle().SIPCallID)
	elsewhere := "<sip:" + r.trunk.addr.String() + ";lr>"
	p.reply(invite, say{status: 200, tag: "late", sdp: plainSDP, headers: []string{"Record-Route: " + elsewhere}})
	p.request(t, sip.ACK)
	p.reply(p.request(t, sip.BYE), say{status: 200})

	s := saved{Version: handleVersion, Leg: dialer.DeskLeg, State: legUp, Invite: savedInvite{URI: farContact, Branch: newBranch(), CSeq: 1}, Dialog: dialog{
		CallID: "of a process that died", LocalURI: farContact, LocalTag: "a", RemoteURI: farContact, RemoteTag: "b", CSeq: 1, Target: farContact,
		Routes: []string{elsewhere}, First: place{AddrPort: p.addr}, SentBy: r.us,
	}}
	ended := make(chan error, 1)
	go func() { ended <- r.Terminate(t.Context(), s.handle()) }()
	p.reply(p.request(t, sip.BYE), say{status: 200})
	if err := within(t, ended, "the leg to be ended"); err != nil {
		t.Error(err)
	}
}

// A REGISTER of more Contacts than any phone has is refused before any of them is compared with what is bound.
func TestARegistrationOfManyContactsIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	for n, want := range map[int]int{contactsMost: 200, contactsMost + 1: 400} {
		if res := p.login(t, strings.TrimSuffix("Contact: "+strings.Repeat("<sip:phone1@"+p.addr.String()+">;expires=0,", n), ",")); res.StatusCode != want {
			t.Errorf("%d: got %d, want %d", n, res.StatusCode, want)
		}
	}
	// What is taken back claims nothing, so it is not looked at.
	if res := p.login(t, "Contact: <sip:0990500000@"+r.trunk.addr.String()+">;expires=0"); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
}

// Where the other desks' phones are is read once for all that a REGISTER says.
func TestClaimsDoNotReadEachBindingAnew(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	reg := r.register
	mine := reg.seats["desk1"]
	b := &binding{uri: "sip:phone1@192.0.2.7", path: []string{"<sip:" + p.addr.String() + ";lr>"}, at: place{AddrPort: p.addr}}
	cost := func(others int) float64 {
		other := &seat{}
		for i := range others {
			at := place{AddrPort: netip.AddrPortFrom(p.addr.Addr(), uint16(20000+i))}
			other.bindings = append(other.bindings, &binding{uri: "sip:x@" + at.String(), at: at})
		}
		reg.mu.Lock()
		defer reg.mu.Unlock()
		reg.seats["other"] = other
		defer delete(reg.seats, "other")
		proven := reg.proven(mine)
		if len(proven) != others {
			t.Errorf("%d of %d", len(proven), others)
		}
		return testing.AllocsPerRun(10, func() {
			if why := reg.misclaimed(mine, b, proven); why != "" {
				t.Error(why)
			}
		})
	}
	if few, many := cost(1), cost(300); many > few+600 {
		t.Errorf("%v pieces of memory, and %v with three hundred bindings", few, many)
	}
}

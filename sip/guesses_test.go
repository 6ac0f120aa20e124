package sip

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// proof answers a challenge for one request of a method.
func proof(t *testing.T, res *sip.Response, method, password string) string {
	t.Helper()
	by, err := digest.ParseChallenge(value(res, "WWW-Authenticate"))
	if err != nil {
		t.Fatalf("%s: %v", res.StartLine(), err)
	}
	c, err := digest.Digest(by, digest.Options{Method: method, URI: "sip:kakeru", Username: "phone1", Password: password, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: " + c.String()
}

// guessAway sends more wrong passwords than are looked at in a minute, and then the right one: it is what tells whether they were all of them.
func (p *phoneSide) guessAway(t *testing.T, headers ...string) {
	t.Helper()
	for range guessBurst + 5 {
		p.register(t, append(headers, proof(t, p.register(t), "REGISTER", "guessed"))...)
	}
	if res := p.login(t, headers...); res.StatusCode != 403 {
		t.Errorf("more than %d guesses a minute were looked at: %d", guessBurst, res.StatusCode)
	}
}

// A stranger who shares a phone's address, behind a NAT or by the proxy before it, could else have its desk unregistered: while they guess, the phone's
// right answer would not be looked at either.
func TestAPhoneRenewsWhileSomebodyAtItsAddressGuesses(t *testing.T) {
	t.Parallel()
	type ends struct{ phone, stranger *peer }
	atOneAddress := func(t *testing.T) ends {
		t.Helper()
		ip := freshAddress()
		return ends{newPeerAt(t, ip), newPeerAt(t, ip)}
	}
	atOnePort := func(t *testing.T) ends {
		t.Helper()
		edge := newPeerAt(t, freshAddress())
		return ends{edge, edge}
	}
	for name, c := range map[string]struct {
		at   func(t *testing.T) ends
		path func(p *peer) []string
	}{
		"behind one NAT":           {atOneAddress, func(*peer) []string { return nil }},
		"from its very port":       {atOnePort, func(*peer) []string { return nil }},
		"through the same proxy":   {atOnePort, func(p *peer) []string { return []string{"Supported: path", "Path: <sip:" + p.addr.String() + ";lr>"} }},
		"through two ports of one": {atOneAddress, func(p *peer) []string { return []string{"Supported: path", "Path: <sip:" + p.addr.String() + ";lr>"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, said, at := newClock(), &logged{}, c.at(t)
			r := newRig(t, account, func(c *Config) { c.Now, c.Log = now.Now, slog.New(slog.NewTextHandler(said, nil)) })
			phone := &phoneSide{peer: at.phone, a: r.Agent, callID: newTag()}
			ways := append(c.path(at.phone), "Contact: <"+farContact+">")
			if res := phone.login(t, ways...); res.StatusCode != 200 {
				t.Fatalf("got %d", res.StatusCode)
			}
			for range 3 {
				stranger := &phoneSide{peer: at.stranger, a: r.Agent, callID: newTag()}
				stranger.guessAway(t, append(c.path(at.stranger), "Contact: <sip:phone1@192.0.2.66>")...)
				if res := phone.login(t, ways...); res.StatusCode != 200 {
					t.Errorf("the phone's renewal got %d", res.StatusCode)
				}
				now.pass(20 * time.Second)
			}
			// That it was let in gives nobody else a try.
			anew := &phoneSide{peer: at.stranger, a: r.Agent, callID: newTag()}
			anew.guessAway(t, ways...)
			if n := said.count("a desk's phone may be refused when it starts"); n != 2 {
				t.Errorf("it was said %d times in a minute and some", n)
			}
		})
	}
}

// A proxy's connection ends for all phones behind it at once, and with it their bindings: they come back with the Call-IDs they had.
func TestAPhoneComesBackByAnotherConnectionWhileSomebodyGuesses(t *testing.T) {
	t.Parallel()
	now := newClock()
	r := newRig(t, withTCP, account, func(c *Config) { c.Now = now.Now })
	phone, p := tcpOnly.phone(t, r.Agent)
	seen := observe(r.Agent)
	if res := phone.login(t, tcpOnly.behindNAT()); res.StatusCode != 200 || !within(t, seen.told, "the phone to come") {
		t.Fatalf("got %d", res.StatusCode)
	}
	stranger, _ := tcpOnly.phone(t, r.Agent)
	stranger.guessAway(t, tcpOnly.behindNAT())
	p.hangUp()
	if within(t, seen.told, "the phone to go") {
		t.Error("it came")
	}
	if res := phone.login(t, tcpOnly.behindNAT()); res.StatusCode != 200 {
		t.Errorf("by another connection: %d", res.StatusCode)
	}
}

// A phone that takes a talk over by an INVITE has a trait as well: it comes from where the phone is reached. One that starts anew has none.
func TestAPhonesInviteIsLookedAtWhileSomebodyAtItsAddressGuesses(t *testing.T) {
	t.Parallel()
	now, ip := newClock(), freshAddress()
	r := newRig(t, account, func(c *Config) { c.Now = now.Now })
	phone := &phoneSide{peer: newPeerAt(t, ip), a: r.Agent, callID: newTag()}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	elsewhere := newPeerAt(t, ip)
	(&phoneSide{peer: elsewhere, a: r.Agent, callID: newTag()}).guessAway(t)
	replaces, from := "Replaces: a;to-tag=b;from-tag=c", "From: <sip:phone1@kakeru>;tag="+newTag()
	invite := func(p *peer, password string, want int) {
		t.Helper()
		asked := p.dial(r.Agent, "kakeru", plainSDP, replaces, from).status(t, 401)
		p.dial(r.Agent, "kakeru", plainSDP, replaces, from, proof(t, asked, "INVITE", password)).status(t, want)
	}
	invite(phone.peer, "desk secret", 481) // it was looked at: there is no such dialog
	invite(elsewhere, "desk secret", 403)
	for range guessBurst {
		invite(phone.peer, "guessed", 403)
	}
	invite(phone.peer, "desk secret", 403) // nor are there more guesses from there
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Errorf("what INVITEs guess keeps its REGISTER out: %d", res.StatusCode)
	}
	// A proxy's port is everybody's behind it.
	edge := newPeerAt(t, freshAddress())
	behind := &phoneSide{peer: edge, a: r.Agent, callID: newTag()}
	if res := behind.login(t, "Supported: path", "Path: <sip:"+edge.addr.String()+";lr>", "Contact: <"+farContact+">"); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	(&phoneSide{peer: edge, a: r.Agent, callID: newTag()}).guessAway(t)
	invite(edge, "desk secret", 403)
}

// Who has come by the Call-ID of a phone's binding guesses as slowly as everybody, and what they guess takes none of the phone's tries elsewhere.
func TestAKnownCallIDLetsNobodyGuessFaster(t *testing.T) {
	t.Parallel()
	now, ip := newClock(), freshAddress()
	r := newRig(t, account, func(c *Config) { c.Now = now.Now })
	phone := &phoneSide{peer: newPeerAt(t, ip), a: r.Agent, callID: newTag()}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	thief := &phoneSide{peer: newPeerAt(t, ip), a: r.Agent, callID: phone.callID, cseq: 1000}
	thief.guessAway(t, thief.contact(""))
	(&phoneSide{peer: thief.peer, a: r.Agent, callID: newTag()}).guessAway(t) // these tries they have used up by that
	now.pass(7 * time.Second)
	if res := thief.login(t, thief.contact("")); res.StatusCode != 200 {
		t.Errorf("the right one, seconds later: %d", res.StatusCode)
	}
	// From another address the Call-ID is none.
	far := newPeerAt(t, freshAddress())
	m, err := read([]byte(far.outside("REGISTER", phone.callID)))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[netip.AddrPort]trait{far.addr: noTrait, phone.addr: ownCallID} {
		m.SetSource(addr.String())
		req, _ := m.(*sip.Request)
		if got := r.register.trait(r.register.seats["desk1"], req); got != want {
			t.Errorf("from %s: %v, want %v", addr, got, want)
		}
	}
}

// By every kind of try at once there are as many guesses an hour as by one.
func TestGuessesOfAllKindsTogetherAreBounded(t *testing.T) {
	t.Parallel()
	g, now := guesses{newBuckets[guess](guessRate, guessBurst)}, newClock()
	let, from := 0, netip.MustParseAddr("192.0.2.7")
	for range 3600 {
		for _, by := range []trait{noTrait, ownCallID} {
			if of := (guess{"desk1", from, by}); !g.over(of, now.Now()) {
				g.wrong(of, now.Now())
				let++
			}
		}
		now.pass(time.Second)
	}
	if most := 600 + 2*guessBurst; let > most || let < 600 {
		t.Errorf("%d guesses in an hour, want %d at most", let, most)
	}
	now.pass(time.Hour)
	g.take(guess{desk: "desk2"}, now.Now())
	if len(g.left) != 1 {
		t.Errorf("%d are remembered, of which one has guessed", len(g.left))
	}
}

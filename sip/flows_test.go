package sip

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// streamPhone is a phone that registers by a connection. What is said to the agent's address goes to that of the transport.
func (s spoken) phone(t *testing.T, a *Agent) (*phoneSide, *streamPeer) {
	t.Helper()
	p := s.peer(t)
	p.out = func(to, text string) {
		if to == a.Addr().String() {
			to = s.at(a)
		}
		p.sendTo(to, text)
	}
	return &phoneSide{peer: p.peer, a: a, callID: newTag()}, p
}

// behindNAT is a Contact that says nothing of where the phone is.
func (s spoken) behindNAT() string {
	return "Contact: <sip:phone1@192.0.2.9:5066" + s.by.parameter() + ">"
}

// desk prepares a call, dials its desk leg and answers it.
func (p *phoneSide) deskIsUp(t *testing.T, a *Agent) (*watched, *sip.Request) {
	t.Helper()
	n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: "call", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	w := watch(n.Desk())
	w.Dial()
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	p.request(t, sip.ACK)
	return w, invite
}

// A phone is rung by the connection that it registered by, wherever its Contact says that it is. When that is closed the
// phone is gone; it comes back by another, and the call it was in is ended by that (RFC 5626 §5.3).
func TestAPhoneIsReachedByItsConnection(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		r := newRig(t, s.allow, account)
		phone, p := s.phone(t, r.Agent)
		seen := observe(r.Agent)
		if res := phone.login(t, s.behindNAT()); res.StatusCode != 200 || !within(t, seen.told, "the phone to come") {
			t.Fatalf("%s", res)
		}
		w, invite := phone.deskIsUp(t, r.Agent)
		if _, ever := p.connections(); ever != 1 || invite.Via().Transport != s.by.token() {
			t.Errorf("%d connections; Via %s", ever, invite.Via().Value())
		}
		p.hangUp()
		if within(t, seen.told, "the phone to go") || registered(t, r.Agent) {
			t.Error("the phone is there without its connection")
		}
		if _, err := r.phoneOf(t.Context(), "desk1"); err == nil {
			t.Error("it can be rung without its connection")
		}
		phone.login(t, s.behindNAT())
		if !within(t, seen.told, "the phone to come back") {
			t.Error("it went again")
		}
		w.Drop()
		p.reply(phone.request(t, sip.BYE), say{status: 200})
		if f := w.gone(t); w.saw(dialer.EvNoAnswer) || f.FarEnded {
			t.Errorf("%v", w.kinds())
		}
		if _, ever := p.connections(); ever != 2 {
			t.Errorf("%d connections in all", ever)
		}
	})
}

// A phone that registers a sips: URI is called by one, and told one of ours (RFC 3261 §8.1.1.8).
func TestSecureContacts(t *testing.T) {
	ca := newAuthority(t)
	s := spoken{by: overTLS, ca: ca, allow: withTLS(t, ca), peer: func(t *testing.T) *streamPeer {
		t.Helper()
		return newStreamPeer(t, ca.config(t, ca.issue(t, identity{}, time.Hour, "phone.invalid")))
	}}
	r := newRig(t, s.allow, account)
	phone, p := s.phone(t, r.Agent)
	phone.login(t, "Contact: <sips:phone1@192.0.2.9:5066>")
	w, invite := phone.deskIsUp(t, r.Agent)
	if got := value(invite, "Contact"); invite.Recipient.Scheme != "sips" || got != "<sips:kakeru@"+s.at(r.Agent)+">" {
		t.Errorf("INVITE %s with Contact %s", invite.Recipient.String(), got)
	}
	w.Drop()
	p.reply(phone.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// A phone that takes connections at its real address is asked there when its own has ended: some open one for each REGISTER.
func TestAPhoneThatListensIsAskedThere(t *testing.T) {
	r := newRig(t, withTCP, account)
	phone, p := tcpOnly.phone(t, r.Agent)
	seen := observe(r.Agent)
	phone.login(t, "Contact: <sip:phone1@"+p.addr.String()+";transport=tcp>")
	if !within(t, seen.told, "the phone to come") {
		t.Error("it went")
	}
	p.hangUp()
	if within(t, seen.told, "the phone to go") {
		t.Error("it came")
	}
	p.reply(phone.request(t, sip.OPTIONS), say{status: 200})
	if !within(t, seen.told, "the phone to be found") {
		t.Error("it is not there")
	}
	w, _ := phone.deskIsUp(t, r.Agent)
	w.Drop()
	p.reply(phone.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// Where a trunk is on this machine, only its port tells it from a phone: who lets a connection go is not asked, or rung, at the trunk's.
func TestAPhoneThatLetsGoIsAtNoTrunk(t *testing.T) {
	t.Parallel()
	r := newRig(t, withTCP, account)
	phone, p := tcpOnly.phone(t, r.Agent)
	if res := phone.login(t, "Contact: <sip:phone1@"+r.trunk.addr.String()+";transport=tcp>"); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	p.hangUp()
	var b binding
	eventually(t, "its connection is gone", func() bool {
		r.register.mu.Lock()
		defer r.register.mu.Unlock()
		all := r.register.seats["desk1"].bindings
		if len(all) == 1 {
			b = *all[0]
		}
		return len(all) == 0 || !b.at.flow
	})
	if at, err := b.reached(t.Context(), r.Agent); err == nil && at.AddrPort == r.trunk.addr {
		t.Errorf("it is reached at %v", at)
	}
}

// Another process ends a trunk's leg by a connection of its own: the handle says where to.
func TestTerminateByStream(t *testing.T) {
	t.Parallel()
	overStreams(t, func(t *testing.T, s spoken) {
		p := s.peer(t)
		r := newMortalRig(t, func(c *Config) { s.route(c, p) })
		w := r.customer(t)
		invite := p.request(t, sip.INVITE)
		p.reply(invite, say{status: 180, tag: "a"})
		ringing := *w.until(t, dialer.LegRinging).Handle
		b := r.crashed(t)
		s.open(t, b, p)
		done := terminate(t, b, ringing)
		cancel := p.request(t, sip.CANCEL)
		if cancel.Via().Value() != invite.Via().Value() || cancel.Source() == invite.Source() {
			t.Errorf("Via %s, by %s; the INVITE's %s, by %s", cancel.Via().Value(), cancel.Source(), invite.Via().Value(), invite.Source())
		}
		p.reply(cancel, say{status: 200})
		p.send(cancel.Source(), p.responseText(invite, say{status: 487, tag: "a"}))
		p.request(t, sip.ACK)
		if err := within(t, done, "Terminate"); err != nil {
			t.Error(err)
		}
	})
}

// So does it the leg of a phone, by the connection that the phone has opened to it meanwhile.
func TestTerminateByThePhonesNextConnection(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		file := filepath.Join(t.TempDir(), "registrations.json")
		r := newMortalRig(t, s.allow, account, func(c *Config) { c.BindingsFile = file })
		phone, _ := s.phone(t, r.Agent)
		phone.login(t, s.behindNAT())
		eventually(t, "the registration is kept", func() bool { _, err := os.Stat(file); return err == nil })
		w, _ := phone.deskIsUp(t, r.Agent)
		h := w.Handle()
		b := r.crashed(t)
		again, p := s.phone(t, b)
		if err := b.Terminate(t.Context(), h); err == nil || !strings.Contains(err.Error(), "can be reached by no other") {
			t.Errorf("while the phone was away: %v", err)
		}
		again.login(t, s.behindNAT())
		done := terminate(t, b, h)
		p.reply(again.request(t, sip.BYE), say{status: 200})
		if err := within(t, done, "Terminate"); err != nil {
			t.Error(err)
		}
	})
}

// Handles as they were written before there were transports are read, and are of UDP.
func TestHandlesOfTheFirstLayoutAreRead(t *testing.T) {
	const old = `{"v":1,"leg":"customer","state":"up","trunk":"lab","invite":{"uri":"sip:0@carrier.invalid","branch":"z9hG4bKx","cseq":1},` +
		`"dialog":{"call_id":"c","local_uri":"sip:k@h","local_tag":"l","remote_uri":"sip:0@carrier.invalid","remote_tag":"r","cseq":2,` +
		`"target":"sip:far@192.0.2.1:5060","first":"192.0.2.1:5060","sent_by":"192.0.2.5:5060"},` +
		`"others":[{"invite":{"uri":"sip:0@b.invalid","branch":"z9hG4bKy","cseq":17},"from":"sip:k@h","first":"192.0.2.2:5060"}]}`
	s, err := parseHandle(dialer.LegHandle{Leg: dialer.CustomerLeg, SIPCallID: "c", Data: []byte(old)})
	if err != nil {
		t.Fatal(err)
	}
	if got := string(s.handle().Data); got != old {
		t.Errorf("it is written anew as %s", got)
	}
	if s.Dialog.First.by != overUDP || s.by(s.Others[0]).Dialog.SentBy != "192.0.2.5:5060" {
		t.Errorf("%+v", s)
	}
}

// Whoever is called can name any place as theirs, and so the one that somebody else's phone has connected from. That we cannot connect to there is no news of
// that phone: its connection stands, it is answered by it, and it is closed with all others when the agent ends.
func TestAFarEndTakesNobodysPhoneOff(t *testing.T) {
	overStreams(t, func(t *testing.T, s spoken) {
		r := newRig(t, s.allow, account)
		phone, p := s.phone(t, r.Agent)
		seen := observe(r.Agent)
		if res := phone.login(t, s.behindNAT()); res.StatusCode != 200 || !within(t, seen.told, "the phone to come") {
			t.Fatalf("%s", res)
		}
		p.mu.Lock()
		var from netip.AddrPort
		for _, conn := range p.conns {
			from = netip.MustParseAddrPort(conn.LocalAddr().String())
		}
		p.mu.Unlock()
		w := r.customer(t)
		invite := r.trunk.request(t, sip.INVITE)
		named := fmt.Sprintf("Contact: <sip:x@%s%s>", from, s.by.parameter())
		r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{named}})
		w.until(t, dialer.LegAnswered)
		w.Confirm()
		eventually(t, "nobody was found to take connections there", func() bool {
			r.streams.mu.Lock()
			defer r.streams.mu.Unlock()
			for at := range r.streams.faults {
				if at.AddrPort == from {
					return len(r.streams.all) == 1
				}
			}
			return false
		})
		if res := phone.login(t, s.behindNAT()); res.StatusCode != 200 {
			t.Fatalf("%s", res)
		}
		if now, ever := p.connections(); now != 1 || ever != 1 || !registered(t, r.Agent) {
			t.Errorf("%d connections, %d in all; registered: %v", now, ever, registered(t, r.Agent))
		}
		w.Drop()
		w.gone(t) // its BYE can be sent nowhere
		ended := make(chan error, 1)
		go func() { ended <- r.streams.close() }()
		if err := within(t, ended, "the agent's connections to end"); err != nil {
			t.Error(err)
		}
	})
}

// A phone may connect to us from the very port that it takes connections at: both are found, each ends for itself, and it is there as long as one is.
func TestAPhoneMayConnectFromWhereItListens(t *testing.T) {
	o, far := newOffice(t, "127.9.1.1"), newHoard(t)
	t.Cleanup(o.crew.dismiss)
	at := place{AddrPort: netip.MustParseAddrPort(fmt.Sprintf("127.9.1.1:%d", far.port)), by: overTCP}
	ours, err := o.streams.reach(at, namer{})
	if err != nil {
		t.Fatal(err)
	}
	o.ports = at.Port() - 1
	theirs := o.comeBy(overTCP, at.Addr().String())
	flow := theirs.flow()
	o.registers(theirs)
	if o.streams.find(at) != ours || o.streams.find(flow) != theirs {
		t.Error("one has taken the other's place")
	}
	if n := o.streams.counts()[overTCP]; n != 2 {
		t.Errorf("%d are counted", n)
	}
	bound := func() int {
		o.register.mu.Lock()
		defer o.register.mu.Unlock()
		return len(o.register.seats["desk1"].bindings)
	}
	theirs.close(errNoFlow)
	if o.streams.find(flow) != ours || bound() != 1 {
		t.Error("ours has gone with theirs")
	}
	ours.close(errNoFlow)
	if o.streams.find(flow) != nil || bound() != 0 {
		t.Error("it is still there")
	}
	if err := o.streams.close(); err != nil || len(o.streams.all)+len(o.streams.open)+len(o.streams.back) != 0 {
		t.Errorf("%v, %d left", err, len(o.streams.all))
	}
}

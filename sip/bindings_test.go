package sip

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// bareRegistrar is a registrar of an agent that is not started: no phone can be asked.
func bareRegistrar(t *testing.T, file string, now time.Time) *registrar {
	t.Helper()
	a := &Agent{cfg: Config{
		BindingsFile: file, Desks: []Desk{{ID: "desk1", Account: "201", Password: "p"}, {ID: "desk2", URI: "sip:9@127.0.0.1:9"}},
		Now: func() time.Time { return now },
	}.withDefaults()}
	a.log = a.cfg.Log
	r := newRegistrar(a)
	t.Cleanup(r.stop)
	return r
}

func TestRegistrationsOutliveTheProcess(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, dialer.Tokyo)
	file := filepath.Join(t.TempDir(), "registrations.json")
	entry := func(desk, expires, at string) string {
		return `{"desk":"` + desk + `","uri":"sip:201@127.0.0.1:5070","at":"` + at + `","path":["<sip:edge.invalid;lr>"],"expires":"` + expires + `","call_id":"c","cseq":7}`
	}
	text := "[" + entry("desk1", "2026-11-24T09:30:00+09:00", "127.0.0.1:5070") + "," + // good
		entry("desk1", "2026-11-24T08:59:00+09:00", "127.0.0.1:5071") + "," + // run out
		entry("desk1", "2027-11-24T09:30:00+09:00", "127.0.0.1:5072") + "," + // longer than we grant
		entry("desk9", "2026-11-24T09:30:00+09:00", "127.0.0.1:5073") + "]" // no such desk
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := bareRegistrar(t, file, now)
	r.ended = true // nobody is asked in this test
	r.recall()
	b := r.seats["desk1"].bindings
	if len(b) != 1 || b[0].at.Port() != 5070 || b[0].cseq != 7 || !slices.Equal(b[0].path, []string{"<sip:edge.invalid;lr>"}) || !b[0].silent {
		t.Fatalf("recalled %d bindings: %+v", len(b), b)
	}
	if up := r.registered("desk1"); up == nil || *up {
		t.Fatal("a phone counts as there before it has answered")
	}
	r.write(r.snapshot())
	again := bareRegistrar(t, file, now)
	again.ended = true
	again.recall()
	if len(again.seats["desk1"].bindings) != 1 || !reflect.DeepEqual(again.seats["desk1"].bindings[0], b[0]) {
		t.Fatal("what was kept is not what was recalled")
	}
}

func TestBrokenRegistrationsFileIsNoObstacle(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registrations.json")
	if err := os.WriteFile(file, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := bareRegistrar(t, file, time.Now())
	r.recall()
	if len(r.seats["desk1"].bindings) != 0 {
		t.Fatal("bindings out of nothing")
	}
}

// A restarted agent rings a phone that registered with the one before it, as soon as that has answered.
func TestRestartedAgentFindsThePhone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registrations.json")
	keeps := func(c *Config) { account(c); c.BindingsFile = file }
	before := newRig(t, keeps)
	p := newPhoneSide(t, before.Agent)
	p.login(t, p.contact(""))
	eventually(t, "the registration is kept", func() bool { _, err := os.Stat(file); return err == nil })
	after := newRig(t, keeps)
	seen := observe(after.Agent)
	if registered(t, after.Agent) {
		t.Error("a phone counts as there before it has answered")
	}
	p.reply(p.request(t, sip.OPTIONS), say{status: 200})
	if !within(t, seen.told, "the phone to be found") {
		t.Error("it was not found")
	}
	if _, err := after.phoneOf(t.Context(), "desk1"); err != nil {
		t.Errorf("it cannot be rung: %v", err)
	}
}

// Who had a stolen password is not rung any more once it was changed: neither after a restart nor by another server.
func TestAChangedPasswordEndsTheRegistration(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "registrations.json")
	told := make(chan []byte, 16)
	before := newRig(t, func(c *Config) {
		account(c)
		c.BindingsFile, c.Where = file, func(_ dialer.DeskID, where []byte) { told <- where }
	})
	p := newPhoneSide(t, before.Agent)
	p.login(t, p.contact(""))
	where := within(t, told, "where the phone is")
	eventually(t, "the registration is kept", func() bool { _, err := os.Stat(file); return err == nil })
	for password, want := range map[string]int{"desk secret": 1, "another secret": 0} {
		kept := filepath.Join(t.TempDir(), "registrations.json")
		text, err := os.ReadFile(file)
		if err != nil || os.WriteFile(kept, text, 0o600) != nil {
			t.Fatal(err)
		}
		for _, keeps := range []string{kept, ""} {
			after := newRig(t, func(c *Config) {
				account(c)
				c.BindingsFile, c.Desks[0].Password = keeps, password
			})
			if keeps == "" {
				if err := after.Learn("desk1", where); err != nil {
					t.Fatal(err)
				}
			}
			after.register.mu.Lock()
			got := len(after.register.seats["desk1"].bindings)
			after.register.mu.Unlock()
			if got != want {
				t.Errorf("with %q, from a file %v: %d registrations, want %d", password, keeps != "", got, want)
			}
		}
	}
}

// TestWritesAreNotOnePerRegister: while the registrations are being written, however many change; they are written once more then. What is owed when the
// agent ends is written all the same, and calls are announced meanwhile.
func TestWritesAreNotOnePerRegister(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "registrations.json")
	r := newRig(t, func(c *Config) { account(c); c.BindingsFile = file })
	begun, slow := make(chan struct{}), make(chan struct{})
	r.register.keeper.post(func() { close(begun); <-slow }) // as a disk that takes long
	within(t, begun, "the write to begin")
	var announced atomic.Int32
	r.OnRegistered(func(dialer.DeskID, bool) { announced.Add(1) })
	p := newPhoneSide(t, r.Agent)
	for range 8 {
		p.login(t, p.contact(""), "Expires: 120")
	}
	eventually(t, "the phone is announced", func() bool { return announced.Load() > 0 })
	k := &r.register.keeper
	k.mu.Lock()
	n := len(k.waiting)
	k.mu.Unlock()
	if n != 1 {
		t.Errorf("%d writes wait after 8 registrations", n)
	}
	r.register.stop() // it forgets everything, and writes no more of it
	close(slow)
	eventually(t, "it is written", func() bool { all, err := readBindings(file); return err == nil && len(all) == 1 })
	r.register.mu.Lock()
	defer r.register.mu.Unlock()
	if kept := r.register.last[0]; kept.CSeq != uint32(p.cseq) { //nolint:gosec // a few
		t.Errorf("kept is the %dth REGISTER of %d", kept.CSeq, p.cseq)
	}
}

// A phone that registered with one server is rung by another that was told where it is, once it has answered there.
func TestAnotherServerFindsThePhone(t *testing.T) {
	told := make(chan []byte, 16)
	first := newRig(t, func(c *Config) {
		account(c)
		c.Where = func(_ dialer.DeskID, where []byte) { told <- where }
	})
	p := newPhoneSide(t, first.Agent)
	p.login(t, p.contact(""))
	where := within(t, told, "where the phone is")
	second := newRig(t, account)
	seen := observe(second.Agent)
	for range 2 { // to be told twice is to be told once
		if err := second.Learn("desk1", where); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Learn("desk9", where); err != nil {
		t.Errorf("a desk that is not there: %v", err)
	}
	if registered(t, second.Agent) {
		t.Error("a phone counts as there before it has answered")
	}
	p.reply(p.request(t, sip.OPTIONS), say{status: 200})
	if !within(t, seen.told, "the phone to be found") {
		t.Error("it was not found")
	}
	if _, err := second.phoneOf(t.Context(), "desk1"); err != nil {
		t.Errorf("it cannot be rung: %v", err)
	}
	if err := second.Learn("desk1", []byte("[{")); err == nil {
		t.Error("something that cannot be read was learnt")
	}
	p.login(t, p.contact(";expires=0"))
	if gone := within(t, told, "that it is gone"); string(gone) != "[]" {
		t.Errorf("a phone that went is told as %s", gone)
	}
}

// A phone that was registered by a connection comes back by another when its server has died, and is no stranger to the one that takes over.
func TestAPhoneOfTheOtherServerIsNoStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	at := place{AddrPort: netip.MustParseAddrPort("198.51.100.7:42111"), by: overTLS, flow: true}
	where, err := json.Marshal([]kept{{Desk: "desk1", URI: "sip:phone1@198.51.100.7:42111;transport=tls", At: at, Expires: time.Now().Add(time.Hour), CallID: "c", CSeq: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Learn("desk1", where); err != nil || !r.knows(at.Addr()) || r.knows(netip.MustParseAddr("198.51.100.8")) {
		t.Errorf("known: %v; %v", r.knows(at.Addr()), err)
	}
}

// FuzzRegister has an authenticated phone send anything: it gets one final answer, what is refused changes nothing, and what
// is bound stays bounded, each contact once.
func FuzzRegister(f *testing.F) {
	head := "REGISTER sip:kakeru SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n" +
		"From: <sip:201@kakeru>;tag=1\r\nTo: <sip:201@kakeru>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n"
	for _, rest := range []string{
		"Contact: <sip:201@192.0.2.5:5070>\r\nExpires: 600\r\n", "Contact: *\r\nExpires: 0\r\n", "Contact: *\r\nContact: <sip:a@b>\r\n",
		"Contact: <sip:a@b>;expires=5, <sip:c@d>;expires=0\r\n", "Contact: sip:a@b;expires=99999999999\r\nExpires: x\r\n",
		"Contact: <sip:a@b>\r\nPath: <sip:e;lr>,<sip:f;lr>\r\nSupported: path\r\n", "Path: \",<\r\nk: path\r\nRequire: path, x\r\n", "m: \"a, b\" <sip:a@b>;q=0.1\r\n",
	} {
		f.Add([]byte(head + rest + "Content-Length: 0\r\n\r\n"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := sip.ParseMessage(data)
		req, ok := m.(*sip.Request)
		if err != nil || !ok || faultOf(req) != nil {
			return
		}
		req.SetSource("192.0.2.5:5070")
		r := bareRegistrar(t, "", time.Now())
		r.agent.notices.crew = &r.agent.crew
		defer r.agent.crew.dismiss()
		s := r.seats["desk1"]
		for range 2 { // and once more, which is out of order or the same again
			if unknownExtensions(req, "path") != nil {
				return
			}
			before := len(s.bindings)
			w := r.bind(s, req)
			_ = w.respond(req, "t").String()
			if w.status != sip.StatusOK && len(s.bindings) != before || len(s.bindings) > bindingsKept {
				t.Fatalf("%d leaves %d of %d bindings", w.status, len(s.bindings), before)
			}
			seen := map[string]bool{}
			for _, b := range s.bindings {
				if seen[b.uri] || !b.expires.After(time.Now()) || b.expires.After(time.Now().Add(defaultExpires+time.Minute)) {
					t.Fatalf("%q stands twice, or for a time that is not granted", b.uri)
				}
				seen[b.uri] = true
			}
		}
	})
}

package sip

import (
	"os"
	"path/filepath"
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
		return `{"desk":"` + desk + `","uri":"sip:201@127.0.0.1:5070","at":"` + at + `","expires":"` + expires + `","call_id":"c","cseq":7}`
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
	if len(b) != 1 || b[0].at.Port() != 5070 || b[0].cseq != 7 || !b[0].silent {
		t.Fatalf("recalled %d bindings: %+v", len(b), b)
	}
	if up := r.registered("desk1"); up == nil || *up {
		t.Fatal("a phone counts as there before it has answered")
	}
	r.write(r.snapshot())
	again := bareRegistrar(t, file, now)
	again.ended = true
	again.recall()
	if len(again.seats["desk1"].bindings) != 1 || *again.seats["desk1"].bindings[0] != *b[0] {
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

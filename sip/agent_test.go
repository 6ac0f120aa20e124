package sip

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
)

func TestWrongSettingsAreNamed(t *testing.T) {
	for key, change := range map[string]func(*Config){
		"sip.listen":              func(c *Config) { c.Listen = "nowhere" },
		"sip.advertise_host":      func(c *Config) { c.Listen = "0.0.0.0:5060" },
		"sip.realm":               func(c *Config) { c.Realm = `a "realm"` },
		"sip.timers":              func(c *Config) { c.Timers.T2 = time.Millisecond },
		"sip.confirm_after":       func(c *Config) { c.KeepAlive = -1 },
		"sip.trunks[0].name":      func(c *Config) { c.Trunks[0].Name = "" },
		"sip.trunks[1].name":      func(c *Config) { c.Trunks = append(c.Trunks, c.Trunks[0]) },
		"sip.trunks[0].address":   func(c *Config) { c.Trunks[0].Address = "carrier:port" },
		"sip.trunks[0].domain":    func(c *Config) { c.Trunks[0].Domain = "a b" },
		"sip.trunks[0].prefix":    func(c *Config) { c.Trunks[0].Prefix = "0," },
		"sip.trunks[0].caller_id": func(c *Config) { c.Trunks[0].CallerID = "" },
		"sip.trunks[0].user":      func(c *Config) { c.Trunks[0].Password = "x" },
		"sip.desks[0].id":         func(c *Config) { c.Desks[0].ID = "" },
		"sip.desks[1].id":         func(c *Config) { c.Desks = append(c.Desks, c.Desks[0]) },
		"sip.desks[0].uri":        func(c *Config) { c.Desks[0].Account = "too" },
		"sip.desks[0].account":    func(c *Config) { c.Desks[0] = Desk{ID: "d", Account: "a b", Password: "p"} },
		"sip.desks[0].password":   func(c *Config) { c.Desks[0] = Desk{ID: "d", Account: "a"} },
		"sip.desks[0].phone":      func(c *Config) { c.Desks[0].Phone = "magic" },
		"media":                   func(c *Config) { c.Media.PortMin = 0; c.Media.PortMax = 0 },
	} {
		cfg := testConfig()
		cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@127.0.0.1:5062"}}
		cfg.Trunks = []Trunk{labTrunk(netipLocal)}
		if _, err := New(cfg); err != nil {
			t.Fatalf("the sound settings: %v", err)
		}
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestRunEndsBeforeItStarted(t *testing.T) {
	a, err := New(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		if err := a.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	}
	if _, err := a.Prepare(t.Context(), dialer.CallOrder{Number: testNumber, Desk: "x"}); err == nil {
		t.Error("a call was prepared after the end")
	}
	if err := a.Start(); err == nil {
		t.Error("started after its end")
	}
	if err := a.Run(t.Context()); err != nil { // ends at once: it has ended
		t.Errorf("Run: %v", err)
	}
}

func TestPortInUseIsSaid(t *testing.T) {
	p := newPeer(t)
	cfg := testConfig()
	cfg.Listen = p.addr.String()
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "sip.listen") {
		t.Errorf("Run: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ctx); err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestOtherTimersAreRefusedWhileAnAgentRuns(t *testing.T) {
	newRig(t)
	cfg := testConfig()
	cfg.Timers.T1 *= 2
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err == nil || !strings.Contains(err.Error(), "sip.timers") {
		t.Errorf("Start: %v", err)
	}
}

func TestEndHangsUpWhatIsLeft(t *testing.T) {
	t.Parallel()
	trunk := newPeer(t)
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@127.0.0.1:9"}}
	cfg.Trunks = []Trunk{labTrunk(trunk.addr)}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	r := &rig{Agent: a, trunk: trunk}
	up, idle := r.customer(t), watch(r.line(t).Customer())
	trunk.answerCall(t, "a")
	silent := r.customer(t)
	trunk.request(t, sip.INVITE) // never answered
	cancel()
	trunk.reply(trunk.request(t, sip.BYE), say{status: 200})
	up.gone(t)
	silent.gone(t)
	if err := within(t, done, "Run to return"); err != nil {
		t.Errorf("Run: %v", err)
	}
	idle.Dial()
	idle.gone(t) // a leg that is dialled too late is told so
	idle.Drop()
	idle.Confirm()
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := newRig(t, account, func(c *Config) { c.Metrics = registry })
	newPhoneSide(t, r.Agent)
	got, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, f := range got {
		found[f.GetName()] = len(f.GetMetric())
	}
	for name, n := range map[string]int{"kakeru_rtp_packets_total": 4, "kakeru_rtp_lost_total": 1, "kakeru_sip_registrations": 2} {
		if found[name] != n {
			t.Errorf("%s has %d series, want %d", name, found[name], n)
		}
	}
}

func TestGarbageIsDropped(t *testing.T) {
	r := newRig(t)
	for _, text := range []string{
		"", "\r\n\r\n", "hello", "INVITE", "INVITE sip:x SIP/2.0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", "OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\n",
		"SIP/2.0 200 OK\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP " + r.us + ";branch=z9hG4bKx\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n",
		"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\nFrom: <sip:a@b>;tag=1\r\n\r\n",
		"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nCall-ID: 2\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\nContent-Length: 500\r\n\r\nx",
	} {
		r.trunk.write(r.Agent, text)
	}
	r.trunk.quiet(t, r.Agent, sip.BYE, newTag())
}

func TestUnresolvableTrunkIsSaid(t *testing.T) {
	var log strings.Builder
	r := newRig(t, func(c *Config) {
		c.Trunks[0].Address = "no-such-host.invalid:5060"
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	})
	_, err := r.Prepare(t.Context(), dialer.CallOrder{Number: testNumber, Desk: "desk1"})
	var no *dialer.Refusal
	if !errors.As(err, &no) || no.Rule != dialer.NoRoute {
		t.Errorf("the operator is told %v", err)
	}
	if !strings.Contains(log.String(), "trunk=lab") {
		t.Errorf("the log does not name the trunk: %s", log.String())
	}
}

var netipLocal = netip.MustParseAddrPort("127.0.0.1:5070")

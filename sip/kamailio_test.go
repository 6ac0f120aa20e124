package sip

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// startKamailio runs a Kamailio as a file of testdata/kamailio says, before a carrier or a registrar. transports is how it
// speaks what is not UDP.
func startKamailio(t *testing.T, file string, before netip.AddrPort, transports string) netip.AddrPort {
	t.Helper()
	needs(t, "kamailio", "kamailio")
	text, err := os.ReadFile(filepath.Join("testdata", "kamailio", file))
	if err != nil {
		t.Fatal(err)
	}
	at := localPort(t)
	dir := t.TempDir()
	cfg := filepath.Join(dir, file)
	made := strings.NewReplacer("LISTEN", at.String(), "CARRIER", before.String(), "REGISTRAR", before.String(), "TRANSPORTS", transports).Replace(string(text))
	if err := os.WriteFile(cfg, []byte(made), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("kamailio", "-DD", "-E", "-f", cfg, "-w", dir, "-Y", dir, "-m", "32", "-M", "4")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children
	run(t, cmd)
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	return at
}

// pbxRig is an agent that is extension 300 of a Kamailio; the desk's phone is its extension phone1, a baresip; calls leave
// through it to the lab's carrier.
func newPBXRig(t *testing.T, transports string, change func(*Config)) (*Agent, *lab.Carrier) {
	t.Helper()
	needs(t, "baresip", "baresip-core")
	pool, err := media.NewPool(media.Config{BindIP: testConfig().Media.BindIP, PortMin: 29000, PortMax: 30999})
	if err != nil {
		t.Fatal(err)
	}
	carrier, err := lab.NewCarrier(lab.CarrierOptions{Media: pool, Fast: true, Seed: 3, T1: testTimers.T1})
	if err != nil {
		t.Fatal(err)
	}
	runLab(t, carrier.Run, carrier.Close)
	at := startKamailio(t, "pbx.cfg", carrier.Addr(), transports)

	cfg := testConfig()
	cfg.RegisterRetry, cfg.KeepAlive = 50*time.Millisecond, 100*time.Millisecond
	cfg.Desks = []Desk{{ID: "desk1", Trunk: "pbx", Extension: "201"}}
	cfg.Trunks = []Trunk{{
		Name: "pbx", Address: at.String(), CallerID: testCallerID, Lab: true, User: "300", Password: "pbx secret",
		Register: true, FromUser: true, Watch: true, Expires: 30 * time.Second,
	}}
	change(&cfg)
	a := startAgent(t, cfg)
	phone := startBaresipAs(t, baresipAccount{user: "201", password: "pbx secret", registrar: at, answering: "answermode=auto"})
	eventually(t, "we are registered", up(a, 0))
	eventually(t, "the phone is registered", func() bool { return strings.Contains(phone.said.String(), "200 OK") })
	return a, carrier
}

// TestKamailioIsThePBX: Kakeru registers as an extension, rings the desk phone through the
// PBX, and the customer too; every request in the dialogs goes by the PBX's Record-Route, challenges are answered, and both
// ends are hung up.
func TestKamailioIsThePBX(t *testing.T) {
	t.Parallel()
	a, carrier := newPBXRig(t, "disable_tcp=yes", func(*Config) {})
	callsThroughPBX(t, a, carrier)
}

// TestKamailioIsThePBXByTLS: the same, with Kakeru and Kamailio speaking TLS. Kamailio shows a certificate for its domain,
// not for its address, and asks us for ours; its Record-Route changes transports between us and the phone.
func TestKamailioIsThePBXByTLS(t *testing.T) {
	t.Parallel()
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/tls.so"); len(found) == 0 {
		t.Skip("Kamailio's TLS is not installed; apt-get install kamailio-tls-modules")
	}
	ca := newAuthority(t)
	pbx := ca.issue(t, identity{}, time.Hour, "pbx.test")
	secure := localPort(t).String()
	transports := strings.Join([]string{
		"enable_tls=yes", "listen=tls:" + secure, `loadmodule "tls.so"`, `modparam("tls", "tls_method", "TLSv1.2+")`,
		fmt.Sprintf(`modparam("tls", "certificate", %q)`, pbx.cert), fmt.Sprintf(`modparam("tls", "private_key", %q)`, pbx.key),
		fmt.Sprintf(`modparam("tls", "ca_list", %q)`, ca.file),
		`modparam("tls", "verify_certificate", 1)`, `modparam("tls", "require_certificate", 1)`,
	}, "\n")
	a, carrier := newPBXRig(t, transports, func(c *Config) {
		withTLS(t, ca)(c)
		c.Trunks[0].Address, c.Trunks[0].Domain, c.Trunks[0].Transport = secure, "pbx.test", "tls"
	})
	callsThroughPBX(t, a, carrier)
	if got := a.streams.counts()[overTLS]; got != 1 {
		t.Errorf("%d connections", got)
	}
}

// callsThroughPBX makes four calls: one that is answered, two that are refused, one that rings until we give up.
func callsThroughPBX(t *testing.T, a *Agent, carrier *lab.Carrier) {
	t.Helper()
	for i, c := range []struct {
		number dialer.Number
		status int
	}{{"0300001205", 0}, {"0300001241", 486}, {"0300001242", 404}, {"0300001240", 487}} {
		n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: dialer.CallID(fmt.Sprint("c", i)), Desk: "desk1", Click: dialer.NewClick("desk1"), Number: c.number})
		if err != nil {
			t.Fatal(err)
		}
		desk, w := watch(n.Desk()), watch(n.Customer())
		desk.Dial()
		desk.until(t, dialer.LegAnswered)
		desk.Confirm()
		w.Dial()
		switch c.status {
		case 0:
			w.until(t, dialer.LegAnswered)
			w.Confirm()
			n.Join()
			bridge := n.(*line).bridge
			eventually(t, "sound goes both ways", func() bool {
				return bridge.Stats(media.Desk).PacketsIn > 25 && bridge.Stats(media.Customer).PacketsIn > 25
			})
			w.Drop()
		case 487:
			w.until(t, dialer.LegRinging)
			w.Drop()
		}
		w.gone(t)
		if got := final(w); got.Status != c.status {
			t.Errorf("%d: it ended with %d", i, got.Status)
		}
		if !w.saw(dialer.EvChallenged) {
			t.Error("the PBX did not challenge")
		}
		desk.Drop()
		desk.gone(t)
		n.Close()
	}
	eventually(t, "the carrier is in no call", func() bool {
		for _, c := range carrier.Calls() {
			if c.Up {
				return false
			}
		}
		return len(carrier.Calls()) == 4
	})
	for _, c := range carrier.Calls() {
		if c.EndedBy == lab.EndedNoAck {
			t.Errorf("an answer was never acknowledged: %+v", c)
		}
	}
}

// TestKamailioIsTheEdge: the desk phone, a baresip, registers with us by way of a proxy that puts itself into the Path
// (RFC 3327). It is asked and rung through that proxy, and the calls' later requests go by its Record-Route.
func TestKamailioIsTheEdge(t *testing.T) {
	t.Parallel()
	needs(t, "baresip", "baresip-core")
	cfg := testConfig()
	cfg.KeepAlive = 100 * time.Millisecond
	cfg.Desks = []Desk{{ID: "desk1", Account: "phone1", Password: "desk secret"}}
	cfg.Trunks = []Trunk{labTrunk(netipLocal)}
	a := startAgent(t, cfg)
	seen := observe(a)
	edge := startKamailio(t, "edge.cfg", a.Addr(), "")
	phone := startBaresipAs(t, baresipAccount{
		user: "phone1", password: "desk secret", registrar: edge,
		answering: fmt.Sprintf("answermode=auto;regid=1;sipnat=outbound;outbound=\"sip:%s;transport=udp\"", edge), modules: "module_tmp uuid.so", // so it knows Path, and says so
	})
	if !within(t, seen.told, "baresip to register through the proxy") {
		t.Fatal("baresip went")
	}
	b, _ := a.register.newest("desk1")
	if len(b.path) != 1 || uriIn(b.path[0]).Port != int(edge.Port()) || b.at.AddrPort != edge {
		t.Fatalf("registered by %v from %v; the proxy is at %v", b.path, b.at, edge)
	}
	eventually(t, "it has answered our OPTIONS", func() bool {
		a.register.mu.Lock()
		defer a.register.mu.Unlock()
		s := a.register.seats["desk1"]
		return len(s.bindings) == 1 && s.bindings[0].asked > 2 && !s.bindings[0].silent
	})
	for _, hungUp := range []bool{true, false} {
		n, err := a.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber})
		if err != nil {
			t.Fatal(err)
		}
		desk := watch(n.Desk())
		desk.Dial()
		desk.until(t, dialer.LegAnswered)
		desk.Confirm()
		bridge := n.(*line).bridge
		eventually(t, "it is heard", func() bool { return bridge.Stats(media.Desk).PacketsIn > 25 })
		if hungUp {
			desk.Drop()
		} else {
			h := desk.Handle()
			if err := a.Terminate(t.Context(), h); err != nil {
				t.Error(err)
			}
		}
		desk.gone(t)
		n.Close()
		if desk.saw(dialer.EvNoAnswer) {
			t.Errorf("the BYE was not answered: %v", desk.kinds())
		}
	}
	if !registered(t, a) {
		t.Error("it is not there any more")
	}
	trace := phone.said.String()
	if n := strings.Count(trace, "Record-Route: <sip:"+edge.String()); n < 2 {
		t.Errorf("of two INVITEs %d came through the proxy", n)
	}
	ours, theirs := strings.Count(trace, fmt.Sprintf("Via: SIP/2.0/UDP %s;", a.Addr())), strings.Count(trace, fmt.Sprintf("Via: SIP/2.0/UDP %s;", edge))
	if ours == 0 || ours != theirs { // each message of ours has the proxy's Via above ours
		t.Errorf("of %d messages of ours %d came through the proxy", ours, theirs)
	}
}

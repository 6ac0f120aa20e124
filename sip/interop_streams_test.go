package sip

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// listening reports whether some program has a port of IPv4, and takes connections at it where the network is tcp, without
// asking it.
func listening(t *testing.T, network string, port uint16) bool {
	t.Helper()
	f, err := os.Open("/proc/net/" + network)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	states := map[string]string{"tcp": "0A", "udp": "07"} // TCP_LISTEN, TCP_CLOSE: a datagram socket is in no connection
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text()) // sl, local_address, rem_address, st
		if len(fields) > 3 && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) && fields[3] == states[network] {
			return true
		}
	}
	return false
}

func startSippTCP(t *testing.T, scenario string) *sipp {
	t.Helper()
	return startSipp(t, scenario, "-t", "t1")
}

// SIPp is the carrier, by TCP: every scenario that it plays over UDP.
func TestSippIsACarrierByTCP(t *testing.T) {
	for _, c := range []struct {
		scenario string
		first    dialer.LegFactKind // empty for what is refused
		status   int
	}{
		{"busy", "", 486}, {"unallocated", "", 404}, {"no_answer", dialer.LegRinging, 487},
		{"answer", dialer.LegRinging, 0}, {"early", dialer.LegEarly, 0}, {"challenge", dialer.LegRinging, 0},
	} {
		t.Run(c.scenario, func(t *testing.T) {
			s := startSippTCP(t, c.scenario)
			r := newRig(t, withAuth, withTCP, func(cfg *Config) { cfg.Trunks[0].Address, cfg.Trunks[0].Transport = s.at.String(), "tcp" })
			w := r.customer(t)
			if c.first != "" {
				w.until(t, c.first)
			}
			if c.status == 0 {
				w.until(t, dialer.LegAnswered)
				w.Confirm()
			}
			if c.first != "" {
				w.Drop()
			}
			w.gone(t)
			if got := final(w).Status; got != c.status {
				t.Errorf("it ended with %d", got)
			}
			s.ok(t)
		})
	}
}

// SIPp is a desk phone at a fixed address, by TCP.
func TestSippIsAPhoneByTCP(t *testing.T) {
	s := startSippTCP(t, "answer")
	r := newRig(t, withTCP, func(c *Config) { c.Desks[0].URI = "sip:201@" + s.at.String() + ";transport=tcp" })
	w := watch(r.line(t).Desk())
	w.Dial()
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	w.Drop()
	w.gone(t)
	s.ok(t)
}

// baresip registers by TCP and by TLS, is rung by the connection that it registered by, speaks, and is hung up; when it is
// killed its desk is gone at once.
func TestBaresipByStream(t *testing.T) {
	t.Parallel()
	needs(t, "baresip", "baresip-core")
	overStreams(t, func(t *testing.T, s spoken) {
		r := newRig(t, s.allow, account)
		seen := observe(r.Agent)
		as := baresipAccount{
			user: "phone1", password: "desk secret", registrar: netip.MustParseAddrPort(s.at(r.Agent)), answering: "answermode=auto", by: s.by,
		}
		if s.ca != nil {
			as.ca = s.ca.file
		}
		p := startBaresipAs(t, as)
		if !within(t, seen.told, "baresip to register") {
			t.Fatal("baresip went")
		}
		b, _ := r.register.newest("desk1")
		if b.at.by != s.by || !b.at.flow {
			t.Errorf("it is reached at %v", b.at)
		}
		n := r.line(t)
		w := watch(n.Desk())
		w.Dial()
		w.until(t, dialer.LegAnswered)
		w.Confirm()
		bridge := n.(*line).bridge
		eventually(t, "it speaks", func() bool { return bridge.Stats(media.Desk).PacketsIn > 25 })
		w.Drop()
		if w.gone(t); w.saw(dialer.EvNoAnswer) {
			t.Errorf("%v", w.kinds())
		}
		if got := r.streams.counts()[s.by]; got != 1 {
			t.Errorf("%d connections", got)
		}
		p.kill()
		if within(t, seen.told, "baresip to be gone") {
			t.Error("it came again")
		}
	})
}

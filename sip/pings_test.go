package sip

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// raw is a phone that sends bytes of its own.
func raw(t *testing.T, p *peer, a *Agent, datagram string) {
	t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(datagram), a.Addr()); err != nil {
		t.Fatal(err)
	}
}

func TestKeepAliveIsASignOfLife(t *testing.T) {
	var said output
	r := newRig(t, account, func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	seen := observe(r.Agent)
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	within(t, seen.told, "the coming")
	for _, datagram := range []string{ping, "\r\n", "\x00\x00\x00\x00", "jaK", "jaK\x00", "", "\r\n \r\n\r\n\r\n\r\n\r\n"} {
		r.register.fallSilent("desk1")
		if within(t, seen.told, "the silence") {
			t.Fatal("it is there, though it answers nothing")
		}
		raw(t, p.peer, r.Agent, datagram)
		if !within(t, seen.told, "the sign of life") || !registered(t, r.Agent) {
			t.Fatalf("%q was no sign of life", datagram)
		}
	}
	eventually(t, "the one ping has its pong", func() bool { return p.repeats(pong) == 1 })
	if text := said.String(); strings.Contains(text, "sip library") {
		t.Errorf("a keep-alive was called malformed:\n%s", text)
	}
}

// fallSilent is an OPTIONS that the desk's phone did not answer.
func (r *registrar) fallSilent(id dialer.DeskID) {
	s := r.seats[id]
	r.mu.Lock()
	b := s.bindings[0]
	nth := b.asked
	r.mu.Unlock()
	r.answered(s, b, nth, false)
}

func TestKeepAliveOfAStrangerIsNotAnswered(t *testing.T) {
	r := newRig(t, account)
	p, stranger := newPhoneSide(t, r.Agent), newPeer(t)
	p.login(t, p.contact(""))
	raw(t, stranger, r.Agent, ping)
	raw(t, p.peer, r.Agent, ping)
	eventually(t, "the phone has its pong", func() bool { return p.repeats(pong) == 1 })
	// The stranger's was read before.
	if stranger.repeats(pong) != 0 {
		t.Error("a stranger was answered")
	}
}

// A keep-alive from a proxy's address says nothing of the phones behind it.
func TestKeepAliveOfAProxyIsNoPhones(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	p.login(t, "Contact: <"+farContact+">", "Supported: path", "Path: <sip:"+p.addr.String()+";lr>")
	if r.register.heardFrom(p.addr) {
		t.Error("the proxy was taken for the phone")
	}
}

// A question that was under way when the phone showed itself does not make it silent.
func TestKeepAliveMeetsAnOPTIONS(t *testing.T) {
	r := newRig(t, account, func(c *Config) { c.KeepAlive = 50 * time.Millisecond })
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	p.request(t, sip.OPTIONS)
	s := r.register.seats["desk1"]
	r.register.mu.Lock()
	b := s.bindings[0]
	nth := b.asked
	r.register.mu.Unlock()
	if !r.register.heardFrom(p.addr) {
		t.Fatal("the phone is not known")
	}
	r.register.answered(s, b, nth, false)
	if !registered(t, r.Agent) {
		t.Error("it counts as silent")
	}
}

func TestMessagesAreNoKeepAlives(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "\r\n": true, "\r\n\r\n": true, "\x00\x00\x00\x00": true, "jaK": true, "hello": true,
		strings.Repeat("\r\n", 600):             true,
		"\r\n\r\nOPTIONS sip:a SIP/2.0\r\n\r\n": false, "SIP/2.0 200\r\n": false, "A sip:b SIP/2.0\r\n": false,
	} {
		if isKeepAlive([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// What is no keep-alive comes through as it was sent, also behind one.
func TestPingsPassWhatIsNone(t *testing.T) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p := newPeer(t)
	asked := 0
	quiet := pings{conn, func(from netip.AddrPort) bool { asked++; return from == p.addr }}
	message := "OPTIONS sip:a SIP/2.0\r\n\r\n"
	for _, datagram := range []string{"\r\n", ping, message} {
		if _, err := p.conn.WriteToUDP([]byte(datagram), conn.LocalAddr().(*net.UDPAddr)); err != nil {
			t.Fatal(err)
		}
	}
	buf := make([]byte, 1500)
	n, from, err := quiet.ReadFrom(buf)
	if err != nil || !bytes.Equal(buf[:n], []byte(message)) || from.String() != p.addr.String() || asked != 2 {
		t.Errorf("%q from %v after %d keep-alives: %v", buf[:n], from, asked, err)
	}
	eventually(t, "the ping is answered", func() bool { return p.repeats(pong) == 1 })
}

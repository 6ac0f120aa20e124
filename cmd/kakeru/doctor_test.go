package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/dialer/dialertest/full"
	"kakeru/sip"
	"kakeru/sip/lab/ports"
)

// says fails the test unless the doctor has a line that begins with the grade and what it is about, and holds the words.
func (r ran) says(t *testing.T, g grade, about string, words ...string) {
	t.Helper()
	for line := range strings.Lines(r.out) {
		if !strings.HasPrefix(line, string(g)) || !strings.HasPrefix(strings.TrimSpace(line[4:]), about) {
			continue
		}
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return
		}
	}
	t.Errorf("there is no line %q about %s with %q in:\n%s", g, about, words, r.out)
}

func TestDoctor(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{desks: 2})
	config := []string{"doctor", "--config", h.config()}
	t.Run("before the first start", func(t *testing.T) {
		r := h.command(config...)
		if r.status != 0 {
			t.Errorf("status %d: %s", r.status, r.err)
		}
		r.says(t, fine, "PostgreSQL", "answers")
		r.says(t, fine, "Redis", "answers")
		r.says(t, fine, "panel", "free")
		r.says(t, fine, "SIP port", "free")
		r.says(t, fine, "RTP ports", "of 500")
		r.says(t, fine, "trunk lab", "answers")
		r.says(t, minor, "phone of desk1", "is not registered", "→")
	})
	t.Run("beside a running server", func(t *testing.T) {
		h.start()
		h.seated("operator1", "desk1")
		r := h.command(config...)
		if r.status != 0 {
			t.Errorf("status %d: %s\n%s", r.status, r.err, r.out)
		}
		r.says(t, fine, "panel", "a server runs")
		r.says(t, fine, "node ", "is live at http://"+h.http, "with 2 desks", "its lease runs for")
		r.says(t, fine, "SIP port", "as it should be")
		r.says(t, fine, "phone of desk1", "is registered for another")
		if strings.Contains(r.out, string(major)) || strings.Contains(r.out, "secret-0") {
			t.Errorf("it says:\n%s", r.out)
		}
		h.kill()
		h.eventually("the doctor misses the node", func() bool {
			return strings.Contains(h.command(config...).out, "has not shown itself for")
		})
	})
	t.Run("when something stands beside the tables", func(t *testing.T) {
		sql := func(text string) {
			h.must(h.database(func(ctx context.Context, c *pgx.Conn) error {
				_, err := c.Exec(ctx, text)
				return err
			}))
		}
		h.command("doctor", "--config", h.config()).says(t, fine, "record's tables")
		sql("CREATE EXTENSION pg_trgm SCHEMA public")
		h.command("doctor", "--config", h.config()).says(t, major, "record's tables", "operator %", "→", "ALTER EXTENSION")
		sql("CREATE SCHEMA extensions; ALTER EXTENSION pg_trgm SET SCHEMA extensions")
		h.command("doctor", "--config", h.config()).says(t, fine, "record's tables")
	})
	t.Run("when nothing is right", func(t *testing.T) {
		silent, err := net.ListenPacket("udp4", "127.0.0.1:0") //nolint:noctx // loopback
		h.must(err)
		defer func() { _ = silent.Close() }()
		taken, err := net.ListenPacket("udp4", h.sip.String()) //nolint:noctx // loopback
		h.must(err)
		defer func() { _ = taken.Close() }()
		other, err := net.Listen("tcp4", h.http) //nolint:noctx // loopback
		h.must(err)
		go func() { _ = http.Serve(other, http.NotFoundHandler()) }() //nolint:gosec // somebody else's server
		defer func() { _ = other.Close() }()
		b, err := os.ReadFile(h.config())
		h.must(err)
		text := strings.Replace(string(b), h.carrier.Addr().String(), silent.LocalAddr().String(), 1)
		text = strings.Replace(text, "lab: true,", "lab: true, register: true,", 1)
		text = strings.Replace(text, "trunks: [", `trunks: [{name: lost, address: nowhere.invalid, caller_id: "0300000000", lab: true}, `, 1)
		text = strings.Replace(text, "redis: {url: ", `redis: {url: "redis://127.0.0.1:1/0"} #`, 1)
		text = strings.Replace(text, "state_dir: ", "secret_file: "+filepath.Join(h.dir, "secret")+"\nstate_dir: /nowhere #", 1)
		broken := h.file("broken.yaml", text)
		r := h.command("doctor", "--config", broken)
		r.failed(t, 1, "FAIL", "mended")
		r.says(t, fine, "PostgreSQL")
		r.says(t, major, "Redis", "→")
		r.says(t, major, "disk", "/nowhere", "→")
		r.says(t, major, "panel", "another program", "→")
		r.says(t, major, "SIP port", h.sip.String(), "→")
		r.says(t, major, "trunk lost", "nowhere.invalid", "→")
		r.says(t, major, "trunk lab", "does not answer", "→")
	})
	t.Run("over TCP and TLS", func(t *testing.T) {
		secure := certificate(t, time.Now().Add(-time.Hour), time.Now().Add(9*24*time.Hour), "sip.centre.invalid")
		b, err := os.ReadFile(h.config())
		h.must(err)
		text := strings.Replace(string(b), "tcp: false", fmt.Sprintf("tcp: true\n  tls: {listen: %q, cert: %q, key: %q}", ports.Lend(t, 1), secure.Cert, secure.Key), 1)
		text = strings.Replace(text, "trunks: [", fmt.Sprintf(`trunks: [{name: secure, address: %q, transport: tls, caller_id: "0300000000", lab: true}, `, ports.Lend(t, 1)), 1)
		config := h.file("secure.yaml", text)
		r := h.command("doctor", "--config", config)
		// The server that had the port is gone: another test beside this one may use it for a moment.
		for range 20 {
			if !strings.Contains(r.out, "cannot be opened") {
				break
			}
			r = h.command("doctor", "--config", config)
		}
		r.failed(t, 1, "FAIL", "mended")
		r.says(t, fine, "SIP port UDP", "free")
		r.says(t, fine, "SIP port TCP", h.sip.String(), "free")
		r.says(t, minor, "SIP certificate", "in 8 days", "→")
		r.says(t, minor, "SIP certificate", "is not for 127.0.0.1", "→")
		r.says(t, major, "trunk secure", "cannot be reached by TLS: nothing listens there", "→")
		r.says(t, fine, "trunk lab", "answers")
	})
	t.Run("another secret", func(t *testing.T) {
		h.must(os.WriteFile(filepath.Join(h.dir, "other"), []byte(strings.Repeat("o", secretBytes)), 0o600))
		t.Setenv("KAKERU_SECRET__FILE", filepath.Join(h.dir, "other"))
		r := h.command(config...)
		r.failed(t, 1, "mended")
		r.says(t, major, "PostgreSQL", "secret")
	})
	t.Run("PostgreSQL missing", func(t *testing.T) {
		t.Setenv("KAKERU_DATABASE_URL", "postgres://kakeru@127.0.0.1:1/kakeru?connect_timeout=2")
		h.command(config...).says(t, major, "PostgreSQL", "127.0.0.1", "→")
	})
}

func TestWhatATrunkSaidIsRead(t *testing.T) {
	registers := sip.Trunk{User: "300", Register: true}
	for _, c := range []struct {
		trunk             sip.Trunk
		options, register int
		want              grade
		says              string
	}{
		{sip.Trunk{}, 200, -1, fine, "answers"},
		{sip.Trunk{}, 405, -1, fine, "405"},
		{sip.Trunk{}, 503, -1, minor, "out of service"},
		{sip.Trunk{}, 0, -1, minor, "no OPTIONS"},
		{sip.Trunk{User: "300"}, 200, 405, fine, "answers"},
		{sip.Trunk{User: "300"}, 200, 403, major, "password"},
		{registers, 200, 200, fine, "takes our user"},
		{registers, 0, 200, fine, "takes our user"},
		{registers, 200, 401, major, "password"},
		{registers, 200, 404, major, "user"},
		{registers, 200, 480, major, "480"},
		{registers, 0, 0, major, "does not answer"},
	} {
		f := ofTrunk(c.trunk, sip.Examination{Options: c.options, Register: c.register})
		if f.grade != c.want || !strings.Contains(f.says, c.says) || f.grade != fine && f.todo == "" {
			t.Errorf("%+v: %+v", c, f)
		}
	}
	f := ofTrunk(sip.Trunk{Transport: "tls"}, sip.Examination{Register: -1, Fault: "its certificate is for another name"})
	if f.grade != major || !strings.Contains(f.says, "by TLS: its certificate is for another name") || !strings.Contains(f.todo, "sip.tls.ca") {
		t.Errorf("%+v", f)
	}
}

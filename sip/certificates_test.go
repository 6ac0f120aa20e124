package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// A trunk that cannot show the right certificate gets nothing of a call, and the evidence and the doctor say why.
func TestATrunksCertificateIsChecked(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := func(t *testing.T) *tls.Config {
		return ca.config(t, ca.issue(t, identity{}, time.Hour, "carrier.invalid"))
	}
	for name, c := range map[string]struct {
		secure *tls.Config
		want   string
	}{
		"of another authority": {other.config(t, other.issue(t, identity{}, time.Hour, "carrier.invalid")), "its certificate is signed by nobody we trust"},
		"for another name":     {ca.config(t, ca.issue(t, identity{}, time.Hour, "sip1.carrier.invalid", "127.0.0.1")), "its certificate is for another name"},
		"out of date":          {ca.config(t, ca.issue(t, identity{}, -time.Hour, "carrier.invalid")), "its certificate has expired, or is not valid yet"},
		"TLS 1.1":              {old(good(t)), "it refuses our TLS, or our certificate"},
		"no TLS at all":        {nil, "it does not speak TLS at this port"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newStreamPeer(t, c.secure)
			if c.secure == nil {
				p.talkative()
			}
			r := newRig(t, withTLS(t, ca), func(c *Config) { c.Trunks[0].Address, c.Trunks[0].Transport = p.addr.String(), "tls" })
			if got := r.refusal(t); got != "could not be sent: "+c.want {
				t.Errorf("evidence: %q", got)
			}
			found, err := r.Examine(t.Context(), r.cfg.Trunks[0])
			if err != nil || len(found) != 1 || found[0].Options != 0 || found[0].Fault != c.want {
				t.Errorf("examined: %+v, %v", found, err)
			}
			if p.repeats("INVITE ") != 0 {
				t.Error("an INVITE came through")
			}
		})
	}
}

// refusal is why the call of a rig did not come about. A handshake that a busy machine makes longer than the tests' short
// timers allow is tried again.
func (r *rig) refusal(t *testing.T) string {
	t.Helper()
	why := ""
	eventually(t, "a handshake is through in time", func() bool {
		w := r.customer(t)
		w.gone(t)
		why = w.untilReason(t, dialer.EvNoAnswer)
		return !strings.HasPrefix(why, "no answer within")
	})
	return why
}

// old is a server's configuration that knows nothing newer than TLS 1.1.
func old(c *tls.Config) *tls.Config {
	c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	return c
}

// talkative answers every connection as a mail server would.
func (p *streamPeer) talkative() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.greeting = "220 mail.invalid ESMTP\r\n"
}

// A trunk that wants to know us gets our certificate.
func TestOurCertificateIsShownToWhoAsks(t *testing.T) {
	ca := newAuthority(t)
	secure := ca.config(t, ca.issue(t, identity{}, time.Hour, "carrier.invalid"))
	secure.ClientAuth, secure.ClientCAs = tls.RequireAndVerifyClientCert, secure.RootCAs
	s := spoken{by: overTLS, allow: withTLS(t, ca), peer: func(t *testing.T) *streamPeer { t.Helper(); return newStreamPeer(t, secure) }}
	r, p := s.trunk(t)
	w := r.customer(t)
	p.reply(p.request(t, sip.INVITE), say{status: 486})
	w.gone(t)
}

func handshake(t *testing.T, a *Agent, ca *authority, newest uint16) (*big.Int, error) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS10, MaxVersion: newest}} //nolint:gosec // what is refused is shown
	conn, err := d.DialContext(t.Context(), "tcp", a.SecureAddr().String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber, nil
}

func TestOldTLSIsRefused(t *testing.T) {
	ca := newAuthority(t)
	r := newRig(t, withTLS(t, ca))
	for version, ok := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		if _, err := handshake(t, r.Agent, ca, version); (err == nil) != ok {
			t.Errorf("%x: %v", version, err)
		}
	}
}

// lines is a log that can be counted.
type lines struct {
	slog.Handler

	mu   sync.Mutex
	all  []string
	errs []string // what went wrong, as it was logged
}

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "err" {
			l.errs = append(l.errs, a.Value.String())
		}
		return true
	})
	return nil
}

func (l *lines) with(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.all {
		if strings.Contains(line, words) {
			n++
		}
	}
	return n
}

// A new certificate is taken up by the next connection, with no restart; one that cannot be used leaves the old in force.
func TestCertificatesAreReadAnew(t *testing.T) {
	ca := newAuthority(t)
	log := &lines{Handler: slog.DiscardHandler}
	id := ca.issue(t, identity{}, time.Hour, "127.0.0.1")
	r := newRig(t, func(c *Config) {
		c.TLS = TLS{Listen: "127.0.0.1:0", Certificate: id.cert, Key: id.key, CA: ca.file}
		c.Log = slog.New(log)
	})
	serial := func() string {
		t.Helper()
		n, err := handshake(t, r.Agent, ca, tls.VersionTLS13)
		if err != nil {
			t.Fatal(err)
		}
		return n.String()
	}
	first := serial()
	ca.issue(t, id, time.Hour, "127.0.0.1")
	touch(t, id, time.Minute)
	second := serial()
	if second == first {
		t.Error("the new certificate is not shown")
	}
	for range 3 { // a key that does not fit, and then no certificate at all
		if err := os.WriteFile(id.cert, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		touch(t, id, 2*time.Minute)
		if serial() != second {
			t.Error("the old certificate did not stay")
		}
	}
	if n := log.with("a changed certificate cannot be used"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
	ca.issue(t, id, time.Hour, "127.0.0.1")
	touch(t, id, 3*time.Minute)
	if got := serial(); got == second {
		t.Error("the mended certificate is not shown")
	}
}

// TestAGoodCertificateDoesNotGiveWay to one that is out of date; what is not valid yet is taken up when it is, though no file changes then.
func TestAGoodCertificateDoesNotGiveWay(t *testing.T) {
	ca := newAuthority(t)
	const far = 20 * 24 * time.Hour
	for name, c := range map[string]struct {
		first, second   time.Duration // how long they are good
		then            time.Duration // after which it is looked again
		early           bool          // the second was looked at before its time
		replaced, after bool
		told            string
	}{
		"an expired one":                    {first: time.Hour, second: -time.Minute, told: "has expired on"},
		"another good one":                  {first: time.Hour, second: 2 * time.Hour, replaced: true, after: true},
		"one that is not valid yet":         {first: far, second: far, early: true, told: "is not valid before"},
		"one whose time comes":              {first: far, second: far, early: true, then: 24 * time.Hour, after: true, told: "is not valid before"},
		"an expired one for an expired one": {first: -time.Hour, second: -time.Minute, replaced: true, after: true},
		"an older one for an expired one":   {first: -time.Minute, second: -time.Hour, told: "has expired on"},
		"a good one for an expired one":     {first: -time.Minute, second: time.Hour, replaced: true, after: true},
		"an expired one, for the day on which the good one has expired too": {first: time.Hour, second: -time.Minute, then: far, told: "has expired on"},
	} {
		t.Run(name, func(t *testing.T) {
			log := &lines{Handler: slog.DiscardHandler}
			id := ca.issue(t, identity{}, c.first, "127.0.0.1")
			s := newCertificates(TLS{Certificate: id.cert, Key: id.key}, slog.New(log))
			now := time.Now()
			s.now = func() time.Time { return now }
			shown := func() string {
				t.Helper()
				pair, err := s.own()
				if err != nil {
					t.Fatal(err)
				}
				return pair.Leaf.SerialNumber.String()
			}
			first := shown()
			if c.first < 0 && log.with("will refuse it") != 1 {
				t.Error("nobody was told that the first one has expired")
			}
			ca.issue(t, id, c.second, "127.0.0.1")
			touch(t, id, time.Minute)
			if c.early {
				now = now.Add(-12 * time.Hour)
				s.ours.made.Leaf.NotBefore = now.Add(-time.Hour)
			}
			if got := shown() != first; got != c.replaced {
				t.Errorf("replaced: %v", got)
			}
			now = now.Add(c.then)
			if got := shown() != first; got != c.after {
				t.Errorf("replaced in the end: %v", got)
			}
			if n := log.with("the old one stays"); n != min(1, len(c.told)) {
				t.Errorf("that it stays was said %d times", n)
			}
			if !log.why(c.told) {
				t.Errorf("why it stays was not said: %q", log.errs)
			}
		})
	}
}

// why reports whether an error that was logged has these words.
func (l *lines) why(words string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return words == "" || slices.ContainsFunc(l.errs, func(err string) bool { return strings.Contains(err, words) })
}

// touch sets the files' time: two writes in one tick of the file system's clock are one change.
func touch(t *testing.T, id identity, after time.Duration) {
	t.Helper()
	at := time.Now().Add(after)
	for _, file := range []string{id.cert, id.key} {
		if err := os.Chtimes(file, at.Truncate(time.Minute), at.Truncate(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadTLSSettingsAreNamed(t *testing.T) {
	ca := newAuthority(t)
	id, fremd := ca.issue(t, identity{}, time.Hour, "a"), ca.issue(t, identity{}, time.Hour, "b")
	for want, c := range map[string]TLS{
		"sip.tls.listen":            {Listen: "nonsense", Certificate: id.cert, Key: id.key},
		"sip.tls.cert":              {Listen: "127.0.0.1:0"},
		"sip.tls.key":               {Certificate: id.cert},
		"sip.tls.cert, sip.tls.key": {Certificate: id.cert, Key: fremd.key},
		"sip.tls.ca":                {CA: id.key},
		"sip.tls.ca: open":          {CA: id.key + ".none"},
	} {
		cfg := testConfig()
		cfg.TLS = c
		a, err := New(cfg)
		if err == nil {
			err = a.Start()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

package webui

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// Certificate names the PEM files that the panel is served by https with: the certificate with its chain, and its key. They are read
// again when they change. Both empty: http, for a proxy in front or for this machine alone.
type Certificate struct{ Cert, Key string }

// On reports whether there is one.
func (c Certificate) On() bool { return c.Cert != "" }

// papers are the certificate as it is now.
type papers struct {
	files Certificate
	log   *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	looked time.Time    // when the files were last looked at, by the wall clock
	seen   [2]time.Time // when they had been changed
	told   [2]time.Time // of which it was told that they are out of date
}

// lookEvery is how often the files are looked at, at most: a handshake is not to wait for a disk.
const lookEvery = time.Second

// newPapers reads the files for the first time; what is wrong with them is an error of the start.
func newPapers(files Certificate, log *slog.Logger) (*papers, error) {
	s := &papers{files: files, log: log}
	pair, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		return nil, fmt.Errorf("settings: http.tls: the panel's certificate cannot be used: %w; the key must be that certificate's, and readable by the server's user", err)
	}
	s.pair, s.seen, s.looked = &pair, s.changed(), time.Now()
	return s, nil
}

func (s *papers) changed() (at [2]time.Time) {
	for i, file := range []string{s.files.Cert, s.files.Key} {
		if info, err := os.Stat(file); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}

// get is tls.Config.GetCertificate. New files that cannot be used leave the certificate that was there: a renewal writes one of the two first.
func (s *papers) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.looked) < lookEvery && now.After(s.looked) {
		return s.pair, nil
	}
	s.looked = now
	seen := s.changed()
	if seen == s.seen {
		return s.pair, nil
	}
	s.seen = seen
	pair, err := tls.LoadX509KeyPair(s.files.Cert, s.files.Key)
	if err != nil {
		s.log.Error("the panel's changed certificate cannot be used; the old one stays", "err", err)
		return s.pair, nil //nolint:nilerr // it was said
	}
	if holds(s.pair, now) && !holds(&pair, now) { // every browser would refuse it
		if s.told != seen {
			s.log.Error("the panel's changed certificate is out of date, or not valid yet; the old one stays", "from", pair.Leaf.NotBefore, "until", pair.Leaf.NotAfter)
		}
		s.told, s.seen = seen, [2]time.Time{} // its time may come: the files are read again
		return s.pair, nil
	}
	s.pair = &pair
	s.log.Info("the panel's certificate was read again", "until", pair.Leaf.NotAfter)
	return s.pair, nil
}

func holds(pair *tls.Certificate, at time.Time) bool {
	return !at.Before(pair.Leaf.NotBefore) && !at.After(pair.Leaf.NotAfter)
}

// config is how the panel speaks TLS. HTTP/1.1 alone: the websocket needs it, and a page of ours makes few requests at once.
func (s *papers) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: sealing, NextProtos: []string{"http/1.1"}, GetCertificate: s.get}
}

// sealing are TLS 1.2's suites that encrypt and authenticate in one; Go's own list has older ones too, for clients that no browser of today is.
// Those of TLS 1.3 are all of this kind.
var sealing = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// complaints are what net/http says of connections that went wrong. Handshakes that fail are told once in a while, with how many there were
// since: a stranger makes thousands of them in a second, and a journal is not theirs to fill.
type complaints struct {
	slog.Handler

	mu   sync.Mutex
	told time.Time
	left int
}

// complainEvery is how often a failed handshake is told at most.
const complainEvery = time.Minute

// Handle implements slog.Handler.
func (c *complaints) Handle(ctx context.Context, r slog.Record) error {
	if !strings.HasPrefix(r.Message, "http: TLS handshake error") {
		return c.Handler.Handle(ctx, r)
	}
	c.mu.Lock()
	if r.Time.Sub(c.told) < complainEvery {
		c.left++
		c.mu.Unlock()
		return nil
	}
	r.AddAttrs(slog.Int("more_since_the_last", c.left))
	c.told, c.left = r.Time, 0
	c.mu.Unlock()
	return c.Handler.Handle(ctx, r)
}

package webui

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// signed writes a certificate for the loopback that signs itself, with a serial number to know it by.
func signed(t *testing.T, files Certificate, serial int64) {
	t.Helper()
	signedFor(t, files, serial, time.Now().Add(-time.Hour))
}

// signedFor is signed, valid for two hours from an instant on.
func signedFor(t *testing.T, files Certificate, serial int64, from time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: from, NotAfter: from.Add(2 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	cert, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{files.Cert: {Type: "CERTIFICATE", Bytes: cert}, files.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThePanelByHTTPS: TLS 1.2 at least, strict transport, a cookie for https alone, and a renewed certificate without a restart.
func TestThePanelByHTTPS(t *testing.T) {
	dir := t.TempDir()
	files := Certificate{Cert: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	signed(t, files, 1)
	h := open(t, func(d *Deps) { d.Certificate, d.Auth.SecureCookie = files, true })
	addr := strings.TrimPrefix(h.url, "http://")
	dial := func(most uint16) (*tls.ConnectionState, error) {
		c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MaxVersion: most, NextProtos: []string{"h2", "http/1.1"}}) //nolint:gosec // it signs itself
		if err != nil {
			return nil, err
		}
		state := c.ConnectionState()
		return &state, c.Close()
	}
	state, err := dial(0)
	if err != nil || state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "http/1.1" || state.PeerCertificates[0].SerialNumber.Int64() != 1 {
		t.Fatalf("%+v, %v", state, err)
	}
	if _, err := dial(tls.VersionTLS12); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
	if _, err := dial(tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // it signs itself
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	plain, err := http.Get("http://" + addr + "/healthz") //nolint:noctx // the loopback
	if err != nil {
		t.Fatal(err)
	}
	_ = plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("by http: %d", plain.StatusCode)
	}

	shownSerial := func() int64 {
		state, err := dial(0)
		if err != nil {
			t.Fatal(err)
		}
		return state.PeerCertificates[0].SerialNumber.Int64()
	}
	// A renewal that has written one of its files only, then both.
	later := time.Now().Add(time.Minute)
	if err := os.WriteFile(files.Key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chtimes(files.Key, later, later)
	h.server.cert.mu.Lock()
	h.server.cert.looked = time.Time{}
	h.server.cert.mu.Unlock()
	if got := shownSerial(); got != 1 {
		t.Errorf("half renewed, number %d is shown", got)
	}
	signed(t, files, 2)
	_ = os.Chtimes(files.Key, later.Add(time.Minute), later.Add(time.Minute))
	h.server.cert.mu.Lock()
	h.server.cert.looked = time.Time{}
	h.server.cert.mu.Unlock()
	if got := shownSerial(); got != 2 {
		t.Errorf("renewed, number %d is shown", got)
	}
}

// TestAGoodCertificateDoesNotGiveWayToAnOldOne, nor to one whose time has not come; that one is shown when it has.
func TestAGoodCertificateDoesNotGiveWayToAnOldOne(t *testing.T) {
	dir := t.TempDir()
	files := Certificate{Cert: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	signed(t, files, 1)
	p, err := newPapers(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	changes := time.Now()
	shows := func(what string, want int64) {
		t.Helper()
		changes = changes.Add(time.Minute)
		_ = os.Chtimes(files.Key, changes, changes)
		p.looked = time.Time{}
		if pair, err := p.get(nil); err != nil || pair.Leaf.SerialNumber.Int64() != want {
			t.Errorf("%s: %v is shown, %v", what, pair.Leaf.SerialNumber, err)
		}
	}
	signedFor(t, files, 2, time.Now().Add(-3*time.Hour))
	shows("an expired one", 1)
	signedFor(t, files, 3, time.Now().Add(2*time.Second)) // whole seconds: a second at the least
	shows("one of the future", 1)
	for deadline := time.Now().Add(10 * time.Second); ; {
		p.looked = time.Time{}
		pair, err := p.get(nil)
		if err == nil && pair.Leaf.SerialNumber.Int64() == 3 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("its time has come, and it is not shown")
		}
	}
}

// TestACertificateThatCannotBeUsed is an error of the start.
func TestACertificateThatCannotBeUsed(t *testing.T) {
	if _, err := newPapers(Certificate{Cert: "/nowhere/c.pem", Key: "/nowhere/k.pem"}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "http.tls") {
		t.Errorf("%v", err)
	}
}

// TestHandshakesFillNoJournal: strangers whose handshakes fail are told once a minute, with how many there were; all else is told each time.
// And nobody is served by the older suites of TLS 1.2.
func TestHandshakesFillNoJournal(t *testing.T) {
	dir := t.TempDir()
	files := Certificate{Cert: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	signed(t, files, 1)
	papers, err := newPapers(files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	client, server := net.Pipe()
	defer client.Close()
	go func() {
		defer server.Close()
		_ = tls.Server(server, papers.config()).HandshakeContext(t.Context())
	}()
	old := &tls.Config{
		InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, //nolint:gosec // it signs itself, and this is what must fail
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA},
	}
	if err := tls.Client(client, old).HandshakeContext(t.Context()); err == nil {
		t.Error("an older suite was taken")
	}

	var said strings.Builder
	now := time.Unix(1_800_000_000, 0)
	c := &complaints{Handler: slog.NewTextHandler(&said, nil)}
	tell := func(line string) {
		if err := c.Handle(t.Context(), slog.NewRecord(now, slog.LevelWarn, line, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		tell("http: TLS handshake error from 192.0.2.1:1: EOF")
	}
	tell("http: something else")
	if n := strings.Count(said.String(), "\n"); n != 2 {
		t.Errorf("%d lines:\n%s", n, said.String())
	}
	now = now.Add(complainEvery)
	tell("http: TLS handshake error from 192.0.2.1:2: EOF")
	if !strings.Contains(said.String(), "more_since_the_last=999") {
		t.Errorf("the rest is not counted:\n%s", said.String())
	}
}

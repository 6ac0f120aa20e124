package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// here runs a command in this process: what it says, and how it ends.
func here(t *testing.T, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	status := dispatch(t.Context(), args, streams{&out, &errs})
	return ran{out.String(), errs.String(), status}
}

func (r ran) fine(t *testing.T) ran {
	t.Helper()
	if r.status != 0 {
		t.Fatalf("%d %s", r.status, r.err)
	}
	return r
}

// authority makes one, and a certificate for the loopback; it returns the path of each without its ending.
func authority(t *testing.T) (ca, leaf string) {
	t.Helper()
	dir := t.TempDir()
	here(t, "cert", "ca", "--out", dir).fine(t)
	here(t, "cert", "issue", "--ca", dir, "--out", dir, "--name", "localhost", "--ip", "127.0.0.1").fine(t)
	return filepath.Join(dir, caName), filepath.Join(dir, "localhost")
}

func TestCertificatesOfOurOwn(t *testing.T) {
	dir := t.TempDir()
	r := here(t, "cert", "ca", "--out", dir, "--name", "見本 CA", "--permit", "centre.example", "--permit", "192.0.2.0/24").fine(t)
	if !strings.Contains(r.out, "trusted root") || !strings.Contains(r.out, "ルート証明機関") {
		t.Error(r.out)
	}
	here(t, "cert", "issue", "--ca", dir, "--out", dir, "--name", "panel.centre.example", "--name", "centre.example", "--ip", "192.0.2.5").fine(t)
	for _, file := range []string{caName + ".crt", caName + ".key", "panel.centre.example.crt", "panel.centre.example.key"} {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
	ca, _, err := readPair(filepath.Join(dir, caName))
	if err != nil || !ca.IsCA || !ca.MaxPathLenZero || !ca.PermittedDNSDomainsCritical {
		t.Errorf("%+v %v", ca, err)
	}
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "panel.centre.example.crt"), filepath.Join(dir, "panel.centre.example.key"))
	if err != nil || pair.Leaf.PublicKeyAlgorithm != x509.ECDSA || len(pair.Leaf.DNSNames) != 2 || pair.Leaf.VerifyHostname("192.0.2.5") != nil {
		t.Errorf("%+v %v", pair.Leaf, err)
	}
	issue := func(more ...string) ran {
		return here(t, append([]string{"cert", "issue", "--ca", dir, "--out", dir}, more...)...)
	}
	for words, c := range map[string]struct {
		status int
		args   []string
	}{
		"not overwritten":            {1, []string{"--name", "panel.centre.example"}},
		"nobody would trust it for":  {1, []string{"--name", "panel.other.example"}},
		"for 198.51.100.1":           {1, []string{"--ip", "198.51.100.1"}},
		"--name HOST or --ip":        {2, nil},
		"no host's name":             {2, []string{"--name", "../x"}},
		"is no address":              {2, []string{"--ip", "192.0.2"}},
		"1 to 397":                   {2, []string{"--name", "a.centre.example", "--days", "800"}},
		"arguments not understood":   {2, []string{"--name", "a.centre.example", "more"}},
		"flag provided but not defi": {2, []string{"--host", "a"}},
	} {
		issue(c.args...).failed(t, c.status, words)
	}
	issue("--name", "panel.centre.example", "--force").fine(t)
	here(t, "cert", "ca", "--out", dir).failed(t, 1, "not overwritten", "--force")
	here(t, "cert", "ca", "--out", t.TempDir(), "--permit", "a b").failed(t, 2, "no domain and no network")
	here(t, "cert", "issue", "--ca", t.TempDir(), "--name", "a").failed(t, 1, "kakeru cert ca")
	here(t, "cert").failed(t, 2, "say ca or issue")
	// An authority for a network alone signs no names, one for a domain alone no addresses.
	nets, domains := t.TempDir(), t.TempDir()
	here(t, "cert", "ca", "--out", nets, "--permit", "192.0.2.0/24").fine(t)
	here(t, "cert", "issue", "--ca", nets, "--out", nets, "--name", "a.example").failed(t, 1, "nobody would trust")
	here(t, "cert", "issue", "--ca", nets, "--out", nets, "--ip", "192.0.2.7").fine(t)
	here(t, "cert", "ca", "--out", domains, "--permit", "centre.example").fine(t)
	here(t, "cert", "issue", "--ca", domains, "--out", domains, "--ip", "192.0.2.7").failed(t, 1, "nobody would trust")
}

// TestThePanelIsServedByHTTPS over the whole binary, by a certificate of our own authority: who trusts that signs in, with a cookie for https
// alone; the doctor finds it in order.
func TestThePanelIsServedByHTTPS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, houseOptions{cases: 30})
	ca, leaf := authority(t)
	h.must(os.WriteFile(h.config(), []byte(strings.Replace(h.settings(), "http: {", `http: {tls: {cert: "`+leaf+`.crt", key: "`+leaf+`.key"}, `, 1)), 0o600))
	h.start()
	text, err := os.ReadFile(ca + ".crt") //nolint:gosec // the test's own
	h.must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	post := func(c *http.Client) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+h.http+"/api/session",
			strings.NewReader(`{"login": "operator1", "password": "the password of one"}`))
		h.must(err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Origin", "https://"+h.http)
		return c.Do(req)
	}
	resp, err := post(client)
	h.must(err)
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	plain := func(c *http.Cookie) bool { return !c.Secure }
	if set := resp.Cookies(); resp.StatusCode >= 300 || len(set) == 0 || slices.ContainsFunc(set, plain) || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if resp, err := post(&http.Client{}); err == nil {
		_ = resp.Body.Close()
		t.Error("who does not know the authority is served")
	}
	r := h.command("doctor", "--config", h.config())
	r.says(t, fine, "panel certificate", "is valid until")
	r.says(t, fine, "panel", "a server runs at")
}

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/configs"
	"kakeru/sip"
)

// certificate writes a certificate that signs itself, for a name, and its key.
func certificate(t *testing.T, from, to time.Time, name string) configs.TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	made := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, DNSNames: []string{name}}
	cert, err := x509.CreateCertificate(rand.Reader, made, made, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := configs.TLS{Listen: "192.0.2.5:5061", Cert: filepath.Join(dir, "c.pem"), Key: filepath.Join(dir, "k.pem")}
	for file, block := range map[string]*pem.Block{s.Cert: {Type: "CERTIFICATE", Bytes: cert}, s.Key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestWhoCannotConnectToUsIsNamed(t *testing.T) {
	trunks := []configs.Trunk{{Name: "a"}, {Name: "b", Transport: "udp"}, {Name: "c", Transport: "tcp"}, {Name: "d", Transport: "tls"}}
	found := checkCallbacks(configs.SIP{Trunks: trunks})
	if len(found) != 2 || found[0].about != "trunk c" || !strings.Contains(found[1].todo, "sip.tls.listen") {
		t.Errorf("%+v", found)
	}
	if found := checkCallbacks(configs.SIP{Trunks: trunks, TCP: true, TLS: configs.TLS{Listen: "192.0.2.5:5061"}}); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestTLSExampleReachesTheAgent(t *testing.T) {
	s, err := configs.Load("../../configs/tls.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := sipConfig(s.SIP)
	if err != nil {
		t.Fatal(err)
	}
	if !c.TCP || c.TLS.Listen != "192.0.2.5:5061" || c.TLS.Certificate == "" || c.TLS.Key == "" || c.Trunks[0].Transport != "tls" {
		t.Errorf("%+v", c)
	}
	if _, err := sip.New(c); err != nil {
		t.Error(err)
	}
}

func TestTheCertificateOfPhonesIsLookedAt(t *testing.T) {
	now, day := time.Now(), 24*time.Hour
	const name = "sip.centre.invalid"
	good := certificate(t, now.Add(-day), now.Add(90*day), name)
	mixed := good
	mixed.Key = certificate(t, now, now.Add(day), name).Key
	absent := good
	absent.Cert += ".none"
	for what, c := range map[string]struct {
		tls       configs.TLS
		advertise string
		want      grade
		says      string
	}{
		"good":               {good, name, fine, "is valid until"},
		"none":               {configs.TLS{}, name, "", ""},
		"soon over":          {certificate(t, now.Add(-day), now.Add(29*day), name), name, minor, "in 28 days"},
		"over":               {certificate(t, now.Add(-9*day), now.Add(-day), name), name, major, "has expired"},
		"not yet":            {certificate(t, now.Add(day), now.Add(9*day), name), name, major, "not valid before"},
		"another name":       {good, "other.centre.invalid", minor, "is not for other.centre.invalid"},
		"an address":         {good, "", minor, "is not for 192.0.2.5"},
		"a key of another's": {mixed, name, major, "cannot be used"},
		"no such file":       {absent, name, major, "cannot be used"},
	} {
		found := checkCertificate(configs.SIP{Advertise: c.advertise, TLS: c.tls})
		if len(found) == 0 {
			if c.want != "" {
				t.Errorf("%s: nothing is said", what)
			}
			continue
		}
		f := found[len(found)-1]
		if f.grade != c.want || !strings.Contains(f.says, c.says) || f.grade != fine && f.todo == "" {
			t.Errorf("%s: %+v", what, found)
		}
	}
}

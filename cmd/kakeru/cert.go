package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// words collects a flag that may be given several times.
type words []string

// String implements flag.Value.
func (w *words) String() string { return strings.Join(*w, " ") }

// Set implements flag.Value.
func (w *words) Set(s string) error {
	*w = append(*w, s)
	return nil
}

// runCert is a certificate authority for a network that no public one can see: one for the centre, and what it signs.
func runCert(_ context.Context, args []string, std streams) error {
	switch {
	case len(args) > 0 && args[0] == "ca":
		return certCA(args[1:], std)
	case len(args) > 0 && args[0] == "issue":
		return certIssue(args[1:], std)
	default:
		return errUsage{"say ca or issue"}
	}
}

const (
	caName   = "kakeru-ca"
	caYears  = 10
	leafDays = 397 // browsers trust no certificate that is for longer (CA/Browser Forum, Baseline Requirements 6.3.2)
)

func certCA(args []string, std streams) error {
	var out, name string
	var permit words
	var force bool
	rest, err := flags("cert ca", args, std, func(f *flag.FlagSet) {
		f.StringVar(&out, "out", "", "a `folder` for the authority's certificate and key; made if it is not there")
		f.StringVar(&name, "name", "Kakeru", "what browsers show as who signed")
		f.Var(&permit, "permit", "a `domain` or network (192.0.2.0/24) that it may sign for, and no other; may be given several times")
		f.BoolVar(&force, "force", false, "overwrite an authority that is there: whatever it signed is worth nothing then")
	})
	switch {
	case err != nil:
		return err
	case len(rest) > 0 || out == "":
		return errUsage{"give --out FOLDER"}
	}
	now := time.Now()
	ca := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(caYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	for _, p := range permit {
		if _, network, err := net.ParseCIDR(p); err == nil {
			ca.PermittedIPRanges = append(ca.PermittedIPRanges, network)
		} else if hostName.MatchString(p) {
			ca.PermittedDNSDomains = append(ca.PermittedDNSDomains, p)
		} else {
			return errUsage{fmt.Sprintf("--permit: %q is no domain and no network", p)}
		}
	}
	ca.PermittedDNSDomainsCritical = len(permit) > 0
	// A network that is permitted forbids others, but no names, and the other way round: what was not named is forbidden as a whole.
	if len(permit) > 0 && len(ca.PermittedDNSDomains) == 0 {
		ca.ExcludedDNSDomains = []string{""}
	}
	if len(permit) > 0 && len(ca.PermittedIPRanges) == 0 {
		ca.ExcludedIPRanges = []*net.IPNet{{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)}}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return err
	}
	if err := writePair(filepath.Join(out, caName), der, key, force); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s.crt: install it on the operators' machines (browsers: as a trusted root) and on phones that check certificates; "+
		"in the settings: sip.tls.ca, redis.tls.ca_file, sslrootcert\n", filepath.Join(out, caName))
	fmt.Fprintf(std.out, "%s.key: signs certificates. Keep it offline, not on the server; then: kakeru cert issue --ca %s --name HOST\n", filepath.Join(out, caName), out)
	fmt.Fprintf(std.out, "%s.crt は、各席の端末(ブラウザーの信頼されたルート証明機関)と証明書を確認する電話機に入れてください。.key は署名用の鍵です。サーバーには置かず、オフラインで保管してください\n", caName)
	return nil
}

// issueFlags are those of `kakeru cert issue`.
type issueFlags struct {
	ca, out    string
	names, ips words
	days       int
	force      bool
}

// hostName is a name as DNS has them; the last part of a closed network's may be anything.
var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (o issueFlags) wrong() string {
	switch {
	case o.ca == "" || len(o.names)+len(o.ips) == 0:
		return "give --ca FOLDER, and --name HOST or --ip ADDRESS"
	case o.days < 1 || o.days > leafDays:
		return fmt.Sprintf("--days is 1 to %d: browsers trust no certificate that is for longer", leafDays)
	}
	for _, n := range o.names {
		if !hostName.MatchString(n) {
			return fmt.Sprintf("--name: %q is no host's name", n)
		}
	}
	for _, ip := range o.ips {
		if net.ParseIP(ip) == nil {
			return fmt.Sprintf("--ip: %q is no address", ip)
		}
	}
	return ""
}

func certIssue(args []string, std streams) error {
	var o issueFlags
	rest, err := flags("cert issue", args, std, func(f *flag.FlagSet) {
		f.StringVar(&o.ca, "ca", "", "the `folder` that `kakeru cert ca` wrote")
		f.StringVar(&o.out, "out", ".", "the `folder` to write to")
		f.Var(&o.names, "name", "the `host` that it is for; may be given several times")
		f.Var(&o.ips, "ip", "an `address` that it is for; may be given several times")
		f.IntVar(&o.days, "days", leafDays, "how long it is valid")
		f.BoolVar(&o.force, "force", false, "overwrite what is there: a renewal")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{"arguments not understood"}
	}
	if wrong := o.wrong(); wrong != "" {
		return errUsage{wrong}
	}
	ca, signer, err := readPair(filepath.Join(o.ca, caName))
	if err != nil {
		return fmt.Errorf("--ca: %w", err)
	}
	leaf := o.leaf(ca)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	if err := trusted(ca, der, append(o.names, o.ips...)); err != nil {
		return err
	}
	path := filepath.Join(o.out, strings.ReplaceAll(append(o.names, o.ips...)[0], "*", "any"))
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return err
	}
	if err := writePair(path, der, key, o.force); err != nil {
		return err
	}
	until := leaf.NotAfter.Format(time.DateOnly)
	fmt.Fprintf(std.out, "%s.crt and %s.key, valid until %s. For the panel: http.tls.cert and http.tls.key; for phones: sip.tls.cert and sip.tls.key; "+
		"for PostgreSQL: ssl_cert_file and ssl_key_file; for Redis: tls-cert-file and tls-key-file. The files belong to the user that reads them (chown)\n", path, path, until)
	fmt.Fprintf(std.out, "to renew: the same command with --force; the panel and the SIP side take up the new files by themselves\n")
	fmt.Fprintf(std.out, "有効期限は %s です。パネルは http.tls、電話機は sip.tls に指定してください。読む利用者の所有(chown)にします。更新は同じ命令に --force を付けて行い、再起動は要りません\n", until)
	return nil
}

func (o issueFlags) leaf(ca *x509.Certificate) *x509.Certificate {
	now := time.Now()
	leaf := &x509.Certificate{
		SerialNumber: newSerial(), Subject: pkix.Name{CommonName: append(o.names, o.ips...)[0]}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, o.days),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature, DNSNames: o.names,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, // one that SIP and Redis show as a client too
	}
	if leaf.NotAfter.After(ca.NotAfter) {
		leaf.NotAfter = ca.NotAfter
	}
	for _, ip := range o.ips {
		leaf.IPAddresses = append(leaf.IPAddresses, net.ParseIP(ip))
	}
	return leaf
}

// trusted makes sure that whoever trusts the authority trusts what it has just signed.
func trusted(ca *x509.Certificate, der []byte, names []string) error {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	for _, name := range names {
		if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: strings.Replace(name, "*", "any", 1)}); err != nil {
			return fmt.Errorf("nobody would trust it for %s: %w; the authority may be for other names (--permit), or has expired", name, err)
		}
	}
	return nil
}

func newSerial() *big.Int {
	n, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	return n
}

// writePair writes a certificate and its key, which nobody else may read; neither over one that is there, unless forced.
func writePair(path string, der []byte, key *ecdsa.PrivateKey, force bool) error {
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	files := []struct {
		path  string
		block *pem.Block
	}{{path + ".key", &pem.Block{Type: signingBlock, Bytes: secret}}, {path + ".crt", &pem.Block{Type: "CERTIFICATE", Bytes: der}}}
	for _, f := range files {
		if _, err := os.Lstat(f.path); !force && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s exists, and is not overwritten; give another folder, or --force", f.path)
		}
	}
	const half = ".new"
	for _, f := range files { // whole and beside the old ones first: cut off here, those stand
		if err := os.Remove(f.path + half); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := newFile(f.path+half, func(w io.Writer) error { return pem.Encode(w, f.block) }); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := os.Rename(f.path+half, f.path); err != nil {
			return err
		}
	}
	return nil
}

func readPair(path string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(path + ".crt") //nolint:gosec // named by the administrator
	if err != nil {
		return nil, nil, fmt.Errorf("%w; make an authority with `kakeru cert ca --out FOLDER`", err)
	}
	secret, err := os.ReadFile(path + ".key") //nolint:gosec // the same
	if err != nil {
		return nil, nil, fmt.Errorf("%w; bring the authority's key from where it is kept", err)
	}
	cert, key, ok := pairOf(text, secret)
	if !ok {
		return nil, nil, fmt.Errorf("%s.crt and .key are not what `kakeru cert ca` wrote", path)
	}
	return cert, key, nil
}

// pairOf reads a certificate and its key in PEM; ok is false when they are not that, or do not belong together.
func pairOf(text, secret []byte) (cert *x509.Certificate, key *ecdsa.PrivateKey, ok bool) {
	one, _ := pem.Decode(text)
	two, _ := pem.Decode(secret)
	if one == nil || two == nil {
		return nil, nil, false
	}
	cert, err1 := x509.ParseCertificate(one.Bytes)
	parsed, err2 := x509.ParsePKCS8PrivateKey(two.Bytes)
	key, ok = parsed.(*ecdsa.PrivateKey)
	if err1 != nil || err2 != nil || !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, false
	}
	return cert, key, true
}

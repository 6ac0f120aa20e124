package sip

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// TLS says how we speak TLS (RFC 3261 §26.2.1, RFC 5630). Files are read again when they change; a connection that is open
// stays as it is.
type TLS struct {
	// Listen is our TLS address, "192.0.2.10:5061"; empty to take no TLS connections.
	Listen string
	// Certificate and Key are PEM files: what we show to phones, and to trunks that ask for it. The certificate is for the
	// name or address that phones are configured with.
	Certificate, Key string
	// CA is a PEM file of whom we trust to sign trunks' certificates; those that the system trusts if empty.
	CA string
}

func (t TLS) validate(fault func(key, format string, args ...any)) {
	if t.Listen != "" {
		if _, err := netip.ParseAddrPort(t.Listen); err != nil {
			fault("tls.listen", "must be an IP address and a port, such as 0.0.0.0:5061")
		}
		if t.Certificate == "" {
			fault("tls.cert", "is missing: nobody can be served over TLS without a certificate")
		}
	}
	if (t.Certificate == "") != (t.Key == "") {
		fault("tls.key", "a certificate and its key go together")
	}
}

// certificates are read from files, and again when the files have changed.
type certificates struct {
	files TLS
	log   *slog.Logger
	now   func() time.Time

	mu    sync.Mutex
	ours  changing[*tls.Certificate]
	later *tls.Certificate // what the files hold and is not shown: what is shown is good, and this has expired, or is not valid yet
	roots changing[*x509.CertPool]
}

// changing is what was made of files, and when they were last changed.
type changing[T any] struct {
	made T
	seen []time.Time
}

func newCertificates(files TLS, log *slog.Logger) *certificates {
	return &certificates{files: files, log: log, now: time.Now}
}

// again makes the thing anew if a file has changed. What cannot be used leaves what was there before, and is said once.
func (c *changing[T]) again(log *slog.Logger, read func() (T, error), files ...string) error {
	var seen []time.Time
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			seen = append(seen, info.ModTime())
		}
	}
	if c.seen != nil && slices.EqualFunc(c.seen, seen, time.Time.Equal) {
		return nil
	}
	first := c.seen == nil
	c.seen = append([]time.Time{}, seen...)
	made, err := read()
	switch {
	case err == nil:
		c.made = made
	case !first:
		log.Error("sip: a changed certificate cannot be used; the old one stays", "err", err)
	}
	return err
}

// own is our certificate as it is now. A good one does not give way to one that others would refuse (RFC 5280 §6.1.3); that one is taken up when its
// time comes, or when the good one's is over and the other's ends later.
func (c *certificates) own() (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.ours.again(c.log, c.read, c.files.Certificate, c.files.Key)
	if c.later != nil && c.better(c.later) {
		c.log.Info("sip: the certificate that the files hold is shown from now on", "until", c.later.Leaf.NotAfter)
		c.ours.made, c.later = c.later, nil
	}
	if c.ours.made != nil {
		return c.ours.made, nil
	}
	return nil, orElse(err, errors.New("there is no certificate"))
}

// read needs mu: what the files hold. What is out of date is shown only where there is nothing better, which is said.
func (c *certificates) read() (*tls.Certificate, error) {
	c.later = nil
	pair, err := tls.LoadX509KeyPair(c.files.Certificate, c.files.Key)
	if err != nil {
		return nil, err
	}
	wrong := untimely(pair.Leaf, c.now())
	switch {
	case wrong == nil:
	case c.ours.made != nil && !c.better(&pair):
		c.later = &pair
		return nil, wrong
	default:
		c.log.Error("sip: phones and trunks that check our certificate will refuse it", "err", wrong)
	}
	return &pair, nil
}

// better needs mu: it is to be shown in the place of what is.
func (c *certificates) better(than *tls.Certificate) bool {
	now := c.now()
	if untimely(than.Leaf, now) == nil {
		return true
	}
	shown := c.ours.made.Leaf
	return untimely(shown, now) != nil && than.Leaf.NotAfter.After(shown.NotAfter)
}

// untimely is why a certificate is not valid at an instant (RFC 5280 §4.1.2.5); nil when it is.
func untimely(cert *x509.Certificate, at time.Time) error {
	switch {
	case at.After(cert.NotAfter):
		return fmt.Errorf("the certificate has expired on %s; renew it", cert.NotAfter.Format(time.DateTime))
	case at.Before(cert.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s; look at this machine's clock", cert.NotBefore.Format(time.DateTime))
	}
	return nil
}

// trusted is whom we trust; nil for whom the system does.
func (c *certificates) trusted() (*x509.CertPool, error) {
	if c.files.CA == "" {
		return nil, nil //nolint:nilnil // crypto/tls takes it for the system's
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.roots.again(c.log, func() (*x509.CertPool, error) { return readRoots(c.files.CA) }, c.files.CA)
	if c.roots.made != nil {
		return c.roots.made, nil
	}
	return nil, orElse(err, errors.New("there are no certificates in the file of sip.tls.ca"))
}

func readRoots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // named by the administrator
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}

// server is for connections that we take.
func (c *certificates) server() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.own() },
	}
}

// client is for a connection of ours to whoever can show a certificate for the name: the SIP domain that is asked for, not
// the host that its SRV records point to, for whoever can forge those could point anywhere (RFC 5922 §4).
func (c *certificates) client(name string) (*tls.Config, error) {
	if name == "" {
		return nil, errors.New("it has no name that a certificate could be checked for")
	}
	roots, err := c.trusted()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ServerName: name, RootCAs: roots,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if c.files.Certificate == "" {
				return &tls.Certificate{}, nil
			}
			return c.own()
		},
	}, nil
}

// check reads everything once, before anything relies on it.
func (c *certificates) check() error {
	if c.files.Certificate != "" {
		if _, err := c.own(); err != nil {
			return fmt.Errorf("sip.tls.cert, sip.tls.key: %w", err)
		}
	}
	if _, err := c.trusted(); err != nil {
		return fmt.Errorf("sip.tls.ca: %w", err)
	}
	return nil
}

package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// streamPeer is a peer of TCP or TLS: it listens, and opens connections where it has none. The library's own parser cuts
// what comes, so that our framing is not judged by itself.
type streamPeer struct {
	*peer

	secure *tls.Config // nil for TCP
	work   sync.WaitGroup

	mu     sync.Mutex
	closed bool
	conns  map[string]net.Conn // by the far end's address
	opened int                 // how many connections there have been
	// greeting is what is said first; no SIP peer says anything.
	greeting string
	pongs    chan struct{}
}

func newStreamPeer(t *testing.T, secure *tls.Config) *streamPeer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &streamPeer{
		peer:   &peer{addr: listenerAddr(l), got: make(chan sip.Message, 10000), by: overTCP, times: map[string]int{}},
		secure: secure, conns: map[string]net.Conn{}, pongs: make(chan struct{}, 100),
	}
	if secure != nil {
		p.by = overTLS
	}
	p.out = p.sendTo
	p.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if secure != nil {
				conn = tls.Server(conn, secure)
			}
			p.take(conn)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.hangUp()
		p.work.Wait()
	})
	return p
}

// take reads from a connection until it ends.
func (p *streamPeer) take(conn net.Conn) {
	from := conn.RemoteAddr().String()
	p.mu.Lock()
	p.conns[from] = conn
	p.opened++
	if p.greeting != "" {
		_, _ = conn.Write([]byte(p.greeting))
	}
	if p.closed {
		_ = conn.Close()
	}
	p.mu.Unlock()
	p.work.Go(func() {
		stream, buf := sip.NewParser().NewSIPStream(), make([]byte, 4096)
		defer func() {
			_ = conn.Close()
			p.mu.Lock()
			if p.conns[from] == conn {
				delete(p.conns, from)
			}
			p.mu.Unlock()
		}()
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			if string(buf[:n]) == "\r\n" {
				p.pongs <- struct{}{}
				continue
			}
			err = stream.ParseSIPStream(buf[:n], func(m sip.Message) {
				m.SetSource(from)
				p.count(m.String())
				p.got <- m
			})
			if err != nil && !errors.Is(err, sip.ErrParseSipPartial) {
				return
			}
		}
	})
}

func (p *streamPeer) count(text string) {
	p.peer.mu.Lock()
	defer p.peer.mu.Unlock()
	p.times[text]++
}

// sendTo uses the connection from or to an address, or opens one.
func (p *streamPeer) sendTo(to, text string) {
	p.mu.Lock()
	conn := p.conns[to]
	p.mu.Unlock()
	if conn == nil {
		var err error
		if conn, err = net.Dial("tcp", to); err != nil {
			return
		}
		if p.secure != nil {
			conn = tls.Client(conn, p.secure)
		}
		p.take(conn)
	}
	_, _ = conn.Write([]byte(text))
}

// hangUp closes all connections.
func (p *streamPeer) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	clear(p.conns)
}

// connections is how many are open now, and how many there have been.
func (p *streamPeer) connections() (now, ever int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns), p.opened
}

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate, in PEM
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	ca := &authority{file: filepath.Join(t.TempDir(), "ca.pem")}
	der, key := sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}, nil)
	ca.key = key
	var err error
	if ca.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	writePEM(t, ca.file, "CERTIFICATE", der)
	return ca
}

// sign makes a key and a certificate of it; ca is nil for one that signs itself.
func sign(t *testing.T, made *x509.Certificate, ca *authority) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent, signer := made, key
	if ca != nil {
		parent, signer = ca.cert, ca.key
	}
	der, err := x509.CreateCertificate(rand.Reader, made, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

// identity is a certificate and its key as files. A name that is an address becomes an IP SAN.
type identity struct{ cert, key string }

func (ca *authority) issue(t *testing.T, id identity, life time.Duration, names ...string) identity {
	t.Helper()
	made := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	for _, name := range names {
		if addr, err := netip.ParseAddr(name); err == nil {
			made.IPAddresses = append(made.IPAddresses, addr.AsSlice())
		} else {
			made.DNSNames = append(made.DNSNames, name)
		}
	}
	der, key := sign(t, made, ca)
	if id == (identity{}) {
		dir := t.TempDir()
		id = identity{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	}
	writePEM(t, id.cert, "CERTIFICATE", der)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, id.key, "PRIVATE KEY", secret)
	return id
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// config is a peer's TLS: it shows the identity, trusts the authority, and takes a far end for 127.0.0.1.
func (ca *authority) config(t *testing.T, id identity) *tls.Config {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(id.cert, id.key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, RootCAs: roots, ServerName: "127.0.0.1"}
}

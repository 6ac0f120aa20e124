package queue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/dialer/fleet"
)

func connected(t *testing.T, s Server) *Queue {
	t.Helper()
	q, err := Connect(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.Close() })
	return q
}

func answers(t *testing.T, q *Queue) {
	t.Helper()
	eventually(t, "redis answers", func() bool { return q.Ping(t.Context()) == nil })
}

// emptied removes our keys from every server, for the next test of a suite.
func emptied(t *testing.T, servers ...*storestest.RedisServer) {
	t.Helper()
	for _, s := range servers {
		c := s.Client(t)
		eventually(t, "the server answers", func() bool { return c.Ping(t.Context()).Err() == nil })
		if err := c.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func addresses(servers []*storestest.RedisServer) (all []string) {
	for _, s := range servers {
		all = append(all, s.Addr)
	}
	return all
}

func TestConformanceBehindSentinels(t *testing.T) {
	master := storestest.StartRedis(t)
	answers(t, openAt(t, "redis://"+master.Addr))
	sentinels := storestest.StartSentinels(t, master)
	dialertest.RunQueue(t, func(t *testing.T) dialer.Queue {
		q := connected(t, Server{Sentinel: &Sentinel{Master: "kakeru", Addresses: addresses(sentinels)}})
		answers(t, q)
		emptied(t, master)
		return q
	})
}

func TestConformanceInACluster(t *testing.T) {
	nodes := storestest.StartCluster(t)
	dialertest.RunQueue(t, func(t *testing.T) dialer.Queue {
		q := connected(t, Server{Cluster: addresses(nodes)})
		answers(t, q)
		emptied(t, nodes...)
		return q
	})
}

// failover is a master that sentinels watch, with a replica of it.
type failover struct {
	master, replica *storestest.RedisServer
	q               *Queue
	line
}

func watched(t *testing.T) failover {
	t.Helper()
	f := failover{master: storestest.StartRedis(t)}
	answers(t, openAt(t, "redis://"+f.master.Addr))
	host, port, _ := net.SplitHostPort(f.master.Addr)
	f.replica = storestest.StartRedis(t, "replicaof "+host+" "+port)
	c := f.replica.Client(t)
	eventually(t, "the replica follows", func() bool {
		return strings.Contains(c.Info(t.Context(), "replication").Val(), "master_link_status:up")
	})
	sentinels := storestest.StartSentinels(t, f.master)
	f.q = connected(t, Server{Sentinel: &Sentinel{Master: "kakeru", Addresses: addresses(sentinels)}})
	f.line = line{f.q, t}
	answers(t, f.q)
	for _, s := range sentinels {
		c := s.Client(t)
		eventually(t, "the sentinels know each other and the replica", func() bool {
			m := c.Do(t.Context(), "SENTINEL", "MASTER", "kakeru").String()
			return strings.Contains(m, "num-other-sentinels:2") && strings.Contains(m, "num-slaves:1")
		})
	}
	return f
}

func (f failover) synced() {
	f.t.Helper()
	if n, err := f.master.Client(f.t).Wait(f.t.Context(), 1, 5*time.Second).Result(); err != nil || n != 1 {
		f.t.Fatalf("%d replicas have it all, %v", n, err)
	}
}

// promoted kills the master and waits until the replica has taken over.
func (f failover) promoted() {
	f.t.Helper()
	f.master.Kill()
	c := f.replica.Client(f.t)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if strings.Contains(c.Info(f.t.Context(), "replication").Val(), "role:master") {
			return
		}
		if time.Now().After(end) {
			f.t.Fatal("the sentinels promoted nobody")
		}
	}
}

// The replica lacks the last claim and the last change: what it has is not handed out before the line was rebuilt.
func TestFailoverToAnOlderReplica(t *testing.T) {
	f := watched(t)
	ws := []dialer.Waiting{at("talking", -3, 0), at("lost claim", -2, 0), at("done", -1, 0), at("next", -1, 1)}
	f.must(f.q.Rebuild(t.Context(), each(ws...), nil))
	talk, done := f.claim("d1", "talking"), f.claim("d3", "done")
	f.synced()
	c := f.replica.Client(t)
	f.must(c.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err()) // cut off; the sentinels make it a replica of whoever is master again
	lost := f.claim("d2", "")
	if lost.Case != "lost claim" {
		t.Fatalf("claimed %s", lost.Case)
	}
	f.must(f.q.Done(t.Context(), done, nil))
	f.promoted()

	var claim dialer.Claim
	eventually(t, "a claim is answered again", func() bool {
		var err error
		claim, err = f.q.Claim(t.Context(), "d4", "", everybodys, long)
		return !errors.Is(err, dialer.ErrQueueDown)
	})
	if claim.Case != "" {
		t.Fatalf("%q was handed out from an old copy", claim.Case)
	}
	if built, err := f.q.Built(t.Context()); err != nil || built {
		t.Fatalf("an old copy says built: %v %v", built, err)
	}
	// What the engine does then.
	f.must(f.q.Rebuild(t.Context(), each(ws[0], ws[1], ws[3]), []dialer.Claim{talk, lost}))
	if built, err := f.q.Built(t.Context()); err != nil || !built {
		t.Fatalf("after the rebuild: %v %v", built, err)
	}
	if c := f.claim("d4", ""); c.Case != "next" {
		t.Fatalf("claimed %s", c.Case)
	}
	f.claimFails("d5", "", dialer.ErrQueueEmpty)
	f.must(f.q.Renew(t.Context(), talk, long))
	f.must(f.q.Renew(t.Context(), lost, long))
}

func TestFailoverToAnEmptyReplica(t *testing.T) {
	f := watched(t)
	f.must(f.q.Rebuild(t.Context(), each(at("a", -1, 0)), nil))
	f.synced()
	a := f.claim("d1", "")
	f.must(f.replica.Client(t).Do(t.Context(), "REPLICAOF", "NO", "ONE").Err())
	f.must(f.replica.Client(t).FlushAll(t.Context()).Err())
	f.promoted()
	eventually(t, "redis answers again", func() bool { return f.q.Ping(t.Context()) == nil })
	f.claimFails("d2", "", dialer.ErrQueueEmpty)
	if built, err := f.q.Built(t.Context()); err != nil || built {
		t.Fatalf("an empty replica says built: %v %v", built, err)
	}
	f.must(f.q.Rebuild(t.Context(), each(at("a", -1, 0)), []dialer.Claim{a}))
	f.claimFails("d2", "", dialer.ErrQueueEmpty)
	f.must(f.q.Done(t.Context(), a, nil))
}

// The slot of our keys moves to another node, which has nothing: the line is found there, not built, and built anew.
func TestClusterNodeDies(t *testing.T) {
	nodes := storestest.StartCluster(t)
	q := connected(t, Server{Cluster: addresses(nodes)})
	l := line{q, t}
	answers(t, q)
	l.must(q.Rebuild(t.Context(), each(at("a", -1, 0)), nil))
	n, err := q.node(t.Context())
	l.must(err)
	slot := q.cluster.ClusterKeySlot(t.Context(), q.keys.line).Val()
	var heir *storestest.RedisServer
	for _, s := range nodes {
		if s.Addr == n.Options().Addr {
			s.Kill()
		} else {
			heir = s
		}
	}
	_, err = q.Claim(t.Context(), "d", "", everybodys, long)
	l.wants(err, dialer.ErrQueueDown)
	for _, s := range nodes {
		if s.Addr == n.Options().Addr {
			continue
		}
		c := s.Client(t)
		eventually(t, "the slot changes hands", func() bool {
			_ = c.ClusterDelSlots(t.Context(), int(slot)).Err()
			if s != heir {
				return true
			}
			_ = c.ClusterAddSlots(t.Context(), int(slot)).Err()
			id := c.ClusterMyID(t.Context()).Val()
			return c.Do(t.Context(), "CLUSTER", "SETSLOT", slot, "NODE", id).Err() == nil &&
				c.Do(t.Context(), "CLUSTER", "BUMPEPOCH").Err() == nil
		})
	}
	eventually(t, "the line is found elsewhere", func() bool {
		built, err := q.Built(t.Context())
		return err == nil && !built
	})
	// Until all nodes know of the change, whoever asks may be sent to the dead one, or have built for the wrong one; and asks again,
	// as the engine does.
	eventually(t, "the line is built, and claimed from", func() bool {
		if built, err := q.Built(t.Context()); err != nil || !built && q.Rebuild(t.Context(), each(at("a", -1, 0)), nil) != nil {
			return false
		}
		c, err := q.Claim(t.Context(), "d", "", everybodys, 200*time.Millisecond) // one whose answer is lost lapses
		return err == nil && c.Case == "a"
	})
}

// authority makes certificates that a test's server and client trust.
func authority(t *testing.T) (ca, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root, rootKey := certificate(t, nil, nil)
	leaf, leafKey := certificate(t, root, rootKey)
	der, err := x509.MarshalECPrivateKey(leafKey)
	if err != nil {
		t.Fatal(err)
	}
	return write("ca.pem", "CERTIFICATE", root.Raw), write("cert.pem", "CERTIFICATE", leaf.Raw), write("key.pem", "EC PRIVATE KEY", der)
}

func certificate(t *testing.T, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	number := big.NewInt(time.Now().UnixNano())
	c := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: "test " + number.String()}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: by == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if by == nil {
		by, byKey = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made, key
}

func TestTLS(t *testing.T) {
	ca, cert, key := authority(t)
	other, _, _ := authority(t)
	plain := storestest.StartRedis(t) // only to have a second port
	_, port, _ := net.SplitHostPort(plain.Addr)
	plain.Kill()
	storestest.StartRedis(t, "tls-port "+port, "tls-cert-file "+cert, "tls-key-file "+key, "tls-ca-cert-file "+ca)
	url := "rediss://127.0.0.1:" + port
	q := connected(t, Server{URL: url, TLS: &TLS{CAFile: ca, CertFile: cert, KeyFile: key}})
	answers(t, q)
	l := line{q, t}
	l.must(q.Rebuild(t.Context(), each(at("a", -1, 0)), nil))
	l.claim("d", "")
	for name, files := range map[string]TLS{
		"a server that nobody vouches for": {CAFile: other, CertFile: cert, KeyFile: key}, "without showing who we are": {CAFile: ca},
	} {
		if err := connected(t, Server{URL: url, TLS: &files}).Ping(t.Context()); !errors.Is(err, dialer.ErrQueueDown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for want, s := range map[string]Server{
		"redis.tls.ca_file": {URL: url, TLS: &TLS{CAFile: "/no/such"}}, "no certificate in PEM": {URL: url, TLS: &TLS{CAFile: key}},
		"redis.tls.cert_file": {URL: url, TLS: &TLS{CertFile: "/no/such"}}, "write rediss://": {URL: "redis://h", TLS: &TLS{CAFile: ca}},
	} {
		if _, err := Connect(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The user that docs/queue.md tells to make may do all that we do, and nothing beside.
func TestACLUser(t *testing.T) {
	const password = "kept-quiet"
	page, err := os.ReadFile("../docs/queue.md")
	if err != nil {
		t.Fatal(err)
	}
	_, user, found := strings.Cut(string(page), "\nuser kakeru ") // the line in the page, word for word
	if !found {
		t.Fatal("the page tells of no user")
	}
	user, _, _ = strings.Cut(user, "\n")
	s := storestest.StartRedis(t, "user kakeru "+strings.Replace(user, ">PASSWORD", ">"+password, 1))
	admin := s.Client(t)
	eventually(t, "the server answers", func() bool { return admin.Ping(t.Context()).Err() == nil })
	dialertest.RunQueue(t, func(t *testing.T) dialer.Queue {
		if err := admin.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		q := openAt(t, "redis://kakeru:"+password+"@"+s.Addr)
		if _, _, err := q.Depth(t.Context()); err != nil {
			t.Fatal(err)
		}
		return q
	})
	dialertest.RunWire(t, func(t *testing.T) func(*testing.T) fleet.Wire {
		own := storestest.StartRedis(t, "user kakeru "+strings.Replace(user, ">PASSWORD", ">"+password, 1))
		eventually(t, "the server answers", func() bool { return own.Client(t).Ping(t.Context()).Err() == nil })
		return func(t *testing.T) fleet.Wire { t.Helper(); return wireAt(t, "redis://kakeru:"+password+"@"+own.Addr) }
	})
	if _, err := wireAt(t, "redis://kakeru:"+password+"@"+s.Addr).PhoneBook().Find(t.Context(), []dialer.DeskID{"desk1"}); err != nil {
		t.Errorf("the phones: %v", err)
	}
	c := openAt(t, "redis://kakeru:"+password+"@"+s.Addr).client
	for _, beyond := range [][]any{{"GET", "another's"}, {"KEYS", "*"}, {"FLUSHALL"}, {"CONFIG", "GET", "*"}, {"ACL", "LIST"}} {
		if err := c.Do(t.Context(), beyond...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("%v: %v", beyond, err)
		}
	}
	nodes := storestest.StartCluster(t, "user kakeru "+strings.Replace(user, ">PASSWORD", ">"+password, 1))
	inCluster := connected(t, Server{Cluster: addresses(nodes), Username: "kakeru", Password: password})
	answers(t, inCluster)
	if err := inCluster.Rebuild(t.Context(), each(at("a", -1, 0)), nil); err != nil {
		t.Errorf("in a cluster: %v", err)
	}
	err = openAt(t, "redis://kakeru:wrong-"+password+"@"+s.Addr).Ping(t.Context())
	if !errors.Is(err, dialer.ErrQueueDown) || strings.Contains(err.Error(), password) {
		t.Errorf("a wrong password: %v", err)
	}
}

package queue

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"kakeru/dialer"
)

// Server says where Redis is, in one of three ways: a server by its URL, the master that sentinels watch over, or a cluster.
// Errors about it begin with the key of the settings that is wrong, and quote no password.
type Server struct {
	URL      string    // redis://, rediss:// or unix://, as go-redis has it
	Sentinel *Sentinel // nil for none
	Cluster  []string  // host:port of some of its nodes

	// Username and Password are for the servers behind sentinels or in a cluster; a URL brings its own.
	Username, Password string
	DB                 int // behind sentinels; a cluster has number 0 alone
	// TLS is nil for none; with a URL it only adds to rediss://.
	TLS *TLS
	// Log is told what was thrown away there, by its key; nil for none.
	Log *slog.Logger
}

// Sentinel is how the sentinels are reached, and what they call the master.
type Sentinel struct {
	Master             string
	Addresses          []string
	Username, Password string // of the sentinels themselves; empty for none
}

// TLS are files in PEM. CAFile names who may vouch for the server, the system's own authorities when empty; the other two
// show who we are to a server that asks.
type TLS struct{ CAFile, CertFile, KeyFile string }

// errURL has no cause: that may quote the URL, and with it a password.
var errURL = errors.New("redis.url: cannot be read; it must look like redis://host:6379/0 or unix:///path/redis.sock")

// connect makes the client. Nothing is connected yet.
func (q *Queue) connect(s Server) error {
	// The client would log every refused connection; what fails is returned, and its user logs the change.
	logging.Disable()
	secured, err := s.TLS.config()
	if err != nil {
		return err
	}
	switch {
	case s.Sentinel != nil:
		one := redis.NewFailoverClient(s.failover(secured, q.one.greet))
		q.client, q.one.Client = one, one
	case len(s.Cluster) > 0:
		q.cluster = redis.NewClusterClient(s.clustered(secured, q.newNode))
		q.client = q.cluster
	default:
		o, err := redis.ParseURL(s.URL)
		if err != nil {
			return errURL
		}
		if o.TLSConfig == nil && secured != nil {
			return errors.New("redis.tls: is of no use with this redis.url; write rediss:// there, or leave the files out")
		}
		if secured != nil {
			secured.ServerName = o.TLSConfig.ServerName
			o.TLSConfig = secured
		}
		bound(o)
		o.OnConnect = q.one.greet
		one := redis.NewClient(o)
		q.client, q.one.Client = one, one
	}
	return nil
}

// bound sets how long anything may take. A script that was sent may have run: it is never sent again behind our back.
func bound(o *redis.Options) {
	o.MaxRetries, o.DialerRetries = -1, 1
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = answerLimit, answerLimit, answerLimit, answerLimit
	o.ContextTimeoutEnabled = true
	// A connection is ready after one exchange less, and asks for nothing that an old server lacks.
	o.DisableIdentity = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func (s Server) failover(secured *tls.Config, greet func(context.Context, *redis.Conn) error) *redis.FailoverOptions {
	var o redis.Options
	bound(&o)
	return &redis.FailoverOptions{
		MasterName: s.Sentinel.Master, SentinelAddrs: s.Sentinel.Addresses,
		SentinelUsername: s.Sentinel.Username, SentinelPassword: s.Sentinel.Password,
		Username: s.Username, Password: s.Password, DB: s.DB, TLSConfig: secured, OnConnect: greet,
		MaxRetries: o.MaxRetries, DialerRetries: o.DialerRetries, DialTimeout: o.DialTimeout, ReadTimeout: o.ReadTimeout,
		WriteTimeout: o.WriteTimeout, PoolTimeout: o.PoolTimeout, ContextTimeoutEnabled: true, DisableIdentity: true,
	}
}

// clustered makes each node's client by newNode, which bounds it.
func (s Server) clustered(secured *tls.Config, newNode func(*redis.Options) *redis.Client) *redis.ClusterOptions {
	return &redis.ClusterOptions{
		Addrs: s.Cluster, Username: s.Username, Password: s.Password, TLSConfig: secured, NewClient: newNode,
		MaxRedirects: -1, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

func (t *TLS) config() (*tls.Config, error) {
	if t == nil {
		return nil, nil //nolint:nilnil // no TLS is no mistake
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("redis.tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("redis.tls.ca_file: holds no certificate in PEM")
		}
	}
	if t.CertFile != "" || t.KeyFile != "" {
		ours, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("redis.tls.cert_file, redis.tls.key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{ours}
	}
	return c, nil
}

func (q *Queue) newNode(o *redis.Options) *redis.Client {
	n := &node{}
	bound(o)
	o.OnConnect = n.greet
	n.Client = redis.NewClient(o)
	q.nodes.Store(n.Client, n)
	return n.Client
}

// node is the server that holds the line now.
func (q *Queue) node(ctx context.Context) (*node, error) {
	if q.cluster == nil {
		return &q.one, nil
	}
	c, err := q.cluster.MasterForKey(ctx, q.keys.line)
	if err != nil {
		return nil, q.down(ctx, err)
	}
	made, _ := q.nodes.Load(c)
	n, ok := made.(*node)
	if !ok {
		return nil, q.down(ctx, errors.New("a node of the cluster that newNode has not made"))
	}
	return n, nil
}

// down wraps what went wrong between us and Redis. What no script can read is thrown away. Another node of a cluster may have the line by now: the next one who asks
// is sent there.
func (q *Queue) down(ctx context.Context, err error, beside ...kept) error {
	if err == nil {
		return nil
	}
	if stumbled(err) {
		q.discard(ctx, beside...)
	}
	if q.cluster != nil {
		q.cluster.ReloadState(ctx)
	}
	return fmt.Errorf("%w: %w", dialer.ErrQueueDown, err)
}

package configs

import (
	"fmt"
	"strings"
)

// Redis is the queue's Redis: one server by its URL, the master that sentinels watch over, or a cluster.
type Redis struct {
	URL      string        `koanf:"url"`
	URLFile  string        `koanf:"url_file"` // holds the URL, where a password is in it
	Sentinel RedisSentinel `koanf:"sentinel"`
	Cluster  RedisCluster  `koanf:"cluster"`
	// Username, Password and DB are for the servers behind sentinels or in a cluster; a URL has its own.
	Username string `koanf:"username"`
	Password string `koanf:"password"`
	// PasswordFile holds the password instead.
	PasswordFile string   `koanf:"password_file"`
	DB           int      `koanf:"db"`
	TLS          RedisTLS `koanf:"tls"`
}

// RedisSentinel is how the sentinels are reached. Username and Password are theirs.
type RedisSentinel struct {
	Master    string   `koanf:"master"`
	Addresses []string `koanf:"addresses"`
	Username  string   `koanf:"username"`
	Password  string   `koanf:"password"`
	// PasswordFile holds the password instead.
	PasswordFile string `koanf:"password_file"`
}

// RedisCluster names some nodes of a cluster.
type RedisCluster struct {
	Addresses []string `koanf:"addresses"`
}

// RedisTLS is how the servers are trusted, and shown who we are. With a URL, rediss:// turns it on.
type RedisTLS struct {
	On     bool   `koanf:"on"`
	CAFile string `koanf:"ca_file"`
	Cert   string `koanf:"cert"`
	Key    string `koanf:"key"`
}

func (r Redis) check(p *problems) {
	sentinel, cluster := r.Sentinel.Master != "" || len(r.Sentinel.Addresses) > 0, len(r.Cluster.Addresses) > 0
	switch {
	case sentinel && cluster:
		p.addf("redis.cluster", "is written together with redis.sentinel; keep the one that there is")
	case r.URL != "" && sentinel:
		p.addf("redis.url", "is written together with redis.sentinel; leave the URL out")
	case r.URL != "" && cluster:
		p.addf("redis.url", "is written together with redis.cluster; leave the URL out")
	case sentinel:
		p.needed("redis.sentinel.master", r.Sentinel.Master, "the name that the sentinels know the master by")
		if len(r.Sentinel.Addresses) == 0 {
			p.addf("redis.sentinel.addresses", "is missing; write host:port of each sentinel")
		}
	case !cluster:
		p.needed("redis.url", r.URL, "redis://host:6379/0")
		r.checkSingle(p)
	}
	for i, a := range r.Sentinel.Addresses {
		p.hostPort(fmt.Sprintf("redis.sentinel.addresses[%d]", i), a)
	}
	for i, a := range r.Cluster.Addresses {
		p.hostPort(fmt.Sprintf("redis.cluster.addresses[%d]", i), a)
	}
	if r.DB < 0 || cluster && r.DB != 0 {
		p.addf("redis.db", "%d cannot be; write 0 or more, and 0 for a cluster", r.DB)
	}
	if (r.TLS.Cert == "") != (r.TLS.Key == "") {
		p.addf("redis.tls.key", "a certificate and its key go together; write both files")
	}
	if !r.secured() && (r.TLS.CAFile != "" || r.TLS.Cert != "") {
		p.addf("redis.tls", "has files, but is off; write rediss:// in redis.url, or on: true for sentinels and clusters")
	}
}

// checkSingle refuses what a URL says by itself.
func (r Redis) checkSingle(p *problems) {
	if r.Username != "" || r.Password != "" || r.DB != 0 {
		p.addf("redis.username", "with redis.url these stand in the URL: redis://username:password@host:6379/db")
	}
	if r.TLS.On {
		p.addf("redis.tls.on", "with redis.url, write rediss:// there")
	}
}

func (r Redis) secured() bool { return r.TLS.On || strings.HasPrefix(r.URL, "rediss://") }

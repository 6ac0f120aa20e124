package configs

import (
	"strings"
	"testing"
)

func TestRedisIsReachedInOneWay(t *testing.T) {
	sentinel := RedisSentinel{Master: "kakeru", Addresses: []string{"s1:26379"}}
	cluster := RedisCluster{Addresses: []string{"n1:6379", "n2:6379"}}
	for _, good := range []Redis{
		{URL: "redis://h"}, {URL: "rediss://h", TLS: RedisTLS{CAFile: "ca.pem", Cert: "c", Key: "k"}}, {Sentinel: sentinel, DB: 3, Password: "p"},
		{Cluster: cluster, Username: "u", Password: "p", TLS: RedisTLS{On: true, CAFile: "ca.pem"}},
	} {
		var p problems
		if good.check(&p); len(p) != 0 {
			t.Errorf("%+v: %v", good, p)
		}
	}
	for key, bad := range map[string]Redis{
		"redis.url: is missing":              {},
		"redis.url: is written together":     {URL: "redis://h", Cluster: cluster},
		"redis.url: is written together w":   {URL: "redis://h", Sentinel: sentinel},
		"redis.cluster: ":                    {Sentinel: sentinel, Cluster: cluster},
		"redis.sentinel.master: ":            {Sentinel: RedisSentinel{Addresses: []string{"s1:26379"}}},
		"redis.sentinel.addresses: ":         {Sentinel: RedisSentinel{Master: "kakeru"}},
		"redis.sentinel.addresses[0]: ":      {Sentinel: RedisSentinel{Master: "kakeru", Addresses: []string{"s1"}}},
		"redis.cluster.addresses[1]: ":       {Cluster: RedisCluster{Addresses: []string{"n1:1", ":"}}},
		"redis.db: ":                         {Cluster: cluster, DB: 1},
		"redis.db: -1":                       {Sentinel: sentinel, DB: -1},
		"redis.username: ":                   {URL: "redis://h", Password: "kept-quiet"},
		"redis.tls.on: ":                     {URL: "rediss://h", TLS: RedisTLS{On: true}},
		"redis.tls.key: ":                    {URL: "rediss://h", TLS: RedisTLS{Cert: "c"}},
		"redis.tls: has files, but is off; ": {Sentinel: sentinel, TLS: RedisTLS{CAFile: "ca.pem"}},
	} {
		var p problems
		bad.check(&p)
		all := ""
		for _, err := range p {
			all += err.Error() + "\n"
		}
		if !strings.Contains(all, "settings: "+key) || strings.Contains(all, "kept-quiet") {
			t.Errorf("want %s, got %s", key, all)
		}
	}
}

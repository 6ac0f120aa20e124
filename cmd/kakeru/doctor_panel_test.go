package main

import (
	"strings"
	"testing"

	"kakeru/configs"
)

// TestThePanelsWayIsLookedAt: http over the network, and a proxy that is not named, are told.
func TestThePanelsWayIsLookedAt(t *testing.T) {
	own := configs.HTTPTLS{Cert: "c", Key: "k"}
	named := []string{"192.0.2.10"}
	for name, c := range map[string]struct {
		http configs.HTTP
		want []string
	}{
		"on this machine":                   {configs.HTTP{Addr: "127.0.0.1:8080"}, nil},
		"on this machine, by IPv6":          {configs.HTTP{Addr: "[::1]:8080"}, nil},
		"by https itself":                   {configs.HTTP{Addr: "0.0.0.0:8443", TLS: own, Origin: "https://kakeru.example"}, nil},
		"over the network":                  {configs.HTTP{Addr: "0.0.0.0:8080"}, []string{"without https"}},
		"over the network, by a name":       {configs.HTTP{Addr: "panel.example:8080"}, []string{"without https"}},
		"a proxy is named, by http":         {configs.HTTP{Addr: "0.0.0.0:8080", TrustedProxies: named}, []string{"without https"}},
		"a proxy that is not named":         {configs.HTTP{Addr: "0.0.0.0:8080", SecureCookie: true}, []string{"no setting names"}},
		"its name alone is known":           {configs.HTTP{Addr: "127.0.0.1:8080", Origin: "https://kakeru.example"}, []string{"no setting names"}},
		"both":                              {configs.HTTP{Addr: "0.0.0.0:8080", Origin: "https://kakeru.example"}, []string{"without https", "no setting names"}},
		"a proxy that is named":             {configs.HTTP{Addr: "0.0.0.0:8080", SecureCookie: true, TrustedProxies: named, Origin: "https://kakeru.example"}, nil},
		"more connections than files":       {configs.HTTP{Addr: "127.0.0.1:8080", Connections: 1 << 40}, []string{"may be"}},
		"a name on this machine, for tests": {configs.HTTP{Addr: "127.0.0.1:8080", Origin: "http://localhost:8080"}, nil},
	} {
		found := checkPanelWay(c.http)
		if len(found) != len(c.want) {
			t.Errorf("%s: %v", name, found)
			continue
		}
		for i, f := range found {
			if f.grade != minor || !strings.Contains(f.says, c.want[i]) || f.todo == "" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}

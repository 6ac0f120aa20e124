package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"kakeru/configs"
	"kakeru/webui/auth"
)

// checkPanelWay looks at what lies between browsers and the panel.
func checkPanelWay(s configs.HTTP) []finding {
	host, _, err := net.SplitHostPort(s.Addr)
	ip, bad := netip.ParseAddr(host)
	away := err == nil && (bad != nil || !ip.IsLoopback())
	var all []finding
	if away && !s.SecureCookie && !s.TLS.On() {
		all = append(all, finding{
			minor, "panel", "is reached over the network without https",
			"set http.tls (`kakeru cert` makes a certificate), or put a TLS proxy in front, set http.secure_cookie and name it in http.trusted_proxies",
		})
	}
	behind := s.SecureCookie || strings.HasPrefix(s.Origin, "https:")
	if behind && !s.TLS.On() && len(s.TrustedProxies) == 0 {
		all = append(all, finding{
			minor, "panel", "is reached through a proxy that no setting names: everybody has its address in the limits, the sign-in and the record",
			"name the proxy in http.trusted_proxies",
		})
	}
	return append(all, checkDescriptors(s)...)
}

// descriptorsBeside is what the stores, SIP and RTP of a busy centre take, with room to spare.
const descriptorsBeside = 2048

// checkDescriptors sees whether the process may have as many files open as the panel's connections may come to.
func checkDescriptors(s configs.HTTP) []finding {
	var files unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) != nil || files.Max >= uint64(s.Connections)+descriptorsBeside { //nolint:gosec // checked to be positive
		return nil
	}
	return []finding{{
		minor, "open files", fmt.Sprintf("may be %d, and the panel alone may have %d connections", files.Max, s.Connections),
		fmt.Sprintf("raise LimitNOFILE (ulimit -n) to %d, or lower http.connections", s.Connections+descriptorsBeside),
	}}
}

// proxies are whose word is taken for where a request comes from.
func proxies(s configs.HTTP) auth.Proxies {
	return auth.Proxies{Trusted: s.Proxies(), Header: s.ProxyHeader}
}

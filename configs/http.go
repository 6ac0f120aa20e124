package configs

import (
	"fmt"
	"net/netip"
	"strings"
)

// HTTP is the panel's door.
type HTTP struct {
	Addr string `koanf:"addr"` // host:port
	// SecureCookie is true when the panel is reached by https (directly or through a proxy).
	SecureCookie bool `koanf:"secure_cookie"`
	// Origin is how browsers reach the panel, "https://kakeru.example"; there are no passkeys without it.
	Origin string `koanf:"origin"`
	// PerSession and PerAddress are how many requests a second are answered, over a while, to a browser that is signed in and to an
	// address from which nobody is; ten times as many at once.
	PerSession int `koanf:"per_session"`
	PerAddress int `koanf:"per_address"`
	// Connections are how many may be open at the panel's door in all, and PerAddressConnections from one address that is no trusted
	// proxy's: a browser has up to seven, the live board's among them.
	Connections           int `koanf:"connections"`
	PerAddressConnections int `koanf:"connections_per_address"`
	// TrustedProxies are the addresses and networks of the proxies in front, whose word is taken for where a request comes from. They
	// must write ProxyHeader themselves: X-Forwarded-For (when empty), or Forwarded.
	TrustedProxies []string `koanf:"trusted_proxies"`
	ProxyHeader    string   `koanf:"proxy_header"`
	// TLS serves the panel by https itself; then SecureCookie goes without saying.
	TLS HTTPTLS `koanf:"tls"`
}

// HTTPTLS are the panel's certificate, with its chain, and its key, both PEM. They are read again when they change.
type HTTPTLS struct {
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
}

// On reports whether the panel is served by https here.
func (t HTTPTLS) On() bool { return t.Cert != "" }

// Scheme is how the panel's URL begins.
func (h HTTP) Scheme() string {
	if h.TLS.On() {
		return "https"
	}
	return "http"
}

func (h HTTP) check(p *problems) {
	p.hostPort("http.addr", h.Addr)
	p.rate("http.per_session", h.PerSession)
	p.rate("http.per_address", h.PerAddress)
	p.connections("http.connections", h.Connections)
	p.connections("http.connections_per_address", h.PerAddressConnections)
	if (h.TLS.Cert == "") != (h.TLS.Key == "") {
		p.addf("http.tls.key", "a certificate and its key go together; write both files")
	}
	for i, text := range h.TrustedProxies {
		if _, err := proxy(text); err != nil {
			p.addf(fmt.Sprintf("http.trusted_proxies[%d]", i), "%v", err)
		}
	}
	if h.ProxyHeader != "" && !strings.EqualFold(h.ProxyHeader, "X-Forwarded-For") && !strings.EqualFold(h.ProxyHeader, "Forwarded") {
		p.addf("http.proxy_header", "%q is not known; write the one that your proxy writes: X-Forwarded-For or Forwarded", h.ProxyHeader)
	}
}

// Proxies are the networks of TrustedProxies, which Check has looked at.
func (h HTTP) Proxies() []netip.Prefix {
	var all []netip.Prefix
	for _, text := range h.TrustedProxies {
		if network, err := proxy(text); err == nil {
			all = append(all, network)
		}
	}
	return all
}

// The widest networks that may be believed whole. Whoever can send from there can say that they are anybody.
const (
	widestProxies4 = 8
	widestProxies6 = 32
)

func proxy(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		addr, alone := netip.ParseAddr(text)
		if alone != nil {
			return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network; write for instance 192.0.2.10 or 192.0.2.0/28", text)
		}
		network = netip.PrefixFrom(addr.WithZone(""), addr.BitLen())
	}
	widest := widestProxies4
	switch a := network.Addr(); {
	case a.Is4In6():
		return netip.Prefix{}, fmt.Errorf("%q is an address of IPv4 written as IPv6; write it as %s", text, a.Unmap())
	case a.Is6():
		widest = widestProxies6
	}
	if network.Bits() < widest {
		return netip.Prefix{}, fmt.Errorf("%q is too wide: whoever can send from there could say that they are anybody; name the proxies' own network", text)
	}
	return network.Masked(), nil
}

// Panel is what the screens allow.
type Panel struct {
	// Print: what is on the screen may be printed. The specification forbids it without leave (§19(5)).
	Print bool `koanf:"print"`
}

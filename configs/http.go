package configs

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
	if (h.TLS.Cert == "") != (h.TLS.Key == "") {
		p.addf("http.tls.key", "a certificate and its key go together; write both files")
	}
}

// Panel is what the screens allow.
type Panel struct {
	// Print: what is on the screen may be printed. The specification forbids it without leave (§19(5)).
	Print bool `koanf:"print"`
}

package configs

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Auth is how people sign in.
type Auth struct {
	// SecondFactor says of each role whether a second factor (a one-time password or a passkey) is needed besides the password: "none",
	// "optional" (asked of those who have one) or "required" (enrolled at the first sign-in).
	SecondFactor map[string]string `koanf:"second_factor"`
	// IdleLock is how long nobody touches key or mouse until the screen is masked, by role; 0: never.
	IdleLock map[string]time.Duration `koanf:"idle_lock"`
	OIDC     OIDC                     `koanf:"oidc"`
}

// OIDC is the ward's own directory, by which people may sign in (OpenID Connect). Without an issuer there is none.
type OIDC struct {
	Issuer           string `koanf:"issuer"` // exactly as it names itself
	ClientID         string `koanf:"client_id"`
	ClientSecret     string `koanf:"client_secret"`
	ClientSecretFile string `koanf:"client_secret_file"`
	Label            string `koanf:"label"` // of the button
	// Claim names people: "sub" never changes; others are as stable as the directory keeps them.
	Claim  string   `koanf:"claim"`
	Scopes []string `koanf:"scopes"` // besides openid
	// ACR and AMR are the values of those claims by which the directory says that it asked for a second factor; then ours is not asked.
	ACR       []string `koanf:"second_factor_acr"`
	AMR       []string `koanf:"second_factor_amr"`
	AskAgain  bool     `koanf:"ask_again"` // the directory asks the person at each sign-in, whatever it knows of the browser
	Passwords bool     `koanf:"passwords"` // linked people may sign in by their password too
	CAFile    string   `koanf:"ca_file"`   // of who has signed its certificate, where the system does not know them
}

// On reports whether there is a directory to sign in by.
func (o OIDC) On() bool { return o.Issuer != "" }

func (o OIDC) check(p *problems, origin string) {
	if !o.On() {
		if o.ClientID != "" || o.ClientSecret != "" {
			p.addf("auth.oidc.issuer", "is missing; write the directory's address as it names itself, or leave client_id and client_secret out")
		}
		return
	}
	u, err := url.Parse(o.Issuer)
	local := err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1")
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || (u.Scheme != "https" && !local) {
		p.addf("auth.oidc.issuer", "%q is no issuer; write https://…, exactly as \"issuer\" in its /.well-known/openid-configuration", o.Issuer)
	}
	if origin == "" {
		p.addf("http.origin", "is needed with auth.oidc: the directory sends browsers back to it")
	}
	for key, value := range map[string]string{"client_id": o.ClientID, "client_secret": o.ClientSecret, "label": o.Label, "claim": o.Claim} {
		if value == "" {
			p.addf("auth.oidc."+key, "is missing")
		}
	}
	if slices.Contains(o.Scopes, "offline_access") {
		p.addf("auth.oidc.scopes", "offline_access is of no use: nothing is asked of the directory after the sign-in")
	}
}

// Roles are those of the people who sign in.
var Roles = []string{"operator", "supervisor", "ward", "admin"}

// defaultAuth needs a second factor of all who see more than the case in hand, or let others in.
func defaultAuth() Auth {
	lock := map[string]time.Duration{}
	for _, role := range Roles {
		lock[role] = 10 * time.Minute
	}
	return Auth{
		SecondFactor: map[string]string{"operator": "optional", "supervisor": "required", "ward": "required", "admin": "required"},
		IdleLock:     lock,
		OIDC:         OIDC{Label: "区の認証でサインイン", Claim: "sub", AskAgain: true, Passwords: true},
	}
}

func (a Auth) check(p *problems) {
	for _, role := range slices.Sorted(maps.Keys(a.SecondFactor)) {
		p.oneOf("auth.second_factor."+role+" (the role)", role, Roles...)
		p.oneOf("auth.second_factor."+role, a.SecondFactor[role], "none", "optional", "required")
	}
	for _, role := range slices.Sorted(maps.Keys(a.IdleLock)) {
		p.oneOf("auth.idle_lock."+role+" (the role)", role, Roles...)
		if d := a.IdleLock[role]; d != 0 {
			p.between("auth.idle_lock."+role, d, time.Minute, 12*time.Hour)
		}
	}
}

// checkOrigin refuses what no browser would make passkeys for (WebAuthn §5.1.3).
func (h HTTP) checkOrigin(p *problems) {
	if h.Origin == "" {
		return
	}
	u, err := url.Parse(h.Origin)
	switch {
	case err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http"):
		p.addf("http.origin", "%q is no origin; write https://NAME or https://NAME:PORT, as the browser's address bar shows it, without a path", h.Origin)
	case isIP(u.Hostname()):
		p.addf("http.origin", "%q is an IP address, for which no browser makes passkeys; give the panel a name", h.Origin)
	case u.Scheme == "http" && u.Hostname() != "localhost":
		p.addf("http.origin", "%q is not https, without which no browser makes passkeys; put TLS in front of the panel", h.Origin)
	}
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

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

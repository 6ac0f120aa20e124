package configs

import (
	"strings"
	"testing"
	"time"
)

// withDirectory has people sign in by a directory too.
func withDirectory(s *Settings) {
	s.HTTP.Origin = "https://kakeru.example"
	s.Auth.OIDC.Issuer, s.Auth.OIDC.ClientID, s.Auth.OIDC.ClientSecret = "https://login.ward.example", "kakeru", "hush"
}

func TestAuthSettings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Settings)
		key    string // "": taken
	}{
		"as they are":                  {func(*Settings) {}, ""},
		"a name by https":              {func(s *Settings) { s.HTTP.Origin = "https://kakeru.example:8443" }, ""},
		"localhost by http":            {func(s *Settings) { s.HTTP.Origin = "http://localhost:8080" }, ""},
		"an address":                   {func(s *Settings) { s.HTTP.Origin = "https://192.0.2.1" }, "http.origin"},
		"an address of IPv6":           {func(s *Settings) { s.HTTP.Origin = "https://[2001:db8::1]" }, "http.origin"},
		"http":                         {func(s *Settings) { s.HTTP.Origin = "http://kakeru.example" }, "http.origin"},
		"a path":                       {func(s *Settings) { s.HTTP.Origin = "https://kakeru.example/" }, "http.origin"},
		"no origin at all":             {func(s *Settings) { s.HTTP.Origin = "kakeru.example" }, "http.origin"},
		"an unknown need":              {func(s *Settings) { s.Auth.SecondFactor["ward"] = "maybe" }, "auth.second_factor.ward"},
		"an unknown role":              {func(s *Settings) { s.Auth.SecondFactor["king"] = "none" }, "auth.second_factor.king"},
		"a lock too soon":              {func(s *Settings) { s.Auth.IdleLock["operator"] = time.Second }, "auth.idle_lock.operator"},
		"no lock":                      {func(s *Settings) { s.Auth.IdleLock["operator"] = 0 }, ""},
		"a lock for a nobody":          {func(s *Settings) { s.Auth.IdleLock["king"] = time.Hour }, "auth.idle_lock.king"},
		"a directory":                  {func(s *Settings) { withDirectory(s) }, ""},
		"a directory on this machine":  {func(s *Settings) { withDirectory(s); s.Auth.OIDC.Issuer = "http://127.0.0.1:9000" }, ""},
		"a directory by http":          {func(s *Settings) { withDirectory(s); s.Auth.OIDC.Issuer = "http://login.ward.example" }, "auth.oidc.issuer"},
		"a directory that is none":     {func(s *Settings) { withDirectory(s); s.Auth.OIDC.Issuer = "login.ward.example" }, "auth.oidc.issuer"},
		"a directory and no way back":  {func(s *Settings) { withDirectory(s); s.HTTP.Origin = "" }, "http.origin"},
		"a directory without a secret": {func(s *Settings) { withDirectory(s); s.Auth.OIDC.ClientSecret = "" }, "auth.oidc.client_secret"},
		"a directory without a claim":  {func(s *Settings) { withDirectory(s); s.Auth.OIDC.Claim = "" }, "auth.oidc.claim"},
		"a client of no directory":     {func(s *Settings) { s.Auth.OIDC.ClientID = "kakeru" }, "auth.oidc.issuer"},
		"a scope of no use":            {func(s *Settings) { withDirectory(s); s.Auth.OIDC.Scopes = []string{"offline_access"} }, "auth.oidc.scopes"},
		"a lock after forever":         {func(s *Settings) { s.Auth.IdleLock["ward"] = 24 * time.Hour }, "auth.idle_lock.ward"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Default()
			s.Database.URL, s.Redis.URL = "postgres://kakeru@localhost/kakeru", "redis://localhost:6379/0"
			c.change(&s)
			var p problems
			s.Auth.check(&p)
			s.Auth.OIDC.check(&p, s.HTTP.Origin)
			s.HTTP.checkOrigin(&p)
			switch {
			case c.key == "" && len(p) > 0:
				t.Fatalf("refused: %v", p)
			case c.key != "" && (len(p) == 0 || !strings.Contains(p[0].Error(), c.key)):
				t.Fatalf("%v, want one about %s", p, c.key)
			}
		})
	}
}

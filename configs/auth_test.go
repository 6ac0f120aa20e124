package configs

import (
	"strings"
	"testing"
	"time"
)

func TestAuthSettings(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Settings)
		key    string // "": taken
	}{
		"as they are":          {func(*Settings) {}, ""},
		"a name by https":      {func(s *Settings) { s.HTTP.Origin = "https://kakeru.example:8443" }, ""},
		"localhost by http":    {func(s *Settings) { s.HTTP.Origin = "http://localhost:8080" }, ""},
		"an address":           {func(s *Settings) { s.HTTP.Origin = "https://192.0.2.1" }, "http.origin"},
		"an address of IPv6":   {func(s *Settings) { s.HTTP.Origin = "https://[2001:db8::1]" }, "http.origin"},
		"http":                 {func(s *Settings) { s.HTTP.Origin = "http://kakeru.example" }, "http.origin"},
		"a path":               {func(s *Settings) { s.HTTP.Origin = "https://kakeru.example/" }, "http.origin"},
		"no origin at all":     {func(s *Settings) { s.HTTP.Origin = "kakeru.example" }, "http.origin"},
		"an unknown need":      {func(s *Settings) { s.Auth.SecondFactor["ward"] = "maybe" }, "auth.second_factor.ward"},
		"an unknown role":      {func(s *Settings) { s.Auth.SecondFactor["king"] = "none" }, "auth.second_factor.king"},
		"a lock too soon":      {func(s *Settings) { s.Auth.IdleLock["operator"] = time.Second }, "auth.idle_lock.operator"},
		"no lock":              {func(s *Settings) { s.Auth.IdleLock["operator"] = 0 }, ""},
		"a lock for a nobody":  {func(s *Settings) { s.Auth.IdleLock["king"] = time.Hour }, "auth.idle_lock.king"},
		"a lock after forever": {func(s *Settings) { s.Auth.IdleLock["ward"] = 24 * time.Hour }, "auth.idle_lock.ward"},
	} {
		t.Run(name, func(t *testing.T) {
			s := Default()
			s.Database.URL, s.Redis.URL = "postgres://kakeru@localhost/kakeru", "redis://localhost:6379/0"
			c.change(&s)
			var p problems
			s.Auth.check(&p)
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

package configs

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Every secret can stand in a file of its own, and none that is wrong is quoted.
func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base := `
sip:
  listen: "127.0.0.1:5060"
  trunks: [{name: main, address: "192.0.2.1:5060", caller_id: "0300000000", user: u, password_file: "` + put("trunk", "trunk-secret\n") + `"}]
  desks: [{id: desk1, user: "201", password_file: "` + put("desk", "desk-secret") + `"}]
database: {url_file: "` + put("db", "postgres://kakeru:db-secret@db.example/kakeru\n") + `"}
redis: {url_file: "` + put("redis", "redis://:redis-secret@r.example:6379/0\n") + `"}
`
	s, err := Load(put("good.yaml", base))
	if err != nil {
		t.Fatal(err)
	}
	if s.SIP.Trunks[0].Password != "trunk-secret" || s.SIP.Desks[0].Password != "desk-secret" ||
		!strings.Contains(s.Database.URL, "db-secret@") || s.Redis.URL != "redis://:redis-secret@r.example:6379/0" {
		t.Errorf("%+v", s)
	}
	if got := s.Plain(); len(got) != 0 {
		t.Errorf("%v are said to stand in the settings", got)
	}
	if files := s.SecretFiles(); len(files) != 4 || !slices.Contains(files, SecretFile{"sip.desks[0].password_file", filepath.Join(dir, "desk")}) {
		t.Errorf("%v", files)
	}
	for words, change := range map[string][2]string{
		"there is no file":    {filepath.Join(dir, "desk"), filepath.Join(dir, "none")},
		"leave one of the":    {`{id: desk1,`, `{id: desk1, password: "plain-secret",`},
		"alone, in one line":  {filepath.Join(dir, "desk"), put("two", "two-secret\nlines\n")},
		"sip.trunks[0].passw": {filepath.Join(dir, "trunk"), put("nothing", "\n")},
	} {
		_, err := Load(put("bad.yaml", strings.Replace(base, change[0], change[1], 1)))
		if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "-secret") {
			t.Errorf("%s: %v", words, err)
		}
	}
}

func TestWhichSecretsStandInTheSettings(t *testing.T) {
	s := Default()
	s.Database.URL = "postgres://kakeru@localhost/kakeru"
	s.Redis.URL = "redis://localhost:6379/0"
	s.SIP.Desks = []Desk{{User: "1", Password: "x"}}
	if got := s.Plain(); !slices.Equal(got, []string{"sip.desks[0].password"}) {
		t.Error(got)
	}
	s.Database.URL, s.Redis.URL, s.Vault.Master.Key = "postgres://kakeru:x@localhost/kakeru", "redis://:x@h/0", "x"
	if got := s.Plain(); !slices.Equal(got, []string{"database.url", "redis.url", "sip.desks[0].password", "vault.master.key"}) {
		t.Error(got)
	}
}

func TestMasterKeyAndCertificateSettings(t *testing.T) {
	t.Run("from the environment", func(t *testing.T) {
		t.Setenv("KAKERU_VAULT_MASTER_KEY", "kakeru-master-1 AAAA==")
		if s, err := Load("kakeru.yaml"); err != nil || s.Vault.Master.Key != "kakeru-master-1 AAAA==" {
			t.Errorf("%q, %v", s.Vault.Master.Key, err)
		}
	})
	for words, change := range map[string]func(*Settings){
		"in 2 ways":       func(s *Settings) { s.Vault.Master = Master{Key: "k", File: "f"} },
		"go together":     func(s *Settings) { s.Vault.Master = Master{Wrap: []string{"/bin/true"}} },
		"its whole path":  func(s *Settings) { s.Vault.Former = Master{Command: []string{"kms"}} },
		"out of range":    func(s *Settings) { s.Vault.Master = Master{File: "f", Wait: 1} },
		"http.tls.key: a": func(s *Settings) { s.HTTP.TLS.Cert = "c" },
	} {
		s := Default()
		change(&s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
}

// TestEverySecretIsMarked: whatever setting is named like a secret is one that may stand in a file of its own, that is told of when it stands
// in the settings, and whose file's mode is looked at. A new one cannot be forgotten.
func TestEverySecretIsMarked(t *testing.T) {
	s := Default()
	s.SIP.Trunks, s.SIP.Desks = []Trunk{{}}, []Desk{{}}
	marked := map[string]bool{}
	for _, place := range secretPlaces(&s) {
		marked[place.key] = true
	}
	found := namedAsSecrets(reflect.ValueOf(s), "")
	for _, key := range []string{"auth.oidc.client_secret", "redis.sentinel.password", "sip.trunks[0].password", "database.url"} {
		if !slices.Contains(found, key) {
			t.Errorf("%s was not found: the walk shows nothing", key)
		}
	}
	for _, key := range found {
		if !marked[key] {
			t.Errorf("%s is named like a secret, and is not marked as one", key)
		}
	}
	s.Auth.OIDC.ClientSecret = "x"
	if got := s.Plain(); !slices.Contains(got, "auth.oidc.client_secret") {
		t.Errorf("in the settings stand %v", got)
	}
	s.Auth.OIDC.ClientSecret, s.Auth.OIDC.ClientSecretFile = "", "/etc/kakeru/credentials/oidc"
	if !slices.Contains(s.SecretFiles(), SecretFile{"auth.oidc.client_secret_file", "/etc/kakeru/credentials/oidc"}) {
		t.Error("the mode of its file is not looked at")
	}
}

// namedAsSecrets are the settings of text whose name says that they hold a secret, or an address that may hold one.
func namedAsSecrets(v reflect.Value, at string) (keys []string) {
	switch v.Kind() { //nolint:exhaustive // settings are made of these
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Tag.Get("koanf")
			if name == "" || name == "-" {
				continue
			}
			keys = append(keys, namedAsSecrets(v.Field(i), strings.TrimPrefix(at+"."+name, "."))...)
		}
	case reflect.Slice:
		for i := range v.Len() {
			keys = append(keys, namedAsSecrets(v.Index(i), fmt.Sprintf("%s[%d]", at, i))...)
		}
	case reflect.String:
		for _, word := range []string{"secret", "password", "url"} {
			if strings.HasSuffix(at, word) {
				return []string{at}
			}
		}
	}
	return keys
}

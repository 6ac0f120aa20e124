package configs

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// SecretFile is a file that a setting names, and that holds a secret.
type SecretFile struct {
	Key  string // the setting, "sip.trunks[0].password_file"
	Path string
}

// secretPlace is where a secret is kept: in a setting, or in the file that another one names.
type secretPlace struct {
	key   string
	value *string
	file  string
}

func secretPlaces(s *Settings) []secretPlace {
	all := []secretPlace{
		{key: "database.url", value: &s.Database.URL, file: s.Database.URLFile},
		{key: "database.migrate_url", value: &s.Database.MigrateURL, file: s.Database.MigrateURLFile},
		{key: "redis.url", value: &s.Redis.URL, file: s.Redis.URLFile},
		{key: "redis.password", value: &s.Redis.Password, file: s.Redis.PasswordFile},
		{key: "auth.oidc.client_secret", value: &s.Auth.OIDC.ClientSecret, file: s.Auth.OIDC.ClientSecretFile},
		{key: "redis.sentinel.password", value: &s.Redis.Sentinel.Password, file: s.Redis.Sentinel.PasswordFile},
	}
	for i := range s.SIP.Trunks {
		t := &s.SIP.Trunks[i]
		all = append(all, secretPlace{key: fmt.Sprintf("sip.trunks[%d].password", i), value: &t.Password, file: t.PasswordFile})
	}
	for i := range s.SIP.Desks {
		d := &s.SIP.Desks[i]
		all = append(all, secretPlace{key: fmt.Sprintf("sip.desks[%d].password", i), value: &d.Password, file: d.PasswordFile})
	}
	return all
}

// readSecrets puts in what stands in files. A secret that stands in both places is a mistake: nobody would know which one holds.
func readSecrets(s *Settings) error {
	var p problems
	for _, place := range secretPlaces(s) {
		if place.file == "" {
			continue
		}
		if *place.value != "" {
			p.addf(place.key, "stands there and in %s_file; leave one of the two out", place.key)
			continue
		}
		text, err := os.ReadFile(place.file)
		switch {
		case errors.Is(err, os.ErrNotExist):
			p.addf(place.key+"_file", "there is no file %s", place.file)
		case err != nil:
			p.addf(place.key+"_file", "%v", err)
		default:
			if *place.value = strings.TrimRight(string(text), "\r\n"); *place.value == "" || strings.ContainsAny(*place.value, "\r\n") {
				p.addf(place.key+"_file", "%s must hold the secret alone, in one line", place.file)
			}
		}
	}
	return errors.Join(p...)
}

// SecretFiles lists the files with secrets that these settings name, for whoever looks at their modes.
func (s Settings) SecretFiles() []SecretFile {
	var all []SecretFile
	add := func(key, path string) {
		if path != "" {
			all = append(all, SecretFile{key, path})
		}
	}
	add("secret_file", s.SecretFile)
	add("signing_key_file", s.SigningKeyFile)
	add("http.tls.key", s.HTTP.TLS.Key)
	add("sip.tls.key", s.SIP.TLS.Key)
	add("redis.tls.key", s.Redis.TLS.Key)
	add("recording.key_file", s.Recording.KeyFile)
	add("recording.former_key_file", s.Recording.FormerKeyFile)
	add("vault.master.file", s.Vault.Master.File)
	add("vault.former.file", s.Vault.Former.File)
	for _, place := range secretPlaces(&s) {
		add(place.key+"_file", place.file)
	}
	return all
}

// Plain lists the settings that hold a secret themselves, so that the file they stand in must not be read by others.
func (s Settings) Plain() []string {
	var keys []string
	for _, place := range secretPlaces(&s) {
		holds := *place.value != ""
		if strings.HasSuffix(place.key, "url") {
			_, after, ok := strings.Cut(*place.value, "://")
			user, _, at := strings.Cut(after, "@")
			holds = ok && at && strings.Contains(user, ":") || strings.Contains(*place.value, "password=")
		}
		if holds && place.file == "" {
			keys = append(keys, place.key)
		}
	}
	if s.Vault.Master.Key != "" {
		keys = append(keys, "vault.master.key")
	}
	return keys
}

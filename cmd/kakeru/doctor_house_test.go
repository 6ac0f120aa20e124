package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kakeru/cmd/stores/storestest"
	"kakeru/configs"
	"kakeru/dialer/dialertest/full"
	"kakeru/dialer/postgres"
)

func says(found []finding, g grade, words string) bool {
	for _, f := range found {
		if f.grade == g && strings.Contains(f.says+" "+f.todo, words) && (g == fine || f.todo != "") {
			return true
		}
	}
	return false
}

func TestTheWaysToTheStoresAreLookedAt(t *testing.T) {
	t.Setenv("PGSSLMODE", "")
	t.Setenv("PGHOST", "")
	for url, want := range map[string]grade{
		"postgres:///kakeru?host=/run/postgresql": fine, "postgres://kakeru@localhost/kakeru": fine, "postgres://127.0.0.1:5433/kakeru": fine,
		"postgres://db.example/kakeru?sslmode=verify-full&sslrootcert=/ca.crt": fine, "host=/run/postgresql dbname=kakeru": fine,
		"host=db.example sslmode='verify-full' dbname=kakeru": fine,
		"postgres://db.example/kakeru":                        minor, "postgres://db.example/kakeru?sslmode=require": minor,
		"postgres://127.0.0.1,db.example/kakeru?sslmode=verify-ca": minor, "host=db.example password='a b' dbname=kakeru": minor, "postgres://%zz/": major,
	} {
		found := checkWires(t.Context(), configs.Settings{Database: configs.Database{URL: url}, Redis: configs.Redis{URL: "redis://localhost:6379/0"}})
		if found[0].grade != want || strings.Contains(found[0].says, "a b") || want != fine && found[0].todo == "" {
			t.Errorf("%s: %+v", url, found[0])
		}
	}
	for _, c := range []struct {
		redis configs.Redis
		want  grade
	}{
		{configs.Redis{URL: "redis://localhost:6379/0"}, fine},
		{configs.Redis{URL: "redis://[::1]:6379/0"}, fine},
		{configs.Redis{URL: "unix:///run/redis.sock"}, fine},
		{configs.Redis{URL: "redis://:x@r.example:6379/0"}, minor},
		{configs.Redis{URL: "rediss://:x@r.example:6379/0"}, fine},
		{configs.Redis{Sentinel: configs.RedisSentinel{Master: "m", Addresses: []string{"127.0.0.1:26379", "s2:26379"}}}, minor},
		{configs.Redis{Cluster: configs.RedisCluster{Addresses: []string{"n1:6379"}}, TLS: configs.RedisTLS{On: true}}, fine},
	} {
		if found := checkRedisWire(c.redis); found[0].grade != c.want {
			t.Errorf("%+v: %+v", c.redis, found[0])
		}
	}
}

// TestPostgreSQLOverTLS against a real one that shows a certificate of our own authority: with verify-full it is let in when the certificate is
// for the host and signed by who is trusted, and by nobody else.
func TestPostgreSQLOverTLS(t *testing.T) {
	full.Only(t)
	ca, leaf := authority(t)
	other, _ := authority(t)
	pg, addr := storestest.TLSPostgres(t, leaf+".crt", leaf+".key")
	if err := postgres.Migrate(t.Context(), pg.URL("postgres")); err != nil {
		t.Fatal(err)
	}
	at := func(host, mode, root string) string {
		q := url.Values{"sslmode": {mode}, "sslrootcert": {root + ".crt"}}
		return "postgres://kakeru@" + strings.Replace(addr, "127.0.0.1", host, 1) + "/postgres?" + q.Encode()
	}
	if err := postgres.Inspect(t.Context(), at("127.0.0.1", "verify-full", ca), nil); err != nil {
		t.Errorf("by its certificate: %v", err)
	}
	if err := postgres.Inspect(t.Context(), at("127.0.0.1", "verify-full", other), nil); err == nil {
		t.Error("a certificate of another authority is taken")
	}
	dir := t.TempDir()
	here(t, "cert", "issue", "--ca", filepath.Dir(ca), "--out", dir, "--name", "db.other.example").fine(t)
	_, elsewhere := storestest.TLSPostgres(t, filepath.Join(dir, "db.other.example.crt"), filepath.Join(dir, "db.other.example.key"))
	url := strings.Replace(at("127.0.0.1", "verify-full", ca), addr, elsewhere, 1)
	if err := postgres.Inspect(t.Context(), url, nil); err == nil {
		t.Error("a certificate for another host is taken")
	}
	// pg_dump is told the same.
	out := filepath.Join(t.TempDir(), "b")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := postgres.Dump(t.Context(), at("127.0.0.1", "verify-full", ca), f); err != nil {
		t.Errorf("a dump over TLS: %v", err)
	}
}

func TestFileModesAreLookedAt(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s := configs.Default()
	s.StateDir = dir
	if found := checkFiles(t.Context(), s); len(found) != 1 || found[0].grade != fine {
		t.Errorf("before the first start: %+v", found)
	}
	put("secret", 0o600)
	s.SIP.Trunks = []configs.Trunk{{PasswordFile: put("trunk", 0o640)}}
	s.Vault.Master.File = put("master", 0o604)
	s.Recording.Folder = filepath.Join(dir, "rec")
	if err := os.Mkdir(s.Recording.Folder, 0o750); err != nil {
		t.Fatal(err)
	}
	s.File, s.SIP.Desks = put("kakeru.yaml", 0o644), []configs.Desk{{Password: "x"}}
	found := checkFiles(t.Context(), s)
	for words, g := range map[string]grade{
		"sip.trunks[0].password_file": major, "chmod 600 " + s.Vault.Master.File: major, "chmod 700 " + s.Recording.Folder: minor,
		"a secret stands in it": major, "password_file": major,
	} {
		if !says(found, g, words) {
			t.Errorf("it does not say %q: %+v", words, found)
		}
	}
	if len(found) != 4 {
		t.Errorf("%+v", found)
	}
	s.SIP.Desks = nil
	if found := checkFiles(t.Context(), s); len(found) != 3 {
		t.Errorf("settings without a secret may be read: %+v", found)
	}
}

func TestTheProcessIsLookedAt(t *testing.T) {
	limit := func(n uint64, err error) func() (uint64, error) { return func() (uint64, error) { return n, err } }
	if found := processFindings(997, limit(0, nil)); found[0].grade != fine || found[1].grade != fine {
		t.Errorf("%+v", found)
	}
	found := processFindings(0, limit(1<<63, nil))
	if !says(found, minor, "root") || !says(found, minor, "LimitCORE=0") {
		t.Errorf("%+v", found)
	}
	if found := processFindings(997, limit(0, errors.New("no such call"))); !says(found, minor, "no such call") {
		t.Errorf("%+v", found)
	}
}

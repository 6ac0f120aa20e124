package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"kakeru/dialer/dialertest/full"
)

// TestSecretsAreNowhereToBeSeen: a server with marked secrets, each from a file of its own, at the most talkative level, dials. None of them stands in
// its arguments, what it prints, its log, metrics, traces, errors, or what the doctor says; its memory goes into no core dump.
func TestSecretsAreNowhereToBeSeen(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{cases: 30})
	marked := map[string]string{
		"database": "marked-database-password", "owner": "marked-owner-password", "redis": "marked-redis-password", "trunk": "marked-trunk-password", "master": "",
	}
	master := h.file("master", "")
	h.must(os.Remove(master))
	h.succeeds("vault", "master", "--out", master)
	b, err := os.ReadFile(master) //nolint:gosec // the test's own
	h.must(err)
	marked["master"] = strings.TrimSpace(strings.TrimPrefix(string(b), "kakeru-master-1 "))
	text := h.settings()
	url := h.postgres.URL(database)
	text = strings.Replace(text, fmt.Sprintf("url: %q, migrate_url: %q", serving(url), url), fmt.Sprintf("url_file: %q, migrate_url_file: %q",
		h.file("database-url", serving(url)+"&password="+marked["database"]), h.file("owner-url", url+"&password="+marked["owner"])), 1)
	text = strings.Replace(text, fmt.Sprintf("redis: {url: %q}", h.redis.URL()), fmt.Sprintf("redis: {url_file: %q}", h.file("redis-url", h.redisUser(marked["redis"]))), 1)
	text = strings.Replace(text, "password: lab,", fmt.Sprintf("password_file: %q,", h.file("trunk-password", marked["trunk"]+"\n")), 1)
	text = strings.Replace(text, "vault: {", fmt.Sprintf("log_level: debug\nvault: {master: {file: %q}, ", master), 1)
	h.must(os.WriteFile(h.config(), []byte(text), 0o600))
	for i, a := range h.accounts {
		marked[fmt.Sprintf("phone %d", i)] = a.password
	}
	secret, err := os.ReadFile(filepath.Join(h.dir, "secret"))
	h.must(err)
	marked["references"] = string(secret)

	h.start()
	operator, admin := h.seated("operator1", "desk1"), h.signIn("admin")
	id := h.dial(operator, "desk1", h.caseEnding("54")) // the carrier asks for the password, and does not like this one
	h.ended(id)
	var messages json.RawMessage
	h.must(admin.call(t.Context(), http.MethodGet, "/api/calls/"+string(id)+"/trace", nil, &messages))
	resp, err := http.Get("http://" + h.http + "/metrics") //nolint:noctx // the loopback
	h.must(err)
	metrics, err := io.ReadAll(resp.Body)
	h.must(err)
	_ = resp.Body.Close()
	doctor := h.command("doctor", "--config", h.config())
	pid := h.child.Process.Pid
	look := map[string]string{
		"the arguments": proc(t, pid, "cmdline"), "the log": h.serverLog(), "the trace": string(messages), "the metrics": string(metrics),
		"the doctor's": doctor.out + doctor.err,
	}
	if !strings.Contains(look["the trace"], "Authorization") || !strings.Contains(look["the arguments"], "serve") || !strings.Contains(look["the log"], "DEBUG") {
		t.Error("what was looked at is not what it should be")
	}
	for where, what := range look {
		for name, secret := range marked {
			if secret == "" || strings.Contains(what, secret) {
				t.Errorf("the secret of %s stands in %s", name, where)
			}
		}
	}
	limits := proc(t, pid, "limits")
	for line := range strings.Lines(limits) {
		if fields := strings.Fields(line); strings.HasPrefix(line, "Max core file size") && (fields[4] != "0" || fields[5] != "0") {
			t.Errorf("a core dump may have %s", line)
		}
	}
	if os.Geteuid() != 0 { // root may look into anything
		if _, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err == nil {
			t.Error("another process of the same user may look into it")
		}
	} else if info, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil || info == nil {
		t.Error(err)
	}
	h.kill()
	// What is wrong with a secret is said without it.
	h.must(os.WriteFile(filepath.Join(h.dir, "database-url"), []byte("postgres://kakeru:"+marked["database"]+"@%zz:port/kakeru"), 0o600))
	for _, args := range [][]string{{"serve"}, {"doctor"}, {"backup", "--out", filepath.Join(h.dir, "b")}, {"migrate"}} {
		r := h.command(append(args, "--config", h.config())...)
		if r.status == 0 || strings.Contains(r.out+r.err, marked["database"]) {
			t.Errorf("%v: %d %s %s", args, r.status, r.out, r.err)
		}
	}
}

// redisUser makes a user of Redis with a password, and returns the address by which it is one.
func (h *house) redisUser(password string) string {
	h.t.Helper()
	o, err := redis.ParseURL(h.redis.URL())
	h.must(err)
	c := redis.NewClient(o)
	h.must(errors.Join(c.Do(h.t.Context(), "ACL", "SETUSER", "kakeru", "on", ">"+password, "~*", "&*", "+@all").Err(), c.Close()))
	return strings.Replace(h.redis.URL(), "://", "://kakeru:"+password+"@", 1)
}

func proc(t *testing.T, pid int, name string) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kakeru/dialer/dialertest/full"
)

// masterHouse is a house whose days' keys are wrapped by a master key in a file.
func masterHouse(t *testing.T) (h *house, master string) {
	t.Helper()
	h = newHouse(t, houseOptions{cases: 30})
	master = filepath.Join(h.dir, "master")
	h.succeeds("vault", "master", "--out", master)
	h.command("vault", "master", "--out", master).failed(t, 1, "exists")
	h.must(os.WriteFile(h.config(), []byte(strings.Replace(h.settings(), "vault: {", `vault: {master: {file: "`+master+`"}, `, 1)), 0o600))
	if r := h.succeeds("vault", "status", "--config", h.config()); !strings.Contains(r.out, "wrapped by no master key") {
		t.Error(r.out)
	}
	h.succeeds("vault", "rotate", "--config", h.config())
	return h, master
}

// succeeds runs a command that must.
func (h *house) succeeds(args ...string) ran {
	h.t.Helper()
	r := h.command(args...)
	if r.status != 0 {
		h.t.Fatalf("%v: %d %s", args, r.status, r.err)
	}
	return r
}

// seen is how many of the waiting cases the supervisor is shown with a name.
func (h *house) seen() (named, all int) {
	h.t.Helper()
	chief := h.signIn("supervisor")
	var queue struct{ Items []struct{ Name string } }
	h.must(chief.call(h.t.Context(), http.MethodGet, "/api/queue?limit=50", nil, &queue))
	for _, item := range queue.Items {
		if item.Name != "" {
			named++
		}
	}
	return named, len(queue.Items)
}

// allNamed waits for the queue, which a server that has started fills by itself, and fails when somebody in it has no name.
func (h *house) allNamed(after string) {
	h.t.Helper()
	named, all := 0, 0
	h.eventually("somebody waits after "+after, func() bool {
		named, all = h.seen()
		return all > 0
	})
	if named != all {
		h.t.Fatalf("after %s %d of %d have a name", after, named, all)
	}
}

// TestTheMasterKeyIsLost, and rotated: the rehearsal of docs/operations.md. Without it nothing starts, and the reason says what is lost and what
// is not. Put back, all is there. Given up, the centre goes on without the people until the next list.
func TestTheMasterKeyIsLost(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h, master := masterHouse(t)
	h.start()
	h.allNamed("the first start")
	h.kill()
	elsewhere := filepath.Join(t.TempDir(), "master")
	h.must(os.Rename(master, elsewhere))
	h.command("serve", "--config", h.config()).failed(t, 1, "vault.master", master, "put the master key back")
	h.command("doctor", "--config", h.config()).says(t, major, "master key", "put the master key back")
	h.succeeds("vault", "master", "--out", master) // another one is no help
	h.command("serve", "--config", h.config()).failed(t, 1, "is lost; attempts, results, counts, reports and references are not", "vault.master")
	h.command("vault", "status", "--config", h.config()).failed(t, 1, "do not open")
	h.command("doctor", "--config", h.config()).says(t, major, "master key", "do not open")

	// The other one becomes the new one, with the old one beside it.
	h.must(os.WriteFile(h.config(), []byte(strings.Replace(h.settings(), "vault: {", `vault: {former: {file: "`+elsewhere+`"}, `, 1)), 0o600))
	h.command("doctor", "--config", h.config()).says(t, minor, "master key", "not all keys", "vault rotate")
	h.start() // a server that knows both runs on while the keys are wrapped anew
	h.succeeds("vault", "rotate", "--config", h.config())
	h.allNamed("the rotation")
	h.kill()
	h.must(os.Remove(elsewhere))
	h.must(os.WriteFile(h.config(), []byte(strings.Replace(h.settings(), `former: {file: "`+elsewhere+`"}, `, "", 1)), 0o600))
	h.start()
	h.allNamed("the start under the new master key")
	h.command("doctor", "--config", h.config()).says(t, fine, "master key", "wraps all")
	h.command("vault", "give-up", "lost", "--config", h.config()).failed(t, 1, "no key is lost")
	if r := h.succeeds("audit", "list", "--config", h.config()); !strings.Contains(r.out, "kakeru vault rotate") {
		t.Errorf("who wrapped the keys anew is not written down: %s", r.out)
	}
	h.command("vault", "give-up", "day-"+h.ledger.CustodyDay().String(), "--config", h.config()).failed(t, 1, "opens, and is not given up")
	h.kill()

	// Lost for good.
	month := h.ledger.CustodyDay().String()[:7]            // once: with the day given up, custody is of the next, which may be in another month
	hours := regexp.MustCompile(`(?m)^(.*開設時間×席.*)\n合計.*`) // of the seats today: they go on while this runs
	report := func() string {
		return hours.ReplaceAllString(h.succeeds("report", "--month", month, "--format", "csv", "--config", h.config()).out, "$1")
	}
	before := report()
	h.must(os.Remove(master))
	h.succeeds("vault", "master", "--out", master)
	h.command("vault", "give-up", "lost", "--config", h.config()).failed(t, 1, "1 keys do not open", "give-up lost 1") // it may be another master key by mistake
	h.command("vault", "give-up", "lost", "2", "--config", h.config()).failed(t, 1, "give-up lost 1")
	h.succeeds("vault", "give-up", "lost", "1", "--config", h.config())
	h.start()
	h.eventually("nobody waits whom nobody can read", func() bool {
		named, all := h.seen()
		return named+all == 0
	})
	if after := report(); after != before {
		t.Errorf("the month's report is another one:\n%s\nand was\n%s", after, before)
	}
}

// TestADaysKeyIsLost: nothing starts, for a folder without the key may be the wrong folder; given up, that day's people are gone and nobody else's.
func TestADaysKeyIsLost(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h, _ := masterHouse(t)
	day := h.ledger.CustodyDay()
	h.must(os.Remove(filepath.Join(h.keys(), "day-"+day.String()+".key")))
	h.command("serve", "--config", h.config()).failed(t, 1, "vault.folder does not hold the keys")
	h.succeeds("vault", "give-up", "day-"+day.String(), "--config", h.config())
	h.start()
	h.eventually("nobody waits whom nobody can read", func() bool {
		named, all := h.seen()
		return named+all == 0
	})
	h.kill()
	for _, args := range [][]string{
		{"vault"}, {"vault", "open"}, {"vault", "master"}, {"vault", "give-up", "--config", h.config()}, {"vault", "rotate", "x", "--config", h.config()},
	} {
		h.command(args...).failed(t, 2, "usage")
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kakeru/dialer/dialertest/full"
	"kakeru/sip/media/recording"
)

// TestTheRecordingsMasterKeyIsChanged by the command: what it makes, what it says to do, and that it is on the record.
func TestTheRecordingsMasterKeyIsChanged(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{cases: 1})
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, path := range []string{one, two} {
		h.succeeds("recording", "key", "--out", path)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%s: %v", path, err)
		}
	}
	h.command("recording", "key", "--out", one).failed(t, 1, "exists")
	h.command("recording", "rotate", "--config", h.config()).failed(t, 1, "recording.former_key_file")
	text, err := os.ReadFile(h.config())
	h.must(err)
	with := func(key, former string) string {
		path := filepath.Join(dir, "kakeru.yaml")
		settings := "\nrecording: {keys_folder: " + filepath.Join(dir, "keys") + ", key_file: " + key + ", former_key_file: " + former + "}\n"
		h.must(os.WriteFile(path, []byte(strings.Replace(string(text), "\nrecording: {}\n", settings, 1)), 0o600))
		return path
	}
	h.command("recording", "rotate", "--config", with(two, filepath.Join(dir, "none"))).failed(t, 1, "former_key_file")
	config := with(two, one)
	h.command("recording", "rotate", "--config", config).failed(t, 1, "recording.keys_folder") // it is not mounted
	keys, err := recording.OpenKeys(filepath.Join(dir, "keys"), one, "")
	h.must(err)
	_, err = keys.ForDay("2026-11-27")
	h.must(err)
	if r := h.succeeds("recording", "rotate", "--config", config); !strings.Contains(r.out, "1 keys were sealed anew") {
		t.Errorf("%s", r.out)
	}
	if r := h.succeeds("audit", "list", "--action", "changed", "--config", config); strings.Count(r.out, "recording rotate") != 1 {
		t.Errorf("the record:\n%s", r.out)
	}
	h.command("recording", "turn").failed(t, 2, "key or rotate")
}

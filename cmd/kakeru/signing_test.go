package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kakeru/configs"
)

// TestSigningKey is made once, is the same at the next start, is nobody else's to read, and one that is none is refused with its key.
func TestSigningKey(t *testing.T) {
	t.Parallel()
	s := configs.Settings{StateDir: t.TempDir()}
	first, err := signingKey(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := signingKey(s)
	if err != nil || !first.Equal(again) {
		t.Fatalf("another key at the next start: %v", err)
	}
	info, err := os.Stat(filepath.Join(s.StateDir, "signing.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	s.SigningKeyFile = filepath.Join(s.StateDir, "missing.pem")
	for _, text := range []string{"", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if text != "" {
			if err := os.WriteFile(s.SigningKeyFile, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := signingKey(s); err == nil || !strings.Contains(err.Error(), "signing_key_file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

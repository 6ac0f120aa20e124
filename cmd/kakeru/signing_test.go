package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// TestWhatRootMakesFirstIsTheServers: a command that root runs before the first start makes the secret and the key that manifests are signed with; the server, which
// is not root, must read both.
func TestWhatRootMakesFirstIsTheServers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const server = 65534
	dir := t.TempDir()
	if err := os.Chown(dir, server, server); err != nil {
		t.Fatal(err)
	}
	s := configs.Settings{StateDir: dir}
	made, err := secret(s)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := secret(s); err != nil || !bytes.Equal(made, again) {
		t.Errorf("read again: %v", err)
	}
	if _, err := signingKey(s); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if own, _ := info.Sys().(*syscall.Stat_t); own.Uid != server || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %d's, %v", f.Name(), own.Uid, info.Mode())
		}
	}
	if err := writeOnce(secretPath(s), []byte("another")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
}

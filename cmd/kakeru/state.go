//go:build !production

package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kakeru/cmd/stores"
	"kakeru/dialer"
)

// stateDir is where the demo keeps its data: KAKERU_STATE, or a folder of the user's own. Root's own home is closed to
// the user that the stores run as, so root's demo lives under /var/lib.
func stateDir() (string, error) {
	if dir := os.Getenv("KAKERU_STATE"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/lib/kakeru-demo", nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "kakeru"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home directory is known: %w; name a folder with KAKERU_STATE=DIR", err)
	}
	return filepath.Join(home, ".local", "state", "kakeru"), nil
}

// stateMark is a file that only we put there, so that --reset never empties a folder that is not ours.
const stateMark = "kakeru-demo-state"

// resetState removes the demo's data; of a folder it did not make it removes nothing.
func resetState(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(entries) == 0) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the state directory cannot be read: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, stateMark)); err != nil {
		return fmt.Errorf("%s holds something that no demo put there; name another folder with KAKERU_STATE=DIR", dir)
	}
	if err := stores.Free(dir); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// makeState makes the state directory, marked as the demo's.
func makeState(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // the stores' user passes through here
		return fmt.Errorf("cannot make the state directory: %w; name another with KAKERU_STATE=DIR", err)
	}
	return os.WriteFile(filepath.Join(dir, stateMark), []byte("made by kakeru demo\n"), 0o600)
}

// demoLogins reads the demo's people, or makes them with passwords drawn for this state directory alone.
func demoLogins(dir string) ([]login, error) {
	path := filepath.Join(dir, "logins.json")
	var have []login
	b, err := os.ReadFile(path) //nolint:gosec // our own state directory
	switch {
	case err == nil:
		return have, json.Unmarshal(b, &have)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	have = []login{
		{"operator1", "見本 一郎", dialer.RoleOperator, ""},
		{"operator2", "見本 花子", dialer.RoleOperator, ""},
		{"supervisor", "見本 監督", dialer.RoleSupervisor, ""},
		{"ward", "見本 区職員", dialer.RoleWard, ""},
		{"admin", "見本 管理者", dialer.RoleAdmin, ""},
	}
	for i := range have {
		have[i].Password = rand.Text()[:16]
	}
	b, err = json.Marshal(have) //nolint:gosec // the demo's own passwords, for a file that only its user reads
	if err != nil {
		return nil, err
	}
	return have, os.WriteFile(path, b, 0o600)
}

package vault

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzKeyFile: a key's file that anything has written to opens as a key, or is said not to be whole; wrapped ones too.
func FuzzKeyFile(f *testing.F) {
	folder := f.TempDir()
	master, err := parseMaster(masterMark+"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "the test")
	if err != nil {
		f.Fatal(err)
	}
	const id = KeyID("day-2026-11-24")
	for _, masters := range [][]Master{nil, {master}} {
		at := filepath.Join(f.TempDir(), "keys")
		v, err := Open(at, masters...)
		if err == nil {
			_, err = v.Seal(id, []byte("x"), nil)
		}
		if err != nil {
			f.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(at, string(id)+keySuffix))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, s := range []string{"", "{}", `{"seal":{},"index":{}}`, `{"master":"x","wrapped":"AA=="}`, `{"wrapped":""}`} {
		f.Add([]byte(s))
	}
	if err := os.Chmod(folder, 0o700); err != nil { //nolint:gosec // a folder
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(filepath.Join(folder, string(id)+keySuffix), text, 0o600); err != nil {
			t.Fatal(err)
		}
		v, err := Open(folder, master)
		if err != nil {
			t.Fatal(err)
		}
		k, err := v.read(id)
		if (k == nil) == (err == nil) {
			t.Errorf("%v with %v", k, err)
		}
	})
}

// FuzzMaster: a text gives a master key, or is refused without being quoted.
func FuzzMaster(f *testing.F) {
	for _, s := range []string{"", masterMark, masterMark + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", masterMark + "A", "kakeru-master-2 AA=="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMaster(text, "the test")
		if err != nil {
			return
		}
		sealed, err := m.Wrap([]byte("x"), []byte("about"))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := m.Unwrap(sealed, []byte("about")); err != nil || string(plain) != "x" {
			t.Errorf("%q %v", plain, err)
		}
	})
}

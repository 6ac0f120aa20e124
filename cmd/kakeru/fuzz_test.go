package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kakeru/dialer/audit"
)

// FuzzUnnoted: whatever stands in the file of what commands left, each line becomes an entry of a kind there is.
func FuzzUnnoted(f *testing.F) {
	for _, s := range []string{"", "{}", `{"Action":"changed","Object":"restore","At":"2026-11-29T00:00:00Z"}`, "null\n", "{\n\n", `{"Cases":["x"],"Action":"exported"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, e := range unnoted(text, "unnoted.jsonl") {
			if !slices.Contains(audit.Actions, e.Action) {
				t.Errorf("an entry of no kind: %+v", e)
			}
		}
	})
}

// FuzzAuthority: an authority's two files are a certificate and its key, or said not to be what was written. It goes by no file,
// which would only take time.
func FuzzAuthority(f *testing.F) {
	folder := f.TempDir()
	if err := certCA([]string{"--out", folder + "/ca"}, streams{out: discard{}, err: discard{}}); err != nil {
		f.Fatal(err)
	}
	found, _ := filepath.Glob(folder + "/ca/*.crt")
	if len(found) == 0 {
		found, _ = filepath.Glob(folder + "/*.crt")
	}
	for _, at := range found {
		crt, _ := os.ReadFile(at) //nolint:gosec // the test's own
		key, _ := os.ReadFile(at[:len(at)-len(".crt")] + ".key")
		f.Add(crt, key)
		f.Add(key, crt)
		f.Add(crt[:len(crt)/2], key)
	}
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), []byte("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, crt, key []byte) {
		cert, secret, ok := pairOf(crt, key)
		if ok && !secret.PublicKey.Equal(cert.PublicKey) {
			t.Error("a key that is another certificate's was taken")
		}
		if !ok && (cert != nil || secret != nil) {
			t.Error("something was read of a pair that was refused")
		}
	})
}

// discard takes what a command says.
type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

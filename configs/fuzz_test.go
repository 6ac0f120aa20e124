package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad: whatever stands in the settings file, it is settings or an error that names what is wrong, and quotes no password.
func FuzzLoad(f *testing.F) {
	whole, err := os.ReadFile("kakeru.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for _, s := range []string{"", "http: 1", "sip: {trunks: [1]}", "a: &a [*a]", "calls: {ring: -1s}", "centre: {week: {mon: 9}}", "\x00",
		"x: !!binary a", "? {a: b}", "<<: {a: 1}"} {
		f.Add([]byte(s))
	}
	path := filepath.Join(f.TempDir(), "kakeru.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Load(path)
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Fatal("an error that says nothing")
		}
		if err == nil && s.Check() != nil {
			t.Fatal("settings that were loaded are wrong")
		}
	})
}

// FuzzParseSpan: what is taken for opening hours lies within one day, and ends after it begins.
func FuzzParseSpan(f *testing.F) {
	for _, s := range []string{"09:00-17:00", "0:00-24:00", "9:00-9:00", "25:00-26:00", "", "09:00-17:00\n", "０９:00-17:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		from, to, err := ParseSpan(text)
		if err == nil && (from < 0 || from >= to || to > 24*60) {
			t.Fatalf("%q is %d to %d", text, from, to)
		}
	})
}

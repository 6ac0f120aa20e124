package report

import (
	"testing"
	"time"

	"kakeru/dialer"
)

// FuzzParsePeriod: what is taken for a day, a month or a year has begun, is not empty, and bears the name it was asked by.
func FuzzParsePeriod(f *testing.F) {
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, dialer.Tokyo)
	for _, s := range []string{"2026-11-24", "2026-11", "2026", "2026-13", "9999", "-1", "", "2026-11-24 ", "../2026"} {
		for _, k := range Kinds {
			f.Add(string(k), s)
		}
	}
	f.Fuzz(func(t *testing.T, kind, name string) {
		p, err := ParsePeriod(Kind(kind), name, now)
		if err == nil && (p.Name != name || !p.From.At(0).Before(p.To.At(0)) || p.From.At(0).After(now)) {
			t.Fatalf("%q %q is %+v", kind, name, p)
		}
	})
}

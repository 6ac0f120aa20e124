package dialer

import (
	"testing"
)

// FuzzParseDate: what is taken for a day is one, and reads back as it was written.
func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-11-24", "2026-02-30", "0000-00-00", "9999-12-31", "2026-1-1", "", "2026-11-24T00:00:00Z", "２０２６-11-24"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDate(text)
		if err == nil && (d.String() != text || DateOf(d.At(12*60)) != d) {
			t.Fatalf("%q is %s", text, d)
		}
	})
}

// FuzzParseResults: whatever the table holds, it decides every outcome, or is refused.
func FuzzParseResults(f *testing.F) {
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"rows":[{"result":"answered"}]}`))
	f.Add(defaultResults)
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := ParseResults(text)
		if err != nil {
			return
		}
		for _, o := range []Outcome{{}, {EndedBy: BySystem}, {EndedBy: ByCustomer}} {
			if v, _ := table.Decide(o); v.Result == "" {
				t.Fatalf("%+v is decided as nothing", o)
			}
		}
	})
}

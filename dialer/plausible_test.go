package dialer

import (
	"encoding/json"
	"testing"
	"time"
)

func TestPlausible(t *testing.T) {
	for _, c := range []struct {
		given string
		year  int // 0: it stays as it is
	}{
		{"0001-01-01T00:00:00Z", 0},
		{"0000-01-01T00:00:00+23:59", FirstYear},
		{"1899-12-31T23:59:59Z", FirstYear},
		{"1900-01-01T00:00:00Z", 0},
		{"2026-11-24T10:00:00+09:00", 0},
		{"2999-12-31T23:59:59Z", 0},
		{"3000-01-01T00:00:00Z", LastYear},
		{"9999-12-31T23:59:59-23:59", LastYear},
	} {
		at, err := time.Parse(time.RFC3339, c.given)
		if err != nil {
			t.Fatal(err)
		}
		got := Plausible(at)
		if IsPlausible(at) != (c.year == 0) || c.year == 0 && !got.Equal(at) || c.year != 0 && got.Year() != c.year {
			t.Errorf("%s becomes %v", c.given, got)
		}
		for _, zone := range []*time.Location{Tokyo, time.FixedZone("far west", -23*60*60)} {
			if _, err := json.Marshal(got.In(zone)); err != nil && !got.IsZero() {
				t.Error(err)
			}
		}
	}
}

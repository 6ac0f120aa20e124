package casework_test

import (
	"strings"
	"testing"
)

func TestWhoIsPerhapsOneHousehold(t *testing.T) {
	household := func(name, address string) string {
		rows, err := read(t, head+strings.Replace(strings.Replace(good, "見本　一太", name, 1), "見本市1丁目", address, 1))
		if err != nil || len(rows) != 1 {
			t.Fatalf("%s, %s: %v", name, address, err)
		}
		return rows[0].Household
	}
	base := household("見本　一太", "見本市1丁目2番3号")
	if base == "" {
		t.Fatal("an address and a surname are no household")
	}
	for _, c := range []struct {
		name, address string
		same          bool
	}{
		{"見本 花子", "見本市１−２−３", true}, {"見本　次郎", "見本市 1丁目2-3", true}, {"見本　一太", "見本市1の2の3", true}, {"見本 三奈", "見本市1番地2号3", true},
		{"見木　花子", "見本市1丁目2番3号", false}, {"見本　花子", "見本市1丁目2番4号", false}, {"見本　花子", "見本市12-3", false},
	} {
		if got := household(c.name, c.address); (got == base) != c.same {
			t.Errorf("%s, %s: %q beside %q", c.name, c.address, got, base)
		}
	}
	for _, c := range [][2]string{{"見本一太", "見本市1丁目"}, {"見本　一太", "見本市"}, {"見本　一太", ""}} {
		if got := household(c[0], c[1]); got != "" {
			t.Errorf("%s, %s: %q, want nobody's", c[0], c[1], got)
		}
	}
}

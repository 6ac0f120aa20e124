package casework_test

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer/casework"
	"kakeru/dialer/japan"
)

func TestPeekSample(t *testing.T) {
	genuine := strings.Replace(good, "見本\n", "\n", 1)
	for name, c := range map[string]struct {
		text string
		want bool
		rows int
	}{
		"made up":              {head + good + good, true, 2},
		"real":                 {head + genuine + good, false, 2},
		"broken, then made up": {head + "1,2\n" + good + genuine, true, 3},
		"wrong, then real":     {head + strings.Replace(good, "12000", "多額", 1) + genuine, true, 2},
		"nothing but broken":   {head + strings.Repeat("1,2\n", 500) + good, false, 501},
		"no rows":              {head, false, 0},
		"not a list":           {"a,b\n", false, 0},
	} {
		rows := casework.ReadList(strings.NewReader(c.text), casework.DefaultMapping(), japan.Notation{}, refs)
		sample, all, stop := casework.PeekSample(rows)
		n, line := 0, 0
		for row, err := range all {
			if _, ok := errors.AsType[*casework.ListError](err); ok {
				break
			}
			if n++; row.Line <= line {
				t.Errorf("%s: line %d after %d", name, row.Line, line)
			}
			line = row.Line
		}
		stop()
		if sample != c.want || n != c.rows {
			t.Errorf("%s: %v with %d rows, want %v with %d", name, sample, n, c.want, c.rows)
		}
	}
}

func TestPeekSampleCanBeLeft(t *testing.T) {
	_, all, stop := casework.PeekSample(casework.ReadList(strings.NewReader(head+good+good+good), casework.DefaultMapping(), japan.Notation{}, refs))
	for range all {
		break
	}
	stop()
	for range all {
		t.Error("a stopped list went on")
	}
}

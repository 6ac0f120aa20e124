package dialer

import "testing"

func TestHintsAreReadAsWritten(t *testing.T) {
	for _, h := range []Hint{{HintRecorder, 0.83}, {HintFax, 0}, {HintBusy, 1}} {
		if got, ok := parseHint(h.Reason()); !ok || got != h {
			t.Errorf("%+v becomes %+v", h, got)
		}
	}
	for _, reason := range []string{"", "recorder", "recorder x", "recorder 1.2", "recorder -0.1", "ghost 0.5", "0.5", "fax NaN"} {
		if h, ok := parseHint(reason); ok {
			t.Errorf("%q is read as %+v", reason, h)
		}
	}
}

package backup

import (
	"bytes"
	"errors"
	"testing"
	"time"
)

// TestABackupOfSomebodyElses: the recipients are no secret, so anybody can make a backup that opens; that it is the centre's only its secret says.
func TestABackupOfSomebodyElses(t *testing.T) {
	to, with := key(t)
	m, err := Verify(bytes.NewReader(made(t, to, []byte("a dump"))), with)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.MadeBy(ours); err != nil {
		t.Error(err)
	}
	other := bytes.Repeat([]byte{6}, 32)
	if err := m.MadeBy(other); !errors.Is(err, ErrForeign) {
		t.Errorf("of another secret: %v", err)
	}
	for what, change := range map[string]func(*Manifest){
		"no mark":       func(m *Manifest) { m.Mark = "" },
		"another dump":  func(m *Manifest) { m.SHA256 = m.SHA256[1:] + "0" },
		"other rows":    func(m *Manifest) { m.Rows = map[string]int64{"attempts": 2} },
		"another time":  func(m *Manifest) { m.At = m.At.Add(time.Hour) },
		"a day is open": func(m *Manifest) { m.Days = []Day{{Day: "2026-11-27"}} },
	} {
		changed := m
		change(&changed)
		if err := changed.MadeBy(ours); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

package postgres

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
)

// TestScreensOnTheWall: a code is good once and for a time, a secret until it is revoked, and neither stands in the ledger.
func TestScreensOnTheWall(t *testing.T) {
	l := newLedger(t)
	code, token := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	d := dialer.Display{ID: dialer.NewID(noon), Name: "事務室の壁", MadeBy: "admin", MadeAt: noon, CodeUntil: noon.Add(time.Hour)}
	must(t, l.AddDisplay(t.Context(), d, code))
	gone := func(err error) {
		t.Helper()
		if !errors.Is(err, dialer.ErrNotFound) {
			t.Errorf("got %v, want nothing found", err)
		}
	}
	_, err := l.OpenDisplay(t.Context(), code, token, d.CodeUntil)
	gone(err)
	_, err = l.OpenDisplay(t.Context(), token, token, noon)
	gone(err)
	_, err = l.DisplayByToken(t.Context(), token)
	gone(err)
	got, err := l.OpenDisplay(t.Context(), code, token, noon)
	must(t, err)
	if got.ID != d.ID || !got.OpenedAt.Equal(noon) {
		t.Errorf("opened %+v", got)
	}
	_, err = l.OpenDisplay(t.Context(), code, bytes.Repeat([]byte{3}, 32), noon)
	gone(err)
	if got, err = l.DisplayByToken(t.Context(), token); err != nil || got.Name != d.Name {
		t.Errorf("found %+v, %v", got, err)
	}
	for range 2 { // again changes nothing
		got, err = l.RevokeDisplay(t.Context(), d.ID, "admin2", noon.Add(time.Hour))
		must(t, err)
	}
	if got.RevokedBy != "admin2" || !got.RevokedAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("revoked %+v", got)
	}
	_, err = l.DisplayByToken(t.Context(), token)
	gone(err)
	_, err = l.RevokeDisplay(t.Context(), dialer.NewID(noon), "admin", noon)
	gone(err)
	_, err = l.RevokeDisplay(t.Context(), "nothing", "admin", noon)
	gone(err)
	list, err := l.Displays(t.Context())
	must(t, err)
	if len(list) != 1 || list[0].RevokedAt.IsZero() {
		t.Errorf("listed %+v", list)
	}
}

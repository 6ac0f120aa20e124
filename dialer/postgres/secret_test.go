package postgres

import (
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
)

func TestAnotherSecretIsRefused(t *testing.T) {
	url := migrated(t)
	open := func(secret string) error {
		l, err := Open(t.Context(), Options{URL: url, Refs: dialer.NewRefs([]byte(strings.Repeat(secret, 32))), Vault: testVault(t)})
		if err == nil {
			l.Close()
		}
		return err
	}
	if err := errors.Join(open("a"), open("a")); err != nil {
		t.Fatal(err)
	}
	if err := open("b"); !errors.Is(err, errOtherSecret) {
		t.Errorf("another secret: %v", err)
	}
	if err := open("a"); err != nil {
		t.Errorf("the old one is refused now: %v", err)
	}
}

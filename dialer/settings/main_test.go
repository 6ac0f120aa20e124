package settings_test

import (
	"testing"

	"kakeru/dialer/dialertest"
)

func TestFakeKeepsItsPort(t *testing.T) { dialertest.RunSettings(t, &dialertest.Settings{}) }

package dialertest_test

import (
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

func TestQueueKeepsThePromises(t *testing.T) {
	dialertest.RunQueue(t, func(*testing.T) dialer.Queue { return dialertest.NewQueue() })
}

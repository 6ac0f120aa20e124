// Package full sets apart the tests that take seconds each: whole houses that are killed and come back, ten thousand sign-ins, a
// thousand days. `make test` is to be over within minutes and leaves them out; `make test FULL=1`, which is what the build machine
// runs, and `make test-long` have them.
package full

import "testing"

// Only leaves a test out of a short run (go test -short).
func Only(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: make test FULL=1 runs it")
	}
}

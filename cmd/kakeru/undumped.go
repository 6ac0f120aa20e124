package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// undumped makes sure that what is in memory (keys, names, passwords) is never written to disk when the process dies, and that no other process
// of the same user may look into it: no core dump, not even by a handler that takes them through a pipe, which knows no limit.
func undumped() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("core dumps cannot be turned off: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("core dumps cannot be turned off: %w", err)
	}
	return nil
}

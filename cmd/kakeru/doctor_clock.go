package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"kakeru/configs"
	"kakeru/dialer/postgres"
)

// checkClock asks the kernel whether something keeps its clock right (adjtimex(2)), and compares it with PostgreSQL's: evidence
// is worth its times, and rules go by them.
func checkClock(ctx context.Context, s configs.Settings) []finding {
	return append(checkKernelClock(), checkLedgerClock(ctx, s)...)
}

func checkLedgerClock(ctx context.Context, s configs.Settings) []finding {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	off, err := postgres.ClockOffset(ctx, s.Database.URL)
	if err != nil {
		return nil // that it does not answer was said above
	}
	f := finding{fine, "clock", fmt.Sprintf("is %s from PostgreSQL's", off.Abs().Round(10*time.Millisecond)), ""}
	switch todo := "see which of the two machines is wrong, and what keeps its time"; {
	case off.Abs() > s.Clock.Stop:
		f.grade, f.todo = major, "nothing is dialled, closed, issued or removed: "+todo
	case off.Abs() > s.Clock.Tell:
		f.grade, f.todo = minor, todo
	}
	return []finding{f}
}

func checkKernelClock() []finding {
	const unsynchronised = 5 // TIME_ERROR
	var t syscall.Timex
	state, err := syscall.Adjtimex(&t)
	if err != nil || state == unsynchronised {
		return []finding{{minor, "clock", "nothing keeps this machine's clock right", "install chrony, or systemd-timesyncd"}}
	}
	return []finding{{fine, "clock", "is kept in step", ""}}
}

package main

import (
	"context"
	"fmt"
	"os"
	"syscall"

	"kakeru/cmd/stores"
	"kakeru/dialer/postgres"
)

// benchLedger measures the ledger on a private PostgreSQL, which it kills and starts again on the way.
func benchLedger(ctx context.Context, o benchFlags) (postgres.BenchFigures, error) {
	dir, err := os.MkdirTemp("", "kakeru-ledger-")
	if err != nil {
		return postgres.BenchFigures{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	private, err := startStores(ctx, dir, logger("error", streams{err: os.Stderr}))
	if err != nil {
		return postgres.BenchFigures{}, err
	}
	defer func() { private.stop() }()
	return postgres.Bench(ctx, postgres.BenchOptions{URL: private.ledger, Attempts: 2 * o.calls, Restart: func(ctx context.Context) error {
		if err := syscall.Kill(private.postgres.Pid(), syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill the server: %w", err)
		}
		private.postgres.Stop() // gives its folder free
		private.postgres, err = stores.StartPostgres(ctx, stores.Options{Dir: dir})
		return err
	}})
}

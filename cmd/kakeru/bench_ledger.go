//go:build !production

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"kakeru/cmd/stores"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
)

// ledgerFigures are the ledger's own, and the whole server's.
type ledgerFigures struct {
	postgres.BenchFigures

	ServerReadyAfterKillS float64 `json:"server_ready_after_kill_s"` // from kill -9 of `kakeru serve` until it is ready again
}

// benchLedger measures the ledger on a private PostgreSQL, which it kills and starts again on the way; then a server over it,
// which it kills too.
func benchLedger(ctx context.Context, o benchFlags) (f ledgerFigures, err error) {
	dir, err := os.MkdirTemp("", "kakeru-ledger-")
	if err != nil {
		return f, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	private, err := startStores(ctx, dir, logger("error", streams{err: os.Stderr}))
	if err != nil {
		return f, err
	}
	defer func() { private.stop() }()
	refs := dialer.NewRefs([]byte(benchSecret))
	f.BenchFigures, err = postgres.Bench(ctx, postgres.BenchOptions{
		URL: private.ledger, Refs: refs, Attempts: 2 * o.calls, Restart: func(ctx context.Context) error {
			if err := syscall.Kill(private.postgres.Pid(), syscall.SIGKILL); err != nil {
				return fmt.Errorf("kill the server: %w", err)
			}
			private.postgres.Stop() // gives its folder free
			private.postgres, err = stores.StartPostgres(ctx, stores.Options{Dir: dir, Log: logger("error", streams{err: os.Stderr})})
			return err
		},
	})
	if err != nil {
		return f, err
	}
	f.ServerReadyAfterKillS, err = serverReady(ctx, dir, private)
	return f, err
}

// benchSecret is of a ledger that is thrown away.
const benchSecret = "no secret: these numbers are nobody's"

// serverReady starts a server over the ledger that was measured, kills it, and says how long it takes to be ready again.
func serverReady(ctx context.Context, dir string, private *privateStores) (seconds float64, err error) {
	sip, err := freePort()
	if err != nil {
		return 0, err
	}
	secretFile, config := filepath.Join(dir, "bench-secret"), filepath.Join(dir, "bench.yaml")
	if err := os.WriteFile(secretFile, []byte(benchSecret), 0o600); err != nil {
		return 0, err
	}
	err = os.WriteFile(config, fmt.Appendf(nil, `
http: {addr: "127.0.0.1:0"}
database: {url: %q}
redis: {url: %q}
state_dir: %q
secret_file: %q
log_level: error
sip:
  listen: %q
  tcp: false
  rtp: {port_min: 30000, port_max: 30099}
  trunks: [{name: lab, address: "127.0.0.1:9", caller_id: %q, lab: true, watch: none}]
  desks: [{id: desk1, user: "201", password: bench}]
`, private.ledger, private.redis.URL(), dir, secretFile, sip, demoCallerID), 0o600)
	if err != nil {
		return 0, err
	}
	var began time.Time
	for range 2 { // the first life ends by kill -9
		c, err := startChild(ctx, "the server", "serve", "--config", config)
		if err != nil {
			return 0, err
		}
		if err := c.ready(); err != nil {
			c.stop()
			return 0, err
		}
		if !began.IsZero() {
			seconds = time.Since(began).Seconds()
		}
		began = time.Now()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait() // killed by us
	}
	return seconds, nil
}

// ready waits for the line that says that the server serves.
func (c *child) ready() error {
	for {
		line, err := c.out.ReadString('\n')
		if err != nil {
			return fmt.Errorf("%s has ended before it was ready: %w", c.name, err)
		}
		if strings.HasPrefix(line, "kakeru ready ") {
			return nil
		}
	}
}

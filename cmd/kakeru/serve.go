package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
	"kakeru/dialer/settings"
)

// configured parses the flags of a command that needs the settings, its own among them. The settings are loaded by load,
// so that a command given wrongly is told so first.
func configured(name string, args []string, std streams, define func(*flag.FlagSet)) (load func() (configs.Settings, error), rest []string, err error) {
	var path string
	rest, err = flags(name, args, std, func(f *flag.FlagSet) {
		f.StringVar(&path, "config", "", "settings `file`")
		define(f)
	})
	return func() (configs.Settings, error) { return configs.Load(path) }, rest, err
}

// settingsAlone is for commands that take nothing but the settings.
func settingsAlone(name string, args []string, std streams) (configs.Settings, error) {
	load, rest, err := configured(name, args, std, func(*flag.FlagSet) {})
	if err == nil && len(rest) > 0 {
		err = errUsage{"arguments not understood"}
	}
	if err != nil {
		return configs.Settings{}, err
	}
	return load()
}

// runServe runs the centre until it is told to stop.
func runServe(ctx context.Context, args []string, std streams) error {
	s, err := settingsAlone("serve", args, std)
	if err != nil {
		return err
	}
	if err := undumped(); err != nil {
		return err
	}
	a, err := newApp(ctx, s, appOptions{log: logger(s.LogLevel, std), console: std.err, stopping: func() {
		fmt.Fprintf(std.err, "kakeru serve: stopping; talks may go on for %s, Ctrl-C again ends at once\n", s.Calls.Drain)
	}})
	if err != nil {
		return err
	}
	return a.run(ctx, func(context.Context) error { return nil }, func(url string) {
		fmt.Fprintf(std.out, "kakeru ready %s\n", url)
	})
}

// runMigrate brings the database's schema up to date.
func runMigrate(ctx context.Context, args []string, std streams) error {
	s, err := settingsAlone("migrate", args, std)
	if err != nil {
		return err
	}
	return migrate(ctx, s.Database)
}

// migrate brings the schema up to date as the role that owns it, and gives the role that serves, where that is another, what it needs of it.
func migrate(ctx context.Context, d configs.Database) error {
	if err := postgres.Migrate(ctx, d.Owner()); err != nil || d.MigrateURL == "" {
		return err
	}
	return postgres.Grant(ctx, d.Owner(), d.URL)
}

// withLedger opens the ledger for a command that makes no calls.
func withLedger(ctx context.Context, s configs.Settings, do func(*postgres.Ledger) error) error {
	return withLive(ctx, s, func(l *postgres.Ledger, _ *live) error { return do(l) })
}

// withRightClock opens it for a command whose time of day stays in it: a list that was read next month would have every list until then be older, and a day be over that
// is not.
func withRightClock(ctx context.Context, s configs.Settings, do func(*postgres.Ledger, *live) error) error {
	return withLive(ctx, s, func(l *postgres.Ledger, holds *live) error {
		at, err := l.Time(ctx)
		if err != nil {
			return err
		}
		if err := clocksAgree(at, time.Now(), s.Clock.Stop); err != nil {
			return err
		}
		return do(l, holds)
	})
}

func clocksAgree(ledger, ours time.Time, within time.Duration) error {
	if off := ours.Sub(ledger).Abs(); off > within {
		return fmt.Errorf("this machine's clock and PostgreSQL's are %s apart: have the wrong one set right, and try again (clock.stop)", off.Round(time.Second))
	}
	return nil
}

// withLive opens it, with the settings as the panel has changed them.
func withLive(ctx context.Context, s configs.Settings, do func(*postgres.Ledger, *live) error) error {
	return withFile(ctx, s, func(l *postgres.Ledger, holds *live) error {
		if err := settings.NewKeeper(newKeeper(l, holds, time.Now)).Load(ctx); err != nil {
			return err
		}
		return do(l, holds)
	})
}

// withFile opens it, with the settings as the file has them.
func withFile(ctx context.Context, s configs.Settings, do func(*postgres.Ledger, *live) error) error {
	key, err := secret(s)
	if err != nil {
		return err
	}
	changed, err := newLive(s)
	if err != nil {
		return err
	}
	personal, err := keys(s)
	if err != nil {
		return err
	}
	l, err := postgres.Open(ctx, postgres.Options{
		URL: s.Database.URL, RememberIn: s.StateDir, Refs: dialer.NewRefs(key), Vault: personal, Rules: changed.rules(), Hours: changed.hours,
	})
	if err != nil {
		return err
	}
	defer l.Close()
	return do(l, changed)
}

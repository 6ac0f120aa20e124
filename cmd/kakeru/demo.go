//go:build !production

package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"kakeru/cmd/stores"
	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/postgres"
)

// demoOptions are the demo's flags.
type demoOptions struct {
	alwaysOpen, fast, reset, record bool
	directory                       string
}

// fastFactor is what --fast divides the lab's waits, and our own limit on ringing, by.
const fastFactor = 20

// runDemo starts everything on this machine: private stores, simulated phones and carrier, a made-up list, the panel.
func runDemo(ctx context.Context, args []string, std streams) error {
	var o demoOptions
	rest, err := flags("demo", args, std, func(f *flag.FlagSet) {
		f.BoolVar(&o.alwaysOpen, "always-open", false, "lift the opening hours; the screen says so")
		f.BoolVar(&o.fast, "fast", false, "divide the lab's waits by 20")
		f.BoolVar(&o.record, "record", false, "record the talks, which nobody real has")
		f.StringVar(&o.directory, "directory", "", "an OpenID provider's issuer: people whom the administrator has linked may sign in by it (client kakeru, secret demo)")
		f.BoolVar(&o.reset, "reset", false, "start from nothing: remove the demo's data first")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errUsage{"arguments not understood"}
	}
	dir, err := stateDir()
	if err != nil {
		return err
	}
	if o.reset {
		if err := resetState(dir); err != nil {
			return err
		}
	}
	return demoIn(ctx, dir, o, std)
}

// demoIn runs the demo on a state directory until ctx is done.
func demoIn(ctx context.Context, dir string, o demoOptions, std streams) error {
	if err := makeState(dir); err != nil {
		return err
	}
	logFile, err := os.OpenFile(filepath.Join(dir, "kakeru.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // our own state directory
	if err != nil {
		return err
	}
	defer func() { _ = logFile.Close() }()
	log := logger("info", streams{err: logFile})

	private, err := startStores(ctx, dir, log)
	if err != nil {
		return err
	}
	defer private.stop()
	world, err := startCarrier(o.fast, len(demoDesks), log)
	if err != nil {
		return err
	}
	defer world.close()
	settings, err := demoSettings(dir, o, private, world.carrier.Addr())
	if err != nil {
		return err
	}
	logins, err := demoLogins(dir)
	if err != nil {
		return err
	}
	a, err := newApp(ctx, settings, appOptions{log: log, demo: true, logins: logins, fast: o.fast})
	if err != nil {
		return err
	}
	return a.run(ctx, func(ctx context.Context) error {
		if err := furnish(ctx, a.ledger, a.refs, logins); err != nil {
			return err
		}
		if err := world.startPhones(a.agent.Addr(), accountsOf(settings), o.fast, log); err != nil {
			return err
		}
		if err := awaitPhones(ctx, a.engine, len(settings.SIP.Desks)); err != nil {
			return err
		}
		announce(std.out, logins, dir)
		fmt.Fprintf(std.out, "a call that comes in: kakeru lab call --to %s@%s --from 0300001234\n", demoCallerID, a.agent.Addr())
		return nil
	}, func(url string) { fmt.Fprintf(std.out, "kakeru ready %s\n", url) })
}

// announce prints the logins. They open nothing but this demo, on this machine's loopback.
func announce(w io.Writer, logins []login, dir string) {
	fmt.Fprintf(w, "the desk phones and the carrier are simulated; every case is made up; log: %s\n", filepath.Join(dir, "kakeru.log"))
	for _, l := range logins {
		fmt.Fprintf(w, "login %s %s %s\n", l.Login, l.Password, l.Role)
	}
}

// privateStores are the demo's own PostgreSQL and Redis.
type privateStores struct {
	postgres *stores.Postgres
	redis    *stores.Redis
	ledger   string // URL of the migrated database
}

// database is the demo's database.
const database = "kakeru"

func startStores(ctx context.Context, dir string, log *slog.Logger) (_ *privateStores, err error) {
	p := &privateStores{}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	o := stores.Options{Dir: dir, Log: log}
	if p.postgres, err = stores.StartPostgres(ctx, o); err != nil {
		return nil, err
	}
	if err = p.postgres.CreateDatabase(ctx, database, ""); err != nil {
		return nil, err
	}
	p.ledger = p.postgres.URL(database)
	if err = postgres.Migrate(ctx, p.ledger); err != nil {
		return nil, err
	}
	p.redis, err = stores.StartRedis(ctx, o)
	return p, err
}

func (p *privateStores) stop() {
	if p.redis != nil {
		p.redis.Stop()
	}
	if p.postgres != nil {
		p.postgres.Stop()
	}
}

// demoDesks are the two desks of spec §16.
var demoDesks = []configs.Desk{{ID: "desk1", Name: "席1(模擬)", User: "201"}, {ID: "desk2", Name: "席2(模擬)", User: "202"}}

// demoCallerID stands for the ward's number, in a range that is never assigned.
const demoCallerID = "0300000000"

// demoSettings are the settings of a centre on loopback, with what the environment says over them.
func demoSettings(dir string, o demoOptions, p *privateStores, carrier netip.AddrPort) (configs.Settings, error) {
	s := labSettings(demoDesks, carrier, o.fast)
	s.Database.URL, s.Redis.URL = p.ledger, p.redis.URL()
	s.StateDir = dir
	s.Centre.AlwaysOpen = o.alwaysOpen
	s.Report.Ward, s.Report.Contractor, s.Report.Boxes = "見本区 保険年金課", "見本コールセンター(デモ)", []string{"課長", "係長", "担当"}
	if o.record {
		s.Recording = configs.Recording{
			Allowed: true, AllowedBy: "demo", AllowedAt: time.Now().Format(time.DateOnly), Folder: filepath.Join(dir, "recordings"),
			KeysFolder: filepath.Join(dir, "recording-keys"), KeyFile: filepath.Join(dir, "recording.key"), RetentionDays: 1, Notice: configs.Beep,
		}
	}
	s.Calls.Drain = 0 // nobody real is on the line: Ctrl-C hangs up at once
	if addr := os.Getenv("KAKERU_HTTP_ADDR"); addr != "" {
		s.HTTP.Addr = addr
	}
	if _, port, err := net.SplitHostPort(s.HTTP.Addr); err == nil {
		s.HTTP.Origin = "http://localhost:" + port // browsers make no passkeys for an address
	}
	s.Auth.OIDC.Issuer, s.Auth.OIDC.Claim = o.directory, "preferred_username"
	if o.directory != "" {
		s.Auth.OIDC.ClientID, s.Auth.OIDC.ClientSecret = "kakeru", "demo"
	}
	return s, s.Check()
}

// labSettings are settings whose only trunk is a lab carrier and whose phones register here.
func labSettings(desks []configs.Desk, carrier netip.AddrPort, fast bool) configs.Settings {
	s := configs.Default()
	for _, role := range configs.Roles { // who tries it out has its passwords on the screen before them, and no app for codes at hand
		s.Auth.SecondFactor[role], s.Auth.IdleLock[role] = "optional", 30*time.Minute
	}
	s.SIP.Listen = "127.0.0.1:0"
	s.SIP.RTP = configs.RTP{Bind: "127.0.0.1", Advertise: "127.0.0.1", PortMin: 20000, PortMax: 29999}
	s.SIP.Trunks = []configs.Trunk{{
		Name: "lab", Address: carrier.String(), CallerID: demoCallerID, Lab: true, User: "lab", Password: "lab",
	}}
	for _, d := range desks {
		d.Password = rand.Text()
		s.SIP.Desks = append(s.SIP.Desks, d)
	}
	if fast {
		s.Calls.Ring /= fastFactor
	}
	return s
}

func accountsOf(s configs.Settings) []account {
	var out []account
	for _, d := range s.SIP.Desks {
		out = append(out, account{d.User, d.Password})
	}
	return out
}

// awaitPhones waits until every desk phone has registered, so that the first click finds one.
func awaitPhones(ctx context.Context, e *dialer.Engine, want int) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		have := 0
		for _, d := range e.Desks() {
			if d.Registered != nil && *d.Registered {
				have++
			}
		}
		if have >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d simulated desk phones have registered", have, want)
		case <-tick.C:
		}
	}
}

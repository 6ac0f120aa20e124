//go:build !production

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"kakeru/sip/lab"
	"kakeru/sip/media"
)

// labMedia lends the lab's far ends their RTP ports: four for each of so many lines, from a range apart from Kakeru's own.
func labMedia(first uint16, lines int) (*media.Pool, error) {
	loopback := netip.MustParseAddr("127.0.0.1")
	return media.NewPool(media.Config{
		BindIP: loopback, AdvertiseIP: loopback, PortMin: first, PortMax: first + uint16(4*lines), //nolint:gosec // a few hundred lines
	})
}

// labFlags are the flags of both simulated far ends.
type labFlags struct {
	addr, user, password string
	registrar            string
	fast, never          bool
	seed                 uint64
	firstPort            uint
	journal              bool
}

// runLab runs a simulated desk phone or carrier on its own, until it is told to stop, or a caller for one call.
func runLab(ctx context.Context, args []string, std streams) error {
	if len(args) == 0 {
		return errUsage{"say phone, carrier, call or answerer"}
	}
	if args[0] == "call" {
		return runLabCall(ctx, args[1:], std)
	}
	o := labFlags{}
	rest, err := flags("lab "+args[0], args[1:], std, func(f *flag.FlagSet) {
		f.StringVar(&o.addr, "addr", "127.0.0.1:0", "SIP `address` to listen on; port 0 takes a free one")
		f.StringVar(&o.user, "user", "", "account")
		f.StringVar(&o.password, "password", "", "the account's password")
		f.StringVar(&o.registrar, "registrar", "", "phone: `address` of the registrar")
		f.BoolVar(&o.fast, "fast", false, "divide all waits by 20")
		f.BoolVar(&o.never, "never-answer", false, "phone: ring and never answer")
		f.Uint64Var(&o.seed, "seed", 1, "what the plan leaves to chance")
		f.UintVar(&o.firstPort, "rtp-port", 40000, "first RTP `port`")
		f.BoolVar(&o.journal, "journal", false, "print a line of JSON for every call")
	})
	if err != nil {
		return err
	}
	if len(rest) > 0 || o.firstPort < 1024 || o.firstPort > 65000 {
		return errUsage{"arguments not understood, or an RTP port that cannot be"}
	}
	if args[0] == "answerer" {
		return runLabAnswerer(ctx, o, std)
	}
	pool, err := labMedia(uint16(o.firstPort), 100)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(std.err, nil))
	switch args[0] {
	case "carrier":
		return runLabCarrier(ctx, o, pool, log, std)
	case "phone":
		return runLabPhone(ctx, o, pool, log, std)
	default:
		return errUsage{"say phone, carrier, call or answerer"}
	}
}

// runLabAnswerer is a far end for load: it answers every call at once, without a sound.
func runLabAnswerer(ctx context.Context, o labFlags, std streams) error {
	a, err := lab.NewAnswerer(o.addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "simulated answerer on %s\n", a.Addr())
	return a.Run(ctx)
}

func (o labFlags) journalTo(std streams) io.Writer {
	if o.journal {
		return std.out
	}
	return nil
}

func runLabCarrier(ctx context.Context, o labFlags, pool *media.Pool, log *slog.Logger, std streams) error {
	c, err := lab.NewCarrier(lab.CarrierOptions{
		Addr: o.addr, Media: pool, Fast: o.fast, Seed: o.seed, User: o.user, Password: o.password,
		Journal: o.journalTo(std), Log: log,
	})
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintf(std.out, "simulated carrier on %s\n", c.Addr())
	return c.Run(ctx)
}

func runLabPhone(ctx context.Context, o labFlags, pool *media.Pool, log *slog.Logger, std streams) error {
	registrar, err := netip.ParseAddrPort(o.registrar)
	if err != nil {
		return errUsage{"--registrar must be an IPv4 address and a port, such as 127.0.0.1:5060"}
	}
	p, err := lab.NewPhone(lab.PhoneOptions{
		Addr: o.addr, Media: pool, Registrar: registrar, User: o.user, Password: o.password, NeverAnswer: o.never,
		Fast: o.fast, Seed: o.seed, Journal: o.journalTo(std), Log: log,
	})
	if err != nil {
		return err
	}
	defer p.Close()
	fmt.Fprintf(std.out, "simulated desk phone %s on %s\n", o.user, p.Addr())
	return p.Run(ctx)
}

// labCallPorts is where the caller's RTP ports begin.
const labCallPorts = 62000

// runLabCall is a simulated customer who calls the centre once: nil when somebody answered and was heard.
func runLabCall(ctx context.Context, args []string, std streams) error {
	var to, from, name string
	var seconds int
	rest, err := flags("lab call", args, std, func(f *flag.FlagSet) {
		f.StringVar(&to, "to", "", "the centre's `number@host:port`")
		f.StringVar(&from, "from", "", "the caller's `number`; withheld when left out")
		f.StringVar(&name, "name", "", "what the caller's telephone company says they are called")
		f.IntVar(&seconds, "seconds", 20, "how long the caller talks")
	})
	if err != nil {
		return err
	}
	if seconds < 1 {
		return errUsage{"--seconds must be 1 or more"}
	}
	number, at, _ := strings.Cut(to, "@")
	server, err := netip.ParseAddrPort(at)
	if err != nil || len(rest) > 0 {
		return errUsage{"--to must be a number at an IPv4 address and a port, such as 0300000000@127.0.0.1:5060"}
	}
	pool, err := labMedia(labCallPorts, 100)
	if err != nil {
		return err
	}
	c, err := lab.NewCustomer(lab.CustomerOptions{
		Media: pool, Server: server, To: number, From: from, Name: name, Talk: time.Duration(seconds) * time.Second,
	})
	if err != nil {
		return err
	}
	defer c.Close()
	fmt.Fprintln(std.out, "a simulated caller is calling")
	if err := c.Run(ctx); err != nil {
		return err
	}
	l := c.Log()
	fmt.Fprintf(std.out, "answered after %.1f s, talked for %.1f s\n", l.Answered.Sub(l.Started).Seconds(), l.Ended.Sub(l.Answered).Seconds())
	return nil
}

// labWorld is a simulated carrier and desk phones in this process, for the demo and the benchmarks.
type labWorld struct {
	carrier *lab.Carrier
	phones  []*lab.Phone
	group   *errgroup.Group
	stop    context.CancelFunc
}

// labPorts is where the lab's own RTP ports begin.
const labPorts = 40000

// startCarrier starts the simulated carrier; the phones come once there is a registrar.
func startCarrier(fast bool, desks int, log *slog.Logger) (*labWorld, error) {
	pool, err := labMedia(labPorts, 4*desks+16)
	if err != nil {
		return nil, err
	}
	c, err := lab.NewCarrier(lab.CarrierOptions{Media: pool, Fast: fast, Seed: 7, Log: log, Keep: 100_000})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &labWorld{carrier: c, stop: stop, group: &errgroup.Group{}}
	w.group.Go(func() error { return c.Run(ctx) })
	return w, nil
}

// startPhones registers a simulated desk phone for each account.
func (w *labWorld) startPhones(registrar netip.AddrPort, accounts []account, fast bool, log *slog.Logger) error {
	pool, err := labMedia(labPorts+10_000, 2*len(accounts)+16)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	end := w.stop
	w.stop = func() { stop(); end() }
	lift := 5 * time.Second // a call that comes in rings long enough to be seen
	if fast {
		lift *= 10
	}
	for i, a := range accounts {
		p, err := lab.NewPhone(lab.PhoneOptions{
			LiftAfter: lift,
			Media:     pool, Registrar: registrar, User: a.user, Password: a.password, Fast: fast, Seed: uint64(i) + 1, //nolint:gosec // a small index
			Log: log, Keep: 100_000,
		})
		if err != nil {
			return err
		}
		w.phones = append(w.phones, p)
		w.group.Go(func() error { return p.Run(ctx) })
	}
	return nil
}

// account is what a desk phone registers with.
type account struct{ user, password string }

// close ends the phones and the carrier, and waits for them.
func (w *labWorld) close() {
	w.stop()
	for _, p := range w.phones {
		p.Close()
	}
	w.carrier.Close()
	_ = w.group.Wait()
}

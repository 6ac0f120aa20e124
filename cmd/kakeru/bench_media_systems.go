//go:build !production

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os/exec"
	"syscall"

	"kakeru/sip/media"
)

// mediaSystem is something that passes the packets of calls on, in a process of its own.
type mediaSystem interface {
	// bridge sets up a call between two far ends, and says where each of them sends to.
	bridge(ctx context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error)
	// pid is the process that is measured; 0 when there is none.
	pid() int
	// mallocs is how many allocations the process has made; 0 where that cannot be told.
	mallocs() (uint64, error)
	stop()
}

// mediaSystemKind is a row of the table. They are measured one after the other under the same load.
type mediaSystemKind struct {
	name   string
	prefix string // of its figures
	start  func(ctx context.Context) (mediaSystem, error)
	there  func() bool
}

// mediaSystems are all there are. The first is what the others are measured against: the packets' way without anybody on it.
func mediaSystems() []mediaSystemKind {
	always := func() bool { return true }
	relay := func(kind string) func(context.Context) (mediaSystem, error) {
		return func(ctx context.Context) (mediaSystem, error) { return startRelay(ctx, kind) }
	}
	return []mediaSystemKind{
		{"nobody between", "direct_", func(context.Context) (mediaSystem, error) { return direct{}, nil }, always},
		{"goroutine per socket", "floor_", relay("floor"), always},
		{"rtpengine", "rtpengine_", startRTPEngine, hasRTPEngine},
		{"kakeru, heard and recorded", "listening_", relay("kakeru-listening"), always},
		{"kakeru", "", relay("kakeru"), always},
	}
}

// direct has the far ends speak to each other.
type direct struct{}

func (direct) bridge(_ context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	return customer, desk, nil
}
func (direct) pid() int                 { return 0 }
func (direct) mallocs() (uint64, error) { return 0, nil }
func (direct) stop()                    {}

// relayProcess is a relay of this binary.
type relayProcess struct{ *child }

func startRelay(ctx context.Context, kind string) (mediaSystem, error) {
	c, err := startChild(ctx, "the relay's process", "bench", "media-"+kind)
	if err != nil {
		return nil, err
	}
	p := relayProcess{c}
	if _, err := p.mallocs(); err != nil { // it has come up
		p.stop()
		return nil, err
	}
	return p, nil
}

// errNoSockets is a process that can open no more sockets.
var errNoSockets = errors.New("no more sockets can be opened")

func outOfSockets(err error) bool {
	for _, short := range []error{errNoSockets, media.ErrPortsExhausted, syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, short) {
			return true
		}
	}
	return false
}

// whatToRaise adds to such an error what can be done about it.
func whatToRaise(err error, calls int) error {
	return fmt.Errorf("%w: %d calls take %d of the ports %d–%d and about %d open files of one process; "+
		"end what else holds the ports, raise the limit on files (ulimit -n), or ask for fewer --calls",
		err, calls, 4*calls, relayPortMin, relayPortMax, 4*calls+100)
}

func (p relayProcess) bridge(_ context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	var w relayWord
	if err = p.tell(relayOrder{Desk: desk, Customer: customer}, &w); err != nil {
		return toDesk, toCustomer, err
	}
	switch {
	case w.Short:
		err = fmt.Errorf("%w (%s)", errNoSockets, w.Error)
	case w.Error != "":
		err = errors.New(w.Error)
	}
	return w.Desk, w.Customer, err
}

func (p relayProcess) pid() int { return p.cmd.Process.Pid }

func (p relayProcess) mallocs() (uint64, error) {
	var w relayWord
	err := p.tell(relayOrder{}, &w)
	return w.Mallocs, err
}

func hasRTPEngine() bool {
	_, err := exec.LookPath("rtpengine")
	return err == nil
}

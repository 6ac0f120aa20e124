package main

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
	"syscall"
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

// errNoFiles is a process that may open no more files.
var errNoFiles = errors.New("too many open files")

func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, errNoFiles)
}

func (p relayProcess) bridge(_ context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	var w relayWord
	if err = p.tell(relayOrder{Desk: desk, Customer: customer}, &w); err != nil {
		return toDesk, toCustomer, err
	}
	switch {
	case w.NoFiles:
		err = errNoFiles
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

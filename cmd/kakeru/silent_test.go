package main

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
	"kakeru/sip"
	"kakeru/sip/media"
)

// A phone whose power fails says goodbye to nobody. The supervisor's board sees its desk without a phone all the same. The
// phone is a process of its own, which is killed; the pauses are shortened (by default the two of them make 52 s, see sip).
func TestASilentPhoneIsSeenOnTheBoard(t *testing.T) {
	h := &house{t: t} // for its patience only
	loopback := netip.MustParseAddr("127.0.0.1")
	agent, err := sip.New(sip.Config{
		Listen: "127.0.0.1:0", Media: media.Config{BindIP: loopback, PortMin: 31000, PortMax: 31099},
		Desks:     []sip.Desk{{ID: "desk1", Account: "201", Password: "secret"}},
		KeepAlive: 100 * time.Millisecond, Timers: sip.Timers{T1: 50 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	var board dialertest.Board
	engine := dialer.NewEngine(dialer.Deps{
		Desks: []dialer.DeskConfig{{ID: "desk1", Name: "席1"}}, Phone: agent, Board: &board, Now: time.Now,
	})
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- agent.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })

	phone := exec.Command(os.Args[0], "lab", "phone", "--registrar", agent.Addr().String(), "--user", "201", //nolint:gosec,noctx // this very binary; killed below
		"--password", "secret", "--rtp-port", "41000")
	phone.Env = append(os.Environ(), asBinary+"=1")
	if err := phone.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = phone.Process.Kill(); _ = phone.Wait() }
	t.Cleanup(kill)
	shows := func(registered bool) func() bool {
		return func() bool {
			up := lastDesk(&board).Registered
			now := engine.Desks()[0].Registered
			return up != nil && *up == registered && now != nil && *now == registered
		}
	}
	h.eventually("the phone to be seen", shows(true))
	kill()
	h.eventually("its silence to be seen", shows(false))
}

// lastDesk is the last desk frame.
func lastDesk(b *dialertest.Board) (v dialer.DeskView) {
	for _, c := range b.Changes() {
		if c.Type == dialer.ChangeDesk {
			v = *c.Desk
		}
	}
	return v
}

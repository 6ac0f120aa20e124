package sip

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/dialer/dialertest"
)

// TestPhoneKeepsItsPromises runs the suite that every dialer.Phone must pass.
func TestPhoneKeepsItsPromises(t *testing.T) {
	t.Parallel()
	dialertest.RunPhone(t, func(t *testing.T) dialertest.PhoneRig {
		r := newRig(t)
		desk, customer := playFar(t, r.desk), playFar(t, r.trunk)
		return dialertest.PhoneRig{
			Phone: r.Agent, Desk: "desk1", Number: testNumber,
			Script: func(_ *testing.T, d, c dialertest.Far) { desk.script(d); customer.script(c) },
			HungUp: func(t *testing.T) { within(t, customer.over, "the far end to be told") },
			Another: func(t *testing.T) dialer.Phone {
				cfg := r.cfg
				cfg.Listen = "127.0.0.1:0"
				return startAgent(t, cfg)
			},
		}
	})
}

// far is a peer that plays a dialertest.Far for each call it gets.
type far struct {
	*peer

	t    *testing.T
	over chan struct{} // a call was ended by BYE or CANCEL

	mu       sync.Mutex
	next     dialertest.Far
	plays    dialertest.Far
	invite   *sip.Request
	answered bool
	timers   []*time.Timer
}

func playFar(t *testing.T, p *peer) *far {
	t.Helper()
	f := &far{peer: p, t: t, over: make(chan struct{}, 100)}
	p.playAll(t, f.take)
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, timer := range f.timers {
			timer.Stop()
		}
	})
	return f
}

func (f *far) script(s dialertest.Far) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = s
}

// in does something later, while the test lasts. It needs f.mu.
func (f *far) in(d time.Duration, do func()) {
	f.timers = append(f.timers, time.AfterFunc(d, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		do()
	}))
}

func (f *far) take(m sip.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	req, ok := m.(*sip.Request)
	if !ok || f.plays.Kind == dialertest.FarSilent && req.Method != sip.INVITE {
		return
	}
	switch req.Method {
	case sip.INVITE:
		f.plays, f.invite, f.answered = f.next, req, false
		f.play()
	case sip.CANCEL:
		f.cancelled(req)
	case sip.BYE:
		if f.plays.Kind != dialertest.FarDies {
			f.reply(req, say{status: 200})
			f.over <- struct{}{}
		}
	default:
	}
}

func (f *far) play() {
	s := f.plays
	if s.Kind == dialertest.FarSilent {
		return
	}
	if s.Ring >= 0 {
		f.in(s.Ring, func() {
			ring := say{status: 180, tag: "far"}
			if s.Early {
				ring = say{status: 183, tag: "far", sdp: plainSDP}
			}
			f.reply(f.invite, ring)
		})
	}
	switch s.Kind {
	case dialertest.FarAnswers, dialertest.FarDies, "":
		// After the ringing, also when both are due at once.
		f.in(max(s.After, s.Ring+5*time.Millisecond), f.answer)
	case dialertest.FarRejects:
		no := say{status: orElse(s.Status, 486), tag: "far"}
		if s.Cause != 0 {
			no.headers = []string{fmt.Sprintf("Reason: Q.850;cause=%d", s.Cause)}
		}
		f.in(s.After, func() { f.reply(f.invite, no) })
	default:
	}
}

func (f *far) answer() {
	f.answered = true
	invite := f.invite
	f.reply(invite, say{status: 200, tag: "far", sdp: plainSDP})
	if f.plays.Talk > 0 {
		f.in(f.plays.Talk, func() { f.send(invite.Source(), f.within(invite, "far", "BYE", 1, nil, "")) })
	}
}

func (f *far) cancelled(req *sip.Request) {
	switch {
	case f.plays.Kind == dialertest.FarCrosses:
		f.answer()
		f.reply(req, say{status: 481})
	case f.answered:
		f.reply(req, say{status: 481})
	default:
		f.reply(req, say{status: 200})
		f.reply(f.invite, say{status: 487, tag: "far"})
		f.over <- struct{}{}
	}
}

package sip

import (
	"log/slog"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// Every caller has ports. However many come in, or seem to, calls can still be placed.
func TestCallersLeaveRoomForCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	comes := make(chan dialer.Incoming, 2*callersLeast)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	callers := make([]*dialIn, callersLeast)
	var first dialer.Incoming
	for i := range callers {
		callers[i] = r.trunk.dial(r.Agent, testCallerID, plainSDP)
		in := within(t, comes, "a call")
		t.Cleanup(in.Line.Close)
		if i == 0 {
			first = in
		}
	}
	r.trunk.dial(r.Agent, testCallerID, plainSDP).status(t, 486)
	// Who was answered, and has acknowledged it, waits no longer; an answer alone says nothing of who has got it.
	first.Line.Answer()
	callers[0].status(t, 200)
	r.trunk.dial(r.Agent, testCallerID, plainSDP).status(t, 486)
	callers[0].say("ACK", 1, "")
	callers[0].ask(t, sip.OPTIONS, 2) // it has been read
	r.trunk.dial(r.Agent, testCallerID, plainSDP)
	last := within(t, comes, "one more call")
	last.Line.Close()
}

// A trunk that is set to TLS is heard by TLS alone: the source of a datagram can be forged, and it is said in the settings that it shall not matter.
func TestATrunkOverTLSIsHeardByNothingElse(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	r := newRig(t, withTLS(t, ca), func(c *Config) { c.TCP, c.Trunks[0].Transport = true, string(overTLS) })
	comes := make(chan dialer.Incoming, 1)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	if res := r.trunk.dial(r.Agent, testCallerID, plainSDP).status(t, 403); res.Reason != "Forbidden: this trunk is heard by TLS alone" {
		t.Errorf("got %q", res.Reason)
	}
	u := r.uplinks[0]
	for by, ok := range map[transport]bool{overUDP: false, overTCP: false, overTLS: true} {
		if u.speaks(place{AddrPort: r.trunk.addr, by: by, flow: by.reliable()}) != ok {
			t.Errorf("by %s", by.token())
		}
	}
	l := &leg{lane: &lane{agent: r.Agent}, trunk: u.trunk.Name}
	l.dialog.First = place{AddrPort: r.trunk.addr, by: overTLS}
	for _, method := range []string{"INVITE", "BYE", "INFO"} {
		m, err := read([]byte(r.trunk.outside(method, newTag())))
		if err != nil {
			t.Fatal(err)
		}
		for by, ok := range map[transport]bool{overUDP: false, overTLS: true} {
			m.SetSource(r.trunk.addr.String())
			m.SetTransport(by.token())
			if req, _ := m.(*sip.Request); l.mayAsk(req) != ok {
				t.Errorf("%s by %s", method, by.token())
			}
		}
	}
}

// One who cancels at once waits no longer, and is a call with a record all the same: while PostgreSQL is away, whoever calls and cancels without an end
// would have the spool grow and the outage last.
func TestCallersWhoCancelAtOnceAreHeldToARate(t *testing.T) {
	t.Parallel()
	now, said := newClock(), &logged{}
	other := newPeerAt(t, freshAddress())
	r := newRig(t, func(c *Config) {
		c.Now, c.Log = now.Now, slog.New(slog.NewTextHandler(said, nil))
		c.Trunks = append(c.Trunks, labTrunk(other.addr))
		c.Trunks[1].Name = "other"
	})
	comes := make(chan dialer.Incoming, 1)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	cancels := func(by *peer) {
		t.Helper()
		d := by.dial(r.Agent, testCallerID, plainSDP)
		in := within(t, comes, "a call")
		d.say("CANCEL", 1, "")
		d.status(t, 487)
		d.say("NACK", 1, "")
		in.Line.Close()
	}
	refused := func() {
		t.Helper()
		d := r.trunk.dial(r.Agent, testCallerID, plainSDP)
		d.status(t, 486)
		d.say("NACK", 1, "")
	}
	for range callersBurst {
		cancels(r.trunk)
	}
	for range 5 {
		refused()
	}
	cancels(other) // each trunk has its own
	now.pass(time.Second)
	for range int(callersRate) {
		cancels(r.trunk)
	}
	refused()
	if n := said.count("faster than they can be taken"); n != 1 {
		t.Errorf("it was said %d times in a second", n)
	}
	now.pass(time.Minute)
	for range callersBurst {
		cancels(r.trunk)
	}
	refused()
	if n := said.count("faster than they can be taken"); n != 2 || said.count("refused=6") != 1 {
		t.Errorf("it was said %d times in a minute, and should say how many they were", n)
	}
	select {
	case <-comes:
		t.Error("one who was refused has come")
	default:
	}
}

// More desks take more callers; a dozen who call back in a minute are never too many.
func TestTheRateOfCallersGrowsWithTheDesks(t *testing.T) {
	t.Parallel()
	for desks, most := range map[int]int{0: 60 + 300, 2: 60 + 300, 10: 60 + 300, 50: 300 + 1500} {
		a, now := unstarted(t)
		a.cfg.Desks = make([]Desk, desks)
		let := 0
		for range 60 * 50 {
			if !a.tooFast("lab") {
				let++
			}
			now.pass(20 * time.Millisecond)
		}
		if let > most || let < most-1 {
			t.Errorf("%d callers were taken in a minute of %d desks, want %d", let, desks, most)
		}
		now.pass(time.Hour)
		for range 12 {
			if a.tooFast("lab") {
				t.Error("who calls back is refused")
			}
		}
		now.pass(-time.Hour) // a clock that is set back makes it no stricter than it was
		if a.tooFast("lab") {
			t.Error("one is refused since the clock was set back")
		}
	}
}

package sip

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// numbered is the nth of many made-up numbers, and asserts as a trunk does that it calls.
func numbered(n int) dialer.Number { return dialer.Number(fmt.Sprintf("0300%06d", n)) }

func asserts(n int) string {
	return fmt.Sprintf("P-Asserted-Identity: <sip:%s@carrier.invalid>", numbered(n))
}

// Every caller has ports. However many come in, or seem to, calls can still be placed.
func TestCallersLeaveRoomForCalls(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	comes := make(chan dialer.Incoming, 2*callersLeast)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	callers := make([]*dialIn, callersLeast)
	var first dialer.Incoming
	for i := range callers {
		callers[i] = r.trunk.dial(r.Agent, testCallerID, plainSDP, asserts(i))
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
	callers := 0
	cancels := func(by *peer) {
		t.Helper()
		callers++
		d := by.dial(r.Agent, testCallerID, plainSDP, asserts(callers))
		in := within(t, comes, "a call")
		d.say("CANCEL", 1, "")
		d.status(t, 487)
		d.say("NACK", 1, "")
		in.Line.Close()
	}
	refused := func() {
		t.Helper()
		callers++
		d := r.trunk.dial(r.Agent, testCallerID, plainSDP, asserts(callers))
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
		for i := range 60 * 50 {
			if !a.tooFast("lab", numbered(i)) {
				let++
			}
			now.pass(20 * time.Millisecond)
		}
		if let > most || let < most-1 {
			t.Errorf("%d callers were taken in a minute of %d desks, want %d", let, desks, most)
		}
		now.pass(time.Hour)
		for i := range 12 {
			if a.tooFast("lab", numbered(i)) {
				t.Error("who calls back is refused")
			}
		}
		now.pass(-time.Hour) // a clock that is set back makes it no stricter than it was
		if a.tooFast("lab", numbered(12)) {
			t.Error("one is refused since the clock was set back")
		}
	}
}

// One who calls again and again is refused for themselves: the others are not told that the line is busy.
func TestANumberThatCallsAgainAndAgainIsHeldToItsOwnRate(t *testing.T) {
	t.Parallel()
	now, said := newClock(), &logged{}
	r := newRig(t, func(c *Config) { c.Now, c.Log = now.Now, slog.New(slog.NewTextHandler(said, nil)) })
	comes := make(chan dialer.Incoming, 1)
	r.OnCall(func(in dialer.Incoming) { comes <- in })
	calls := func(taken bool, headers ...string) {
		t.Helper()
		d := r.trunk.dial(r.Agent, testCallerID, plainSDP, headers...)
		if taken {
			in := within(t, comes, "a call")
			d.say("CANCEL", 1, "")
			d.status(t, 487)
			in.Line.Close()
		} else {
			d.status(t, 486)
		}
		d.say("NACK", 1, "")
	}
	for range numberBurst {
		calls(true, asserts(1))
	}
	for range 2 * callersBurst {
		calls(false, asserts(1))
	}
	calls(true, asserts(2))
	calls(true, asserts(1), "Privacy: id") // who withholds it is not that number
	now.pass(20 * time.Second)
	calls(true, asserts(1))
	calls(false, asserts(1))
	if said.count(string(numbered(1))) > 0 {
		t.Error("the number is in the log")
	}
	// The centre's own are whose calls are passed on to it: one may stand for many.
	own := "P-Asserted-Identity: <sip:" + testCallerID + "@carrier.invalid>"
	for range numberBurst + 1 {
		calls(true, own)
	}
}

// TestNobodyHasTheCallersOfOthersRefused: neither by one number nor by withholding it, for as long as they like.
func TestNobodyHasTheCallersOfOthersRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number dialer.Number
		most   int
	}{
		"by a number": {numbered(0), numberBurst + 600/20}, "withheld": {"", withheldBurst + 600*withheldRate},
	} {
		a, now := unstarted(t)
		let := 0
		for i := range 600 {
			for range 10 {
				now.pass(time.Second / 10)
				if !a.tooFast("lab", c.number) {
					let++
				}
			}
			if a.tooFast("lab", numbered(i+1)) {
				t.Fatalf("%s: somebody else is refused after %d s", name, i)
			}
		}
		if let > c.most || let < c.most-1 {
			t.Errorf("%s: %d were taken in ten minutes, want %d", name, let, c.most)
		}
	}
}

// The numbers of callers are of their making: there is an end of what is remembered, and of who is taken.
func TestMadeUpNumbersFillNoMemory(t *testing.T) {
	t.Parallel()
	a, now := unstarted(t)
	a.cfg.Desks = make([]Desk, 50*callersDesks)
	let, most := 0, 50*int(callersBurst+10*callersRate)
	for i := range 2 * most {
		if !a.tooFast("lab", numbered(i)) {
			let++
		}
		now.pass(10 * time.Second / time.Duration(2*most))
	}
	kept := a.callers.paces["lab"].numbers
	if n := len(kept.left); n != numbersKept {
		t.Errorf("%d numbers are remembered, want %d", n, numbersKept)
	}
	if let > most || let < most-1 {
		t.Errorf("%d were taken in ten seconds, want %d", let, most)
	}
	now.pass(time.Minute)
	a.tooFast("lab", numbered(0))
	if n := len(kept.left); n != 1 {
		t.Errorf("%d numbers are remembered when all but one have been silent for long", n)
	}
}

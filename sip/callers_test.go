package sip

import (
	"testing"

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

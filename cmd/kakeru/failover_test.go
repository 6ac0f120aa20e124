package main

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// brokenTrunk is a carrier that answers every INVITE with 503, and nothing else.
func brokenTrunk(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if bytes.HasPrefix(buf[:n], []byte("INVITE ")) {
				_, _ = conn.WriteTo([]byte(refusalOf(string(buf[:n]))), from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().String()
}

// refusalOf copies what a response must repeat (RFC 3261 §8.2.6.2).
func refusalOf(invite string) string {
	out := "SIP/2.0 503 Service Unavailable\r\n"
	for line := range strings.SplitSeq(invite, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Via", "From", "Call-ID", "CSeq":
			out += line + "\r\n"
		case "To":
			out += line + ";tag=broken\r\n"
		default:
		}
	}
	return out + "Content-Length: 0\r\n\r\n"
}

// TestABrokenTrunkIsFollowedByTheNext: the debtor is rung once, by the second trunk; one attempt says so, with both trunks
// in its evidence, and counts once. Killed while that rings, it is hung up there.
func TestABrokenTrunkIsFollowedByTheNext(t *testing.T) {
	full.Only(t)
	t.Parallel()
	h := newHouse(t, houseOptions{desks: 1})
	h.resetting("trunks: [", `trunks: [{name: broken, address: "`+brokenTrunk(t)+`", caller_id: "`+demoCallerID+`", lab: true, watch: none}, `)
	h.start()
	operator := h.seated("operator1", "desk1")
	a := h.ended(h.dial(operator, "desk1", h.caseEnding("41")))
	if a.Verdict.Result != dialer.Busy || !a.Verdict.Counted || a.Trunk != "lab" {
		t.Errorf("the attempt ended as %s by trunk %s (counted %v)", a.Verdict.Result, a.Trunk, a.Verdict.Counted)
	}
	refused := 0
	for _, e := range a.Evidence {
		if e.Event == dialer.EvRerouted && e.Status == 503 {
			refused++
		}
	}
	if refused != 1 || !noted(a, dialer.EvFinal) {
		t.Errorf("evidence: %+v", a.Evidence)
	}
	if c := h.carrierCall(a); c == nil || len(h.carrier.Calls()) != 1 {
		t.Errorf("the carrier saw %+v", h.carrier.Calls())
	}

	id := h.dial(operator, "desk1", h.caseEnding("40"))
	h.eventually("it rings at the second trunk", func() bool { return ringingNoted(h, id) })
	h.kill()
	h.start()
	if a := h.ended(id); a.Verdict.Result != dialer.Interrupted || !a.Verdict.Counted {
		t.Errorf("the attempt ended as %s (counted %v)", a.Verdict.Result, a.Verdict.Counted)
	}
	h.eventually("the second trunk's call is hung up", func() bool {
		calls := h.carrier.Calls()
		return len(calls) == 2 && !calls[1].Ended.IsZero()
	})
}

package sip

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// The traps of the SIP library, each as it was found by measuring, each impossible here.

// many is how often the traps that only bite now and then are tried.
func many(t *testing.T) int {
	t.Helper()
	switch {
	case os.Getenv("KAKERU_LONG") != "":
		return 4000
	case testing.Short():
		return 40
	default:
		return 400
	}
}

// inParallel runs f n times, a few at once.
func inParallel(n int, f func(i int)) {
	var work sync.WaitGroup
	next := make(chan int)
	for range 8 {
		work.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	work.Wait()
}

// answerAll plays a far end that answers every request by f.
func (p *peer) answerAll(t *testing.T, f func(req *sip.Request)) {
	t.Helper()
	p.playAll(t, func(m sip.Message) {
		if req, ok := m.(*sip.Request); ok {
			f(req)
		}
	})
}

// playAll hands every message to f, on a goroutine of its own.
func (p *peer) playAll(t *testing.T, f func(m sip.Message)) {
	t.Helper()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case m := <-p.got:
				f(m)
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
}

// Responses back to back were handled in any order: about 7 % of calls lost the 183.
func TestTrap01ResponsesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.trunk.answerAll(t, func(req *sip.Request) {
		switch req.Method {
		case sip.INVITE:
			r.trunk.reply(req, say{status: 183, tag: "a", sdp: plainSDP})
			r.trunk.reply(req, say{status: 200, tag: "a", sdp: plainSDP})
		case sip.BYE:
			r.trunk.reply(req, say{status: 200})
		default:
		}
	})
	var mu sync.Mutex
	lost := 0
	inParallel(many(t), func(int) {
		n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
		if err != nil {
			t.Error(err)
			return
		}
		defer n.Close()
		w := watch(n.Customer())
		w.Dial()
		for f := range w.Facts() {
			w.all = append(w.all, f)
			if f.Kind == dialer.LegAnswered {
				w.Confirm()
				w.Drop()
			}
		}
		kinds := w.kinds()
		early := slices.Index(kinds, "early_media/early_media")
		if answered := slices.Index(kinds, "answered/answered"); early < 0 || answered < early {
			mu.Lock()
			lost++
			mu.Unlock()
		}
	})
	if lost > 0 {
		t.Errorf("%d of %d calls lost the 183 or heard it after the 200", lost, many(t))
	}
}

// Requests too: a re-INVITE sent right behind the BYE's ACK overtook it in 18 % of calls. Here a re-INVITE and a BYE
// come back to back, after the 200 that makes the dialog: the re-INVITE must be answered 200, never 481.
func TestTrap02RequestsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	overtaken, done := make(chan int, 1<<15), make(chan struct{}, 1<<13)
	r.trunk.playAll(t, func(m sip.Message) {
		switch m := m.(type) {
		case *sip.Request:
			if m.Method == sip.INVITE {
				// Each in its own packet, nothing between them.
				r.trunk.reply(m, say{status: 200, tag: "a", sdp: plainSDP})
				r.trunk.send(m.Source(), r.trunk.within(m, "a", "UPDATE", 1, nil, ""))
				r.trunk.send(m.Source(), r.trunk.within(m, "a", "INVITE", 2, nil, sdpAt(9)))
				r.trunk.send(m.Source(), r.trunk.within(m, "a", "INFO", 3, nil, ""))
				r.trunk.send(m.Source(), r.trunk.within(m, "a", "BYE", 4, nil, ""))
			}
		case *sip.Response:
			if m.StatusCode >= 300 {
				overtaken <- m.StatusCode
			}
			if m.CSeq().MethodName == sip.BYE {
				done <- struct{}{}
			}
		}
	})
	inParallel(many(t), func(int) {
		n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
		if err != nil {
			t.Error(err)
			return
		}
		defer n.Close()
		n.Customer().Dial()
		for range n.Customer().Facts() { //nolint:revive // to the end
		}
	})
	for range many(t) {
		within(t, done, "the answer to a BYE")
	}
	if len(overtaken) > 0 {
		t.Errorf("%d of %d requests were overtaken, the first got %d", len(overtaken), 4*many(t), <-overtaken)
	}
}

// A 200 that crossed our CANCEL got neither ACK nor BYE: a ghost call that the callee thinks is up.
func TestTrap03AnswerCrossingCancelIsHungUp(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	w.until(t, dialer.LegRinging)
	w.Drop()
	cancel := r.trunk.request(t, sip.CANCEL)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	r.trunk.reply(cancel, say{status: 481})
	r.trunk.request(t, sip.ACK)
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	if f := w.gone(t); f.FarEnded {
		t.Error("we ended it")
	}
	if !w.saw(dialer.EvCrossed) || countKind(w.all, dialer.LegAnswered) > 0 {
		t.Errorf("the crossing is evidence, not an answer: %v", w.kinds())
	}
}

// The eleventh response aborted the wait ("more than 10 responses"), and no CANCEL was sent.
func TestTrap04ManyResponsesAreTaken(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	const notes = 45
	for i := range notes {
		r.trunk.reply(invite, say{status: 180, tag: "a", headers: []string{fmt.Sprintf("X-N: %d", i)}})
	}
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	if len(w.all) < notes {
		t.Errorf("only %d facts: %v", len(w.all), w.kinds())
	}
	w.Confirm()
	r.trunk.request(t, sip.ACK)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// A far end that never stops repeating itself cannot grow our memory or stop the call, though nobody reads the facts.
func TestTrap04EndlessResponsesDoNotBlock(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	for i := range 500 {
		r.trunk.reply(invite, say{status: 180, tag: "a", headers: []string{fmt.Sprintf("X-N: %d", i)}})
	}
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	r.trunk.request(t, sip.ACK)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	if countKind(w.all, dialer.LegAnswered) != 1 {
		t.Errorf("the answer was lost among the notes: %v", w.kinds())
	}
}

// Any request of ours within the dialog before the 2xx made the ACK carry the wrong CSeq.
func TestTrap05AckKeepsTheInvitesCSeq(t *testing.T) {
	r := newRig(t, func(c *Config) { c.ConfirmAfter = patience })
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP})
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "UPDATE", 1, nil, "")) // theirs counts apart
	r.trunk.response(t, sip.UPDATE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Drop() // the BYE counts on, and leaves right behind the ACK
	ack, bye := r.trunk.request(t, sip.ACK), r.trunk.request(t, sip.BYE)
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo || bye.CSeq().SeqNo != invite.CSeq().SeqNo+1 {
		t.Errorf("INVITE %d, ACK %d, BYE %d", invite.CSeq().SeqNo, ack.CSeq().SeqNo, bye.CSeq().SeqNo)
	}
	r.trunk.reply(bye, say{status: 200})
	w.gone(t)
}

// UDP messages over about 1,300 bytes failed.
func TestTrap06LargeMessagesLeave(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	opaque := strings.Repeat("x", 4000)
	r.trunk.reply(invite, say{status: 401, tag: "a", headers: []string{
		`WWW-Authenticate: Digest realm="carrier", nonce="n", opaque="` + opaque + `", qop="auth", algorithm=MD5`,
	}})
	again := r.trunk.request(t, sip.INVITE)
	if !strings.Contains(value(again, "Authorization"), opaque) {
		t.Error("the opaque did not come back")
	}
	r.trunk.reply(again, say{status: 486, tag: "a"})
	w.gone(t)
}

// The digest's uri dropped the URI's parameters; strict carriers then loop on 401.
func TestTrap07DigestSignsTheRequestURIAsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, withAuth)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{
		"Contact: <sip:callee@" + r.trunk.addr.String() + ";transport=udp;user=phone>",
	}})
	r.trunk.request(t, sip.ACK)
	w.Drop()
	bye := r.trunk.request(t, sip.BYE)
	r.trunk.reply(bye, say{status: 401, headers: []string{challengeHeader("MD5", "n1")}})
	again := r.trunk.request(t, sip.BYE)
	if again.Recipient.String() != "sip:callee@"+r.trunk.addr.String()+";transport=udp;user=phone" {
		t.Errorf("the BYE went to %s", again.Recipient.String())
	}
	checkDigest(t, again, "Authorization")
	r.trunk.reply(again, say{status: 200})
	w.gone(t)
}

// CANCEL copied a Route from the 180's Record-Route.
func TestTrap08CancelRepeatsTheInvite(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a", headers: []string{
		"Record-Route: <sip:192.0.2.77;lr>", "Contact: <sip:elsewhere@192.0.2.78>",
	}})
	w.until(t, dialer.LegRinging)
	w.Drop()
	cancel := r.trunk.request(t, sip.CANCEL)
	if len(cancel.GetHeaders("Route")) > 0 || tagOfTo(cancel) != "" {
		t.Errorf("CANCEL took on what the 180 said:\n%s", cancel)
	}
	for _, name := range []string{"Via", "From", "To", "Call-ID"} {
		if value(cancel, name) != value(invite, name) {
			t.Errorf("CANCEL's %s differs from the INVITE's", name)
		}
	}
	if cancel.Recipient.String() != invite.Recipient.String() || cancel.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Error("CANCEL's Request-URI or CSeq differs from the INVITE's")
	}
	r.trunk.reply(cancel, say{status: 200})
	r.trunk.reply(invite, say{status: 487, tag: "a"})
	w.gone(t)
}

// Cancelling after a 407, before any response to the second INVITE, sent CANCEL at once.
func TestTrap09CancelWaitsForTheSecondInvite(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	first := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(first, say{status: 100})
	r.trunk.reply(first, say{status: 407, tag: "p", headers: []string{strings.Replace(challengeHeader("MD5", "n1"), "WWW", "Proxy", 1)}})
	second := r.trunk.request(t, sip.INVITE)
	checkDigest(t, second, "Proxy-Authorization")
	w.Drop()
	r.trunk.quiet(t, r.Agent, sip.CANCEL, w.Handle().SIPCallID)
	r.trunk.reply(second, say{status: 180, tag: "a"})
	cancel := r.trunk.request(t, sip.CANCEL)
	if cancel.Via().Value() != second.Via().Value() || cancel.CSeq().SeqNo != second.CSeq().SeqNo {
		t.Error("CANCEL is not for the second INVITE")
	}
	r.trunk.reply(cancel, say{status: 200})
	r.trunk.reply(second, say{status: 487, tag: "a"})
	w.gone(t)
}

// The cancel call blocked up to 32 s for the 487.
func TestTrap10DropNeverBlocks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var all []*watched
	for range 20 {
		w := r.customer(t)
		r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 180, tag: "a"})
		w.until(t, dialer.LegRinging)
		all = append(all, w)
	}
	start := time.Now()
	for _, w := range all {
		w.Drop() // no CANCEL is answered, no 487 comes
	}
	took := time.Since(start)
	for _, w := range all {
		w.gone(t)
	}
	if took > testTimers.whole()/2 {
		t.Errorf("20 drops took %v: they waited for something", took)
	}
}

// A 200 of ours that got no ACK returned an error and sent no BYE.
func TestTrap11AnswerWithoutAckEndsTheCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "INVITE", 1, nil, sdpAt(9)))
	r.trunk.response(t, sip.INVITE) // and no ACK
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	if f := w.gone(t); f.FarEnded {
		t.Error("we gave up")
	}
	if n := r.trunk.repeats("SIP/2.0 200"); n < 5 {
		t.Errorf("the 200 was sent %d times only", n)
	}
}

// CSeq within the dialog was loaded and stored without care, and the client did not check a BYE's.
func TestTrap12CSeqIsCountedAndChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	for _, c := range []struct {
		method string
		cseq   int
		want   int
	}{
		{"INFO", 100, 200}, {"BYE", 99, 500}, {"BYE", 100, 500}, {"INFO", 101, 200},
	} {
		r.trunk.write(r.Agent, r.trunk.within(invite, "a", c.method, c.cseq, nil, ""))
		if res := r.trunk.response(t, sip.RequestMethod(c.method)); res.StatusCode != c.want {
			t.Errorf("%s with CSeq %d got %d, want %d", c.method, c.cseq, res.StatusCode, c.want)
		}
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 102, nil, ""))
	if f := w.gone(t); !f.FarEnded {
		t.Error("the BYE in order ended the call")
	}
}

// Requests left from an ephemeral port.
func TestTrap13EverythingLeavesFromOurPort(t *testing.T) {
	t.Parallel()
	r := newRig(t, withAuth)
	w := r.customer(t)
	var seen []*sip.Request
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 401, tag: "a", headers: []string{challengeHeader("MD5", "n1")}})
	again := r.trunk.request(t, sip.INVITE)
	seen = append(seen, invite, again)
	r.trunk.reply(again, say{status: 200, tag: "b", sdp: plainSDP})
	seen = append(seen, r.trunk.request(t, sip.ACK))
	w.Drop()
	bye := r.trunk.request(t, sip.BYE)
	r.trunk.reply(bye, say{status: 200})
	w.gone(t)
	for _, req := range append(seen, bye) {
		if req.Source() != r.Addr().String() {
			t.Errorf("%s came from %s, not from %s", req.Method, req.Source(), r.Addr())
		}
	}
}

// Host names of more than one address: the first is taken; an address needs no resolver at all.
func TestTrap14AddressesAreResolvedByUs(t *testing.T) {
	for _, c := range []struct {
		at            hostPort
		network, want string
	}{
		{hostPort{host: "192.0.2.1", port: 5061}, "ip4", "192.0.2.1:5061"},
		{hostPort{host: "192.0.2.1", port: 5061}, "ip", "192.0.2.1:5061"},
		{hostPort{host: "2001:db8::1", port: 5061}, "ip6", "[2001:db8::1]:5061"},
		{hostPort{host: "2001:db8::1", port: 5061, by: overTLS}, "ip", "[2001:db8::1]:5061 (TLS)"},
		{hostPort{host: "localhost", port: 5062, by: overTCP}, "ip4", "127.0.0.1:5062 (TCP)"},
		{hostPort{host: "2001:db8::1", port: 5061}, "ip4", ""},
		{hostPort{host: "192.0.2.1", port: 5061}, "ip6", ""},
	} {
		got, err := resolve(t.Context(), c.at, c.network)
		if (err == nil) != (c.want != "") || err == nil && got.String() != c.want {
			t.Errorf("%v by %s: %v, %v", c.at, c.network, got, err)
		}
	}
}

// The parser accepts what only the layers above can judge (RFC 4475): each gets its status, nothing gets through.
func TestTrap16WhatTheParserPassesIsJudged(t *testing.T) {
	sound := (&peer{}).outside("OPTIONS", "c")
	for _, c := range []struct {
		name, old, new string
		want           int // 0: sound
	}{
		{"sound", "", "", 0},
		{"CSeq of another method", "CSeq: 1 OPTIONS", "CSeq: 1 INVITE", 400},
		{"two Call-IDs", "Call-ID: c\r\n", "Call-ID: c\r\nCall-ID: d\r\n", 400},
		{"two CSeqs", "CSeq: 1 OPTIONS\r\n", "CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS\r\n", 400},
		{"two To", "To: ", "To: <sip:x@y>\r\nTo: ", 400},
		{"two Content-Lengths", "Content-Length: 0", "Content-Length: 0\r\nContent-Length: 0", 400},
		{"two Max-Forwards", "Max-Forwards: 70", "Max-Forwards: 70\r\nMax-Forwards: 5", 400},
		{"Max-Forwards beyond its range", "Max-Forwards: 70", "Max-Forwards: 300", 400},
		{"the last hop", "Max-Forwards: 70", "Max-Forwards: 0", 0}, // only who forwards may refuse it
		{"no From tag", ";tag=", ";other=", 400},
		{"another version", "127.0.0.1 SIP/2.0\r\n", "127.0.0.1 SIP/3.0\r\n", 505},
		{"a scheme we cannot serve", "OPTIONS sip:", "OPTIONS http:", 416},
	} {
		m, err := sip.ParseMessage([]byte(strings.Replace(sound, c.old, c.new, 1)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := 0
		if fault := faultOf(m.(*sip.Request)); fault != nil {
			got = fault.status
		}
		if got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// With the default receive buffer, bursts over about 1,500 calls a second were dropped.
func TestTrap18ReceiveBufferIsRaisedAndTold(t *testing.T) {
	r := newRig(t)
	if r.ReceiveBuffer() < 100_000 {
		t.Errorf("the kernel gave %d bytes", r.ReceiveBuffer())
	}
}

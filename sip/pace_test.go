package sip

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// By a connection nothing of a request is remembered once it is answered, so only a pace bounds what a far end asks. It can hang up all the same.
func TestRequestsWithinADialogHaveAPace(t *testing.T) {
	t.Parallel()
	now := newClock()
	r, p := tcpOnly.trunk(t, func(c *Config) { c.Now = now.Now })
	w := r.customer(t)
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	p.request(t, sip.ACK)
	cseq := 0
	storm := func(n int) map[int]int {
		var b strings.Builder
		for range n {
			cseq++
			b.WriteString(p.within(invite, "a", "UPDATE", cseq, nil, ""))
		}
		p.send(invite.Source(), b.String())
		got := map[int]int{}
		for range n {
			res := p.response(t, sip.UPDATE)
			got[res.StatusCode]++
			if res.StatusCode == 503 && value(res, "Retry-After") != "1" {
				t.Errorf("%s", res)
			}
		}
		return got
	}
	if got := storm(2 * requestBurst); got[200] != requestBurst || got[503] != requestBurst {
		t.Errorf("at once: %v", got)
	}
	now.pass(time.Second)
	if got := storm(2 * requestRate); got[200] != requestRate || got[503] != requestRate {
		t.Errorf("a second later: %v", got)
	}
	p.send(invite.Source(), p.within(invite, "a", "BYE", cseq+1, nil, ""))
	if res := p.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("BYE got %d", res.StatusCode)
	}
	w.gone(t)
}

// A phone that sends REFER after REFER, and answers no NOTIFY, is sent no more of them until they are given up; nor are those kept.
func TestWhoAnswersNoNotifyIsSentNoMore(t *testing.T) {
	t.Parallel()
	const storm = 3 * mostOpen
	h := newHandOn(t)
	l := h.lane(value(h.first, "Call-ID"))
	defer l.release()
	all := make(chan struct{})
	l.post(func() { <-all }) // so that they are taken at one go, however slow the machine
	for i := range storm {
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "REFER", 10+i, []string{"Refer-To: <sip:202@kakeru?Replaces=garbage>"}, ""))
	}
	h.phone().write(h.Agent, h.phone().outside("OPTIONS", newTag()))
	h.phone().response(t, sip.OPTIONS) // they have been read
	close(all)
	got := map[int]int{}
	for range storm {
		got[h.phone().response(t, sip.REFER).StatusCode]++
	}
	if got[202] != mostOpen || got[503] != storm-mostOpen {
		t.Errorf("got %v", got)
	}
	eventually(t, "they are given up and forgotten", func() bool {
		left := make(chan int, 1)
		l.post(func() {
			n := 0
			for _, x := range l.sent {
				if x.req.Method == sip.NOTIFY {
					n++
				}
			}
			left <- n
		})
		return within(t, left, "the call's lane") == 0
	})
	if n := h.phone().different("NOTIFY"); n != mostOpen {
		t.Errorf("%d NOTIFYs came", n)
	}
	if res := h.refer(t, 10+storm, "<sip:202@kakeru?Replaces=garbage>"); res.StatusCode != 202 {
		t.Errorf("a REFER afterwards got %d", res.StatusCode)
	}
	h.end(t, h.phone(), h.first, "p")
}

// An answer goes, when its connection is closed, where its request says: to a port of the address that it came from, so that is who has a pace. One far end's
// leaves the others alone.
func TestWhoHasUsConnectHasAPace(t *testing.T) {
	t.Parallel()
	now := newClock()
	r, far := newRig(t, withTCP, func(c *Config) { c.Now = now.Now }), newHoard(t)
	n := 0
	reach := func(by namer) error {
		n++
		_, err := r.streams.reach(place{AddrPort: netip.MustParseAddrPort(fmt.Sprintf("127.7.%d.1:%d", n, far.port)), by: overTCP}, by)
		return err
	}
	answer := hop{to: place{AddrPort: netip.MustParseAddrPort("192.0.2.7:5060"), by: overTCP, flow: true}}.namer(&sip.Response{})
	for range dialBurst {
		if err := reach(answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := reach(answer); !errors.Is(err, errTooManyDials) {
		t.Errorf("one too many: %v", err)
	}
	if err := reach(namer{callID: "another"}); err != nil {
		t.Errorf("for another: %v", err)
	}
	now.pass(time.Second / dialRate)
	if err := reach(answer); err != nil {
		t.Errorf("later: %v", err)
	}
	if _, err := r.streams.reach(place{AddrPort: r.trunk.addr, by: overTCP}, namer{callID: "another"}); err != nil {
		t.Errorf("to a trunk: %v", err)
	}
}

// That a place cannot be connected to is said of few that far ends name, and how many were left out; of trunks and phones always.
func TestFarEndsFillNoLogWithPlaces(t *testing.T) {
	text := &logged{}
	a, now := unstarted(t, func(c *Config) {
		account(c)
		c.Log = slog.New(slog.NewTextHandler(text, nil))
	})
	fails := func(in room, times int) {
		for n := range times {
			s := newStream(a.streams, place{AddrPort: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), uint16(n+1)), by: overTCP})
			s.room = in
			a.streams.connected(s, errNoFlow)
		}
	}
	fails(roomFarEnds, 5*noLinkBurst)
	if n := text.count("sip: no connection"); n != noLinkBurst {
		t.Errorf("%d lines", n)
	}
	fails(roomSettings, 3)
	if n := text.count("sip: no connection"); n != noLinkBurst+3 {
		t.Errorf("%d lines with those of a trunk", n)
	}
	now.pass(10 * time.Second)
	fails(roomFarEnds, 2)
	if n, said := text.count("sip: no connection"), text.count(fmt.Sprint("others_left_out=", 4*noLinkBurst)); n != noLinkBurst+4 || said != 1 {
		t.Errorf("%d lines, %d of those left out", n, said)
	}
}

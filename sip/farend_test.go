package sip

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// farEnd is a far end that keeps RFC 3261's rules over a bad network: it repeats what was not acknowledged, answers what
// is repeated alike, and hangs up when nobody acknowledges its answer. What it does with a call is planned by Call-ID.
type farEnd struct {
	conn    *net.UDPConn
	timers  Timers
	contact netip.AddrPort // what it says of itself: the near side of the network

	mu    sync.Mutex
	calls map[string]*farCall
	// What must not happen.
	unanswered int
	unplanned  int
	changed    int // offers that were taken
}

// farPlan is what becomes of a call.
type farPlan struct {
	status  int           // the final answer; 0 rings until it is cancelled
	after   time.Duration // from the ringing to the answer
	changes bool          // offers anew when its answer was acknowledged, and then
	hangsUp bool
}

// farCall is one dialog. Its fields are guarded by farEnd.mu.
type farCall struct {
	plan   farPlan
	invite *sip.Request // nil before it came
	from   string
	last   string // the latest answer to the INVITE
	up     bool   // answered by 2xx, and not hung up
	over   bool   // answered finally, or hung up
	acked  bool
	cseq   int
	offer  string // our re-INVITE; empty once it was answered
	bye    string // what we hang up with; likewise
}

func newFarEnd(t *testing.T, timers Timers) *farEnd {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadBuffer(4 << 20); err != nil {
		t.Fatal(err)
	}
	return &farEnd{conn: conn, timers: timers, calls: map[string]*farCall{}}
}

// run plays until the test ends.
func (f *farEnd) run(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65535)
		for {
			n, from, err := f.conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if m, err := sip.ParseMessage(buf[:n]); err == nil {
				f.take(m, from.String())
			}
		}
	}()
	t.Cleanup(func() { _ = f.conn.Close(); <-done })
}

func (f *farEnd) expect(callID string, plan farPlan) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[callID] = &farCall{plan: plan}
}

// open are the calls that the far end believes to be in.
func (f *farEnd) open() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for id, c := range f.calls {
		if c.up || c.invite != nil && !c.over {
			all = append(all, fmt.Sprintf("%s: %+v, up %v, over %v, acked %v, offers %v", id, c.plan, c.up, c.over, c.acked, c.offer != ""))
		}
	}
	return all
}

func (f *farEnd) send(to, text string) {
	_, _ = f.conn.WriteToUDPAddrPort([]byte(text), netip.MustParseAddrPort(to))
}

func (f *farEnd) take(m sip.Message, from string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.calls[string(*m.CallID())]
	if c == nil {
		f.unplanned++
		return
	}
	m.SetSource(from)
	switch m := m.(type) {
	case *sip.Response:
		if !m.IsProvisional() {
			f.answered(c, m)
		}
	case *sip.Request:
		f.asked(c, m, from)
	}
}

// asked needs f.mu.
func (f *farEnd) asked(c *farCall, req *sip.Request, from string) {
	switch req.Method {
	case sip.INVITE:
		if c.invite != nil {
			f.send(from, c.last)
			return
		}
		c.invite, c.from = req, from
		f.answer(c, 180)
		if c.plan.status != 0 {
			time.AfterFunc(c.plan.after, func() { f.locked(func() { f.decide(c, c.plan.status) }) })
		}
	case sip.ACK:
		first := !c.acked
		c.acked = true
		switch {
		case !first || !c.up:
		case c.plan.changes:
			f.change(c)
		case c.plan.hangsUp:
			f.hangUp(c)
		}
	case sip.CANCEL:
		f.send(from, f.text(req, 200))
		if c.invite != nil {
			f.decide(c, 487)
		}
	case sip.BYE:
		f.send(from, f.text(req, 200))
		c.up = false
	default:
		f.send(from, f.text(req, 405))
	}
}

func (f *farEnd) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// text is an answer to a request. A 2xx names the near side of the network, so that what follows comes by it.
func (f *farEnd) text(req *sip.Request, status int) string {
	s := say{status: status, tag: "far"}
	if req.Method == sip.INVITE && status < 300 {
		s.headers = []string{"Contact: <sip:far@" + f.contact.String() + ">"}
	}
	if req.Method == sip.INVITE && status/100 == 2 {
		s.sdp = plainSDP
	}
	return (&peer{addr: f.contact}).responseText(req, s)
}

func (f *farEnd) answer(c *farCall, status int) {
	c.last = f.text(c.invite, status)
	f.send(c.from, c.last)
}

// decide gives the final answer, once, and repeats it until it is acknowledged (RFC 3261 §13.3.1.4, §17.2.1).
func (f *farEnd) decide(c *farCall, status int) {
	if c.over {
		return
	}
	c.over, c.up = true, status < 300
	f.answer(c, status)
	f.repeat(func() bool { return c.acked }, func() { f.send(c.from, c.last) }, func() {
		if c.up {
			f.hangUp(c) // nobody has heard that we answered
		}
	})
}

// within is our next request in the call.
func (f *farEnd) within(c *farCall, method, sdp string) string {
	c.cseq++
	return (&peer{addr: f.contact}).within(c.invite, "far", method, c.cseq, nil, sdp)
}

// change sends a re-INVITE until it is answered.
func (f *farEnd) change(c *farCall) {
	c.offer = f.within(c, "INVITE", plainSDP)
	f.send(c.from, c.offer)
	f.repeat(func() bool { return c.offer == "" }, func() { f.send(c.from, c.offer) }, func() { f.unanswered++ })
}

// hangUp sends BYE until it is answered.
func (f *farEnd) hangUp(c *farCall) {
	c.up = false
	c.bye = f.within(c, "BYE", "")
	f.send(c.from, c.bye)
	f.repeat(func() bool { return c.bye == "" }, func() { f.send(c.from, c.bye) }, func() { f.unanswered++ })
}

// answered takes a final answer to a request of ours. That to an INVITE is acknowledged each time it comes.
func (f *farEnd) answered(c *farCall, res *sip.Response) {
	if res.CSeq().MethodName != sip.INVITE {
		c.bye = ""
		return
	}
	if c.offer != "" && res.StatusCode < 300 {
		f.changed++
	}
	ack := (&peer{addr: f.contact}).within(c.invite, "far", "ACK", int(res.CSeq().SeqNo), nil, "")
	if branch, _ := res.Via().Params.Get("branch"); res.StatusCode >= 300 {
		_, ours, _ := strings.Cut(ack, "branch=")
		ours, _, _ = strings.Cut(ours, ";")
		ack = strings.Replace(ack, ours, branch, 1) // in the INVITE's transaction
	}
	f.send(c.from, ack)
	if c.offer != "" {
		c.offer = ""
		if c.up && c.plan.hangsUp {
			f.hangUp(c)
		}
	}
}

// repeat calls again, at RFC 3261's pauses, until done; or given, after 64·T1. All three run with f.mu held.
func (f *farEnd) repeat(done func() bool, again, given func()) {
	began, pause := time.Now(), f.timers.T1
	var once func()
	once = func() {
		f.locked(func() {
			switch {
			case done():
			case time.Since(began) >= f.timers.whole():
				given()
			default:
				again()
				pause = min(2*pause, f.timers.T2)
				time.AfterFunc(pause, once)
			}
		})
	}
	time.AfterFunc(pause, once)
}

func (f *farEnd) faults() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	if f.unanswered > 0 {
		all = append(all, fmt.Sprintf("%d requests were never answered", f.unanswered))
	}
	if f.unplanned > 0 {
		all = append(all, fmt.Sprintf("%d messages of calls that nobody made", f.unplanned))
	}
	return strings.Join(all, "; ")
}

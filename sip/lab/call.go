package lab

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// phase is where a call stands, as the called side sees it.
type phase uint8

const (
	offered  phase = iota // INVITE seen, nothing final said
	answered              // 200 sent, perhaps not yet acknowledged
	over                  // refused, or one side has said BYE
)

// call is one call; a Customer's goes out, all others come in. All of it
// belongs to the goroutine of run.
type call struct {
	end     *endpoint
	pool    *media.Pool
	journal *journal
	record  *record
	agenda  *agenda
	orders  chan func() // from outside, to be done on the call's goroutine

	invite request // the first INVITE, or the one with credentials
	target sip.Uri // the caller's contact, the newest
	tag    string  // ours
	phase  phase
	sound  *sound
	late   bool // our SDP was the offer, the ACK holds the answer

	seen    map[string]*reply // requests by branch and method, with our last answer
	final   *finalAnswer      // of the INVITE transaction at present
	asked   map[string]*asked // our own requests without a final answer, by branch
	acks    map[uint32][]byte // our ACKs by CSeq, for answers that come again
	cseqIn  uint32
	cseqOut uint32
	bye     bool // to be sent as soon as the ACK is here (RFC 3261 §15)

	// What the role decides; all run on the call's goroutine.
	ended     func()             // the line is free; before the caller can know it, perhaps more than once
	ring      func()             // a good INVITE came
	cancelled func()             // CANCEL came before an answer; it has been answered
	admit     func(request) bool // before ring: false if it answered the INVITE itself
	deaf      bool               // answers nothing any more
	glare     bool               // answers 200 as the CANCEL comes
	outward   *outward           // we have called; nil if we were
	rested    func()             // the call is over, and nothing of ours waits for an answer
}

// reply is our last answer to one request.
type reply struct {
	raw []byte
	to  netip.AddrPort
}

// finalAnswer is a final answer to an INVITE that waits for its ACK.
type finalAnswer struct {
	cseq    uint32
	success bool
	acked   bool
	cancel  func() // of the retransmission
	giveUp  func() // of the limit
}

// newCall makes the call of an INVITE. The role sets ring, and the other
// functions if it wants them, before run.
func newCall(e *endpoint, pool *media.Pool, j *journal, invite *sip.Request) *call {
	c := &call{
		end: e, pool: pool, journal: j, agenda: newAgenda(),
		orders: make(chan func(), 4),
		ended:  func() {},
		rested: func() {},
		tag:    sip.GenerateTagN(12),
		seen:   map[string]*reply{},
		asked:  map[string]*asked{},
		acks:   map[uint32][]byte{},
		admit:  func(request) bool { return true },
	}
	c.cancelled = func() { c.refuse(487) }
	c.record = j.open(CallLog{
		CallID: invite.CallID().Value(), LastTwo: lastTwo(invite.Recipient.User), Started: time.Now(),
	})
	return c
}

// lastTwo is all we keep of a number.
func lastTwo(user string) string {
	user, _, _ = strings.Cut(user, ";") // parameters such as npdi
	if len(user) < 2 {
		return ""
	}
	two := user[len(user)-2:]
	if strings.Trim(two, "0123456789") != "" {
		return ""
	}
	return two
}

// run lives until the call is over and its retransmissions can no longer come.
func (c *call) run(inbox <-chan message) {
	defer c.agenda.stop()
	closing := c.end.closing
	done := make(chan struct{})
	forget := func() { close(done) }
	for {
		select {
		case m := <-inbox:
			c.take(m)
		case order := <-c.orders:
			order()
		case <-c.agenda.C:
			c.agenda.run()
		case <-closing:
			c.stop()
			return
		case <-done:
			return
		}
		if c.phase == over && forget != nil && c.idle() {
			c.agenda.after(64*c.end.t1, forget)
			forget = nil
			c.rested()
		}
	}
}

// idle reports that nothing of ours waits for an answer.
func (c *call) idle() bool {
	return len(c.asked) == 0 && (c.final == nil || c.final.acked)
}

func (c *call) take(m message) {
	switch msg := m.Message.(type) {
	case *sip.Request:
		c.requested(request{msg, m.from})
	case *sip.Response:
		c.response(msg)
	}
}

// order has f done on the call's goroutine. An order to a call that is busy
// with others, or gone, is dropped.
func (c *call) order(f func()) {
	select {
	case c.orders <- f:
	default:
	}
}

// note writes an event into the call's log.
func (c *call) note(in bool, what string) {
	c.change(false, func(r *record) {
		if len(r.Events) < maxEvents {
			r.Events = append(r.Events, Event{time.Now(), in, what})
		}
	})
}

func (c *call) change(write bool, f func(*record)) { c.journal.change(c.record, write, f) }

// describe says in the log what this far end is going to do.
func (c *call) describe(row string) { c.change(true, func(r *record) { r.Row = row }) }

// finish ends the call's dialog and its sound; answers to retransmissions go on.
func (c *call) finish(by End) {
	if c.phase == over {
		return
	}
	c.phase = over
	c.hangUpSound()
	c.change(true, func(r *record) {
		r.Up, r.Ended, r.EndedBy = false, time.Now(), by
	})
	c.ended()
}

// hangUpSound closes the sound and keeps its counts.
func (c *call) hangUpSound() {
	if c.sound == nil {
		return
	}
	c.sound.close()
	c.change(false, func(r *record) {
		r.RTPSeen, r.RTPLoud, r.RTPSent = c.sound.counts()
		r.sound = nil
	})
	c.sound = nil
}

// stop says goodbye once, without waiting for an answer.
func (c *call) stop() {
	switch c.phase {
	case offered:
		switch {
		case c.outward != nil:
			c.outward.giveUp()
		case c.invite.Request == nil: // it still lies in the inbox
		case !c.deaf:
			c.respond(c.invite, 480, nil)
			c.change(false, func(r *record) { r.Status = 480 })
		}
		c.finish(EndedStopped)
	case answered:
		c.sendBye()
		c.finish(EndedStopped)
	case over:
	}
}

// openSound makes the call's sound and reads the offer, if there is one. On an
// error it has refused the call.
func (c *call) openSound() bool {
	if c.sound != nil {
		return true
	}
	s, err := newSound(c.pool)
	if err != nil {
		c.end.log.Warn("lab has no RTP port for a call", "err", err)
		c.refuse(503)
		return false
	}
	c.sound = s
	c.change(false, func(r *record) { r.sound = s })
	return true
}

// say plays src to the caller.
func (c *call) say(src media.Source) {
	if c.sound != nil && src != nil {
		c.sound.play(src)
	}
}

// routeSet is the Record-Route of the INVITE in its order (RFC 3261 §12.1.1).
func (c *call) routeSet() []sip.Header {
	var routes []sip.Header
	for _, h := range c.invite.GetHeaders("Record-Route") {
		routes = append(routes, sip.NewHeader("Route", h.Value()))
	}
	return slices.Clip(routes)
}

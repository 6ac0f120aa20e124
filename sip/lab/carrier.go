package lab

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// What the two kinds of far end call themselves.
const (
	carrierAgent = "Kakeru lab carrier (simulated)"
	phoneAgent   = "Kakeru lab phone (simulated)"
)

// realm is what row 54 asks credentials for.
const realm = "lab.invalid"

// fastFactor is what Fast divides all waits by.
const fastFactor = 20

// patience is how long anything rings before the simulated network gives up,
// so that a caller that was killed leaves nothing behind for ever.
const patience = 10 * time.Minute

// CarrierOptions sets up a Carrier.
type CarrierOptions struct {
	// Addr is the UDP address for SIP; 127.0.0.1:0, any free port, if empty.
	Addr string
	// Media lends the RTP ports. Required.
	Media *media.Pool
	// Fast divides all waits by 20: rings, announcements, talks. Protocol timers
	// stay, see T1.
	Fast bool
	// Seed chooses what the plan leaves to chance.
	Seed uint64
	// User and Password are what row 54 asks for; "lab" and "lab" if empty.
	User, Password string
	// T1 is RFC 3261's round trip estimate; 500 ms if 0.
	T1 time.Duration
	// Keep is how many calls Calls remembers; 10,000 if 0.
	Keep int
	// Journal gets a line of JSON (CallLog) whenever a call starts, is answered
	// or ends; nil for none.
	Journal io.Writer
	// Log gets what should not happen; nil for none.
	Log *slog.Logger
}

// Carrier is a simulated carrier that follows the lab dial plan.
type Carrier struct {
	options CarrierOptions
	end     *endpoint
	journal *journal

	mu     sync.Mutex
	called map[string]*callee // by number; in memory only
}

// NewCarrier opens the SIP port. The carrier answers once Run is called; Close
// it in any case.
func NewCarrier(o CarrierOptions) (*Carrier, error) {
	o.User, o.Password = fallback(o.User, "lab"), fallback(o.Password, "lab")
	end, j, err := open(basics{o.Addr, carrierAgent, o.T1, o.Keep, o.Journal, o.Log, o.Media})
	if err != nil {
		return nil, err
	}
	c := &Carrier{options: o, end: end, journal: j, called: map[string]*callee{}}
	end.invited = c.invited
	return c, nil
}

// Addr is the SIP address, with the real port.
func (c *Carrier) Addr() netip.AddrPort { return c.end.addr }

// Run answers calls until ctx ends or the carrier is closed; then every call is
// ended with BYE or a status, and nothing of it is left.
func (c *Carrier) Run(ctx context.Context) error {
	c.end.start()
	select {
	case <-ctx.Done():
	case <-c.end.closing:
	}
	c.Close()
	return nil
}

// Close ends everything. It may be called at any time, and again.
func (c *Carrier) Close() { c.end.close() }

// Calls is what the carrier saw and did, oldest call first.
func (c *Carrier) Calls() []CallLog { return c.journal.list() }

// Silence cuts the carrier's signalling off, or joins it again: what is sent to it is lost, and so is what it says. Sound
// that flows goes on.
func (c *Carrier) Silence(on bool) { c.end.cut.Store(on) }

// wait is a time of the plan as it is waited here.
func (c *Carrier) wait(d time.Duration) time.Duration { return shortened(d, c.options.Fast) }

func shortened(d time.Duration, fast bool) time.Duration {
	if fast {
		return d / fastFactor
	}
	return d
}

func fallback(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// invited runs a call of the plan.
func (c *Carrier) invited(invite *sip.Request, inbox <-chan message) {
	l := newCall(c.end, c.options.Media, c.journal, invite)
	who, rnd := c.lot(invite.Recipient.User)
	l.change(false, func(r *record) { r.Callee = who })
	s := &subscriber{carrier: c, call: l, fate: decide(lastTwo(invite.Recipient.User), rnd), rnd: rnd}
	l.glare = s.fate.glares
	l.ring = s.ring
	if s.fate.asksFirst {
		l.admit = s.admit
	}
	l.describe(s.fate.row)
	l.run(inbox)
}

// callee is a number that was called.
type callee struct {
	nth    int // in the order in which they were first called, from 1
	before int // calls
}

// lot draws for the next call of a number, and says whose it is.
func (c *Carrier) lot(number string) (nth int, rnd *rand.Rand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	who := c.called[number]
	if who == nil {
		who = &callee{nth: len(c.called) + 1}
		c.called[number] = who
	}
	before := who.before
	who.before++
	return who.nth, lot(c.options.Seed, number, before)
}

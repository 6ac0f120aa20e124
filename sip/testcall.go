package sip

import (
	"context"
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// How long a test call plays its tone, and how long it then gives the phone its own sound back.
const (
	testTone = 2 * time.Second
	testEcho = 3 * time.Second
)

var _ dialer.PhoneTester = (*Agent)(nil)

// TestDesk implements dialer.PhoneTester. The line has a desk leg and no customer's, so that nothing of it can leave by a trunk to a number.
func (a *Agent) TestDesk(ctx context.Context, t dialer.DeskTest) (dialer.DeskTestReport, error) {
	c := &testCall{agent: a, ring: t.Ring, report: dialer.DeskTestReport{Desk: t.Desk, At: a.cfg.Now(), Registered: a.Registered(t.Desk)}}
	phone, err := a.phoneOf(ctx, t.Desk)
	if err != nil {
		return c.report, err
	}
	if !a.running() {
		return c.report, errNotRunning
	}
	phone.autoAnswer = a.picksUp(phone, t.Desk, t.Click.Use(t.Desk))
	c.report.Auto = phone.autoAnswer
	bridge, err := a.pool.NewBridge()
	if errors.Is(err, media.ErrPortsExhausted) {
		return c.report, dialer.Refuse(dialer.CapReached)
	}
	if err != nil {
		return c.report, err
	}
	c.line = &line{agent: a, id: dialer.CallID(dialer.NewID(a.cfg.Now())), bridge: bridge, sound: newSound(a, bridge)}
	defer c.line.Close()
	c.line.desk = newHunt(c.line)
	first := c.line.desk.first(t.Desk, phone)
	if !first.lane.post(func() { first.lane.adopt(first) }) {
		return c.report, errNotRunning
	}
	c.run(ctx)
	return c.report, nil
}

// testCall is one test call; it belongs to the goroutine that asked for it.
type testCall struct {
	agent  *Agent
	line   *line
	ring   time.Duration
	report dialer.DeskTestReport
	sent   time.Time
	before media.Stats // when it was picked up
	up     bool
}

// run rings the phone and takes its facts until the leg is gone, which its promise says it will be.
func (c *testCall) run(ctx context.Context) {
	desk := c.line.desk
	c.sent = time.Now()
	desk.Dial()
	limit := time.NewTimer(c.ring)
	defer limit.Stop()
	done := ctx.Done()
	for {
		select {
		case f, more := <-desk.Facts():
			if !more {
				c.count()
				return
			}
			if c.heard(f) {
				limit.Reset(testTone + testEcho)
			}
		case <-limit.C:
			c.end(c.atLimit())
			desk.Drop()
		case <-done:
			done = nil
			c.end(dialer.TestCancelled)
			desk.Drop()
		}
	}
}

// atLimit is what it means that the time is over.
func (c *testCall) atLimit() dialer.DeskTestEnd {
	switch {
	case c.up:
		return dialer.TestDone
	case c.report.RangAfter == nil:
		return dialer.TestSilent
	default:
		return dialer.TestNoAnswer
	}
}

// heard takes a fact of the phone's; true when it has picked up.
func (c *testCall) heard(f dialer.LegFact) (answered bool) {
	after := time.Since(c.sent).Milliseconds()
	switch f.Kind {
	case dialer.LegRinging, dialer.LegEarly:
		if c.report.RangAfter == nil {
			c.report.RangAfter = &after
		}
	case dialer.LegAnswered:
		c.line.desk.Confirm()
		c.up, c.report.AnsweredAfter = true, &after
		c.before = c.line.bridge.Stats(media.Desk)
		c.report.Codec = c.before.Codec.String()
		c.play()
		return true
	case dialer.LegRefers: // there is nobody to hand it on to
		c.line.RefuseTransfer()
	case dialer.LegIsGone:
		switch {
		case c.up:
			c.end(dialer.TestHungUp)
		case c.report.Status != 0:
			c.end(dialer.TestDeclined)
		default:
			c.end(dialer.TestSilent)
		}
	default:
	}
	if f.Evidence.Event == dialer.EvFinal && c.report.End == "" {
		c.report.Status = f.Evidence.Status
	}
	return false
}

// play has the tone heard, and after it the phone's own sound.
func (c *testCall) play() {
	b := c.line.bridge
	b.Play(media.Desk, media.For(testTone, media.DialTone.Source()), func() { b.Link(media.Desk, media.Desk) })
}

// end says how it ended; the first word stands.
func (c *testCall) end(how dialer.DeskTestEnd) {
	if c.report.End == "" {
		c.report.End = how
	}
}

// count takes what was heard and sent.
func (c *testCall) count() {
	if !c.up {
		return
	}
	now := c.line.bridge.Stats(media.Desk)
	c.report.Codec = now.Codec.String()
	c.report.Sent, c.report.Heard = int64(now.PacketsOut-c.before.PacketsOut), int64(now.PacketsIn-c.before.PacketsIn) //nolint:gosec // counts of one call
	if now.Far.Reports > c.before.Far.Reports {
		q, told := media.Reported(c.before, now)
		arrived := told && q.Lost < c.report.Sent
		if told {
			c.report.Reported = &arrived
		}
	}
}

// AsksToPickUp reports whether a desk's phone can be asked to pick up by itself, by the profile of its make.
func (a *Agent) AsksToPickUp(id dialer.DeskID) bool {
	seat := a.register.seats[id]
	return seat != nil && len(a.cfg.profile(seat.desk).Headers) > 0
}

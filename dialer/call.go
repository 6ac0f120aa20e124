package dialer

import (
	"log/slog"
	"time"
)

// posted is a fact from outside a call's own legs.
type posted struct {
	fact    Fact
	by      EndedBy  // with HangupAsked
	no      *Refusal // with DialNotSaved: why, where it is not that the ledger is away
	named   *Target  // instead of a fact: whose call it is, that came in
	control *control // instead of a fact: what somebody asks of the talk
}

// call is one call. All fields belong to the goroutine of run, but shown, what the others may see, pauses and transfers, which are under Engine.mu.
type call struct {
	e     *Engine
	log   *slog.Logger
	line  Line
	view  CallView
	shown CallView

	target   Target
	tries    []Try
	claim    *Claim
	caller   *caller  // of a call that came in
	withheld *Refusal // what the last look refused; nil when it did not
	m        Machine
	inbox    chan posted
	done     chan struct{} // closed when the call has ended: nobody listens any more
	desk     <-chan LegFact
	customer <-chan LegFact
	timer    *time.Timer
	handing  *time.Timer // while the call rings at a desk that is to take it over
	scribe   *scribe

	listening *time.Ticker // while there is a talk

	evidence []Evidence
	pieces   pieces
	noted    int // how much of evidence the scribe was given
	handles  map[LegName]LegHandle
	held     map[LegName]LegHandle // for the pace to come
	pace     *time.Timer           // while any are held
	outcome  Outcome
	endedBy  EndedBy
	overAt   time.Time // when it began to end

	recording  *Recording
	unsaved    *Recording // what the scribe was not given yet
	unrecorded bool       // the supervisor knows
	pauses     int        // of the recording
	transfers  int        // begun
}

func (e *Engine) newCall(id CallID, r DialRequest, p picked, line Line, clicked time.Time) *call {
	c := e.makeCall(CallView{
		ID: id, Direction: Outbound, CaseID: p.target.CaseID, Desk: r.Desk, Operator: r.Asker.User, State: Queued,
		Trunk: line.Trunk(), StartedAt: clicked, HeardAt: clicked,
	}, line)
	c.log = c.log.With("desk", r.Desk)
	c.target, c.tries, c.claim = p.target, p.tries, p.claim
	return c
}

// makeCall makes what every call has.
func (e *Engine) makeCall(view CallView, line Line) *call {
	done := make(chan struct{})
	return &call{
		e: e, log: e.d.Log.With("call", view.ID), line: line, view: view, m: NewMachine(),
		inbox: make(chan posted, 8), done: done,
		desk: line.Desk().Facts(), customer: line.Customer().Facts(),
		scribe:  newScribe(e.d.Ledger, view.ID, e.d.Log, done),
		handles: map[LegName]LegHandle{}, held: map[LegName]LegHandle{}, pieces: pieces{},
	}
}

// begin shows the call and lets it live.
func (e *Engine) begin(c *call) {
	e.mu.Lock()
	d := e.desks[c.view.Desk]
	d.claim = c.claim
	d.take(c.view, c.view.StartedAt, d.key)
	d.unhold()
	e.enter(c)
	e.showDesk(c.view.Desk)
	e.mu.Unlock()
	c.log.Info("call accepted", "case", c.view.CaseID, "trunk", c.view.Trunk, "number", c.target.Number)
	c.live()
}

// enter makes a call known; it needs mu. A house that is closing has it hung up at once.
func (e *Engine) enter(c *call) {
	c.shown = c.view
	e.calls[c.view.ID] = c
	if e.closing {
		c.inbox <- posted{fact: HangupAsked, by: BySystem} // it has room: nobody else knows the call yet
	}
}

// live starts the call's goroutines. Whoever made it still counts as running.
func (c *call) live() {
	c.e.running.Add(2)
	go func() { defer c.e.running.Done(); c.scribe.run() }()
	go func() { defer c.e.running.Done(); c.run() }()
}

// post tells a call a fact. After the call has ended it goes nowhere.
func (c *call) post(p posted) {
	select {
	case c.inbox <- p:
	case <-c.done:
	}
}

// run is the call's life: one fact at a time, until both legs are gone.
func (c *call) run() {
	c.timer = time.NewTimer(c.limit(CallingDesk))
	defer c.timer.Stop()
	c.hear(c.firstFact(), c.e.d.Now())
	for c.m.State != Ended {
		select {
		case p := <-c.inbox:
			c.heardOutside(p)
		case f, ok := <-c.desk:
			c.desk = c.heardLeg(DeskLeg, f, ok, c.desk)
		case f, ok := <-c.customer:
			c.customer = c.heardLeg(CustomerLeg, f, ok, c.customer)
		case <-c.wakened():
			c.ringDesks()
		case <-c.stepped():
			c.ringDesks()
		case <-c.paced():
			c.release()
			c.note(nil)
		case <-c.timer.C:
			c.heardTimer()
		case <-c.handingLate():
			c.handing = nil
			c.line.CancelTransfer()
		case <-c.listens():
			if c.sounds() {
				c.show(c.e.d.Now())
			}
		}
	}
	close(c.done)
	c.listen(false)
	c.sounds()
	c.line.Close()
	c.recorded()
	c.evidence = append(c.evidence, c.pieces.more()...)
	c.e.finish(c)
}

func (c *call) heardOutside(p posted) {
	now := c.e.d.Now()
	if p.named != nil {
		c.target, c.view.CaseID = *p.named, p.named.CaseID
		c.show(now)
		return
	}
	if p.control != nil {
		c.heardControl(*p.control)
		return
	}
	if p.fact == HangupAsked {
		c.ends(p.by)
		c.keep(Evidence{At: now, Leg: CustomerLeg, Event: EvHangupAsked, Reason: string(p.by)})
	}
	if p.fact == DialSaved && !c.e.leased() {
		p.fact = DialNotSaved // we have slept since: another may have closed the attempt meanwhile
	}
	if p.fact == DialNotSaved {
		c.ends(BySystem)
		if c.withheld = p.no; p.no != nil {
			c.keep(Evidence{At: now, Leg: CustomerLeg, Event: withheldBy(p.no), Reason: p.no.EN})
		}
	}
	c.hear(p.fact, now)
}

func withheldBy(no *Refusal) EvidenceEvent {
	if no.Rule == DoNotCall {
		return EvForbidden
	}
	return EvWithheld
}

func (c *call) heardTimer() {
	now := c.e.d.Now()
	switch c.m.State {
	case CallingDesk:
		c.ends(ByDeskLimit)
	case CallingCustomer:
		c.ends(ByRingLimit)
		c.keep(Evidence{At: now, Leg: CustomerLeg, Event: EvRingLimit})
	case Talking:
		c.ends(ByTalkLimit)
		c.keep(Evidence{At: now, Leg: CustomerLeg, Event: EvTalkLimit})
	case Ending:
		c.log.Error("a leg did not say that it is gone in the time promised", "legs", c.m.String())
	default:
	}
	c.hear(TimedOut, now)
}

// heardLeg takes a leg's fact: keeps its evidence and handle, and turns it into a fact of the machine. It returns the
// channel to go on listening to.
func (c *call) heardLeg(leg LegName, f LegFact, open bool, ch <-chan LegFact) <-chan LegFact {
	if !open {
		return nil
	}
	f.Evidence.Leg = leg
	c.handled(leg, f, c.keep(f.Evidence))
	c.measure(leg, f)
	switch f.Evidence.Event {
	case EvRerouted:
		c.view.Trunk = c.line.Trunk()
		c.log.Info("call goes on by another trunk", "trunk", c.view.Trunk, "status", f.Evidence.Status)
		c.show(f.Evidence.At)
	case EvAnswerSent:
		c.show(f.Evidence.At)
	default:
		c.heardSilence(leg, f.Evidence)
		c.heardHint(f.Evidence)
	}
	if f.Kind == LegDeclined && c.caller != nil {
		c.declined(f.Desk)
	}
	if leg == DeskLeg {
		c.heardRecording(f)
		c.heardTransfer(f)
	}
	if fact, ok := factOf(leg, f.Kind); ok {
		if fact == DeskAnswered && c.caller != nil && c.m.State == CallingDesk {
			c.takenBy(f.Desk)
		}
		c.endsByLeg(leg, f)
		c.hear(fact, f.Evidence.At)
	} else {
		c.note(nil)
	}
	return ch
}

// factOf turns a leg's fact into the machine's; a note is none.
func factOf(leg LegName, k LegFactKind) (Fact, bool) {
	type key struct {
		leg LegName
		k   LegFactKind
	}
	f, ok := map[key]Fact{
		{DeskLeg, LegRinging}: DeskRinging, {DeskLeg, LegEarly}: DeskRinging,
		{DeskLeg, LegAnswered}: DeskAnswered, {DeskLeg, LegIsGone}: DeskGone,
		{CustomerLeg, LegRinging}: CustomerRinging, {CustomerLeg, LegEarly}: CustomerEarly,
		{CustomerLeg, LegAnswered}: CustomerAnswered, {CustomerLeg, LegIsGone}: CustomerGone,
	}[key{leg, k}]
	return f, ok
}

// hear computes what a fact does, logs it once, acts, and shows the panel.
func (c *call) hear(f Fact, at time.Time) {
	from := c.m.State
	next, do, known := Next(c.m, f)
	c.m = next
	if !known {
		c.log.Debug("nothing to do", "fact", f, "in", from)
		c.note(nil)
		return
	}
	if next.State != from {
		if c.overAt.IsZero() && (next.State == Ending || next.State == Ended) {
			c.overAt = at
		}
		c.log.Info("call", "from", from, "to", next.State, "fact", f)
		c.listen(next.State == Talking)
		c.timer.Reset(c.limit(next.State))
		if from == CallingDesk {
			c.quiet()
		}
		if from == Talking && c.view.TransferTo != "" {
			c.unring(c.view.TransferTo)
		}
	}
	for _, a := range do {
		c.act(a)
	}
	c.note(nil)
	c.show(at)
}

// limit is how long a state may last.
func (c *call) limit(s State) time.Duration {
	l := c.e.d.Limits
	switch s {
	case CallingDesk:
		if c.caller != nil {
			return c.e.d.Inbound.Ring
		}
		return c.e.d.Rings().Desk
	case CallingCustomer:
		return c.e.d.Rings().Customer + l.SaveDialled // set anew when the INVITE leaves
	case Talking:
		return l.Talk
	default:
		return l.Ending
	}
}

func (c *call) act(a Act) {
	switch a {
	case DialDesk:
		c.line.Desk().Dial()
		c.ringDesks()
	case ConfirmDesk:
		c.note(c.line.Desk().Confirm)
	case SaveDialled:
		c.saveDialled()
	case DialCustomer:
		c.outcome.Sent, c.view.DialledAt = true, c.e.d.Now()
		c.timer.Reset(c.e.d.Rings().Customer)
		c.line.Customer().Dial()
	case HearEarly:
		c.view.EarlyMedia = true
		c.line.HearEarly()
	case ConfirmCustomer:
		c.note(c.line.Customer().Confirm)
	case AnswerCustomer:
		c.caller.line.Answer() // whether that was in time, the leg says
	case TurnAway:
		c.endedBy = BySystem
		c.caller.line.TurnAway()
	case Join:
		c.line.Join()
	case DropDesk:
		c.line.Desk().Drop()
	case DropCustomer:
		c.line.Customer().Drop()
	case CloseAttempt:
		c.view.EndedAt = c.e.d.Now()
	}
}

// keep adds one piece of evidence, or counts it where there are many like it, which is false.
func (c *call) keep(ev Evidence) bool {
	if ev.Event == "" {
		return true
	}
	room := c.pieces.room(ev)
	if room {
		ev.Reason = MaskDigits(ev.Reason)
		c.evidence = append(c.evidence, ev)
	}
	return room
}

// note hands what is new to the scribe, and has then run after it was written, or could not be in the time there is. What
// the scribe has no room for waits for the next note: a call never waits for a store.
func (c *call) note(then func()) {
	if then == nil {
		then = func() {}
	}
	p := Progress{First: c.noted, Evidence: c.evidence[c.noted:len(c.evidence):len(c.evidence)], Recording: c.unsaved}
	for _, h := range c.handles {
		p.Legs = append(p.Legs, h)
	}
	if p.empty() {
		then()
		return
	}
	taken := c.scribe.note(c.e.d.Limits.Save, p, then)
	if !taken {
		then()
		return
	}
	c.noted = len(c.evidence)
	clear(c.handles)
	c.unsaved = nil
}

// show publishes the call as it stands. An ended call is shown by finish, with its verdict.
func (c *call) show(heard time.Time) {
	c.view.State, c.view.HeardAt = c.m.State, heard
	if c.m.State == Ended {
		return
	}
	v := c.view
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	c.shown = v
	c.e.d.Board.Show(Change{Type: ChangeCall, At: heard, Call: &v})
}

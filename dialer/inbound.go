package dialer

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Direction says from which side a call was begun.
type Direction string

// The directions.
const (
	Outbound Direction = "outbound" // 架電
	Inbound  Direction = "inbound"  // 受電: never counted as 架電, and it locks no number
)

// InboundOrder says which desks ring for a call that comes in.
type InboundOrder string

// The orders.
const (
	RingAll         InboundOrder = "all"          // every desk that is free, at once
	RingLongestIdle InboundOrder = "longest_idle" // the one that has waited longest, then one more with each step
	RingByLanguage  InboundOrder = "language"     // those that speak the case's language; after a step the others too
)

// InboundOrders lists them.
var InboundOrders = []InboundOrder{RingAll, RingLongestIdle, RingByLanguage}

// InboundRules say how calls that come in are taken.
type InboundRules struct {
	Order InboundOrder
	// Ring is how long a caller waits for a desk, also for one that becomes free meanwhile.
	Ring time.Duration
	// Step is how long one desk rings alone, where the order is not RingAll.
	Step time.Duration
	// RingWhenShut rings the desks outside the opening hours too; else the caller is turned away.
	RingWhenShut bool
}

// WardInbound are the defaults.
func WardInbound() InboundRules {
	return InboundRules{Order: RingAll, Ring: 45 * time.Second, Step: 10 * time.Second}
}

// Arrival opens the record of a call that came in.
type Arrival struct {
	ID    CallID
	At    time.Time
	Trunk string
	// Caller is empty when the number was withheld, or is no Japanese one. It is personal data.
	Caller    Number
	NumberRef string // empty with Caller
	Kind      NumberKind
	// NewCase is opened when the number belongs to no case: a call that came in is a matter of its own until somebody says
	// whose it is.
	NewCase CaseID
	// Case is whose call it was, where that was known from the beginning.
	Case        CaseID `json:",omitempty"`
	CustomerLeg LegHandle
}

// caller is a call's other side when it came in: nil in calls of ours.
type caller struct {
	line     IncomingLine
	arrival  Arrival
	shut     bool            // nobody is rung: it came outside the hours
	taken    bool            // another took it, at another node or telephone of the ward's
	asked    map[DeskID]bool // desks that were rung for it
	declined int             // of them, those that are out
	wake     chan struct{}   // a desk may have become free
	step     *time.Ticker
}

// came takes a call that has come in. It returns at once: the phone tells one after the other.
func (e *Engine) came(in Incoming) {
	e.mu.Lock()
	refuse := e.draining
	if !refuse {
		e.running.Add(1)
	}
	e.mu.Unlock()
	if refuse {
		in.Line.Close()
		return
	}
	go func() {
		defer e.running.Done()
		select {
		case <-e.recovered: // what a crash left comes first: it says which desks are taken
			e.receive(in)
		case <-time.After(e.d.Inbound.Ring):
			e.d.Log.Warn("a call came in before the recovery was done, and could not wait longer", "call", in.ID)
			in.Line.Close()
		}
	}()
}

// receive opens the record and lets the call live. A ledger that is away keeps nobody from answering a telephone: the end
// brings all there is to know.
func (e *Engine) receive(in Incoming) {
	a := Arrival{
		ID: in.ID, At: in.At, Trunk: in.Line.Trunk(), Caller: in.Caller,
		NewCase: CaseID(NewID(in.At)), CustomerLeg: in.Line.Customer().Handle(),
	}
	if in.Caller != "" {
		a.NumberRef, a.Kind = e.d.Refs.Number(in.Caller), in.Caller.Kind()
	}
	ctx, cancel := context.WithTimeout(context.Background(), e.d.Limits.SaveDialled)
	target, err := e.d.Ledger.Arrive(ctx, a)
	cancel()
	if err != nil {
		e.d.Log.Warn("a call came in while its record could not be opened; its end will bring it", "call", a.ID, "err", err)
		target = Target{Number: in.Caller, NumberRef: a.NumberRef}
	}
	var no *Refusal
	closed := errors.As(err, &no) && (no.Rule == DayClosed || no.Rule == ContractEnded)
	c := e.makeCall(CallView{
		ID: a.ID, Direction: Inbound, CaseID: target.CaseID, State: Queued, Trunk: a.Trunk, StartedAt: in.At, HeardAt: in.At,
	}, in.Line)
	c.target = target
	c.caller = &caller{
		line: in.Line, arrival: a, asked: map[DeskID]bool{}, wake: make(chan struct{}, 1),
		shut: closed || !e.d.Inbound.RingWhenShut && e.d.Hours().Refusal(in.At) != nil,
	}
	e.mu.Lock()
	e.enter(c)
	e.mu.Unlock()
	c.log.Info("call came in", "trunk", a.Trunk, "number", in.Caller, "shut", c.caller.shut)
	c.live()
}

// firstFact is what a call hears first.
func (c *call) firstFact() Fact {
	switch {
	case c.caller == nil:
		return DialAsked
	case c.caller.shut:
		return CallerComesShut
	default:
		return CallerCame
	}
}

// wakened and stepped are what a call that came in waits for, besides its facts; nil, which blocks, for calls of ours.
func (c *call) wakened() <-chan struct{} {
	if c.caller == nil {
		return nil
	}
	return c.caller.wake
}

func (c *call) stepped() <-chan time.Time {
	if c.caller == nil || c.caller.step == nil {
		return nil
	}
	return c.caller.step.C
}

// ringDesks rings the desks whose turn it is.
func (c *call) ringDesks() {
	if c.caller == nil || c.m.State != CallingDesk {
		return
	}
	if c.caller.step == nil {
		c.caller.step = time.NewTicker(c.e.d.Inbound.Step)
	}
	desks := c.e.seize(c)
	if len(desks) == 0 {
		return
	}
	c.log.Info("desks rung for a call that came in", "desks", desks)
	c.caller.line.Ring(desks...)
}

// seize marks the free desks whose turn it is as being rung, so that no click is taken there meanwhile.
func (e *Engine) seize(c *call) []DeskID {
	e.mu.Lock()
	defer e.mu.Unlock()
	free := e.freeDesks(c.caller.asked)
	switch e.d.Inbound.Order {
	case RingByLanguage:
		if e.d.Now().Sub(c.view.StartedAt) < e.d.Inbound.Step && e.anybodySpeaks(c.target.Language) {
			free = slices.DeleteFunc(free, func(id DeskID) bool { return !e.speaks(id, c.target.Language) })
		}
	case RingLongestIdle:
		slices.SortStableFunc(free, func(a, b DeskID) int { return e.desks[a].view.Since.Compare(e.desks[b].view.Since) })
		turns := 1 + int(e.d.Now().Sub(c.view.StartedAt)/e.d.Inbound.Step) + c.caller.declined - len(c.caller.asked)
		free = free[:min(len(free), max(0, turns))]
	case RingAll:
	}
	for _, id := range free {
		c.caller.asked[id] = true
		e.desks[id].view.Ringing = c.view.ID
		e.showDesk(id)
	}
	return free
}

// freeDesks needs mu: the desks where somebody sits, ready, whose phone may be rung, but for those left out.
func (e *Engine) freeDesks(but map[DeskID]bool) []DeskID {
	var free []DeskID
	for _, id := range e.order {
		if !but[id] && e.isFree(id) && !e.d.Now().Before(e.desks[id].rest) {
			free = append(free, id)
		}
	}
	return free
}

// isFree needs mu: somebody sits at the desk and has nothing in hand, and its phone may be rung.
func (e *Engine) isFree(id DeskID) bool {
	d, up := e.desks[id], e.d.Phone.Registered(id)
	return d.view.State == DeskReady && d.held == nil && d.view.Ringing == "" && (up == nil || *up) && !e.d.Phone.InUseElsewhere(id)
}

// anybodySpeaks needs mu: whether a desk where somebody sits speaks a language.
func (e *Engine) anybodySpeaks(language string) bool {
	return slices.ContainsFunc(e.order, func(id DeskID) bool {
		return e.desks[id].view.Operator != "" && e.desks[id].view.State != DeskAway && e.speaks(id, language)
	})
}

// speaks reports whether a desk's people speak a language today. Japanese is spoken everywhere.
func (e *Engine) speaks(id DeskID, language string) bool {
	return Everybodys(language) || slices.Contains(e.rules().Seats.On(DateOf(e.d.Now()), id), language)
}

// deskFree needs mu: calls that wait for a desk look again.
func (e *Engine) deskFree() {
	for _, c := range e.calls {
		if c.caller != nil {
			select {
			case c.caller.wake <- struct{}{}:
			default: // it will look anyway
			}
		}
	}
}

// declined: one of the phones is out. Its desk may dial again.
func (c *call) declined(id DeskID) {
	c.caller.declined++
	c.e.mu.Lock()
	c.e.unring(c.view.ID, id)
	c.e.mu.Unlock()
	c.ringDesks()
}

// quiet takes all desks that rang for the call back.
func (c *call) quiet() {
	if c.caller == nil {
		return
	}
	if c.caller.step != nil {
		c.caller.step.Stop()
	}
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	for id := range c.caller.asked {
		c.e.unring(c.view.ID, id)
	}
}

// takenBy gives the call to the desk that answered. The case that stood there goes back into the line.
func (c *call) takenBy(id DeskID) {
	e := c.e
	e.mu.Lock()
	d := e.desks[id]
	before := d.claim
	d.claim = nil
	c.view.Desk, c.view.Operator = id, d.view.Operator
	d.take(c.view, e.d.Now(), "")
	e.showDesk(id)
	e.mu.Unlock()
	c.log = c.log.With("desk", id)
	call, caseID := c.view.ID, c.view.CaseID // what follows runs beside the call, which may be told of another case meanwhile
	e.follow(func(ctx context.Context) {
		e.releaseOther(ctx, before, nil)
		e.claimCaller(ctx, call, id, caseID)
	})
}

// claimCaller leases the caller's case to the desk that talks with them, so that no other desk rings them now. Another
// desk may hold it already: the talk goes on all the same.
func (e *Engine) claimCaller(ctx context.Context, call CallID, id DeskID, caseID CaseID) {
	if caseID == "" {
		return
	}
	claim, err := e.d.Queue.Claim(ctx, id, caseID, nil, e.d.Limits.Lease)
	if err != nil {
		e.d.Log.Info("the case of a call that came in could not be claimed", "call", call, "err", err)
		return
	}
	e.mu.Lock()
	d := e.desks[id]
	still := d.view.CallID == call && d.view.State == DeskInCall
	if still {
		d.claim = &claim
	}
	e.mu.Unlock()
	if !still {
		e.place(ctx, caseID)
	}
}

// NameCase says whose call it was that came in: whoever talks, or still owes the talk's result, has found the right case. It
// stands at the desk from then on.
func (e *Engine) NameCase(ctx context.Context, a Asker, id CallID, to CaseID) error {
	e.mu.Lock()
	c := e.calls[id]
	var at DeskID
	for deskID, d := range e.desks {
		if d.view.CallID == id && (d.view.Operator == a.User || a.Supervises()) {
			at = deskID
		}
	}
	e.mu.Unlock()
	if at == "" {
		return Refuse(NotYourDesk)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.d.Limits.Reserve)
	defer cancel()
	target, err := e.d.Ledger.NameCase(ctx, id, to, a.User)
	if err != nil {
		return ledgerRefusal(err)
	}
	if c != nil {
		c.post(posted{named: &target})
	}
	e.mu.Lock()
	d := e.desks[at]
	var before *Claim
	var was CaseID
	if d.view.CallID == id {
		before, was = d.claim, d.view.CaseID
		d.claim, d.view.CaseID = nil, to
		e.showDesk(at)
	}
	e.mu.Unlock()
	e.releaseOther(ctx, before, nil)
	e.place(ctx, was)
	e.claimCaller(ctx, id, at, to)
	return nil
}

// inboundVerdict is the result of a call that came in. It is no 架電, and counts as none.
func (c *call) inboundVerdict() Verdict {
	v := Verdict{Result: NoAnswer, Confidence: High, Rule: "inbound_missed", Why: "着信に応答できませんでした(不在着信)"}
	switch {
	case c.outcome.Answered:
		v.Result, v.Rule, v.Why = Answered, "inbound_answered", "着信に応答しました(受電)"
	case c.caller.taken:
		return takenVerdict
	case c.caller.shut:
		v.Rule, v.Why = "inbound_shut", "受付時間外の着信でした"
	}
	return v
}

// StaysHeld is what a case waits for that is held for a reason of its own while n would have it wait for something else: it
// stays held, and says both.
func (n CaseNext) StaysHeld(why string) CaseNext {
	if !strings.Contains(why, missedCall) {
		why = strings.TrimSuffix(why, "。") + "。" + n.Why
	}
	return CaseNext{State: CaseHeld, Cause: n.Cause, Why: why, WhyEN: "held for a reason of its own; and " + n.WhyEN}
}

const missedCall = "不在着信がありました"

// callBack is what a missed call asks of its case: to be called back as soon as the centre is open.
func (e *Engine) callBack(caller Number, at time.Time) CaseNext {
	when := InWords(at)
	if rule, _ := caller.Forbidden(); rule != "" {
		return CaseNext{
			State: CaseClosed, Why: when.JA + "に番号の分からない不在着信がありました(折り返せません)",
			WhyEN: "a call without a number was missed; nobody can be called back",
		}
	}
	return CaseNext{
		State: CaseWaiting, Due: e.d.Hours().NextOpen(e.d.Now()), Cause: CauseMissed, Why: when.JA + "に" + missedCall + "。折り返してください",
		WhyEN: "they called at " + when.EN + " and nobody answered; call them back",
	}
}

package dialertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"kakeru/dialer"
)

// Timer64 is 64·T1 with the standard T1 (RFC 3261 §17.1.1.1): how long a phone tries before it gives up on a silent far
// end.
const Timer64 = 32 * time.Second

// Hop is how long a message takes to a far end and its answer back.
const Hop = 20 * time.Millisecond

// Deed is one thing the phone was asked to do.
type Deed struct {
	At   time.Time
	Call dialer.CallID // empty with "terminate"
	Leg  dialer.LegName
	What string // prepare dial confirm drop hear_early join close terminate
}

// Phone is a dialer.Phone whose far ends follow scripts. It keeps the promise of dialer.Leg whatever they do, but for
// FarLies.
type Phone struct {
	// Timer64 is this phone's 64·T1; set it before the first call.
	Timer64 time.Duration

	mu         sync.Mutex
	script     func(dialer.CallOrder) (desk, customer Far)
	deeds      []Deed
	broken     []string
	legs       []*leg
	lines      map[*phoneLine]bool // open ones
	up         map[dialer.DeskID]bool
	tell       func(dialer.DeskID, bool)
	used       map[dialer.DeskID]bool
	tellUsed   func(dialer.DeskID, bool)
	refuse     error
	terminated []dialer.LegHandle
	terminate  func(context.Context, dialer.LegHandle) error
	comes      func(dialer.Incoming)
	callers    []*Caller
	declines   map[dialer.DeskID]bool
	digits     map[dialer.CallID]string
	ringsOn    map[dialer.DeskID]bool
	slow       map[string]time.Duration
	quality    map[dialer.CallID]dialer.Quality
}

var _ dialer.Phone = (*Phone)(nil)

// NewPhone returns a phone of whose desks nothing is known, and whose far ends all answer at once and talk for ever.
func NewPhone() *Phone {
	return &Phone{
		Timer64: Timer64, lines: map[*phoneLine]bool{}, up: map[dialer.DeskID]bool{}, used: map[dialer.DeskID]bool{},
		declines: map[dialer.DeskID]bool{}, digits: map[dialer.CallID]string{}, slow: map[string]time.Duration{}, ringsOn: map[dialer.DeskID]bool{},
		quality: map[dialer.CallID]dialer.Quality{},
		script:  func(dialer.CallOrder) (Far, Far) { return Far{}, Far{} },
	}
}

// Script says what the far ends of calls prepared from now on do.
func (p *Phone) Script(f func(dialer.CallOrder) (desk, customer Far)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = f
}

// Far has all calls prepared from now on meet these two far ends.
func (p *Phone) Far(desk, customer Far) {
	p.Script(func(dialer.CallOrder) (Far, Far) { return desk, customer })
}

// Refuse makes Prepare fail; nil lets it go on.
func (p *Phone) Refuse(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = err
}

// Register has a desk's phone come or go, and tells the owner.
func (p *Phone) Register(desk dialer.DeskID, up bool) {
	p.mu.Lock()
	p.up[desk] = up
	tell := p.tell
	p.mu.Unlock()
	if tell != nil {
		tell(desk, up)
	}
}

// OnTerminate says what Terminate does besides remembering; nil is an answer after a Hop.
func (p *Phone) OnTerminate(f func(context.Context, dialer.LegHandle) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.terminate = f
}

// Deeds returns what the phone was asked, in order: of one call, or of all with an empty id.
func (p *Phone) Deeds(id dialer.CallID) []Deed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.deeds), func(d Deed) bool { return id != "" && d.Call != id })
}

// Did returns how often a leg of a call was asked to do something.
func (p *Phone) Did(id dialer.CallID, leg dialer.LegName, what string) int {
	n := 0
	for _, d := range p.Deeds(id) {
		if d.Leg == leg && d.What == what {
			n++
		}
	}
	return n
}

// Terminated returns the handles that Terminate was called with.
func (p *Phone) Terminated() []dialer.LegHandle {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.terminated)
}

// Broken returns what was done against the port's rules, and what is left over: a leg dialled twice, a leg that lives, a
// line that was never closed.
func (p *Phone) Broken() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := slices.Clone(p.broken)
	for _, l := range p.legs {
		if l.dialled && !l.gone {
			out = append(out, fmt.Sprintf("the %s leg of %s is still there", l.name, l.line.order.ID))
		}
	}
	for n := range p.lines {
		out = append(out, fmt.Sprintf("the line of %s was never closed", n.order.ID))
	}
	for _, c := range p.callers {
		out = append(out, c.left()...)
	}
	return out
}

// Dialled returns the SIP Call-IDs of the customer legs whose INVITE was sent: what the carrier saw.
func (p *Phone) Dialled() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, l := range p.legs {
		if l.dialled && l.name == dialer.CustomerLeg {
			out = append(out, l.callID)
		}
	}
	return out
}

func (p *Phone) did(id dialer.CallID, leg dialer.LegName, what string) {
	p.mu.Lock()
	p.deeds = append(p.deeds, Deed{At: time.Now(), Call: id, Leg: leg, What: what})
	wait := p.slow[what]
	p.mu.Unlock()
	time.Sleep(wait)
}

// Slow has a deed take so long: whoever asked for it hears nothing else meanwhile.
func (p *Phone) Slow(what string, takes time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow[what] = takes
}

// Prepare implements dialer.Phone.
func (p *Phone) Prepare(_ context.Context, order dialer.CallOrder) (dialer.Line, error) {
	if rule, why := order.Number.ForbiddenFor(order.Supervisor); rule != "" {
		return nil, &dialer.Refusal{Rule: dialer.ForbiddenNumber, JA: why, EN: "the number may not be dialled (" + rule + ")"}
	}
	p.did(order.ID, "", "prepare")
	p.mu.Lock()
	defer p.mu.Unlock()
	if up, known := p.up[order.Desk]; known && !up {
		return nil, dialer.Refuse(dialer.DeskUnregistered)
	}
	if p.refuse != nil {
		return nil, p.refuse
	}
	desk, customer := p.script(order)
	n := &phoneLine{phone: p, order: order}
	n.desk, n.customer = newLeg(n, dialer.DeskLeg, desk), newLeg(n, dialer.CustomerLeg, customer)
	p.legs = append(p.legs, n.desk, n.customer)
	p.lines[n] = true
	return n, nil
}

// Terminate implements dialer.Phone.
func (p *Phone) Terminate(ctx context.Context, h dialer.LegHandle) error {
	p.did("", h.Leg, "terminate")
	p.mu.Lock()
	p.terminated = append(p.terminated, h)
	do := p.terminate
	p.mu.Unlock()
	if do != nil {
		return do(ctx, h)
	}
	select {
	case <-time.After(Hop):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Registered implements dialer.Phone.
func (p *Phone) Registered(desk dialer.DeskID) *bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	up, known := p.up[desk]
	if !known {
		return nil
	}
	return &up
}

// OnRegistered implements dialer.Phone.
func (p *Phone) OnRegistered(f func(dialer.DeskID, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tell = f
}

// Use has somebody lift or put down a desk's handset outside our calls, and tells the owner.
func (p *Phone) Use(desk dialer.DeskID, used bool) {
	p.mu.Lock()
	p.used[desk] = used
	tell := p.tellUsed
	p.mu.Unlock()
	if tell != nil {
		tell(desk, used)
	}
}

// InUseElsewhere implements dialer.Phone.
func (p *Phone) InUseElsewhere(desk dialer.DeskID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used[desk]
}

// OnInUseElsewhere implements dialer.Phone.
func (p *Phone) OnInUseElsewhere(f func(dialer.DeskID, bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tellUsed = f
}

// phoneLine is a dialer.Line.
type phoneLine struct {
	phone    *Phone
	order    dialer.CallOrder
	desk     *leg
	customer *leg
	pending  dialer.DeskID // whom it is being handed on to; guarded by Phone.mu

	recording *dialer.Recording // guarded by Phone.mu
}

func (n *phoneLine) Desk() dialer.Leg     { return n.desk }
func (n *phoneLine) Customer() dialer.Leg { return n.customer }
func (n *phoneLine) Trunk() string        { return "lab" }
func (n *phoneLine) HearEarly()           { n.phone.did(n.order.ID, dialer.CustomerLeg, "hear_early") }
func (n *phoneLine) Join()                { n.phone.did(n.order.ID, dialer.CustomerLeg, "join") }
func (n *phoneLine) Hold(on bool) {
	n.phone.did(n.order.ID, dialer.CustomerLeg, onOff("hold", "resume", on))
}
func (n *phoneLine) Mute(on bool) {
	n.phone.did(n.order.ID, dialer.DeskLeg, onOff("mute", "unmute", on))
}

// SendDigits keeps what was sent: see Digits.
func (n *phoneLine) SendDigits(digits string) {
	n.phone.did(n.order.ID, dialer.CustomerLeg, "digits")
	n.phone.mu.Lock()
	defer n.phone.mu.Unlock()
	n.phone.digits[n.order.ID] += digits
}

// Digits returns the keys that were sent within a call.
func (p *Phone) Digits(id dialer.CallID) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.digits[id]
}

func onOff(yes, no string, on bool) string {
	if on {
		return yes
	}
	return no
}

// Transfer goes as TransferTo has said: at once the other desk's, if nothing was said.
func (n *phoneLine) Transfer(to dialer.DeskID, consult bool) {
	n.phone.did(n.order.ID, dialer.DeskLeg, "transfer")
	n.desk.tellOf(to, dialer.LegNote, dialer.EvTransferAsked)
	n.phone.mu.Lock()
	fails, rings := n.phone.declines[to], n.phone.ringsOn[to]
	n.pending = to
	n.phone.mu.Unlock()
	switch {
	case fails:
		n.CancelTransfer()
	case rings:
	case consult:
		n.desk.tellOf(to, dialer.LegNote, dialer.EvConsulting)
	default:
		n.CompleteTransfer()
	}
}

func (n *phoneLine) CompleteTransfer() { n.transferred(dialer.LegMoved, dialer.EvTransferred) }
func (n *phoneLine) CancelTransfer()   { n.transferred(dialer.LegNote, dialer.EvTransferFailed) }
func (n *phoneLine) RefuseTransfer()   { n.phone.did(n.order.ID, dialer.DeskLeg, "refuse_transfer") }

func (n *phoneLine) transferred(kind dialer.LegFactKind, event dialer.EvidenceEvent) {
	n.phone.mu.Lock()
	to := n.pending
	n.pending = ""
	n.phone.mu.Unlock()
	if to != "" {
		n.desk.tellOf(to, kind, event)
	}
}

// Decline has a desk's phone decline what is handed on to it.
func (p *Phone) Decline(id dialer.DeskID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.declines[id] = true
}

// RingOn has a desk's phone ring for what is handed on to it, and say nothing more.
func (p *Phone) RingOn(id dialer.DeskID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ringsOn[id] = true
}

// Consult has the desk that rings for a call answer, and talk with the one that hands it on.
func (p *Phone) Consult(id dialer.CallID, to dialer.DeskID) {
	p.line(id).desk.tellOf(to, dialer.LegNote, dialer.EvConsulting)
}

// Refer has the phone of a call's desk ask for a transfer by its own button, at once or after a word with the other desk.
func (p *Phone) Refer(id dialer.CallID, to dialer.DeskID, consult bool) {
	ev := dialer.Evidence{At: time.Now(), Leg: dialer.DeskLeg, Event: dialer.EvTransferAsked, Reason: string(to)}
	p.line(id).desk.say(dialer.LegFact{Kind: dialer.LegRefers, Evidence: ev, Desk: to, Consult: consult})
}

// Move has another desk's phone take a call over, asked or not.
func (p *Phone) Move(id dialer.CallID, to dialer.DeskID) {
	p.line(id).desk.tellOf(to, dialer.LegMoved, dialer.EvTransferred)
}

// Again has a call's far end say something that changes nothing.
func (p *Phone) Again(id dialer.CallID, leg dialer.LegName, event dialer.EvidenceEvent) {
	p.leg(id, leg).say(dialer.LegFact{Kind: dialer.LegNote, Evidence: dialer.Evidence{At: time.Now(), Leg: leg, Event: event}})
}

func (p *Phone) line(id dialer.CallID) *phoneLine {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range p.lines {
		if n.order.ID == id {
			return n
		}
	}
	panic("no line has the call " + id)
}

// Close ends whatever is left, as the real phone does.
func (n *phoneLine) Close() {
	n.phone.did(n.order.ID, "", "close")
	n.phone.mu.Lock()
	delete(n.phone.lines, n)
	n.phone.mu.Unlock()
	n.desk.dropNow()
	n.customer.dropNow()
}

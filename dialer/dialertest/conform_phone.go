package dialertest

import (
	"errors"
	"testing"
	"time"

	"kakeru/dialer"
)

// PhoneRig is a phone under test between two scripted far ends. Its timers are short: 64·T1 is at most two seconds.
type PhoneRig struct {
	Phone  dialer.Phone
	Desk   dialer.DeskID // whose phone can be rung
	Number dialer.Number // a made-up one, on a lab trunk
	// Script says what the next call's far ends do. Of a Far only these are asked: FarAnswers (with Ring, Early, After and
	// Talk of at most 200 ms), FarRejects (with Status and Cause), FarRings, FarSilent, FarCrosses, FarDies.
	Script func(t *testing.T, desk, customer Far)
	// HungUp waits until the customer's far end knows that its last call is over (it got BYE or CANCEL); nil skips it.
	HungUp func(t *testing.T)
	// Another is a second phone that knows nothing of the first one's calls, as after a restart; nil skips what needs it.
	Another func(t *testing.T) dialer.Phone
}

// patience bounds every wait of a suite: only what never comes fails.
const patience = 20 * time.Second

// RunPhone proves that a phone keeps the promises of dialer.Phone, dialer.Line and dialer.Leg. open returns one that is
// running, for each test.
func RunPhone(t *testing.T, open func(*testing.T) PhoneRig) {
	t.Helper()
	for name, prove := range map[string]func(*testing.T, phoneTest){
		"a leg that was never dialled": proveNeverDialled, "answered, then dropped": proveAnswered,
		"the far end hangs up": proveFarHangsUp, "early media": proveEarly, "rejected": proveRejected,
		"cancelled": proveCancelled, "nothing at all": proveSilent, "silent after a drop": proveSilentDrop,
		"an answer crosses the CANCEL": proveCrossing, "a far end that died": proveDead,
		"an answer nobody confirms": proveUnconfirmed, "a leg a dead process left": proveTerminate, "refusals": provePhoneRefuses,
		"how it sounds before anybody talks": proveUnheard,
	} {
		t.Run(name, func(t *testing.T) { prove(t, phoneTest{open(t), t}) })
	}
}

type phoneTest struct {
	PhoneRig

	t *testing.T
}

// line prepares a call between two far ends.
func (p phoneTest) line(desk, customer Far) dialer.Line {
	p.t.Helper()
	p.Script(p.t, desk, customer)
	n, err := p.Phone.Prepare(p.t.Context(), p.order())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(n.Close)
	return n
}

func (p phoneTest) order() dialer.CallOrder {
	return dialer.CallOrder{ID: dialer.CallID(dialer.NewID(time.Now())), Desk: p.Desk, Click: dialer.NewClick(p.Desk), Number: p.Number, Sample: true}
}

// customer prepares a call and dials its customer leg.
func (p phoneTest) customer(far Far) *heard {
	p.t.Helper()
	h := &heard{Leg: p.line(Far{}, far).Customer(), t: p.t}
	h.Dial()
	return h
}

// heard is a leg whose facts are read and checked.
type heard struct {
	dialer.Leg

	t   *testing.T
	all []dialer.LegFact
}

// next reads one fact; false when the channel was closed.
func (h *heard) next() (dialer.LegFact, bool) {
	h.t.Helper()
	select {
	case f, ok := <-h.Facts():
		if !ok {
			return f, false
		}
		if n := len(h.all); n > 0 && h.all[n-1].Kind == dialer.LegIsGone {
			h.t.Fatalf("a fact after the last one: %+v", f)
		}
		if f.Evidence.At.IsZero() || f.Evidence.Leg != dialer.CustomerLeg || f.Evidence.Event == "" {
			h.t.Errorf("evidence that is not whole: %+v", f.Evidence)
		}
		h.all = append(h.all, f)
		return f, true
	case <-time.After(patience):
		h.t.Fatalf("no fact came; so far %+v", h.all)
		return dialer.LegFact{}, false
	}
}

// until reads up to the first fact of a kind.
func (h *heard) until(kind dialer.LegFactKind) dialer.LegFact {
	h.t.Helper()
	for {
		f, ok := h.next()
		if !ok {
			h.t.Fatalf("the facts ended without %q: %+v", kind, h.all)
		}
		if f.Kind == kind {
			return f
		}
	}
}

// toTheEnd reads all facts, and wants exactly one Gone, the last.
func (h *heard) toTheEnd() dialer.LegFact {
	h.t.Helper()
	for {
		if _, ok := h.next(); !ok {
			break
		}
	}
	if h.count(dialer.LegIsGone) != 1 || h.count(dialer.LegAnswered) > 1 {
		h.t.Fatalf("want one gone, and one answer at most: %+v", h.all)
	}
	return h.all[len(h.all)-1]
}

func (h *heard) count(kind dialer.LegFactKind) (n int) {
	for _, f := range h.all {
		if f.Kind == kind {
			n++
		}
	}
	return n
}

func (h *heard) saw(event dialer.EvidenceEvent) (dialer.Evidence, bool) {
	for _, f := range h.all {
		if f.Evidence.Event == event {
			return f.Evidence, true
		}
	}
	return dialer.Evidence{}, false
}

func (p phoneTest) hungUp() {
	if p.HungUp != nil {
		p.HungUp(p.t)
	}
}

const moment = 50 * time.Millisecond

func proveNeverDialled(t *testing.T, p phoneTest) {
	n := p.line(Far{}, Far{})
	if n.Trunk() == "" || n.Desk().Handle().Leg != dialer.DeskLeg || n.Customer().Handle().Leg != dialer.CustomerLeg {
		t.Fatalf("a line without identities: %q %+v", n.Trunk(), n.Customer().Handle())
	}
	if h := n.Customer().Handle(); h.SIPCallID == "" || len(h.Data) == 0 || h.SIPCallID == n.Desk().Handle().SIPCallID {
		t.Fatalf("what ends the customer leg must be known before it is dialled: %+v", h)
	}
	n.Customer().Drop()
	n.HearEarly()
	n.Join()
	n.Close()
	n.Close()
	select {
	case f, ok := <-n.Customer().Facts():
		if ok {
			t.Fatalf("a leg that was never dialled yields nothing: %+v", f)
		}
	case <-time.After(moment):
	}
}

// What nobody hears does not sound like anything. It may be asked all the same, at any time.
func proveUnheard(t *testing.T, p phoneTest) {
	n := p.line(Far{}, RingsForEver())
	ask := func(when string) {
		t.Helper()
		if q := n.Quality(); q.Known() {
			t.Errorf("%s, it sounds like %+v", when, q)
		}
	}
	ask("prepared")
	h := &heard{Leg: n.Customer(), t: t}
	h.Dial()
	h.until(dialer.LegRinging)
	ask("ringing")
	h.Drop()
	h.toTheEnd()
	ask("gone")
	n.Close()
	ask("closed")
}

func proveAnswered(t *testing.T, p phoneTest) {
	h := p.customer(Answers(moment, 0))
	before := h.Handle()
	if f := h.until(dialer.LegAnswered); f.Evidence.Status != 200 || f.Handle == nil {
		t.Fatalf("an answer brings its status and a new handle: %+v", f)
	}
	if after := h.Handle(); after.SIPCallID != before.SIPCallID || string(after.Data) == string(before.Data) {
		t.Errorf("the handle did not follow the answer: %+v", after)
	}
	if h.count(dialer.LegRinging) != 1 {
		t.Errorf("it rang: %+v", h.all)
	}
	if _, ok := h.saw(dialer.EvInvite); !ok || h.all[0].Evidence.Event != dialer.EvInvite {
		t.Errorf("the INVITE is the first evidence: %+v", h.all)
	}
	h.Confirm()
	for range 3 {
		h.Drop()
	}
	if gone := h.toTheEnd(); gone.FarEnded {
		t.Error("we hung up, not the far end")
	}
	p.hungUp()
	h.Drop()
}

func proveFarHangsUp(t *testing.T, p phoneTest) {
	h := p.customer(Answers(0, moment))
	h.until(dialer.LegAnswered)
	h.Confirm()
	if gone := h.toTheEnd(); !gone.FarEnded {
		t.Error("the far end hung up, not we")
	}
	if _, ok := h.saw(dialer.EvByeReceived); !ok {
		t.Errorf("its BYE is evidence: %+v", h.all)
	}
	h.Drop()
}

func proveEarly(t *testing.T, p phoneTest) {
	h := p.customer(Far{Kind: FarAnswers, Early: true, After: moment})
	h.until(dialer.LegAnswered)
	if h.count(dialer.LegEarly) != 1 {
		t.Errorf("early media is told once: %+v", h.all)
	}
	h.Confirm()
	h.Drop()
	h.toTheEnd()
}

func proveRejected(t *testing.T, p phoneTest) {
	for _, c := range [][2]int{{486, 17}, {404, 1}, {480, 20}, {503, 0}, {603, 21}} {
		h := p.customer(Rejects(0, c[0], c[1]))
		gone := h.toTheEnd()
		if ev, ok := h.saw(dialer.EvFinal); !ok || ev.Status != c[0] || ev.Cause != c[1] || !gone.FarEnded || h.count(dialer.LegAnswered) != 0 {
			t.Errorf("%v: %+v", c, h.all)
		}
	}
}

func proveCancelled(t *testing.T, p phoneTest) {
	h := p.customer(RingsForEver())
	h.until(dialer.LegRinging)
	h.Drop()
	h.Drop()
	gone := h.toTheEnd()
	if ev, ok := h.saw(dialer.EvFinal); !ok || ev.Status != 487 || gone.FarEnded {
		t.Errorf("want a 487 that is our doing: %+v", h.all)
	}
	p.hungUp()
}

func proveSilent(t *testing.T, p phoneTest) {
	h := p.customer(Silent())
	if gone := h.toTheEnd(); gone.FarEnded || h.count(dialer.LegRinging) != 0 {
		t.Errorf("%+v", h.all)
	}
	if _, ok := h.saw(dialer.EvNoAnswer); !ok {
		t.Errorf("that nothing came is evidence: %+v", h.all)
	}
}

func proveSilentDrop(_ *testing.T, p phoneTest) {
	h := p.customer(Silent())
	h.Drop()
	h.toTheEnd()
}

// Whether the owner hears of the late answer as one or as evidence only: it is hung up, and the leg ends once.
func proveCrossing(t *testing.T, p phoneTest) {
	h := p.customer(Far{Kind: FarCrosses})
	h.until(dialer.LegRinging)
	h.Drop()
	h.toTheEnd()
	_, crossed := h.saw(dialer.EvCrossed)
	if !crossed && h.count(dialer.LegAnswered) == 0 {
		t.Errorf("the late answer left no trace: %+v", h.all)
	}
	p.hungUp()
}

func proveDead(_ *testing.T, p phoneTest) {
	h := p.customer(Far{Kind: FarDies})
	h.until(dialer.LegAnswered)
	h.Confirm()
	h.Drop()
	h.toTheEnd()
}

func proveUnconfirmed(_ *testing.T, p phoneTest) {
	h := p.customer(Answers(0, 0))
	h.until(dialer.LegAnswered)
	h.Drop() // before Confirm: the implementation sees to the ACK
	h.toTheEnd()
	p.hungUp()
	h.Confirm() // far too late, and harmless
}

func proveTerminate(t *testing.T, p phoneTest) {
	if p.Another == nil {
		t.Skip("this rig has no second phone")
	}
	for _, far := range []Far{Answers(0, 0), RingsForEver()} {
		h := p.customer(far)
		want := dialer.LegRinging
		if far.Kind == FarAnswers {
			want = dialer.LegAnswered
		}
		h.until(want)
		if err := p.Another(t).Terminate(t.Context(), h.Handle()); err != nil {
			t.Errorf("%s: %v", far.Kind, err)
		}
		p.hungUp()
	}
}

func provePhoneRefuses(t *testing.T, p phoneTest) {
	p.Script(t, Far{}, Far{})
	for _, n := range []dialer.Number{"110", "119", "0990123456", "0570012345", "*31#0312345678", "03123", ""} {
		order := p.order()
		order.Number = n
		var no *dialer.Refusal
		if _, err := p.Phone.Prepare(t.Context(), order); !errors.As(err, &no) || no.Rule != dialer.ForbiddenNumber {
			t.Errorf("a forbidden number: %v", err)
		}
	}
}

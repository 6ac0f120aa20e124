package lab

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// autoAnswerAfter is how soon a phone answers by itself when the caller's
// header asks for it: real ones take a moment too.
const autoAnswerAfter = 200 * time.Millisecond

// PhoneOptions sets up a Phone.
type PhoneOptions struct {
	// Addr is the UDP address for SIP; 127.0.0.1:0, any free port, if empty.
	Addr string
	// Media lends the RTP ports. Required.
	Media *media.Pool
	// Registrar is the IPv4 address and port to register with; not set: the phone
	// does not register.
	Registrar netip.AddrPort
	// Domain is the host part of the address of record; Registrar's IP if empty.
	Domain string
	// User and Password are the account. User is required.
	User, Password string
	// Expires is the time a registration is asked for; 5 min if 0, at least 1 s.
	// It is refreshed at half of what the registrar grants.
	Expires time.Duration
	// LiftAfter is how long the phone rings before it is lifted, if the caller
	// does not ask for auto-answer; 2 s if 0.
	LiftAfter time.Duration
	// NeverAnswer leaves every call ringing, auto-answer or not.
	NeverAnswer bool
	// Busy refuses every call with 486; so does a phone with a call on it.
	Busy bool
	// Fast divides all waits by 20, registration apart.
	Fast bool
	// Seed chooses the voice.
	Seed uint64
	// T1, Keep, Journal and Log are as in CarrierOptions.
	T1      time.Duration
	Keep    int
	Journal io.Writer
	Log     *slog.Logger
}

// Phone is a simulated desk phone with one line.
type Phone struct {
	options PhoneOptions
	end     *endpoint
	journal *journal

	busy, neverAnswer atomic.Bool
	registered        atomic.Bool
	line              atomic.Pointer[handset] // the call on the phone, nil if none
}

// NewPhone opens the SIP port. The phone registers and answers once Run is
// called; Close it in any case.
func NewPhone(o PhoneOptions) (*Phone, error) {
	if o.User == "" || strings.ContainsAny(o.User, " \"<>@:;\r\n") {
		return nil, errors.New("lab: a phone needs a user name without spaces and @ : ; < > \"")
	}
	if o.Registrar.IsValid() && (!o.Registrar.Addr().Is4() || o.Registrar.Port() == 0) {
		return nil, errors.New("lab: the registrar must be an IPv4 address and a port, such as 127.0.0.1:5060")
	}
	if o.Expires == 0 {
		o.Expires = 5 * time.Minute
	}
	o.Expires = max(o.Expires, time.Second)
	if o.LiftAfter == 0 {
		o.LiftAfter = 2 * time.Second
	}
	o.Domain = fallback(o.Domain, o.Registrar.Addr().String())
	end, j, err := open(basics{o.Addr, phoneAgent, o.T1, o.Keep, o.Journal, o.Log, o.Media})
	if err != nil {
		return nil, err
	}
	p := &Phone{options: o, end: end, journal: j}
	p.busy.Store(o.Busy)
	p.neverAnswer.Store(o.NeverAnswer)
	end.invited = p.invited
	return p, nil
}

// Addr is the SIP address, with the real port.
func (p *Phone) Addr() netip.AddrPort { return p.end.addr }

// Run registers and answers until ctx ends or the phone is closed; then it
// hangs up, takes its registration back, and leaves nothing behind.
func (p *Phone) Run(ctx context.Context) error {
	p.end.start()
	if p.options.Registrar.IsValid() {
		r := newRegistration(p)
		p.end.talk(r.callID, r.run)
	}
	select {
	case <-ctx.Done():
	case <-p.end.closing:
	}
	p.Close()
	return nil
}

// Close ends everything. It may be called at any time, and again.
func (p *Phone) Close() { p.end.close() }

// Calls is what the phone saw and did, oldest call first.
func (p *Phone) Calls() []CallLog { return p.journal.list() }

// Registered reports whether the last registration holds.
func (p *Phone) Registered() bool { return p.registered.Load() }

// SetBusy and SetNeverAnswer change the options of these names for later calls.
func (p *Phone) SetBusy(busy bool) { p.busy.Store(busy) }

// SetNeverAnswer is described at SetBusy.
func (p *Phone) SetNeverAnswer(never bool) { p.neverAnswer.Store(never) }

// Unplug pulls the phone's cable, or plugs it in again: it hears nothing, and nothing that it says is heard.
func (p *Phone) Unplug(out bool) {
	p.end.cut.Store(out)
	if h := p.line.Load(); h != nil && out {
		h.call.order(func() {
			if h.call.sound != nil {
				h.call.sound.stop()
			}
		})
	}
}

// Hangup puts the handset down: BYE in a talk, 486 while ringing. It does
// nothing on an idle phone, and does not wait.
func (p *Phone) Hangup() {
	if h := p.line.Load(); h != nil {
		h.call.order(h.hangUp)
	}
}

func (p *Phone) invited(invite *sip.Request, inbox <-chan message) {
	l := newCall(p.end, p.options.Media, p.journal, invite)
	h := &handset{phone: p, call: l}
	l.ring = h.ring
	l.ended = func() { p.line.CompareAndSwap(h, nil) }
	l.run(inbox)
}

// handset is one call on the phone. It runs on the call's goroutine.
type handset struct {
	phone *Phone
	call  *call
}

func (h *handset) ring() {
	p, l := h.phone, h.call
	if p.busy.Load() || !p.line.CompareAndSwap(nil, h) {
		l.describe("busy")
		l.refuse(486)
		return
	}
	auto := asksAutoAnswer(l.invite.Request)
	l.change(false, func(r *record) { r.AutoAnswer = auto })
	wait, row := p.options.LiftAfter, "lifted"
	if auto {
		wait, row = autoAnswerAfter, "answers by itself"
	}
	l.agenda.after(patience, func() { l.refuse(480) })
	l.progress(180, false)
	if p.neverAnswer.Load() {
		l.describe("rings, never answered")
		return
	}
	l.describe(row)
	l.agenda.after(shortened(wait, p.options.Fast), h.lift)
}

func (h *handset) lift() {
	if h.call.answer() {
		h.call.say(voice(h.phone.options.Seed))
	}
}

func (h *handset) hangUp() {
	h.call.refuse(486)
	h.call.hangUp()
}

// asksAutoAnswer reads the headers that phones answer by themselves for:
// Call-Info with answer-after=0, Alert-Info with the word of one of the makers.
func asksAutoAnswer(invite *sip.Request) bool {
	for name, words := range map[string][]string{
		"Call-Info":  {"answer-after=0"},
		"Alert-Info": {"alert-autoanswer", "auto answer", "auto-answer"},
	} {
		for _, h := range invite.GetHeaders(name) {
			value := strings.ToLower(h.Value())
			for _, word := range words {
				if strings.Contains(value, word) {
					return true
				}
			}
		}
	}
	return false
}

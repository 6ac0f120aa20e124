package sip

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"
)

// watch begins to ask the phones at fixed addresses that shall be watched.
func (r *registrar) watch() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		if s.desk.Watch && !s.desk.registers() {
			// Until the first answer nothing is known of it.
			s.bindings = []*binding{{uri: s.desk.URI, silent: true}}
			b := s.bindings[0]
			b.probe = time.AfterFunc(0, func() { r.ask(s, b) })
		}
	}
}

// probeLater asks a phone again after the pause. It needs r.mu.
func (r *registrar) probeLater(s *seat, b *binding) {
	if !r.ended {
		b.probe = time.AfterFunc(r.agent.cfg.KeepAlive, func() { r.ask(s, b) })
	}
}

// ask sends an OPTIONS.
func (r *registrar) ask(s *seat, b *binding) {
	r.mu.Lock()
	ended, uri, at := r.ended, b.uri, b.at
	r.mu.Unlock()
	if ended {
		return
	}
	if !at.IsValid() {
		_, fixed, err := fixedAddress(uri)
		if err == nil {
			at, err = r.agent.resolve(context.Background(), fixed)
		}
		if err != nil {
			r.answered(s, b, false)
			return
		}
	}
	// Any final answer, be it a refusal, shows that somebody is there.
	r.agent.options(optionsFor{uri, "sip:kakeru@" + r.agent.us}, at, func(status int) { r.answered(s, b, status != 0) })
}

func (r *registrar) answered(s *seat, b *binding, alive bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !s.known
	s.known = true
	b.silent = !alive
	for _, now := range s.bindings {
		if now == b { // not removed or replaced meanwhile
			r.probeLater(s, b)
		}
	}
	if first && !alive {
		s.up = true // so that the first word is told, whichever it is
	}
	r.tellChange(s)
}

// probe is the party of an OPTIONS of ours: it has nothing to say to anybody.
type probe struct{ lane *lane }

func (p probe) response(*sip.Response) {}
func (p probe) ack(*sip.Request)       {}
func (p probe) request(req *sip.Request, tx *sip.ServerTx) {
	res := answer{status: sip.StatusCallTransactionDoesNotExists}.respond(req, newTag())
	if err := tx.Respond(res); err != nil {
		p.lane.agent.log.Debug("sip: an answer could not be sent", "err", err)
	}
}

// optionsFor is whom an OPTIONS asks, and as whom.
type optionsFor struct{ uri, from string }

// options asks whether somebody is there (RFC 3261 §11.1) and calls told once, with the final status or 0 for none.
func (a *Agent) options(o optionsFor, to place, told func(status int)) {
	l := a.lane(a.newCallID())
	posted := l.post(func() {
		defer l.release() // only now: until the probe holds the lane, nobody else does
		req, err := request{
			method: sip.OPTIONS, uri: o.uri, from: "<" + o.from + ">;tag=" + newTag(), to: "<" + o.uri + ">",
			callID: l.callID, cseq: 1, sentBy: a.sentBy(to.by), branch: newBranch(),
			extras: []extra{{"Contact", a.contact(to.by)}, {"Accept", sdpType}},
		}.build()
		if err != nil {
			told(0)
			return
		}
		l.adopt(probe{l})
		l.begin(req, to, func(res *sip.Response) {
			if !res.IsProvisional() {
				l.abandon()
				told(res.StatusCode)
			}
		}, func(error) {
			l.abandon()
			told(0)
		})
	})
	if !posted {
		l.release()
	}
}

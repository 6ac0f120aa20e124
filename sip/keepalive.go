package sip

import (
	"context"
	"net/netip"
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
	ended := r.ended
	if !ended {
		b.asked++
	}
	now := *b
	r.mu.Unlock()
	if ended {
		return
	}
	at, err := r.reached(context.Background(), s, &now)
	if err != nil {
		r.answered(s, b, now.asked, false)
		return
	}
	r.soughtAt(s, at)
	// Any final answer, be it a refusal, shows that somebody is there.
	r.agent.options(optionsFor{now.uri, "sip:kakeru@" + r.agent.us, now.path}, at, func(status int) {
		r.answered(s, b, now.asked, status != 0)
	})
}

// answered takes the outcome of the nth question to a phone. One that has shown itself since by a keep-alive is not silent.
func (r *registrar) answered(s *seat, b *binding, nth int, alive bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if nth != b.asked {
		return
	}
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

// heardFrom takes a keep-alive as a sign of life of the phone that registered from there, as good as an answer to OPTIONS;
// false when there is none. What comes by proxies says nothing of the phones behind them.
func (r *registrar) heardFrom(at netip.AddrPort) (known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		for _, b := range s.bindings {
			if b.at.AddrPort != at || len(b.path) > 0 || r.ended {
				continue
			}
			known = true
			b.asked++ // what was asked before needs no answer any more
			b.silent = false
			b.probe.Stop()
			r.probeLater(s, b)
			r.tellChange(s)
		}
	}
	return known
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

// optionsFor is whom an OPTIONS asks, as whom, and by way of which proxies.
type optionsFor struct {
	uri, from string
	path      []string
}

// options asks whether somebody is there (RFC 3261 §11.1) and calls told once, with the final status or 0 for none.
func (a *Agent) options(o optionsFor, to place, told func(status int)) {
	l := a.lane(a.newCallID())
	posted := l.post(func() {
		defer l.release() // only now: until the probe holds the lane, nobody else does
		uri, routes := alongRoutes(o.uri, o.path)
		req, err := request{
			method: sip.OPTIONS, uri: uri, routes: routes, from: "<" + o.from + ">;tag=" + newTag(), to: "<" + o.uri + ">",
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

package dialertest

import "kakeru/dialer"

// Sounds has a call sound so from now on.
func (p *Phone) Sounds(id dialer.CallID, q dialer.Quality) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quality[id] = q
}

// Silent has a leg of a call of ours tell of its sound: dialer.EvOneWay, EvDeadAir or EvSoundBack.
func (p *Phone) Silent(id dialer.CallID, name dialer.LegName, event dialer.EvidenceEvent) {
	n := p.line(id)
	l := n.customer
	if name == dialer.DeskLeg {
		l = n.desk
	}
	l.tell(dialer.LegNote, dialer.Evidence{Event: event})
}

// Heard has the customer's leg of a call of ours tell of what its sound seems to be.
func (p *Phone) Heard(id dialer.CallID, h dialer.Hint) {
	p.line(id).customer.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvHeard, Reason: h.Reason()})
}

func (p *Phone) qualityOf(id dialer.CallID) dialer.Quality {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.quality[id]
}

func (n *phoneLine) Quality() dialer.Quality { return n.phone.qualityOf(n.order.ID) }

// Quality is what Phone.Sounds has said.
func (c *Caller) Quality() dialer.Quality { return c.phone.qualityOf(c.id) }

// kept is what is kept of how a call sounded.
func kept(q *dialer.Quality) *dialer.Quality {
	if q == nil {
		return nil
	}
	past := func(s *dialer.Sound) *dialer.Sound {
		if s == nil {
			return nil
		}
		one := *s
		one.RecentMOS = 0
		return &one
	}
	return &dialer.Quality{
		Desk:     dialer.LegQuality{In: past(q.Desk.In), Out: past(q.Desk.Out)},
		Customer: dialer.LegQuality{In: past(q.Customer.In), Out: past(q.Customer.Out)},
	}
}

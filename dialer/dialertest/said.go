package dialertest

import (
	"time"

	"kakeru/dialer"
)

// Again has a call's far end say something that changes nothing.
func (p *Phone) Again(id dialer.CallID, leg dialer.LegName, event dialer.EvidenceEvent) {
	p.leg(id, leg).say(dialer.LegFact{Kind: dialer.LegNote, Evidence: dialer.Evidence{At: time.Now(), Leg: leg, Event: event}})
}

// Retag has a call's far end say something that changes how its leg is ended, and returns the handle.
func (p *Phone) Retag(id dialer.CallID, leg dialer.LegName, event dialer.EvidenceEvent) dialer.LegHandle {
	of := p.leg(id, leg)
	h := of.changed()
	of.say(dialer.LegFact{Kind: dialer.LegNote, Evidence: dialer.Evidence{At: time.Now(), Leg: leg, Event: event}, Handle: h})
	return *h
}

func (p *Phone) leg(id dialer.CallID, name dialer.LegName) *leg {
	n := p.line(id)
	if name == dialer.CustomerLeg {
		return n.customer
	}
	return n.desk
}

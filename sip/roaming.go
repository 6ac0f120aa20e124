package sip

import (
	"encoding/json"
	"fmt"

	"kakeru/dialer"
)

// A phone registers with one of several servers, and may be rung by another when that one is gone: so where it is, is told to
// whoever keeps it for them. What was registered by a connection cannot be: it lives and dies with that (flows.go).

// tellWhere tells of each desk whose bindings are not those last told.
func (r *registrar) tellWhere(all []kept) {
	now := map[dialer.DeskID][]kept{}
	for desk := range r.told {
		now[desk] = []kept{}
	}
	for _, k := range all {
		now[k.Desk] = append(now[k.Desk], k)
	}
	for desk, bindings := range now {
		text, err := json.Marshal(bindings)
		if err != nil || string(text) == r.told[desk] {
			continue
		}
		r.told[desk] = string(text)
		r.agent.cfg.Where(desk, text)
	}
}

// Learn takes up where a desk's phone is by what another server was told, unless it is registered here. It counts as silent until
// it has answered an OPTIONS, which is sent at once.
func (a *Agent) Learn(desk dialer.DeskID, where []byte) error {
	var all []kept
	if err := json.Unmarshal(where, &all); err != nil {
		return fmt.Errorf("sip: where the phone of %s is cannot be read: %w", desk, err)
	}
	r := a.register
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[desk]
	if s == nil || r.ended {
		return nil
	}
	if _, here := s.newest(); here {
		return nil
	}
	for _, k := range all {
		if k.Desk == desk && !s.knows(k) {
			r.takeUp(k)
		}
	}
	return nil
}

// knows needs registrar.mu: whether a binding is there already.
func (s *seat) knows(k kept) bool {
	for _, b := range s.bindings {
		if b.uri == k.URI && b.callID == k.CallID {
			return true
		}
	}
	return false
}

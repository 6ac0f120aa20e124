package sip

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// A phone that registers over TCP or TLS is reached by the connection it registered by, and by no other: it may be behind
// a NAT, and it has no certificate to show (RFC 5626 §1). So its registration lives no longer than that connection.

// flowsKept is how many of a phone's former flows are remembered.
const flowsKept = 8

// flowClosed is told that a connection has ended: what was registered by it is gone.
func (r *registrar) flowClosed(flow place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		for _, b := range slices.Clone(s.bindings) {
			if b.at == flow {
				r.agent.log.Info("sip: a phone's connection was closed", "desk", s.desk.ID)
				r.loseFlow(s, b)
			}
		}
		r.tellChange(s)
	}
}

// loseFlow removes a binding with its connection; but a phone whose Contact says that it listens for TCP where it is can be
// asked whether it is still there. It needs r.mu.
func (r *registrar) loseFlow(s *seat, b *binding) {
	s.lose(b.at, b.callID)
	r.remove(s, b)
	if to, ok := b.listens(); ok {
		moved := *b
		moved.at, moved.moved = to, true
		r.revive(s, moved)
	}
	r.keep()
}

// listens is where the phone takes TCP connections, by its Contact: only where that is the address it really has.
func (b *binding) listens() (place, bool) {
	var uri sip.Uri
	if err := sip.ParseUri(b.uri, &uri); err != nil {
		return place{}, false
	}
	at, err := hostPortOf(uri)
	if err != nil || at.by != overTCP || b.at.by != overTCP || at.host != b.at.Addr().String() {
		return place{}, false
	}
	return place{AddrPort: netip.AddrPortFrom(b.at.Addr(), at.port), by: overTCP}, true
}

// lostFlow is a flow that there is no more, and the Call-ID that its phone registers with.
type lostFlow struct {
	at     place
	callID string
}

// lose remembers a flow that its phone once had. It needs registrar.mu.
func (s *seat) lose(flow place, callID string) {
	s.lost = append(s.lost, lostFlow{flow, callID})
	s.lost = s.lost[max(0, len(s.lost)-flowsKept):]
}

// forwarded is the flow of the phone that once had another: a call outlives the connection that it began by, if the phone
// comes back (RFC 5626 §5.3). It is no place when the phone has not come back, or was never there.
func (r *registrar) forwarded(flow place) place {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		if slices.ContainsFunc(s.lost, func(f lostFlow) bool { return f.at == flow }) {
			b, _ := s.newest()
			return b.at
		}
	}
	return place{}
}

// isSecure reports whether a URI asks that everything about it goes by TLS (RFC 3261 §19.1).
func isSecure(uri string) bool {
	var parsed sip.Uri
	return sip.ParseUri(strings.TrimSpace(uri), &parsed) == nil && parsed.IsEncrypted()
}

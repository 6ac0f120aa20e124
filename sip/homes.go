package sip

import (
	"net/netip"
	"slices"

	"kakeru/dialer"
)

// Who has an address of IPv6 has the /64 around it, and could come from another address each time: a network is counted as one stranger. Where phones of ours
// are that would be wrong: it is an office's, and what a visitor or a machine that was broken into does there must not be laid to the next phone that is
// switched on. In such a network, a home, strangers are counted by their addresses, and all of them together have a bound beside, so
// that addresses without end gain nothing.

// subscriber is whom an address is counted for elsewhere: of IPv6 the /64, in which one household or office has more addresses than could be counted.
func subscriber(a netip.Addr) netip.Addr {
	if a.Is6() {
		wide, _ := a.WithZone("").Prefix(64) // 64 bits fit
		return wide.Addr()
	}
	return a
}

// counted is by what a stranger is counted, and the home it is in; no address where it is in none.
func (a *Agent) counted(addr netip.Addr) (by, home netip.Addr) {
	wide := subscriber(addr)
	if !addr.Is6() || !a.strange.fixed[wide] && !a.register.livesIn(wide) {
		return wide, netip.Addr{}
	}
	return addr.WithZone(""), wide
}

// fixedHomes are the networks of phones at fixed addresses.
func fixedHomes(desks []Desk) map[netip.Addr]bool {
	all := map[netip.Addr]bool{}
	for _, d := range desks {
		if _, at, err := fixedAddress(d.URI); err == nil {
			if addr, err := netip.ParseAddr(at.host); err == nil {
				all[subscriber(addr)] = true
			}
		}
	}
	return all
}

// livesIn reports whether a phone of ours is in this network, or was when it last registered.
func (r *registrar) livesIn(network netip.Addr) bool {
	in := func(addr netip.Addr) bool { return subscriber(addr) == network }
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		if s.isWhere(in) {
			return true
		}
	}
	return false
}

// knows reports whether a phone of ours is at this address, or was when it last registered.
func (r *registrar) knows(addr netip.Addr) bool {
	_, known := r.whose(addr)
	return known
}

// whose is knows with the desk, if the address is one desk's alone.
func (r *registrar) whose(addr netip.Addr) (desk dialer.DeskID, known bool) {
	at := func(other netip.Addr) bool { return other == addr }
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.seats {
		switch {
		case !s.isWhere(at):
		case known:
			return "", true
		default:
			desk, known = id, true
		}
	}
	return desk, known
}

// isWhere reports whether the seat's phone is, or was, at an address of some kind. It needs registrar.mu.
func (s *seat) isWhere(kind func(netip.Addr) bool) bool {
	return slices.ContainsFunc(s.been, kind) || slices.ContainsFunc(s.bindings, func(b *binding) bool { return kind(b.at.Addr()) })
}

// flows are the connections that phones are registered by.
func (r *registrar) flows() map[place]bool {
	all := map[place]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.seats {
		for _, b := range s.bindings {
			if b.at.flow {
				all[b.at] = true
			}
		}
	}
	return all
}

package sip

import (
	"context"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kakeru/dialer"
)

// A phone says itself, by its Contact and its Path, whom a proxy between us shall ring, and a proxy does what we say: a carrier takes from it what it takes
// from us, and a colleague's phone picks up by itself what says that it comes from here. Where a phone's REGISTER came from is proven, what stands in it is
// not. So behind somebody who passes it on, a phone may be at no trunk, at no other desk's phone and not at ourselves; it is called by its account or by
// what can be no number; and it is asked to pick up by itself only where no other desk's phone can be meant. Names are compared, and not looked up: whoever is
// behind one is called by no number, and rings until a hand lifts.

// Why a phone's claim is refused; the settings name the desk.
const (
	claimsNumber  = "its Contact must name its account, and nobody else"
	claimsRoute   = "its Path must hold loose routers, and no number"
	claimsTrunk   = "its Contact or Path leads to a trunk"
	claimsUs      = "its Contact or Path leads to ourselves"
	claimsAnother = "its Contact or Path leads to another desk's phone"
)

// misclaimed is what is wrong with what a phone says of itself; empty for nothing. It needs registrar.mu.
func (r *registrar) misclaimed(s *seat, b *binding) string {
	if why := r.agent.misplaced(s, b); why != "" {
		return why
	}
	if len(b.path) == 0 {
		return ""
	}
	hops := b.unproven()
	for _, o := range r.others(s) {
		theirs := leadsTo(o.uri)
		if len(o.path) == 0 && !o.behind {
			theirs = append(theirs, whereIs(o.at))
		}
		if meet(hops, theirs) || len(o.path) == 0 && !b.byItsProxy() && meet(hops, []hostPort{whereIs(o.at)}) {
			return claimsAnother
		}
		if meet(b.ends(), theirs) && !s.owns(b) { // else it is one device with two accounts
			return claimsAnother
		}
	}
	return ""
}

// misplaced is misclaimed as far as the settings tell, which may have changed since the phone registered.
func (a *Agent) misplaced(s *seat, b *binding) string {
	if !s.mayBeCalled(b) {
		return claimsNumber
	}
	for i, hop := range b.path {
		uri := uriIn(hop)
		if !isTag(uri.User) || uri.Password != "" || len(uri.Headers) > 0 || !isLoose(hop) && (i > 0 || !isNobody(uri)) {
			return claimsRoute
		}
	}
	if len(b.path) == 0 && !b.behind {
		return "" // what goes to it goes to where it came from
	}
	for _, at := range append(b.ends(), b.unproven()...) {
		switch {
		case a.isTrunkAt(at):
			return claimsTrunk
		case a.isAtUs(at):
			return claimsUs
		case len(b.path) > 0 && a.isFixedPhone(at): // without one it may be at home, in a network that is numbered like ours
			return claimsAnother
		}
	}
	return ""
}

// shares reports whether what goes to a phone by its binding may come out of another desk's.
func (r *registrar) shares(s *seat, b *binding) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	direct := len(b.path) == 0 && !b.behind
	if direct && s.owns(b) {
		return false // the phone that has shown the account's secret is told which account is meant
	}
	ends := b.ends()
	if len(b.path) > 0 {
		for _, hop := range b.path[1:] {
			ends = append(ends, leadsTo(inBrackets(hop))[0])
		}
		if slices.ContainsFunc(ends, func(at hostPort) bool { return !isAddress(at.host) }) {
			return true
		}
	}
	return slices.ContainsFunc(r.others(s), func(o *binding) bool {
		near := len(o.path) == 0
		switch {
		case direct:
			return near && o.at == b.at
		case near && o.at != b.at && meet(ends, []hostPort{whereIs(o.at)}):
			return true
		case len(b.path) == 0 && near && o.behind && o.at != b.at:
			return false // two homes, both numbered as homes are
		}
		return meet(ends, leadsTo(o.uri))
	})
}

// reached is where what goes to a desk's phone is sent, if it may still be there.
func (r *registrar) reached(ctx context.Context, s *seat, b *binding) (place, error) {
	if s.desk.registers() && b.uri != "" {
		if why := r.agent.misplaced(s, b); why != "" {
			r.agent.log.Warn("sip: a phone is not rung where it has registered", "desk", s.desk.ID, "why", why)
			return place{}, errElsewhere
		}
	}
	to, err := b.reached(ctx, r.agent)
	if err == nil && len(b.path) > 0 && to.AddrPort != b.at.AddrPort && r.isAnothers(s, to) {
		return place{}, errElsewhere // the name of its proxy leads there
	}
	return to, err
}

// isAnothers reports whether another desk's phone has registered from a place by itself.
func (r *registrar) isAnothers(s *seat, at place) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.others(s), func(o *binding) bool { return len(o.path) == 0 && o.at.AddrPort == at.AddrPort })
}

// picksUp reports whether a phone is asked to pick up by itself for whoever has asked for its call.
func (a *Agent) picksUp(p phone, desk dialer.DeskID, asked bool) bool {
	if asked && p.shared {
		a.log.Warn("sip: a phone is not asked to pick up by itself: another desk's phone could be the one that does; "+
			"have each register an address and port of its own, by its account", "desk", desk)
	}
	return asked && !p.shared
}

// others are the bindings of all desks but one. It needs registrar.mu.
func (r *registrar) others(s *seat) (all []*binding) {
	for _, other := range r.seats {
		if other != s {
			all = append(all, other.bindings...)
		}
	}
	return all
}

// owns reports whether a binding's Contact is called as the desk's account, or as that and a token of the phone's own.
func (s *seat) owns(b *binding) bool {
	user, err := url.PathUnescape(uriIn("<" + b.uri + ">").User)
	token, ours := strings.CutPrefix(user, s.desk.Account)
	return err == nil && ours && s.desk.Account != "" && (token == "" || strings.ContainsRune("-.~_", rune(token[0])) && strings.ContainsFunc(token, isLetter))
}

// mayBeCalled reports whether a binding's Contact calls the phone what no carrier can read as a number. Behind a proxy that is a name; where what goes to it
// goes to where it came from, it may be any token that phones make up, or the short number of an extension.
func (s *seat) mayBeCalled(b *binding) bool {
	uri := uriIn("<" + b.uri + ">")
	switch {
	case uri.Password != "" || len(uri.Headers) > 0 || !isHost(uri.Host):
		return false
	case s.owns(b) || isNobody(uri):
		return true
	}
	return len(b.path) == 0 && uri.User != "" && isTag(uri.User)
}

// mostTagDigits is less than any number of the public network has that is dialled with its area.
const mostTagDigits = 8

// isTag reports whether a user part is a token such as programs make up, and no number: without a letter it is as short as an extension's, or empty.
func isTag(user string) bool {
	user, err := url.PathUnescape(user)
	digits, run, most := 0, 0, mostNameDigits
	for _, c := range user {
		switch {
		case isLetter(c):
			run, most = 0, len(user)
		case '0' <= c && c <= '9':
			digits++
			run++
		}
		if run > mostTagDigits {
			return false
		}
	}
	return err == nil && digits <= most
}

// ends are where a proxy may send what goes to the phone: its Contact, and what the proxies have noted of where it came from.
func (b *binding) ends() []hostPort {
	all := leadsTo(b.uri)
	for _, hop := range b.path {
		all = append(all, leadsTo(inBrackets(hop))[1:]...)
	}
	return all
}

// unproven are the proxies of a path that did not send us the REGISTER themselves.
func (b *binding) unproven() (all []hostPort) {
	for i, hop := range b.path {
		if i > 0 || !b.byItsProxy() {
			all = append(all, leadsTo(inBrackets(hop))[0])
		}
	}
	return all
}

// byItsProxy reports whether the REGISTER came from the very place that its Path begins with, as is seen of datagrams alone.
func (b *binding) byItsProxy() bool {
	return !b.at.flow && meet(leadsTo(inBrackets(b.path[0]))[:1], []hostPort{whereIs(b.at)})
}

func whereIs(at place) hostPort { return hostPort{host: at.Addr().String(), port: at.Port()} }

// leadsTo are the places that a URI can be understood to mean, itself the first: with what says otherwise of a host (RFC 3261 §19.1.1) and what proxies write
// into one (Kamailio's received and alias). It is never empty, and tells no transports apart.
func leadsTo(text string) []hostPort {
	uri, first, err := fixedAddress(text)
	if err != nil {
		return []hostPort{{}}
	}
	all := []hostPort{first}
	if maddr, ok := uri.UriParams.Get("maddr"); ok {
		all = append(all, hostPort{host: bare(maddr), port: first.port})
	}
	if received, ok := uri.UriParams.Get("received"); ok {
		if received, err := url.PathUnescape(strings.Trim(received, `"`)); err == nil {
			if _, at, err := fixedAddress(received); err == nil {
				all = append(all, at)
			}
		}
	}
	if alias, ok := uri.UriParams.Get("alias"); ok {
		host, rest, _ := strings.Cut(alias, "~")
		port, _, _ := strings.Cut(rest, "~")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			all = append(all, hostPort{host: bare(host), port: uint16(n)})
		}
	}
	for i := range all {
		all[i] = all[i].plain()
	}
	return all
}

// plain is a place in the one way of writing that can be compared.
func (h hostPort) plain() hostPort {
	if at, ok := h.address(); ok {
		return whereIs(place{AddrPort: at})
	}
	return hostPort{host: strings.ToLower(strings.TrimSuffix(h.host, ".")), port: h.port}
}

// address is a place that is given by no name.
func (h hostPort) address() (netip.AddrPort, bool) {
	addr, err := netip.ParseAddr(h.host)
	return netip.AddrPortFrom(addr.Unmap(), h.port), err == nil
}

// meet reports whether two lists have a place in common.
func meet(some, others []hostPort) bool {
	return slices.ContainsFunc(some, func(at hostPort) bool { return at.host != "" && slices.Contains(others, at) })
}

// isTrunkAt is isTrunk for what may be a name: a trunk's own, or its domain.
func (a *Agent) isTrunkAt(at hostPort) bool {
	if addr, ok := at.address(); ok && a.isTrunk(addr) {
		return true
	}
	return slices.ContainsFunc(a.uplinks, func(u *uplink) bool {
		host, _, err := splitHostPort(u.trunk.Address, u.trunk.by())
		domain := hostPort{host: bare(u.trunk.domain())}.plain().host
		return at.host == domain && domain != host || err == nil && !isAddress(host) && at.host == hostPort{host: host}.plain().host
	})
}

// leadsToTrunk reports whether a dialog's requests name a trunk, be it for whoever passes them on.
func (a *Agent) leadsToTrunk(d *dialog) bool {
	all := leadsTo(d.Target)
	for _, route := range d.Routes {
		all = append(all, leadsTo(inBrackets(route))...)
	}
	return slices.ContainsFunc(all, a.isTrunkAt)
}

// isAtUs reports whether a place is a socket of ours, by its own address or as others reach it.
func (a *Agent) isAtUs(at hostPort) bool {
	for _, own := range []string{a.addr.String(), a.secure.String(), a.us, a.usTLS} {
		host, port, err := splitHostPort(own, overUDP)
		if err == nil && at == (hostPort{host: host, port: port}).plain() {
			return true
		}
	}
	return false
}

// isFixedPhone reports whether a desk's phone is set to be at a place.
func (a *Agent) isFixedPhone(at hostPort) bool {
	return slices.ContainsFunc(a.cfg.Desks, func(d Desk) bool { return d.URI != "" && at.host != "" && leadsTo(d.URI)[0] == at })
}

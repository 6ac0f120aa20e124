package sip

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// A phone says itself, by its Contact and its Path, whom a proxy between us shall ring, and a proxy does what we say: a carrier takes from it what it takes
// from us, and a colleague's phone picks up by itself what says that it comes from here. Where a phone's REGISTER came from is proven, what stands in it is
// not. So a phone may be at no trunk and not at ourselves, nor, behind somebody who passes it on, where another desk's phone has proven to be; it is called by its
// account or by what can be no number; and it is asked to pick up by itself only where all that it says leads to where it came from, or where the settings
// vouch for who is between (Config.Edges). What is not proven is held against nobody else: whoever says that they are at a proxy keeps nobody behind it out.

// Why a phone's claim is refused; the settings name the desk.
const (
	claimsNumber  = "its Contact must name its account, and nobody else"
	claimsNowhere = "its Contact or Path has an address that cannot be read"
	claimsRoute   = "its Path must hold loose routers, and no number"
	claimsTrunk   = "its Contact or Path leads to a trunk"
	claimsUs      = "its Contact or Path leads to ourselves"
	claimsAnother = "its Contact or Path leads to another desk's phone"
)

// misclaimed is what is wrong with what a phone says of itself; empty for nothing. Where others are proven to be counts for what comes by a Path.
func (r *registrar) misclaimed(s *seat, b *binding, proven []place) string {
	if why := r.agent.misplaced(s, b); why != "" || len(b.path) == 0 {
		return why
	}
	all := b.hops()
	if !s.owns(b) { // else it is one device with two accounts
		all = append(all, b.ends()...)
	}
	for _, at := range proven {
		if at != b.at && meet(all, []hostPort{whereIs(at)}) {
			return claimsAnother
		}
	}
	return ""
}

// proven is where the phones of all desks but one are, of those that say no other place. It needs registrar.mu: each of them is read once for a
// REGISTER, not for each of its Contacts.
func (r *registrar) proven(s *seat) (at []place) {
	for _, o := range r.others(s) {
		if o.direct() {
			at = append(at, o.at)
		}
	}
	return at
}

// misplaced is misclaimed as far as the settings tell, which may have changed since the phone registered.
func (a *Agent) misplaced(s *seat, b *binding) string {
	if !s.mayBeCalled(b) {
		return claimsNumber
	}
	if a.isAnothersName(s, b) {
		return claimsAnother
	}
	for i, hop := range b.path {
		uri := uriIn(hop)
		if !isTag(uri.User) || uri.Password != "" || len(uri.Headers) > 0 || !isLoose(hop) && (i > 0 || !isNobody(uri)) {
			return claimsRoute
		}
	}
	if b.direct() {
		return "" // what goes to it goes to where it came from
	}
	for _, at := range append(b.ends(), b.hops()...) {
		switch {
		case !isHost(at.host):
			return claimsNowhere
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

// direct reports whether all that a phone says of where it is leads to where it came from: nobody in between has to be believed.
func (b *binding) direct() bool {
	return len(b.path) == 0 && b.at.IsValid() && !b.moved && !slices.ContainsFunc(b.ends(), func(end hostPort) bool {
		at, ok := end.address()
		return !ok || at.Addr() != b.at.Addr().WithZone("") || !b.at.flow && at.Port() != b.at.Port() // a connection's other end has a port of its own
	})
}

// isAnothersName reports whether a Contact calls a phone as another desk's is called: whoever is between rings that one.
func (a *Agent) isAnothersName(s *seat, b *binding) bool {
	user, err := url.PathUnescape(uriIn("<" + b.uri + ">").User)
	return err == nil && user != "" && !strings.EqualFold(user, s.desk.Account) && slices.ContainsFunc(a.cfg.Desks, func(d Desk) bool {
		names := []string{string(d.ID), d.Account, d.Extension, uriIn("<" + d.URI + ">").User}
		return d.ID != s.desk.ID && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(user, name) })
	})
}

// shares reports whether what goes to a phone by its binding may come out of another desk's: of one that is, by whatever transport, where it is, or that the settings say
// is at that address.
func (r *registrar) shares(s *seat, b *binding) bool {
	if !b.direct() {
		return !slices.ContainsFunc(r.agent.cfg.Edges, func(n netip.Prefix) bool { return n.Contains(b.at.Addr()) })
	}
	fixed := func(d Desk) bool {
		at, ok := leadsTo(d.URI)[0].address()
		return d.URI != "" && ok && at.Addr() == b.at.Addr() && (at.Port() == b.at.Port() || !at.Addr().IsLoopback()) // as isTrunk
	}
	if slices.ContainsFunc(r.agent.cfg.Desks, fixed) {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.others(s), func(o *binding) bool {
		return len(o.path) == 0 && !o.moved && o.at.AddrPort == b.at.AddrPort
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
		a.log.Warn("sip: a phone is not asked to pick up by itself, since another desk's phone could be the one that does: it has to register by its account, "+
			"with the address that it comes from, or by a proxy of sip.edges", "desk", desk)
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
	switch {
	case err != nil || !ours || s.desk.Account == "":
		return false
	case token == "":
		return true
	}
	return strings.ContainsRune("-.~_", rune(token[0])) && strings.ContainsFunc(token, isLetter) && !strings.Contains(token, ";")
}

// mayBeCalled reports whether a binding's Contact calls the phone what no carrier can read as a number: its account, or a name. Where all goes to where it came from, it may
// be any token that phones make up, or the short number of an extension; behind somebody else's address it is not of digits alone; and at a host that leads nowhere but along
// its Path, as browsers have it, it is letters and digits. A name for a host may lead to a trunk by the time it is looked up, so there only the account is called. What
// has a semicolon is a number with parameters (RFC 3966 §3) for whoever reads it so.
func (s *seat) mayBeCalled(b *binding) bool {
	uri := uriIn("<" + b.uri + ">")
	user, err := url.PathUnescape(uri.User)
	switch {
	case err != nil || uri.Password != "" || len(uri.Headers) > 0 || !isHost(uri.Host) || strings.Contains(user, ";"):
		return false
	case s.owns(b):
		return true
	case b.direct():
		return isNobody(uri) || isUUID(user) || user != "" && isTag(user) && !isSpecial(user)
	case isNowhere(uri.Host):
		return user == "" || isTag(user) && strings.ContainsFunc(user, isLetter) && !strings.ContainsFunc(user, func(c rune) bool { return !isLetter(c) && (c < '0' || c > '9') })
	case isNobody(uri) || user != "" && !strings.ContainsFunc(user, unicode.IsNumber):
		return true
	}
	return len(b.path) == 0 && isAddress(uri.Host) && (isUUID(user) || isTag(user) && strings.ContainsFunc(user, isLetter))
}

// isSpecial reports whether a user part is a number such as 110 or 119 (1XY), however it is written: one that is short and no extension's.
func isSpecial(user string) bool {
	var digits []rune
	for _, c := range user {
		switch {
		case isLetter(c):
			return false
		case unicode.IsNumber(c):
			digits = append(digits, c)
		}
	}
	return len(digits) == 3 && (digits[0] == '1' || digits[0] > '9')
}

// isNowhere reports whether a host is one that is never looked up (RFC 2606 §2).
func isNowhere(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".invalid")
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
		case unicode.IsNumber(c): // also full-width ones, which somebody may read
			digits++
			run++
		}
		if run > mostTagDigits {
			return false
		}
	}
	return err == nil && digits <= most
}

var uuids = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// isUUID: its digits may stand together by chance, as no number's do.
func isUUID(user string) bool { return uuids.MatchString(user) && strings.ContainsFunc(user, isLetter) }

// ends are where a proxy may send what goes to the phone: its Contact, and what the proxies have noted of where it came from.
func (b *binding) ends() []hostPort {
	all := leadsTo(b.uri)
	for _, hop := range b.path {
		all = append(all, leadsTo(inBrackets(hop))[1:]...)
	}
	return all
}

// hops are the proxies of a path.
func (b *binding) hops() (all []hostPort) {
	for _, hop := range b.path {
		all = append(all, leadsTo(inBrackets(hop))[0])
	}
	return all
}

func whereIs(at place) hostPort { return hostPort{host: at.Addr().String(), port: at.Port()} }

// leadsTo are the places that a URI can be understood to mean, itself the first: with what says otherwise of a host (RFC 3261 §19.1.1) and what proxies write
// into one (Kamailio's received and alias). It is never empty, and tells no transports apart. A place that cannot be read is one without a host.
func leadsTo(text string) []hostPort {
	var uri sip.Uri
	if sip.ParseUri(text, &uri) != nil || uri.Port < 0 || uri.Port > 65535 {
		return []hostPort{{}}
	}
	port := overUDP.port()
	if transport, _ := paramOf(uri, "transport"); strings.EqualFold(uri.Scheme, "sips") || strings.EqualFold(transport, "tls") {
		port = overTLS.port()
	}
	first := hostPort{host: bare(uri.Host), port: orElse(uint16(uri.Port), port)} //nolint:gosec // bounded above
	all := []hostPort{first}
	if maddr, ok := paramOf(uri, "maddr"); ok {
		all = append(all, hostPort{host: bare(maddr), port: first.port})
	}
	for _, name := range []string{"received", "alias"} {
		if said, ok := paramOf(uri, name); ok {
			all = append(all, placeIn(said))
		}
	}
	for i := range all {
		all[i] = all[i].plain()
	}
	return all
}

// placeIn reads what a proxy has noted of where somebody came from: a URI, or an address and port with tildes between.
func placeIn(said string) hostPort {
	said, err := url.PathUnescape(strings.Trim(said, `"`))
	if host, rest, ok := strings.Cut(said, "~"); ok && err == nil {
		port, _, _ := strings.Cut(rest, "~")
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			return hostPort{host: bare(host), port: uint16(n)}
		}
	}
	if _, at, wrong := fixedAddress(said); err == nil && wrong == nil {
		return at
	}
	return hostPort{}
}

// paramOf is a URI's parameter; their names are told apart without case (RFC 3261 §19.1.4).
func paramOf(uri sip.Uri, name string) (string, bool) {
	for _, p := range uri.UriParams {
		if strings.EqualFold(p.K, name) {
			return p.V, true
		}
	}
	return "", false
}

// repeats reports whether a URI names a parameter twice (RFC 3261 §19.1.1 forbids it): who reads the other one goes elsewhere.
func repeats(text string) bool {
	_, params, _ := strings.Cut(text[strings.LastIndexByte(text, '@')+1:], ";")
	params, _, _ = strings.Cut(params, "?")
	had := map[string]bool{}
	for p := range strings.SplitSeq(params, ";") {
		name, _, _ := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if had[name] {
			return true
		}
		had[name] = true
	}
	return false
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
	return netip.AddrPortFrom(addr.Unmap().WithZone(""), h.port), err == nil
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

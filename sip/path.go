package sip

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// pathOf reads the Path of a REGISTER (RFC 3327): the proxies between us and the phone, the nearest to us first. A phone
// that does not say it knows the extension is refused, as §5.3 recommends: so it learns that somebody on the way has put
// himself into its calls.
func pathOf(req *sip.Request) (path []string, fault *answer) {
	for _, text := range values(req, "Path") {
		path = append(path, splitList(text)...)
	}
	if len(strings.Join(path, ",")) > routesMost {
		return nil, &answer{status: sip.StatusBadRequest, reason: "Bad Request: Path is too long"}
	}
	if len(path) == 0 {
		return nil, nil
	}
	if !hasTag(optionTags(req, "Supported"), "path") {
		return nil, &answer{status: sip.StatusBadExtension, extras: []extra{{"Unsupported", "path"}}}
	}
	for _, hop := range path {
		if _, _, err := fixedAddress(inBrackets(hop)); err != nil || !canBeWritten(inBrackets(hop)) || repeats(inBrackets(hop)) || !isOneHop(hop) {
			return nil, &answer{status: sip.StatusBadRequest, reason: "Bad Request: Path holds what is no SIP URI"}
		}
	}
	return path, nil
}

// isOneHop reports whether nothing but parameters stands behind a hop's brackets: a second URI would go along unread.
func isOneHop(hop string) bool {
	_, rest, _ := strings.Cut(afterQuotes(hop), ">")
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == ';' && !strings.ContainsAny(rest, "<>")
}

// unknownExtensions refuses a request that requires what we do not know (RFC 3261 §8.2.2.3); nil when it does not.
func unknownExtensions(req *sip.Request, known ...string) *answer {
	wants := slices.DeleteFunc(optionTags(req, "Require"), func(tag string) bool { return hasTag(known, tag) })
	if len(wants) == 0 {
		return nil
	}
	return &answer{status: sip.StatusBadExtension, extras: []extra{{"Unsupported", strings.Join(wants, ", ")}}}
}

// optionTags are the extensions that a header names (§20.32, §20.37).
func optionTags(m headed, name string) (tags []string) {
	for _, text := range values(m, name) {
		tags = append(tags, splitList(text)...)
	}
	return tags
}

// hasTag looks for an extension; tokens are told apart without case (§7.3.1).
func hasTag(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(t string) bool { return strings.EqualFold(t, tag) })
}

// splitList splits a header's comma-separated values (§7.3.1): a comma within quotes or brackets is none.
func splitList(text string) (all []string) {
	var quoted, escaped, bracketed bool
	from := 0
	take := func(to int) {
		if v := strings.TrimSpace(text[from:to]); v != "" {
			all = append(all, v)
		}
		from = to + 1
	}
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '<' || c == '>':
			bracketed = c == '<'
		case c == ',' && !bracketed:
			take(i)
		}
	}
	take(len(text))
	return all
}

// alongRoutes is how a request to target travels a route set: its Request-URI and its Route headers (§12.2.1.1). A strict
// router wants itself in the Request-URI and the target last.
func alongRoutes(target string, routes []string) (uri string, left []string) {
	if len(routes) == 0 || isLoose(routes[0]) {
		return target, routes
	}
	return inBrackets(routes[0]), append(slices.Clone(routes[1:]), "<"+target+">")
}

// mayBeAt reports whether a phone can be rung where its REGISTER says: at the address that the REGISTER came from, be it the phone's
// or that of the proxy next to us, and never at a trunk. What a phone says of itself decides nothing else: an INVITE that left to an address of
// its choosing would be a call by whoever trusts ours, to any number, past the gate (gate.go). A proxy's name is looked up when
// the phone is rung.
func (a *Agent) mayBeAt(path []string, from place) bool {
	if a.isTrunk(from.AddrPort) {
		return false
	}
	if len(path) == 0 {
		return true
	}
	_, at, err := fixedAddress(inBrackets(path[0]))
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(at.host)
	return err != nil || addr.Unmap() == from.Addr() && !a.isTrunk(netip.AddrPortFrom(from.Addr(), at.port))
}

// isTrunk reports whether whoever is at an address is a trunk: by the address alone, for a carrier may listen at more ports than one,
// but on this machine by the port too.
func (a *Agent) isTrunk(at netip.AddrPort) bool {
	return slices.ContainsFunc(a.uplinks, func(u *uplink) bool { return u.has(at) })
}

// has is isTrunk for one trunk.
func (u *uplink) has(at netip.AddrPort) bool {
	return slices.ContainsFunc(u.addresses(), func(p place) bool {
		return p.AddrPort == at || p.Addr() == at.Addr() && !at.Addr().IsLoopback()
	})
}

// notForPhones are the places where no phone that is at a place can be: the trunks', unless it is at one itself, by the settings.
func (a *Agent) notForPhones(at place) func(netip.AddrPort) bool {
	if a.isTrunk(at.AddrPort) {
		return nil
	}
	return a.isTrunk
}

// errElsewhere: a phone's proxy has come to be at another address than its REGISTER was sent from.
var errElsewhere = errors.New("its proxy is not where its registration came from")

// byProxy is the proxy next to us on the way to a phone: what its name stands for may change, where it sent the REGISTER from does not.
func (b *binding) byProxy(at place, a *Agent) (place, error) {
	if at.Addr() != b.at.Addr() || a.isTrunk(at.AddrPort) {
		return place{}, errElsewhere
	}
	return at, nil
}

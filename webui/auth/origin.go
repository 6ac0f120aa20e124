package auth

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are those whose word is taken for where a request comes from. The zero one takes nobody's: a request then comes from who is
// connected to us.
type Proxies struct {
	Trusted []netip.Prefix
	// Header is the one that they write: X-Forwarded-For when empty, or Forwarded (RFC 7239). The other is never looked at: a proxy
	// passes on what it does not know, so anybody could write that.
	Header string
}

// ForwardedFor is the header that proxies write when nothing else is said.
const ForwardedFor = "X-Forwarded-For"

// What Origin says of a request whose peer is taken for its origin all the same.
var (
	// ErrStranger: somebody who is no proxy of ours says where a request comes from.
	ErrStranger = errors.New("a header says where a request comes from, and whoever sent it is no trusted proxy")
	// ErrUnsaid: a proxy of ours does not say where a request comes from.
	ErrUnsaid = errors.New("a trusted proxy does not say where a request comes from")
	// ErrGarbled: what a proxy of ours says is no list of addresses.
	ErrGarbled = errors.New("what a trusted proxy says of where a request comes from is no address")
)

// Origin is where a request comes from: its peer, or, when that is a proxy of ours, the right-most address of what it says that is none
// of ours. Only the right end is our proxies' word; what stands left of it is whatever the client wrote, and is not looked at. A chain
// that is ours to its left end begins at that end. The peer is returned with every error.
func (p Proxies) Origin(r *http.Request) (netip.Addr, error) {
	peer := peerOf(r)
	said := r.Header.Values(cmp.Or(p.Header, ForwardedFor))
	if !p.Trusts(peer) {
		if len(said) > 0 {
			return peer, ErrStranger
		}
		return peer, nil
	}
	list := strings.Join(said, ",") // RFC 9110 §5.3
	if strings.TrimSpace(list) == "" {
		return peer, ErrUnsaid
	}
	at := peer
	for rest, more := list, true; more && p.Trusts(at); {
		var last string
		i := strings.LastIndexByte(rest, ',')
		last, rest, more = rest[i+1:], rest[:max(i, 0)], i >= 0
		if strings.EqualFold(p.Header, "Forwarded") {
			last = forOf(last)
		}
		next, ok := addressIn(strings.TrimSpace(last))
		if !ok {
			return peer, ErrGarbled
		}
		at = next
	}
	return at, nil
}

// Trusts reports whether an address is a proxy of ours.
func (p Proxies) Trusts(a netip.Addr) bool {
	for _, network := range p.Trusted {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// peerOf is who is connected to us; the zero address when that is no address.
func peerOf(r *http.Request) netip.Addr {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return plain(at.Addr())
	}
	at, _ := netip.ParseAddr(r.RemoteAddr)
	return plain(at)
}

// plain is an address without what means something on this machine alone.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// forOf is the value of "for" in one element of a Forwarded header, without quotes; "" when it has none, or more than one. An element
// with a comma in quotes is cut apart by who calls, and is then no address: nobody who tells the truth needs one.
func forOf(element string) string {
	found := ""
	for pair := range strings.SplitSeq(element, ";") {
		name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
		if !ok || !strings.EqualFold(name, "for") {
			continue
		}
		if found != "" {
			return ""
		}
		if inner, quoted := strings.CutPrefix(value, `"`); quoted {
			if value, quoted = strings.CutSuffix(inner, `"`); !quoted {
				return ""
			}
		}
		found = value
	}
	return found
}

// addressIn reads an address as proxies write it: alone, with a port, in brackets.
func addressIn(text string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
		if !strings.Contains(text, ":") {
			return netip.Addr{}, false // brackets are IPv6's
		}
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		with, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		a = with.Addr()
	}
	if a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() {
		return netip.Addr{}, false
	}
	return plain(a), true
}

// Network is what of an address requests and tries are counted by: an address of IPv4, or the /64 of IPv6, which one household or
// office has, and more addresses in it than could be counted. The zero one for no address.
func Network(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a = plain(a); a.Is6() {
		bits = 64
	} else if a.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(a, bits).Masked()
}

// networkOf is Network of an address as text; what is no address stands for itself.
func networkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	return Network(a).String()
}

package auth

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func trusting(header string, networks ...string) Proxies {
	p := Proxies{Header: header}
	for _, n := range networks {
		p.Trusted = append(p.Trusted, netip.MustParsePrefix(n))
	}
	return p
}

func asked(peer, header string, lines ...string) *http.Request {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	for _, l := range lines {
		r.Header.Add(header, l)
	}
	return r
}

// TestWhereARequestComesFrom: only what our own proxies wrote counts, from its right end to the first address that is none of them.
func TestWhereARequestComesFrom(t *testing.T) {
	const x, f = "X-Forwarded-For", "Forwarded"
	ours := []string{"10.0.0.0/24", "192.0.2.10/32", "2001:db8:ffff::/48"}
	for name, c := range map[string]struct {
		peer, header string
		lines        []string
		want         string
		err          error
	}{
		"nobody says anything":              {"203.0.113.9:1", x, nil, "203.0.113.9", nil},
		"a stranger says so":                {"203.0.113.9:1", x, []string{"198.51.100.1"}, "203.0.113.9", ErrStranger},
		"our proxy says so":                 {"10.0.0.1:1", x, []string{"198.51.100.1"}, "198.51.100.1", nil},
		"what the client wrote before it":   {"10.0.0.1:1", x, []string{"127.0.0.1, 198.51.100.1"}, "198.51.100.1", nil},
		"rubbish that the client wrote":     {"10.0.0.1:1", x, []string{"<script>, ,,\x01, 198.51.100.1"}, "198.51.100.1", nil},
		"a proxy's name that it wrote":      {"10.0.0.1:1", x, []string{"10.0.0.7, 198.51.100.1"}, "198.51.100.1", nil},
		"a chain":                           {"10.0.0.1:1", x, []string{"203.0.113.3, 198.51.100.1, 192.0.2.10, 10.0.0.2"}, "198.51.100.1", nil},
		"a chain in lines":                  {"10.0.0.1:1", x, []string{"203.0.113.3, 198.51.100.1", "192.0.2.10", "10.0.0.2"}, "198.51.100.1", nil},
		"a chain that is ours to its end":   {"10.0.0.1:1", x, []string{"10.0.0.9, 10.0.0.2"}, "10.0.0.9", nil},
		"a chain with a hole":               {"10.0.0.1:1", x, []string{"198.51.100.1, unknown, 10.0.0.2"}, "10.0.0.1", ErrGarbled},
		"IPv6":                              {"[2001:db8:ffff::1]:1", x, []string{"2001:db8:1::1"}, "2001:db8:1::1", nil},
		"IPv6 with a port":                  {"10.0.0.1:1", x, []string{"[2001:db8:1::1]:443"}, "2001:db8:1::1", nil},
		"IPv4 with a port":                  {"10.0.0.1:1", x, []string{"198.51.100.1:55000"}, "198.51.100.1", nil},
		"IPv4 as IPv6":                      {"[::ffff:10.0.0.1]:1", x, []string{"::ffff:198.51.100.1"}, "198.51.100.1", nil},
		"our proxy says nothing":            {"10.0.0.1:1", x, nil, "10.0.0.1", ErrUnsaid},
		"nothing but blanks":                {"10.0.0.1:1", x, []string{"  "}, "10.0.0.1", ErrUnsaid},
		"an empty end":                      {"10.0.0.1:1", x, []string{"198.51.100.1,"}, "10.0.0.1", ErrGarbled},
		"a name":                            {"10.0.0.1:1", x, []string{"client.example"}, "10.0.0.1", ErrGarbled},
		"a zone":                            {"10.0.0.1:1", x, []string{"fe80::1%eth0"}, "10.0.0.1", ErrGarbled},
		"no address at all":                 {"10.0.0.1:1", x, []string{"0.0.0.0"}, "10.0.0.1", ErrGarbled},
		"a group of addresses":              {"10.0.0.1:1", x, []string{"224.0.0.1"}, "10.0.0.1", ErrGarbled},
		"brackets around IPv4":              {"10.0.0.1:1", x, []string{"[198.51.100.1]"}, "10.0.0.1", ErrGarbled},
		"octal":                             {"10.0.0.1:1", x, []string{"0300.0.0.1"}, "10.0.0.1", ErrGarbled},
		"very long":                         {"10.0.0.1:1", x, []string{strings.Repeat("10.0.0.2, ", 5000) + "x"}, "10.0.0.1", ErrGarbled},
		"RFC 7239":                          {"10.0.0.1:1", f, []string{`for=198.51.100.1;proto=https;by=10.0.0.1`}, "198.51.100.1", nil},
		"RFC 7239, a chain":                 {"10.0.0.1:1", f, []string{`for=203.0.113.3, For="[2001:db8:1::1]:4711";proto=https, for=10.0.0.2`}, "2001:db8:1::1", nil},
		"RFC 7239, hidden":                  {"10.0.0.1:1", f, []string{`for=_hidden`}, "10.0.0.1", ErrGarbled},
		"RFC 7239, unknown":                 {"10.0.0.1:1", f, []string{`for=unknown`}, "10.0.0.1", ErrGarbled},
		"RFC 7239, half a quote":            {"10.0.0.1:1", f, []string{`for="198.51.100.1`}, "10.0.0.1", ErrGarbled},
		"RFC 7239, a quote of the client's": {"10.0.0.1:1", f, []string{`for="x, for=198.51.100.1`}, "198.51.100.1", nil},
		"RFC 7239, two of them":             {"10.0.0.1:1", f, []string{`for=198.51.100.1;for=203.0.113.3`}, "10.0.0.1", ErrGarbled},
		"RFC 7239, none of them":            {"10.0.0.1:1", f, []string{`proto=https`}, "10.0.0.1", ErrGarbled},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := trusting(c.header, ours...).Origin(asked(c.peer, c.header, c.lines...))
			if got != netip.MustParseAddr(c.want) || !errors.Is(err, c.err) {
				t.Errorf("%v (%v), want %s (%v)", got, err, c.want, c.err)
			}
		})
	}
}

// TestTheOtherHeaderIsNeverLookedAt: a proxy that writes the one passes on the other, which anybody can write.
func TestTheOtherHeaderIsNeverLookedAt(t *testing.T) {
	r := asked("10.0.0.1:1", "X-Forwarded-For", "198.51.100.1")
	r.Header.Set("Forwarded", "for=203.0.113.3")
	r.Header.Set("X-Real-IP", "203.0.113.4")
	for header, want := range map[string]string{"": "198.51.100.1", "x-forwarded-for": "198.51.100.1", "forwarded": "203.0.113.3"} {
		if got, err := trusting(header, "10.0.0.0/24").Origin(r); err != nil || got.String() != want {
			t.Errorf("%q: %v (%v)", header, got, err)
		}
	}
	if got, err := (Proxies{}).Origin(r); got.String() != "10.0.0.1" || !errors.Is(err, ErrStranger) {
		t.Errorf("nobody is trusted: %v (%v)", got, err)
	}
}

// TestNetworks: a household of IPv6 has a /64, and an address of it can be made up for each try.
func TestNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64",
		"2001:db8:1:3::1": "2001:db8:1:3::/64", "fe80::1%eth0": "fe80::/64", "no address": "no address",
	} {
		if got := networkOf(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// FuzzOrigin: whatever is written, where a request comes from is an address, and with every mistake it is the peer's.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"198.51.100.1", "1.2.3.4, 10.0.0.2", `for="[2001:db8::1]:1";by=x`, ",", `for="`, "[::1", "::1%x", "\x00"} {
		f.Add("10.0.0.1:1", s, "")
		f.Add("[2001:db8::1]:1", "10.0.0.3", s)
	}
	f.Fuzz(func(t *testing.T, peer, one, two string) {
		for _, header := range []string{"X-Forwarded-For", "Forwarded"} {
			p := trusting(header, "10.0.0.0/24", "2001:db8::/64")
			r := asked(peer, header, one, two)
			at, err := p.Origin(r)
			if err != nil && at != peerOf(r) {
				t.Errorf("%v, and yet it comes from %v", err, at)
			}
			if !p.Trusts(peerOf(r)) && at != peerOf(r) {
				t.Errorf("a stranger is believed: %v", at)
			}
			if at.Zone() != "" || at.Is4In6() {
				t.Errorf("not plain: %v", at)
			}
		}
	})
}

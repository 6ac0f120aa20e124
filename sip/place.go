package sip

import (
	"errors"
	"net/netip"
	"strings"
)

// transport is how messages travel (RFC 3261 §18). Its value is the token of a URI's transport parameter; that of UDP is
// empty, so that the zero transport is the one that a URI without the parameter means.
type transport string

const (
	overUDP transport = ""
	overTCP transport = "tcp"
	overTLS transport = "tls"
)

// transportOf reads a URI's parameter, a Via's token or a setting; false for one that we do not speak.
func transportOf(token string) (transport, bool) {
	switch t := transport(strings.ToLower(token)); t {
	case "udp":
		return overUDP, true
	case overUDP, overTCP, overTLS:
		return t, true
	}
	return overUDP, false
}

// token is how Via names the transport (§20.42).
func (t transport) token() string {
	if t == overUDP {
		return "UDP"
	}
	return strings.ToUpper(string(t))
}

// reliable transports neither lose nor repeat a message: nothing is retransmitted over them (§17).
func (t transport) reliable() bool { return t != overUDP }

// port is where the transport is expected when nothing is said (§19.1.2).
func (t transport) port() uint16 {
	if t == overTLS {
		return 5061
	}
	return defaultPort
}

// parameter is the transport as it stands in our URIs.
func (t transport) parameter() string {
	if t == overUDP {
		return ""
	}
	return ";transport=" + string(t)
}

// place is where messages go to or came from: an address, and how they travel. Places can be compared.
type place struct {
	netip.AddrPort

	by transport
	// name is whose certificate the far end of a TLS connection must show.
	name string
	// flow places were heard from over a connection, and can be reached by that connection alone: nothing listens at the
	// far end's port, so none is opened (RFC 5626 §1).
	flow bool
}

// overFlow is the URI query of a flow in text.
const overFlow = "?flow"

// MarshalText writes a place of UDP as handles always had it, "192.0.2.1:5060", others as "tls://192.0.2.1:5061/name".
func (p place) MarshalText() ([]byte, error) {
	if p.by == overUDP {
		return p.AddrPort.MarshalText()
	}
	text := string(p.by) + "://" + p.AddrPort.String()
	if p.name != "" {
		text += "/" + p.name
	}
	if p.flow {
		text += overFlow
	}
	return []byte(text), nil
}

// UnmarshalText reads what MarshalText wrote.
func (p *place) UnmarshalText(text []byte) error {
	by, rest, ok := strings.Cut(string(text), "://")
	if !ok {
		*p = place{}
		return p.AddrPort.UnmarshalText(text)
	}
	made := place{}
	made.by, ok = transportOf(by)
	if !ok || made.by == overUDP {
		return errors.New("it names no transport of ours")
	}
	rest, made.flow = strings.CutSuffix(rest, overFlow)
	rest, made.name, _ = strings.Cut(rest, "/")
	at, err := netip.ParseAddrPort(rest)
	made.AddrPort = at
	*p = made
	return err
}

// String is the place for people.
func (p place) String() string {
	if p.by == overUDP {
		return p.AddrPort.String()
	}
	return p.AddrPort.String() + " (" + p.by.token() + ")"
}

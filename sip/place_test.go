package sip

import (
	"encoding/json"
	"net/netip"
	"testing"
)

func TestPlacesAsText(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	v6 := netip.MustParseAddrPort("[2001:db8::1]:5061")
	for _, c := range []struct {
		place place
		text  string
	}{
		{place{AddrPort: at}, "192.0.2.1:5060"}, // as handles had it before there were transports
		{place{AddrPort: v6}, "[2001:db8::1]:5061"},
		{place{AddrPort: at, by: overTCP}, "tcp://192.0.2.1:5060"},
		{place{AddrPort: at, by: overTCP, flow: true}, "tcp://192.0.2.1:5060?flow"},
		{place{AddrPort: v6, by: overTLS, name: "carrier.example"}, "tls://[2001:db8::1]:5061/carrier.example"},
		{place{AddrPort: v6, by: overTLS, name: "carrier.example", flow: true}, "tls://[2001:db8::1]:5061/carrier.example?flow"},
		{place{}, ""},
	} {
		text, err := json.Marshal(c.place)
		if err != nil || string(text) != `"`+c.text+`"` {
			t.Errorf("%v is written %s, %v", c.place, text, err)
		}
		var back place
		if err := json.Unmarshal(text, &back); err != nil || back != c.place {
			t.Errorf("%s is read as %+v, %v", text, back, err)
		}
	}
	for _, wrong := range []string{"x", "192.0.2.1", "sctp://192.0.2.1:5060", "udp://192.0.2.1:5060", "tls://carrier.example:5061", "tcp://?flow"} {
		var p place
		if err := p.UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is read as %+v", wrong, p)
		}
	}
}

func TestTransportsByName(t *testing.T) {
	for token, want := range map[string]transport{"": overUDP, "udp": overUDP, "UDP": overUDP, "TCP": overTCP, "tls": overTLS} {
		if got, ok := transportOf(token); !ok || got != want {
			t.Errorf("%q is %q, %v", token, got, ok)
		}
	}
	if _, ok := transportOf("ws"); ok {
		t.Error("websockets are not spoken here")
	}
	if overUDP.token() != "UDP" || overTLS.token() != "TLS" || overTLS.port() != 5061 || overTCP.port() != 5060 {
		t.Error("tokens and ports")
	}
}

package sip

import (
	"fmt"
	"log/slog"
	"net/netip"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// namedTrunk is a trunk that is found by its name alone, in a zone.
func namedTrunk(t *testing.T, zone names) *uplink {
	t.Helper()
	a := &Agent{cfg: Config{Resolver: zone.resolver(t)}, addr: netip.MustParseAddrPort("0.0.0.0:5060"), log: slog.New(slog.DiscardHandler)}
	return &uplink{agent: a, trunk: Trunk{Address: "carrier.test"}}
}

// TestOnlyANameWithoutServicesIsItsOwnTrunk: what stands at a carrier's own address may be its web server, and debtors' numbers would be sent to it. Where its
// records cannot be read, the trunk stays where it was found last.
func TestOnlyANameWithoutServicesIsItsOwnTrunk(t *testing.T) {
	const service = "_sip._udp.carrier.test. SRV"
	zone := func(services ...dnsmessage.ResourceBody) names {
		return names{"carrier.test. A": {a(9)}, "near.test. A": {a(2)}, service: services}
	}
	for what, c := range map[string]struct {
		zone names
		want string
	}{
		"none":             {zone(), "127.0.0.9:5060"},
		"one":              {zone(srv(10, 5070, "near.test.")), "127.0.0.2:5070"},
		"unread":           {zone(unread...), ""},
		"not offered":      {zone(srv(0, 0, ".")), ""},
		"one not resolved": {zone(srv(10, 5070, "gone.test.")), ""},
	} {
		u := namedTrunk(t, c.zone)
		u.find(t.Context())
		got := ""
		for _, at := range u.addresses() {
			got += at.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	u := namedTrunk(t, zone(srv(10, 5070, "near.test.")))
	u.find(t.Context())
	for _, now := range []names{zone(unread...), zone(srv(0, 0, "."))} {
		u.agent.cfg.Resolver = now.resolver(t)
		u.find(t.Context())
		if !u.isAt(netip.MustParseAddr("127.0.0.2")) || u.isAt(netip.MustParseAddr("127.0.0.9")) {
			t.Errorf("after a lookup that failed it is at %v", u.addresses())
		}
	}
}

// TestATrunkHasSoManyAddresses and no more, the best of them: each is asked every round, and whoever answers for its name says how many there are.
func TestATrunkHasSoManyAddresses(t *testing.T) {
	zone := names{"near.test. A": {}}
	for n := range byte(12) {
		zone["near.test. A"] = append(zone["near.test. A"], a(n+1))
	}
	for n := range 20 {
		target := fmt.Sprintf("far%d.test.", n)
		zone["_sip._udp.carrier.test. SRV"] = append(zone["_sip._udp.carrier.test. SRV"], srv(uint16(10+n), 5080, target))
		zone[target+" A"] = []dnsmessage.ResourceBody{a(byte(100 + n)), a(byte(130 + n)), a(byte(160 + n))}
	}
	best := srv(1, 5070, "near.test.")
	zone["_sip._udp.carrier.test. SRV"] = append(zone["_sip._udp.carrier.test. SRV"], best)
	u := namedTrunk(t, zone)
	u.find(t.Context())
	all := u.addresses()
	if len(all) != mostAddresses {
		t.Fatalf("%d addresses", len(all))
	}
	for n, at := range all {
		if want := 5070 + 10*min(1, n/12); int(at.Port()) != want {
			t.Errorf("the %d. is %v", n+1, at)
		}
	}
}

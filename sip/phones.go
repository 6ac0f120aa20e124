package sip

import (
	"context"
	"errors"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// phone is an operator's phone as it can be rung now.
type phone struct {
	uri        string   // its Contact, or whatever it is known by
	path       []string // the proxies on the way to it, as Route values (RFC 3327)
	at         place    // where the INVITE goes
	behind     bool     // what its Contact says is not where it is
	uplink     *uplink  // the PBX it hangs behind; nil for none
	profile    Profile
	shared     bool // what goes there may come out of another desk's phone
	autoAnswer bool // it is asked to pick up by itself, as its profile says: by a click alone
	srtp       media.Security
}

// hostPort is a place that is not yet resolved.
type hostPort struct {
	host string
	port uint16
	by   transport
}

// hostPortOf is where a URI leads (RFC 3263 §4.1). What says nothing of its transport is reached by UDP, a sips: URI by TLS.
func hostPortOf(uri sip.Uri) (hostPort, error) {
	token, _ := uri.UriParams.Get("transport")
	by, ok := transportOf(token)
	if uri.IsEncrypted() {
		by = overTLS
	}
	switch {
	case uri.Scheme != "sip" && uri.Scheme != "sips" || uri.Host == "":
		return hostPort{}, errors.New("it is no SIP URI")
	case !ok:
		return hostPort{}, errors.New("its transport is none of udp, tcp and tls")
	case uri.Port < 0 || uri.Port > 65535:
		return hostPort{}, errors.New("its port is out of range")
	}
	return hostPort{bare(uri.Host), orElse(uint16(uri.Port), by.port()), by}, nil
}

// fixedAddress reads a desk's sip:user@host:port.
func fixedAddress(text string) (sip.Uri, hostPort, error) {
	var uri sip.Uri
	if err := sip.ParseUri(text, &uri); err != nil {
		return sip.Uri{}, hostPort{}, errors.New("it is no SIP URI")
	}
	at, err := hostPortOf(uri)
	return uri, at, err
}

// phoneOf finds the phone of a desk, or the refusal that says why it cannot be rung.
func (a *Agent) phoneOf(ctx context.Context, id dialer.DeskID) (phone, error) {
	seat := a.register.seats[id]
	if seat == nil {
		return phone{}, dialer.Refuse(dialer.UnknownDesk)
	}
	if up := a.Registered(id); up != nil && !*up {
		return phone{}, dialer.Refuse(dialer.DeskUnregistered)
	}
	p := phone{profile: a.cfg.profile(seat.desk), srtp: seat.desk.SRTP}
	if u := a.uplink(seat.desk.Trunk); u != nil {
		at := u.open(ctx)
		if len(at) == 0 {
			return phone{}, dialer.Refuse(dialer.DeskUnregistered)
		}
		p.uplink, p.uri, p.at = u, u.trunk.uri(seat.desk.Extension), at[0]
		return p, nil
	}
	b, ok := binding{uri: seat.desk.URI}, true
	if seat.desk.registers() {
		if b, ok = a.register.newest(id); ok {
			p.shared = a.register.shares(seat, &b)
		}
	}
	at, err := a.register.reached(ctx, seat, &b)
	if !ok || err != nil {
		return phone{}, dialer.Refuse(dialer.DeskUnregistered)
	}
	a.register.soughtAt(seat, at)
	p.uri, p.path, p.at, p.behind = b.uri, b.path, at, b.behind
	return p, nil
}

// reached is where what goes to the phone is sent. One that never registered is where its URI says.
func (b *binding) reached(ctx context.Context, a *Agent) (place, error) {
	way := b.uri
	switch {
	case len(b.path) > 0:
		way = inBrackets(b.path[0])
	case b.at.IsValid() && a.isTrunk(b.at.AddrPort):
		// It did not register from there: when its connection ends, its Contact names the port (flows.go), and a trunk may have come to be there since.
		return place{}, errElsewhere
	case b.at.IsValid():
		return b.at, nil
	}
	_, at, err := fixedAddress(way)
	if err != nil {
		return place{}, err
	}
	to, err := a.resolve(ctx, at)
	if err == nil && len(b.path) > 0 {
		return b.byProxy(to, a)
	}
	return to, err
}

// Registered implements dialer.Phone. Of a phone behind a PBX nothing is known, but that it cannot be rung while the PBX
// cannot be reached.
func (a *Agent) Registered(id dialer.DeskID) *bool {
	if seat := a.register.seats[id]; seat != nil && seat.desk.Trunk != "" {
		if a.uplink(seat.desk.Trunk).why() == "" {
			return nil
		}
		return new(bool)
	}
	return a.register.registered(id)
}

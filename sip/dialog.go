package sip

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialog is what both ends of a call must remember of each other (RFC 3261 §12). It has one owner, a lane; its exported
// fields are what a Handle keeps.
type dialog struct {
	CallID    string `json:"call_id"`
	LocalURI  string `json:"local_uri"`
	LocalTag  string `json:"local_tag"`
	RemoteURI string `json:"remote_uri"`
	RemoteTag string `json:"remote_tag,omitempty"`
	// CSeq is that of our last request but ACK and CANCEL. RemoteCSeq is that of theirs, -1 before the first.
	CSeq       uint32   `json:"cseq"`
	RemoteCSeq int64    `json:"-"`
	Routes     []string `json:"routes,omitempty"` // values of Route, in the order we send them
	Target     string   `json:"target"`           // the remote target: the far end's Contact
	// First is where the INVITE went. Pinned dialogs send everything there: the phone is behind a NAT, or reached by its own
	// connection, and what its Contact says cannot be reached.
	First  place  `json:"first"`
	Pinned bool   `json:"pinned,omitempty"`
	SentBy string `json:"sent_by"` // host:port of our Via
	// peers are the addresses, besides First's, that the far end was heard from, or has named as its own.
	peers []netip.Addr
	// never are places that its far end cannot be at, whatever it says: a desk's phone is at no trunk. Nil for none.
	never func(netip.AddrPort) bool
}

// learn takes what a response that makes a dialog says of the far end (§12.1.2).
func (d *dialog) learn(res *sip.Response) {
	d.RemoteTag = tagOf(res)
	d.met(sourceOf(res).Addr())
	d.retarget(res)
	d.Routes = values(res, "Record-Route")
	for _, route := range d.Routes {
		d.metAt(inBrackets(route))
	}
	slices.Reverse(d.Routes)
}

// tooWide reports whether a response has so long a way, or name of its dialog, that no leg's handle is to repeat it with each of its facts: a far end may ring with
// ever other ones.
func tooWide(res *sip.Response) bool {
	return len(strings.Join(values(res, "Record-Route"), ","))+len(tagOf(res)) > routesMost
}

// retarget takes the far end's Contact, where it gives one (§12.2.1.2).
func (d *dialog) retarget(m interface{ Contact() *sip.ContactHeader }) {
	if c := m.Contact(); c != nil && !c.Address.Wildcard && len(c.Address.String()) <= routesMost { // a longer one is nobody's whom we would reach by it
		d.Target = c.Address.String()
		d.metAt(d.Target)
	}
}

// mostPeers bounds what one far end may name as its own.
const mostPeers = 16

// met remembers an address of the far end's.
func (d *dialog) met(addr netip.Addr) {
	if addr.IsValid() && !slices.Contains(d.peers, addr) && len(d.peers) < mostPeers {
		d.peers = append(slices.Clip(d.peers), addr) // a copy of the dialog has a list of its own
	}
}

// metAt remembers the address in a URI. Names are not looked up: who has one is at the trunk's addresses.
func (d *dialog) metAt(uri string) {
	var to sip.Uri
	if sip.ParseUri(uri, &to) != nil {
		return
	}
	if addr, err := netip.ParseAddr(strings.Trim(to.Host, "[]")); err == nil {
		d.met(addr.Unmap())
	}
}

// isAt reports whether the far end is known to be at an address. Call-ID and tags are no secret: they stand in traces, and whoever is on
// the way sees them; with them alone anybody could have its sound sent elsewhere.
func (d *dialog) isAt(addr netip.Addr) bool {
	return addr == d.First.Addr() || slices.Contains(d.peers, addr)
}

// from and to are the dialog's ends as headers.
func (d *dialog) from() string { return "<" + d.LocalURI + ">;tag=" + d.LocalTag }

func (d *dialog) to() string {
	if d.RemoteTag == "" {
		return "<" + d.RemoteURI + ">"
	}
	return "<" + d.RemoteURI + ">;tag=" + d.RemoteTag
}

// request starts a request within the dialog, with a branch of its own. The owner counts CSeq (§12.2.1.1).
func (d *dialog) request(method sip.RequestMethod, cseq uint32) request {
	uri, routes := alongRoutes(d.Target, d.Routes)
	return request{
		method: method, uri: uri, from: d.from(), to: d.to(), callID: d.CallID, cseq: cseq,
		sentBy: d.SentBy, branch: newBranch(), routes: routes,
	}
}

// next is where a request within the dialog goes: the first route, else the target (§8.1.2). What cannot be resolved, and what an answer does
// not name, goes where the INVITE went.
func (d *dialog) next(ctx context.Context) place {
	if d.Pinned || len(d.Routes) == 0 && d.Target == d.RemoteURI { // without a Contact, which an answer must have, it has not said where it is
		return d.First
	}
	way := d.Target
	if len(d.Routes) > 0 {
		way = inBrackets(d.Routes[0])
	}
	var uri sip.Uri
	if err := sip.ParseUri(way, &uri); err != nil {
		return d.First
	}
	at, err := hostPortOf(uri)
	if err != nil {
		return d.First
	}
	to, err := resolve(ctx, at, network(d.First.Addr()))
	if err == nil && d.never != nil && d.never(to.AddrPort) {
		return d.First // what its phone's answer names would have us ask the carrier, for any number, past the gate
	}
	if err == nil && d.betrays(to) {
		return d.First
	}
	if err != nil || to.AddrPort == d.First.AddrPort && (at.by == overUDP || at.by == d.First.by) {
		// Who says nothing of a transport means the one we have reached it by.
		return d.First
	}
	if _, err := netip.ParseAddr(at.host); err == nil && d.First.name != "" {
		to.name = d.First.name // a certificate is for who they are, which an address does not say
	}
	return to
}

// betrays reports whether a place that the far end names must not be written to. A call by TLS goes on by TLS: who was called, and the keys of the
// sound, would leave in clear, since a Contact that says nothing of a transport means UDP. And nobody elsewhere is at this machine's own
// loopback address, but the stores may be.
func (d *dialog) betrays(to place) bool {
	return !asSafe(to.by, d.First.by) || to.Addr().IsUnspecified() || to.Addr().IsLoopback() && !d.First.Addr().IsLoopback()
}

// holds reports whether a request of the far end belongs to the dialog.
func (d *dialog) holds(req *sip.Request) bool {
	from, to := req.From(), req.To()
	if from == nil || to == nil || d.RemoteTag == "" {
		return false
	}
	theirs, _ := from.Params.Get("tag")
	ours, _ := to.Params.Get("tag")
	return theirs == d.RemoteTag && ours == d.LocalTag
}

// tagOf is the To tag of a response.
func tagOf(res *sip.Response) string {
	if to := res.To(); to != nil {
		tag, _ := to.Params.Get("tag")
		return tag
	}
	return ""
}

// inBrackets is the URI of a name-addr. A name in quotes may bear brackets of its own.
func inBrackets(s string) string {
	_, rest, ok := strings.Cut(afterQuotes(s), "<")
	if !ok {
		uri, _, _ := strings.Cut(s, ";")
		return strings.TrimSpace(uri)
	}
	uri, _, _ := strings.Cut(rest, ">")
	return uri
}

// afterQuotes is what stands behind a quoted name (RFC 3261 §25.1); all of it where there is none, or none that ends.
func afterQuotes(s string) string {
	quoted, ok := strings.CutPrefix(strings.TrimLeft(s, blanks), `"`)
	if !ok {
		return s
	}
	for i := 0; i < len(quoted); i++ {
		switch quoted[i] {
		case '\\':
			i++
		case '"':
			return quoted[i+1:]
		}
	}
	return s
}

// isQuiet reports whether a route, as the far end wrote it, can put no number into a Request-URI, whoever reads it: it is one loose router's, and has a name for
// a user, or none. What is written so that two could read it differently is not.
func isQuiet(route string) bool {
	route = strings.TrimSpace(route)
	uri, after, closed := strings.Cut(strings.TrimPrefix(route, "<"), ">")
	scheme, rest, _ := strings.Cut(uri, ":")
	schemed := isSIPScheme(scheme) // by another its host may be a number
	if !strings.HasPrefix(route, "<") || !closed || !schemed || strings.ContainsAny(uri, "<\"") || strings.ContainsAny(after, "<>\",") {
		return false
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		if !isName(rest[:at]) {
			return false
		}
		rest = rest[at+1:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return isLoose("<sip:"+rest+">") && isHost(uriIn("<sip:"+rest+">").Host)
}

// isLoose reports whether a route is a loose router's (§19.1.1).
func isLoose(route string) bool {
	for _, p := range strings.Split(inBrackets(route), ";")[1:] {
		name, _, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "lr") {
			return true
		}
	}
	return false
}

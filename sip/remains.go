package sip

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// remains are what a lane keeps of a leg that is gone, for 64·T1: enough to acknowledge and to hang up what answers late
// (RFC 3261 §13.2.2.4), to acknowledge a refusal that is repeated (§17.1.1.2), and to answer a BYE that is. Calls end much
// more often than a late answer comes, so this is small, and holds nothing of the leg.
type remains struct {
	lane                *lane
	localTag, remoteTag string
	cseq                uint32    // of the INVITE that counted
	branch              string    // of the ACK that our dialog's 2xx got; "" if it got none
	given               []extra   // the credentials in that ACK
	first               place     // as the dialog had it
	pinned              bool      // as the dialog had it
	trunk               string    // whose credentials a BYE may need
	ofDesk              bool      // it was a desk phone's
	refused             []refusal // the INVITEs that were refused
	ended               []string  // To tags of forks and late answers that got our BYE
	// never is as the dialog had it: what answers late names where ACK and BYE go, too.
	never func(netip.AddrPort) bool
}

// refusal is what the ACK of a refused INVITE repeats.
type refusal struct {
	branch, uri string
	routes      []string
	to          place
}

var _ party = (*remains)(nil)

// leave has the lane keep the leg's remains in place of the leg, if nothing is open that only the leg can end: an INVITE
// that has had no final answer may still have to be cancelled, and a 2xx of ours waits for its ACK.
func (l *leg) leave() {
	n := l.lane
	open := l.current != nil && l.current.final <= 0 || l.reoffer != nil || l.summons != nil && !l.summons.done
	if open || n.who != party(l) {
		return
	}
	r := &remains{
		lane: n, localTag: strings.Clone(l.dialog.LocalTag), remoteTag: strings.Clone(l.dialog.RemoteTag), cseq: l.invite.CSeq,
		first: l.dialog.First, pinned: l.dialog.Pinned, trunk: l.trunk, ofDesk: l.hunt != nil, ended: l.ended,
		never: l.dialog.never,
	}
	if l.ackSent != nil {
		r.branch = branchOf(l.ackSent.Via())
		r.given = credentialsIn(l.ackSent)
	}
	for key, x := range n.sent {
		if x.req.IsInvite() && (x.final >= 300 || x.final < 0) { // it was refused, or may still be
			r.refused = append(r.refused, x.refusal())
		}
		if x.final != 0 { // what is under way ends by itself
			delete(n.sent, key)
		}
	}
	if len(n.sent) == 0 {
		n.sent = nil
	}
	for _, tx := range n.got {
		if tx.Origin().Method == sip.BYE && r.holds(tx.Origin()) {
			tx.Terminate() // whoever repeats it hears the same from here
		}
	}
	n.who = r
}

// refusal is what the ACK to the exchange's INVITE repeats.
func (x *exchange) refusal() refusal {
	return refusal{branch: branchOf(x.req.Via()), uri: x.req.Recipient.String(), routes: values(x.req, "Route"), to: x.to}
}

// credentialsIn are the answers to challenges that a request carries.
func credentialsIn(req *sip.Request) []extra {
	var all []extra
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, v := range values(req, name) {
			all = append(all, extra{name, v})
		}
	}
	return all
}

// response acknowledges what the INVITEs of the leg still bring.
func (r *remains) response(res *sip.Response) {
	if res.CSeq().MethodName != sip.INVITE || res.IsProvisional() || res.From() == nil || res.To() == nil {
		return
	}
	if tag, _ := res.From().Params.Get("tag"); tag != r.localTag {
		return // to no INVITE of the leg's
	}
	if !res.IsSuccess() {
		r.ackRefusal(res)
		return
	}
	d, ok := dialogOf(res, r.first)
	if !ok {
		return
	}
	d.Pinned, d.never = r.pinned, r.never
	known := d.RemoteTag == r.remoteTag && d.CSeq == r.cseq
	if known && r.branch == "" || !known && len(r.ended) >= mostForks && !slices.Contains(r.ended, d.RemoteTag) {
		return
	}
	r.acknowledge(&d, known)
	if !known && !slices.Contains(r.ended, d.RemoteTag) {
		r.ended = append(r.ended, strings.Clone(d.RemoteTag))
		r.lane.bye(&d, r.lane.agent.signerOf(r.trunk), func(error) {})
	}
}

// acknowledge sends the ACK of a 2xx: the one that was sent before, if the dialog was the leg's.
func (r *remains) acknowledge(d *dialog, known bool) {
	q, to := d.request(sip.ACK, d.CSeq), d.next(context.Background())
	if s := r.lane.agent.signerOf(r.trunk); s.shows(to) {
		q.extras = r.given
	}
	if known {
		q.branch = r.branch
	}
	if ack, err := q.build(); err == nil {
		r.lane.agent.send(ack, to)
	}
}

func (r *remains) ackRefusal(res *sip.Response) {
	branch := branchOf(res.Via())
	i := slices.IndexFunc(r.refused, func(f refusal) bool { return f.branch == branch })
	if i < 0 {
		return
	}
	f := r.refused[i]
	if ack, err := ackOfRefusal(res, f.uri, f.routes); err == nil {
		r.lane.agent.send(ack, f.to)
	}
}

// holds reports whether a request of the far end belongs to the dialog that was the leg's.
func (r *remains) holds(req *sip.Request) bool {
	d := dialog{LocalTag: r.localTag, RemoteTag: r.remoteTag}
	return d.holds(req)
}

// request answers a BYE that crossed ours, or is repeated, as the leg did; for anything else there is no call any more.
func (r *remains) request(req *sip.Request, tx *sip.ServerTx) {
	w := answer{status: sip.StatusCallTransactionDoesNotExists}
	switch {
	case !req.To().Params.Has("tag"):
		w.status = sip.StatusLoopDetected
	case req.Method == sip.BYE && r.holds(req):
		w.status = sip.StatusOK
	}
	if err := tx.Respond(w.respond(req, r.localTag)); err != nil {
		r.lane.agent.log.Warn("sip: an answer could not be sent", "err", err)
	}
}

// ack implements party: nothing waits for one.
func (r *remains) ack(*sip.Request) {}

package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"
)

// ask is a request of ours within a dialog (RFC 3261 §12.2.1): all of them but the INVITE that makes it, its ACK and its
// CANCEL. It leaves with the dialog's next CSeq. Challenged, it leaves again with credentials: the CSeq rises once more and
// all else stays, a PRACK's RAck too (§22.2).
type ask struct {
	method sip.RequestMethod
	extras []extra
	body   []byte
	kind   string // the body's type; SDP if empty
	// vital requests end the call by what says that it is there no more: 481, 408, silence (§12.2.1.2). Others are of a usage
	// of their own, or have a reason to be answered so that says nothing of the call (RFC 5057 §5).
	vital  bool
	heard  func(res *sip.Response) // the final answer; a re-INVITE's 2xx each time it comes
	failed func(err error)         // none came, or the request could not be sent

	lane   *lane
	of     *leg    // that asks; nil where the call is over but for this
	in     *dialog // in which
	cseq   *uint32 // that dialog's, or of the dialog it is a fork of
	signer signer
	sent   *exchange // the latest
}

// ask asks the leg's far end something, in the leg's dialog or an early one beside it. A leg that has said BYE asks no more.
func (l *leg) ask(k ask) *ask {
	k.lane, k.of, k.cseq, k.signer = l.lane, l, &l.dialog.CSeq, l.signer.another()
	k.in = orElse(k.in, &l.dialog)
	if l.lane.who == party(l) {
		k.send()
	}
	return &k
}

// bye hangs up a dialog. done is told once: nil after any final answer, since each of them ends it (§15.1.1).
func (l *lane) bye(d *dialog, s signer, done func(error)) {
	k := ask{
		method: sip.BYE, lane: l, in: d, cseq: &d.CSeq, signer: s, failed: done,
		heard: func(*sip.Response) { done(nil) },
	}
	k.send()
}

func (k *ask) send() {
	if k.of != nil && (k.of.over || k.of.hungUp) {
		return
	}
	*k.cseq++
	r := k.in.request(k.method, *k.cseq)
	r.extras, r.sdp, r.kind = k.extras, k.body, k.kind
	req, err := r.build()
	to := k.in.next(context.Background())
	if err == nil && k.signer.mayShow(req, to, k.in) {
		err = k.signer.sign(req)
	}
	if err != nil { // the far end's Contact cannot be used
		k.fail(err)
		return
	}
	if k.of != nil {
		k.of.changed()
	}
	k.sent = k.lane.begin(req, to, k.answered, k.fail)
}

func (k *ask) answered(res *sip.Response) {
	status := res.StatusCode
	switch {
	case res.IsProvisional():
	case isChallenge(res) && k.signer.mayShow(k.sent.req, k.sent.to, k.in) && k.signer.take(res):
		k.send()
	case isChallenge(res) && k.signer.of != nil && !k.signer.shows(k.sent.to):
		// Else a carrier that has an address more than the settings know would keep a call up that we have ended, and nobody could see why.
		k.lane.agent.log.Warn("sip: who is at the other end asks for the trunk's password from an address that is none of the trunk's; it is not shown. "+
			"If that is the carrier's, have the name in sip.trunks[].address resolve to it, too", "method", string(k.method), "status", status, "address", k.sent.to.Addr())
		if k.heard != nil {
			k.heard(res)
		}
	case k.ends() && (status == sip.StatusCallTransactionDoesNotExists || status == sip.StatusRequestTimeout):
		k.of.dropBecause("the far end knows this call no more")
	case k.heard != nil:
		k.heard(res)
	}
}

func (k *ask) fail(err error) {
	switch {
	case k.ends() && isTimeout(err):
		k.of.dropBecause("the far end does not answer")
	case k.failed != nil:
		k.failed(err)
	}
}

// ends reports whether the call hangs on the answer. One that only rings is ended by its INVITE's.
func (k *ask) ends() bool { return k.vital && k.of.state == legUp }

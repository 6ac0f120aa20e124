package sip

import (
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// summons is the INVITE by which a call came in, and our answers to it (RFC 3261 §13.3). It belongs to its leg's lane.
type summons struct {
	req  *sip.Request
	tx   *sip.ServerTx
	at   place  // where answers go
	sdp  []byte // our answer to its offer; nil where it had none, and our 2xx offers
	rang bool
	done bool // it has its final answer

	reliable *reliably // our ringing, where the caller wants it acknowledged
}

// savedSummons is what a refusal of the INVITE must repeat (§8.2.6.2).
type savedSummons struct {
	Via     []string `json:"via"`
	Headers []string `json:"headers"` // From, To, CSeq, Record-Route: "Name: value"
	At      place    `json:"at"`
	Or      place    `json:"or,omitzero"` // where answers go when the connection of At is closed, as it is after a crash
}

// copied are the headers of a request that its responses repeat, besides Via and Call-ID.
var copied = []string{"From", "To", "CSeq", "Record-Route"}

func (s *summons) cseq() uint32 { return s.req.CSeq().SeqNo }

func (s *summons) saved() *savedSummons {
	k := &savedSummons{Via: values(s.req, "Via"), At: s.at, Or: otherAddress(s.req)}
	for _, name := range copied {
		for _, v := range values(s.req, name) {
			k.Headers = append(k.Headers, name+": "+v)
		}
	}
	return k
}

// asked is the INVITE again, as far as a response needs it; nil where what the far end wrote cannot be read a second time. What
// it asked for is left out: a response does not repeat it.
func (s saved) asked() *sip.Request {
	var text strings.Builder
	text.WriteString("INVITE sip:kakeru@kakeru.invalid SIP/2.0\r\n")
	for _, via := range s.Asked.Via {
		fmt.Fprintf(&text, "Via: %s\r\n", via)
	}
	for _, h := range s.Asked.Headers {
		fmt.Fprintf(&text, "%s\r\n", h)
	}
	fmt.Fprintf(&text, "Call-ID: %s\r\nContent-Length: 0\r\n\r\n", s.Dialog.CallID)
	m, err := sip.ParseMessage([]byte(text.String()))
	req, ok := m.(*sip.Request)
	if err != nil || !ok {
		return nil
	}
	req.SetSource(s.Asked.At.AddrPort.String())
	return req
}

// end gives the final answer that is no 2xx. Its transaction repeats it until the ACK comes.
func (s *summons) end(l *leg, w answer) {
	s.done = true
	l.reply(s.req, s.tx, w)
}

// ring tells the caller that somebody is being rung (§13.3.1.1).
func (l *leg) ring() {
	if l.summons.done || l.summons.rang || l.over {
		return
	}
	l.summons.rang = true
	w := answer{status: sip.StatusRinging, extras: []extra{{"Contact", l.contact()}}}
	if hasTag(optionTags(l.summons.req, "Require"), "100rel") {
		l.ringReliably(w)
		return
	}
	l.reply(l.summons.req, l.summons.tx, w)
}

// pickUp answers the caller (§13.3.1.4).
func (l *leg) pickUp() {
	s := l.summons
	if s.done || l.dropped || l.over {
		return
	}
	w := answer{status: sip.StatusOK, sdp: s.sdp, extras: []extra{
		{"Contact", l.contact()}, {"Allow", allowed}, {"Supported", supported},
	}}
	timer, agreed, no := l.sessionAnswer(s.req)
	if no != nil {
		l.refuseCaller(*no)
		return
	}
	w.extras = append(w.extras, timer...)
	l.session.plain = !allows(s.req, sip.UPDATE)
	if w.sdp == nil {
		w.sdp = l.line.bridge.Offer(l.side)
	}
	s.done = true
	l.state = legUp
	res := l.reply(s.req, s.tx, w)
	l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvAnswerSent, Status: w.status})
	l.awaitAck(&reoffer{cseq: s.cseq(), res: res, tx: s.tx, ours: s.sdp == nil})
	agreed()
}

// turnDown refuses a caller who still waits, and hangs up one who was answered. It does not block.
func (l *leg) turnDown(status int) {
	l.lane.post(func() {
		if l.summons.done {
			l.drop()
		} else {
			l.refuseCaller(answer{status: status})
		}
	})
}

// refuseCaller is the end of a caller who is not answered.
func (l *leg) refuseCaller(w answer) {
	l.dropped = true
	l.summons.end(l, w)
	l.tell(dialer.LegNote, dialer.Evidence{Event: dialer.EvRefusalSent, Status: w.status})
	l.gone(false)
}

// cancelledByCaller: whoever rang has given up (§9.2). A CANCEL that comes after our answer changes nothing.
func (l *leg) cancelledByCaller(cancel *sip.Request) {
	if l.summons.done || l.over {
		return
	}
	l.summons.end(l, answer{status: sip.StatusRequestTerminated})
	event := dialer.EvCancelReceived
	if l.takenElsewhere(cancel) {
		event = dialer.EvElsewhere
	}
	l.tell(dialer.LegNote, evidence(event, cancel))
	l.gone(true)
}

// takenElsewhere: the carrier had the call ring at more places than here, and it was answered at another (RFC 3326 §3.1). It is the trunk's own word, which nobody
// else is believed.
func (l *leg) takenElsewhere(cancel *sip.Request) bool {
	from := l.line.agent.uplink(l.trunk)
	return l.name == dialer.CustomerLeg && from != nil && from.speaks(sourceOf(cancel)) && completedElsewhere(values(cancel, "Reason"))
}

package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// incomingLine is a call that came in. It implements dialer.IncomingLine.
type incomingLine struct{ *line }

var _ dialer.IncomingLine = (*incomingLine)(nil)

// OnCall implements dialer.Phone.
func (a *Agent) OnCall(f func(dialer.Incoming)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.comes = f
}

// takeCall takes an INVITE that begins a call (RFC 3261 §13.3.1), or refuses it. It belongs to the lane's functions.
func (l *lane) takeCall(req *sip.Request) {
	a := l.agent
	if len(req.GetHeaders("Replaces")) > 0 {
		l.takeReplacing(req)
		return
	}
	if l.takeAside(req) {
		return
	}
	u, no := a.calledBy(req)
	if no == nil {
		no = a.sessionRefusal(req)
	}
	if no == nil {
		no = tooLong(req)
	}
	if no != nil {
		a.refuse(req, *no)
		return
	}
	key, err := sip.ServerTxKeyMake(req)
	if err != nil {
		return
	}
	number := a.notOurs(callerOf(req))
	if !a.roomForCaller() || a.tooFast(u.trunk.Name, number) {
		a.refuse(req, answer{status: sip.StatusBusyHere})
		return
	}
	bridge, err := a.pool.NewBridge()
	if err != nil {
		a.log.Error("sip: a call that came in cannot be carried", "trunk", u.trunk.Name, "err", err)
		a.refuse(req, answer{status: sip.StatusBusyHere})
		return
	}
	n := &line{agent: a, id: dialer.CallID(dialer.NewID(a.cfg.Now())), bridge: bridge, sound: newSound(a, bridge), callsIn: true}
	n.trunk.Store(&u.trunk.Name)
	bridge.Secure(media.Customer, u.trunk.SRTP)
	bridge.Wideband(u.trunk.Wideband && a.cfg.Recorder == nil)
	s := &summons{req: req, at: answerAddress(req)}
	if offer := sdpOf(req); offer != nil {
		if s.sdp, err = bridge.Answer(media.Customer, offer); err != nil {
			bridge.Close()
			a.refuse(req, sdpRefusal(err))
			return
		}
	}
	n.customer = n.callersLeg(l, u, s)
	s.tx = l.open(req, key)
	n.desk = newHunt(n)
	n.desk.awaits = true
	in := &incomingLine{n}
	n.passKeys()
	a.metrics.opened(n)
	a.announce(dialer.Incoming{ID: n.id, Line: in, Caller: number, At: a.cfg.Now()}, n.customer)
}

// callersLeg is the leg to whoever called.
func (n *line) callersLeg(at *lane, u *uplink, s *summons) *leg {
	at.hold() // until the line is closed
	l := n.summoned(at, s, dialer.CustomerLeg, make(chan dialer.LegFact, factsKept))
	l.side, l.trunk, l.signer = media.Customer, u.trunk.Name, u.signer()
	l.remembered()
	n.agent.ladders.came(s.req, "") // nobody knew yet that it begins a call
	at.adopt(l)
	l.changed()
	return l
}

// summoned is a leg that an INVITE of the far end begins: the dialog that our answers make (§12.1.1).
func (n *line) summoned(at *lane, s *summons, name dialer.LegName, told chan dialer.LegFact) *leg {
	req := s.req
	tag, _ := req.From().Params.Get("tag")
	l := &leg{
		lane: at, line: n, name: name, told: told,
		state: legEarly, dialled: true, confirmed: true, summons: s,
	}
	l.dialog = dialog{
		CallID: at.callID, LocalURI: inBrackets(value(req, "To")), LocalTag: n.agent.tags.make(at.callID),
		RemoteURI: inBrackets(value(req, "From")), RemoteTag: tag, CSeq: 1, RemoteCSeq: int64(s.cseq()),
		Routes: values(req, "Record-Route"), First: sourceOf(req), SentBy: n.agent.sentBy(s.at.by),
	}
	l.dialog.retarget(req)
	return l
}

// announce tells the owner of a call that came in. It belongs to the lane's functions.
func (a *Agent) announce(in dialer.Incoming, caller *leg) {
	a.mu.Lock()
	tell := a.comes
	a.mu.Unlock()
	caller.note(dialer.EvInviteReceived, oddities(caller.summons.req))
	a.log.Info("sip: a call came in", "call", in.ID, "trunk", in.Line.Trunk(), "number", in.Caller)
	if tell == nil || !a.notices.post(func() { tell(in) }) {
		in.Line.Close()
	}
}

// calledBy is the trunk by which a call for the centre comes in, or the answer to what is none.
func (a *Agent) calledBy(req *sip.Request) (*uplink, *answer) {
	a.mu.Lock()
	nobody := a.comes == nil || a.phase != phaseRunning
	a.mu.Unlock()
	source := sourceOf(req)
	known := slices.DeleteFunc(slices.Clone(a.uplinks), func(u *uplink) bool { return !u.speaks(source) })
	u := slices.IndexFunc(known, func(u *uplink) bool { return u.trunk.takes(req.Recipient.User) })
	switch {
	case len(known) == 0 && !a.knows(source.Addr()):
		return nil, &answer{status: sip.StatusForbidden}
	case len(known) == 0 && slices.ContainsFunc(a.uplinks, func(u *uplink) bool { return u.isAt(source.Addr()) }):
		return nil, &answer{status: sip.StatusForbidden, reason: "Forbidden: this trunk is heard by TLS alone"}
	case len(known) == 0 || a.isExtension(known, req):
		return nil, &answer{status: sip.StatusForbidden, reason: "Forbidden: calls are placed from the panel"}
	case u < 0:
		return nil, &answer{status: sip.StatusNotFound}
	case req.Contact() == nil:
		return nil, &answer{status: sip.StatusBadRequest, reason: "Bad Request: Contact is missing"}
	case nobody:
		return nil, &answer{status: sip.StatusTemporarilyUnavailable}
	}
	return known[u], nil
}

// isExtension reports whether a caller is one of the phones behind a PBX.
func (a *Agent) isExtension(known []*uplink, req *sip.Request) bool {
	user := req.From().Address.User
	return slices.ContainsFunc(a.cfg.Desks, func(d Desk) bool {
		return d.Trunk != "" && d.Extension == user && slices.Contains(known, a.uplink(d.Trunk))
	})
}

// takes reports whether the trunk brings calls for a user part: the ward's numbers, or whom it knows us as, which is
// also our Contact where we are registered.
func (t Trunk) takes(user string) bool {
	n := string(national(user))
	return n == t.CallerID || slices.Contains(t.Numbers, n) || t.User != "" && user == t.User
}

// callerOf is who calls, as the trunk asserts it (RFC 3325), else as From says; empty when the caller does not want to be
// known (RFC 3323), or has no Japanese number.
func callerOf(req *sip.Request) dialer.Number {
	if withheld(req) {
		return ""
	}
	who := value(req, "From")
	if asserted := value(req, "P-Asserted-Identity"); asserted != "" {
		who = asserted
	}
	user := strings.TrimPrefix(inBrackets(who), "tel:")
	if uri := uriIn(who); uri.User != "" {
		user = uri.User
	}
	n := national(user)
	if rule, _ := n.ForbiddenFor(false); rule != "" { // a missed call is returned: nobody shall have us ring where the minute costs
		return ""
	}
	return n
}

// notOurs is a caller's number, but none of the centre's own: a missed call is returned, and would ring here.
func (a *Agent) notOurs(n dialer.Number) dialer.Number {
	if slices.ContainsFunc(a.cfg.Trunks, func(t Trunk) bool { return t.CallerID == string(n) || slices.Contains(t.Numbers, string(n)) }) {
		return ""
	}
	return n
}

// withheld reports whether the caller's number is not for us to keep.
func withheld(req *sip.Request) bool {
	for _, v := range values(req, "Privacy") {
		for _, what := range strings.FieldsFunc(strings.ToLower(v), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			if what == "id" || what == "user" || what == "header" {
				return true
			}
		}
	}
	from := req.From().Address
	return strings.EqualFold(from.Host, "anonymous.invalid") || strings.EqualFold(from.User, "anonymous")
}

// oddities are what else is worth keeping of a call that came in, without any number: that it was forwarded to us
// (Diversion, RFC 5806; History-Info, RFC 7044), that its number was withheld.
func oddities(req *sip.Request) string {
	var all []string
	if value(req, "Diversion") != "" || strings.Contains(value(req, "History-Info"), "cause") {
		all = append(all, "forwarded")
	}
	if withheld(req) {
		all = append(all, "number withheld")
	}
	return strings.Join(all, ", ")
}

// national is a user part as a Japanese number in national form; what is none stays what no number is.
func national(user string) dialer.Number {
	user, _, _ = strings.Cut(user, ";")
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1 // visual separators (RFC 3966 §5.1.1)
		}
		return r
	}, user)
	if abroad, ok := strings.CutPrefix(digits, "+81"); ok {
		digits = "0" + strings.TrimPrefix(abroad, "0")
	}
	return dialer.Number(digits)
}

// Ring implements dialer.IncomingLine.
func (n *incomingLine) Ring(desks ...dialer.DeskID) {
	for _, id := range desks {
		n.agent.crew.start(func() { n.desk.ring(id) })
	}
}

// Answer implements dialer.IncomingLine.
func (n *incomingLine) Answer() { n.customer.lane.post(n.customer.pickUp) }

// TurnAway implements dialer.IncomingLine.
func (n *incomingLine) TurnAway() { n.customer.lane.post(n.customer.turnAway) }

// turnAway has the caller hear that nobody is here, and hangs up behind it; without an announcement it refuses.
func (l *leg) turnAway() {
	clip := l.lane.agent.announcement
	if l.summons.done || l.over {
		return
	}
	if len(clip) == 0 {
		l.refuseCaller(answer{status: sip.StatusTemporarilyUnavailable})
		return
	}
	l.pickUp()
	if l.reoffer == nil {
		return // what they ask for could not be agreed to
	}
	// Not before the ACK: whoever forges a caller's address would have us play it to anybody, half a thousand octets for each of theirs.
	l.reoffer.acked = func() {
		l.note(dialer.EvAnnounced, "")
		l.line.bridge.Play(l.side, media.Clip(clip), func() { l.lane.post(l.drop) })
	}
}

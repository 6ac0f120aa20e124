package sip

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// session is a leg's session timer (RFC 4028): so that a call does not outlive a far end, or a proxy, that died without a
// word. One side refreshes the dialog at half the time agreed on; the other hangs up when no refresh comes.
type session struct {
	asked  time.Duration // what our requests ask for
	armed  *time.Timer
	busy   bool // a refresh of ours is under way
	plain  bool // the far end takes no UPDATE: it is refreshed by a re-INVITE
	longer int  // how often a longer one was asked for
}

// refreshBy is how long before its end an unrefreshed session is given up (§10).
const refreshBy = 32 * time.Second

// asks are the headers by which a request of ours asks for a session timer (§7.1).
func (s *session) asks(a *Agent) []extra {
	if s.asked == 0 {
		s.asked = a.cfg.SessionExpires
	}
	return []extra{
		{"Session-Expires", wholeSeconds(s.asked)},
		{"Min-SE", wholeSeconds(a.cfg.MinSessionExpires)},
	}
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// sessionExpires reads a Session-Expires or Min-SE; ok is false where there is none that can be read.
func sessionExpires(m headed, name string) (every time.Duration, refresher string, ok bool) {
	text, params, _ := strings.Cut(value(m, name), ";")
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31)
	if err != nil {
		return 0, "", false
	}
	for p := range strings.SplitSeq(params, ";") {
		key, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(key), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return time.Duration(n) * time.Second, refresher, true
}

// sessionAgreed takes the timer that a 2xx to a request of ours agrees to (§7.2).
func (l *leg) sessionAgreed(res *sip.Response) {
	every, refresher, ok := sessionExpires(res, "Session-Expires")
	if !ok {
		every = 0
	}
	l.session.plain = !allows(res, sip.UPDATE)
	l.arm(every, refresher != "uas")
}

// sessionAnswer is what our 2xx to a request of theirs says of the timer, or the answer that refuses it (§9). It takes effect
// with agreed.
func (l *leg) sessionAnswer(req *sip.Request) (extras []extra, agreed func(), no *answer) {
	if no := l.lane.agent.sessionRefusal(req); no != nil {
		return nil, nil, no
	}
	least := l.lane.agent.cfg.MinSessionExpires
	every, refresher, asked := sessionExpires(req, "Session-Expires")
	knows := knowsTimer(req)
	switch {
	case !asked:
		return nil, func() { l.arm(0, false) }, nil
	case !knows || refresher == "uas": // a proxy on the way asks for it, or they want us to refresh
		every = max(every, least)
		return []extra{{"Session-Expires", wholeSeconds(every) + ";refresher=uas"}}, func() { l.arm(every, true) }, nil
	}
	return []extra{{"Session-Expires", wholeSeconds(every) + ";refresher=uac"}, {"Require", "timer"}}, func() { l.arm(every, false) }, nil
}

const statusIntervalTooSmall = 422

func knowsTimer(req *sip.Request) bool {
	return hasTag(optionTags(req, "Supported"), "timer") || hasTag(optionTags(req, "Require"), "timer")
}

// sessionRefusal is how a request is answered that asks for a shorter session than we want (§9); nil for every other. An INVITE
// that begins a call is answered so before there is a call: it comes again, as the same call (§7.4).
func (a *Agent) sessionRefusal(req *sip.Request) *answer {
	least := a.cfg.MinSessionExpires
	if every, _, asked := sessionExpires(req, "Session-Expires"); !asked || every >= least || !knowsTimer(req) {
		return nil
	}
	return &answer{status: statusIntervalTooSmall, extras: []extra{{"Min-SE", wholeSeconds(least)}}}
}

// longerSession takes a 422: the same request may be sent anew, asking for what it wants (§7.4).
func (l *leg) longerSession(res *sip.Response) bool {
	least, _, ok := sessionExpires(res, "Min-SE")
	if res.StatusCode != statusIntervalTooSmall || !ok || least <= l.session.asked || least > maxSession || l.session.longer >= mostLonger {
		return false
	}
	l.session.asked = least
	l.session.longer++
	return true
}

// mostLonger bounds how often a far end may ask for a longer session: each time costs an INVITE.
const mostLonger = 4

// maxSession is more than anybody asks for in earnest.
const maxSession = 24 * time.Hour

// arm starts the timer anew: every is what was agreed on, 0 for none; ours, that we refresh.
func (l *leg) arm(every time.Duration, ours bool) {
	if l.session.armed != nil {
		l.session.armed.Stop()
	}
	switch {
	case every == 0 || l.over:
	case ours:
		l.session.armed = l.lane.after(every/2, l.refresh)
	default:
		l.session.armed = l.lane.after(every-min(refreshBy, every/3), l.unrefreshed)
	}
}

func (l *leg) unrefreshed() {
	if l.state == legUp && !l.over && !l.dropped {
		l.dropBecause("the far end has not refreshed the session")
	}
}

// refresh tells the far end that we are still there, by UPDATE where it takes that, else by a re-INVITE (§7.4).
func (l *leg) refresh() {
	s := &l.session
	switch {
	case l.state != legUp || l.over || l.dropped || s.busy:
		return
	case !s.plain:
		l.askToStay(sip.UPDATE, nil)
	case l.reoffer != nil:
		l.refreshSoon()
	case !l.mayReinvite():
		l.lane.agent.log.Warn("sip: a session is not refreshed: an INVITE within the call could ask for somebody else, as its far end names itself",
			"call", l.line.id, "leg", l.name)
		l.note(dialer.EvFinal, "the session could not be refreshed")
		l.arm(0, false)
	default:
		l.askToStay(sip.INVITE, l.line.bridge.Offer(l.side))
	}
}

// mayReinvite reports whether an INVITE may be sent within the dialog. Where it goes and whom it asks for is the far end's choice, by its Contact and its
// routes (RFC 3261 §12.2.1.1), and a carrier that knows us takes it for a call of ours, past gate and ceiling, if it is not strict: one to another number; one that a
// strict router writes its own name into, or the next Route's; one without a To tag, which is a new call to anybody. So it asks for nobody but whom we have
// called, by routes that leave the Request-URI alone; a phone too, since what it says may lead to a carrier that the settings do not name.
func (l *leg) mayReinvite() bool {
	d := &l.dialog
	if d.RemoteTag == "" || slices.ContainsFunc(d.Routes, func(route string) bool { return !isQuiet(route) }) {
		return false
	}
	target := uriIn("<" + d.Target + ">")
	switch {
	case !isSIPScheme(target.Scheme) || !isHost(target.Host):
		return false
	case l.signer.of != nil:
		return l.signer.dialsNobodyElse(target)
	case !l.lane.agent.isTrunk(d.next(context.Background()).AddrPort):
		return !l.lane.agent.leadsToTrunk(d) && (isNobody(target) || target.User == uriIn("<"+d.RemoteURI+">").User)
	}
	return isNobody(target) || l.summons == nil && target.User == uriIn("<"+d.RemoteURI+">").User
}

// refreshSoon waits for what is in the way: their offer, or that both ask at once (§14.1 of RFC 3261).
func (l *leg) refreshSoon() {
	pause := rand.N(100 * l.lane.agent.cfg.Timers.T1 / 25)
	l.session.armed = l.lane.after(pause+l.lane.agent.cfg.Timers.T1, l.refresh)
}

// askToStay sends a request that refreshes the session.
func (l *leg) askToStay(method sip.RequestMethod, sdp []byte) {
	l.session.busy = true
	l.asking = l.ask(ask{
		method: method, body: sdp, vital: true, heard: l.refreshed,
		extras: append([]extra{
			{"Contact", l.contact()}, {"Allow", allowed}, {"Supported", supported},
		}, l.session.asks(l.lane.agent)...),
		failed: func(err error) { l.dropBecause("the session could not be refreshed: " + failure(err)) },
	})
}

// refreshed takes the answer. What says that the far end knows no such call ends ours; what only refuses does not, as long as
// it can be asked in another way or later.
func (l *leg) refreshed(res *sip.Response) {
	invite := res.CSeq().MethodName == sip.INVITE
	if res.IsSuccess() && invite {
		l.ackReinvite(res)
	}
	if !l.session.busy || l.over { // a repeated 2xx
		return
	}
	l.session.busy = false
	status := res.StatusCode
	switch {
	case l.dropped:
	case res.IsSuccess():
		if invite && sdpOf(res) != nil {
			l.takeSDP(sdpOf(res))
		}
		l.dialog.retarget(res)
		l.sessionAgreed(res)
	case l.longerSession(res):
		l.refresh()
	case status == sip.StatusRequestPending:
		l.refreshSoon()
	case !invite:
		l.session.plain = true
		l.refresh()
	default:
		// It refuses to be refreshed, and is there: the talk goes on until somebody hangs up.
		l.note(dialer.EvFinal, "the session could not be refreshed")
		l.arm(0, false)
	}
}

// ackReinvite acknowledges the 2xx of a re-INVITE of ours, each time it comes (RFC 3261 §13.2.2.4).
func (l *leg) ackReinvite(res *sip.Response) {
	if ack := l.buildAck(&l.dialog, res.CSeq().SeqNo, l.asking.sent.req); ack != nil {
		l.lane.agent.send(ack, l.dialog.next(context.Background()))
	}
}

// allows reports whether a message's Allow names a method; one that says nothing is taken to mean the oldest ones.
func allows(m headed, method sip.RequestMethod) bool {
	for _, text := range values(m, "Allow") {
		if slices.Contains(splitList(text), string(method)) {
			return true
		}
	}
	return false
}

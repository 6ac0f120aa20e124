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
	asked time.Duration // what our requests ask for
	armed *time.Timer
	busy  bool // a refresh of ours is under way
	plain bool // the far end takes no UPDATE: it is refreshed by a re-INVITE
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

// sessionAnswer is what our 2xx to a request of theirs, which is not tooShort, says of the timer (§9). It takes effect with
// agreed.
func (l *leg) sessionAnswer(req *sip.Request) (extras []extra, agreed func()) {
	least := l.lane.agent.cfg.MinSessionExpires
	every, refresher, asked := sessionExpires(req, "Session-Expires")
	switch {
	case !asked:
		return nil, func() { l.arm(0, false) }
	case !knowsTimers(req) || refresher == "uas": // a proxy on the way asks for it, or they want us to refresh
		every = max(every, least)
		return []extra{{"Session-Expires", wholeSeconds(every) + ";refresher=uas"}}, func() { l.arm(every, true) }
	}
	return []extra{{"Session-Expires", wholeSeconds(every) + ";refresher=uac"}, {"Require", "timer"}}, func() { l.arm(every, false) }
}

const statusIntervalTooSmall = 422

// tooShort refuses a session that is shorter than we agree to, where the caller can ask again (§9). It is nil for any other.
func (a *Agent) tooShort(req *sip.Request) *answer {
	every, _, asked := sessionExpires(req, "Session-Expires")
	if !asked || every >= a.cfg.MinSessionExpires || !knowsTimers(req) {
		return nil
	}
	return &answer{status: statusIntervalTooSmall, extras: []extra{{"Min-SE", wholeSeconds(a.cfg.MinSessionExpires)}}}
}

func knowsTimers(req *sip.Request) bool {
	return hasTag(optionTags(req, "Supported"), "timer") || hasTag(optionTags(req, "Require"), "timer")
}

// longerSession takes a 422: the same request may be sent anew, asking for what it wants (§7.4).
func (l *leg) longerSession(res *sip.Response) bool {
	least, _, ok := sessionExpires(res, "Min-SE")
	if res.StatusCode != statusIntervalTooSmall || !ok || least <= l.session.asked || least > maxSession {
		return false
	}
	l.session.asked = least
	return true
}

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
		l.session.armed = l.lane.after(every/2, l.refreshAnew)
	default:
		l.session.armed = l.lane.after(every-min(refreshBy, every/3), l.unrefreshed)
	}
}

func (l *leg) unrefreshed() {
	if l.state == legUp && !l.over && !l.dropped {
		l.dropBecause("the far end has not refreshed the session")
	}
}

// refreshAnew begins a refresh. It may be challenged as the request before it was, with another nonce.
func (l *leg) refreshAnew() {
	l.signer.renew()
	l.refresh()
}

// refresh tells the far end that we are still there, by UPDATE where it takes that, else by a re-INVITE (§7.4).
func (l *leg) refresh() {
	s := &l.session
	switch {
	case l.state != legUp || l.over || l.dropped || s.busy:
		return
	case !s.plain:
		l.ask(sip.UPDATE, nil, l.refreshed)
	case l.reoffer != nil:
		l.refreshSoon()
	default:
		l.ask(sip.INVITE, l.line.bridge.Offer(l.side), l.refreshed)
	}
}

// refreshSoon waits for what is in the way: their offer, or that both ask at once (§14.1 of RFC 3261).
func (l *leg) refreshSoon() {
	pause := rand.N(100 * l.lane.agent.cfg.Timers.T1 / 25)
	l.session.armed = l.lane.after(pause+l.lane.agent.cfg.Timers.T1, l.refreshAnew)
}

// ask sends a request of ours within the dialog that refreshes it.
func (l *leg) ask(method sip.RequestMethod, sdp []byte, heard func(*sip.Response)) {
	l.dialog.CSeq++
	r := l.dialog.request(method, l.dialog.CSeq)
	r.sdp = sdp
	r.extras = append([]extra{
		{"Contact", l.contact()}, {"Allow", allowed}, {"Supported", supported},
	}, l.session.asks(l.lane.agent)...)
	req, err := r.build()
	if err == nil {
		err = l.signer.sign(req)
	}
	if err != nil {
		l.dropBecause("the session could not be refreshed: " + failure(err))
		return
	}
	l.changed()
	l.session.busy = true
	l.asking = l.lane.begin(req, l.dialog.next(context.Background()), heard, func(error) {
		l.session.busy = false
		l.dropBecause("the far end does not answer") // 408 (§7.4, RFC 3261 §12.2.1.2)
	})
}

// refreshed takes the answer. What says that the far end knows no such call ends ours; what only refuses does not, as long as
// it can be asked in another way or later.
func (l *leg) refreshed(res *sip.Response) {
	invite := l.asking.req.IsInvite()
	if res.IsProvisional() {
		return
	}
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
	case status == sip.StatusCallTransactionDoesNotExists || status == sip.StatusRequestTimeout:
		l.dropBecause("the far end knows this call no more")
	case isChallenge(res) && l.signer.take(res), l.longerSession(res):
		l.refresh()
	case status == sip.StatusRequestPending:
		l.refreshSoon()
	case !invite:
		l.session.plain = true
		l.refreshAnew()
	default:
		// It refuses to be refreshed, and is there: the talk goes on until somebody hangs up.
		l.note(dialer.EvFinal, "the session could not be refreshed")
		l.arm(0, false)
	}
}

// ackReinvite acknowledges the 2xx of a re-INVITE of ours, each time it comes (RFC 3261 §13.2.2.4).
func (l *leg) ackReinvite(res *sip.Response) {
	if ack := l.buildAck(&l.dialog, res.CSeq().SeqNo, l.asking.req); ack != nil {
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

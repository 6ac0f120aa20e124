package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The pauses after registrations that failed, one after the other: the first is Config.RegisterRetry, each next one twice
// the last, none longer than this; and each shortened by chance, so that a building whose power comes back does not
// register all at once (RFC 5626 §4.5).
const longestRetry = time.Minute

// longestGranted bounds what a registrar's word can do, by what it grants and by what it has us ask for: none wants more than a day in earnest, and after a
// word that was wrong, or somebody else's, we would count ourselves registered for as long.
const longestGranted = 24 * time.Hour

// longestUnrenewed is how long a registration is left alone at most, whatever was granted, unless the settings ask for longer: a PBX that has restarted knows nothing of it,
// and until it is renewed nobody's call comes in.
const longestUnrenewed = defaultExpires

// registration keeps us registered with a trunk (RFC 3261 §10.2): one Call-ID for the agent's life, CSeq counting up, the
// trunk's addresses one after the other. All fields below the line belong to the functions of its lane.
type registration struct {
	uplink *uplink
	lane   *lane

	// ---
	begun    bool
	leaving  func() // called when we are no longer registered, or could not say so
	tag      string
	cseq     uint32
	expires  time.Duration // what we ask for: what the settings say, unless a 423 has raised it
	raised   bool
	signer   signer
	at       int // which of the trunk's addresses is tried
	tried    int // how many of them since the last success or pause
	failures int
	said     int       // the status that refused the last try; 0 when nothing answered
	until    time.Time // registered until then; zero when not
	next     *time.Timer
	lapse    *time.Timer
}

func newRegistration(u *uplink) *registration {
	r := &registration{uplink: u, lane: u.agent.lane(u.agent.newCallID()), tag: newTag(), signer: signer{with: u.trunk.credentials()}}
	r.expires = r.wanted()
	return r
}

// wanted is how long we want to be registered for.
func (r *registration) wanted() time.Duration { return orElse(r.uplink.trunk.Expires, defaultExpires) }

// begin registers, once the trunk's address is known; later calls do nothing.
func (r *registration) begin() {
	r.lane.post(func() {
		if r.begun || r.leaving != nil || len(r.uplink.addresses()) == 0 {
			return
		}
		r.begun = true
		r.lane.adopt(probe{r.lane})
		r.refresh()
	})
}

// refresh begins a registration, or the renewal of one.
func (r *registration) refresh() {
	if r.leaving != nil {
		return
	}
	r.signer.renew()
	r.raised = false
	if r.until.IsZero() {
		r.expires = r.wanted() // the registrar may be another one by now, or say something else
	}
	r.send(r.expires)
}

func (r *registration) send(expires time.Duration) {
	r.cseq++
	u, a := r.uplink, r.uplink.agent
	addresses := u.addresses()
	to := addresses[r.at%len(addresses)]
	self := u.trunk.uri(u.trunk.User)
	req, err := request{
		method: sip.REGISTER, uri: "sip:" + u.trunk.domain(), from: "<" + self + ">;tag=" + r.tag, to: "<" + self + ">",
		callID: r.lane.callID, cseq: r.cseq, sentBy: a.sentBy(to.by), branch: newBranch(),
		extras: []extra{
			{"Contact", "<" + r.contact(to.by) + ">"}, {"Expires", strconv.Itoa(int(expires.Seconds()))}, {"Allow", allowed},
		},
	}.build()
	if err == nil {
		err = r.signer.sign(req)
	}
	if err != nil {
		r.failed("the request cannot be made", 0)
		return
	}
	r.lane.begin(req, to, r.heard, func(err error) { r.said = 0; r.elsewhere(failure(err)) })
}

// contact is where the trunk finds us.
func (r *registration) contact(by transport) string {
	return "sip:" + r.uplink.trunk.User + "@" + r.uplink.agent.sentBy(by) + by.parameter()
}

// heard is §10.2.8, and §22 for the challenges.
func (r *registration) heard(res *sip.Response) {
	status := res.StatusCode
	switch {
	case res.IsProvisional():
	case r.leaving != nil && isChallenge(res) && r.signer.take(res):
		r.send(0)
	case r.leaving != nil:
		r.left()
	case res.IsSuccess():
		r.registered(res)
	case isChallenge(res) && r.signer.take(res):
		r.send(r.expires)
	case status == sip.StatusIntervalToBrief && r.mayRaise(seconds(value(res, "Min-Expires"))):
		r.raised = true
		r.expires = seconds(value(res, "Min-Expires"))
		r.send(r.expires)
	case status == sip.StatusIntervalToBrief && seconds(value(res, "Min-Expires")) > longestGranted:
		r.said = status
		r.failed("423, and that it grants no less than "+seconds(value(res, "Min-Expires")).String()+", which is not asked for", 0)
	case status >= 500 && status < 600 && value(res, "Retry-After") == "":
		r.said = status
		r.elsewhere(strconv.Itoa(status))
	default:
		r.said = status
		r.failed(strconv.Itoa(status), retryAfter(res))
	}
}

// mayRaise reports whether the least that a registrar grants is asked for: once for each registration, and nothing that nobody wants in earnest.
func (r *registration) mayRaise(least time.Duration) bool {
	return !r.raised && least > r.expires && least <= longestGranted
}

// registered takes the registrar's word for how long: that of our own Contact, else of Expires, else what we asked for.
func (r *registration) registered(res *sip.Response) {
	granted := r.expires
	if text := value(res, "Expires"); text != "" {
		granted = seconds(text)
	}
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != r.uplink.trunk.User || !r.isUs(c.Address) {
			continue
		}
		if text, ok := c.Params.Get("expires"); ok {
			granted = seconds(text)
		}
	}
	if granted <= 0 {
		r.failed("the registrar grants no time", 0)
		return
	}
	granted = min(granted, longestGranted)
	if granted < r.expires {
		r.expires = r.wanted() // that it grants no less is not true any more
	}
	r.failures, r.tried = 0, 0
	if r.until.IsZero() {
		r.uplink.agent.log.Info("sip: registered", "trunk", r.uplink.trunk.Name, "for", granted)
	}
	r.until = r.uplink.agent.cfg.Now().Add(granted)
	r.stopTimers()
	r.lapse = r.lane.after(granted, r.lost)
	r.next = r.lane.after(r.renewal(granted), r.refresh)
	r.uplink.setRegistered(true, 0)
}

func (r *registration) isUs(at sip.Uri) bool {
	host, port := sentBy(r.uplink.agent.sentBy(r.uplink.trunk.by()))
	return strings.EqualFold(bare(at.Host), host) && orElse(at.Port, int(r.uplink.trunk.by().port())) == port
}

// renewal is when to renew what was granted: no later than if it were what we asked for.
func (r *registration) renewal(granted time.Duration) time.Duration {
	return earlier(min(granted, r.expires, max(longestUnrenewed, r.wanted())))
}

// earlier is seven to nine tenths of what was granted, so that a lost renewal can be repeated in time.
func earlier(granted time.Duration) time.Duration {
	return granted*7/10 + rand.N(granted/5+1) //nolint:gosec // chance, no secret
}

// elsewhere tries the trunk's next address at once, or begins anew after a pause when all were tried.
func (r *registration) elsewhere(why string) {
	r.tried++
	r.at++
	if r.leaving == nil && r.tried < len(r.uplink.addresses()) {
		r.uplink.agent.log.Warn("sip: registration goes on at the trunk's next address", "trunk", r.uplink.trunk.Name, "said", why)
		r.refresh()
		return
	}
	r.failed(why, 0)
}

// failed tries again after a pause; wait is what the registrar asked for. A registration that has not run out yet holds.
func (r *registration) failed(why string, wait time.Duration) {
	if r.leaving != nil {
		r.left()
		return
	}
	u := r.uplink
	r.tried = 0
	pause := min(u.agent.cfg.RegisterRetry<<min(r.failures, 10), longestRetry)
	pause = max(pause/2+rand.N(pause/2+1), wait) //nolint:gosec // chance, no secret
	r.failures++
	u.agent.log.Warn("sip: registration failed", "trunk", u.trunk.Name, "said", why, "again_in", pause.Round(time.Second))
	if r.next != nil {
		r.next.Stop()
	}
	r.next = r.lane.after(pause, r.refresh)
	if r.until.IsZero() {
		u.setRegistered(false, r.said)
	}
}

// lost: the time that was granted is over, and no renewal came through.
func (r *registration) lost() {
	r.until = time.Time{}
	r.uplink.setRegistered(false, r.said)
}

func (r *registration) stopTimers() {
	for _, t := range []*time.Timer{r.next, r.lapse} {
		if t != nil {
			t.Stop()
		}
	}
}

// leave takes our registration back (§10.2.2) and calls done when that is done, or cannot be.
func (r *registration) leave(done func()) {
	if !r.lane.post(func() {
		r.leaving = done
		r.stopTimers()
		if r.until.IsZero() {
			r.left()
			return
		}
		r.signer.renew()
		r.send(0)
	}) {
		done()
	}
}

func (r *registration) left() {
	if r.leaving == nil {
		return
	}
	done := r.leaving
	r.leaving = func() {}
	r.until = time.Time{}
	r.lane.abandon()
	r.lane.release()
	done()
}

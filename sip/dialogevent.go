package sip

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

const (
	dialogEvent = "dialog"
	// dialogExpires is how long a subscription we ask for: a phone that has started anew, and forgotten it, is asked again
	// after no longer than that.
	dialogExpires = 10 * time.Minute
)

// subscription has a desk's phone tell of its dialogs (RFC 6665 §4.1, RFC 4235), as long as the phone is registered: so a
// handset that is used outside our calls shows as busy. It lives in one lane; each subscription is a dialog of its own in
// it, told from the one before by our tag. What a phone says is forgotten with its subscription: a phone of which nothing
// is known counts as free.
type subscription struct {
	agent *Agent
	desk  dialer.DeskID
	lane  *lane

	// ---
	live     bool // the phone is registered, and takes subscriptions
	dialog   dialog
	routed   bool // the dialog is made: its route set stands (RFC 6665 §4.4.1)
	expires  time.Duration
	raised   bool // by a 423, once for each subscription
	failures int
	said     int // the status that it was given up for, as last logged
	phone    phoneDialogs
	told     bool        // a NOTIFY has come
	timer    *time.Timer // renews, or tries again
	lapse    *time.Timer // ends what was not renewed
	first    *time.Timer // ends what no NOTIFY came of
}

func newSubscription(a *Agent, desk dialer.DeskID) *subscription {
	return &subscription{agent: a, desk: desk, lane: a.lane(a.newCallID())}
}

// phoneCame and phoneWent follow the phone's registration. They do not block.
func (s *subscription) phoneCame() {
	s.lane.post(func() {
		if s.lane.who == nil {
			s.lane.adopt(s)
		}
		s.live, s.failures = true, 0
		s.begin()
	})
}

func (s *subscription) phoneWent() {
	s.lane.post(func() {
		s.live = false
		s.forget()
	})
}

// begin subscribes anew, in a dialog of its own.
func (s *subscription) begin() {
	s.forget()
	p, err := s.agent.phoneOf(context.Background(), s.desk)
	if err != nil || !s.live {
		return // it has gone meanwhile, and will come again
	}
	us := "sip:kakeru@" + s.agent.us
	s.dialog = dialog{
		CallID: s.lane.callID, LocalURI: us, LocalTag: newTag(), RemoteURI: p.uri, CSeq: s.dialog.CSeq, RemoteCSeq: -1,
		Routes: p.path, Target: p.uri, First: p.at, Pinned: p.behind, SentBy: s.agent.us,
	}
	if p.uplink == nil {
		s.dialog.never = s.agent.notForPhones(p.at)
	}
	s.expires, s.raised, s.routed = dialogExpires, false, false
	s.send(p.at)
}

// forget ends what is known, and what is waited for.
func (s *subscription) forget() {
	s.stopTimers()
	s.dialog.LocalTag, s.dialog.RemoteTag = "", ""
	s.phone, s.told = phoneDialogs{}, false
	s.show()
}

func (s *subscription) stopTimers() {
	for _, t := range []*time.Timer{s.timer, s.lapse, s.first} {
		if t != nil {
			t.Stop()
		}
	}
}

// send subscribes, or renews.
func (s *subscription) send(to place) {
	s.dialog.CSeq++
	r := s.dialog.request(sip.SUBSCRIBE, s.dialog.CSeq)
	r.extras = []extra{
		{"Contact", s.agent.contact(to.by)}, {"Event", dialogEvent}, {"Accept", dialogInfoType},
		{"Expires", strconv.Itoa(int(s.expires.Seconds()))}, {"Allow", allowed},
	}
	req, err := r.build()
	if err != nil {
		s.giveUp(0)
		return
	}
	mine := s.dialog.LocalTag
	s.lane.begin(req, to, func(res *sip.Response) {
		if s.dialog.LocalTag == mine && !res.IsProvisional() {
			s.heard(res)
		}
	}, func(error) {
		if s.dialog.LocalTag == mine {
			s.again(0)
		}
	})
}

// renew refreshes the subscription. The phone tells its whole state in return (RFC 6665 §4.1.2.2).
func (s *subscription) renew() {
	s.raised = false
	s.send(s.dialog.next(context.Background()))
}

// heard is RFC 6665 §4.1.2.1 and §4.1.2.2.
func (s *subscription) heard(res *sip.Response) {
	switch status := res.StatusCode; {
	case res.IsSuccess():
		s.granted(res)
	case status == sip.StatusIntervalToBrief && !s.raised && seconds(value(res, "Min-Expires")) > s.expires:
		s.raised, s.expires = true, seconds(value(res, "Min-Expires"))
		s.send(s.dialog.next(context.Background()))
	case status == sip.StatusCallTransactionDoesNotExists && s.routed:
		s.begin() // the phone has started anew, and knows of nothing
	case status == sip.StatusRequestTimeout || status >= 500 && status != sip.StatusNotImplemented:
		s.again(retryAfter(res))
	default:
		s.giveUp(status)
	}
}

// granted takes how long the subscription lasts. What the phone must send now is a NOTIFY: without one there is none
// (§4.1.2.4, timer N).
func (s *subscription) granted(res *sip.Response) {
	if !s.routed {
		s.dialog.learn(res)
		s.routed = true
	} else if tagOf(res) == s.dialog.RemoteTag {
		s.dialog.retarget(res)
	}
	granted := seconds(value(res, "Expires"))
	if granted == 0 {
		s.again(0)
		return
	}
	s.lasts(granted)
	if !s.told {
		s.first = s.lane.after(s.agent.cfg.Timers.whole(), func() { s.again(0) })
	}
}

// lasts is how long the phone lets the subscription stand; never longer than was asked for.
func (s *subscription) lasts(granted time.Duration) {
	granted = max(min(granted, s.expires), time.Second)
	s.stopTimers()
	s.timer = s.lane.after(earlier(granted), s.renew)
	s.lapse = s.lane.after(granted, func() { s.again(0) })
}

// again subscribes anew after a pause, or after what the phone asks for.
func (s *subscription) again(wait time.Duration) {
	s.forget()
	if !s.live {
		return
	}
	pause := min(s.agent.cfg.RegisterRetry<<min(s.failures, 10), longestRetry)
	s.failures++
	s.timer = s.lane.after(max(pause/2+rand.N(pause/2+1), wait), s.begin) //nolint:gosec // chance, no secret
}

// giveUp leaves a phone alone that does not take subscriptions, until it registers again. That is said once.
func (s *subscription) giveUp(status int) {
	s.forget()
	s.live = false
	if s.said != status || status == 0 {
		s.agent.log.Info("sip: a phone tells nothing of calls outside; another profile may fit it", "desk", s.desk, "status", status)
	}
	s.said = status
}

// response implements party: what matches none of our requests.
func (s *subscription) response(*sip.Response) {}

// ack implements party.
func (s *subscription) ack(*sip.Request) {}

// request implements party: the phone's NOTIFY (§4.1.3), which may come before the answer to our SUBSCRIBE.
func (s *subscription) request(req *sip.Request, tx *sip.ServerTx) {
	w := s.answer(req)
	if err := tx.Respond(w.respond(req, s.dialog.LocalTag)); err != nil {
		s.agent.log.Debug("sip: an answer could not be sent", "err", err)
	}
	if w.status == sip.StatusOK {
		s.stands(value(req, "Subscription-State"))
	}
}

// answer reads a NOTIFY.
func (s *subscription) answer(req *sip.Request) answer {
	event, _, _ := strings.Cut(value(req, "Event"), ";")
	switch {
	case req.Method != sip.NOTIFY, !s.mine(req):
		return answer{status: sip.StatusCallTransactionDoesNotExists}
	case !strings.EqualFold(strings.TrimSpace(event), dialogEvent):
		return answer{status: statusBadEvent, extras: []extra{{"Allow-Events", dialogEvent}}}
	case int64(req.CSeq().SeqNo) <= s.dialog.RemoteCSeq:
		return answer{status: sip.StatusInternalServerError, reason: "CSeq out of order"}
	}
	s.dialog.RemoteCSeq = int64(req.CSeq().SeqNo)
	s.dialog.retarget(req)
	if len(req.Body()) == 0 {
		return answer{status: sip.StatusOK}
	}
	if kind, _, _ := strings.Cut(value(req, "Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(kind), dialogInfoType) {
		return answer{status: sip.StatusUnsupportedMediaType, extras: []extra{{"Accept", dialogInfoType}}}
	}
	info, err := readDialogInfo(req.Body())
	if err != nil {
		return answer{status: sip.StatusBadRequest, reason: "Bad dialog-info"}
	}
	missed := s.phone.take(info)
	s.show()
	if missed && s.routed {
		s.renew()
	}
	return answer{status: sip.StatusOK}
}

// mine reports whether a NOTIFY is of the subscription that stands. The first one makes its dialog, whatever the phone's
// tag is (§4.4.1); its route set is what the NOTIFY came by.
func (s *subscription) mine(req *sip.Request) bool {
	ours, _ := req.To().Params.Get("tag")
	theirs, _ := req.From().Params.Get("tag")
	if s.dialog.LocalTag == "" || ours != s.dialog.LocalTag {
		return false
	}
	if s.dialog.RemoteTag == "" {
		s.dialog.RemoteTag, s.dialog.Routes, s.routed = theirs, values(req, "Record-Route"), true
	}
	return theirs == s.dialog.RemoteTag
}

// stands takes what a NOTIFY says of the subscription itself (§4.1.3).
func (s *subscription) stands(state string) {
	word, params, _ := strings.Cut(strings.ToLower(state), ";")
	said := map[string]string{}
	for p := range strings.SplitSeq(params, ";") {
		name, text, _ := strings.Cut(strings.TrimSpace(p), "=")
		said[name] = text
	}
	if strings.TrimSpace(word) != "terminated" {
		s.failures, s.said, s.told = 0, 0, true
		if s.first != nil {
			s.first.Stop()
		}
		if left := said["expires"]; left != "" {
			s.lasts(seconds(left))
		}
		return
	}
	switch said["reason"] {
	case "rejected", "noresource", "invariant":
		s.giveUp(0)
	default:
		wait := time.Duration(0)
		if text := said["retry-after"]; text != "" {
			wait = min(seconds(text), defaultExpires)
		}
		s.again(wait)
	}
}

// show tells the owner when the phone begins or ends to be used outside our calls.
func (s *subscription) show() { s.agent.usedElsewhere(s.desk, s.phone.besides(s.agent.hasCall)) }

// hasCall reports whether a Call-ID is that of a leg of ours, or was until 64·T1 ago.
func (a *Agent) hasCall(callID string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.lanes[callID] != nil
}

// usedElsewhere notes that a desk's phone is used outside our calls, or no longer.
func (a *Agent) usedElsewhere(desk dialer.DeskID, used bool) {
	a.mu.Lock()
	changed := a.used[desk] != used
	a.used[desk] = used
	a.mu.Unlock()
	if !changed {
		return
	}
	a.log.Info("sip: desk phone", "desk", desk, "used_elsewhere", used)
	a.notices.post(func() {
		a.mu.Lock()
		tell := a.elsewhere
		a.mu.Unlock()
		if tell != nil {
			tell(desk, used)
		}
	})
}

// InUseElsewhere implements dialer.Phone.
func (a *Agent) InUseElsewhere(desk dialer.DeskID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used[desk]
}

// OnInUseElsewhere implements dialer.Phone.
func (a *Agent) OnInUseElsewhere(f func(desk dialer.DeskID, used bool)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.elsewhere = f
}

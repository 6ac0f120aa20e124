package sip

import (
	"errors"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// Key presses. Between two far ends that agreed to telephone-event they are packets (RFC 4733), which media passes on. To
// and from one that did not they are INFO requests, as phones and gateways have long sent them (RFC 6086 §2.2: without an
// Info-Package). Which keys they are is never logged and stands in no evidence: they may be a PIN.

const (
	relayType = "application/dtmf-relay" // Signal=5, Duration=160
	plainType = "application/dtmf"       // 5
)

// SendDigits implements dialer.Line.
func (n *line) SendDigits(digits string) { n.press(media.Customer, digits) }

// press presses keys at the far end of a side, in the way it takes them.
func (n *line) press(side media.Side, keys string) {
	switch err := n.bridge.SendDigits(side, keys); {
	case errors.Is(err, media.ErrNoEvents):
		if l := n.legOn(side); l != nil {
			l.lane.post(func() { l.inform(keys) })
		}
	case err != nil:
		n.agent.log.Warn("leg: keys left out", "call", n.id, "side", side, "err", err)
	}
}

// pressed passes a key of a side on to whoever hears that side. One that is held is heard by nobody.
func (n *line) pressed(from media.Side, key byte) {
	if to, ok := n.bridge.HearsOf(from); ok {
		n.press(to, string(key))
	}
}

// passKeys has media tell of the keys whose packets the listener does not take. They are passed on in their order, but not by
// whoever tells of them: that is the relay.
func (n *line) passKeys() {
	n.bridge.OnKey(func(from media.Side, p media.Press) {
		n.customer.lane.post(func() { n.pressed(from, p.Key) })
	})
}

// legOn is the leg whose sound goes by a side; nil when there is none now.
func (n *line) legOn(side media.Side) *leg {
	if side == media.Customer {
		return n.customer
	}
	h := n.desk
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range []*leg{h.winner, h.talk.next, h.talk.aside.leg} {
		if l != nil && l.side == side {
			return l
		}
	}
	return nil
}

// informer sends a leg's keys by INFO, one after the other: the next leaves when the last was answered, and not before its
// tone is over.
type informer struct {
	waiting string
	working bool
	full    bool // said once a call: a far end can press thousands a second
}

// maxInformed is how many keys may wait.
const maxInformed = 64

// inform sends keys by INFO.
func (l *leg) inform(keys string) {
	i := &l.informs
	if len(i.waiting)+len(keys) > maxInformed {
		if !i.full {
			l.lane.agent.log.Warn("leg: keys left out", "call", l.line.id, "leg", l.name, "err", "too many wait")
		}
		i.full = true
		return
	}
	i.waiting += keys
	if !i.working {
		i.working = true
		l.informNext()
	}
}

func (l *leg) informNext() {
	i := &l.informs
	if i.waiting == "" || l.over || l.dropped || l.hungUp || l.dialog.RemoteTag == "" || l.state != legEarly && l.state != legUp {
		i.waiting, i.working = "", false
		return
	}
	l.ask(ask{
		method: sip.INFO, kind: relayType, vital: true,
		body:  fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", i.waiting[0], media.KeyPress.Milliseconds()),
		heard: l.informed, failed: func(err error) { l.informFailed(failure(err)) },
	})
}

// informed takes the answer. Whoever refuses one key refuses all.
func (l *leg) informed(res *sip.Response) {
	i := &l.informs
	switch {
	case !res.IsSuccess():
		l.informFailed(fmt.Sprintf("answered by %d", res.StatusCode))
	case i.waiting != "":
		i.waiting = i.waiting[1:]
		l.later(media.KeyPress+media.KeyPause, l.informNext)
	}
}

func (l *leg) informFailed(why string) {
	l.informs.waiting, l.informs.working = "", false
	l.lane.agent.log.Warn("leg: the far end takes no keys", "call", l.line.id, "leg", l.name, "why", why)
}

// infoed answers an INFO of the far end: a key press is passed on, anything else is not understood (RFC 6086 §4.2.2).
func (l *leg) infoed(req *sip.Request, tx *sip.ServerTx) {
	kind, _, _ := strings.Cut(strings.ToLower(value(req, "Content-Type")), ";")
	var key byte
	switch strings.TrimSpace(kind) {
	case "":
	case relayType, plainType:
		var ok bool
		if key, ok = keyIn(req.Body()); !ok {
			l.reply(req, tx, answer{status: sip.StatusBadRequest, reason: "Bad Request: no key in the body"})
			return
		}
	default:
		l.reply(req, tx, answer{
			status: sip.StatusUnsupportedMediaType, extras: []extra{{"Accept", relayType + ", " + plainType}},
		})
		return
	}
	// Before the answer: whoever reads it may rely on the key having gone to those who heard that side then. A phone set to
	// both ways would press each key twice.
	if key != 0 && !l.over && l.line.bridge.Stats(l.side).EventsIn == 0 {
		l.line.pressed(l.side, key)
	}
	l.reply(req, tx, answer{status: sip.StatusOK})
}

// keyIn reads the key in a body of either type: 0 for none, as in an empty body or for a hook flash.
func keyIn(body []byte) (key byte, ok bool) {
	text := strings.ToUpper(string(body))
	for line := range strings.Lines(text) {
		if name, value, found := strings.Cut(line, "="); found && strings.TrimSpace(name) == "SIGNAL" {
			text = value
			break
		}
	}
	switch text = strings.TrimSpace(text); text {
	case "", "!", "16", "FLASH":
		return 0, true
	case "10": // by the codes of RFC 4733 §3.2
		return '*', true
	case "11":
		return '#', true
	case "12", "13", "14", "15":
		return text[1] - '2' + 'A', true
	}
	if len(text) != 1 || !media.KnownKey(text[0]) {
		return 0, false
	}
	return text[0], true
}

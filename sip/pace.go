package sip

import (
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// What the far end of a dialog may have us do, however it reaches us. By UDP what is remembered of its requests bounds them (openAtOnce); by a connection
// a request is over as soon as it is answered, and nothing else would.

// What it may ask within a dialog: keys by INFO are some ten a second at most, all else is rare.
const (
	requestRate  = 20
	requestBurst = 60
)

// What it may have us connect to, by a Contact or a route: whoever names ever other places would have us look for open ports, wherever we can reach.
const (
	dialRate  = 1
	dialBurst = 8
)

// How often it is said that such a place could not be connected to.
const (
	noLinkRate  = 1.0 / 10
	noLinkBurst = 20
)

// mostOpen is how many requests of ours may wait for their answers in a dialog for the far end to have us send more by REFER.
const mostOpen = 16

// errTooManyDials is what comes of naming too many places.
const errTooManyDials = noStream("its far end has named too many places to connect to")

// tooOften reports whether the far end asks more than anybody does.
func (l *lane) tooOften() bool {
	now := l.agent.cfg.Now()
	if l.asks == nil {
		l.asks = &bucket{requestBurst, now}
	}
	l.asks.fill(now, requestRate, requestBurst)
	return !l.asks.take()
}

// busy is how an answer says that the same may be asked a second later.
func busy() answer {
	return answer{status: sip.StatusServiceUnavailable, extras: []extra{{"Retry-After", "1"}}}
}

// unanswered is how many requests of ours have no final answer yet.
func (l *lane) unanswered() int {
	n := 0
	for _, x := range l.sent {
		if x.final == 0 {
			n++
		}
	}
	return n
}

// namer is who has us write to a place, as far as connections are counted by it: a dialog by its requests, an address by what it asks to be answered. Each
// request of a stranger's has the Call-ID it likes.
type namer struct {
	callID string
	at     netip.Addr
}

func (h hop) namer(m sip.Message) namer {
	if _, ok := m.(*sip.Request); ok {
		return namer{callID: value(m, "Call-ID")}
	}
	return namer{at: h.to.Addr()}
}

// noLink is what is left of the lines about places that far ends have named.
type noLink struct {
	may     bucket
	leftOut int
}

// says reports whether there may be another line, and how many were left out before it.
func (n *noLink) says(now time.Time) (leftOut int, ok bool) {
	n.may.fill(now, noLinkRate, noLinkBurst)
	if !n.may.take() {
		n.leftOut++
		return 0, false
	}
	leftOut, n.leftOut = n.leftOut, 0
	return leftOut, true
}

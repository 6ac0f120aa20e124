package sip

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// atOnce is how soon a refusal must come for the far end not to have rung: DOMAIN's "immediate".
const atOnce = 5 * time.Second

// routeTrouble are the Q.850 causes that speak of the route, not of the number.
var routeTrouble = []int{27, 34, 38, 41, 42, 47}

// mayReroute: a refusal that came at once, before anything rang, and speaks of the route.
func (l *leg) mayReroute(res *sip.Response) bool {
	server := res.StatusCode >= 500 && res.StatusCode < 600
	trouble := server || slices.Contains(routeTrouble, q850(values(res, "Reason")))
	if server && l.gate != nil && !l.rang() { // once it rang, who was called may have said it, and that closes no trunk
		l.lane.agent.uplink(l.trunk).close(l.dialog.First, res)
	}
	return trouble && l.canReroute() && l.lane.agent.passed(l.sentAt) <= atOnce
}

func (l *leg) canReroute() bool {
	return len(l.ways) > 0 && !l.dropped && !l.over && !l.rang()
}

// reroute sends the INVITE by the next way: the same leg, Call-ID and From tag, a CSeq and a branch that were fixed for it
// before anything was sent. It is told before it is done.
func (l *leg) reroute(ev dialer.Evidence) {
	l.state = legReady
	l.toTrunk()
	l.tell(dialer.LegNote, ev)
	if l.sendInvite() {
		l.note(dialer.EvInvite, "trunk "+l.trunk)
	}
}

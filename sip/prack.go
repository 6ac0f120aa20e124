package sip

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// supportedTags are the extensions that we know: 100rel (RFC 3262), session timers (RFC 4028), Replaces (RFC 3891). supported
// is our Supported.
var (
	supportedTags = []string{"100rel", "timer", "replaces"}
	supported     = strings.Join(supportedTags, ", ")
)

// rseqOf is the number of a provisional response that is sent reliably (RFC 3262 §7.1); 0 for one that is not.
func rseqOf(res *sip.Response) uint32 {
	if res.StatusCode <= 100 || !hasTag(optionTags(res, "Require"), "100rel") {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimSpace(value(res, "RSeq")), 10, 32)
	if err != nil || n == 0 {
		return 0
	}
	return uint32(n)
}

// mostPracks is how many reliable provisional responses to one INVITE are acknowledged: a phone sends a handful. Each PRACK is repeated, and
// goes where the response says.
const mostPracks = 4 * mostForks

// acknowledge sends the PRACK of a reliable provisional response, in the early dialog that it makes (§4). False means that
// it is a repetition, came out of order, or is of more dialogs than anybody has: then it says nothing.
func (l *leg) acknowledge(res *sip.Response) bool {
	n := rseqOf(res)
	if n == 0 {
		return true
	}
	tag := tagOf(res)
	last, known := l.rseqs[tag]
	if known && n != last+1 || !known && len(l.rseqs) >= mostForks || l.pracks >= mostPracks {
		return false
	}
	if l.rseqs == nil {
		l.rseqs = map[string]uint32{}
	}
	l.rseqs[tag] = n
	l.pracks++
	early := l.dialog
	early.learn(res)
	// Whatever becomes of it, the INVITE's own answer decides: a far end that heard nothing repeats itself, or gives up.
	l.ask(ask{method: sip.PRACK, in: &early, extras: []extra{{"RAck", fmt.Sprintf("%d %d INVITE", n, res.CSeq().SeqNo)}}})
	return true
}

// reliably repeats our ringing until the caller has acknowledged it: one that requires that (§3). Without its PRACK the call
// is refused.
type reliably struct {
	rseq  uint32
	res   *sip.Response
	since time.Time
	pause time.Duration
	acked bool
}

// ringReliably sends a 180 so.
func (l *leg) ringReliably(w answer) {
	s := l.summons
	s.reliable = &reliably{rseq: 1 + rand.Uint32N(1<<30), since: time.Now(), pause: l.lane.agent.cfg.Timers.T1}
	w.extras = append(w.extras, extra{"Require", "100rel"}, extra{"RSeq", strconv.FormatUint(uint64(s.reliable.rseq), 10)})
	s.reliable.res = l.reply(s.req, s.tx, w)
	l.later(s.reliable.pause, l.repeatRinging)
}

func (l *leg) repeatRinging() {
	r := l.summons.reliable
	switch {
	case r.acked || l.summons.done || l.over:
	case time.Since(r.since) >= l.lane.agent.cfg.Timers.whole():
		l.refuseCaller(answer{status: 504, reason: "Server Time-out: no PRACK came"})
	default:
		if err := l.summons.tx.Respond(r.res); err != nil {
			l.lane.agent.log.Debug("leg: a 180 could not be repeated", "call", l.line.id, "err", err)
		}
		r.pause *= 2
		l.later(r.pause, l.repeatRinging)
	}
}

// pracked takes the caller's PRACK (§3): 481 where it matches no ringing of ours.
func (l *leg) pracked(req *sip.Request, tx *sip.ServerTx) {
	var rseq, cseq uint32
	var method string
	_, err := fmt.Sscanf(value(req, "RAck"), "%d %d %s", &rseq, &cseq, &method)
	s := l.summons
	if err != nil || s == nil || s.reliable == nil || rseq != s.reliable.rseq || cseq != s.cseq() || method != "INVITE" {
		l.reply(req, tx, answer{status: sip.StatusCallTransactionDoesNotExists})
		return
	}
	s.reliable.acked = true
	w := answer{status: sip.StatusOK}
	if offer := sdpOf(req); offer != nil { // their second offer, before our answer: it can wait for a re-INVITE
		w = answer{status: sip.StatusNotAcceptableHere}
	}
	l.reply(req, tx, w)
}

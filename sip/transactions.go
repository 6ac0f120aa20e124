package sip

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// exchange is one client transaction of ours. The library's transaction retransmits the request (timers A, E) and gives
// up (B, F); what comes back is read here, in the order of its arrival (RFC 3261 §17.1).
type exchange struct {
	lane    *lane
	key     string
	req     *sip.Request
	to      place
	instead place // where it goes when no connection can be opened to there; zero for nowhere
	tx      *sip.ClientTx
	since   time.Time
	final   int     // status of the final response; 0 before, -1 when there will be none
	unsent  error   // why its very first sending failed: the far end cannot have got it; nil if it did not
	early   bool    // a provisional response has come
	rings   *moment // since when it asks for a person to be rung, who must not be once nobody waits for them; nil for none

	heard  func(res *sip.Response) // each response; a 2xx to an INVITE again for each of its retransmissions
	failed func(err error)         // no final response came, or the request could not be sent
}

// begin sends a request in a transaction of its own. It belongs to the lane's functions, as do both callbacks.
func (l *lane) begin(req *sip.Request, to place, heard func(*sip.Response), failed func(error)) *exchange {
	return l.start(&exchange{lane: l, req: req, to: to, heard: heard, failed: failed})
}

// start is begin of an exchange that is made.
func (l *lane) start(x *exchange) *exchange {
	x.key, _ = sip.ClientTxKeyMake(x.req) // never fails: every request of ours has a Via with branch, and a CSeq
	if l.sent == nil {
		l.sent = map[string]*exchange{}
	}
	l.sent[x.key] = x
	if l.agent.tooLarge(x.req, x.to) {
		x.instead = x.to
		x.to.by = overTCP
	}
	x.send()
	return x
}

// send starts the library's transaction.
func (x *exchange) send() {
	l := x.lane
	carry(x.req, x.to.by)
	var tx *sip.ClientTx
	lost := func(err error) { l.post(func() { x.lost(tx, err) }) }
	tx = sip.NewClientTx(x.key, x.req, hop{agent: l.agent, to: x.to, lost: lost, stale: x.stale(), late: x.late()}, libraryLog(l.agent.log))
	x.tx, x.since = tx, time.Now()
	tx.OnTerminate(func(_ string, err error) { l.post(func() { x.ended(tx, err) }) })
	x.early = false
	if err := tx.Init(); err != nil {
		x.lost(tx, err)
	}
}

// lost is told that the request could not leave. One that was to go by TCP only for its size leaves by UDP then (§18.1.1).
func (x *exchange) lost(tx *sip.ClientTx, err error) {
	if x.final != 0 || x.tx != tx {
		return
	}
	if x.instead.IsValid() && !x.isLate() {
		x.to, x.instead = x.instead, place{}
		x.send()
	} else {
		x.unsent = err
	}
	tx.Terminate()
}

// proceed has the transaction know of its first provisional response, which ends or slows its retransmissions; the others
// would change nothing. It waits for somebody to take what it is given: we have read it already.
func (x *exchange) proceed(res *sip.Response) {
	if x.early {
		return
	}
	tx := x.tx
	x.early = x.lane.agent.crew.start(func() {
		select {
		case <-tx.Responses():
		case <-tx.Done():
		}
	})
	if x.early {
		tx.Receive(res)
	}
}

// ended is told that the library's transaction is over. If no final response ended it, it has failed.
func (x *exchange) ended(tx *sip.ClientTx, err error) {
	if x.final != 0 || x.tx != tx {
		return
	}
	if x.to.by.reliable() && isTimeout(err) {
		x.lane.agent.streams.doubt(x.to, x.since)
	}
	x.final = -1
	if x.req.Method == sip.NOTIFY {
		delete(x.lane.sent, x.key) // nobody waits for a late answer, and a phone may never give any
	}
	x.failed(orElse(x.unsent, err))
}

// end stops the retransmissions and the wait. A late response is still heard, while the lane remembers the exchange.
func (x *exchange) end() {
	if x.final == 0 {
		x.final = -1
	}
	x.tx.Terminate()
}

// takeResponse finds what a response answers (RFC 3261 §17.1.3, §18.1.2).
func (l *lane) takeResponse(res *sip.Response) {
	via, cseq := res.Via(), res.CSeq()
	if via == nil || cseq == nil || len(res.GetHeaders("via")) != 1 {
		return // not for us: RFC 3261 §8.1.3.3
	}
	key, err := sip.ClientTxKeyMake(res)
	if err != nil {
		return
	}
	x := l.sent[key]
	switch {
	case x != nil:
		x.take(res)
	case l.who != nil:
		l.who.response(res)
	case l.agent.isOurs(via):
		l.strayResponse(res)
	}
}

func (x *exchange) take(res *sip.Response) {
	if res.IsProvisional() {
		if x.final == 0 {
			x.proceed(res)
		}
		if x.final <= 0 {
			x.heard(res)
		}
		return
	}
	first := x.final <= 0
	if first {
		x.final = res.StatusCode
		x.tx.Terminate()
	}
	if !x.req.IsInvite() {
		delete(x.lane.sent, x.key)
		if first {
			x.heard(res)
		}
		return
	}
	if res.StatusCode >= 300 {
		// Each retransmission is acknowledged again: our ACK was lost (§17.1.1.2).
		x.lane.agent.send(ackRefusal(x.req, res), x.to)
	}
	if first || res.StatusCode < 300 {
		x.heard(res)
	}
}

// takeRequest absorbs retransmissions and hands what is new to the party, or to the stranger's desk (RFC 3261 §17.2.3).
func (l *lane) takeRequest(req *sip.Request) {
	fault := faultOf(req)
	if fault != nil && req.IsAck() {
		return
	}
	if fault != nil {
		l.agent.refuse(req, *fault)
		return
	}
	key := serverKey(req)
	if tx := l.got[key]; tx != nil {
		l.again(tx, req)
		return
	}
	switch {
	case l.who == nil:
		l.strayRequest(req)
	case req.IsAck():
		l.who.ack(req)
	case req.IsCancel():
		l.takeCancel(req)
	default:
		l.takeNew(req, key)
	}
}

// takeNew hands a request to the party. What is of no dialog of a call is not remembered: whoever knows a Call-ID could fill what is.
func (l *lane) takeNew(req *sip.Request, key string) {
	call, _ := l.who.(*leg)
	if call != nil {
		if no := call.outside(req); no != nil {
			l.agent.refuse(req, *no)
			return
		}
	}
	if hangsUp := call != nil && !call.over && req.Method == sip.BYE; !hangsUp && (len(l.got) >= openAtOnce || l.tooOften()) {
		l.agent.refuse(req, busy())
		return
	}
	l.who.request(req, l.open(req, key))
}

// openAtOnce is how many requests of a far end one call remembers in order to repeat its answers, each for 64·T1. A call
// has a handful; who sends hundreds is refused without our remembering more, and who sends them fast is by any transport (pace.go). It can always hang up.
const openAtOnce = 256

// serverKey tells transactions of theirs apart (§17.2.3). Who speaks RFC 2543 may send neither a branch nor a tag, and then
// it is the rest of what identifies a request.
func serverKey(req *sip.Request) string {
	key, err := sip.ServerTxKeyMake(req)
	if err != nil {
		key = strings.Join([]string{value(req, "Via"), value(req, "From"), value(req, "Call-ID"), value(req, "CSeq")}, "__")
	}
	return key
}

// again passes a retransmission to its transaction, which repeats its answer.
func (l *lane) again(tx *sip.ServerTx, req *sip.Request) {
	if err := tx.Receive(req); err != nil {
		l.agent.log.Debug("a repeated request was not taken", "err", err)
	}
	if w, ok := l.who.(*leg); ok {
		w.repeatTo(tx)
	}
}

// open starts the server transaction of a request.
func (l *lane) open(req *sip.Request, key string) *sip.ServerTx {
	tx := sip.NewServerTx(key, req, hop{agent: l.agent, to: answerAddress(req), or: otherAddress(req)}, libraryLog(l.agent.log))
	if l.got == nil {
		l.got = map[string]*sip.ServerTx{}
	}
	l.got[key] = tx
	l.hold()
	tx.OnTerminate(func(string, error) {
		if !l.post(func() { l.done(key) }) {
			l.release()
		}
	})
	_ = tx.Init() // never fails: it only starts timers
	return tx
}

// done forgets a server transaction.
func (l *lane) done(key string) {
	if delete(l.got, key); len(l.got) == 0 {
		l.got = nil
	}
	l.release()
}

// takeCancel answers a CANCEL: 200 where its INVITE is known, else 481. Only an INVITE that has no final answer yet is
// ended by it; one that has is not affected (§9.2).
func (l *lane) takeCancel(cancel *sip.Request) {
	branch := branchOf(cancel.Via())
	of := slices.IndexFunc(l.invites(), func(tx *sip.ServerTx) bool {
		return branchOf(tx.Origin().Via()) == branch
	})
	if of < 0 {
		l.agent.refuse(cancel, answer{status: sip.StatusCallTransactionDoesNotExists})
		return
	}
	who, ok := l.who.(*leg)
	if !ok || who.summons == nil {
		l.agent.refuse(cancel, answer{status: sip.StatusOK})
		return
	}
	l.agent.send(answer{status: sip.StatusOK}.respond(cancel, who.dialog.LocalTag), answerAddress(cancel))
	if branchOf(who.summons.req.Via()) == branch {
		who.cancelledByCaller(cancel)
	}
}

func (l *lane) invites() []*sip.ServerTx {
	var found []*sip.ServerTx
	for _, tx := range l.got {
		if tx.Origin().IsInvite() {
			found = append(found, tx)
		}
	}
	return found
}

func libraryLog(log *slog.Logger) *slog.Logger { return slog.New(unsaid{log}) }

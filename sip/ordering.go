package sip

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// crew counts the agent's goroutines and takes no more once it is dismissed. One that is done waits for more work for as
// long as few do: a goroutine that is new has its stack to grow first, and a lane needs one for every message.
type crew struct {
	mu        sync.RWMutex
	dismissed bool
	work      sync.WaitGroup
	next      chan func() // to whoever waits; without one nobody does
	idle      atomic.Int32
}

// idleAtMost is how many wait for work.
const idleAtMost = 32

// start runs f, unless the crew is dismissed.
func (c *crew) start(f func()) bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.dismissed {
		return false
	}
	select {
	case c.next <- f:
	default:
		c.work.Go(func() { c.serve(f) })
	}
	return true
}

// serve runs f, and what comes next.
func (c *crew) serve(f func()) {
	for ok := true; ok; {
		f()
		if c.idle.Add(1) > idleAtMost || c.next == nil {
			c.idle.Add(-1)
			return
		}
		f, ok = <-c.next
		c.idle.Add(-1)
	}
}

// dismiss takes no new work and waits for what runs.
func (c *crew) dismiss() {
	c.mu.Lock()
	if !c.dismissed && c.next != nil {
		close(c.next)
	}
	c.dismissed = true
	c.mu.Unlock()
	c.work.Wait()
}

// serial runs functions one after another in the order they were posted. Its goroutine lives only while there is work.
type serial struct {
	crew *crew

	mu      sync.Mutex
	waiting []func()
	running bool
}

// post never blocks. It is false when the agent has stopped: f will not run.
func (s *serial) post(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.running {
		if !s.crew.start(s.run) {
			return false
		}
		s.running = true
	}
	s.waiting = append(s.waiting, f)
	return true
}

func (s *serial) run() {
	for {
		s.mu.Lock()
		if len(s.waiting) == 0 {
			s.running, s.waiting = false, nil // what has run is not held any more
			s.mu.Unlock()
			return
		}
		f := s.waiting[0]
		s.waiting[0] = nil
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
		f()
	}
}

// party is whoever answers for a Call-ID: a leg, or what ends a leg of a dead process, or a question to a phone.
type party interface {
	// response takes a response that belongs to none of the lane's exchanges.
	response(res *sip.Response)
	// request takes a request that is no retransmission. It must be answered by tx.
	request(req *sip.Request, tx *sip.ServerTx)
	// ack takes the ACK of a 2xx.
	ack(req *sip.Request)
}

// lane handles everything that carries one Call-ID, in the order of its arrival: messages, timers, wishes. The transport
// hands messages over in order, so what a far end sends back to back is never overtaken here. All fields but serial
// belong to the functions posted to it.
type lane struct {
	serial

	agent  *Agent
	callID string
	holds  int  // guarded by agent.mu; the lane is dropped at 0
	owned  bool // guarded by agent.mu: who is somebody

	who  party                    // nil for strangers
	sent map[string]*exchange     // our requests, by transaction key; nil before the first
	got  map[string]*sip.ServerTx // theirs; nil before the first
	asks *bucket                  // what is left of what may be asked within the dialog; nil before the first
}

// lane returns the lane of a Call-ID and holds it: release it.
func (a *Agent) lane(callID string) *lane {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := a.lanes[callID]
	if l == nil {
		l = &lane{agent: a, callID: callID}
		l.crew = &a.crew
		a.lanes[callID] = l
	}
	l.holds++
	return l
}

// hold keeps a lane that is held already.
func (l *lane) hold() {
	l.agent.mu.Lock()
	defer l.agent.mu.Unlock()
	l.holds++
}

// release drops the lane when nobody holds it any more.
func (l *lane) release() {
	l.agent.mu.Lock()
	defer l.agent.mu.Unlock()
	if l.holds--; l.holds == 0 {
		l.agent.dropLane(l.callID)
	}
}

// manyLanes is from how many on a table that has become empty is thrown away: one that has grown never shrinks.
const manyLanes = 1024

// dropLane needs a.mu.
func (a *Agent) dropLane(callID string) {
	a.mostLanes = max(a.mostLanes, len(a.lanes))
	delete(a.lanes, callID)
	if len(a.lanes) == 0 && a.mostLanes > manyLanes {
		a.lanes, a.mostLanes = map[string]*lane{}, 0
	}
}

// after posts f when d has passed, unless the timer was stopped. Whoever owns it must hold the lane.
func (l *lane) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { l.post(f) })
}

// adopt makes p the lane's party until abandon.
func (l *lane) adopt(p party) {
	l.who = p
	l.hold()
	l.own(true)
}

// own tells those who do not run on the lane whether it is anybody's.
func (l *lane) own(is bool) {
	l.agent.mu.Lock()
	defer l.agent.mu.Unlock()
	l.owned = is
}

// abandon forgets the party and all its transactions.
func (l *lane) abandon() {
	if l.who == nil {
		return
	}
	l.who = nil
	l.own(false)
	l.endTransactions()
	l.release()
}

func (l *lane) endTransactions() {
	for _, x := range l.sent {
		x.end()
	}
	l.sent = nil
	for _, tx := range l.got {
		tx.Terminate()
	}
}

// receive is called by the transport for each message, one at a time: it must not block. data is the message as it came, and
// the transport's again afterwards.
func (a *Agent) receive(m sip.Message, data []byte) {
	id := m.CallID()
	if id == nil {
		return
	}
	l := a.lane(string(*id))
	text := a.ladders.copied(l.callID, data)
	posted := l.post(func() {
		defer l.release()
		a.ladders.came(m, text)
		switch m := m.(type) {
		case *sip.Request:
			l.takeRequest(m)
		case *sip.Response:
			l.takeResponse(m)
		}
	})
	if !posted {
		l.release()
	}
}

package sip

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

// lossy is a bad network of ours: of what passes it loses some, doubles some, and holds each up for another time, so that
// messages overtake each other.
type lossy struct {
	near, far *net.UDPConn // the agent speaks to near; far speaks to the far end
	agent     netip.AddrPort
	peer      netip.AddrPort

	mu                           sync.Mutex
	dice                         *rand.Rand
	passed, lost, doubled, swaps int
	latest                       [2]time.Time // by direction: when the latest to be sent leaves
}

// lossyTimers are for a network on which an answer takes 50 ms, and 100 at worst.
var lossyTimers = Timers{T1: 50 * time.Millisecond, T2: 200 * time.Millisecond, T4: 250 * time.Millisecond}

const (
	lossyLost    = 0.05
	lossyDoubled = 0.05
	lossyJitter  = 50 * time.Millisecond
)

// newLossy stands between the agent at an address and a far end.
func newLossy(t *testing.T, far netip.AddrPort, seed uint64) *lossy {
	t.Helper()
	n := &lossy{peer: far, dice: rand.New(rand.NewPCG(seed, 4475))} //nolint:gosec // a network, no secret
	for _, c := range []**net.UDPConn{&n.near, &n.far} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadBuffer(4 << 20); err != nil {
			t.Fatal(err)
		}
		*c = conn
	}
	return n
}

// carry begins to pass messages, until the test ends.
func (n *lossy) carry(t *testing.T, agent netip.AddrPort) {
	n.agent = agent
	done := make(chan struct{}, 2)
	go n.pass(0, n.near, n.far, n.peer, done)
	go n.pass(1, n.far, n.near, n.agent, done)
	t.Cleanup(func() {
		_ = n.near.Close()
		_ = n.far.Close()
		<-done
		<-done
	})
}

func (n *lossy) pass(way int, in, out *net.UDPConn, to netip.AddrPort, done chan<- struct{}) {
	defer func() { done <- struct{}{} }()
	buf := make([]byte, 65535)
	for {
		size, err := in.Read(buf)
		if err != nil {
			return
		}
		for _, delay := range n.fate(way) {
			text := append([]byte(nil), buf[:size]...)
			time.AfterFunc(delay, func() { _, _ = out.WriteToUDPAddrPort(text, to) })
		}
	}
}

// fate is when a message leaves, and how often.
func (n *lossy) fate(way int) []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	copies := 1
	switch roll := n.dice.Float64(); {
	case roll < lossyLost:
		n.lost++
		return nil
	case roll < lossyLost+lossyDoubled:
		n.doubled++
		copies = 2
	}
	all := make([]time.Duration, copies)
	for i := range all {
		all[i] = time.Duration(n.dice.Int64N(int64(lossyJitter)))
		leaves := time.Now().Add(all[i])
		if leaves.Before(n.latest[way]) {
			n.swaps++
		} else {
			n.latest[way] = leaves
		}
	}
	n.passed++
	return all
}

func (n *lossy) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return fmt.Sprintf("%d passed, %d lost, %d doubled, %d overtaken", n.passed, n.lost, n.doubled, n.swaps)
}

// lossyCall is what happens in one call: what the far end does, and when we hang up.
type lossyCall struct {
	name string
	plan farPlan
	drop string // "answered", "ringing", or "" for never
	wait time.Duration
}

func lossyCalls(dice *rand.Rand) lossyCall {
	some := func() time.Duration { return time.Duration(dice.Int64N(int64(3 * lossyJitter))) }
	return []lossyCall{
		{"we hang up", farPlan{status: 200, after: some()}, "answered", some()},
		{"they hang up", farPlan{status: 200, after: some(), hangsUp: true}, "", 0},
		{"both hang up", farPlan{status: 200, after: some(), hangsUp: true}, "answered", some() / 3},
		{"nobody answers", farPlan{}, "ringing", some()},
		{"busy", farPlan{status: 486, after: some()}, "", 0},
		{"the answer crosses our CANCEL", farPlan{status: 200, after: some()}, "ringing", some()},
		{"they offer anew, and hang up", farPlan{status: 200, after: some(), changes: true, hangsUp: true}, "", 0},
		{"they offer anew as we hang up", farPlan{status: 200, after: some(), changes: true}, "answered", some()},
		{"we change our mind at once", farPlan{status: 200, after: some()}, "sent", some() / 3},
	}[dice.IntN(9)]
}

// Over a network that loses, doubles and swaps, every call ends on both sides.
func TestEveryCallEndsOverALossyNetwork(t *testing.T) {
	calls, at := 80, 16 // no more at once than a slow machine carries: the network shall be bad, not crowded
	if os.Getenv("KAKERU_LONG") != "" {
		calls, at = 2000, 32
	}
	var (
		ends [2]*farEnd
		nets [2]*lossy
	)
	for i := range ends {
		ends[i] = newFarEnd(t, lossyTimers)
		nets[i] = newLossy(t, localAddr(ends[i].conn), uint64(i+1)) //nolint:gosec // 1 and 2
		ends[i].contact = localAddr(nets[i].near)
		ends[i].run(t)
	}
	r := newRig(t, func(c *Config) {
		c.Timers = lossyTimers
		c.Desks[0].URI = "sip:201@" + localAddr(nets[0].near).String()
		c.Trunks = []Trunk{labTrunk(localAddr(nets[1].near))}
	})
	for _, n := range nets {
		n.carry(t, r.Addr())
	}
	var (
		work    sync.WaitGroup
		next    = make(chan uint64)
		outcome sync.Map
	)
	for range at {
		work.Go(func() {
			for seed := range next {
				r.lossyCall(t, ends, rand.New(rand.NewPCG(seed, 1)), &outcome) //nolint:gosec // as above
			}
		})
	}
	for i := range calls {
		next <- uint64(i) //nolint:gosec // a count
	}
	close(next)
	work.Wait()

	eventually(t, "we hold no dialog any more", func() bool { return len(r.allLanes()) == 0 })
	for i, name := range []string{"desk", "customer"} {
		var ghosts []string
		if !polled(func() bool { ghosts = ends[i].open(); return len(ghosts) == 0 }) {
			t.Errorf("%s: calls that we have forgotten: %v", name, ghosts)
		}
		if faults := ends[i].faults(); faults != "" {
			t.Errorf("%s: %s", name, faults)
		}
		t.Logf("the %ss' network: %v", name, nets[i])
		if nets[i].lost == 0 || nets[i].doubled == 0 || nets[i].swaps == 0 {
			t.Error("the network was a good one: nothing was proven")
		}
		if ends[i].changed == 0 {
			t.Error("no offer was taken within a call")
		}
	}
	outcome.Range(func(name, n any) bool { t.Logf("%v: %v legs", name, n); return true })
}

// lossyCall makes one call: both legs, each with a fate of its own.
func (r *rig) lossyCall(t *testing.T, ends [2]*farEnd, dice *rand.Rand, outcome *sync.Map) {
	n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "c", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer n.Close()
	var both sync.WaitGroup
	for i, l := range []dialer.Leg{n.Desk(), n.Customer()} {
		c := lossyCalls(dice)
		ends[i].expect(l.Handle().SIPCallID, c.plan)
		both.Go(func() { c.watch(t, l, outcome) })
	}
	both.Wait()
}

// watch dials a leg, drops it when the call says so, and checks its facts: one gone, the last.
func (c lossyCall) watch(t *testing.T, l dialer.Leg, outcome *sync.Map) {
	var kinds []string
	drop := func(when string) {
		if c.drop == when {
			time.AfterFunc(c.wait, l.Drop)
		}
	}
	l.Dial()
	drop("sent")
	gone, limit := 0, time.After(patience)
	for {
		select {
		case f, ok := <-l.Facts():
			if !ok {
				if gone != 1 || kinds[len(kinds)-1] != string(dialer.LegIsGone) {
					t.Errorf("%s: %v", c.name, kinds)
				}
				count, _ := outcome.LoadOrStore(c.name, new(tallied))
				count.(*tallied).add()
				return
			}
			kinds = append(kinds, string(f.Kind))
			switch f.Kind {
			case dialer.LegIsGone:
				gone++
			case dialer.LegRinging:
				drop("ringing")
			case dialer.LegAnswered:
				l.Confirm()
				drop("answered")
				drop("ringing") // the 180 was lost
			default:
			}
		case <-limit:
			t.Errorf("%s: no end after %v", c.name, kinds)
			return
		}
	}
}

// tallied counts.
type tallied struct {
	mu sync.Mutex
	n  int
}

func (c *tallied) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *tallied) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.n)
}

package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// descriptors is how many files this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(open)
}

func TestPollersComeWithTheFirstBridgeAndGoWithTheLast(t *testing.T) {
	pool, before := newPool(t), descriptors(t)
	for range 3 {
		var all []*Bridge
		for range 5 {
			b, err := pool.NewBridge()
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, b)
		}
		if len(pool.pollers) != 1 {
			t.Errorf("%d pollers for 5 bridges", len(pool.pollers))
		}
		for _, b := range all {
			b.Close()
			b.Close()
		}
		if len(pool.pollers) != 0 {
			t.Errorf("%d pollers for none", len(pool.pollers))
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d files open, %d before", after, before)
	}
}

func TestAFullPollerIsFollowedByAnother(t *testing.T) {
	pool := newPool(t)
	first, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	pool.pollers[0].bridges += perPoller - 1 // as if it were full
	second, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	if len(pool.pollers) != 2 || second.poller == first.poller {
		t.Errorf("%d pollers", len(pool.pollers))
	}
	second.Close()
	pool.pollers[0].bridges -= perPoller - 1
	if len(pool.pollers) != 1 || first.poller != pool.pollers[0] {
		t.Errorf("%d pollers left", len(pool.pollers))
	}
}

// TestManyPacketsAreLetGather sends so many that the poller changes its ways, and then none. All of them arrive.
func TestManyPacketsAreLetGather(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	gathers := func() bool {
		b.poller.mu.Lock()
		defer b.poller.mu.Unlock()
		return b.poller.gathers
	}
	desk.send(0, []byte{0})
	customer.receive()
	if gathers() {
		t.Error("gathers when there is nothing to gather")
	}
	sent := 1
	for limit := time.Now().Add(patience); !gathers() && time.Now().Before(limit); {
		const burst = 16 // what any socket has room for
		for i := range burst {
			desk.send(0, []byte{byte(i)})
		}
		for i := range burst {
			if got := customer.receive(); got.Payload[0] != byte(i) {
				t.Fatalf("packet %d came as number %d", got.Payload[0], i)
			}
		}
		sent += burst
	}
	until(t, "back to its first way", func() bool { return !gathers() })
	desk.send(0, []byte{1})
	customer.receive()
	if s := b.Stats(Customer); s.PacketsOut != uint64(sent)+1 {
		t.Errorf("%d packets sent on, %d came", s.PacketsOut, sent+1)
	}
}

// TestWhoWakesAPoller drives one by hand: of few packets each does, of many none.
func TestWhoWakesAPoller(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.over = true; p.run() })
	s, err := openSocket(netip.AddrPortFrom(loopback, 44030))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := p.add(s); err != nil {
		t.Fatal(err)
	}
	defer p.remove(s)
	to := newSockaddr(netip.AddrPortFrom(loopback, 44030))
	if err := s.send([]byte{1}, &to); err != nil { // nobody reads it
		t.Fatal(err)
	}
	p.until = unix.NsecToTimespec(int64(patience))
	start := time.Now()
	if p.wait(); time.Since(start) >= patience {
		t.Error("a packet ends no wait")
	}
	p.gathers = true
	gathered := false
	for range 20 { // a signal may end it early, a packet may not
		p.until = unix.NsecToTimespec(int64(gather))
		start = time.Now()
		p.wait()
		gathered = gathered || time.Since(start) >= gather
	}
	if !gathered {
		t.Error("a packet ends the gathering")
	}
	// What is not read dry is not waited for.
	p.beats = []*beat{{due: start.Add(time.Hour)}}
	p.decide(time.Now(), false)
	if p.until.Nano() != 0 {
		t.Errorf("rests for %v", time.Duration(p.until.Nano()))
	}
}

// TestAWaitingPollerHoldsNobodyUp has the garbage collected, and others compute, while one waits for packets: the scheduler
// knows nothing of its waiting.
func TestAWaitingPollerHoldsNobodyUp(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	b, err := newPool(t).NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	until(t, "it waits", func() bool { return runtime.GOMAXPROCS(0) == before+1 })
	collected := make(chan struct{})
	go func() {
		defer close(collected)
		for range 50 {
			runtime.GC()
		}
	}()
	select {
	case <-collected:
	case <-time.After(50*longestWait - time.Second):
		t.Error("each collection waits until the poller does not")
		<-collected
	}
	b.Close()
	if n := runtime.GOMAXPROCS(0); n != before {
		t.Errorf("%d processors after the last bridge, %d before the first", n, before)
	}
}

// TestAFloodKeepsNobodyWaiting has a stranger send without end to one call while another one talks.
func TestAFloodKeepsNobodyWaiting(t *testing.T) {
	pool := newPool(t)
	flooded, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	defer flooded.Close()
	b, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	desk, customer, victim := newPeer(t), newPeer(t), newPeer(t)
	victim.join(flooded, Desk, "0")
	desk.join(b, Desk, "0")
	customer.join(b, Customer, "0")
	b.Connect()
	var over atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(victim.to.RTP))
		if err != nil {
			t.Error(err)
			return
		}
		defer stranger.Close()
		for packet := make([]byte, rtpHeaderSize); !over.Load(); {
			_, _ = stranger.Write(packet)
		}
	}()
	until(t, "the flood has begun", func() bool { return flooded.Stats(Desk).Strangers > 1000 })
	for i := range 50 {
		hears(t, desk, customer, byte(i))
		hears(t, customer, desk, byte(i))
	}
	over.Store(true)
	<-ended
	if s := b.Stats(Desk); s.PacketsIn != 50 || s.PacketsOut != 50 || s.Lost != 0 {
		t.Errorf("beside the flood: %+v", s)
	}
}

func TestDatagramsAreNotCut(t *testing.T) {
	b, desk, customer := talk(t, "0", "0")
	whole := make([]byte, 65507) // the most that UDP carries over IPv4
	for _, n := range []int{len(whole), maxPacket + 1, 1, 0} {
		whole[0] = rtpVersionBits
		if _, err := desk.rtp.WriteToUDPAddrPort(whole[:n], desk.to.RTP); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "all four refused", func() bool { return b.Stats(Desk).Malformed == 4 })
	desk.send(0, bytes.Repeat([]byte{7}, maxPacket-rtpHeaderSize))
	if got := customer.receive(); len(got.Payload) != maxPacket-rtpHeaderSize {
		t.Errorf("%d octets came through", len(got.Payload))
	}
}

// TestAPacketsWholeWayDoesNotAllocate drives a poller by hand: from the socket to the socket.
func TestAPacketsWholeWayDoesNotAllocate(t *testing.T) {
	pool := newPool(t)
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	p.bridges = 1 // so that Close does not wait for a goroutine that there is not
	t.Cleanup(func() { p.over = true; p.run() })
	pool.pollers = append(pool.pollers, p)
	b, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	desk, customer := newPeer(t), newPeer(t)
	desk.join(b, Desk, "0")
	customer.join(b, Customer, "0")
	b.Connect()
	phone, err := openSocket(netip.AddrPortFrom(loopback, 0))
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	b.BehindNAT(Desk, loopback)
	to, packet := newSockaddr(desk.to.RTP), make([]byte, rtpHeaderSize+frameSamples)
	packet[0] = rtpVersionBits
	seq := uint16(0)
	once := func() {
		seq++
		binary.BigEndian.PutUint16(packet[2:], seq)
		binary.BigEndian.PutUint32(packet[4:], uint32(seq)*frameSamples)
		if err := phone.send(packet, &to); err != nil {
			t.Fatal(err)
		}
		p.round()
	}
	once() // latched
	if allocs := testing.AllocsPerRun(1000, once); allocs != 0 {
		t.Errorf("%.1f allocations a packet", allocs)
	}
	if s := b.Stats(Customer); s.PacketsOut != 1002 || s.SendFailed != 0 {
		t.Errorf("%d packets sent on, %d refused", s.PacketsOut, s.SendFailed)
	}
}

// TestBeatsKeepTheirTime goes through a poller's beats by a clock of its own.
func TestBeatsKeepTheirTime(t *testing.T) {
	p, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	p.over = true
	p.run() // it is only counted with
	start := time.Now()
	var at []time.Duration
	p.beats = []*beat{{due: start, do: frames(func(now time.Time) bool {
		at = append(at, now.Sub(start))
		return len(at) < 6
	})}}
	for _, ms := range []int{0, 5, 21, 40, 119, 119, 119, 200} {
		p.now = start.Add(time.Duration(ms) * time.Millisecond)
		p.beat()
	}
	const ms = time.Millisecond
	want := []time.Duration{0, 21 * ms, 40 * ms, 119 * ms, 119 * ms, 119 * ms} // what is a little late is caught up with
	if !slices.Equal(at, want) {
		t.Errorf("done at %v, want %v", at, want)
	}
	if len(p.beats) != 0 {
		t.Error("a beat that is over is kept")
	}
}

// TestNothingIsCaughtUpWithAfterASleep: the machine was asleep for ten seconds of a tone.
func TestNothingIsCaughtUpWithAfterASleep(t *testing.T) {
	start := time.Now()
	next := frames(func(time.Time) bool { return true })
	due, _ := next(start)
	if due != start.Add(Frame) {
		t.Errorf("the second frame after %v", due.Sub(start))
	}
	awake := start.Add(10 * time.Second)
	if due, _ = next(awake); due != awake.Add(Frame) {
		t.Errorf("the next frame %v after waking up", due.Sub(awake))
	}
}

// TestTonesEndWithTheirBridge: nothing of a closed bridge is sent by sockets that may be somebody else's by now.
func TestTonesEndWithTheirBridge(t *testing.T) {
	pool := newPool(t)
	other, err := pool.NewBridge() // keeps the poller
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	b, err := pool.NewBridge()
	if err != nil {
		t.Fatal(err)
	}
	desk := newPeer(t)
	desk.join(b, Desk, "0 101")
	b.PlayTone(Desk, Hold)
	desk.receive()
	if err := b.SendDigits(Desk, "1"); err != nil {
		t.Fatal(err)
	}
	b.Close()
	b.PlayTone(Desk, Busy)
	b.poller.mu.Lock()
	defer b.poller.mu.Unlock()
	if len(b.poller.beats) != 1 || b.poller.beats[0].owner != other {
		t.Errorf("%d beats are left", len(b.poller.beats))
	}
}

// TestSoundByIPv6 has a leg whose address is learned, so that one is read from the system and one written by us.
func TestSoundByIPv6(t *testing.T) {
	local := netip.IPv6Loopback()
	b := newBridge(t, func(c *Config) { c.BindIP = local })
	b.BehindNAT(Desk, local)
	var ends [2]*net.UDPConn
	var to [2]Description
	for i, said := range []string{"2001:db8::7", "::1"} {
		conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
		if err != nil {
			t.Skip(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		ends[i] = conn
		if to[i], err = Parse(b.Offer(Side(i))); err == nil {
			err = b.SetRemote(Side(i), body("c=IN IP6 "+said, "t=0 0", fmt.Sprintf("m=audio %d RTP/AVP 0", port(conn))))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	b.Connect()
	packet, buffer := make([]byte, rtpHeaderSize+frameSamples), make([]byte, maxPacket)
	packet[0] = rtpVersionBits
	for i, conn := range ends {
		if _, err := conn.WriteToUDPAddrPort(packet, to[i].RTP); err != nil {
			t.Fatal(err)
		}
		other := ends[1-i]
		_ = other.SetReadDeadline(time.Now().Add(patience))
		n, from, err := other.ReadFromUDPAddrPort(buffer)
		if err != nil || n != len(packet) || from != to[1-i].RTP {
			t.Errorf("from end %d: %d octets from %v, want %v (%v)", i, n, from, to[1-i].RTP, err)
		}
	}
	if conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(to[0].RTP.Port())}); err != nil {
		t.Errorf("the port is taken in IPv4 too: %v", err)
	} else {
		_ = conn.Close()
	}
}

func TestSockaddr(t *testing.T) {
	for _, text := range []string{"127.0.0.1:65535", "192.0.2.33:4000", "[2001:db8::5]:1", "[::1]:9"} {
		at := netip.MustParseAddrPort(text)
		raw := newSockaddr(at)
		if got := raw.addrPort(); got != at {
			t.Errorf("%s becomes %s", at, got)
		}
	}
}

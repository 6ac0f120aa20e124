//go:build !production

package main

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// packetEvery is how often each stream has a packet: 160 octets of G.711.
const (
	packetEvery = 20 * time.Millisecond
	packetBytes = 12 + 160
)

// mediaLoad speaks for the far ends of all calls: two streams a call, each at its own place within the 20 ms, and each of
// its packets sent by itself at its own instant. One thread sends them all.
type mediaLoad struct {
	ears    *mediaEars
	streams []mediaStream // in the order of their places
	packet  [packetBytes]byte

	sent   int // of those that count
	failed int // of those that count, such as the kernel did not take
	late   delayCounts
}

type mediaStream struct {
	id    uint32 // twice the call's number, and one more for the customer's
	from  int
	to    unix.RawSockaddrInet4
	place time.Duration
}

// add has the two far ends of a call speak to where the system under test hears them.
func (l *mediaLoad) add(call int, toDesk, toCustomer netip.AddrPort, random *rand.Rand) {
	for side, to := range []netip.AddrPort{toDesk, toCustomer} {
		l.streams = append(l.streams, mediaStream{
			id: uint32(2*call + side), from: l.ears.ears[l.ears.earOf(call, side)].rtp,
			to:    unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(to.Port()), Addr: to.Addr().As4()},
			place: time.Duration(random.Int64N(int64(packetEvery))),
		})
	}
}

// mediaWindow is the time that is measured. What is sent before warms everything up.
type mediaWindow struct{ began, from, until time.Time }

// newMediaWindow is a window that long; rtpengine learns addresses for the first 3 s.
func newMediaWindow(length time.Duration) mediaWindow {
	began := time.Now().Add(10 * time.Millisecond)
	from := began.Add(min(length, 4*time.Second))
	return mediaWindow{began, from, from.Add(length)}
}

// speak sends until the window is over. It keeps a thread of its own, which sleeps as exactly as the kernel can.
func (l *mediaLoad) speak(ctx context.Context, w mediaWindow) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) // without it sleeps last 50 µs longer
	slices.SortFunc(l.streams, func(a, b mediaStream) int { return int(a.place - b.place) })
	l.packet[0] = 0x80 // RTP version 2, PCMU
	for turn := 0; ctx.Err() == nil; turn++ {
		base := w.began.Add(time.Duration(turn) * packetEvery)
		binary.BigEndian.PutUint16(l.packet[2:], uint16(turn))
		binary.BigEndian.PutUint32(l.packet[4:], uint32(turn*160))
		for i := range l.streams {
			due := base.Add(l.streams[i].place)
			if now := l.send(&l.streams[i], due, w); !now.Before(w.until) {
				return
			}
		}
	}
}

// send sends a stream's next packet when it is due. What counts is when that really was: then what a system has spent
// within the window is what it has spent on the packets that count, however late they are.
func (l *mediaLoad) send(s *mediaStream, due time.Time, w mediaWindow) time.Time {
	binary.BigEndian.PutUint32(l.packet[8:], s.id+1) // the SSRC
	binary.BigEndian.PutUint32(l.packet[markStream:], s.id)
	now := waitFor(due)
	counts := !now.Before(w.from) && now.Before(w.until)
	l.packet[markCounted] = 0
	if counts {
		l.packet[markCounted] = 1
	}
	binary.BigEndian.PutUint64(l.packet[markSent:], uint64(now.UnixNano()))
	packet, to := unsafe.Pointer(&l.packet), unsafe.Pointer(&s.to) //nolint:gosec // sendto past Go's scheduler has no wrapper; see nap
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.from), uintptr(packet), packetBytes,
		unix.MSG_DONTWAIT, uintptr(to), unix.SizeofSockaddrInet4)
	switch {
	case !counts:
	case errno != 0:
		l.failed++
	default:
		l.late.add(now.Sub(due))
		l.sent++
	}
	return now
}

// spinBelow is a wait so short that going to sleep for it would cost more than it saves.
const spinBelow = 5 * time.Microsecond

// waitFor returns the time at which it is due, or a little later.
func waitFor(due time.Time) time.Time {
	for {
		now := time.Now()
		left := due.Sub(now)
		if left <= 0 {
			return now
		}
		if left > spinBelow {
			nap(left)
		}
	}
}

// nap has this thread sleep, unknown to Go's scheduler, as is all that the generator's two threads ask of the kernel: told
// of it, the scheduler would take the thread's place away after 20 µs and give it back after, for every packet. Nothing else
// needs the place, nor does anything wait for a collection of garbage, since none is made.
func nap(d time.Duration) {
	t := unix.NsecToTimespec(int64(d))
	if _, _, errno := unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&t)), 0, 0); errno != 0 { //nolint:gosec // it has no such wrapper
		return // woken early by a signal: the caller looks at the clock
	}
}

// networkOrder is a port as the kernel wants it in memory: the high octet first.
func networkOrder(port uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(port >> 8), byte(port)})
}

// delayCounts counts delays by the microsecond; what is longer than 0.5 s counts as that.
type delayCounts struct {
	counts [500_001]uint32
	total  int
}

func (c *delayCounts) add(d time.Duration) {
	c.counts[min(max(d.Microseconds(), 0), int64(len(c.counts)-1))]++
	c.total++
}

// at is the delay in milliseconds that a share of all did not exceed; 0 of none.
func (c *delayCounts) at(share float64) float64 {
	left := int(share*float64(c.total) + 0.5)
	for micros, n := range c.counts {
		if left -= int(n); left <= 0 {
			return float64(micros) / 1000
		}
	}
	return 0
}

//go:build !production

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where the far ends' sockets stand: below what the kernel hands out by itself, above what the systems under test are given.
const (
	earPortMin, earPortMax = 30000, 32766
	earsPerSide            = 4
	earBuffer              = 8 << 20
)

// What a packet of ours carries behind its RTP header. A relay passes it on as it is, for both legs have the same codec.
const (
	markSent    = 12 // when it was sent, in nanoseconds since 1970
	markStream  = 20
	markCounted = 24 // 1 if it was sent within the time that is measured
	markEnd     = 25
)

// ear is where far ends of one side hear, and what they speak from. The socket for RTCP stands beside it because reports
// are sent to it; nobody reads them.
type ear struct {
	rtp, rtcp int // descriptors, kept from Go's poller, which every packet would wake
	at        netip.AddrPort
}

// mediaEars are the ears of all calls, and what has come. All far ends of a side share a few sockets: packets that come at
// their own instants can then still be read many at a time, and each says whose it is.
type mediaEars struct {
	ears [2 * earsPerSide]ear // the desks' first

	window  mediaWindow
	passed  int // that arrived within the window, whenever they were sent
	delays  delayCounts
	heard   int // of those that count: that were sent within the window
	strays  int // of those that count, such as came to the wrong end
	batch   *earBatch
	stopped atomic.Bool
}

// earOf is where an end of a call hears: side 0 is the desk, 1 the customer.
func (e *mediaEars) earOf(call, side int) int { return side*earsPerSide + call%earsPerSide }

func openEars() (*mediaEars, error) {
	e := &mediaEars{batch: newEarBatch()}
	port := uint16(earPortMin)
	for i := range e.ears {
		one, err := openEar(&port)
		if err != nil {
			for _, open := range e.ears[:i] {
				open.close()
			}
			return nil, err
		}
		e.ears[i] = one
	}
	return e, nil
}

func (e *mediaEars) close() {
	for _, one := range e.ears {
		one.close()
	}
}

func (e ear) close() { _, _ = unix.Close(e.rtp), unix.Close(e.rtcp) }

// openEar takes the next pair of ports that is free.
func openEar(port *uint16) (ear, error) {
	for *port < earPortMax {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), *port)
		*port += 2
		rtp, err := listenRaw(at.Port())
		if err == nil {
			var rtcp int
			if rtcp, err = listenRaw(at.Port() + 1); err == nil {
				return ear{rtp, rtcp, at}, hearWell(rtp)
			}
			_ = unix.Close(rtp)
		}
		if !errors.Is(err, unix.EADDRINUSE) {
			return ear{}, fmt.Errorf("a far end's socket: %w", err)
		}
	}
	return ear{}, fmt.Errorf("the far ends find no free ports in %d–%d: end what holds them", earPortMin, earPortMax)
}

func listenRaw(port uint16) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: int(port), Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		_ = unix.Close(fd)
		return 0, err
	}
	return fd, nil
}

// hearWell has the kernel stamp what arrives, and keep much of it. Only root gets more than net.core.rmem_max.
func hearWell(fd int) error {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, earBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, earBuffer)
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// drops is how many packets the kernel has dropped because the ears were not emptied in time.
func (e *mediaEars) drops() int {
	n := 0
	for _, one := range e.ears {
		var info [unix.SK_MEMINFO_VARS]uint32
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(one.rtp), unix.SOL_SOCKET, unix.SO_MEMINFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0) //nolint:gosec // the option has no wrapper
		if errno == 0 {
			n += int(info[unix.SK_MEMINFO_DROPS])
		}
	}
	return n
}

// Hearing wakes this often: as seldom as lets some packets gather, and never so seldom that the kernel must drop any.
const (
	earMinPause, earMaxPause = time.Millisecond, 20 * time.Millisecond
	earGathers               = 64
)

// A relay that cannot keep up has seconds of sound waiting in its sockets. What is still to come is waited for until nothing
// has come for mediaTail; but not for ever.
const (
	mediaTail     = 500 * time.Millisecond
	mediaTailMost = 20 * time.Second
)

// listen reads what comes, until it is stopped and nothing comes any more. It keeps a thread of its own.
func (e *mediaEars) listen(streams int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pause := min(max(earGathers*packetEvery/time.Duration(streams), earMinPause), earMaxPause)
	var quiet, tail time.Duration
	for quiet < mediaTail && tail < mediaTailMost {
		heard := 0
		for i := range e.ears {
			heard += e.drain(i, streams)
		}
		nap(pause)
		if e.stopped.Load() {
			quiet, tail = quiet+pause, tail+pause
		}
		if heard > 0 {
			quiet = 0
		}
	}
}

// drain reads what is there, and says how many packets that were.
func (e *mediaEars) drain(i, streams int) int {
	for all := 0; ; {
		n := e.batch.read(e.ears[i].rtp)
		for k := range n {
			e.hear(i, streams, k)
		}
		if all += n; n < len(e.batch.messages) {
			return all
		}
	}
}

func (e *mediaEars) hear(at, streams, k int) {
	packet := e.batch.packets[k][:]
	if e.batch.messages[k].length < markEnd {
		return
	}
	arrived := e.batch.stamps[k].at.Nano()
	if arrived >= e.window.from.UnixNano() && arrived < e.window.until.UnixNano() {
		e.passed++
	}
	if packet[markCounted] != 1 {
		return
	}
	stream := int(binary.BigEndian.Uint32(packet[markStream:]))
	if stream >= streams || at != e.earOf(stream/2, 1-stream%2) {
		e.strays++
		return
	}
	sent := int64(binary.BigEndian.Uint64(packet[markSent:]))
	e.delays.add(time.Duration(arrived - sent))
	e.heard++
}

// earBatch is the room for one recvmmsg (2). Of a packet only its beginning is copied.
type earBatch struct {
	messages [64]message
	vectors  [64]unix.Iovec
	stamps   [64]stamp
	packets  [64][markEnd + 7]byte
}

// message is the kernel's struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
}

// stamp is the control message of SO_TIMESTAMPNS.
type stamp struct {
	header unix.Cmsghdr
	at     unix.Timespec
}

func newEarBatch() *earBatch {
	b := &earBatch{}
	for i := range b.messages {
		b.vectors[i].Base = &b.packets[i][0]
		b.vectors[i].SetLen(len(b.packets[i]))
		h := &b.messages[i].header
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Control = (*byte)(unsafe.Pointer(&b.stamps[i])) //nolint:gosec // the kernel writes the stamp there
	}
	return b
}

// read fills the batch with what is there, and says how many came.
func (b *earBatch) read(fd int) int {
	for i := range b.messages {
		b.messages[i].header.SetControllen(int(unsafe.Sizeof(b.stamps[i])))
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), //nolint:gosec // it has no wrapper
		uintptr(len(b.messages)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0 // nothing is there
	}
	return int(n)
}

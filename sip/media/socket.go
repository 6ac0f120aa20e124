package media

import (
	"encoding/binary"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket is a UDP socket that only a poller reads and writes. It never blocks, and the Go runtime does not know of it: its
// own poller would wake a thread for every packet, which costs more than to pass the packet on.
type socket struct {
	fd   int
	hear func(packet []byte, from netip.AddrPort, now time.Time) // with a buffer that it may alter but not keep
}

// endpoint is where a far end's packets come from and ours go to.
type endpoint struct {
	netip.AddrPort
	raw sockaddr
}

func newEndpoint(at netip.AddrPort) endpoint { return endpoint{at, newSockaddr(at)} }

// sockaddr is an address as the system reads it, made once for each far end.
type sockaddr struct {
	octets [unix.SizeofSockaddrInet6]byte
	length uint32
}

func newSockaddr(at netip.AddrPort) sockaddr {
	s := sockaddr{length: unix.SizeofSockaddrInet6}
	family, port, addr := s.octets[:2], s.octets[2:4], s.octets[8:24]
	if at.Addr().Is4() {
		s.length, addr = unix.SizeofSockaddrInet4, s.octets[4:8]
		binary.NativeEndian.PutUint16(family, unix.AF_INET)
	} else {
		binary.NativeEndian.PutUint16(family, unix.AF_INET6)
	}
	binary.BigEndian.PutUint16(port, at.Port())
	copy(addr, at.Addr().AsSlice())
	return s
}

// addrPort is where a packet came from. A scope is left out: no SDP can name it.
func (s *sockaddr) addrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(s.octets[2:4])
	if binary.NativeEndian.Uint16(s.octets[:2]) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(s.octets[4:8])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(s.octets[8:24])), port)
}

// openSocket binds a socket to an address of ours.
func openSocket(at netip.AddrPort) (*socket, error) {
	family, to := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()})
	if at.Addr().Is4() {
		family, to = unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	if err == nil {
		err = unix.Bind(fd, to)
	}
	if err != nil {
		_ = unix.Close(fd) // the first error says more
		return nil, err
	}
	return &socket{fd: fd}, nil
}

// Close implements io.Closer.
func (s *socket) Close() error { return os.NewSyscallError("close", unix.Close(s.fd)) }

// readable looks which sockets of an epoll have something to read. It does not wait.
func readable(epoll int, events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// await waits until one of the polled has something to read, or as long as it may. The Go scheduler is not told, so that it
// does not take the processor away and give it back for each packet, with its watcher looking every 20 µs meanwhile: that
// took more than to read the packet. See addProcessors.
func await(polled []unix.PollFd, until *unix.Timespec) (interrupted bool) {
	_, _, errno := unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(unsafe.SliceData(polled))), uintptr(len(polled)),
		uintptr(unsafe.Pointer(until)), 0, 0, 0)
	return errno != 0
}

// receive reads one datagram, with its whole length, which may be more than the buffer has. False: there is none.
//
// It, send and readable do not tell the scheduler either, which would cost as much again: none of them can block.
func (s *socket) receive(buffer []byte, from *sockaddr) (n int, ok bool) {
	from.length = uint32(len(from.octets))
	got, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(s.fd),
		uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&from.octets)), uintptr(unsafe.Pointer(&from.length)))
	return int(got), errno == 0
}

// send sends one datagram or, where the system has no room for it, nothing.
func (s *socket) send(packet []byte, to *sockaddr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd),
		uintptr(unsafe.Pointer(&packet[0])), uintptr(len(packet)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.octets)), uintptr(to.length))
	if errno != 0 {
		return errno
	}
	return nil
}

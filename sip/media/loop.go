package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// maxPacket is more than any RTP packet of G.711 and any compound RTCP packet
// takes; longer datagrams are cut and then fail the header check.
const maxPacket = 2048

// buffers are reused: a call has four, and most calls are short.
var buffers = sync.Pool{New: func() any { return new([maxPacket]byte) }}

// readLoop hands every datagram of conn to handle, with a buffer that handle
// may alter but not keep, until conn is closed. One goroutine a socket: this
// function and Bridge.start are all that another way of waiting for packets
// would replace.
func readLoop(conn *net.UDPConn, handle func(packet []byte, from netip.AddrPort)) {
	buffer, _ := buffers.Get().(*[maxPacket]byte)
	defer buffers.Put(buffer)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer[:])
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			// An ICMP error of an earlier send: it says nothing about the socket.
			continue
		}
		handle(buffer[:n], from)
	}
}

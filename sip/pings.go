package sip

import (
	"bytes"
	"net"
	"net/netip"
)

// pings is our socket as the library reads it. What phones send to keep a NAT's door open is no SIP message: it is taken
// here as a sign of life, and the library, which would call it malformed, never sees it.
type pings struct {
	*net.UDPConn

	heard func(from netip.AddrPort) (known bool)
}

// pong answers a ping (RFC 5626 §3.5.1, §4.4.1).
const (
	ping = "\r\n\r\n"
	pong = "\r\n"
)

// ReadFrom implements net.PacketConn.
func (p pings) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := p.UDPConn.ReadFrom(b)
		if err != nil || !isKeepAlive(b[:n]) {
			return n, from, err
		}
		at, _ := from.(*net.UDPAddr) // what a UDP socket reads from
		source := netip.AddrPortFrom(at.AddrPort().Addr().Unmap(), at.AddrPort().Port())
		// A stranger gets no answer: its address may be somebody else's.
		if p.heard(source) && string(b[:n]) == ping {
			_, _ = p.WriteToUDPAddrPort([]byte(pong), source) // the next ping brings another
		}
	}
}

// tooShort is a length that no SIP message has: its first line alone is longer.
const tooShort = 10

// isKeepAlive tells a NAT keep-alive from a message: nothing, line ends, zeros, spaces, or a word such as "jaK".
func isKeepAlive(datagram []byte) bool {
	return len(datagram) <= tooShort || len(bytes.Trim(datagram, "\r\n\x00 \t")) == 0
}

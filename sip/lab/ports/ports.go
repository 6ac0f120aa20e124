// Package ports lends tests the ports of this machine that other programs are to listen on.
//
// A test that starts somebody else's program must name its port before the
// program opens it. A port that the kernel chose and that was closed again is
// anybody's: until the program comes, any socket that dials out may get it, and
// one that is free for UDP may be taken for TCP. So these ports lie below those
// that the kernel gives away (ip_local_port_range: 32768 and up), are free for
// UDP and TCP both, and are lent to one test of this machine at a time:
//
//	carrier := ports.Lend(t, 1)  // 127.0.0.1:12345
//	sound := ports.Lend(t, 2)    // the one after it too: RTP and its reports
//
// What marks a port as lent is a socket without a file, which the kernel removes
// when the process ends, however it ends.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
)

// The ports that are lent. What lies above them, up to 29,000, is the sound of the servers that tests start.
const lowest, highest = 10_000, 19_999

// Loopback is the one address that tests listen on.
var Loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Lend is the first of so many ports in a row on loopback, beginning with an even one, as RTP wants it (RFC 3550 §11).
// They are the test's own until it ends.
func Lend(t testing.TB, inARow int) netip.AddrPort {
	t.Helper()
	const tries = 200
	var last error
	for range tries {
		first := lowest + 2*rand.IntN((highest-lowest+1-inARow)/2) //nolint:gosec // any will do
		lent, err := take(first, inARow)
		if err == nil {
			t.Cleanup(func() { giveBack(lent) })
			return netip.AddrPortFrom(Loopback, uint16(first)) //nolint:gosec // below 20,000
		}
		last = err
	}
	t.Fatalf("no %d free ports in a row after %d tries: %v", inARow, tries, last)
	return netip.AddrPort{}
}

// take marks the ports as lent, or none of them.
func take(first, inARow int) (lent []net.Listener, err error) {
	for port := first; port < first+inARow; port++ {
		mark, err := net.Listen("unix", fmt.Sprintf("@kakeru-port-%d", port)) //nolint:noctx // it waits for nobody
		if err == nil {
			lent = append(lent, mark)
			err = free(port)
		}
		if err != nil {
			giveBack(lent)
			return nil, err
		}
	}
	return lent, nil
}

func giveBack(lent []net.Listener) {
	for _, mark := range lent {
		_ = mark.Close()
	}
}

// free is nil when nobody holds the port, neither for datagrams nor for streams.
func free(port int) error {
	datagrams, err := net.ListenUDP("udp4", &net.UDPAddr{IP: Loopback.AsSlice(), Port: port})
	if err != nil {
		return err
	}
	streams, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: Loopback.AsSlice(), Port: port})
	if err != nil {
		return errors.Join(err, datagrams.Close())
	}
	return errors.Join(streams.Close(), datagrams.Close())
}

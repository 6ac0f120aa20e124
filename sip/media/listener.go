package media

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// loudMean is the mean amplitude above which a packet counts as sound and not
// as line noise: about -38 dBm0.
const loudMean = 300

// Listener counts the RTP that comes to a socket: the ear to a Sender's mouth.
// It takes packets from anyone and decodes PCMU and PCMA under their numbers
// of RFC 3551, which is all a simulated phone needs.
type Listener struct {
	conn    *net.UDPConn
	packets atomic.Uint64
	loud    atomic.Uint64
	last    atomic.Int64
}

// NewListener makes a listener on conn, which it does not own.
func NewListener(conn *net.UDPConn) *Listener { return &Listener{conn: conn} }

// Run counts until conn is closed.
func (l *Listener) Run() {
	buffer := make([]byte, maxPacket)
	for {
		n, _, err := l.conn.ReadFromUDPAddrPort(buffer)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil: // else an ICMP error of an earlier send
			l.hear(buffer[:n])
		}
	}
}

// Packets is the number of RTP packets that came, Loud the number of those
// that held more than silence.
func (l *Listener) Packets() uint64 { return l.packets.Load() }

// Loud is described at Packets.
func (l *Listener) Loud() uint64 { return l.loud.Load() }

// Last is when the last packet came; zero if none did.
func (l *Listener) Last() time.Time {
	if at := l.last.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

func (l *Listener) hear(packet []byte) {
	h, ok := parseHeader(packet)
	if !ok {
		return
	}
	l.packets.Add(1)
	l.last.Store(time.Now().UnixNano())
	for _, codec := range []Codec{PCMU, PCMA} {
		if h.pt == codec.staticPT() && isLoud(codec, packet[h.from:h.to]) {
			l.loud.Add(1)
		}
	}
}

func isLoud(codec Codec, octets []byte) bool {
	table := decodeTable[codec]
	sum := 0
	for _, o := range octets {
		sum += max(int(table[o]), -int(table[o]))
	}
	return sum > loudMean*len(octets)
}

//go:build !production

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"

	"kakeru/sip/media"
)

// Where the systems under test have their ports, one after the other; a call takes four.
const (
	relayPortMin, relayPortMax = 10000, 29999
	mostMediaCalls             = (relayPortMax + 1 - relayPortMin) / 4
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// relayOrder is a line to a relay's process: set up a call between two far ends, or, without them, say how many allocations
// there have been.
type relayOrder struct {
	Desk     netip.AddrPort `json:"desk,omitzero"`
	Customer netip.AddrPort `json:"customer,omitzero"`
}

// relayWord is the answer: where each far end shall send, or the allocations, or what went wrong.
type relayWord struct {
	Desk     netip.AddrPort `json:"desk,omitzero"`
	Customer netip.AddrPort `json:"customer,omitzero"`
	Mallocs  uint64         `json:"mallocs,omitempty"`
	Error    string         `json:"error,omitempty"`
	Short    bool           `json:"short,omitempty"` // the error is that no more sockets can be opened
}

// relay sets up calls in this process.
type relay interface {
	bridge(desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error)
	close()
}

// benchMediaRelay is a system under test in a process of its own, as `bench media` starts it.
func benchMediaRelay(ctx context.Context, kind string, std streams) error {
	var r relay = &bareLoop{}
	if kind != "floor" {
		pool, err := media.NewPool(media.Config{BindIP: loopback, PortMin: relayPortMin, PortMax: relayPortMax})
		if err != nil {
			return err
		}
		own := &ownRelay{pool: pool}
		if kind == "kakeru-listening" {
			if own.listens, err = newBenchListeners(); err != nil {
				return err
			}
		}
		r = own
	}
	defer r.close()
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(std.out)
	for in.Scan() && ctx.Err() == nil {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats) // first of all, so that the talk about it is not in it
		var o relayOrder
		if err := json.Unmarshal(in.Bytes(), &o); err != nil {
			return errors.New("`bench media-relay` is started by `bench media`")
		}
		w := relayWord{Mallocs: stats.Mallocs}
		if o.Desk.IsValid() {
			w = setUp(r, o)
		}
		if err := out.Encode(w); err != nil {
			return err
		}
	}
	return nil
}

func setUp(r relay, o relayOrder) relayWord {
	desk, customer, err := r.bridge(o.Desk, o.Customer)
	switch {
	case outOfSockets(err):
		return relayWord{Error: err.Error(), Short: true}
	case err != nil:
		return relayWord{Error: err.Error()}
	}
	return relayWord{Desk: desk, Customer: customer}
}

// ownRelay is Kakeru's.
type ownRelay struct {
	pool    *media.Pool
	bridges []*media.Bridge
	listens *benchListeners // nil when nobody does
}

func (r *ownRelay) bridge(desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	b, err := r.pool.NewBridge()
	if err != nil {
		return toDesk, toCustomer, err
	}
	r.bridges = append(r.bridges, b)
	if toDesk, err = answerWith(b, media.Desk, desk); err == nil {
		toCustomer, err = answerWith(b, media.Customer, customer)
	}
	b.Connect()
	if err == nil && r.listens != nil {
		err = r.listens.to(b)
	}
	return toDesk, toCustomer, err
}

// answerWith has a far end answer our offer, and says where that wants its sound.
func answerWith(b *media.Bridge, side media.Side, far netip.AddrPort) (netip.AddrPort, error) {
	said, err := media.Parse(b.Offer(side))
	if err != nil {
		return netip.AddrPort{}, err
	}
	return said.RTP, b.SetRemote(side, farSDP(far))
}

func (r *ownRelay) close() {
	if r.listens != nil {
		defer r.listens.close()
	}
	for _, b := range r.bridges {
		b.Close()
	}
}

// farSDP is what a far end says of itself.
func farSDP(at netip.AddrPort) []byte {
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio %[2]d RTP/AVP 0\r\n"+
		"a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n", at.Addr(), at.Port())
}

// bareLoop is the floor: the least that Go code would do that somebody writes in an afternoon. A goroutine a socket, one
// buffer each, no lock; nothing is read, checked or counted.
type bareLoop struct {
	sockets []*net.UDPConn
	work    sync.WaitGroup
}

func (l *bareLoop) bridge(desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	atDesk, err := l.open()
	if err != nil {
		return toDesk, toCustomer, err
	}
	atCustomer, err := l.open()
	if err != nil {
		return toDesk, toCustomer, err
	}
	l.work.Go(func() { pass(atDesk, atCustomer, customer) })
	l.work.Go(func() { pass(atCustomer, atDesk, desk) })
	return portOf(atDesk), portOf(atCustomer), nil
}

func (l *bareLoop) open() (*net.UDPConn, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err == nil {
		l.sockets = append(l.sockets, conn)
	}
	return conn, err
}

func portOf(conn *net.UDPConn) netip.AddrPort {
	at, _ := conn.LocalAddr().(*net.UDPAddr)
	return netip.AddrPortFrom(loopback, uint16(at.Port))
}

// pass passes on what one socket hears by the other, until they are closed.
func pass(from, by *net.UDPConn, to netip.AddrPort) {
	buffer := make([]byte, 2048)
	for {
		n, _, err := from.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		_, _ = by.WriteToUDPAddrPort(buffer[:n], to)
	}
}

func (l *bareLoop) close() {
	for _, conn := range l.sockets {
		_ = conn.Close()
	}
	l.work.Wait()
}

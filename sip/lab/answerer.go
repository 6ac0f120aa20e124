package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"sync"
)

// Answerer is the lightest far end there is, for load. Every INVITE rings and is answered in the same breath, every BYE is
// confirmed; who repeats a request gets the same answer again. It makes no sound, and keeps nothing of any call but, if it
// is asked to, that there was one.
type Answerer struct {
	conn *net.UDPConn
	addr netip.AddrPort

	mu    sync.Mutex
	calls map[string]bool // by Call-ID: whether it is up; nil when nothing is kept
}

// NewAnswerer listens at an address; port 0 takes a free one.
func NewAnswerer(address string) (*Answerer, error) {
	at, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return nil, fmt.Errorf("the address cannot be read: %w", err)
	}
	conn, err := net.ListenUDP("udp4", at)
	if err != nil {
		return nil, err
	}
	if err := conn.SetReadBuffer(socketBuffer); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	local, _ := conn.LocalAddr().(*net.UDPAddr)
	return &Answerer{conn: conn, addr: local.AddrPort()}, nil
}

// Keep has it remember its calls from now on. Call it before Run.
func (a *Answerer) Keep() { a.calls = map[string]bool{} }

// Calls are the calls it remembers, in no order.
func (a *Answerer) Calls() []CallLog {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]CallLog, 0, len(a.calls))
	for id, up := range a.calls {
		all = append(all, CallLog{CallID: id, Status: 200, Up: up})
	}
	return all
}

// note keeps that a call began or ended. A request that is repeated changes nothing.
func (a *Answerer) note(callID, request []byte) {
	if a.calls == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	_, known := a.calls[string(callID)]
	switch {
	case !known && bytes.HasPrefix(request, []byte("INVITE ")):
		a.calls[string(callID)] = true
	case known && bytes.HasPrefix(request, []byte("BYE ")):
		a.calls[string(callID)] = false
	}
}

// Addr is where it listens.
func (a *Answerer) Addr() netip.AddrPort { return a.addr }

// Run answers until ctx is done.
func (a *Answerer) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = a.conn.Close() })
	defer stop()
	buffer := make([]byte, maxMessage)
	var out bytes.Buffer
	for {
		n, from, err := a.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			continue
		}
		for _, status := range answersTo(buffer[:n]) {
			out.Reset()
			a.answer(&out, buffer[:n], status)
			_, _ = a.conn.WriteToUDPAddrPort(out.Bytes(), from)
		}
	}
}

// answersTo are the statuses that a message gets.
func answersTo(m []byte) []string {
	switch {
	case bytes.HasPrefix(m, []byte("INVITE ")):
		return []string{"180 Ringing", "200 OK"}
	case bytes.HasPrefix(m, []byte("ACK ")), bytes.HasPrefix(m, []byte("SIP/2.0 ")):
		return nil
	}
	return []string{"200 OK"}
}

// answer writes a response: what a response repeats of its request, line by line, as Kakeru writes requests: one header a line.
func (a *Answerer) answer(out *bytes.Buffer, request []byte, status string) {
	head, _, _ := bytes.Cut(request, []byte("\r\n\r\n"))
	invite := bytes.HasPrefix(request, []byte("INVITE "))
	fmt.Fprintf(out, "SIP/2.0 %s\r\n", status)
	var callID []byte
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if id, ok := bytes.CutPrefix(line, []byte("Call-ID: ")); ok {
			callID = id
		}
	}
	a.note(callID, request)
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, _, _ := bytes.Cut(line, []byte(": "))
		switch string(name) {
		case "Via", "From", "Call-ID", "CSeq", "Record-Route":
			fmt.Fprintf(out, "%s\r\n", line)
		case "To":
			out.Write(line)
			if !bytes.Contains(line, []byte(";tag=")) {
				tag := fnv.New64a()
				_, _ = tag.Write(callID)
				fmt.Fprintf(out, ";tag=%x", tag.Sum64())
			}
			out.WriteString("\r\n")
		}
	}
	if invite {
		fmt.Fprintf(out, "Contact: <sip:load@%s>\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n", a.addr)
	}
	if !invite || status != "200 OK" {
		out.WriteString("Content-Length: 0\r\n\r\n")
		return
	}
	sdp := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n", a.addr.Addr())
	fmt.Fprintf(out, "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", len(sdp), sdp)
}

package sip

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"
)

var (
	errUnread  = errors.New("the message cannot be read")
	errTooMuch = errors.New("a stranger asks too much")
)

// longestUnreadAnswered bounds what a datagram that cannot be read, or a stranger's, has us write: the answer repeats its headers, and goes to whoever its
// sender says that they are.
const longestUnreadAnswered = 4 << 10

// parser is the library's. It reads one message and holds nothing.
var parser = sip.NewParser()

// datagram is shown each datagram before the library looks into it, and leaves nothing for it but keep-alives, so that the
// library's list of everybody who ever wrote to us, which only grows, stays empty.
func (a *Agent) datagram(way sip.TransportReadProps, data []byte) ([]byte, error) {
	remote, ok := way.RemoteAddr.(*net.UDPAddr)
	if !ok || len(bytes.Trim(data, "\r\n\x00")) == 0 {
		return data, nil
	}
	if len(data) >= int(sip.TransportBufferReadSize) {
		return nil, nil // it filled the library's buffer, so its end may have been cut off, and what is left may say something else
	}
	from := remote.AddrPort()
	at := place{AddrPort: netip.AddrPortFrom(from.Addr().Unmap(), from.Port())}
	refuse := func(text []byte, to netip.AddrPort) {
		if _, err := a.conn.WriteToUDPAddrPort(text, to); err != nil {
			a.log.Debug("sip: an answer could not be sent", "err", err)
		}
	}
	if len(data) > longestUnreadAnswered {
		refuse = nil
	}
	_ = a.hear(data, at, refuse) // an error here would end the library's reading for good
	return nil, nil
}

// hear takes one message as it came, by whichever transport: who may speak is decided first, what comes is tidied, what
// cannot be read is refused, unless refuse is nil. errTooMuch is for a stranger who is not heard, errUnread for what is no message.
func (a *Agent) hear(data []byte, from place, refuse func(text []byte, to netip.AddrPort)) error {
	if !a.admits(from.Addr(), data) {
		return errTooMuch
	}
	m, err := read(data)
	if err != nil {
		a.unreadRinging(data, from)
		if refuse == nil {
			return errUnread
		}
		if text, to := unreadRefusal(data, from.AddrPort); text != nil {
			refuse(text, to)
		}
		return errUnread
	}
	m.SetTransport(from.by.token())
	m.SetSource(from.AddrPort.String())
	a.receive(m, data)
	return nil
}

// read parses one message. An error means that nothing can be done with it but to refuse it unread.
func read(data []byte) (sip.Message, error) {
	if overdone(data) {
		return nil, errUnread
	}
	data, err := tidy(data)
	if err == nil && hasBareBreak(data) {
		err = errUnread
	}
	if err == nil {
		err = misread(data)
	}
	if err != nil {
		return nil, err
	}
	m, err := parser.ParseSIP(data)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *sip.Request:
		method, _, _ := bytes.Cut(data, []byte(" "))
		m.Method = sip.RequestMethod(method) // methods are told apart by case (RFC 3261 §7.1), the library raises them
		if m.CallID() == nil || m.Via() == nil {
			return nil, errUnread
		}
	case *sip.Response:
		if m.StatusCode < 100 || m.StatusCode > 699 || !strings.EqualFold(m.SipVersion, "SIP/2.0") {
			return nil, errUnread
		}
	}
	return m, nil
}

// What the header of one message may have. Seventy hops, as many as Max-Forwards lets there be, write a Via and a Record-Route each, with some six
// parameters, and leave a hundred lines for what the two ends have to say. No phone or carrier folds more than a line or two.
const (
	mostLines         = 240
	mostContinuations = 64
	mostParameters    = 1000
)

// overdone reports whether a message's header has more of something than any that is meant has. It is asked before anything else is done with
// the header: one goroutine reads all that comes by UDP, and the library compares each parameter of a header with all before it, so that a
// datagram of nothing else holds everybody up for as long as thousands of sound ones. So does a list without end.
func overdone(data []byte) bool {
	head, _, _ := bytes.Cut(data, emptyLine)
	return bytes.Count(head, crlf) > mostLines ||
		bytes.Count(head, []byte("\r\n "))+bytes.Count(head, []byte("\r\n\t")) > mostContinuations ||
		bytes.Count(head, []byte(";"))+bytes.Count(head, []byte("&")) > mostParameters ||
		overlisted(head)
}

// hasBareBreak reports whether a CR or an LF stands alone in a message's header. Lines end by both (RFC 3261 §25.1), and neither may stand
// anywhere else. What we repeat of such a header, a Contact as Request-URI or a Route, would be a line of its own to whoever reads lines and
// listens where the Contact says: a Redis does what stands there.
func hasBareBreak(data []byte) bool {
	head, _, _ := bytes.Cut(data, emptyLine)
	whole := bytes.Count(head, crlf)
	return bytes.Count(head, []byte("\n")) != whole || bytes.Count(head, []byte("\r")) != whole
}

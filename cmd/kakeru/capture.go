package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"time"

	"kakeru/dialer"
)

// A call's messages for other people's tools: a capture file, and HEP. Neither was ever captured: headers of IP, UDP and TCP
// are made up around what the server remembers.

// Protocol numbers of IP.
const (
	protocolTCP = 6
	protocolUDP = 17
)

// segment is a message with the ends it passed between.
type segment struct {
	at       time.Time
	from, to netip.AddrPort
	protocol uint8
	text     []byte
}

// segments refuse what has no two addresses of one kind. TLS becomes UDP: a reader that sees plain text on a TLS connection
// takes it for a broken one.
func segments(messages []dialer.TraceMessage) ([]segment, error) {
	all := make([]segment, 0, len(messages))
	for _, m := range messages {
		from, err1 := netip.ParseAddrPort(m.From)
		to, err2 := netip.ParseAddrPort(m.To)
		if err := errors.Join(err1, err2); err != nil || from.Addr().Is4() != to.Addr().Is4() {
			return nil, errors.New("the server's answer names no addresses that a capture can hold; is it of the same version?")
		}
		s := segment{m.At, from, to, protocolUDP, []byte(withLength(m.Text))}
		if m.Transport == "TCP" {
			s.protocol = protocolTCP
		}
		all = append(all, s)
	}
	return all, nil
}

var contentLength = regexp.MustCompile(`(?im)^(content-length|l)[ \t]*:[^\r\n]*`)

// withLength has Content-Length say how long the body is now: keys and numbers were cut out of it, and a reader would wait for
// the rest.
func withLength(text string) string {
	head, body, ok := strings.Cut(text, "\r\n\r\n")
	if !ok {
		return text
	}
	return contentLength.ReplaceAllString(head, fmt.Sprintf("${1}: %d", len(body))) + "\r\n\r\n" + body
}

// savePcap writes a capture that nobody else on the machine can read.
func savePcap(name string, messages []dialer.TraceMessage) error {
	all, err := segments(messages)
	if err != nil {
		return err
	}
	return writeNew("--pcap", name, func(f *os.File) error { // one that is there may be somebody's, or a link to it
		_, err := f.Write(pcapOf(all))
		return err
	})
}

// linkTypeRaw packets begin with their IP header.
const linkTypeRaw = 101

// pcapOf is a capture file: draft-ietf-opsawg-pcap, microseconds, least significant byte first.
func pcapOf(all []segment) []byte {
	put := binary.LittleEndian
	b := put.AppendUint32(nil, 0xa1b2c3d4)
	b = put.AppendUint16(b, 2)
	b = put.AppendUint16(b, 4)
	b = append(b, make([]byte, 8)...)
	b = put.AppendUint32(b, 1<<16-1)
	b = put.AppendUint32(b, linkTypeRaw)
	sent := map[[2]netip.AddrPort]uint32{} // bytes by TCP, each way
	for _, s := range all {
		way, back := [2]netip.AddrPort{s.from, s.to}, [2]netip.AddrPort{s.to, s.from}
		packet := s.packet(1+sent[way], 1+sent[back])
		if s.protocol == protocolTCP {
			sent[way] += uint32(len(s.text)) //nolint:gosec // a message is shorter than 64 KiB
		}
		b = put.AppendUint32(b, uint32(s.at.Unix()))                    //nolint:gosec // until 2106
		b = put.AppendUint32(b, uint32(s.at.Nanosecond()/1000))         //nolint:gosec // below a million
		b = put.AppendUint32(b, uint32(len(packet)))                    //nolint:gosec // below 64 KiB
		b = append(put.AppendUint32(b, uint32(len(packet))), packet...) //nolint:gosec // below 64 KiB
	}
	return b
}

// packet is the message with its headers: RFC 791, 8200, 768, 9293.
func (s segment) packet(seq, ack uint32) []byte {
	put := binary.BigEndian
	ports := put.AppendUint16(put.AppendUint16(nil, s.from.Port()), s.to.Port())
	var (
		load []byte
		sum  int // where its checksum stands
	)
	if s.protocol == protocolTCP {
		load = put.AppendUint32(put.AppendUint32(ports, seq), ack)
		load = append(load, 5<<4, 0x18, 0xff, 0xff, 0, 0, 0, 0) // five words; PSH and ACK; the window
		sum = 16
	} else {
		load = append(put.AppendUint16(ports, uint16(8+len(s.text))), 0, 0) //nolint:gosec // a message is shorter than 64 KiB
		sum = 6
	}
	load = append(load, s.text...)
	src, dst := s.from.Addr().AsSlice(), s.to.Addr().AsSlice()
	pseudo := append(append([]byte{}, src...), dst...)
	pseudo = put.AppendUint32(pseudo, uint32(len(load))) //nolint:gosec // below 64 KiB
	pseudo = append(pseudo, 0, 0, 0, s.protocol)
	put.PutUint16(load[sum:], checksum(pseudo, load))
	if s.protocol == protocolUDP && load[sum] == 0 && load[sum+1] == 0 {
		load[sum], load[sum+1] = 0xff, 0xff // zero says that there is none
	}
	return append(s.ipHeader(src, dst, len(load)), load...)
}

func (s segment) ipHeader(src, dst []byte, load int) []byte {
	put := binary.BigEndian
	if s.from.Addr().Is4() {
		h := append(put.AppendUint16([]byte{0x45, 0}, uint16(20+load)), 0, 0, 0x40, 0, 64, s.protocol, 0, 0) //nolint:gosec // below 64 KiB
		h = append(append(h, src...), dst...)
		put.PutUint16(h[10:], checksum(h))
		return h
	}
	h := append(put.AppendUint16([]byte{0x60, 0, 0, 0}, uint16(load)), s.protocol, 64) //nolint:gosec // below 64 KiB
	return append(append(h, src...), dst...)
}

// checksum is the Internet's (RFC 1071). Only the last part may be of odd length.
func checksum(parts ...[]byte) uint16 {
	var sum uint32
	for _, p := range parts {
		for i := 0; i < len(p); i += 2 {
			sum += uint32(p[i]) << 8
			if i+1 < len(p) {
				sum += uint32(p[i+1])
			}
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// The chunks of HEP version 3 that we send, and what stands in them.
const (
	hepFamily, hepProtocol             = 1, 2
	hepFrom4, hepTo4                   = 3, 4
	hepFrom6, hepTo6                   = 5, 6
	hepFromPort, hepToPort             = 7, 8
	hepSeconds, hepMicroseconds        = 9, 10
	hepType, hepAgent                  = 11, 12
	hepPayload, hepCorrelation         = 15, 17
	hepSIP, hepIPv4, hepIPv6           = 1, 2, 10
	hepOurs                     uint32 = 2001 // tells our messages apart from other senders' in a Homer
)

// hepOf is one message in one datagram. The call's id has a Homer show both legs as one call.
func hepOf(s segment, call string) []byte {
	put := binary.BigEndian
	b := []byte("HEP3\x00\x00")
	chunk := func(kind uint16, value ...byte) {
		b = put.AppendUint16(put.AppendUint16(b, 0), kind)
		b = append(put.AppendUint16(b, uint16(6+len(value))), value...) //nolint:gosec // below 64 KiB
	}
	family, from, to := byte(hepIPv4), uint16(hepFrom4), uint16(hepTo4)
	if !s.from.Addr().Is4() {
		family, from, to = hepIPv6, hepFrom6, hepTo6
	}
	chunk(hepFamily, family)
	chunk(hepProtocol, s.protocol)
	chunk(from, s.from.Addr().AsSlice()...)
	chunk(to, s.to.Addr().AsSlice()...)
	chunk(hepFromPort, put.AppendUint16(nil, s.from.Port())...)
	chunk(hepToPort, put.AppendUint16(nil, s.to.Port())...)
	chunk(hepSeconds, put.AppendUint32(nil, uint32(s.at.Unix()))...)                 //nolint:gosec // until 2106
	chunk(hepMicroseconds, put.AppendUint32(nil, uint32(s.at.Nanosecond()/1000))...) //nolint:gosec // below a million
	chunk(hepType, hepSIP)
	chunk(hepAgent, put.AppendUint32(nil, hepOurs)...)
	chunk(hepCorrelation, []byte(call)...)
	chunk(hepPayload, s.text...)
	put.PutUint16(b[4:], uint16(len(b))) //nolint:gosec // below 64 KiB
	return b
}

// sendHEP sends each message. Whether a Homer takes them, UDP does not tell.
func sendHEP(ctx context.Context, to, call string, messages []dialer.TraceMessage) error {
	all, err := segments(messages)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", to)
	if err != nil {
		return fmt.Errorf("--hep: %w", err)
	}
	for _, s := range all {
		var wrote error
		if _, wrote = conn.Write(hepOf(s, call)); wrote != nil {
			err = fmt.Errorf("--hep: %w", wrote)
			break
		}
	}
	return errors.Join(err, conn.Close())
}

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
)

// said runs a command as the shell would.
func said(ctx context.Context, args ...string) (out, err string, code int) {
	var o, e bytes.Buffer
	code = dispatch(ctx, args, streams{&o, &e})
	return o.String(), e.String(), code
}

// TestTraceOfACall: a call through the whole house, then its ladder on the terminal and as a capture.
func TestTraceOfACall(t *testing.T) {
	full.Only(t)
	h := newHouse(t, houseOptions{fastCarrier: true})
	h.start()
	c := h.seated("operator1", "desk1")
	id := h.dial(c, "desk1", h.caseEnding("41"))
	h.ended(id)
	file := filepath.Join(t.TempDir(), "call.pcap")
	t.Setenv("KAKERU_PASSWORD", "the password of three")
	out, errs, code := said(t.Context(), "trace", string(id), "--server", "http://"+h.http, "--full", "--pcap", file)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"desk phone", "0.000  |<- desk1: INVITE sip:201@", "|-- INVITE sip:0", "|<- SIP/2.0 486", "|-- ACK sip:", "#1 "} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	_, number, _ := strings.Cut(out, "|-- INVITE sip:0")
	number, _, _ = strings.Cut(number, "@")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	packets := readPcap(t, b)
	if len(packets) != strings.Count(out, "\n#") || !strings.HasPrefix(packets[0].text, "INVITE sip:201@") || packets[0].from != h.sip {
		t.Errorf("%d packets for %d messages; the first is %+v", len(packets), strings.Count(out, "\n#"), packets[0])
	}
	if tshark, err := exec.LookPath("tshark"); err == nil {
		refusal := `sip.CSeq.method == "INVITE" && sip.Status-Code == 486`
		read, err := exec.CommandContext(t.Context(), tshark, "-r", file, "-Y", refusal).CombinedOutput() //nolint:gosec // the test's own file
		if err != nil || !bytes.Contains(read, []byte("486")) {
			t.Errorf("tshark: %v\n%s", err, read)
		}
	}

	t.Setenv("KAKERU_PASSWORD", "the password of five")
	out, errs, code = said(t.Context(), "trace", "--login", "admin", "--server", "http://"+h.http+"/", "--full", string(id))
	if code != 0 || !strings.Contains(out, "|-- INVITE sip:***@") || number == "" || strings.Contains(out, number) {
		t.Errorf("an administrator: exit %d %s\n%s", code, errs, out)
	}
	for want, args := range map[string][]string{
		"200 calls":                 {"trace", "no-such-call", "--login", "admin", "--server", "http://" + h.http},
		"password is wrong":         {"trace", string(id), "--server", "http://" + h.http},
		"no server answers at http": {"trace", string(id), "--server", "http://127.0.0.1:1"},
	} {
		if _, errs, code := said(t.Context(), args...); code != 1 || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
	}
}

func TestTraceWrongUsage(t *testing.T) {
	for _, args := range [][]string{{"trace"}, {"trace", "a", "b"}, {"trace", "a", "--server", "nonsense"}, {"trace", "--nonsense"}} {
		if _, errs, code := said(t.Context(), args...); code != 2 || !strings.Contains(errs, "usage: kakeru trace CALL") {
			t.Errorf("%v: exit %d, %q", args, code, errs)
		}
	}
}

// packet is what stands in a capture.
type packet struct {
	at       time.Time
	from, to netip.AddrPort
	protocol uint8
	seq, ack uint32
	text     string
}

// readPcap reads a capture back, and fails for whatever in it does not add up.
func readPcap(t *testing.T, b []byte) []packet {
	t.Helper()
	get := binary.LittleEndian
	if get.Uint32(b) != 0xa1b2c3d4 || get.Uint16(b[4:]) != 2 || get.Uint16(b[6:]) != 4 || get.Uint32(b[20:]) != 101 {
		t.Fatalf("the file's header is % x", b[:24])
	}
	var all []packet
	for b = b[24:]; len(b) > 0; {
		n := get.Uint32(b[8:])
		if n != get.Uint32(b[12:]) || len(b) < int(16+n) {
			t.Fatalf("a packet of %d bytes, of %d, in %d", n, get.Uint32(b[12:]), len(b))
		}
		p := readPacket(t, b[16:16+n])
		p.at = time.Unix(int64(get.Uint32(b)), int64(get.Uint32(b[4:]))*1000)
		all, b = append(all, p), b[16+n:]
	}
	return all
}

// sumOf is RFC 1071 in the plainest words: over a header that holds its own checksum it is all ones.
func sumOf(b []byte) uint32 {
	if len(b)%2 == 1 {
		b = append(bytes.Clone(b), 0)
	}
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
		sum = sum&0xffff + sum>>16
	}
	return sum
}

func readPacket(t *testing.T, b []byte) packet {
	t.Helper()
	get := binary.BigEndian
	var (
		p        packet
		src, dst []byte
		load     []byte
	)
	switch b[0] >> 4 {
	case 4:
		if int(get.Uint16(b[2:])) != len(b) || sumOf(b[:20]) != 0xffff {
			t.Fatalf("an IPv4 header is wrong: % x", b[:20])
		}
		p.protocol, src, dst, load = b[9], b[12:16], b[16:20], b[20:]
	case 6:
		if int(get.Uint16(b[4:])) != len(b)-40 {
			t.Fatalf("an IPv6 header is wrong: % x", b[:40])
		}
		p.protocol, src, dst, load = b[6], b[8:24], b[24:40], b[40:]
	default:
		t.Fatalf("IP version %d", b[0]>>4)
	}
	pseudo := append(append(bytes.Clone(src), dst...), 0, 0, byte(len(load)>>8), byte(len(load)), 0, p.protocol)
	if sumOf(append(pseudo, load...)) != 0xffff {
		t.Fatalf("a checksum is wrong: % x", load)
	}
	from, _ := netip.AddrFromSlice(src)
	to, _ := netip.AddrFromSlice(dst)
	p.from, p.to = netip.AddrPortFrom(from, get.Uint16(load)), netip.AddrPortFrom(to, get.Uint16(load[2:]))
	switch p.protocol {
	case 17:
		if int(get.Uint16(load[4:])) != len(load) {
			t.Fatalf("a UDP header is wrong: % x", load[:8])
		}
		p.text = string(load[8:])
	case 6:
		p.seq, p.ack, p.text = get.Uint32(load[4:]), get.Uint32(load[8:]), string(load[4*(load[12]>>4):])
	}
	return p
}

// someMessages pass over each kind of network.
func someMessages() []dialer.TraceMessage {
	at := time.Unix(1_800_000_000, 123_456_000).UTC()
	return []dialer.TraceMessage{
		{At: at, From: "192.0.2.1:5060", To: "192.0.2.2:5080", Transport: "UDP", Text: "BYE sip:h SIP/2.0\r\nl: 99\r\n\r\nodd"},
		{At: at.Add(time.Second), From: "[2001:db8::1]:5060", To: "[2001:db8::2]:5060", Transport: "UDP", Text: "even"},
		{At: at, From: "[2001:db8::1]:5060", To: "[2001:db8::2]:5060", Transport: "TCP", Text: "four"},
		{At: at, From: "[2001:db8::2]:5060", To: "[2001:db8::1]:5060", Transport: "TCP", Text: "back"},
		{At: at, From: "[2001:db8::1]:5060", To: "[2001:db8::2]:5060", Transport: "TCP", Text: "again"},
		{At: at, From: "192.0.2.1:5061", To: "192.0.2.2:5061", Transport: "TLS", Text: "plain"},
	}
}

func TestPcapIsReadBack(t *testing.T) {
	messages := someMessages()
	all, err := segments(messages)
	if err != nil {
		t.Fatal(err)
	}
	got := readPcap(t, pcapOf(all))
	if len(got) != len(messages) {
		t.Fatalf("%d packets", len(got))
	}
	for i, m := range messages {
		want := m.Text
		if i == 0 {
			want = "BYE sip:h SIP/2.0\r\nl: 3\r\n\r\nodd"
		}
		if p := got[i]; p.text != want || p.from.String() != m.From || p.to.String() != m.To || !p.at.Equal(m.At) || (p.protocol == 6) != (m.Transport == "TCP") {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if got[2].seq != 1 || got[3].seq != 1 || got[3].ack != 5 || got[4].seq != 5 || got[4].ack != 5 {
		t.Errorf("sequence numbers: %+v", got[2:5])
	}
	if _, err := segments([]dialer.TraceMessage{{From: "192.0.2.1:1", To: "[::1]:1"}}); err == nil {
		t.Error("a packet from IPv4 to IPv6")
	}
}

// TestHEPIsReadBack by somebody who listens as a Homer does.
func TestHEPIsReadBack(t *testing.T) {
	homer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = homer.Close() }()
	messages := someMessages()
	if err := sendHEP(t.Context(), homer.LocalAddr().String(), "call-1", messages); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65535)
	get := binary.BigEndian
	for i, m := range messages {
		_ = homer.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, _, err := homer.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if string(buf[:4]) != "HEP3" || int(get.Uint16(buf[4:])) != n {
			t.Fatalf("% x", buf[:n])
		}
		chunks := map[uint16][]byte{}
		for b := buf[6:n]; len(b) > 0; b = b[get.Uint16(b[4:]):] {
			if get.Uint16(b) != 0 {
				t.Fatalf("a vendor's chunk: % x", b)
			}
			chunks[get.Uint16(b[2:])] = bytes.Clone(b[6:get.Uint16(b[4:])])
		}
		family, from, to := byte(2), chunks[3], chunks[4]
		if strings.HasPrefix(m.From, "[") {
			family, from, to = 10, chunks[5], chunks[6]
		}
		src, _ := netip.AddrFromSlice(from)
		dst, _ := netip.AddrFromSlice(to)
		if netip.AddrPortFrom(src, get.Uint16(chunks[7])).String() != m.From || netip.AddrPortFrom(dst, get.Uint16(chunks[8])).String() != m.To ||
			chunks[1][0] != family || (chunks[2][0] == 6) != (m.Transport == "TCP") || chunks[11][0] != 1 || string(chunks[17]) != "call-1" ||
			!time.Unix(int64(get.Uint32(chunks[9])), int64(get.Uint32(chunks[10]))*1000).Equal(m.At) || string(chunks[15]) != withLength(m.Text) {
			t.Errorf("%d: %v", i, chunks)
		}
	}
}

// TestLadderText: arrows point where the messages went, columns stand still, nothing steers the terminal.
func TestLadderText(t *testing.T) {
	var b bytes.Buffer
	at := time.Now()
	printLadder(&b, []dialer.TraceMessage{
		{At: at, Out: true, Leg: dialer.DeskLeg, Desk: "desk1", First: "INVITE sip:" + strings.Repeat("é", 60) + " SIP/2.0"},
		{At: at.Add(1500 * time.Millisecond), Leg: dialer.DeskLeg, First: "SIP/2.0 180 \x1b[2J"},
		{At: at.Add(2 * time.Second), Out: true, Leg: dialer.CustomerLeg, First: "INVITE"},
		{At: at.Add(3 * time.Second), Leg: dialer.CustomerLeg, First: "SIP/2.0 200 OK"},
	})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	for i, want := range []string{"seconds", "0.000  |<- desk1: INVITE", "1.500  |-- SIP/2.0 180 ·[2J ", "2.000  |  ", "3.000  |  "} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d has no %q: %s", i, want, lines[i])
		}
		if i > 0 && len([]rune(strings.TrimSpace(lines[i]))) != len("0.000  ")+2*armColumn+1-1 {
			t.Errorf("line %d is %d wide: %s", i, len([]rune(strings.TrimSpace(lines[i]))), lines[i])
		}
	}
	if !strings.Contains(lines[3], "|-- INVITE ---") || !strings.HasSuffix(lines[3], "->|") || !strings.Contains(lines[4], "|<- SIP/2.0 200 OK ---") {
		t.Errorf("got\n%s", b.String())
	}
}

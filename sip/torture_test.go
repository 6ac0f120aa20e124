package sip

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// tortured is one message of RFC 4475: what its section wants, and what we do.
type tortured struct {
	name, section string
	wants         string // what the RFC says must or may happen, in short
	trunk         int    // our answer when it comes from a trunk's address; 0 for silence
	stranger      int    // our answer to a stranger, where it is another
	method        string // of the CSeq in the answer; none where the message has no sound one
}

// A sound INVITE from outside is answered so, as long as nobody can be called here.
const (
	inviteFromTrunk    = 404
	inviteFromStranger = 403
)

var torture = []tortured{
	// 3.1.1, valid: a parser must read them all.
	{"wsinv", "3.1.1.1", "well-formed; its To has a tag of no call here", 481, 0, "INVITE"},
	{"intmeth", "3.1.1.2", "501 with Allow: an unknown method", 501, 0, "!interesting-Method0123456789_*+`.%indeed'~"},
	{"esc01", "3.1.1.3", "well-formed; escapes are not separators", inviteFromTrunk, inviteFromStranger, "INVITE"},
	{"escnull", "3.1.1.4", "well-formed; %00 is a character", 401, 0, "REGISTER"},
	{"esc02", "3.1.1.5", "an unknown method, no REGISTER", 501, 0, "RE%47IST%45R"},
	{"lwsdisp", "3.1.1.6", "well-formed", 200, 0, "OPTIONS"},
	{"longreq", "3.1.1.7", "well-formed, nothing cut short", inviteFromTrunk, inviteFromStranger, "INVITE"},
	{"dblreq", "3.1.1.8", "the REGISTER counts, what follows it does not", 401, 0, "REGISTER"},
	{"semiuri", "3.1.1.9", "well-formed; the semicolon is in the user part", 200, 0, "OPTIONS"},
	{"transports", "3.1.1.10", "well-formed; all Via come back", 200, 0, "OPTIONS"},
	{"mpart01", "3.1.1.11", "well-formed; MESSAGE is not served", 405, 0, "MESSAGE"},
	{"unreason", "3.1.1.12", "a 200 all the same; of no call of ours, dropped", 0, 0, ""},
	{"noreason", "3.1.1.13", "a 100 all the same; of no call of ours, dropped", 0, 0, ""},

	// 3.1.2, invalid.
	{"badinv01", "3.1.2.1", "400", 400, 0, "INVITE"},
	{"clerr", "3.1.2.2", "400: the body is shorter than it says", 400, 0, "INVITE"},
	{"ncl", "3.1.2.3", "400: a length below zero", 400, 0, "INVITE"},
	{"scalar02", "3.1.2.4", "400: numbers out of range", 400, 0, "36893488147419103232 REGISTER"},
	{"scalarlg", "3.1.2.5", "discarded", 0, 0, ""},
	{"quotbal", "3.1.2.6", "400", 400, 0, "INVITE"},
	{"ltgtruri", "3.1.2.7", "400, or read liberally", 400, 0, "INVITE"},
	{"lwsruri", "3.1.2.8", "400, or read liberally", 400, 0, "INVITE"},
	{"lwsstart", "3.1.2.9", "400, or read liberally", 400, 0, "INVITE"},
	{"trws", "3.1.2.10", "400, or read liberally", 400, 0, "OPTIONS"},
	{"escruri", "3.1.2.11", "400: headers in a Request-URI", 400, 0, "INVITE"},
	{"baddate", "3.1.2.12", "400, or the Date ignored: ignored", inviteFromTrunk, inviteFromStranger, "INVITE"},
	{"regbadct", "3.1.2.13", "400", 400, 0, "REGISTER"},
	{"badaspec", "3.1.2.14", "400, or read liberally", 400, 0, "OPTIONS"},
	{"baddn", "3.1.2.15", "400, or read liberally: as if it were quoted", 200, 0, "OPTIONS"},
	{"badvers", "3.1.2.16", "505", 505, 0, "OPTIONS"},
	{"mismatch01", "3.1.2.17", "400", 400, 0, "INVITE"},
	{"mismatch02", "3.1.2.18", "501 or 400", 400, 0, "INVITE"},
	{"bigcode", "3.1.2.19", "discarded", 0, 0, ""},

	// 3.2 to 3.4: sound to a parser, for the layers above.
	{"badbranch", "3.2.1", "a transaction as RFC 2543 has it", 200, 0, "OPTIONS"},
	{"insuf", "3.3.1", "400, as far as it can be answered", 400, 0, "INVITE"},
	{"unkscm", "3.3.2", "416", 416, 0, "OPTIONS"},
	{"novelsc", "3.3.3", "416", 416, 0, "OPTIONS"},
	{"unksm2", "3.3.4", "400: To of a REGISTER is a SIP URI", 400, 0, "REGISTER"},
	{"bext01", "3.3.5", "420 with Unsupported", 420, 0, "OPTIONS"},
	{"invut", "3.3.6", "415 with Accept", 415, 0, "INVITE"},
	{"regaut01", "3.3.7", "401 with a challenge that can be answered", 401, 0, "REGISTER"},
	{"multi01", "3.3.8", "400", 400, 0, "INVITE"},
	{"mcl01", "3.3.9", "400", 400, 0, "OPTIONS"},
	{"bcast", "3.3.10", "discarded", 0, 0, ""},
	{"zeromf", "3.3.11", "answered: we are no proxy", 200, 0, "OPTIONS"},
	{"cparam01", "3.3.12", "a registration like any; challenged", 401, 0, "REGISTER"},
	{"cparam02", "3.3.13", "a registration like any; challenged", 401, 0, "REGISTER"},
	{"regescrt", "3.3.14", "a registration like any; challenged", 401, 0, "REGISTER"},
	{"sdp01", "3.3.15", "406", 406, 0, "INVITE"},
	{"inv2543", "3.4.1", "accepted as RFC 2543 has it", inviteFromTrunk, inviteFromStranger, "INVITE"},
}

// tortureText reads a message as it is kept: a line ends in CRLF, <hex> has bytes that cannot be printed, <repeat> what
// is there many times. These are the RFC's own signs (§2).
func tortureText(t testing.TB, name string) []byte {
	t.Helper()
	kept, err := os.ReadFile(filepath.Join("testdata", "torture", name+".dat"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(kept), "\n", newline)
	text = repeated.ReplaceAllStringFunc(text, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], n)
	})
	return []byte(hexed.ReplaceAllStringFunc(text, func(s string) string {
		b, err := hex.DecodeString(hexed.FindStringSubmatch(s)[1])
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}))
}

var (
	repeated = regexp.MustCompile(`<repeat count=(\d+)>([^<]*)</repeat>`)
	hexed    = regexp.MustCompile(`<hex>([0-9A-F]*)</hex>`)
)

// The bodies are as long as the messages say, but where that is what is wrong with them: so nothing was lost in writing
// them down.
func TestTortureMessagesAreWhole(t *testing.T) {
	sizes := map[string]int{
		"wsinv": 1001, "intmeth": 641, "longreq": 3515, "mpart01": 1290, "unreason": 526, "dblreq": 750, "scalar02": 476, "trws": 327,
	}
	kept, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil || len(kept) != 49 || len(torture) != 49 {
		t.Errorf("%d files, %d rows (%v): the RFC has 49 messages", len(kept), len(torture), err)
	}
	length := regexp.MustCompile(`(?mi)^(?:content-length|l)\s*:\s*(\d+)`)
	wrong := map[string]bool{"clerr": true, "ncl": true, "mcl01": true, "dblreq": true, "multi01": true}
	for _, c := range torture {
		text := tortureText(t, c.name)
		if size := sizes[c.name]; size != 0 && len(text) != size {
			t.Errorf("%s: %d bytes, want %d", c.name, len(text), size)
		}
		head, body, ok := bytes.Cut(text, []byte("\r\n\r\n"))
		if !ok {
			t.Errorf("%s has no end of its headers", c.name)
		}
		if m := length.FindSubmatch(head); m != nil && !wrong[c.name] && string(m[1]) != strconv.Itoa(len(body)) {
			t.Errorf("%s: %d bytes of body, %s are said", c.name, len(body), m[1])
		}
	}
}

// freshAddress is an address on the loopback network that this process has not used yet, and others hardly.
func freshAddress() net.IP {
	n := addressesUsed.Add(1) + uint32(os.Getpid())*64 //nolint:gosec // any number will do
	return net.IPv4(127, byte(64+n/253/253%128), byte(n/253%253+1), byte(n%253+1))
}

var addressesUsed atomic.Uint32

// pillory is an address of its own on the loopback network, with the ports that the messages ask to be answered at.
type pillory struct {
	conns []*net.UDPConn
	got   chan string
}

var torturePorts = []int{defaultPort, 5050}

func newPillory(t *testing.T) *pillory {
	t.Helper()
	p := &pillory{got: make(chan string, 100)}
	for tries := 0; p.conns == nil; tries++ {
		if tries == 100 {
			t.Skip("another program has port 5060 or 5050 on all addresses, and that is where the RFC's messages ask to be answered")
		}
		p.listen(freshAddress())
	}
	done := make(chan struct{}, len(p.conns))
	for _, c := range p.conns {
		go func() {
			defer func() { done <- struct{}{} }()
			buf := make([]byte, 65535)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				p.got <- string(buf[:n])
			}
		}()
	}
	t.Cleanup(func() {
		for _, c := range p.conns {
			_ = c.Close()
		}
		for range p.conns {
			<-done
		}
	})
	return p
}

// listen takes an address, unless somebody else has it.
func (p *pillory) listen(at net.IP) {
	for _, port := range torturePorts {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: at, Port: port})
		if err != nil {
			for _, c := range p.conns {
				_ = c.Close()
			}
			p.conns = nil
			return
		}
		p.conns = append(p.conns, c)
	}
}

func (p *pillory) addr() netip.AddrPort { return localAddr(p.conns[0]) }

func (p *pillory) send(t *testing.T, to netip.AddrPort, text []byte) {
	t.Helper()
	if _, err := p.conns[0].WriteToUDPAddrPort(text, to); err != nil {
		t.Fatal(err)
	}
}

// mark is an OPTIONS whose answer shows that what was sent before it has been dealt with: the socket is read in order.
func (p *pillory) mark(t *testing.T, to netip.AddrPort, callID string) {
	t.Helper()
	p.send(t, to, []byte((&peer{addr: p.addr()}).outside("OPTIONS", callID)))
}

// until reads answers up to the mark's, and returns those before it.
func (p *pillory) until(t *testing.T, callID string) []string {
	t.Helper()
	var before []string
	for {
		text := within(t, p.got, "the answer to an OPTIONS")
		if strings.Contains(text, callID) {
			if !strings.HasPrefix(text, "SIP/2.0 200 ") {
				t.Errorf("an OPTIONS got %q", text)
			}
			return before
		}
		before = append(before, text)
	}
}

// endure sends one message and checks what comes back.
func (p *pillory) endure(t *testing.T, a *Agent, c tortured, want int) {
	t.Helper()
	text := tortureText(t, c.name)
	p.send(t, a.Addr(), text)
	var got []string
	// The OPTIONS carries the message's own Call-ID where it has one, so that it waits in the same lane.
	id := string(callIDIn(text))
	probe := orElse(id, newTag())
	if id != "" && want != 0 {
		got = append(got, within(t, p.got, "an answer to "+c.name))
	}
	p.mark(t, a.Addr(), probe)
	got = append(got, p.until(t, probe)...)
	switch {
	case want == 0 && len(got) == 0:
		return
	case want == 0 || len(got) != 1:
		t.Errorf("%d answers, want %d: %q", len(got), want, got)
		return
	}
	c.check(t, text, got[0], want)
}

var cseqIn = regexp.MustCompile(`(?m)^CSeq: (?:\d+ )?(.*)\r$`)

// check looks at an answer: its status, that it can be matched to the request, and what it must say besides.
func (c tortured) check(t *testing.T, text []byte, answer string, want int) {
	t.Helper()
	if !strings.HasPrefix(answer, fmt.Sprintf("SIP/2.0 %d ", want)) {
		t.Errorf("answered %q, want %d", answer, want)
	}
	if m := cseqIn.FindStringSubmatch(answer); m == nil || m[1] != c.method && !strings.HasSuffix(c.method, m[1]) {
		t.Errorf("the answer's CSeq is not the request's: %q", answer)
	}
	asked, told := rawHeaders(text), rawHeaders([]byte(answer))
	if ids := asked["call-id"]; len(ids) > 0 && !slices.Contains(ids, told["call-id"][0]) {
		t.Errorf("the answer's Call-ID is not the request's: %q", answer)
	}
	if n := len(asked["to"]); n > 0 && !strings.Contains(told["to"][0], "tag=") {
		t.Errorf("no To tag: %q", answer)
	}
	if vias := func(h map[string][]string) int { return strings.Count(strings.Join(h["via"], " "), "SIP/") }; vias(asked) != vias(told) {
		t.Errorf("%d Via came, %d went back: %q", vias(asked), vias(told), answer)
	}
	must := map[int]string{
		501: "Allow: ", 405: "Allow: ", 420: "Unsupported: nothingSupportsThis, nothingSupportsThisEither",
		415: "Accept: " + sdpType, 401: "WWW-Authenticate: Digest ",
	}
	if m := must[want]; !strings.Contains(answer, m) {
		t.Errorf("no %q: %q", m, answer)
	}
}

// Every message, from a trunk's address: the right answer, the next OPTIONS is answered, and in the end a call works and
// nothing is left over.
func TestTortureFromATrunk(t *testing.T) {
	t.Parallel()
	p := newPillory(t)
	r := newRig(t, func(c *Config) {
		c.Trunks = append(c.Trunks, labTrunk(p.addr()))
		c.Trunks[1].Name = "pillory"
	})
	for _, c := range torture {
		t.Run(c.name, func(t *testing.T) { p.endure(t, r.Agent, c, c.trunk) })
	}
	r.callWorks(t)
	eventually(t, "no lane is left", func() bool { return len(r.allLanes()) == 0 })
}

// Every message from an address of its own that nobody knows.
func TestTortureFromStrangers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range torture {
		t.Run(c.name, func(t *testing.T) { newPillory(t).endure(t, r.Agent, c, orElse(c.stranger, c.trunk)) })
	}
	r.callWorks(t)
	eventually(t, "no lane is left", func() bool { return len(r.allLanes()) == 0 })
}

// callWorks makes one call, to its end.
func (r *rig) callWorks(t *testing.T) {
	t.Helper()
	n := r.line(t)
	w := watch(n.Customer())
	w.Dial()
	r.trunk.answerCall(t, "after")
	w.until(t, dialer.LegAnswered)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	n.Close()
}

// The responses again, as they would come in a call of ours: their start lines and oddities, with the call's headers.
func TestTortureWithinACall(t *testing.T) {
	start := func(name string) string {
		line, _, _ := strings.Cut(string(tortureText(t, name)), newline)
		return line
	}
	for _, c := range []struct {
		name, section string
		change        func(text string) string // of a 200 with SDP
		answered      bool
		tried         bool
	}{
		{"unreason", "3.1.1.12", func(s string) string { return strings.Replace(s, "SIP/2.0 200 Said", start("unreason"), 1) }, true, false},
		{"noreason", "3.1.1.13", func(s string) string { return strings.Replace(s, "SIP/2.0 200 Said", start("noreason"), 1) }, false, true},
		{"bigcode", "3.1.2.19", func(s string) string { return strings.Replace(s, "SIP/2.0 200 Said", start("bigcode"), 1) }, false, false},
		{"scalarlg", "3.1.2.5", func(s string) string {
			return strings.Replace(s, "CSeq: 1 INVITE", "CSeq: 9292394834772304023312 INVITE", 1)
		}, false, false},
		{"bcast", "3.3.10", func(s string) string {
			return strings.Replace(s, newline+"From", newline+"Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23"+newline+"From", 1)
		}, false, false},
		{"a status below 100", "", func(s string) string { return strings.Replace(s, "200 Said", "099 Said", 1) }, false, false},
		{"a status beyond 699", "", func(s string) string { return strings.Replace(s, "200 Said", "700 Said", 1) }, false, false},
		{"another version", "", func(s string) string { return strings.Replace(s, "SIP/2.0 200", "SIP/3.0 200", 1) }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			text := r.trunk.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP})
			changed := c.change(text)
			if changed == text {
				t.Fatal("nothing was changed")
			}
			r.trunk.write(r.Agent, changed)
			if !c.answered {
				// As if it had never come: the call goes on, and a real answer is taken.
				r.trunk.quiet(t, r.Agent, sip.ACK, value(invite, "Call-ID"))
				r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
			}
			w.until(t, dialer.LegAnswered)
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
			if c.tried != w.saw(dialer.EvTrying) {
				t.Errorf("a 100 counted: %v; %v", !c.tried, w.kinds())
			}
		})
	}
}

// The Contacts again, in registrations that are let in: whose a parameter is, the URI's or the header's, decides what is
// bound. One that would put a Route into what goes to it is refused.
func TestTortureContactsAreBoundAsTheyStand(t *testing.T) {
	for _, c := range []struct {
		name, section string
		want          int
		bound         string
	}{
		{"cparam01", "3.3.12", 200, "<sip:phone1@gw1.example.net>"},
		{"cparam02", "3.3.13", 200, "<sip:phone1@gw1.example.net;unknownparam>"},
		{"regescrt", "3.3.14", 403, ""},
		{"escnull", "3.1.1.4", 200, "<sip:%00@host5.example.com>"},
		{"esc01", "3.1.1.3", 200, "<sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>"},
		{"wsinv", "3.1.1.1", 200, "<sip:jdrosen@example.com>"},
		{"unksm2", "3.3.4", 400, ""},
		{"regbadct", "3.1.2.13", 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, account)
			p := newPhoneSide(t, r.Agent)
			header := "Contact:" + strings.Replace(contactIn(tortureText(t, c.name)), "+19725552222", "phone1", 1) // no phone is a number
			res := p.register(t)
			res = p.register(t, header, p.credentials(t, res, 0, "desk secret"))
			if res.StatusCode != c.want {
				t.Errorf("%s got %d %s, want %d", header, res.StatusCode, res.Reason, c.want)
			}
			if got, _, _ := strings.Cut(value(res, "Contact"), ";expires="); c.bound != got {
				t.Errorf("%s is bound as %q, want %q", header, got, c.bound)
			}
		})
	}
}

// contactIn is the first Contact of a message, as it came.
func contactIn(text []byte) string {
	_, rest, _ := bytes.Cut(text, []byte(newline))
	for {
		line, after, whole := field(rest)
		name, value, _ := bytes.Cut(line, []byte(":"))
		if !whole || strings.EqualFold(string(name), "Contact") || strings.EqualFold(string(name), "m") {
			return string(value)
		}
		rest = after
	}
}

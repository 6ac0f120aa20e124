package sip

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// keyed writes an INFO in the dialog that the peer made by answering.
func (p *peer) keyed(invite *sip.Request, tag string, cseq int, kind, body string) string {
	text := p.within(invite, tag, "INFO", cseq, nil, body)
	return strings.Replace(text, "Content-Type: application/sdp", "Content-Type: "+kind, 1)
}

// keysBy answers n INFO requests and returns the keys in them.
func (p *peer) keysBy(t *testing.T, n int) string {
	t.Helper()
	var keys string
	for range n {
		info := p.request(t, sip.INFO)
		if kind := value(info, "Content-Type"); kind != "application/dtmf-relay" {
			t.Errorf("Content-Type %q", kind)
		}
		var key rune
		var ms int
		if _, err := fmt.Sscanf(string(info.Body()), "Signal=%c\r\nDuration=%d\r\n", &key, &ms); err != nil || ms != 100 {
			t.Errorf("body %q: %v", info.Body(), err)
		}
		keys += string(key)
		p.reply(info, say{status: 200})
	}
	return keys
}

// hangUp ends a talk from the desk's side.
func (h *handOn) hangUp(t *testing.T) { h.end(t, h.phone(), h.first, "p") }

func TestKeysByInfoWhereNoEventsWereAgreedTo(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.SendDigits("19")
	h.line.SendDigits("*#D")
	if got := h.trunk.keysBy(t, 5); got != "19*#D" {
		t.Errorf("keys %q", got)
	}
	h.hangUp(t)
}

func TestKeysThatAreRefusedEndThere(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	h.line.SendDigits("123")
	info := h.trunk.request(t, sip.INFO)
	h.trunk.reply(info, say{status: 415})
	h.trunk.write(h.Agent, h.trunk.within(h.outside, "c", "OPTIONS", 2, nil, ""))
	h.trunk.response(t, sip.OPTIONS) // the refusal was taken before
	h.line.SendDigits("7")
	if got := h.trunk.keysBy(t, 1); got != "7" {
		t.Errorf("keys %q", got)
	}
	h.hangUp(t)
}

func TestKeysByInfoAnswerAChallenge(t *testing.T) {
	t.Parallel()
	h := newHandOn(t, func(c *Config) { c.Trunks[0].User, c.Trunks[0].Password = "ward", "secret" })
	h.line.SendDigits("55")
	for _, nonce := range []string{"n", "m"} { // each key is asked for anew, and the old nonce is not called stale
		first := h.trunk.request(t, sip.INFO)
		h.trunk.reply(first, say{status: 401, headers: []string{fmt.Sprintf(`WWW-Authenticate: Digest realm="x", nonce=%q, qop="auth"`, nonce)}})
		again := h.trunk.request(t, sip.INFO)
		if !strings.Contains(value(again, "Authorization"), fmt.Sprintf("nonce=%q", nonce)) || string(again.Body()) != string(first.Body()) {
			t.Errorf("%s", again)
		}
		if again.CSeq().SeqNo != first.CSeq().SeqNo+1 {
			t.Errorf("CSeq %d after %d", again.CSeq().SeqNo, first.CSeq().SeqNo)
		}
		h.trunk.reply(again, say{status: 200})
	}
	h.hangUp(t)
}

func TestInfoOfOneLegReachesTheOther(t *testing.T) {
	t.Parallel()
	h := newHandOn(t)
	p := h.phone()
	p.write(h.Agent, p.keyed(h.first, "p", 2, "application/dtmf-relay", "Signal= 5\r\nDuration= 160\r\n"))
	p.response(t, sip.INFO)
	if got := h.trunk.keysBy(t, 1); got != "5" {
		t.Errorf("desk → customer: %q", got)
	}
	h.trunk.write(h.Agent, h.trunk.keyed(h.outside, "c", 2, "application/dtmf", "#"))
	h.trunk.response(t, sip.INFO)
	if got := p.keysBy(t, 1); got != "#" {
		t.Errorf("customer → desk: %q", got)
	}
	p.write(h.Agent, p.keyed(h.first, "p", 3, "application/dtmf", "a poem"))
	if res := p.response(t, sip.INFO); res.StatusCode != 400 {
		t.Errorf("a body without a key: %d", res.StatusCode)
	}
	// While the customer is held, nobody hears the keys.
	h.line.Hold(true)
	p.write(h.Agent, p.keyed(h.first, "p", 4, "application/dtmf", "9"))
	p.response(t, sip.INFO)
	h.line.Hold(false)
	p.write(h.Agent, p.keyed(h.first, "p", 5, "application/dtmf", "8"))
	p.response(t, sip.INFO)
	if got := h.trunk.keysBy(t, 1); got != "8" {
		t.Errorf("the first key after the hold is %q", got)
	}
	h.hangUp(t)
}

// TestInfoBecomesEvents: one leg presses by INFO, the other takes RFC 4733.
func TestInfoBecomesEvents(t *testing.T) {
	t.Parallel()
	ear, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer ear.Close()
	r := newRig(t)
	n := r.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	invite, _ := r.desk.answerCall(t, "p")
	desk.until(t, dialer.LegAnswered)
	customer.Dial()
	outside := r.trunk.request(t, sip.INVITE)
	sdp := strings.Replace(sdpAt(ear.LocalAddr().(*net.UDPAddr).Port, "a=rtpmap:96 telephone-event/8000"), "RTP/AVP 0 8", "RTP/AVP 0 96", 1)
	r.trunk.reply(outside, say{status: 200, tag: "c", sdp: sdp})
	r.trunk.request(t, sip.ACK)
	customer.until(t, dialer.LegAnswered)
	n.Join()
	r.desk.write(r.Agent, r.desk.keyed(invite, "p", 2, "application/dtmf", "3"))
	r.desk.response(t, sip.INFO)
	buffer := make([]byte, 2048)
	for ends := 0; ends < 3; {
		var p rtp.Packet
		size, err := ear.Read(buffer)
		if err == nil {
			err = p.Unmarshal(buffer[:size])
		}
		if err != nil || p.PayloadType != 96 || len(p.Payload) != 4 || p.Payload[0] != 3 {
			t.Fatalf("%v, %v", p, err)
		}
		if p.Payload[1]&0x80 != 0 {
			ends++
		}
	}
	r.desk.write(r.Agent, r.desk.within(invite, "p", "BYE", 3, nil, ""))
	desk.gone(t)
	customer.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	customer.gone(t)
}

func TestBodiesOfKeys(t *testing.T) {
	for body, want := range map[string]struct {
		key byte
		ok  bool
	}{
		"Signal=5\r\nDuration=160\r\n": {'5', true},
		"signal = *\nduration = 1":     {'*', true},
		"Duration=160\r\nSignal=11":    {'#', true},
		"Signal=12":                    {'A', true},
		"Signal=d":                     {'D', true},
		"7":                            {'7', true},
		" 10\r\n":                      {'*', true},
		"":                             {0, true},
		"Signal=!":                     {0, true},
		"16":                           {0, true},
		"Signal=":                      {0, true},
		"17":                           {0, false},
		"Signal=E":                     {0, false},
		"Duration=160":                 {0, false},
		"a poem":                       {0, false},
		"\xff":                         {0, false},
	} {
		if key, ok := keyIn([]byte(body)); key != want.key || ok != want.ok {
			t.Errorf("%q: %q, %v", body, key, ok)
		}
	}
}

func FuzzKeyBodies(f *testing.F) {
	for _, s := range []string{"Signal=5\r\nDuration=160\r\n", "#", "Signal=10", "a=b=c\n=\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if key, ok := keyIn(body); key != 0 && (!ok || !media.KnownKey(key)) {
			t.Errorf("%q is no key", key)
		}
	})
}

// TestKeysAndButtonsAtOnce has the customer press keys for a phone that takes no events, while the operator mutes: neither
// may wait for the other.
func TestKeysAndButtonsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := newTalk(t, r) // by PCMU alone
	offer := strings.Replace(sdpAt(int(localAddr(k.customer.conn).Port())), "AVP 0", "AVP 0 101", 1) + "a=rtpmap:101 telephone-event/8000\r\n"
	if res := r.reinvite(t, k.invite, 2, offer); res.StatusCode != 200 {
		t.Fatalf("the re-INVITE got %d", res.StatusCode)
	}
	r.trunk.write(r.Agent, r.trunk.within(k.invite, "a", "ACK", 2, nil, ""))
	n := k.legs[0].Leg.(*hunt).line
	over := make(chan struct{})
	var pressing sync.WaitGroup
	pressing.Go(func() {
		packet := []byte{0x80, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 5, 0x8a, 0, 160}
		for i := uint32(1); ; i++ {
			select {
			case <-over:
				return
			default:
			}
			binary.BigEndian.PutUint16(packet[2:], uint16(i)) // every packet is a key of its own
			binary.BigEndian.PutUint32(packet[4:], i*160)
			_, _ = k.customer.conn.WriteToUDPAddrPort(packet, k.customer.to)
		}
	})
	muted := make(chan struct{})
	go func() {
		defer close(muted)
		for i := range 5000 {
			n.Mute(i%2 == 0)
		}
	}()
	within(t, muted, "the last mute")
	close(over)
	pressing.Wait()
}

// A far end can press thousands of keys a second: that a phone cannot be told of all is one line of the log, not one for each.
func TestKeysThatAreTooManyAreSaidOnce(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	l := &leg{lane: &lane{agent: &Agent{log: slog.New(slog.NewTextHandler(&said, nil))}}, line: &line{}}
	l.informs.working = true // an INFO is under way
	for range 10 * maxInformed {
		l.inform("5")
	}
	if n := strings.Count(said.String(), "\n"); n != 1 || len(l.informs.waiting) != maxInformed {
		t.Errorf("%d lines, %d keys wait", n, len(l.informs.waiting))
	}
}

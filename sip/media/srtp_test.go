package media

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

const (
	suite80 = "AES_CM_128_HMAC_SHA1_80"
	suite32 = "AES_CM_128_HMAC_SHA1_32"
)

// securePeer is a far end with keys of its own.
type securePeer struct {
	*peer

	key     string // as its SDP says it
	in, out *srtp.Context
}

func newSecurePeer(t testing.TB, mark byte) *securePeer {
	t.Helper()
	return &securePeer{peer: newPeer(t), key: base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{mark}, 30))}
}

var cryptoLine = regexp.MustCompile(`a=crypto:(\d+) (\S+) inline:(\S+)\r\n`)

// contextOf is one direction under a key as an SDP says it.
func contextOf(t testing.TB, name, key string) *srtp.Context {
	t.Helper()
	octets, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	profile := srtp.ProtectionProfileAes128CmHmacSha1_80
	if name == suite32 {
		profile = srtp.ProtectionProfileAes128CmHmacSha1_32
	}
	c, err := srtp.CreateContext(octets[:16], octets[16:], profile, srtp.SRTPReplayProtection(64))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *securePeer) secureSDP(lines ...string) []byte {
	return bytes.Replace(p.sdp("0 101", lines...), []byte("RTP/AVP"), []byte("RTP/SAVP"), 1)
}

// answer takes the bridge's offer with the n-th of its keys.
func (p *securePeer) answer(b *Bridge, side Side, n int) {
	p.t.Helper()
	offer := string(b.Offer(side))
	said, err := parse([]byte(offer), SRTPRequired, false)
	if err != nil {
		p.t.Fatal(err)
	}
	p.to = said
	offered := cryptoLine.FindAllStringSubmatch(offer, -1)[n]
	p.in, p.out = contextOf(p.t, offered[2], offered[3]), contextOf(p.t, offered[2], p.key)
	if err := b.SetRemote(side, p.secureSDP(fmt.Sprintf("a=crypto:%s %s inline:%s", offered[1], offered[2], p.key))); err != nil {
		p.t.Fatal(err)
	}
}

func (p *securePeer) sealed(payload []byte) []byte {
	p.t.Helper()
	raw, err := (&rtp.Packet{Header: p.next, Payload: payload}).Marshal()
	if err == nil {
		raw, err = p.out.EncryptRTP(nil, raw, nil)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.next.SequenceNumber++
	p.next.Timestamp += frameSamples
	return raw
}

func (p *securePeer) write(raw []byte) {
	p.t.Helper()
	if _, err := p.rtp.WriteToUDPAddrPort(raw, p.to.RTP); err != nil {
		p.t.Fatal(err)
	}
}

func (p *securePeer) say(payload []byte) { p.write(p.sealed(payload)) }

func (p *securePeer) hear() rtp.Packet {
	p.t.Helper()
	raw := readFrom(p.t, p.rtp)
	plain, err := p.in.DecryptRTP(nil, raw, nil)
	var packet rtp.Packet
	if err == nil {
		err = packet.Unmarshal(plain)
	}
	if err != nil {
		p.t.Fatalf("%v: % x", err, raw)
	}
	return packet
}

func readFrom(t testing.TB, conn *net.UDPConn) []byte {
	t.Helper()
	buffer := make([]byte, maxPacket)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

// secureTalk has a protected customer and a plain desk.
func secureTalk(t testing.TB, n int) (b *Bridge, desk *peer, customer *securePeer) {
	t.Helper()
	b, desk, customer = newBridge(t), newPeer(t), newSecurePeer(t, 7)
	b.Secure(Customer, SRTPRequired)
	desk.join(b, Desk, "0")
	customer.answer(b, Customer, n)
	b.Connect()
	return b, desk, customer
}

func TestProtectedLegHearsAndIsHeard(t *testing.T) {
	for n, name := range []string{suite80, suite32} {
		t.Run(name, func(t *testing.T) {
			b, desk, customer := secureTalk(t, n)
			if !b.Secured(Customer) || b.Secured(Desk) || b.Secured(Other) {
				t.Error("which legs are protected is told wrongly")
			}
			sound := bytes.Repeat([]byte{0x55}, frameSamples)
			desk.send(0, sound)
			if got := customer.hear(); !bytes.Equal(got.Payload, sound) {
				t.Errorf("desk → customer: %v", got)
			}
			customer.say(sound)
			if got := desk.receive(); !bytes.Equal(got.Payload, sound) {
				t.Errorf("customer → desk: %v", got)
			}
			if err := b.SendDigits(Customer, "1"); err != nil {
				t.Fatal(err)
			}
			if got := customer.hear(); got.PayloadType != 101 || got.Payload[0] != 1 {
				t.Errorf("a key: %v", got)
			}
		})
	}
}

func TestWhatIsNotProtectedIsDropped(t *testing.T) {
	b, desk, customer := secureTalk(t, 0)
	first := customer.sealed([]byte{1})
	customer.write(first)
	desk.receive()
	forged := customer.sealed([]byte{2})
	forged[len(forged)-1] ^= 1
	customer.write(forged)
	customer.write(first) // a repetition
	customer.send(0, []byte{3})
	if _, err := customer.rtcp.WriteToUDPAddrPort([]byte{0x80, 201, 0, 1, 0, 0, 0, 1}, customer.to.RTCP); err != nil {
		t.Fatal(err)
	}
	until(t, "all four were dropped", func() bool { return b.Stats(Customer).Exposed == 4 })
	customer.say([]byte{4})
	if got := desk.receive(); got.Payload[0] != 4 {
		t.Errorf("passed on: %v", got)
	}
	if s := b.Stats(Customer); s.PacketsIn != 2 || s.Far.Reports != 0 {
		t.Errorf("%+v", s)
	}
}

// Each SSRC whose packets are authentic has state: a far end that takes another for each packet is not followed for ever, and
// whom we have heard goes on.
func TestAFarEndHasSoManySources(t *testing.T) {
	key := parseCrypto("1 " + suite80 + " inline:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, masterSize)))
	far := contextOf(t, suite80, base64.StdEncoding.EncodeToString(key.octets[:]))
	o, err := newOpener(key)
	if err != nil {
		t.Fatal(err)
	}
	open := func(ssrc uint32, seq uint16) (sound, report bool) {
		raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: seq}, Payload: []byte{1}}).Marshal()
		if err == nil {
			raw, err = far.EncryptRTP(nil, raw, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, sound = o.openRTP(raw)
		if raw, err = rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: ssrc}}); err == nil {
			raw, err = far.EncryptRTCP(nil, raw, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, report = o.openRTCP(raw)
		return sound, report
	}
	for ssrc := range uint32(1000) {
		sound, report := open(ssrc, 1)
		if want := ssrc < sourcesKept; sound != want || report != want {
			t.Fatalf("source %d: heard %t, its report %t, want %t", ssrc, sound, report, want)
		}
	}
	for _, ssrc := range []uint32{0, 7, sourcesKept - 1} {
		if sound, report := open(ssrc, 2); !sound || !report {
			t.Errorf("source %d does not go on: %t, %t", ssrc, sound, report)
		}
	}
}

// A phone that takes another SSRC with each hold and each resumption is heard to the end of a long talk, and what it sent before the first of them is
// not heard again.
func TestAPhoneThatTakesAnotherSourceWithEachHoldIsHeard(t *testing.T) {
	t.Parallel()
	key := parseCrypto("1 " + suite80 + " inline:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, masterSize)))
	far := contextOf(t, suite80, base64.StdEncoding.EncodeToString(key.octets[:]))
	o, err := newOpener(key)
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	for ssrc := range uint32(2 * 250) {
		raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: ssrc, SequenceNumber: 1}, Payload: []byte{1}}).Marshal()
		if err == nil {
			raw, err = far.EncryptRTP(nil, raw, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, heard := o.openRTP(raw); !heard {
			t.Fatalf("source %d is not heard", ssrc)
		}
		if ssrc == 0 {
			first = raw
		}
	}
	if _, heard := o.openRTP(first); heard {
		t.Error("what was heard once is heard again")
	}
}

func TestKeyWithAnIdentifier(t *testing.T) {
	b, desk, customer := newBridge(t), newPeer(t), newSecurePeer(t, 7)
	b.Secure(Customer, SRTPAllowed)
	desk.join(b, Desk, "0")
	answer, err := b.Answer(Customer, customer.secureSDP("a=crypto:1 "+suite80+" inline:"+customer.key+"|2^31|258:2"))
	if err != nil {
		t.Fatal(err)
	}
	if customer.to, err = parse(answer, SRTPRequired, false); err != nil {
		t.Fatal(err)
	}
	octets := bytes.Repeat([]byte{7}, 30)
	customer.out, err = srtp.CreateContext(octets[:16], octets[16:], srtp.ProtectionProfileAes128CmHmacSha1_80, srtp.MasterKeyIndicator([]byte{1, 2}))
	if err != nil {
		t.Fatal(err)
	}
	b.Connect()
	customer.say([]byte{1})
	if got := desk.receive(); !bytes.Equal(got.Payload, []byte{1}) {
		t.Errorf("%v", got)
	}
}

// TestProtectionOutlivesTheWrap: the cycles of the sequence numbers are part of the key stream.
func TestProtectionOutlivesTheWrap(t *testing.T) {
	_, desk, customer := secureTalk(t, 0)
	customer.next.SequenceNumber, desk.next.SequenceNumber = 65533, 65533
	crossed, last := false, uint16(0)
	for i := range 1<<16 + 10 { // ours begins anywhere: once round is a wrap
		if i < 6 {
			customer.say([]byte{byte(i)})
			if got := desk.receive(); got.Payload[0] != byte(i) {
				t.Fatalf("customer → desk %d: %v", i, got)
			}
		}
		desk.send(0, []byte{byte(i)})
		got := customer.hear()
		if got.Payload[0] != byte(i) {
			t.Fatalf("desk → customer %d: %v", i, got)
		}
		crossed = crossed || i > 0 && got.SequenceNumber < last
		last = got.SequenceNumber
		if crossed && i > 20 {
			return
		}
	}
	t.Error("no wrap")
}

func TestReportsAreProtected(t *testing.T) {
	b, desk, customer := secureTalk(t, 1)
	desk.send(0, []byte{1})
	customer.hear()
	raw, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1}})
	if err == nil {
		raw, err = customer.out.EncryptRTCP(nil, raw, nil)
	}
	if err == nil {
		_, err = customer.rtcp.WriteToUDPAddrPort(raw, customer.to.RTCP)
	}
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the report was read", func() bool { return b.Stats(Customer).Far.Reports == 1 })
	b.Close() // says bye
	plain, err := customer.in.DecryptRTCP(nil, readFrom(t, customer.rtcp), nil)
	if err != nil {
		t.Fatal(err)
	}
	if packets, err := rtcp.Unmarshal(plain); err != nil || len(packets) < 2 {
		t.Errorf("%v, %v", packets, err)
	}
}

func TestWhichProtectionIsAgreedOn(t *testing.T) {
	p := newSecurePeer(t, 9)
	plain, secure := p.sdp("0"), p.secureSDP("a=crypto:5 "+suite32+" inline:"+p.key, "a=crypto:6 "+suite80+" inline:"+p.key)
	bare := p.secureSDP()
	for _, c := range []struct {
		name     string
		security Security
		offer    []byte
		want     error
		secured  bool
	}{
		{"off, plain", SRTPOff, plain, nil, false},
		{"off, protected", SRTPOff, secure, ErrNoAudio, false},
		{"allowed, plain", SRTPAllowed, plain, nil, false},
		{"allowed, protected", SRTPAllowed, secure, nil, true},
		{"allowed, no key", SRTPAllowed, bare, ErrNoCrypto, false},
		{"required, plain", SRTPRequired, plain, ErrPlain, false},
		{"required, protected", SRTPRequired, secure, nil, true},
	} {
		b := newBridge(t)
		b.Secure(Customer, c.security)
		answer, err := b.Answer(Customer, c.offer)
		if !errors.Is(err, c.want) || b.Secured(Customer) != c.secured {
			t.Errorf("%s: %v, secured %v", c.name, err, b.Secured(Customer))
			continue
		}
		found := cryptoLine.FindAllStringSubmatch(string(answer), -1)
		if c.secured {
			// The first that is offered, under its tag, with a key of ours.
			if len(found) != 1 || found[0][1] != "5" || found[0][2] != suite32 || found[0][3] == p.key || !bytes.Contains(answer, []byte("RTP/SAVP")) {
				t.Errorf("%s: answered %s", c.name, answer)
			}
		} else if len(found) > 0 {
			t.Errorf("%s: answered by a key", c.name)
		}
	}
}

func TestOffersByPolicy(t *testing.T) {
	for security, protos := range map[Security]string{SRTPOff: "RTP/AVP", SRTPAllowed: "RTP/AVP", SRTPRequired: "RTP/SAVP"} {
		l := NewLocal(netip.MustParseAddrPort("127.0.0.1:40000"))
		l.Secure(security)
		one, two := string(l.Offer(SendRecv)), string(l.Offer(SendRecv))
		if !strings.Contains(one, " "+protos+" ") {
			t.Errorf("%v: %s", security, one)
		}
		keys := map[string]bool{}
		for _, found := range cryptoLine.FindAllStringSubmatch(one+two, -1) {
			keys[found[3]] = true
		}
		if want := map[Security]int{SRTPRequired: 4}[security]; len(keys) != want {
			t.Errorf("%v: %d keys in two offers, want %d", security, len(keys), want)
		}
	}
}

func TestAnswersThatChooseNoKeyOfOurs(t *testing.T) {
	b, p := newBridge(t), newSecurePeer(t, 9)
	b.Secure(Customer, SRTPRequired)
	ours := cryptoLine.FindStringSubmatch(string(b.Offer(Customer)))[3]
	for name, answer := range map[string][]byte{
		"another tag":   p.secureSDP("a=crypto:3 " + suite80 + " inline:" + p.key),
		"another suite": p.secureSDP("a=crypto:1 " + suite32 + " inline:" + p.key),
		"our own key":   p.secureSDP("a=crypto:1 " + suite80 + " inline:" + ours),
		"none":          p.secureSDP(),
	} {
		if err := b.SetRemote(Customer, answer); !errors.Is(err, ErrNoCrypto) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.SetRemote(Customer, p.sdp("0")); !errors.Is(err, ErrPlain) {
		t.Errorf("plain: %v", err)
	}
}

// TestProtectionGoesOnOverANewOffer: hold and resume change no key and no count; a far end with a new key gets one of ours.
func TestProtectionGoesOnOverANewOffer(t *testing.T) {
	b, desk, customer := newBridge(t), newPeer(t), newSecurePeer(t, 7)
	b.Secure(Customer, SRTPRequired)
	desk.join(b, Desk, "0")
	offer := func(more ...string) string {
		answer, err := b.Answer(Customer, customer.secureSDP(append(more, "a=crypto:1 "+suite80+" inline:"+customer.key)...))
		if err != nil {
			t.Fatal(err)
		}
		if customer.to, err = parse(answer, SRTPRequired, false); err != nil {
			t.Fatal(err)
		}
		return cryptoLine.FindStringSubmatch(string(answer))[3]
	}
	first := offer()
	customer.in, customer.out = contextOf(t, suite80, first), contextOf(t, suite80, customer.key)
	b.Connect()
	old := customer.sealed([]byte{1})
	customer.write(old)
	desk.receive()
	if again := offer("a=sendonly"); again != first {
		t.Error("a hold changes our key")
	}
	offer()
	customer.write(old) // what was heard before the hold is no news after it
	until(t, "the repetition was dropped", func() bool { return b.Stats(Customer).Exposed == 1 })
	desk.send(0, []byte{2})
	customer.hear()
	customer.key = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 30))
	anew := offer()
	if anew == first {
		t.Error("a far end that has begun anew gets the old key")
	}
	customer.in, customer.out = contextOf(t, suite80, anew), contextOf(t, suite80, customer.key)
	customer.say([]byte{3})
	desk.receive()
	desk.send(0, []byte{4})
	customer.hear()
}

func TestKeysArePrintedNowhere(t *testing.T) {
	p := newSecurePeer(t, 'k')
	said, err := parse(p.secureSDP("a=crypto:1 "+suite80+" inline:"+p.key), SRTPRequired, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		printed := fmt.Sprintf(verb, said)
		if strings.Contains(printed, "kkkk") || strings.Contains(printed, "107 107") || strings.Contains(printed, "0x6b, 0x6b") || strings.Contains(printed, p.key) {
			t.Errorf("%s prints the key: %s", verb, printed)
		}
	}
}

func TestCryptoLines(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 30))
	for line, want := range map[string]string{
		"1 " + suite80 + " inline:" + key:                       "1 " + suite80 + " mki",
		"999999999 aes_cm_128_hmac_sha1_32 INLINE:" + key:       "999999999 " + suite32 + " mki",
		"1 " + suite80 + " inline:" + key + "|2^20":             "1 " + suite80 + " mki",
		"1 " + suite80 + " inline:" + key + "|1048576|1:4":      "1 " + suite80 + " mki 00 00 00 01",
		"1 " + suite80 + " inline:" + key + "|258:2":            "1 " + suite80 + " mki 01 02",
		"1 " + suite80 + " inline:" + key + " WSH=64 -FEC=1":    "1 " + suite80 + " mki",
		"1 " + suite80 + " inline:" + key + "|2^19":             "",
		"1 " + suite80 + " inline:" + key + "|2^49":             "",
		"1 " + suite80 + " inline:" + key + "|0":                "",
		"1 " + suite80 + " inline:" + key + "|256:1":            "",
		"1 " + suite80 + " inline:" + key + "|1:129":            "",
		"1 " + suite80 + " inline:" + key + "|1:4|2^20":         "",
		"1 " + suite80 + " inline:" + key + "|2^20|1:4|x":       "",
		"1 " + suite80 + " inline:" + key + " UNENCRYPTED_SRTP": "",
		"1 " + suite80 + " inline:" + key + " KDR=1":            "",
		"1 " + suite80 + " inline:" + key + ";inline:" + key:    "",
		"1 " + suite80 + " inline:" + key[4:]:                   "",
		"1 " + suite80 + " inline:***":                          "",
		"1 " + suite80 + " " + key:                              "",
		"1 AES_256_CM_HMAC_SHA1_80 inline:" + key:               "",
		"01 " + suite80 + " inline:" + key:                      "",
		"1234567890 " + suite80 + " inline:" + key:              "",
		"-1 " + suite80 + " inline:" + key:                      "",
		"1 " + suite80:                                          "",
		"":                                                      "",
	} {
		got := ""
		if k := parseCrypto(line); k != nil {
			got = strings.TrimSpace(fmt.Sprintf("%d %s mki % x", k.tag, k.suite, k.mki))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", strings.ReplaceAll(line, key, "KEY"), got, want)
		}
	}
}

func TestNoNumberIsProtectedTwice(t *testing.T) {
	var w sentWindow
	for i, c := range []struct {
		seq  uint16
		want bool
	}{
		{65534, true}, {65534, false}, {65535, true}, {1, true}, {0, true}, {0, false}, {65533, true}, {65533, false},
		{65, true}, {1, false}, {2, true}, {2, false}, {500, true}, {65, false}, {437, true}, {436, false},
	} {
		if got := w.fresh(c.seq); got != c.want {
			t.Errorf("step %d, number %d: %v", i, c.seq, got)
		}
	}
}

// FuzzCrypto: what is taken from an a=crypto line says the same when we say it.
func FuzzCrypto(f *testing.F) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 30))
	for _, s := range []string{"1 " + suite80 + " inline:" + key + "|2^31|1:4", "2 " + suite32 + " inline:" + key + " WSH=64", "1 x y:z|a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		k := parseCrypto(line)
		if k == nil {
			return
		}
		said := strings.TrimSuffix(strings.TrimPrefix(k.line(), "a=crypto:"), "\r\n")
		again := parseCrypto(said)
		if again == nil || again.tag != k.tag || again.suite != k.suite || again.octets != k.octets {
			t.Errorf("%q is read as another key than was said", line)
		}
		if _, err := newOpener(k); err != nil {
			t.Errorf("%q cannot be used: %v", line, err)
		}
	})
}

// BenchmarkRelay is what a packet costs us, from its socket to the next.
func BenchmarkRelay(b *testing.B) {
	for _, name := range []string{"plain", "protected"} {
		b.Run(name, func(b *testing.B) {
			bridge, desk := newBridge(b), newPeer(b)
			desk.join(bridge, Desk, "0")
			if name == "plain" {
				newPeer(b).join(bridge, Customer, "0")
			} else {
				bridge.Secure(Customer, SRTPRequired)
				newSecurePeer(b, 7).answer(bridge, Customer, 0)
			}
			bridge.Connect()
			from := desk.rtp.LocalAddr().(*net.UDPAddr).AddrPort()
			h := rtp.Header{Version: 2, SSRC: 5}
			raw, err := (&rtp.Packet{Header: h, Payload: make([]byte, frameSamples)}).Marshal()
			if err != nil {
				b.Fatal(err)
			}
			packet := make([]byte, len(raw))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				copy(packet, raw)
				packet[2], packet[3] = byte(i>>8), byte(i)
				bridge.leg(Desk).heardRTP(packet, from, time.Now())
			}
		})
	}
}

// TestOurKeySentBackIsRefusedLater: also when the far end has offered anew, and a key of an earlier offer has the tag of the one we have.
func TestOurKeySentBackIsRefusedLater(t *testing.T) {
	b, _, customer := secureTalk(t, 0)
	if _, err := b.Answer(Customer, customer.secureSDP("a=crypto:1 "+suite80+" inline:"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{9}, 30)))); err != nil {
		t.Fatal(err)
	}
	ours := cryptoLine.FindStringSubmatch(string(b.Offer(Customer)))
	if err := b.SetRemote(Customer, customer.secureSDP(fmt.Sprintf("a=crypto:%s %s inline:%s", ours[1], ours[2], ours[3]))); !errors.Is(err, ErrNoCrypto) {
		t.Errorf("got %v", err)
	}
}

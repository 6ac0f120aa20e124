package sip

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"
	"github.com/prometheus/client_golang/prometheus"

	"kakeru/dialer"
)

// clock is a time that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// logged is a log that a test reads while it is written.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// talk is a call that is up on both legs, with sound.
type talk struct {
	r              *rig
	deskInvite     *sip.Request
	invite         *sip.Request // the customer's
	cseq           int
	desk, customer *voice
	legs           [2]*watched
}

// voice is a far end's sound: one socket, numbered packets.
type voice struct {
	conn *net.UDPConn
	to   netip.AddrPort
	sent int
}

func newVoice(t *testing.T) *voice {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &voice{conn: conn}
}

var audioPort = regexp.MustCompile(`m=audio (\d+) `)

// answer picks up with the voice's address, and learns ours from the offer.
func (v *voice) answer(t *testing.T, p *peer, tag string) *sip.Request {
	t.Helper()
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 200, tag: tag, sdp: sdpAt(int(localAddr(v.conn).Port()))})
	p.request(t, sip.ACK)
	port, err := strconv.ParseUint(audioPort.FindStringSubmatch(string(invite.Body()))[1], 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	v.to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	return invite
}

// speak sends a packet, and hear waits for it at the other end.
func (v *voice) speak(t *testing.T, other *voice) {
	t.Helper()
	v.sent++
	raw, err := (&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: uint16(v.sent), Timestamp: uint32(160 * v.sent), SSRC: 7},
		Payload: []byte(fmt.Sprintf("%0160d", v.sent)),
	}).Marshal()
	if err == nil {
		_, err = v.conn.WriteToUDPAddrPort(raw, v.to)
	}
	if err != nil {
		t.Fatal(err)
	}
	other.hear(t, fmt.Sprintf("%0160d", v.sent))
}

func (v *voice) hear(t *testing.T, want string) {
	t.Helper()
	if err := v.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	n, err := v.conn.Read(buf)
	var got rtp.Packet
	if err == nil {
		err = got.Unmarshal(buf[:n])
	}
	if err != nil || string(got.Payload) != want {
		t.Fatalf("heard %q (%v), want packet %q", got.Payload, err, want[150:])
	}
}

func newTalk(t *testing.T, r *rig) *talk {
	t.Helper()
	n := r.line(t)
	k := &talk{r: r, desk: newVoice(t), customer: newVoice(t), cseq: 1}
	for i, l := range []dialer.Leg{n.Desk(), n.Customer()} {
		k.legs[i] = watch(l)
		k.legs[i].Dial()
		if i == 0 {
			k.deskInvite = k.desk.answer(t, r.desk, "d")
		} else {
			k.invite = k.customer.answer(t, r.trunk, "a")
		}
		k.legs[i].until(t, dialer.LegAnswered)
		k.legs[i].Confirm()
	}
	n.Join()
	return k
}

// live has the talk use its own signalling, and one packet of sound each way.
func (k *talk) live(t *testing.T) {
	t.Helper()
	k.cseq++
	if res := k.r.reinvite(t, k.invite, k.cseq, sdpAt(int(localAddr(k.customer.conn).Port()))); res.StatusCode != 200 {
		t.Fatalf("a re-INVITE of the talk got %d", res.StatusCode)
	}
	k.r.trunk.write(k.r.Agent, k.r.trunk.within(k.invite, "a", "ACK", k.cseq, nil, ""))
	k.legs[1].untilEvent(t, dialer.EvChanged)
	k.desk.speak(t, k.customer)
	k.customer.speak(t, k.desk)
}

func (k *talk) customerHangsUp(t *testing.T) {
	t.Helper()
	k.r.trunk.write(k.r.Agent, k.r.trunk.within(k.invite, "a", "BYE", k.cseq+1, nil, ""))
	if res := k.r.trunk.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("the talk's BYE got %d", res.StatusCode)
	}
	k.legs[1].gone(t)
}

// hangUp is the customer's BYE, upon which the desk is hung up.
func (k *talk) hangUp(t *testing.T) {
	t.Helper()
	k.customerHangsUp(t)
	k.legs[0].Drop()
	k.r.desk.reply(k.r.desk.request(t, sip.BYE), say{status: 200})
	k.legs[0].gone(t)
}

func TestTenThousandStrangersDisturbNobody(t *testing.T) {
	const sources, each, batch = 8, 1250, 50
	var (
		log      logged
		now      = newClock()
		registry = prometheus.NewRegistry()
	)
	r := newRig(t, func(c *Config) {
		c.Now, c.Metrics = now.Now, registry
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	k := newTalk(t, r)
	var from [sources]*peer
	for i := range from {
		from[i] = newPeerAt(t, freshAddress())
	}
	methods := []string{"REGISTER", "INVITE", "OPTIONS"}
	for i := range sources * each {
		p := from[i%sources]
		p.write(r.Agent, p.outside(methods[i%3], newTag()))
		switch { // the answer comes after all of the batch has been read
		case i%(5*batch) == 5*batch-1:
			k.live(t)
		case i%batch == batch-1:
			r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag()))
			r.trunk.response(t, sip.OPTIONS)
		}
	}
	k.hangUp(t)
	want := map[string]float64{
		"answered": sources * strangerBurst, "dropped": sources * bannedAfter, "banned": sources * (each - strangerBurst - bannedAfter),
	}
	if got := figures(t, registry); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("counted %v, want %v", got, want)
	}
	if n := log.count("not heard for a while"); n != sources {
		t.Errorf("%d lines of log, want one for each source", n)
	}
	if log.count("\n") != sources {
		t.Errorf("more was logged:\n%s", log.text.String())
	}
	for _, p := range from {
		eventually(t, "what was let through is answered", func() bool { return p.repeats("SIP/2.0 ") == strangerBurst })
		if n := p.repeats("SIP/2.0 200"); n > strangerBurst/3+1 {
			t.Errorf("%d times yes: only OPTIONS may get that", n)
		}
	}
	eventually(t, "no lane is left but the call's", func() bool { return len(r.allLanes()) <= 2 })

	// A ban ends.
	now.pass(bannedFor)
	from[0].write(r.Agent, from[0].outside("OPTIONS", "again"))
	eventually(t, "the source is heard again", func() bool { return from[0].repeats("SIP/2.0 ") == strangerBurst+1 })
}

// figures are the counters of strangers.
func figures(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		if f.GetName() == "kakeru_sip_strangers_total" {
			for _, m := range f.GetMetric() {
				all[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	return all
}

// unstarted is an agent that nothing was sent to, and its clock.
func unstarted(t *testing.T, change ...func(*Config)) (*Agent, *clock) {
	t.Helper()
	now := newClock()
	cfg := testConfig()
	cfg.Now = now.Now
	for _, f := range change {
		cfg.Desks = []Desk{{ID: "desk1"}}
		f(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a, now
}

// Sources can be made up: neither memory nor work grows with them.
func TestEndlessSourcesAreBounded(t *testing.T) {
	t.Parallel()
	a, now := unstarted(t)
	let := 0
	for i := range 100_000 {
		if a.strange.admit(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})) {
			let++
		}
	}
	if let != crowdBurst {
		t.Errorf("%d were let through at once, want %d", let, crowdBurst)
	}
	if n := len(a.strange.young) + len(a.strange.old); n > strangersKept || n <= strangersKept/2 {
		t.Errorf("%d are remembered, want %d at most, and the later half of them", n, strangersKept)
	}
	now.pass(time.Second)
	for i := range 1000 {
		if a.strange.admit(netip.AddrFrom4([4]byte{11, 0, byte(i >> 8), byte(i)})) {
			let++
		}
	}
	if let != crowdBurst+crowdRate {
		t.Errorf("%d after a second, want %d more", let, crowdRate)
	}
}

// Whoever has an IPv6 address has its /64, and could guess passwords by another address each time.
func TestANetworkOfIPv6IsOneStranger(t *testing.T) {
	t.Parallel()
	a, _ := unstarted(t)
	let, at := 0, netip.MustParseAddr("2001:db8::1")
	for range 200 {
		if a.strange.admit(at) {
			let++
			a.strange.guessed(at)
		}
		at = at.Next()
	}
	if want := strangerBurst/(guessCost+1) + 1; let > want {
		t.Errorf("%d guesses were judged, want %d at most", let, want)
	}
	if !a.strange.shuns(at) {
		t.Error("another address of the network is heard")
	}
	if !a.strange.admit(netip.MustParseAddr("2001:db8:0:1::1")) {
		t.Error("another network is not heard")
	}
}

// A trunk, a desk and a registered phone are never banned: else a stranger who forges their address locks them out.
func TestWhomWeKnowIsNeverBanned(t *testing.T) {
	t.Parallel()
	now := newClock()
	trunk, desk, phone := newPeerAt(t, freshAddress()), newPeerAt(t, freshAddress()), newPeerAt(t, freshAddress())
	r := newRig(t, account, func(c *Config) {
		c.Now = now.Now
		c.Trunks = append(c.Trunks, labTrunk(trunk.addr))
		c.Trunks[1].Name = "other"
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@" + desk.addr.String()})
	})
	side := &phoneSide{peer: phone, a: r.Agent, callID: newTag()}
	if res := side.login(t, side.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	for name, p := range map[string]*peer{"trunk": trunk, "desk": desk, "phone": phone} {
		for range 4 * (strangerBurst + bannedAfter) {
			p.write(r.Agent, p.outside("OPTIONS", newTag()))
			if res := p.response(t, sip.OPTIONS); res.StatusCode != 200 {
				t.Fatalf("%s got %d", name, res.StatusCode)
			}
		}
	}
	if _, dropped, banned := r.strange.counts(); dropped+banned != 0 {
		t.Errorf("%d dropped, %d banned", dropped, banned)
	}
}

// A carrier may send what belongs to a call from an address we were never told, and somebody else may have had it banned.
func TestCallsOwnSignallingPassesABan(t *testing.T) {
	t.Parallel()
	now := newClock()
	r := newRig(t, func(c *Config) { c.Now = now.Now })
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	other := newPeerAt(t, freshAddress())
	for range strangerBurst + bannedAfter + 1 {
		other.write(r.Agent, other.outside("OPTIONS", newTag()))
	}
	eventually(t, "the address is banned", func() bool { _, _, banned := r.strange.counts(); return banned == 1 })
	other.write(r.Agent, other.within(invite, "a", "BYE", 1, nil, ""))
	if res := other.response(t, sip.BYE); res.StatusCode != 200 {
		t.Errorf("the BYE got %d", res.StatusCode)
	}
	w.gone(t)
}

// A wrong password slows a phone down; the right one lets it in at once, however often it asks from then on.
func TestMistypedPasswordIsSlowedNotBanned(t *testing.T) {
	now := newClock()
	r := newRig(t, account, func(c *Config) { c.Now = now.Now })
	p := &phoneSide{peer: newPeerAt(t, freshAddress()), a: r.Agent, callID: newTag()}
	wrong := strangerBurst / (guessCost + 2)
	for range wrong {
		challenge := p.register(t)
		if res := p.register(t, p.contact(""), p.credentials(t, challenge, 0, "mistyped")); res.StatusCode != 403 {
			t.Fatalf("got %d", res.StatusCode)
		}
	}
	before, _, _ := r.strange.counts()
	text := p.outside("REGISTER", "slow", "To: <sip:phone1@kakeru>")
	for range 11 { // as often as a phone repeats it
		p.write(r.Agent, text)
	}
	eventually(t, "it has to wait", func() bool { _, dropped, _ := r.strange.counts(); return dropped == 11 })
	if after, _, banned := r.strange.counts(); after != before || banned != 0 {
		t.Errorf("%d answered, %d banned", after-before, banned)
	}
	now.pass(2 * time.Second)
	if res := p.login(t, p.contact("")); res.StatusCode != 200 {
		t.Fatalf("the right password got %d", res.StatusCode)
	}
	for range 2 * strangerBurst {
		p.write(r.Agent, p.outside("OPTIONS", newTag()))
		p.response(t, sip.OPTIONS)
	}
}

// Who has a phone's or a trunk's address is never banned, and guesses slowly all the same; the phone itself goes on being let in elsewhere, and
// what does not come by a challenge of ours takes none of its tries.
func TestWhomWeKnowGuessesSlowly(t *testing.T) {
	now := newClock()
	colleague := newPeerAt(t, freshAddress())
	r := newRig(t, account, func(c *Config) {
		c.Now = now.Now
		c.Desks = append(c.Desks, Desk{ID: "desk2", URI: "sip:202@" + colleague.addr.String()})
	})
	phone := &phoneSide{peer: newPeerAt(t, freshAddress()), a: r.Agent, callID: newTag()}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	for range 3 * guessBurst {
		phone.register(t, phone.contact(""), `Authorization: Digest username="phone1", realm="elsewhere", nonce="x", uri="sip:kakeru", response="0"`)
	}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Fatalf("after what came by no challenge of ours: %d", res.StatusCode)
	}
	guess := &phoneSide{peer: colleague, a: r.Agent, callID: newTag()}
	challenge := guess.register(t)
	for range guessBurst {
		if res := guess.register(t, guess.contact(""), guess.credentials(t, challenge, 0, "guessed")); res.StatusCode != 403 {
			t.Fatalf("a guess got %d", res.StatusCode)
		}
	}
	if res := guess.register(t, guess.contact(""), guess.credentials(t, challenge, 0, "desk secret")); res.StatusCode != 403 {
		t.Errorf("the guess beyond the rate was looked at: %d", res.StatusCode)
	}
	if res := phone.login(t, phone.contact("")); res.StatusCode != 200 {
		t.Errorf("the phone, elsewhere: %d", res.StatusCode)
	}
	now.pass(7 * time.Second)
	if res := guess.login(t, guess.contact("")); res.StatusCode != 200 {
		t.Errorf("the right one, seconds later: %d", res.StatusCode)
	}
}

// A phone that is off is nobody at its address; whoever forges that meanwhile would have it banned when it is switched on.
func TestAPhoneThatWasOffIsHeard(t *testing.T) {
	now := newClock()
	r := newRig(t, account, func(c *Config) { c.Now = now.Now })
	p := &phoneSide{peer: newPeerAt(t, freshAddress()), a: r.Agent, callID: newTag()}
	if res := p.login(t, p.contact("")); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	if res := p.register(t, "Contact: *", "Expires: 0", p.credentials(t, p.register(t), 0, "desk secret")); res.StatusCode != 200 || registered(t, r.Agent) {
		t.Fatalf("it could not sign off: %d", res.StatusCode)
	}
	for range 2 * (strangerBurst + bannedAfter) {
		p.write(r.Agent, p.outside("OPTIONS", newTag()))
		p.response(t, sip.OPTIONS)
	}
	if res := p.login(t, p.contact("")); res.StatusCode != 200 {
		t.Errorf("switched on again: %d", res.StatusCode)
	}
	if r.strange.shuns(p.addr.Addr()) {
		t.Error("no connection would be taken from it")
	}
}

// An answer nobody asked for is not acted on more often than a request: it would have us send ACK and BYE to wherever it
// points.
func TestUnaskedAnswersAreLimited(t *testing.T) {
	now := newClock()
	r := newRig(t, func(c *Config) { c.Now = now.Now })
	p := newPeerAt(t, freshAddress())
	for i := range 200 {
		p.write(r.Agent, fmt.Sprintf("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s;branch=%s\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"+
			"Call-ID: made-up-%d\r\nCSeq: 1 INVITE\r\nContact: <sip:x@%s>\r\nContent-Length: 0\r\n\r\n", r.us, newBranch(), i, p.addr))
	}
	eventually(t, "all were judged", func() bool { a, d, b := r.strange.counts(); return a+d+b == 200 })
	if answered, _, _ := r.strange.counts(); answered != strangerBurst {
		t.Errorf("%d of 200 were acted on", answered)
	}
	eventually(t, "what was let through is over", func() bool { return len(r.allLanes()) == 0 })
	p.mu.Lock()
	defer p.mu.Unlock()
	sent := map[string]bool{}
	for text := range p.times {
		sent[string(callIDIn([]byte(text)))] = true
	}
	if len(sent) > strangerBurst {
		t.Errorf("we spoke of %d calls", len(sent))
	}
}

// TestAStrangerWithATalksTagsIsNotHeard: Call-ID and tags stand in traces and go over the network as they are. Whoever has them and is
// not where the far end is neither has its sound sent elsewhere nor becomes whom we hang up on.
func TestAStrangerWithATalksTagsIsNotHeard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	stranger := newPeerAt(t, net.IPv4(127, 0, 0, 2))
	for i, c := range []struct{ method, sdp string }{{"INVITE", sdpAt(9)}, {"UPDATE", sdpAt(9)}, {"INVITE", ""}, {"INFO", ""}, {"REFER", ""}} {
		stranger.write(r.Agent, stranger.within(invite, "a", c.method, 50+i, nil, c.sdp))
		if res := stranger.response(t, sip.RequestMethod(c.method)); res.StatusCode != 481 {
			t.Errorf("%s got %d %s", c.method, res.StatusCode, res.Reason)
		}
		stranger.write(r.Agent, stranger.within(invite, "a", "ACK", 50+i, nil, sdpAt(9)))
	}
	// The far end itself goes on, with numbers that come after its own and before the stranger's.
	if res := r.reinvite(t, invite, 2, sdpAt(11)); res.StatusCode != 200 {
		t.Errorf("the far end got %s", res.StartLine())
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "a", "ACK", 2, nil, ""))
	w.untilEvent(t, dialer.EvChanged)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200}) // and is whom we hang up on
	w.gone(t)
}

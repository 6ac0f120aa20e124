package lab

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// registrar is a small registrar for tests: it challenges, checks and records.
type registrar struct {
	t    testing.TB
	conn *net.UDPConn
	who  credentials
	code int // the challenge: 401 or 407

	mu       sync.Mutex
	seen     []string // a word for each request
	grant    string   // the Expires it gives
	fail     int      // so many requests get 500 first
	minimum  string   // if set, 423 with this Min-Expires
	contacts map[string]bool
}

func newRegistrar(t testing.TB, change ...func(*registrar)) *registrar {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	r := &registrar{t: t, conn: conn, who: credentials{"desk1", "secret"}, code: 401, grant: "60", contacts: map[string]bool{}}
	for _, f := range change {
		f(r)
	}
	done := make(chan struct{})
	go func() { defer close(done); r.serve() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return r
}

func (r *registrar) addr() netip.AddrPort { return r.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

func (r *registrar) serve() {
	buffer := make([]byte, 8192)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		m, err := sip.NewParser().ParseSIP(append([]byte(nil), buffer[:n]...))
		req, ok := m.(*sip.Request)
		if err != nil || !ok || req.Method != sip.REGISTER {
			r.t.Errorf("the registrar got %v (%v)", m, err)
			continue
		}
		req.SetSource(from.String())
		if _, err := r.conn.WriteToUDPAddrPort([]byte(r.answer(req).String()), from); err != nil {
			return
		}
	}
}

func (r *registrar) answer(req *sip.Request) *sip.Response {
	r.mu.Lock()
	defer r.mu.Unlock()
	reply := func(word string, status int, headers ...sip.Header) *sip.Response {
		r.seen = append(r.seen, word)
		res := sip.NewResponseFromRequest(req, status, word, nil)
		for _, h := range headers {
			res.AppendHeader(h)
		}
		return res
	}
	asks, answers := "WWW-Authenticate", "Authorization"
	if r.code == 407 {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	expires := req.GetHeader("Expires").Value()
	switch given := req.GetHeader(answers); {
	case r.fail > 0:
		r.fail--
		return reply("failed", 500)
	case given == nil:
		return reply("challenged", r.code, sip.NewHeader(asks, newChallenge("desk", "nonce")))
	case !r.who.verify(given.Value(), "desk", "nonce", "REGISTER", req.Recipient.String()):
		return reply("refused", r.code, sip.NewHeader(asks, newChallenge("desk", "nonce")))
	case r.minimum != "" && expires != "0" && expires < r.minimum:
		return reply("too brief", 423, sip.NewHeader("Min-Expires", r.minimum))
	}
	contact := req.Contact().Address
	r.contacts[contact.HostPort()] = expires != "0"
	if expires == "0" {
		return reply("gone", 200)
	}
	return reply("registered", 200, sip.NewHeader("Expires", r.grant))
}

func (r *registrar) count(word string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, w := range r.seen {
		if w == word {
			n++
		}
	}
	return n
}

func runPhone(t testing.TB, change ...func(*PhoneOptions)) *Phone {
	t.Helper()
	o := PhoneOptions{Media: newMedia(t), Fast: true, User: "desk1", Password: "secret"}
	for _, f := range change {
		f(&o)
	}
	p, err := NewPhone(o)
	if err != nil {
		t.Fatal(err)
	}
	run(t, p.Run, p.Close)
	return p
}

func TestPhoneRegistersAndTakesItBack(t *testing.T) {
	for _, code := range []int{401, 407} {
		r := newRegistrar(t, func(r *registrar) { r.code = code })
		p := runPhone(t, func(o *PhoneOptions) { o.Registrar = r.addr() })
		until(t, "registered", p.Registered)
		p.Close()
		until(t, "registration taken back", func() bool { return r.count("gone") == 1 })
		if p.Registered() || r.count("challenged") != 1 || r.count("registered") != 1 {
			t.Errorf("%d: %v", code, r.seen)
		}
	}
}

func TestPhoneRefreshesAtHalfTheTime(t *testing.T) {
	r := newRegistrar(t, func(r *registrar) { r.grant = "1" })
	p := runPhone(t, func(o *PhoneOptions) { o.Registrar = r.addr() })
	start := time.Now()
	until(t, "two refreshes", func() bool { return r.count("registered") == 3 })
	if took := time.Since(start); took < 900*time.Millisecond {
		t.Errorf("two refreshes of 1 s came within %v", took)
	}
	if !p.Registered() || r.count("challenged") != 1 {
		t.Errorf("%v", r.seen)
	}
}

func TestPhoneTriesAgainAfterFailure(t *testing.T) {
	r := newRegistrar(t, func(r *registrar) { r.fail = 1 })
	p := runPhone(t, func(o *PhoneOptions) { o.Registrar = r.addr() })
	until(t, "registered in the end", p.Registered)
	if r.count("failed") != 1 {
		t.Errorf("%v", r.seen)
	}
}

func TestPhoneTakesALongerTimeIfAsked(t *testing.T) {
	r := newRegistrar(t, func(r *registrar) { r.minimum = "90" })
	p := runPhone(t, func(o *PhoneOptions) { o.Registrar, o.Expires = r.addr(), 30*time.Second })
	until(t, "registered", p.Registered)
	if r.count("too brief") != 1 {
		t.Errorf("%v", r.seen)
	}
}

func TestPhoneWithWrongPasswordDoesNotHammer(t *testing.T) {
	r := newRegistrar(t)
	p := runPhone(t, func(o *PhoneOptions) { o.Registrar, o.Password = r.addr(), "wrong" })
	until(t, "refused", func() bool { return r.count("refused") == 2 })
	p.Close()
	if p.Registered() || len(r.seen) != 3 {
		t.Errorf("%v", r.seen)
	}
}

func TestPhoneWithoutRegistrarNearby(t *testing.T) {
	nobody, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	p := runPhone(t, func(o *PhoneOptions) { o.Registrar = nobody.LocalAddr().(*net.UDPAddr).AddrPort() })
	p.Close() // must not wait for an answer
	if p.Registered() {
		t.Error("registered with nobody")
	}
}

func ringPhone(t *testing.T, p *Phone, lines ...string) *caller {
	t.Helper()
	c := newCaller(t, p.Addr(), "desk1")
	c.invite(lines...)
	return c
}

func TestPhoneAnswersByItselfWhenAsked(t *testing.T) {
	for _, c := range []struct {
		header string
		auto   bool
	}{
		{"Call-Info: <sip:kakeru>;answer-after=0", true},
		{"Alert-Info: <http://kakeru.invalid>;info=alert-autoanswer", true},
		{"Alert-Info: Auto Answer", true},
		{"Alert-Info: <http://kakeru.invalid>;info=alert-external", false},
		{"Subject: nothing special", false},
	} {
		p := runPhone(t, func(o *PhoneOptions) { o.LiftAfter = 3 * time.Second })
		call := ringPhone(t, p, c.header)
		call.ringsThenAnswers()
		call.hears("the operator")
		call.bye()
		l := logOf(t, p.Calls, call.callID, "the end", ended)
		took := l.Answered.Sub(l.Ringing)
		if l.AutoAnswer != c.auto || !c.auto && took < 150*time.Millisecond {
			t.Errorf("%q: auto %v, lifted after %v", c.header, l.AutoAnswer, took)
		}
	}
}

func TestPhoneHearsTheCaller(t *testing.T) {
	p := runPhone(t)
	c := ringPhone(t, p, "Call-Info: <sip:kakeru>;answer-after=0")
	c.ringsThenAnswers()
	c.mouth.Run(t.Context(), media.For(10*media.Frame, media.DialTone.Source()))
	c.mouth.Run(t.Context(), media.For(10*media.Frame, media.Silence.Source()))
	l := logOf(t, p.Calls, c.callID, "all heard", func(l CallLog) bool { return l.RTPSeen == 20 })
	if l.RTPLoud != 10 || !l.Up {
		t.Errorf("log: %+v", l)
	}
	c.bye()
	l = logOf(t, p.Calls, c.callID, "the end", ended)
	if l.RTPSeen != 20 || l.RTPSent == 0 || l.EndedBy != EndedByThem || l.Up {
		t.Errorf("log: %+v", l)
	}
}

func TestPhoneHangsUp(t *testing.T) {
	p := runPhone(t, func(o *PhoneOptions) { o.LiftAfter = 200 * time.Millisecond })
	p.Hangup() // idle: nothing
	c := ringPhone(t, p)
	c.ringsThenAnswers()
	p.Hangup()
	c.answer(c.wants(sip.BYE), 200, nil)
	p.SetNeverAnswer(true)
	ringing := ringPhone(t, p)
	ringing.expect(180, sip.INVITE)
	p.Hangup()
	ringing.refused(486)
}

func TestPhoneNeverAnswersAndIsCancelled(t *testing.T) {
	p := runPhone(t, func(o *PhoneOptions) { o.NeverAnswer = true })
	c := ringPhone(t, p, "Call-Info: <sip:kakeru>;answer-after=0")
	c.expect(180, sip.INVITE)
	if m := c.next(150 * time.Millisecond); m != nil {
		t.Errorf("got %v", m)
	}
	c.cancel()
	c.expect(200, sip.CANCEL)
	c.refused(487)
	l := logOf(t, p.Calls, c.callID, "the end", ended)
	if l.EndedBy != EndedCancelled || l.Cancels != 1 || l.LastTwo != "" {
		t.Errorf("log: %+v", l)
	}
}

func TestBusyPhone(t *testing.T) {
	p := runPhone(t, func(o *PhoneOptions) { o.Busy = true })
	ringPhone(t, p).refused(486)
	p.SetBusy(false)
	first := ringPhone(t, p)
	first.ringsThenAnswers()
	ringPhone(t, p).refused(486) // one line only
	first.bye()
	logOf(t, p.Calls, first.callID, "the first call's end", ended)
	again := ringPhone(t, p)
	again.ringsThenAnswers()
	again.bye()
}

func TestFiftyPhones(t *testing.T) {
	r := newRegistrar(t)
	var phones []*Phone
	for range 50 {
		phones = append(phones, runPhone(t, func(o *PhoneOptions) { o.Registrar = r.addr() }))
	}
	for _, p := range phones {
		until(t, "registered", p.Registered)
	}
	r.mu.Lock()
	if len(r.contacts) != 50 {
		t.Errorf("%d contacts", len(r.contacts))
	}
	r.mu.Unlock()
	for _, p := range phones[:5] {
		c := ringPhone(t, p)
		c.ringsThenAnswers()
		c.bye()
	}
}

func TestPhoneOptionsAreChecked(t *testing.T) {
	pool := newMedia(t)
	for name, o := range map[string]PhoneOptions{
		"no user":                {Media: pool},
		"strange user":           {Media: pool, User: "a@b"},
		"no media":               {User: "desk1"},
		"registrar without port": {Media: pool, User: "desk1", Registrar: netip.MustParseAddrPort("127.0.0.1:0")},
	} {
		if p, err := NewPhone(o); err == nil {
			p.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

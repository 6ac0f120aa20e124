package sip

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"kakeru/dialer"
)

// account gives desk1 an account instead of an address.
func account(c *Config) {
	c.Desks[0] = Desk{ID: "desk1", Account: "phone1", Password: "desk secret"}
	c.KeepAlive = time.Hour
	c.MinExpires = time.Second
}

// phoneSide registers by hand.
type phoneSide struct {
	*peer

	a      *Agent
	callID string
	cseq   int
	nonce  string
	nc     int
}

func newPhoneSide(t *testing.T, a *Agent) *phoneSide {
	return &phoneSide{peer: newPeer(t), a: a, callID: newTag()}
}

// register sends one REGISTER with these headers and returns the answer.
func (p *phoneSide) register(t *testing.T, headers ...string) *sip.Response {
	t.Helper()
	p.cseq++
	all := append([]string{
		"From: <sip:phone1@kakeru>;tag=" + p.callID, "To: <sip:phone1@kakeru>", fmt.Sprintf("CSeq: %d REGISTER", p.cseq),
	}, headers...)
	p.write(p.a, p.outside("REGISTER", p.callID, all...))
	return p.response(t, sip.REGISTER)
}

// credentials answers a challenge.
func (p *phoneSide) credentials(t *testing.T, res *sip.Response, nth int, password string) string {
	t.Helper()
	by, err := digest.ParseChallenge(values(res, "WWW-Authenticate")[nth])
	if err != nil {
		t.Fatal(err)
	}
	if by.Nonce != p.nonce {
		p.nonce, p.nc = by.Nonce, 0
	}
	p.nc++
	c, err := digest.Digest(by, digest.Options{Method: "REGISTER", URI: "sip:kakeru", Username: "phone1", Password: password, Count: p.nc})
	if err != nil {
		t.Fatal(err)
	}
	return "Authorization: " + c.String()
}

// login registers with a fresh challenge.
func (p *phoneSide) login(t *testing.T, headers ...string) *sip.Response {
	t.Helper()
	res := p.register(t)
	if res.StatusCode != 401 {
		t.Fatalf("without credentials: %d", res.StatusCode)
	}
	return p.register(t, append(headers, p.credentials(t, res, 0, "desk secret"))...)
}

func (p *phoneSide) contact(more string) string {
	return "Contact: <sip:phone1@" + p.addr.String() + ">" + more
}

func registered(t *testing.T, a *Agent) bool {
	t.Helper()
	up := a.Registered("desk1")
	if up == nil {
		t.Fatal("a phone with an account is known to be there or not")
	}
	return *up
}

func TestRegistration(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	if registered(t, r.Agent) {
		t.Error("registered before it came")
	}
	res := p.login(t, p.contact(""), "Expires: 120")
	if res.StatusCode != 200 || !strings.HasSuffix(value(res, "Contact"), ";expires=120") {
		t.Errorf("got %s", res)
	}
	if !registered(t, r.Agent) {
		t.Error("not registered")
	}
	if res := p.login(t); len(res.GetHeaders("Contact")) != 1 {
		t.Errorf("a REGISTER without Contact lists what is bound:\n%s", res)
	}
	if res := p.login(t, p.contact(";expires=0")); res.StatusCode != 200 || len(res.GetHeaders("Contact")) != 0 {
		t.Errorf("got %s", res)
	}
	if registered(t, r.Agent) {
		t.Error("still registered after expires=0")
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	for _, c := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"wrong password", []string{p.contact(""), p.credentials(t, challenge, 0, "guess")}, 403},
		{"garbage", []string{p.contact(""), "Authorization: Digest nonsense"}, 403},
		{"another user's credentials", []string{p.contact(""), strings.Replace(p.credentials(t, challenge, 0, "desk secret"), "phone1", "phone2", 1)}, 403},
		{"too brief", []string{p.contact(";expires=0.5"), "Expires: 0", p.credentials(t, challenge, 0, "desk secret")}, 200},
	} {
		if res := p.register(t, c.headers...); res.StatusCode != c.want {
			t.Errorf("%s: %d", c.name, res.StatusCode)
		}
	}
	stranger := p.outside("REGISTER", newTag(), "To: <sip:nobody@kakeru>")
	p.write(r.Agent, stranger)
	if res := p.response(t, sip.REGISTER); res.StatusCode != 401 {
		t.Errorf("an unknown account is challenged like any: %d", res.StatusCode)
	}
}

func TestIntervalTooBrief(t *testing.T) {
	r := newRig(t, account, func(c *Config) { c.MinExpires = 0 })
	p := newPhoneSide(t, r.Agent)
	res := p.login(t, p.contact(";expires=5"))
	if res.StatusCode != 423 || value(res, "Min-Expires") != "60" {
		t.Errorf("got %s", res)
	}
	if registered(t, r.Agent) {
		t.Error("registered all the same")
	}
}

func TestReplayedCredentialsAreStale(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	given := p.credentials(t, p.register(t), 0, "desk secret")
	if res := p.register(t, p.contact(""), given); res.StatusCode != 200 {
		t.Fatalf("got %d", res.StatusCode)
	}
	res := p.register(t, p.contact(""), given)
	if res.StatusCode != 401 || !strings.Contains(value(res, "WWW-Authenticate"), "stale=true") {
		t.Errorf("a replay got %s", res)
	}
}

func TestNonceMayBeUsedAgainWithTheNextCount(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	for i := range 3 {
		if res := p.register(t, p.contact(""), p.credentials(t, challenge, 0, "desk secret")); res.StatusCode != 200 {
			t.Errorf("use %d got %d", i+1, res.StatusCode)
		}
	}
}

func TestNonces(t *testing.T) {
	n := newNonces("kakeru")
	d := Desk{Account: "phone1", Password: "p"}
	at := time.Unix(1_800_000_000, 0)
	answerTo := func(nonce, algorithm string, count int) string {
		c, err := digest.Digest(&digest.Challenge{Realm: "kakeru", Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}},
			digest.Options{Method: "REGISTER", URI: "sip:x", Username: "phone1", Password: "p", Count: count})
		if err != nil {
			t.Fatal(err)
		}
		return c.String()
	}
	from := netip.MustParseAddr("192.0.2.7")
	ours := n.make(at, from)
	for _, c := range []struct {
		name string
		text string
		now  time.Time
		want verdict
	}{
		{"fresh", answerTo(ours, "MD5", 1), at, right},
		{"replayed", answerTo(ours, "MD5", 1), at, stale},
		{"counted on", answerTo(ours, "MD5", 5), at, right},
		{"counted back", answerTo(ours, "MD5", 4), at, stale},
		{"too old", answerTo(ours, "MD5", 6), at.Add(nonceLife + time.Second), stale},
		{"from the future", answerTo(ours, "MD5", 6), at.Add(-time.Minute), stale},
		{"not ours", answerTo("bm90IG91cnM", "MD5", 1), at, stale},
		{"forged", answerTo(ours[:len(ours)-2]+"AA", "MD5", 1), at, stale},
		{"SHA-256 that was not offered", answerTo(ours, "SHA-256", 7), at, foreign},
		{"empty", "", at, foreign},
		{"another realm", strings.Replace(answerTo(ours, "MD5", 8), "kakeru", "elsewhere", 1), at, foreign},
	} {
		if got := n.check(c.text, "REGISTER", d, asker{from, c.now}); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	d.SHA256 = true
	if got := n.check(answerTo(ours, "SHA-256", 9), "REGISTER", d, asker{from, at}); got != right {
		t.Errorf("SHA-256: %v", got)
	}
	if n.check(answerTo(n.make(at.Add(time.Hour), from), "MD5", 1), "REGISTER", d, asker{from, at.Add(time.Hour)}); len(n.used) != 1 {
		t.Errorf("%d nonces are remembered, of which one is alive", len(n.used))
	}
}

func TestSHA256IsOfferedFirstWhereConfigured(t *testing.T) {
	r := newRig(t, account, func(c *Config) { c.Desks[0].SHA256 = true })
	p := newPhoneSide(t, r.Agent)
	res := p.register(t)
	offered := values(res, "WWW-Authenticate")
	if len(offered) != 2 || !strings.Contains(offered[0], "SHA-256") || !strings.Contains(offered[1], "MD5") {
		t.Fatalf("offered %v", offered)
	}
	if res := p.register(t, p.contact(""), p.credentials(t, res, 0, "desk secret")); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
}

// The same over the wire: a nonce that was good is stale later, which a phone answers with the fresh one by itself.
func TestNonceRunsOut(t *testing.T) {
	var late atomic.Bool
	r := newRig(t, account, func(c *Config) {
		c.Now = func() time.Time {
			if late.Load() {
				return time.Now().Add(nonceLife + time.Second)
			}
			return time.Now()
		}
	})
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	late.Store(true)
	res := p.register(t, p.contact(""), p.credentials(t, challenge, 0, "desk secret"))
	if res.StatusCode != 401 || !strings.Contains(value(res, "WWW-Authenticate"), "stale=true") || registered(t, r.Agent) {
		t.Fatalf("a nonce of before got\n%s", res)
	}
	if res := p.register(t, p.contact(""), p.credentials(t, res, 0, "desk secret")); res.StatusCode != 200 {
		t.Errorf("the fresh nonce got %d", res.StatusCode)
	}
	// A wrong password is never called stale: the phone would ask for ever.
	late.Store(false)
	if res := p.register(t, p.contact(""), p.credentials(t, challenge, 0, "guess")); res.StatusCode != 403 {
		t.Errorf("a wrong password got %d", res.StatusCode)
	}
}

// Both algorithms of a challenge bear one nonce: what was used with one is a replay with the other.
func TestReplayByTheOtherAlgorithmIsStale(t *testing.T) {
	r := newRig(t, account, func(c *Config) { c.Desks[0].SHA256 = true })
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	first := p.credentials(t, challenge, 0, "desk secret")
	p.nc = 0
	second := p.credentials(t, challenge, 1, "desk secret")
	if res := p.register(t, p.contact(""), first); res.StatusCode != 200 {
		t.Fatalf("SHA-256 got %d", res.StatusCode)
	}
	if res := p.register(t, p.contact(""), second); res.StatusCode != 401 {
		t.Errorf("the same count by MD5 got %d", res.StatusCode)
	}
}

// Who has an account here is not told: a stranger gets the same answers, whatever it tries.
func TestStrangersLearnNothing(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	wrongSecret := p.credentials(t, challenge, 0, "guess")
	for name, given := range map[string]string{
		"nothing":              "",
		"garbage":              "Authorization: Digest nonsense",
		"a wrong secret":       wrongSecret,
		"a nonce of its own":   strings.Replace(wrongSecret, p.nonce, "bm9uY2U", 1),
		"another realm's":      strings.Replace(wrongSecret, "kakeru", "elsewhere", 1),
		"an unknown algorithm": strings.Replace(wrongSecret, "algorithm=MD5", "algorithm=SHA-512-256", 1),
	} {
		var said []string
		for _, user := range []string{"phone1", "phone9"} {
			headers := []string{"From: <sip:" + user + "@kakeru>;tag=1", "To: <sip:" + user + "@kakeru>", p.contact("")}
			if given != "" {
				headers = append(headers, strings.Replace(given, "phone1", user, 1))
			}
			p.write(r.Agent, p.outside("REGISTER", newTag(), headers...))
			res := p.response(t, sip.REGISTER)
			asks := regexp.MustCompile(`nonce="[^"]*"`).ReplaceAllString(strings.Join(values(res, "WWW-Authenticate"), "\n"), "")
			said = append(said, fmt.Sprint(res.StatusCode, res.Reason, asks))
		}
		if said[0] != said[1] {
			t.Errorf("%s: the one with an account hears %q, the other %q", name, said[0], said[1])
		}
	}
}

// A phone may answer several realms in one request: ours is found (RFC 3261 §22.3).
func TestCredentialsOfSeveralRealms(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	ours := p.credentials(t, p.register(t), 0, "desk secret")
	other := strings.Replace(strings.Replace(ours, "kakeru", "elsewhere", 1), p.nonce, "other", 1)
	if res := p.register(t, p.contact(""), other, ours); res.StatusCode != 200 {
		t.Errorf("got %d", res.StatusCode)
	}
}

// Of several contacts the last that answers is rung; the desk is there while one is.
func TestSilentContactGivesWayToAnother(t *testing.T) {
	t.Parallel()
	r := newRig(t, account, func(c *Config) { c.KeepAlive = 50 * time.Millisecond })
	seen := observe(r.Agent)
	old, young := newPhoneSide(t, r.Agent), newPhoneSide(t, r.Agent)
	old.login(t, old.contact(""))
	within(t, seen.told, "the coming")
	young.login(t, young.contact(""))
	rung := func() netip.AddrPort {
		p, err := r.phoneOf(t.Context(), "desk1")
		if err != nil {
			t.Fatal(err)
		}
		return p.at.AddrPort
	}
	if rung() != young.addr {
		t.Error("the newest is not the one that is rung")
	}
	for rung() != old.addr { // the younger answers nothing
		old.reply(old.request(t, sip.OPTIONS), say{status: 200})
	}
	if len(seen.told) != 0 {
		t.Error("the desk was told to have gone, though one of its phones is there")
	}
	if res := old.login(t, old.contact(";expires=0")); res.StatusCode != 200 || len(res.GetHeaders("Contact")) != 1 {
		t.Errorf("one contact of two was removed:\n%s", res)
	}
	if within(t, seen.told, "the going") {
		t.Error("the silent phone alone counts as there")
	}
}

// The promise of 60 s is kept by the settings as they stand: the pause, the lookup of a name, and an OPTIONS that nobody
// answers. The last sign of life may be as old as that when a phone is called gone.
func TestSilenceIsSeenWithinAMinuteByDefault(t *testing.T) {
	c := Config{}.withDefaults()
	if longest := c.KeepAlive + lookupLimit + c.Timers.whole(); longest > time.Minute {
		t.Errorf("a phone may be silent for %v before anybody sees it", longest)
	}
	if c.Timers.whole() != 64*sipT1 || sipT1 != c.Timers.T1 {
		t.Errorf("an OPTIONS is waited for as long as %v, RFC 3261 says %v", c.Timers.whole(), 64*sipT1)
	}
}

const sipT1 = 500 * time.Millisecond // RFC 3261 §17.1.1.1

func TestStarRemovesAllAndOnlyAlone(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""), "Contact: <sip:phone1@192.0.2.5>")
	if res := p.login(t, "Contact: *", "Expires: 60"); res.StatusCode != 400 {
		t.Errorf("* with Expires 60 got %d", res.StatusCode)
	}
	if res := p.login(t, "Contact: *", p.contact(""), "Expires: 0"); res.StatusCode != 400 {
		t.Errorf("* with another got %d", res.StatusCode)
	}
	if res := p.login(t, "Contact: *", "Expires: 0"); res.StatusCode != 200 || len(res.GetHeaders("Contact")) != 0 || registered(t, r.Agent) {
		t.Errorf("got %s", res)
	}
}

func TestOldCSeqChangesNothing(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	p.cseq = 0
	if res := p.login(t, p.contact(";expires=0")); res.StatusCode != 500 {
		t.Errorf("got %d", res.StatusCode)
	}
	if !registered(t, r.Agent) {
		t.Error("a REGISTER out of order removed the binding")
	}
}

func TestNewestContactIsRungAtItsSource(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	old, young := newPhoneSide(t, r.Agent), newPhoneSide(t, r.Agent)
	old.login(t, old.contact(""))
	// The younger says an address behind a NAT; what reaches it is where its REGISTER came from.
	young.login(t, "Contact: <sip:phone1@192.168.77.5:5070;transport=udp>")
	w := watch(r.line(t).Desk())
	w.Dial()
	invite := young.request(t, sip.INVITE)
	if invite.Recipient.String() != "sip:phone1@192.168.77.5:5070;transport=udp" {
		t.Errorf("Request-URI %s", invite.Recipient.String())
	}
	young.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Contact: <sip:phone1@192.168.77.5:5070>"}})
	young.request(t, sip.ACK)
	w.until(t, dialer.LegAnswered)
	w.Drop()
	young.reply(young.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

func TestBindingsAreBounded(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	var res *sip.Response
	for i := range 2 * bindingsKept {
		res = p.login(t, "Contact: <sip:phone1@192.0.2."+strconv.Itoa(i+1)+">")
	}
	if n := len(res.GetHeaders("Contact")); n != bindingsKept {
		t.Errorf("%d bindings", n)
	}
}

func TestRepeatedRegisterIsAnsweredAlike(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	challenge := p.register(t)
	p.cseq++
	text := p.outside("REGISTER", p.callID, "From: <sip:phone1@kakeru>;tag=1", "To: <sip:phone1@kakeru>",
		fmt.Sprintf("CSeq: %d REGISTER", p.cseq), p.contact(""), p.credentials(t, challenge, 0, "desk secret"))
	for range 3 { // the same bytes: a retransmission, not a replay
		p.write(r.Agent, text)
	}
	eventually(t, "each got the 200", func() bool { return p.repeats("SIP/2.0 200") == 3 })
}

// presence collects OnRegistered.
type presence struct {
	mu   sync.Mutex
	busy bool
	bad  bool
	told chan bool
}

func observe(a *Agent) *presence {
	p := &presence{told: make(chan bool, 100)}
	a.OnRegistered(func(_ dialer.DeskID, up bool) {
		p.mu.Lock()
		p.bad = p.bad || p.busy
		p.busy = true
		p.mu.Unlock()
		p.told <- up
		p.mu.Lock()
		p.busy = false
		p.mu.Unlock()
	})
	return p
}

func TestComingAndGoingIsTold(t *testing.T) {
	r := newRig(t, account)
	seen := observe(r.Agent)
	p := newPhoneSide(t, r.Agent)
	for range 3 {
		p.login(t, p.contact(""))
		p.login(t, p.contact("")) // renewed: nothing has changed
		p.login(t, "Contact: *", "Expires: 0")
		if !within(t, seen.told, "the coming") || within(t, seen.told, "the going") {
			t.Error("coming and going were told the wrong way round")
		}
	}
	if seen.bad {
		t.Error("callbacks ran at once")
	}
}

func TestBindingLapses(t *testing.T) {
	t.Parallel()
	r := newRig(t, account)
	seen := observe(r.Agent)
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(";expires=1"))
	if !within(t, seen.told, "the coming") || within(t, seen.told, "the lapse") || registered(t, r.Agent) {
		t.Error("a binding that was not renewed is still there")
	}
}

func TestSilentPhoneIsSeenAsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, account, func(c *Config) { c.KeepAlive = 50 * time.Millisecond })
	seen := observe(r.Agent)
	p := newPhoneSide(t, r.Agent)
	p.login(t, p.contact(""))
	within(t, seen.told, "the coming")
	p.reply(p.request(t, sip.OPTIONS), say{status: 481}) // even a refusal shows that somebody is there
	p.request(t, sip.OPTIONS)                            // and now nothing
	if within(t, seen.told, "the silence") || registered(t, r.Agent) {
		t.Error("it is seen as there")
	}
	for !registered(t, r.Agent) {
		p.reply(p.request(t, sip.OPTIONS), say{status: 200})
	}
	if !within(t, seen.told, "the return") {
		t.Error("its return was not told")
	}
}

func TestFixedPhone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if r.Registered("desk1") != nil || r.Registered("desk9") != nil {
		t.Error("nothing is known of a phone that nobody asks")
	}
	w := newRig(t, func(c *Config) { c.Desks[0].Watch, c.KeepAlive = true, 50*time.Millisecond })
	w.desk.reply(w.desk.request(t, sip.OPTIONS), say{status: 200})
	eventually(t, "it is known to be there", func() bool { up := w.Registered("desk1"); return up != nil && *up })
	eventually(t, "its silence is seen", func() bool { up := w.Registered("desk1"); return up != nil && !*up })
}

// Without qop the digest does not cover the count: an answer that was overheard must not be made new by counting on.
func TestCredentialsWithoutQOPServeOnce(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	by, err := digest.ParseChallenge(values(p.register(t), "WWW-Authenticate")[0])
	if err != nil {
		t.Fatal(err)
	}
	by.QOP = nil
	c, err := digest.Digest(by, digest.Options{Method: "REGISTER", URI: "sip:kakeru", Username: "phone1", Password: "desk secret"})
	if err != nil {
		t.Fatal(err)
	}
	given := "Authorization: " + c.String()
	if res := p.register(t, p.contact(""), given); res.StatusCode != 200 {
		t.Fatalf("a phone of the old kind got %d", res.StatusCode)
	}
	for _, more := range []string{"", ", nc=00000001", ", nc=00000002"} {
		if res := p.register(t, "Contact: <sip:phone1@192.0.2.66>", given+more); res.StatusCode != 401 {
			t.Errorf("overheard, and sent with %q: got %d", more, res.StatusCode)
		}
	}
}

// A right answer proves the address too: the challenge was sent there.
func TestANonceIsForWhoAsked(t *testing.T) {
	r := newRig(t, account)
	p := newPhoneSide(t, r.Agent)
	given := p.credentials(t, p.register(t), 0, "desk secret")
	elsewhere := &phoneSide{peer: newPeerAt(t, freshAddress()), a: r.Agent, callID: newTag()}
	if res := elsewhere.register(t, elsewhere.contact(""), given); res.StatusCode != 401 || registered(t, r.Agent) {
		t.Errorf("from another address: got %d", res.StatusCode)
	}
	if res := p.register(t, p.contact(""), given); res.StatusCode != 200 {
		t.Errorf("from its own: got %d", res.StatusCode)
	}
}

// TestAPhoneMayRegisterSoOften: who has a phone's password cannot keep us busy with it; the other phones, and the same account elsewhere, are not
// concerned. What does not show the password costs the phone nothing.
func TestAPhoneMayRegisterSoOften(t *testing.T) {
	t.Parallel()
	now := newClock()
	r := newRig(t, func(c *Config) {
		account(c)
		c.Now = now.Now
	})
	p := newPhoneSide(t, r.Agent)
	for range 2 * registerBurst { // challenged, and no more
		p.register(t)
	}
	for n := range registerBurst {
		if res := p.login(t, p.contact("")); res.StatusCode != 200 {
			t.Fatalf("the %dth: %d", n+1, res.StatusCode)
		}
	}
	for range 3 {
		if res := p.login(t, p.contact("")); res.StatusCode != 503 || value(res, "Retry-After") == "" {
			t.Fatalf("beyond the rate: %s", res)
		}
	}
	r.register.mu.Lock()
	seat := r.register.seats["desk1"]
	if b, ok := seat.newest(); !ok || b.cseq == uint32(p.cseq) { //nolint:gosec // a few
		t.Error("what was refused is bound, or what was bound is lost")
	}
	r.register.mu.Unlock()
	elsewhere := &phoneSide{peer: newPeerAt(t, net.IPv4(127, 0, 0, 3)), a: r.Agent, callID: newTag()}
	if res := elsewhere.login(t, elsewhere.contact("")); res.StatusCode != 200 {
		t.Errorf("the same account elsewhere: %d", res.StatusCode)
	}
	for range 10 { // as often as it likes, every second
		now.pass(time.Second)
		if res := p.login(t, p.contact("")); res.StatusCode != 200 {
			t.Errorf("a second later: %d", res.StatusCode)
		}
	}
}

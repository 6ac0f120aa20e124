package sip

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"kakeru/dialer"
)

func withAuth(c *Config) { c.Trunks[0].User, c.Trunks[0].Password = "ward", "a secret" }

func challengeHeader(algorithm, nonce string, more ...string) string {
	return fmt.Sprintf(`WWW-Authenticate: Digest realm="carrier", nonce="%s", qop="auth", algorithm=%s`, nonce, algorithm) + strings.Join(more, "")
}

// checkDigest recomputes a request's credentials.
func checkDigest(t *testing.T, req *sip.Request, header string) {
	t.Helper()
	c, err := digest.ParseCredentials(value(req, header))
	if err != nil {
		t.Fatalf("%s of %s: %v", header, req.Method, err)
	}
	by := &digest.Challenge{Realm: c.Realm, Nonce: c.Nonce, Algorithm: c.Algorithm}
	if c.QOP != "" {
		by.QOP = []string{c.QOP}
	}
	want, err := digest.Digest(by, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Count: c.Nc, Username: "ward", Password: "a secret", Cnonce: c.Cnonce,
	})
	if err != nil || want.Response != c.Response || c.URI != req.Recipient.String() {
		t.Errorf("%s of %s is wrong: %+v (%v)", header, req.Method, c, err)
	}
}

func TestChallengesAreAnswered(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"MD5":              challengeHeader("MD5", "n1"),
		"SHA-256":          challengeHeader("SHA-256", "n1"),
		"no qop":           `WWW-Authenticate: Digest realm="carrier", nonce="n1"`,
		"qop with a space": `WWW-Authenticate: Digest realm="carrier", nonce="n1", qop="auth-int, auth"`,
		"unknown first":    "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n1\", algorithm=FUTURE\r\n" + challengeHeader("MD5", "n1"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, withAuth)
			w := r.customer(t)
			first := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(first, say{status: 401, tag: "x", headers: []string{header}})
			second := r.trunk.request(t, sip.INVITE)
			checkDigest(t, second, "Authorization")
			if value(second, "Call-ID") != value(first, "Call-ID") || value(second, "From") != value(first, "From") ||
				second.CSeq().SeqNo != first.CSeq().SeqNo+1 || second.Via().Value() == first.Via().Value() {
				t.Error("the second INVITE is of the same leg: same Call-ID and From, next CSeq, new branch")
			}
			r.trunk.reply(second, say{status: 200, tag: "y", sdp: plainSDP})
			ack := r.trunk.request(t, sip.ACK)
			for ack.CSeq().SeqNo != second.CSeq().SeqNo {
				ack = r.trunk.request(t, sip.ACK)
			}
			if value(ack, "Authorization") != value(second, "Authorization") {
				t.Error("the ACK lacks the INVITE's credentials")
			}
			f := w.untilEvent(t, dialer.EvChallenged)
			if f.Handle == nil {
				t.Error("the leg's branch has changed, and no handle came")
			}
			w.until(t, dialer.LegAnswered)
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
			if w.saw(dialer.EvFinal) {
				t.Error("a challenge that was answered is no final answer")
			}
		})
	}
}

func TestWrongPasswordIsNotRepeated(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n1")}})
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n2")}})
	if f := w.untilEvent(t, dialer.EvFinal); f.Evidence.Status != 401 {
		t.Errorf("%+v", f.Evidence)
	}
	w.gone(t)
}

func TestStaleNonceIsAnsweredAnew(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n1")}})
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n2", ", stale=true")}})
	third := r.trunk.request(t, sip.INVITE)
	checkDigest(t, third, "Authorization")
	r.trunk.reply(third, say{status: 486, tag: "y"})
	w.gone(t)
}

func TestProxyAndServerMayBothAsk(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	proxy := strings.Replace(challengeHeader("MD5", "p1"), "WWW", "Proxy", 1)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 407, tag: "x", headers: []string{proxy}})
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "s1")}})
	third := r.trunk.request(t, sip.INVITE)
	checkDigest(t, third, "Proxy-Authorization")
	checkDigest(t, third, "Authorization")
	r.trunk.reply(third, say{status: 486, tag: "y"})
	w.gone(t)
}

func TestEndlessChallengesEnd(t *testing.T) {
	r := newRig(t, withAuth)
	w := r.customer(t)
	r.trunk.answerAll(t, func(req *sip.Request) {
		if req.Method == sip.INVITE {
			r.trunk.reply(req, say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", newTag(), ", stale=true")}})
		}
	})
	w.gone(t)
	if n := r.trunk.repeats("INVITE"); n > 2*(maxChallenges+1) {
		t.Errorf("%d INVITEs", n)
	}
}

func TestChallengeWithoutCredentialsIsFinal(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 407, tag: "x", headers: []string{strings.Replace(challengeHeader("MD5", "n"), "WWW", "Proxy", 1)}})
	if f := w.untilEvent(t, dialer.EvFinal); f.Evidence.Status != 407 {
		t.Errorf("%+v", f.Evidence)
	}
	w.gone(t)
}

// TestALateChallengeIsNotAnswered: a server that stood still, and hears only then that the carrier asks for its password, makes no call any more.
func TestALateChallengeIsNotAnswered(t *testing.T) {
	t.Parallel()
	for what, refusal := range map[string]say{
		"a challenge":      {status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n")}},
		"a longer session": {status: 422, tag: "x", headers: []string{"Min-SE: 3600"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			now := newClock()
			r := newRig(t, withAuth, func(c *Config) { c.Now = now.Now })
			w := r.customer(t)
			invite := r.trunk.request(t, sip.INVITE)
			now.pass(answeredWithin)
			r.trunk.reply(invite, say{status: 407, tag: "x", headers: []string{strings.Replace(challengeHeader("MD5", "n0"), "WWW", "Proxy", 1)}})
			again := r.trunk.request(t, sip.INVITE) // slow, but not too late
			now.pass(time.Second)
			r.trunk.reply(again, refusal)
			if f := w.untilEvent(t, dialer.EvFinal); f.Evidence.Status != refusal.status {
				t.Errorf("%+v", f.Evidence)
			}
			if f := w.gone(t); !f.FarEnded {
				t.Error("it is not told as a refusal")
			}
			r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
		})
	}
}

// TestNobodyIsRungByAskingAgain: a far end that rings, or lets be heard that it does, and then asks for a password or a longer session, would ring once more for each.
func TestNobodyIsRungByAskingAgain(t *testing.T) {
	t.Parallel()
	for what, refusal := range map[string]say{
		"a challenge":      {status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n")}},
		"a proxy's":        {status: 407, tag: "x", headers: []string{strings.Replace(challengeHeader("MD5", "n"), "WWW", "Proxy", 1)}},
		"a longer session": {status: 422, tag: "x", headers: []string{"Min-SE: 3600"}},
	} {
		for how, rung := range map[string]say{
			"ringing": {status: 180, tag: "x"}, "heard": {status: 183, tag: "x", sdp: plainSDP}, "forwarded": {status: 181, tag: "x"},
			"too wide": {status: 180, tag: "x", headers: []string{"Record-Route: <sip:" + strings.Repeat("a", routesMost) + ">"}},
		} {
			t.Run(what+", "+how, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, withAuth)
				w := r.customer(t)
				invite := r.trunk.request(t, sip.INVITE)
				r.trunk.reply(invite, say{status: 100})
				r.trunk.reply(invite, rung)
				r.trunk.reply(invite, refusal)
				if f := w.untilEvent(t, dialer.EvFinal); f.Evidence.Status != refusal.status {
					t.Errorf("%+v", f.Evidence)
				}
				if f := w.gone(t); !f.FarEnded {
					t.Error("it is not told as a refusal")
				}
				r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
			})
		}
	}
}

// TestNobodyIsRungByARepetitionOnWaking: a server that stood still does not repeat the INVITE that nobody had answered: another may have ended the call.
func TestNobodyIsRungByARepetitionOnWaking(t *testing.T) {
	t.Parallel()
	now := newClock()
	r := newRig(t, func(c *Config) { c.Now = now.Now })
	w := r.customer(t)
	r.trunk.request(t, sip.INVITE)
	now.pass(repeatedWithin + time.Second)
	if f := w.gone(t); f.FarEnded { // timer B is as long as ever
		t.Errorf("%+v", f)
	}
	if n := r.trunk.repeats("INVITE "); n > 5 { // 7 leave in 64·T1; the first few may have before the clock was set
		t.Errorf("the INVITE was sent %d times", n)
	}
}

// The next way has its own time.
func TestAnotherTrunksChallengeIsNotLate(t *testing.T) {
	t.Parallel()
	now, second := newClock(), newPeer(t)
	r := newRig(t, func(c *Config) {
		c.Now = now.Now
		other := labTrunk(second.addr)
		other.Name, other.User, other.Password = "lab2", "ward", "a secret"
		c.Trunks = append(c.Trunks, other)
	})
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	now.pass(5 * time.Second)
	r.trunk.reply(invite, say{status: 503, tag: "x"})
	invite = second.request(t, sip.INVITE)
	now.pass(5 * time.Second)
	second.reply(invite, say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n")}})
	second.reply(second.request(t, sip.INVITE), say{status: 486, tag: "x"})
	w.gone(t)
}

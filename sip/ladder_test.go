package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// steps are a ladder in short: "> desk INVITE", "< customer 200 INVITE".
func steps(t *testing.T, all []dialer.TraceMessage) []string {
	t.Helper()
	var short []string
	for _, m := range all {
		head, _, _ := strings.Cut(m.Text, "Content-Length") // the last header; a body that was cut is shorter
		parsed, err := sip.ParseMessage([]byte(head + "\r\n"))
		if err != nil {
			t.Fatalf("%v in\n%s", err, m.Text)
		}
		what := string(parsed.CSeq().MethodName)
		if res, ok := parsed.(*sip.Response); ok {
			what = fmt.Sprintf("%d %s", res.StatusCode, what)
		}
		if !strings.HasPrefix(m.Text, m.First+"\r\n") {
			t.Errorf("the first line is %q of\n%s", m.First, m.Text)
		}
		arrow := "<"
		if m.Out {
			arrow = ">"
		}
		short = append(short, arrow+" "+string(m.Leg)+" "+what)
	}
	return short
}

func sameSteps(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLadderOfACall: both legs, each message in its order, where from and where to, and nothing that must stay secret.
func TestLadderOfACall(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Trunks[0].User, c.Trunks[0].Password = "lab", "lab" })
	n := r.line(t)
	desk, customer := watch(n.Desk()), watch(n.Customer())
	desk.Dial()
	answers(t, r.desk, desk)
	customer.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 401, tag: "c0", headers: []string{`WWW-Authenticate: Digest realm="r", nonce="SECRETnonce", opaque="SECRETopaque", qop="auth"`}})
	invite = r.trunk.request(t, sip.INVITE)
	digest := value(invite, "Authorization")
	r.trunk.reply(invite, say{status: 200, tag: "c", sdp: plainSDP + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRETkey\r\n"})
	customer.until(t, dialer.LegAnswered)
	customer.Confirm()
	r.trunk.request(t, sip.ACK)
	customer.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	customer.gone(t)
	desk.Drop()
	r.desk.reply(r.desk.request(t, sip.BYE), say{status: 200})
	desk.gone(t)

	all := r.Trace(aCall)
	sameSteps(t, steps(t, all),
		"> desk INVITE", "< desk 180 INVITE", "< desk 200 INVITE", "> desk ACK",
		"> customer INVITE", "< customer 401 INVITE", "> customer ACK",
		"> customer INVITE", "< customer 200 INVITE", "> customer ACK", "> customer BYE", "< customer 200 BYE",
		"> desk BYE", "< desk 200 BYE")
	for i, m := range all {
		far, deskOf := r.trunk.addr, dialer.DeskID("")
		if m.Leg == dialer.DeskLeg {
			far, deskOf = r.desk.addr, "desk1"
		}
		from, to := far, r.Addr()
		if m.Out {
			from, to = to, from
		}
		if m.From != from.String() || m.To != to.String() || m.Transport != "UDP" || m.Desk != deskOf {
			t.Errorf("%s: from %s to %s by %s, desk %q", m.First, m.From, m.To, m.Transport, m.Desk)
		}
		if i > 0 && m.At.Before(all[i-1].At) {
			t.Errorf("%s is earlier than what was before it", m.First)
		}
		for _, secret := range append([]string{"SECRET"}, secretsOf(digest)...) {
			if strings.Contains(m.Text, secret) {
				t.Errorf("%q stands in\n%s", secret, m.Text)
			}
		}
	}
	if !strings.Contains(all[7].Text, `username="lab"`) || !strings.Contains(all[8].Text, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 …") {
		t.Errorf("more was cut than the secrets:\n%s\n%s", all[7].Text, all[8].Text)
	}
}

// answers has a phone ring and answer.
func answers(t *testing.T, p *peer, w *watched) {
	t.Helper()
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 180, tag: "d"})
	p.reply(invite, say{status: 200, tag: "d", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	p.request(t, sip.ACK)
}

// secretsOf are the response and the client's nonce of credentials.
func secretsOf(digest string) []string {
	var all []string
	for part := range strings.SplitSeq(digest, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name == "response" || name == "cnonce" {
			all = append(all, strings.Trim(v, `"`))
		}
	}
	return all
}

// TestLadderHasWhatIsRepeated: theirs and ours.
func TestLadderHasWhatIsRepeated(t *testing.T) {
	r := newRig(t)
	customer := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	eventually(t, "our INVITE is repeated", func() bool { return r.trunk.repeats("INVITE") > 1 })
	r.trunk.reply(invite, say{status: 486, tag: "c"})
	customer.gone(t)
	r.trunk.reply(invite, say{status: 486, tag: "c"})
	eventually(t, "both answers and our ACKs are there", func() bool {
		got := strings.Join(steps(t, r.Trace(aCall)), "\n")
		return strings.Count(got, "> customer INVITE") == r.trunk.repeats("INVITE") && strings.Count(got, "< customer 486") == 2 &&
			strings.Count(got, "> customer ACK") == 2
	})
}

// TestLadderOfACallThatComesIn begins with the INVITE that made the call, and tells the phones apart.
func TestLadderOfACallThatComesIn(t *testing.T) {
	t.Parallel()
	b := newSwitchboard(t)
	d := b.trunk.dial(b.Agent, testCallerID, plainSDP)
	in := within(t, b.comes, "the call to come in")
	t.Cleanup(in.Line.Close)
	desk, caller := watch(in.Line.Desk()), watch(in.Line.Customer())
	desk.Dial()
	in.Line.Ring("desk1", "desk2")
	d.status(t, 180)
	b.desk.request(t, sip.INVITE)
	b.second.request(t, sip.INVITE)
	d.say("CANCEL", 1, "")
	d.status(t, 487)
	d.say("NACK", 1, "")
	caller.gone(t)
	eventually(t, "the ACK is there", func() bool {
		return strings.HasPrefix(b.Trace(in.ID)[len(b.Trace(in.ID))-1].First, "ACK") || strings.Contains(strings.Join(steps(t, b.Trace(in.ID)), "\n"), "< customer ACK")
	})
	all := b.Trace(in.ID)
	if got := steps(t, all); got[0] != "< customer INVITE" || got[1] != "> customer 180 INVITE" && got[1] != "> desk INVITE" {
		t.Errorf("it begins with %v", got[:2])
	}
	phones := map[dialer.DeskID]bool{}
	for _, m := range all {
		if m.Leg == dialer.DeskLeg {
			phones[m.Desk] = true
		}
	}
	if !phones["desk1"] || !phones["desk2"] || len(phones) != 2 {
		t.Errorf("phones %v", phones)
	}
	desk.Drop()
	desk.gone(t)
}

func TestLadderIsBounded(t *testing.T) {
	s := newLadders(&Agent{cfg: testConfig().withDefaults(), addr: netip.MustParseAddrPort("127.0.0.1:5060")})
	far := place{AddrPort: netip.MustParseAddrPort("127.0.0.1:5070")}
	message := func(callID string, size int) sip.Message {
		req := sip.NewRequest(sip.OPTIONS, sip.Uri{Host: "h"})
		id := sip.CallIDHeader(callID)
		req.AppendHeader(&id)
		req.SetBody([]byte(strings.Repeat("é", size/2)))
		return req
	}
	for i := range laddersKept + 1 {
		s.join(dialer.CallID(fmt.Sprint("call", i)), fmt.Sprint("id", i), side{leg: dialer.DeskLeg})
	}
	m := message("id0", 10)
	if s.sent(m, []byte(m.String()), far); s.trace("call0") != nil || s.trace("call1") == nil || len(s.calls) != laddersKept || len(s.dialog) != laddersKept {
		t.Errorf("the oldest call was not forgotten: %d calls, %d Call-IDs", len(s.calls), len(s.dialog))
	}
	for i := 1; i <= laddersKept; i++ {
		m := message(fmt.Sprint("id", i), 2*rungBytes)
		for range rungsKept + 1 {
			s.sent(m, []byte(m.String()), far)
		}
	}
	newest := s.trace(dialer.CallID(fmt.Sprint("call", laddersKept)))
	if len(newest) != rungsKept || len(newest[0].Text) > rungBytes || !strings.HasSuffix(newest[0].Text, "é"+cutHere) {
		t.Errorf("%d messages of %d bytes", len(newest), len(newest[0].Text))
	}
	sum := 0
	for _, l := range s.order {
		for _, rung := range l.rungs {
			sum += len(rung.Text)
		}
	}
	if sum != s.bytes || sum > ladderBytes || len(s.calls) != len(s.order) || len(s.dialog) != len(s.order) {
		t.Errorf("%d bytes, counted as %d; %d calls, %d in order, %d Call-IDs", sum, s.bytes, len(s.calls), len(s.order), len(s.dialog))
	}
}

func TestWithoutSecrets(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing to cut", "OPTIONS sip:h SIP/2.0\r\nVia: x\r\n\r\n", "OPTIONS sip:h SIP/2.0\r\nVia: x\r\n\r\n"},
		{
			"keys that were pressed", "INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\n",
			"INFO sip:h SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\n…",
		},
		{
			"response", `Authorization: Digest username="a", nonce="n1", uri="sip:h", response="r1", nc=00000001`,
			`Authorization: Digest username="a", nonce="…", uri="sip:h", response="…", nc=00000001`,
		},
		{"quoted quote", `proxy-authorization: digest NONCE="a\"b,c", realm=x`, `proxy-authorization: digest NONCE="…", realm=x`},
		{"blanks", `WWW-Authenticate : Digest nonce = n1 , opaque ="o1"`, `WWW-Authenticate : Digest nonce ="…", opaque ="…"`},
		{"never closed", `Authorization: Digest cnonce="abc, realm="r"`, `Authorization: Digest cnonce="…"r"`},
		{"basic", "Authorization: Basic c2VjcmV0", "Authorization: …"},
		{"info", `Authentication-Info: nextnonce="x", rspauth="y", qop=auth`, `Authentication-Info: nextnonce="…", rspauth="…", qop=auth`},
		{"goes on", "Authorization: Digest realm=\"r\",\r\n response=\"x\"\r\nVia: a\r\n response=x", "Authorization: Digest realm=\"r\",\r\n response=\"…\"\r\nVia: a\r\n response=x"},
		{"crypto", "\r\na=crypto:1 AES inline:k|2^20|1:4 FEC\r\nk=clear:x\r\nA=KEY-MGMT:mikey x", "\r\na=crypto:1 AES …\r\nk=…\r\nA=KEY-MGMT:…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := withoutSecrets(c.in); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FuzzWithoutSecrets: whatever stands around them, a digest and a key are cut.
func FuzzWithoutSecrets(f *testing.F) {
	f.Add("Via: x\r\n", `realm="r", `)
	f.Add("Authorization: Digest nonce=\"\\", `qop="auth,auth-int",x=`)
	f.Fuzz(func(t *testing.T, before, parameters string) {
		if strings.ContainsAny(parameters, "\"\r\n\\") || strings.Contains(before, "SECRET") || strings.Contains(parameters, "SECRET") {
			t.Skip()
		}
		text := before + "\r\nAuthorization: Digest x=\"" + parameters + "\",response=\"SECRET\", y=\"z\"\r\n\r\na=crypto:1 AES inline:SECRET\r\nk=SECRET"
		if got := withoutSecrets(text); strings.Contains(got, "SECRET") {
			t.Fatalf("it survives in %q", got)
		} else if withoutSecrets(got) != got {
			t.Fatalf("cutting twice cuts more of %q", got)
		}
	})
}

// BenchmarkLadder is what remembering costs a message: one of a call that leaves, one that comes, one of no call's.
func BenchmarkLadder(b *testing.B) {
	a := &Agent{cfg: testConfig().withDefaults(), addr: netip.MustParseAddrPort("127.0.0.1:5060")}
	p := &peer{addr: netip.MustParseAddrPort("127.0.0.1:5070")}
	m, err := sip.ParseMessage([]byte(p.outside("INVITE", "id", "Contact: <sip:far@127.0.0.1>", "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY")))
	if err != nil {
		b.Fatal(err)
	}
	m.SetBody([]byte(plainSDP))
	m.SetSource("127.0.0.1:5070")
	text := m.String()
	for name, f := range map[string]func(*ladders){
		"out": func(s *ladders) { s.sent(m, []byte(text), place{AddrPort: p.addr}) },
		"in":  func(s *ladders) { s.came(m, s.copied("id", []byte(text))) },
	} {
		for _, known := range []bool{true, false} {
			b.Run(fmt.Sprintf("%s/known=%v", name, known), func(b *testing.B) {
				b.ReportAllocs()
				s := newLadders(a)
				for i := 0; b.Loop(); i++ {
					if known && i%20 == 0 {
						s.join(dialer.CallID(fmt.Sprint(i)), "id", side{leg: dialer.CustomerLeg})
					}
					f(s)
				}
			})
		}
	}
}

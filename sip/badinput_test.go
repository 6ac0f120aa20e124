package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// What a far end may do wrong, and what it gets: one test a line, here or where it has always stood.
//
//	malformed SIP              TestTorture…, TestBadInputWithinACall
//	SDP without audio          TestBadInputWithinACall (offers), TestAnswerWithoutUsableSDPIsHungUp (answers)
//	port 0, unknown codec      the same
//	wrong CSeq                 TestBadInputWithinACall; TestTrap12CSeqIsCountedAndChecked
//	missing tags               TestBadInputWithinACall
//	replayed credentials       TestReplayedCredentialsAreStale
//	REFER from a stranger      TestReferFromAStrangerIsRefused
//	re-INVITE storms           TestReinviteStormLeavesTheCallAsItWas, TestRequestStormIsBounded
//	RTP of a third party       TestSoundOfAThirdPartyIsNotHeard; in media TestStrangersAreDroppedAndCounted
//	scanners                   TestTenThousandStrangersDisturbNobody

// noAudio and its like are offers that nothing can come of.
var (
	noAudio      = strings.Replace(plainSDP, "m=audio", "m=video", 1)
	portZero     = strings.Replace(plainSDP, "m=audio 9", "m=audio 0", 1)
	unknownCodec = strings.Replace(plainSDP, "AVP 0", "AVP 18 97", 1) + "a=rtpmap:97 telepathy/8000\r\n"
)

// Each of these is refused, and the call goes on as it was.
func TestBadInputWithinACall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := newTalk(t, r)
	const sound = 1000
	same := func(text string) string { return text }
	swap := func(old, by string) func(string) string {
		return func(text string) string { return strings.Replace(text, old, by, 1) }
	}
	k.live(t)
	for i, c := range []struct {
		name, method string
		cseq         int // 0: the next in order
		sdp          string
		change       func(text string) string
		want         int
	}{
		{"malformed SIP: a header without a name", "INFO", 0, "", swap("Max-Forwards: 70", "Max-Forwards 70"), 400},
		{"malformed SIP: a length that is not there", "INFO", 0, "", swap("Content-Length: 0", "Content-Length: 10"), 400},
		{"malformed SIP: a number that is none", "INFO", 0, "", swap("Max-Forwards: 70", "Max-Forwards: many"), 400},
		{"malformed SDP", "INVITE", 0, "garbage", same, 400},
		{"a body that is no SDP", "INVITE", 0, plainSDP, swap("application/sdp", "text/plain"), 415},
		{"SDP without audio", "INVITE", 0, noAudio, same, 488},
		{"m=audio with port 0", "INVITE", 0, portZero, same, 488},
		{"unknown codec only", "INVITE", 0, unknownCodec, same, 488},
		{"SDP without audio in an UPDATE", "UPDATE", 0, noAudio, same, 488},
		{"m=audio with port 0 in an UPDATE", "UPDATE", 0, portZero, same, 488},
		{"CSeq lower than before", "INVITE", 1, plainSDP, same, 500},
		{"CSeq lower than before, hanging up", "BYE", 1, "", same, 500},
		{"CSeq of another method", "BYE", 0, "", swap(" BYE\r\nContact", " INFO\r\nContact"), 400},
		{"no From tag", "BYE", 0, "", swap(";tag=a\r\nTo", "\r\nTo"), 400},
		{"another From tag", "BYE", 0, "", swap(";tag=a\r\nTo", ";tag=b\r\nTo"), 481},
		{"no To tag", "BYE", 0, "", withoutToTag, 482},
		{"another To tag", "BYE", 0, "", swap(value(k.invite, "From"), value(k.invite, "From")+"x"), 481},
		{"an extension we lack", "INVITE", 0, plainSDP, swap("Max-Forwards", "Require: telepathy\r\nMax-Forwards"), 420},
	} {
		t.Run(c.name, func(t *testing.T) {
			method := sip.RequestMethod(c.method)
			text := r.trunk.within(k.invite, "a", c.method, orElse(c.cseq, sound+i), nil, c.sdp)
			changed := c.change(text)
			if changed == text && c.cseq == 0 && c.want == 400 && c.sdp == "" {
				t.Fatal("nothing was changed")
			}
			if strings.Contains(changed, " INFO\r\n") {
				method = sip.INFO
			}
			r.trunk.write(r.Agent, changed)
			if res := r.trunk.response(t, method); res.StatusCode != c.want {
				t.Errorf("got %d %s, want %d", res.StatusCode, res.Reason, c.want)
			}
			k.desk.speak(t, k.customer)
			k.customer.speak(t, k.desk)
		})
	}
	k.cseq = 2 * sound
	k.live(t)
	k.hangUp(t)
}

func withoutToTag(text string) string {
	before, rest, _ := strings.Cut(text, "\r\nTo: ")
	to, after, _ := strings.Cut(rest, "\r\n")
	to, _, _ = strings.Cut(to, ";tag=")
	return before + "\r\nTo: " + to + "\r\n" + after
}

func TestReferFromAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	stranger := newPeerAt(t, freshAddress())
	for name, text := range map[string]string{
		"outside calls":           stranger.outside("REFER", newTag(), "Refer-To: <sip:0900@elsewhere.invalid>"),
		"with a guessed tag":      stranger.within(invite, "guess", "REFER", 1, []string{"Refer-To: <sip:0900@elsewhere.invalid>"}, ""),
		"with the call's Call-ID": stranger.outside("REFER", value(invite, "Call-ID"), "Refer-To: <sip:0900@elsewhere.invalid>"),
	} {
		stranger.write(r.Agent, text)
		if res := stranger.response(t, sip.REFER); !slices.Contains([]int{403, 405, 481, 482}, res.StatusCode) {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	r.trunk.quiet(t, r.Agent, sip.INVITE, value(invite, "Call-ID"))
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

// As many re-INVITEs at once as may come so fast: one is answered, the others meet it (491) as long as it lacks its ACK. What they took is
// given back, and the talk has not noticed.
func TestReinviteStormLeavesTheCallAsItWas(t *testing.T) {
	const storm = requestBurst - 10
	r := newRig(t)
	k := newTalk(t, r)
	sdp := sdpAt(int(localAddr(k.customer.conn).Port()))
	for i := range storm {
		r.trunk.write(r.Agent, r.trunk.within(k.invite, "a", "INVITE", 10+i, nil, sdp))
	}
	got := map[int]int{}
	var granted int
	for range storm {
		res := r.trunk.response(t, sip.INVITE)
		got[res.StatusCode]++
		if res.StatusCode == 200 {
			granted = int(res.CSeq().SeqNo)
		}
		k.desk.speak(t, k.customer)
	}
	if fmt.Sprint(got) != fmt.Sprint(map[int]int{200: 1, 491: storm - 1}) {
		t.Errorf("got %v", got)
	}
	r.trunk.write(r.Agent, r.trunk.within(k.invite, "a", "ACK", granted, nil, ""))
	k.legs[1].untilEvent(t, dialer.EvChanged)
	if n := len(k.legs[1].all); n > 10 {
		t.Errorf("the storm made %d facts", n)
	}
	// The refused ones were never acknowledged: their transactions end by timer H.
	l := r.lane(value(k.invite, "Call-ID"))
	defer l.release()
	eventually(t, "no transaction of the storm is left", func() bool {
		left := make(chan int, 1)
		return l.post(func() { left <- len(l.got) }) && <-left == 0
	})
	k.cseq = 10 + storm
	k.live(t)
	k.hangUp(t)
}

// The 2xx to a re-INVITE was lost, and we hang up: who repeats the re-INVITE is answered all the same.
func TestReinviteIsAnsweredThoughTheCallHasEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	text := r.trunk.within(invite, "a", "INVITE", 1, nil, plainSDP)
	r.trunk.write(r.Agent, text)
	r.trunk.response(t, sip.INVITE) // as if it had been lost
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	before := r.trunk.repeats("SIP/2.0 200 OK")
	r.trunk.write(r.Agent, text)
	eventually(t, "it is answered again", func() bool { return r.trunk.repeats("SIP/2.0 200 OK") > before })
}

// Requests without end within a call are not remembered without end, and the call can still be hung up.
func TestRequestStormIsBounded(t *testing.T) {
	const storm = 3 * openAtOnce
	now := newClock()
	r := newRig(t, func(c *Config) {
		c.Now = func() time.Time { // no two are so close that their pace would matter
			now.pass(time.Second / requestRate)
			return now.Now()
		}
	})
	k := newTalk(t, r)
	l := r.lane(value(k.invite, "Call-ID"))
	defer l.release()
	all := make(chan struct{})
	l.post(func() { <-all }) // so that they are taken at one go, however slow the machine
	for i := range storm {
		r.trunk.write(r.Agent, r.trunk.within(k.invite, "a", "INFO", 10+i, nil, ""))
		if i%50 == 49 || i == storm-1 {
			r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag()))
			r.trunk.response(t, sip.OPTIONS) // they have been read
		}
	}
	close(all)
	got := map[int]int{}
	for range storm {
		got[r.trunk.response(t, sip.INFO).StatusCode]++
	}
	if got[200] < openAtOnce || got[503] == 0 || got[200]+got[503] != storm {
		t.Errorf("got %v", got)
	}
	k.desk.speak(t, k.customer)
	k.cseq = 10 + storm
	k.hangUp(t)
}

// Nor by BYEs: whoever knows no more than a Call-ID has nothing remembered.
func TestAStormOfByesIsBounded(t *testing.T) {
	const storm = 3 * openAtOnce
	r := newRig(t)
	k := newTalk(t, r)
	stranger := newPeerAt(t, freshAddress())
	callID := value(k.invite, "Call-ID")
	for i := range storm {
		stranger.write(r.Agent, stranger.outside("BYE", callID))
		if i%50 == 49 || i == storm-1 {
			r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag()))
			r.trunk.response(t, sip.OPTIONS) // they have been read
		}
	}
	open := make(chan int, 1)
	l := r.lane(callID)
	defer l.release()
	l.post(func() { open <- len(l.got) })
	if n := within(t, open, "the call's lane"); n != 0 {
		t.Errorf("%d requests are remembered", n)
	}
	k.hangUp(t)
}

// Only the address that the SDP named may speak (RFC 3264; media's rule).
func TestSoundOfAThirdPartyIsNotHeard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	k := newTalk(t, r)
	third := newVoice(t)
	for _, to := range []*voice{k.desk, k.customer} {
		if _, err := third.conn.WriteToUDPAddrPort([]byte("\x80\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x09nonsense"), to.to); err != nil {
			t.Fatal(err)
		}
	}
	b := k.legs[0].Leg.(*hunt).line.bridge
	eventually(t, "both were counted", func() bool { return b.Stats(media.Desk).Strangers == 1 && b.Stats(media.Customer).Strangers == 1 })
	k.desk.speak(t, k.customer) // hears exactly this
	k.customer.speak(t, k.desk)
	k.hangUp(t)
}

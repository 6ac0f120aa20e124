package lab

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// prefix is of no network: the numbers of these tests mean only their last two
// digits.
const prefix = "00000000"

// TestDialPlan goes through the table of the lab dial plan, row by row.
func TestDialPlan(t *testing.T) {
	carrier := runCarrier(t)
	// An announcement of 250 ms can go by unheard on a busy machine: those rows are played at the real pace.
	unhurried := runCarrier(t, func(o *CarrierOptions) { o.Fast = false })
	for _, row := range []struct {
		nn    string
		plays func(*caller)
		end   End // of the log; none: the call stays up and is left to the end of the test
	}{
		{"00", answersAndHangsUp, EndedByUs},
		{"39", answersAndHangsUp, EndedByUs},
		{"05", answersAndWeHangUp, EndedByThem},
		{"40", neverAnswers, EndedCancelled},
		{"41", refusesWith(486, ""), EndedRefused},
		{"42", announcesAndRefuses, EndedRefused},
		{"43", refusesWith(480, "Q.850;cause=20"), EndedRefused},
		{"44", answersWithVoicemail, EndedByThem},
		{"45", refusesWith(603, ""), EndedRefused},
		{"46", refusesWith(503, ""), EndedRefused},
		{"47", refusesWith(410, ""), EndedRefused},
		{"48", saysTryingOnly, EndedCancelled},
		{"49", recorderAnswersAtOnce, EndedByThem},
		{"50", answersWithoutSound, EndedByThem},
		{"51", hangsUpAtOnce, EndedByUs},
		{"52", refusesWith(484, ""), EndedRefused},
		{"53", backToBack, EndedByThem},
		{"54", challengesFirst, EndedByThem},
		{"55", answersAndWeHangUp, EndedByThem},
		{"56", answersTheCancel, EndedByThem},
		{"57", holdsAndResumes, EndedByThem},
		{"58", announcesAndRefuses, EndedRefused},
	} {
		t.Run(row.nn, func(t *testing.T) {
			t.Parallel()
			carrier := carrier
			if row.nn == "42" || row.nn == "58" {
				carrier = unhurried
			}
			c := newCaller(t, carrier.Addr(), prefix+row.nn)
			c.invite()
			row.plays(c)
			l := logOf(t, carrier.Calls, c.callID, "the call's end", ended)
			if l.EndedBy != row.end || l.Up || l.LastTwo != row.nn {
				t.Errorf("log: %+v", l)
			}
		})
	}
}

func (c *caller) ringsThenAnswers() {
	c.t.Helper()
	c.expect(180, sip.INVITE)
	c.expect(200, sip.INVITE)
	c.ackOK()
}

func (c *caller) hears(what string) {
	c.t.Helper()
	until(c.t, what, func() bool { return c.ear.Loud() > 3 })
}

func answersAndHangsUp(c *caller) {
	c.ringsThenAnswers()
	c.hears("speech")
	c.answer(c.wants(sip.BYE), 200, nil)
}

func answersAndWeHangUp(c *caller) {
	c.ringsThenAnswers()
	c.hears("speech, or the fax")
	c.bye()
}

func neverAnswers(c *caller) {
	c.expect(180, sip.INVITE)
	if m := c.next(400 * time.Millisecond); m != nil {
		c.t.Errorf("row 40 went on: %v", m)
	}
	c.cancel()
	c.expect(200, sip.CANCEL)
	c.refused(487)
}

func refusesWith(status int, reason string) func(*caller) {
	return func(c *caller) {
		res := c.refused(status)
		h := res.GetHeader("Reason")
		if reason == "" && h != nil || reason != "" && (h == nil || h.Value() != reason) {
			c.t.Errorf("Reason: %v, want %q", h, reason)
		}
	}
}

func announcesAndRefuses(c *caller) {
	if res := c.expect(183, sip.INVITE); len(res.Body()) == 0 {
		c.t.Error("183 without SDP")
	}
	c.hears("the announcement")
	refusesWith(404, "Q.850;cause=1")(c)
}

func answersWithVoicemail(c *caller) {
	c.ringsThenAnswers()
	c.hears("the greeting")
	// Greeting and beep, then silence: packets go on and are no longer loud.
	until(c.t, "silence after the beep", func() bool { return c.ear.Packets() > c.ear.Loud()+20 })
	c.bye()
}

func saysTryingOnly(c *caller) {
	m := c.receive(limit)
	if res, ok := m.(*sip.Response); !ok || res.StatusCode != 100 {
		c.t.Fatalf("first: %v", m)
	}
	if m := c.next(300 * time.Millisecond); m != nil {
		c.t.Errorf("row 48 said %v", m)
	}
	c.cancel()
	if m := c.next(300 * time.Millisecond); m != nil {
		c.t.Errorf("row 48 answered CANCEL: %v", m)
	}
}

func recorderAnswersAtOnce(c *caller) {
	c.expect(200, sip.INVITE)
	c.ackOK()
	c.hears("the recording device")
	c.bye()
}

func answersWithoutSound(c *caller) {
	c.ringsThenAnswers()
	if m := c.next(300 * time.Millisecond); m != nil || c.ear.Packets() != 0 {
		c.t.Errorf("row 50 sent %d packets, said %v", c.ear.Packets(), m)
	}
	c.bye()
}

func hangsUpAtOnce(c *caller) {
	c.ringsThenAnswers()
	c.answer(c.wants(sip.BYE), 200, nil)
}

func backToBack(c *caller) {
	c.expect(180, sip.INVITE)
	if res := c.expect(183, sip.INVITE); len(res.Body()) == 0 {
		c.t.Error("183 without SDP")
	}
	c.expect(200, sip.INVITE)
	c.ackOK()
	c.hears("speech")
	c.bye()
}

func challengesFirst(c *caller) {
	res := c.refused(401)
	c.toTag = ""
	who := credentials{"lab", "lab"}
	value, ok := who.authorize(res.GetHeader("WWW-Authenticate").Value(), "INVITE", "sip:"+c.number+"@"+c.to.String(), 1)
	if !ok {
		c.t.Fatal("no usable challenge")
	}
	c.invite("Authorization: " + value)
	answersAndWeHangUp(c)
}

func answersTheCancel(c *caller) {
	c.expect(180, sip.INVITE)
	c.cancel()
	c.expect(200, sip.INVITE)
	c.expect(200, sip.CANCEL)
	c.ackOK()
	c.bye()
}

func holdsAndResumes(c *caller) {
	c.ringsThenAnswers()
	for _, want := range []media.Direction{media.SendOnly, media.SendRecv} {
		req := c.wants(sip.INVITE)
		offer, err := media.Parse(req.Body())
		if err != nil || offer.Direction != want {
			c.t.Fatalf("re-INVITE %v, want %v (%v)", offer.Direction, want, err)
		}
		c.answer(req, 200, c.local.Answer(offer))
		c.wants(sip.ACK)
		delete(c.inCSeq, "1 ACK")
	}
	c.bye()
}

func TestWrongCredentialsAreRefused(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.User, o.Password = "trunk", "secret" })
	for name, who := range map[string]credentials{"user": {"other", "secret"}, "password": {"trunk", "other"}} {
		c := newCaller(t, carrier.Addr(), prefix+"54")
		c.invite()
		res := c.refused(401)
		c.toTag = ""
		value, _ := who.authorize(res.GetHeader("WWW-Authenticate").Value(), "INVITE", "sip:"+c.number+"@"+c.to.String(), 1)
		c.invite("Authorization: " + value)
		c.refused(403)
		if l := logOf(t, carrier.Calls, c.callID, "the end", ended); l.Invites != 2 || l.Status != 403 {
			t.Errorf("wrong %s: %+v", name, l)
		}
	}
}

func TestTheDrawFollowsThePlan(t *testing.T) {
	const n = 20_000
	count := map[string]int{}
	for i := range n {
		f := decide("77", lot(7, "number", i))
		count[f.row]++
	}
	others := 0
	for _, nn := range []int{43, 45, 46, 47} {
		others += count[refusals[nn].row]
	}
	for _, c := range []struct {
		what         string
		got, perCent int
	}{
		{"answers", count["answers"], 38}, {"no answer", count[specials[40].row], 42},
		{"voicemail", count[specials[44].row], 8}, {"busy", count[refusals[41].row], 6},
		{"unallocated", count[refusals[42].row], 4}, {"other", others, 2},
	} {
		if want := n * c.perCent / 100; c.got < want*85/100 || c.got > want*115/100 {
			t.Errorf("%s: %d of %d, want about %d", c.what, c.got, n, want)
		}
	}
}

func TestTheDrawIsRepeatable(t *testing.T) {
	describe := func(seed uint64) string {
		var b strings.Builder
		for i := range 50 {
			f := decide("60", lot(seed, "a", i))
			b.WriteString(f.row + f.waits.String() + f.hangsUp.String())
		}
		return b.String()
	}
	if first, again := describe(1), describe(1); first != again {
		t.Error("the same seed gives another day")
	}
	if describe(1) == describe(2) {
		t.Error("another seed gives the same day")
	}
}

func TestAnswersStayInTheirRanges(t *testing.T) {
	for i := range 1000 {
		f := decide("12", lot(3, "n", i))
		if f.waits < 2*time.Second || f.waits > 6*time.Second || f.hangsUp < 20*time.Second || f.hangsUp > 90*time.Second {
			t.Fatalf("%+v", f)
		}
	}
}

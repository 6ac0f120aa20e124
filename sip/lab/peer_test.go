package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/sip/media"
)

// These tests hold the lab to RFC 3261 where a careless peer would fool us.

func TestUnacknowledgedAnswerIsRepeatedThenHungUp(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.T1 = 5 * time.Millisecond })
	c := newCaller(t, carrier.Addr(), prefix+"53")
	c.invite()
	copies := 0
	for {
		m := c.receive(limit)
		if res, ok := m.(*sip.Response); ok && res.StatusCode == 200 {
			copies++
			c.toTag, _ = res.To().Params.Get("tag")
		}
		if req, ok := m.(*sip.Request); ok {
			if req.Method != sip.BYE {
				t.Fatalf("got %v", req)
			}
			c.answer(req, 200, nil)
			break
		}
		if m == nil {
			t.Fatal("no BYE after an answer that was never acknowledged")
		}
	}
	if copies < 8 {
		t.Errorf("the 200 came %d times", copies)
	}
	l := logOf(t, carrier.Calls, c.callID, "the end", ended)
	if l.EndedBy != EndedNoAck || l.Acks != 0 || l.ByesSent != 1 {
		t.Errorf("log: %+v", l)
	}
}

func TestRefusalIsRepeatedUntilAcknowledged(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.T1 = 5 * time.Millisecond })
	c := newCaller(t, carrier.Addr(), prefix+"46")
	c.invite()
	for copies := 0; copies < 3; {
		if res, ok := c.receive(limit).(*sip.Response); ok && res.StatusCode == 503 {
			copies++
			c.toTag, _ = res.To().Params.Get("tag")
		}
	}
	c.ackNo()
	l := logOf(t, carrier.Calls, c.callID, "the ACK", func(l CallLog) bool { return l.Acks == 1 })
	if l.Invites != 1 || l.Status != 503 {
		t.Errorf("log: %+v", l)
	}
}

func TestRetransmissionsAreAnsweredAndNotCounted(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"50")
	offer := string(c.local.Offer(media.SendRecv))
	c.cseq, c.branch = 1, "z9hG4bKsame"
	for range 3 {
		c.send("INVITE", c.branch, 1, offer)
	}
	c.ringsThenAnswers()
	c.ackOK()
	c.cseq++
	for range 3 {
		c.send("BYE", "z9hG4bKbye", c.cseq, "")
	}
	for got := 0; got < 3; {
		if res, ok := c.receive(limit).(*sip.Response); ok && res.CSeq().MethodName == sip.BYE {
			if res.StatusCode != 200 {
				t.Errorf("a repeated BYE got %d", res.StatusCode)
			}
			got++
		}
	}
	l := logOf(t, carrier.Calls, c.callID, "the end", ended)
	if l.Invites != 1 || l.Acks != 1 || l.ByesSeen != 1 || l.EndedBy != EndedByThem {
		t.Errorf("log: %+v", l)
	}
}

func TestRequestsOutsideACall(t *testing.T) {
	carrier := runCarrier(t)
	for _, c := range []struct {
		method, tag string
		want        int
	}{
		{"OPTIONS", "", 200},
		{"BYE", "gone", 481},
		{"INVITE", "gone", 481},
		{"CANCEL", "", 481},
		{"MESSAGE", "", 405},
		{"REGISTER", "", 405},
	} {
		call := newCaller(t, carrier.Addr(), prefix+"05")
		call.toTag = c.tag
		call.send(c.method, sip.GenerateBranch(), 1, "")
		if res, ok := call.next(limit).(*sip.Response); !ok || res.StatusCode != c.want {
			t.Errorf("%s: %v, want %d", c.method, res, c.want)
		}
	}
	if n := len(carrier.Calls()); n != 0 {
		t.Errorf("%d calls were logged", n)
	}
}

func TestRequestsInsideACall(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"50")
	c.invite()
	c.ringsThenAnswers()
	tag := c.toTag
	send := func(what, method string, cseq, want int, body string) {
		t.Helper()
		c.answers = map[string]bool{}
		c.send(method, sip.GenerateBranch(), cseq, body)
		res, ok := c.next(limit).(*sip.Response)
		if !ok || res.StatusCode != want {
			t.Fatalf("%s: %v, want %d", what, res, want)
		}
		if method == "INVITE" {
			c.send("ACK", branchOf(res), cseq, "")
		}
	}
	send("OPTIONS", "OPTIONS", 2, 200, "")
	send("a method nobody knows", "UPDATE", 3, 405, "")
	send("CSeq that runs back", "OPTIONS", 3, 500, "")
	send("re-INVITE without usable codec", "INVITE", 4, 488, strings.Replace(string(c.local.Offer(media.SendRecv)), "RTP/AVP 0 8", "RTP/AVP 18 9", 1))
	send("re-INVITE that is no SDP", "INVITE", 5, 400, "rubbish")
	send("re-INVITE that holds", "INVITE", 6, 200, string(c.local.Offer(media.SendOnly)))
	c.toTag = "other"
	send("BYE of another dialog", "BYE", 7, 481, "")
	c.toTag, c.cseq = tag, 8
	c.bye()
	send("after the end", "OPTIONS", 20, 481, "")
}

func TestHeldCallerIsNotSpokenTo(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"49")
	c.invite()
	c.expect(200, sip.INVITE)
	c.ackOK()
	c.hears("speech")
	for _, step := range []struct {
		direction media.Direction
		answer    string
	}{{media.SendOnly, "a=recvonly"}, {media.SendRecv, "a=sendrecv"}} {
		c.cseq++
		c.send("INVITE", sip.GenerateBranch(), c.cseq, string(c.local.Offer(step.direction)))
		if res := c.expect(200, sip.INVITE); !bytes.Contains(res.Body(), []byte(step.answer)) {
			t.Errorf("answered %s", res.Body())
		}
		c.ackOK()
		before := c.ear.Packets()
		if step.direction == media.SendRecv {
			until(t, "speech after the hold", func() bool { return c.ear.Packets() > before+3 })
			continue
		}
		if m := c.next(200 * time.Millisecond); m != nil || c.ear.Packets() > before+1 {
			t.Errorf("%d packets to a caller who holds; %v", c.ear.Packets()-before, m)
		}
	}
	c.bye()
}

func TestBadInvites(t *testing.T) {
	carrier := runCarrier(t)
	for name, c := range map[string]struct {
		body string
		line string
		want int
	}{
		"unknown codec":      {"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n", "", 488},
		"no SDP":             {"hello", "", 400},
		"extension required": {"", "Require: 100rel", 420},
	} {
		call := newCaller(t, carrier.Addr(), prefix+"05")
		call.cseq, call.branch = 1, sip.GenerateBranch()
		lines := []string{"Subject: test"}
		if c.line != "" {
			lines = append(lines, c.line)
		}
		call.send("INVITE", call.branch, 1, c.body, lines...)
		if res := call.refused(c.want); c.want == 420 && res.GetHeader("Unsupported") == nil {
			t.Errorf("%s: no Unsupported header", name)
		}
	}
}

func TestLateOffer(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"51")
	c.cseq, c.branch = 1, sip.GenerateBranch()
	c.send("INVITE", c.branch, 1, "")
	c.expect(180, sip.INVITE)
	offer, err := media.Parse(c.expect(200, sip.INVITE).Body())
	if err != nil {
		t.Fatal(err)
	}
	c.send("ACK", sip.GenerateBranch(), 1, string(c.local.Answer(offer)))
	c.answer(c.wants(sip.BYE), 200, nil)
}

func TestByeBeforeTheAnswerEndsTheInvite(t *testing.T) {
	carrier := runCarrier(t)
	c := newCaller(t, carrier.Addr(), prefix+"40")
	c.invite()
	c.expect(180, sip.INVITE)
	c.send("BYE", sip.GenerateBranch(), 2, "")
	c.expect(200, sip.BYE)
	c.refused(487)
}

func TestGlareOfReInvitesIsTriedAgain(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.T1 = 20 * time.Millisecond })
	c := newCaller(t, carrier.Addr(), prefix+"57")
	c.invite()
	c.ringsThenAnswers()
	req := c.wants(sip.INVITE)
	// Ours crosses theirs: both are refused.
	c.send("INVITE", sip.GenerateBranch(), 2, string(c.local.Offer(media.SendOnly)))
	if res, ok := c.next(limit).(*sip.Response); !ok || res.StatusCode != 491 {
		t.Errorf("our re-INVITE got %v", res)
	}
	c.send("ACK", sip.GenerateBranch(), 2, "")
	c.answer(req, 491, nil)
	c.wants(sip.ACK)
	again := c.wants(sip.INVITE)
	if again.CSeq().SeqNo <= req.CSeq().SeqNo {
		t.Errorf("CSeq %d after %d", again.CSeq().SeqNo, req.CSeq().SeqNo)
	}
}

// TestProgressAndAnswerStayInOrder: 183 and 200 back to back, many times at
// once; each caller must see them in this order.
func TestProgressAndAnswerStayInOrder(t *testing.T) {
	carrier := runCarrier(t)
	callers := make(chan *caller, 100)
	for range cap(callers) {
		callers <- newCaller(t, carrier.Addr(), prefix+"53")
	}
	close(callers)
	var work sync.WaitGroup
	for c := range callers {
		work.Go(func() {
			c.invite()
			var got []string
			for len(got) < 3 {
				res, ok := c.next(limit).(*sip.Response)
				if !ok {
					t.Error("no answer")
					return
				}
				got = append(got, fmt.Sprint(res.StatusCode))
				c.toTag, _ = res.To().Params.Get("tag")
			}
			if order := strings.Join(got, " "); order != "180 183 200" {
				t.Errorf("order: %s", order)
			}
			c.ackOK()
		})
	}
	work.Wait()
}

func TestStoppingHangsUp(t *testing.T) {
	carrier := runCarrier(t)
	up, ringing := newCaller(t, carrier.Addr(), prefix+"50"), newCaller(t, carrier.Addr(), prefix+"40")
	up.invite()
	up.ringsThenAnswers()
	ringing.invite()
	ringing.expect(180, sip.INVITE)
	carrier.Close()
	carrier.Close()
	up.wants(sip.BYE)
	ringing.expect(480, sip.INVITE)
	for _, l := range carrier.Calls() {
		if l.Up || l.EndedBy != EndedStopped {
			t.Errorf("log: %+v", l)
		}
	}
}

func TestStopBeforeStart(t *testing.T) {
	carrier, err := NewCarrier(CarrierOptions{Media: newMedia(t)})
	if err != nil {
		t.Fatal(err)
	}
	carrier.Close()
	if err := carrier.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	pool := newMedia(t)
	for name, o := range map[string]CarrierOptions{
		"no media":      {},
		"no port":       {Media: pool, Addr: "127.0.0.1"},
		"any interface": {Media: pool, Addr: "0.0.0.0:0"},
		"not ours":      {Media: pool, Addr: "192.0.2.1:0"},
	} {
		if c, err := NewCarrier(o); err == nil {
			c.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestJournalIsJSONWithoutNumbers(t *testing.T) {
	var out bytes.Buffer
	carrier := runCarrier(t, func(o *CarrierOptions) { o.Journal = &out })
	c := newCaller(t, carrier.Addr(), "99988877750")
	c.invite()
	c.ringsThenAnswers()
	c.bye()
	want := logOf(t, carrier.Calls, c.callID, "the end", ended)
	carrier.Close()
	if strings.Contains(out.String(), "9998887") {
		t.Errorf("the journal holds the number: %s", out.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var last CallLog
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if last.CallID != c.callID || last.EndedBy != want.EndedBy || last.LastTwo != "50" || last.Row != want.Row {
		t.Errorf("last line %+v, want %+v", last, want)
	}
	if len(lines) != 3 || !strings.Contains(lines[1], `"up":true`) || strings.Contains(lines[1], `"ended_by"`) {
		t.Errorf("want the start, the answer and the end, got %d lines:\n%s", len(lines), out.String())
	}
}

func TestBrokenJournalDoesNotStopTheCarrier(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.Journal = broken{} })
	c := newCaller(t, carrier.Addr(), prefix+"50")
	c.invite()
	c.ringsThenAnswers()
	c.bye()
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestOnlyTheLatestCallsAreKept(t *testing.T) {
	carrier := runCarrier(t, func(o *CarrierOptions) { o.Keep = 2 })
	var last string
	for range 4 {
		c := newCaller(t, carrier.Addr(), prefix+"46")
		c.invite()
		c.refused(503)
		last = c.callID
	}
	if calls := carrier.Calls(); len(calls) != 2 || calls[1].CallID != last {
		t.Errorf("%d calls kept", len(calls))
	}
}

func FuzzEndpointSurvives(f *testing.F) {
	carrier := runCarrier(f)
	f.Add([]byte("INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n" +
		"From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("BYE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP x\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n\r\n"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		m, err := carrier.end.parser.ParseSIP(bytes.Clone(raw))
		if err == nil && complete(m) {
			carrier.end.route(message{m, carrier.Addr()})
		}
	})
}

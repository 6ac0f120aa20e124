package sip

import (
	"runtime"
	"strconv"
	"testing"
	"time"
	"weak"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// lingering has the agent keep what remains of its legs for as long as the test takes.
func (r *rig) lingering() {
	r.fade.mu.Lock()
	defer r.fade.mu.Unlock()
	r.fade.after = time.Hour
}

// remainsOf waits until a call is over, and its lane keeps the remains alone.
func (r *rig) remainsOf(t *testing.T, callID string) {
	t.Helper()
	l := r.lane(callID)
	defer l.release()
	eventually(t, "the lane keeps the leg's remains", func() bool {
		is := make(chan bool, 1)
		return l.post(func() { _, ok := l.who.(*remains); is <- ok }) && <-is
	})
}

// ended is a call to the trunk that was answered, with tag a, and hung up by us.
func (r *rig) ended(t *testing.T) (invite, ack *sip.Request, callID string) {
	t.Helper()
	w := r.customer(t)
	invite, ack = r.trunk.answerCall(t, "a")
	w.until(t, dialer.LegAnswered)
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
	callID = w.Handle().SIPCallID
	r.remainsOf(t, callID)
	return invite, ack, callID
}

// TestAnswerRepeatedAfterTheEndGetsTheSameAck: RFC 3261 §13.2.2.4. It is our own dialog's, which has had its BYE.
func TestAnswerRepeatedAfterTheEndGetsTheSameAck(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.lingering()
	invite, ack, callID := r.ended(t)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"X-Late: 1"}})
	eventually(t, "the ACK came again as it was", func() bool { return r.trunk.repeats(ack.StartLine()) == 2 })
	r.trunk.mu.Lock()
	same := r.trunk.times[ack.String()]
	r.trunk.mu.Unlock()
	if same != 2 {
		t.Errorf("the second ACK is not the first; that came %d times", same)
	}
	r.trunk.quiet(t, r.Agent, sip.BYE, callID)
}

func TestOtherAnswerAfterTheEndIsHungUpOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.lingering()
	invite, _, callID := r.ended(t)
	late := say{status: 200, tag: "b", sdp: plainSDP}
	r.trunk.reply(invite, late)
	if ack := r.trunk.request(t, sip.ACK); tagOfTo(ack) != "b" || ack.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Errorf("the ACK is not the late answer's:\n%s", ack)
	}
	bye := r.trunk.request(t, sip.BYE)
	if tagOfTo(bye) != "b" {
		t.Errorf("the BYE is not the late answer's:\n%s", bye)
	}
	r.trunk.reply(bye, say{status: 200})
	r.trunk.reply(invite, late)
	r.trunk.request(t, sip.ACK)
	r.trunk.quiet(t, r.Agent, sip.BYE, callID)
}

// TestAnswerToAnotherInviteIsNotTaken: who knows a Call-ID alone cannot have us send anything.
func TestAnswerToAnotherInviteIsNotTaken(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.lingering()
	invite, _, callID := r.ended(t)
	forged := invite.Clone()
	forged.ReplaceHeader(sip.NewHeader("From", "<sip:kakeru@127.0.0.1>;tag=guessed"))
	forged.SetSource(invite.Source())
	forged.Via().Params.Add("branch", newBranch())
	r.trunk.reply(forged, say{status: 200, tag: "b", sdp: plainSDP})
	r.trunk.quiet(t, r.Agent, sip.ACK, callID)
}

// TestRefusalRepeatedAfterTheEndGetsItsAck: each of two INVITEs of a leg has its own branch (§17.1.1.3).
func TestRefusalRepeatedAfterTheEndGetsItsAck(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.Trunks[0].User, c.Trunks[0].Password = "ward", "secret" })
	r.lingering()
	w := r.customer(t)
	first := r.trunk.request(t, sip.INVITE)
	asks := say{status: 401, tag: "x", headers: []string{`WWW-Authenticate: Digest realm="carrier", nonce="n1", algorithm=MD5`}}
	r.trunk.reply(first, asks)
	second := r.trunk.request(t, sip.INVITE)
	busy := say{status: 486, tag: "y"}
	r.trunk.reply(second, busy)
	w.gone(t)
	r.remainsOf(t, w.Handle().SIPCallID)
	eventually(t, "both were acknowledged", func() bool { return r.trunk.repeats("ACK") == 2 })
	for _, again := range []struct {
		invite *sip.Request
		say    say
	}{{first, asks}, {second, busy}} {
		r.trunk.reply(again.invite, again.say)
	}
	eventually(t, "both were acknowledged again", func() bool { return r.trunk.repeats("ACK") == 4 })
	for _, invite := range []*sip.Request{first, second} {
		branch, _ := invite.Via().Params.Get("branch")
		if !r.trunk.acknowledged(branch, invite.Recipient.String()) {
			t.Errorf("no ACK with the branch and the Request-URI of the INVITE %d", invite.CSeq().SeqNo)
		}
	}
}

// acknowledged reports whether an ACK to a URI has come with a branch, twice over.
func (p *peer) acknowledged(branch, uri string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for text, times := range p.times {
		m, err := sip.ParseMessage([]byte(text))
		ack, ok := m.(*sip.Request)
		if err != nil || !ok || !ack.IsAck() {
			continue
		}
		if b, _ := ack.Via().Params.Get("branch"); b == branch && ack.Recipient.String() == uri {
			n += times
		}
	}
	return n == 2
}

func TestRequestsAfterTheEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.lingering()
	w := r.customer(t)
	invite, _ := r.trunk.answerCall(t, "a")
	bye := r.trunk.within(invite, "a", "BYE", 5, nil, "")
	r.trunk.write(r.Agent, bye)
	first := r.trunk.response(t, sip.BYE)
	w.gone(t)
	r.remainsOf(t, w.Handle().SIPCallID)
	r.trunk.write(r.Agent, bye) // its answer was lost
	eventually(t, "the same answer came again", func() bool { return r.trunk.repeats("SIP/2.0 200") == 2 })
	r.trunk.mu.Lock()
	same := r.trunk.times[first.String()]
	r.trunk.mu.Unlock()
	if same != 2 {
		t.Errorf("the second answer is not the first; that came %d times", same)
	}
	for method, want := range map[sip.RequestMethod]int{sip.INFO: 481, sip.UPDATE: 481, sip.REFER: 481} {
		r.trunk.write(r.Agent, r.trunk.within(invite, "a", string(method), 6, nil, ""))
		if res := r.trunk.response(t, method); res.StatusCode != want {
			t.Errorf("%s got %d, want %d", method, res.StatusCode, want)
		}
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "z", "BYE", 7, nil, ""))
	if res := r.trunk.response(t, sip.BYE); res.StatusCode != 481 {
		t.Errorf("a BYE of nobody's got %d", res.StatusCode)
	}
}

// TestLegThatIsGoneIsHeldByNobody: a finished call costs what its remains do, however it ended.
func TestLegThatIsGoneIsHeldByNobody(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, r *rig, w *watched){
		"hung up by us": func(t *testing.T, r *rig, w *watched) {
			t.Helper()
			r.trunk.answerCall(t, "a")
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
		},
		"hung up by them": func(t *testing.T, r *rig, _ *watched) {
			t.Helper()
			invite, _ := r.trunk.answerCall(t, "a")
			r.trunk.write(r.Agent, r.trunk.within(invite, "a", "BYE", 5, nil, ""))
		},
		"busy": func(t *testing.T, r *rig, _ *watched) {
			t.Helper()
			r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 486, tag: "a"})
		},
		"cancelled": func(t *testing.T, r *rig, w *watched) {
			t.Helper()
			invite := r.trunk.request(t, sip.INVITE)
			r.trunk.reply(invite, say{status: 180, tag: "a"})
			w.Drop()
			r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
			r.trunk.reply(invite, say{status: 487, tag: "a"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.lingering()
			held, callID := r.finished(t, end)
			r.remainsOf(t, callID)
			eventually(t, "the leg is garbage", func() bool {
				runtime.GC()
				return held.Value() == nil
			})
		})
	}
}

// finished makes a call that ends so, and leaves nothing of it but where its leg was.
func (r *rig) finished(t *testing.T, end func(*testing.T, *rig, *watched)) (held weak.Pointer[leg], callID string) {
	t.Helper()
	n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "call", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	w := watch(n.Customer())
	w.Dial()
	end(t, r, w)
	w.gone(t)
	n.Close()
	l, ok := n.Customer().(*leg)
	if !ok {
		t.Fatal("the customer's leg is no leg")
	}
	return weak.Make(l), w.Handle().SIPCallID
}

// TestFadeLetsGoWhoseTimeHasCome, in their order, and nobody else.
func TestFadeLetsGoWhoseTimeHasCome(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.lingering()
	for _, id := range []string{"first", "second", "third"} {
		l := r.lane(id)
		l.adopt(probe{l})
		l.release()
		r.fade.add(l)
	}
	r.fade.next()
	if n := len(r.allLanes()); n != 3 {
		t.Fatalf("%d lanes are left before any was due", n)
	}
	r.fade.mu.Lock()
	r.fade.waiting[0].due, r.fade.waiting[1].due = 0, 0
	r.fade.mu.Unlock()
	r.fade.next()
	eventually(t, "two were let go", func() bool { return len(r.allLanes()) == 1 })
	if left := r.allLanes()[0].callID; left != "third" {
		t.Errorf("%s is left", left)
	}
}

// TestTableOfLanesShrinks: one that has held many calls is thrown away when it is empty.
func TestTableOfLanesShrinks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var all []*lane
	for i := range manyLanes + 1 {
		all = append(all, r.lane(strconv.Itoa(i)))
	}
	for _, l := range all {
		l.release()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lanes) != 0 || r.mostLanes != 0 {
		t.Errorf("%d lanes are left, of a table that had %d", len(r.lanes), r.mostLanes)
	}
}

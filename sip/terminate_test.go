package sip

import (
	"context"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// crashed plays a process that dies: its agent is cut off without a word to anybody, and another one takes its place at
// the same address.
func (r *rig) crashed(t *testing.T) *Agent {
	t.Helper()
	cfg := r.cfg
	cfg.Listen = r.Addr().String()
	cfg.Metrics = nil
	// The old agent's legs must not be able to hang up: what they send goes nowhere.
	r.mute()
	return startAgent(t, cfg)
}

// mute closes an agent's socket and connections under it, as the death of its process does.
func (r *rig) mute() {
	r.streams.mu.Lock()
	r.streams.ended = true
	var all []*stream
	for _, s := range r.streams.open {
		all = append(all, s)
	}
	r.streams.mu.Unlock()
	for _, s := range all {
		s.close(errNotRunning)
	}
	_ = r.conn.Close()
	<-r.readDone
	<-r.stopped
}

// muted are rigs that die: Run reports that the socket was closed.
func newMortalRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	r := &rig{desk: newPeer(t), trunk: newPeer(t)}
	cfg := testConfig()
	cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@" + r.desk.addr.String()}}
	cfg.Trunks = []Trunk{labTrunk(r.trunk.addr)}
	withAuth(&cfg)
	for _, f := range change {
		f(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := within(t, done, "Run to return"); err == nil {
			t.Error("the socket was closed from outside, and Run said nothing")
		}
	})
	r.Agent = a
	return r
}

func terminate(t *testing.T, a *Agent, h dialer.LegHandle) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	go func() { done <- a.Terminate(ctx, h) }()
	return done
}

func TestTerminateCancelsWhatRang(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		after func(r *rig, invite *sip.Request, w *watched) dialer.LegHandle
	}{
		{"from the handle of Prepare", func(_ *rig, _ *sip.Request, _ *watched) dialer.LegHandle { return dialer.LegHandle{} }},
		{"from that of the ringing", func(r *rig, invite *sip.Request, w *watched) dialer.LegHandle {
			r.trunk.reply(invite, say{status: 180, tag: "a"})
			return *w.until(t, dialer.LegRinging).Handle
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newMortalRig(t)
			w := watch(r.line(t).Customer())
			h := w.Handle()
			w.Dial()
			invite := r.trunk.request(t, sip.INVITE)
			if later := c.after(r, invite, w); later.Data != nil {
				h = later
			}
			b := r.crashed(t)
			done := terminate(t, b, h)
			cancel := r.trunk.request(t, sip.CANCEL)
			if cancel.Via().Value() != invite.Via().Value() || cancel.Recipient.String() != invite.Recipient.String() ||
				cancel.CSeq().SeqNo != invite.CSeq().SeqNo || value(cancel, "From") != value(invite, "From") || value(cancel, "To") != value(invite, "To") {
				t.Errorf("the CANCEL does not match the INVITE:\n%s\n%s", invite, cancel)
			}
			r.trunk.reply(cancel, say{status: 200})
			r.trunk.reply(invite, say{status: 487, tag: "a"})
			if err := within(t, done, "Terminate"); err != nil {
				t.Error(err)
			}
			ack := r.trunk.request(t, sip.ACK)
			if ack.Recipient.String() != invite.Recipient.String() || ack.Via().Params.GetOr("branch", "") != invite.Via().Params.GetOr("branch", "-") {
				t.Errorf("the ACK does not match the INVITE:\n%s", ack)
			}
		})
	}
}

func TestTerminateHangsUpWhatWasUp(t *testing.T) {
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	h := *w.until(t, dialer.LegAnswered).Handle
	b := r.crashed(t)
	done := terminate(t, b, h)
	bye := r.trunk.request(t, sip.BYE)
	if tagOfTo(bye) != "a" || value(bye, "From") != value(invite, "From") || bye.CSeq().SeqNo <= invite.CSeq().SeqNo {
		t.Errorf("the BYE is not of the dialog:\n%s", bye)
	}
	r.trunk.reply(bye, say{status: 401, headers: []string{challengeHeader("MD5", "n1")}}) // the trunk's secret is known
	again := r.trunk.request(t, sip.BYE)
	checkDigest(t, again, "Authorization")
	r.trunk.reply(again, say{status: 200})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
}

func TestTerminateEarlyLegWhoseAnswerCrossed(t *testing.T) {
	t.Parallel()
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	h := *w.until(t, dialer.LegRinging).Handle
	b := r.crashed(t)
	done := terminate(t, b, h)
	// The far end has answered meanwhile: there is nothing to cancel, but a dialog to end.
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 481})
	bye := r.trunk.request(t, sip.BYE)
	if tagOfTo(bye) != "a" {
		t.Errorf("the BYE went to %q", tagOfTo(bye))
	}
	r.trunk.reply(bye, say{status: 200})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
}

func TestTerminateThenLateAnswer(t *testing.T) {
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	h := w.Handle()
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	b := r.crashed(t)
	done := terminate(t, b, h)
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
	r.trunk.reply(invite, say{status: 200, tag: "z", sdp: plainSDP})
	r.trunk.request(t, sip.ACK)
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	r.trunk.reply(invite, say{status: 200, tag: "z", sdp: plainSDP}) // its repetition: ACK, no second BYE
	r.trunk.quiet(t, b, sip.BYE, h.SIPCallID)
}

func TestAnswerToDeadProcessIsHungUp(t *testing.T) {
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	b := r.crashed(t)
	_ = b
	// Nobody has asked the new process for anything: it knows the call from the 200 alone.
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{
		"Contact: <sip:callee@192.0.2.9;x=1>", "Record-Route: <sip:" + r.trunk.addr.String() + ";lr>",
	}})
	ack, bye := r.trunk.request(t, sip.ACK), r.trunk.request(t, sip.BYE)
	for _, req := range []*sip.Request{ack, bye} {
		if value(req, "From") != value(invite, "From") || tagOfTo(req) != "a" || req.Recipient.String() != "sip:callee@192.0.2.9;x=1" ||
			value(req, "Route") != "<sip:"+r.trunk.addr.String()+";lr>" {
			t.Errorf("%s does not end that call:\n%s", req.Method, req)
		}
	}
	if ack.CSeq().SeqNo != invite.CSeq().SeqNo || bye.CSeq().SeqNo <= invite.CSeq().SeqNo {
		t.Errorf("INVITE %d, ACK %d, BYE %d", invite.CSeq().SeqNo, ack.CSeq().SeqNo, bye.CSeq().SeqNo)
	}
	r.trunk.reply(bye, say{status: 200})
}

func TestFarEndHangsUpAsWeDo(t *testing.T) {
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	h := *w.until(t, dialer.LegAnswered).Handle
	b := r.crashed(t)
	done := terminate(t, b, h)
	bye := r.trunk.request(t, sip.BYE)
	for method, want := range map[string]int{"BYE": 200, "INFO": 481} {
		r.trunk.write(b, r.trunk.within(invite, "a", method, 7, nil, ""))
		if res := r.trunk.response(t, sip.RequestMethod(method)); res.StatusCode != want {
			t.Errorf("%s got %d", method, res.StatusCode)
		}
	}
	again := terminate(t, b, h) // a second caller waits for the same end
	r.trunk.reply(bye, say{status: 481})
	for _, c := range []<-chan error{done, again} {
		if err := within(t, c, "Terminate"); err != nil {
			t.Error(err)
		}
	}
	r.trunk.quiet(t, b, sip.BYE, h.SIPCallID)
}

func TestAnswerThatIsNotOursIsIgnored(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	text := r.trunk.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP})
	text = strings.ReplaceAll(text, value(invite, "Call-ID"), "somebody-elses")
	r.trunk.write(r.Agent, strings.Replace(text, "Via: SIP/2.0/UDP "+r.us, "Via: SIP/2.0/UDP 192.0.2.200:5060", 1))
	r.trunk.quiet(t, r.Agent, sip.BYE, "somebody-elses")
	r.trunk.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

func TestTerminateOfALegThatLivesHereDropsIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := r.customer(t)
	r.trunk.answerCall(t, "a")
	done := terminate(t, r.Agent, w.Handle())
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
	w.gone(t)
	if err := r.Terminate(t.Context(), w.Handle()); err != nil {
		t.Errorf("a leg that is gone: %v", err)
	}
}

func TestTerminateSaysWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	r.trunk.request(t, sip.INVITE)
	h := w.Handle()
	other := newRig(t, func(c *Config) { c.Trunks[0].Address = r.trunk.addr.String() })
	if err := other.Terminate(t.Context(), h); err == nil || !strings.Contains(err.Error(), "64·T1") {
		t.Errorf("nobody answered, and Terminate said %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := other.Terminate(ctx, h); err == nil {
		t.Error("the context was done, and Terminate said nothing")
	}
	w.Drop()
	w.gone(t)
}

func TestDamagedHandlesAreRefused(t *testing.T) {
	r := newRig(t)
	good := r.line(t).Customer().Handle()
	for name, data := range map[string]string{
		"empty": "", "no JSON": "03", "another version": strings.Replace(string(good.Data), `"v":1`, `"v":9`, 1),
		"no call":         strings.Replace(string(good.Data), "call_id", "x", 1),
		"up, with nobody": strings.Replace(string(good.Data), `"ready"`, `"up"`, 1),
	} {
		err := r.Terminate(t.Context(), dialer.LegHandle{Data: []byte(data)})
		if err == nil || strings.Contains(err.Error(), string(testNumber)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseHandle(f *testing.F) {
	d := dialog{CallID: "c", LocalTag: "t", LocalURI: "sip:a@b", RemoteURI: "sip:c@d", Target: "sip:c@d", SentBy: "127.0.0.1:5060"}
	s := saved{Version: 1, Leg: dialer.CustomerLeg, State: legEarly, Invite: savedInvite{URI: "sip:c@d", Branch: "z9hG4bK.1", CSeq: 1}, Dialog: d}
	f.Add(s.handle().Data)
	f.Add([]byte(`{"v":1,"dialog":{"first":"127.0.0.1:1"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseHandle(dialer.LegHandle{Data: data})
		if err != nil {
			return
		}
		again, err := parseHandle(got.handle())
		if err != nil || string(again.handle().Data) != string(got.handle().Data) {
			t.Errorf("what was read is not what is written: %v", err)
		}
		if req, err := got.cancel(); err == nil {
			_ = req.String()
		}
	})
}

// What was saved may be older than the answer: a 200 to the CANCEL says only that the INVITE is still known (§9.2).
func TestTerminateHangsUpWhatWasAnsweredAfterTheSave(t *testing.T) {
	r := newMortalRig(t)
	w := watch(r.line(t).Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 180, tag: "a"})
	h := *w.until(t, dialer.LegRinging).Handle // the last that the ledger took
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	w.Confirm()
	r.trunk.request(t, sip.ACK)
	b := r.crashed(t)
	done := terminate(t, b, h)
	r.trunk.reply(r.trunk.request(t, sip.CANCEL), say{status: 200})
	bye := r.trunk.request(t, sip.BYE)
	if tag, _ := bye.To().Params.Get("tag"); tag != "a" {
		t.Errorf("the BYE is for %q", tag)
	}
	r.trunk.reply(bye, say{status: 200})
	if err := within(t, done, "Terminate"); err != nil {
		t.Error(err)
	}
}

package sip

import (
	"slices"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

// says1st is which of two tones a far end has heard first; 0 for none.
func (s *mouth) says1st(one, other float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	const piece = media.SampleRate / 20
	for at := 0; at+piece <= len(s.heard); at += piece / 2 {
		for _, hz := range []float64{one, other} {
			if toneIn(s.heard[at:at+piece], hz) > 3000 {
				return hz
			}
		}
	}
	return 0
}

// offers has the customer, or the phone, say something new about its sound by a re-INVITE.
func (k *tapedTalk) offers(t *testing.T, customer bool, cseq int, how string) {
	t.Helper()
	p, invite, tag, says, w := k.desk, k.first, "p", k.deskSays, k.deskLeg
	if customer {
		p, invite, tag, says, w = k.trunk, k.outside, "c", k.customerSays, k.customerLeg
	}
	p.write(k.Agent, p.within(invite, tag, "INVITE", cseq, nil, says.sdp(how)))
	if res := p.response(t, sip.INVITE); res.StatusCode != 200 {
		t.Fatalf("%s got %d", how, res.StatusCode)
	}
	p.write(k.Agent, p.within(invite, tag, "ACK", cseq, nil, ""))
	w.untilEvent(t, dialer.EvChanged)
}

func (k *tapedTalk) ours() *line {
	if in, ok := k.line.(*incomingLine); ok {
		return in.line
	}
	return k.line.(*line)
}

// talks waits until the operator, or the customer, has spoken for so much longer, whoever hears it.
func (k *tapedTalk) talks(t *testing.T, customer bool, d time.Duration) {
	t.Helper()
	n := k.ours()
	came := func() uint64 {
		side := media.Customer
		if !customer {
			side = n.desk.side()
		}
		return n.bridge.Stats(side).PacketsIn
	}
	until := came() + uint64(d/media.Frame)
	eventually(t, "enough is said", func() bool { return came() >= until })
}

// unrecorded checks that nothing is recorded yet.
func (k *tapedTalk) unrecorded(t *testing.T) {
	t.Helper()
	h := k.ours().desk
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tape.notice != noticePlays || h.tape.live != nil {
		t.Errorf("the notice is %d, while one of them has not heard it", h.tape.notice)
	}
}

// TestTheNoticeWaitsForWhoTakesNoSound: nobody is recorded who could not hear it yet.
func TestTheNoticeWaitsForWhoTakesNoSound(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]struct{ desk, customer string }{
		"a customer who answers on hold":                {"a=sendrecv", "a=sendonly"},
		"a customer who answers inactive":               {"a=sendrecv", "a=inactive"},
		"a customer who answers on hold in the old way": {"a=sendrecv", "c=IN IP4 0.0.0.0"},
		"a phone that answers on hold":                  {"a=sendonly", "a=sendrecv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTapedTalkWhere(t, how.desk, how.customer)
			atCustomer := how.customer != "a=sendrecv"
			deaf, hears, other := k.customerSays, k.deskSays, 400.0
			if !atCustomer {
				deaf, hears, other = k.deskSays, k.customerSays, 700
			}
			k.line.Join()
			k.talks(t, !atCustomer, 1500*time.Millisecond) // twice as long as the notice
			k.unrecorded(t)
			if !hears.hears(1000) {
				t.Error("who takes sound has not heard the notice")
			}
			k.offers(t, atCustomer, 10, "a=sendrecv")
			k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
			pass(t, deaf, 300*time.Millisecond)
			if first := deaf.says1st(1000, other); first != 1000 {
				t.Errorf("who took no sound has heard %.0f Hz first", first)
			}
			k.over(t, k.desk)
		})
	}
}

// TestACallerWhoTakesNoSoundIsNotRecorded, until they do.
func TestACallerWhoTakesNoSoundIsNotRecorded(t *testing.T) {
	t.Parallel()
	k := &tapedTalk{switchboard: newSwitchboard(t, recorded(newRecorder(t))), deskSays: newMouth(t), customerSays: newMouth(t)}
	d := k.trunk.dial(k.Agent, testCallerID, k.customerSays.sdp("a=sendonly"))
	in := within(t, k.comes, "the call to come in")
	t.Cleanup(in.Line.Close)
	k.line, k.deskLeg, k.customerLeg = in.Line, watch(in.Line.Desk()), watch(in.Line.Customer())
	k.deskLeg.Dial()
	in.Line.Ring("desk1")
	d.status(t, 180)
	invite := k.desk.request(t, sip.INVITE)
	k.desk.reply(invite, say{status: 200, tag: "p", sdp: k.deskSays.sdp()})
	k.desk.request(t, sip.ACK)
	k.deskLeg.until(t, dialer.LegAnswered)
	k.deskLeg.Confirm()
	in.Line.Answer()
	in.Line.Join()
	k.customerSays.says(t, sdpOf(d.status(t, 200)), 700)
	k.deskSays.says(t, sdpOf(invite), 400)
	d.say("ACK", 1, "")
	pass(t, k.deskSays, 1500*time.Millisecond)
	k.unrecorded(t)
	d.say("INVITE", 2, k.customerSays.sdp())
	d.status(t, 200)
	d.say("ACK", 2, "")
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	pass(t, k.customerSays, 300*time.Millisecond)
	if first := k.customerSays.says1st(1000, 400); first != 1000 {
		t.Errorf("the caller has heard %.0f Hz first", first)
	}
	d.say("BYE", 3, "")
	k.customerLeg.gone(t)
	k.deskLeg.Drop()
	k.desk.reply(k.desk.request(t, sip.BYE), say{status: 200})
	k.deskLeg.gone(t)
}

// TestWhatACustomerOnHoldCannotHearIsNotRecorded: the operator's words to nobody. What the customer says is heard, and recorded.
func TestWhatACustomerOnHoldCannotHearIsNotRecorded(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]struct {
		how   string
		heard bool
	}{"on hold": {"a=sendonly", true}, "inactive": {"a=inactive", true}, "in the old way": {"c=IN IP4 0.0.0.0", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTapedTalk(t)
			k.line.Join()
			k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
			pass(t, k.customerSays, 500*time.Millisecond)
			k.offers(t, true, 10, hold.how)
			k.talks(t, false, 1500*time.Millisecond)
			k.offers(t, true, 12, "a=sendrecv")
			pass(t, k.customerSays, 500*time.Millisecond)
			operator, customer := hear(t, k.recorder, k.over(t, k.desk))
			if still := longestStill(operator); still < 1200*time.Millisecond {
				t.Errorf("the operator is still for %s while nobody could hear", still)
			}
			if still := longestStill(customer); hold.heard != (still < 500*time.Millisecond) {
				t.Errorf("the customer is still for %s, and was heard: %v", still, hold.heard)
			}
			if toneIn(operator[:media.SampleRate/5], 400) < 3000 || toneIn(operator[len(operator)-media.SampleRate/5:], 400) < 3000 {
				t.Error("the operator is not recorded before, or behind it")
			}
		})
	}
}

// longestStill is for how long nothing is in a channel.
func longestStill(pcm []int16) time.Duration {
	longest, at := 0, 0
	for at < len(pcm) {
		n := slices.IndexFunc(pcm[at:], func(v int16) bool { return v > 500 || v < -500 })
		if n < 0 {
			n = len(pcm) - at
		}
		longest, at = max(longest, n), at+n+1
	}
	return time.Duration(longest) * time.Second / media.SampleRate
}

// TestANoticeThatAFailedTransferCutsOffIsPlayedAgain: what the operator hears of the transfer ends what they heard.
func TestANoticeThatAFailedTransferCutsOffIsPlayedAgain(t *testing.T) {
	t.Parallel()
	clip := media.Render(2*time.Second, &steady{hz: 1000})
	k := newTapedTalk(t)
	k.notice = clip
	k.line.Join()
	pass(t, k.deskSays, 500*time.Millisecond)
	k.line.Transfer("nobody's desk", false)
	k.deskLeg.untilEvent(t, dialer.EvTransferFailed)
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	k.over(t, k.desk)
}

// TestANoticeIsOwedToThePhoneThatTakesTheTalk within it.
func TestANoticeIsOwedToThePhoneThatTakesTheTalk(t *testing.T) {
	t.Parallel()
	k := newTapedTalk(t)
	k.notice = media.Render(2*time.Second, &steady{hz: 1000})
	k.line.Join()
	pass(t, k.deskSays, 500*time.Millisecond)
	next := newMouth(t)
	d := k.desk.dial(k.Agent, "kakeru", next.sdp(), replacing(k.first, "p"))
	next.says(t, sdpOf(d.status(t, 200)), 1200)
	d.say("ACK", 1, "")
	k.deskLeg.untilEvent(t, dialer.EvChanged)
	k.desk.reply(k.desk.request(t, sip.BYE), say{status: 200})
	k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	if !next.hears(1000) {
		t.Error("the phone that has taken the talk has not heard the notice")
	}
	k.over(t, k.desk)
}

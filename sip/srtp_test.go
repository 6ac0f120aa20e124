package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
	"kakeru/sip/media"
)

const theirKey = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH"

// protected is plainSDP with SRTP, and lines of its own.
func protected(lines ...string) string {
	return strings.Replace(sdpAt(9, lines...), "RTP/AVP", "RTP/SAVP", 1)
}

func securely(s media.Security) func(*Config) { return func(c *Config) { c.Trunks[0].SRTP = s } }

func TestTrunkThatRequiresSRTP(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sdp  string
		good bool
	}{
		"its key":  {protected(theirKey), true},
		"plain":    {plainSDP, false},
		"no key":   {protected(), false},
		"tag of 9": {protected(strings.Replace(theirKey, ":1", ":9", 1)), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, securely(media.SRTPRequired))
			n := r.line(t)
			w := watch(n.Customer())
			w.Dial()
			invite := r.trunk.request(t, sip.INVITE)
			if offer := string(sdpOf(invite)); !strings.Contains(offer, "RTP/SAVP") || strings.Count(offer, "a=crypto:") != 2 {
				t.Errorf("%s", offer)
			}
			r.trunk.reply(invite, say{status: 200, tag: "c", sdp: c.sdp})
			r.trunk.request(t, sip.ACK)
			if c.good {
				w.until(t, dialer.LegAnswered)
				if !n.(*line).bridge.Secured(media.Customer) {
					t.Error("the leg is plain")
				}
				w.Drop()
			}
			r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
			w.gone(t)
			if n := countKind(w.all, dialer.LegAnswered); (n == 1) != c.good {
				t.Errorf("answered %d times", n)
			}
			for _, f := range w.all {
				handle := ""
				if f.Handle != nil {
					handle = string(f.Handle.Data)
				}
				if strings.Contains(f.Evidence.Reason+handle, "inline") {
					t.Errorf("a key is kept: %+v", f)
				}
			}
		})
	}
}

// TestPhonesWithAndWithoutSRTP: each phone of a call that is handed on is asked in its own way.
func TestPhonesWithAndWithoutSRTP(t *testing.T) {
	t.Parallel()
	h := newHandOn(t, func(c *Config) { c.Desks[1].SRTP = media.SRTPRequired })
	h.line.Transfer("desk2", false)
	invite := h.second.request(t, sip.INVITE)
	if !strings.Contains(string(sdpOf(invite)), "RTP/SAVP") || strings.Contains(string(sdpOf(h.first)), "SAVP") {
		t.Errorf("offers:\n%s\n%s", sdpOf(h.first), sdpOf(invite))
	}
	h.second.reply(invite, say{status: 200, tag: "q", sdp: protected(theirKey)})
	h.second.request(t, sip.ACK)
	h.desk.until(t, dialer.LegMoved)
	if b := h.line.(*line).bridge; !b.Secured(media.Other) || b.Secured(media.Desk) || b.Secured(media.Customer) {
		t.Error("the wrong legs are protected")
	}
	h.phone().reply(h.phone().request(t, sip.BYE), say{status: 200})
	h.end(t, h.second, invite, "q")
}

func TestReofferMayNotTakeTheProtectionAway(t *testing.T) {
	t.Parallel()
	r := newRig(t, securely(media.SRTPRequired))
	n := r.line(t)
	w := watch(n.Customer())
	w.Dial()
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "c", sdp: protected(theirKey)})
	r.trunk.request(t, sip.ACK)
	w.until(t, dialer.LegAnswered)
	r.trunk.write(r.Agent, r.trunk.within(invite, "c", "UPDATE", 2, nil, plainSDP))
	if res := r.trunk.response(t, sip.UPDATE); res.StatusCode != 488 {
		t.Errorf("a plain offer: %d", res.StatusCode)
	}
	r.trunk.write(r.Agent, r.trunk.within(invite, "c", "UPDATE", 3, nil, protected(theirKey, "a=sendonly")))
	if res := r.trunk.response(t, sip.UPDATE); res.StatusCode != 200 || !strings.Contains(string(res.Body()), "RTP/SAVP") {
		t.Errorf("a hold: %s", res)
	}
	w.Drop()
	r.trunk.reply(r.trunk.request(t, sip.BYE), say{status: 200})
	w.gone(t)
}

func TestCallersThatProtectTheirSound(t *testing.T) {
	for _, c := range []struct {
		security media.Security
		sdp      string
		status   int
		secured  bool
	}{
		{media.SRTPOff, protected(theirKey), 488, false},
		{media.SRTPAllowed, protected(theirKey), 200, true},
		{media.SRTPAllowed, plainSDP, 200, false},
		{media.SRTPRequired, plainSDP, 488, false},
		{media.SRTPRequired, protected(), 488, false},
	} {
		b := newSwitchboard(t, securely(c.security))
		d := b.trunk.dial(b.Agent, testCallerID, c.sdp)
		if c.status != 200 {
			d.status(t, c.status)
			continue
		}
		in := within(t, b.comes, "the call to come in")
		caller := watch(in.Line.Customer())
		in.Line.Answer()
		ok := d.status(t, 200)
		if strings.Contains(string(sdpOf(ok)), "RTP/SAVP") != c.secured || in.Line.(*incomingLine).bridge.Secured(media.Customer) != c.secured {
			t.Errorf("policy %d: %s", c.security, sdpOf(ok))
		}
		d.say("ACK", 1, "")
		d.say("BYE", 2, "")
		caller.gone(t)
		in.Line.Close()
	}
}

// TestManyPhonesEachWithKeysOfItsOwn: all ring at one side of the bridge, and the first that was asked may be the one to
// answer.
func TestManyPhonesEachWithKeysOfItsOwn(t *testing.T) {
	b := newSwitchboard(t, func(c *Config) { c.Desks[0].SRTP, c.Desks[1].SRTP = media.SRTPRequired, media.SRTPRequired })
	d, line, desk, caller := b.comesIn(t, "desk1", "desk2")
	one, two := b.desk.request(t, sip.INVITE), b.second.request(t, sip.INVITE)
	first, second := cryptoIn(t, one), cryptoIn(t, two)
	if first == second {
		t.Error("two phones are offered one key")
	}
	b.second.reply(two, say{status: 180, tag: "q"})
	desk.untilEvent(t, dialer.EvRinging)
	tag, _, _ := strings.Cut(first, " ")
	b.desk.reply(one, say{status: 200, tag: "p", sdp: protected(strings.Replace(theirKey, "a=crypto:1", tag, 1))})
	desk.until(t, dialer.LegAnswered)
	b.second.reply(b.second.request(t, sip.CANCEL), say{status: 200})
	b.second.reply(two, say{status: 487, tag: "q"})
	if !line.(*incomingLine).bridge.Secured(media.Desk) {
		t.Error("the phone that answered is heard in the plain")
	}
	caller.Drop()
	d.status(t, 480)
	d.say("NACK", 1, "")
	caller.gone(t)
	desk.Drop()
	b.desk.request(t, sip.ACK)
	b.desk.reply(b.desk.request(t, sip.BYE), say{status: 200})
	desk.gone(t)
}

// cryptoIn is the first key in an INVITE.
func cryptoIn(t *testing.T, invite *sip.Request) string {
	t.Helper()
	for line := range strings.Lines(string(sdpOf(invite))) {
		if strings.HasPrefix(line, "a=crypto:") {
			return strings.TrimSpace(line)
		}
	}
	t.Fatal("no key in the INVITE")
	return ""
}

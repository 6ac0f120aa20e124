package sip

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// challenged401 is a challenge of the carrier's realm.
func challenged401(nonce string, more ...string) say {
	return say{status: 401, headers: []string{challengeHeader("MD5", nonce, more...)}}
}

// Every request of ours within a dialog answers a challenge in the same way: the CSeq rises, and all else stays.
func TestRequestsWithinADialogAnswerAChallenge(t *testing.T) {
	t.Parallel()
	r := newRig(t, withAuth, func(c *Config) { c.SessionExpires, c.MinSessionExpires = 2*time.Second, time.Second })
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	last := invite.CSeq().SeqNo
	again := func(method sip.RequestMethod, same string) *sip.Request {
		t.Helper()
		first := r.trunk.request(t, method)
		if value(first, "Authorization") != "" {
			t.Errorf("the %s has credentials that nobody has asked for", method)
		}
		r.trunk.reply(first, challenged401("for "+string(method)))
		second := r.trunk.request(t, method)
		checkDigest(t, second, "Authorization")
		if first.CSeq().SeqNo <= last || second.CSeq().SeqNo <= first.CSeq().SeqNo {
			t.Errorf("%s: CSeq %d and %d after %d", method, first.CSeq().SeqNo, second.CSeq().SeqNo, last)
		}
		for _, name := range []string{"Call-ID", "From", "To", same} {
			if value(first, name) != value(second, name) {
				t.Errorf("%s: %s has changed: %q, %q", method, name, value(first, name), value(second, name))
			}
		}
		if string(first.Body()) != string(second.Body()) || first.Via().Value() == second.Via().Value() {
			t.Errorf("%s: another body, or the same branch:\n%s\n%s", method, first, second)
		}
		last = second.CSeq().SeqNo
		return second
	}
	r.trunk.reply(invite, say{status: 183, tag: "a", sdp: plainSDP, headers: reliable(7)})
	r.trunk.reply(again(sip.PRACK, "RAck"), say{status: 200})
	w.until(t, dialer.LegEarly)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP, headers: []string{"Allow: UPDATE", "Session-Expires: 2;refresher=uac"}})
	if ack := r.trunk.request(t, sip.ACK); ack.CSeq().SeqNo != invite.CSeq().SeqNo {
		t.Errorf("ACK of %d", ack.CSeq().SeqNo)
	}
	r.trunk.reply(again(sip.UPDATE, "Session-Expires"), say{status: 200})
	w.Drop()
	r.trunk.reply(again(sip.BYE, "Route"), say{status: 200})
	w.gone(t)
}

// What was agreed on with the INVITE is shown with each request that follows, and a server that wants another nonce for each
// of them gets it, however long the call lasts.
func TestCredentialsAreShownBeforeTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, withAuth)
	w := r.customer(t)
	r.trunk.reply(r.trunk.request(t, sip.INVITE), say{status: 401, tag: "x", headers: []string{challengeHeader("MD5", "n1")}})
	invite := r.trunk.request(t, sip.INVITE)
	r.trunk.reply(invite, say{status: 200, tag: "a", sdp: plainSDP})
	w.until(t, dialer.LegAnswered)
	r.trunk.request(t, sip.ACK)
	w.Drop()
	bye := r.trunk.request(t, sip.BYE)
	checkDigest(t, bye, "Authorization")
	r.trunk.reply(bye, challenged401("n2")) // not called stale, as many do
	bye = r.trunk.request(t, sip.BYE)
	checkDigest(t, bye, "Authorization")
	r.trunk.reply(bye, challenged401("n2", ", stale=true")) // nonsense: it was just that one
	w.gone(t)
	if n := len(r.trunk.got); n > 0 {
		t.Errorf("%d more messages: %v", n, <-r.trunk.got)
	}
}

// RFC 3261 §12.2.1.2: who says that there is no such call, or nothing at all, is in none. What belongs to another usage of the
// dialog says nothing of the call (RFC 5057 §5.1).
func TestAnswersThatEndACall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		say  say // status 0 is silence
		ends bool
	}{
		{"481", say{status: 481}, true},
		{"408", say{status: 408}, true},
		{"silence", say{}, true},
		{"405", say{status: 405}, false},
		{"500", say{status: 500}, false},
	} {
		t.Run("INFO "+c.name, func(t *testing.T) {
			t.Parallel()
			h := newHandOn(t)
			h.line.SendDigits("5")
			info := h.trunk.request(t, sip.INFO)
			if c.say.status != 0 {
				h.trunk.reply(info, c.say)
			}
			if !c.ends {
				h.trunk.write(h.Agent, h.trunk.within(h.outside, "c", "OPTIONS", 2, nil, ""))
				if res := h.trunk.response(t, sip.OPTIONS); res.StatusCode != 200 {
					t.Errorf("after it: %d", res.StatusCode)
				}
				h.hangUp(t)
				return
			}
			h.trunk.reply(h.trunk.request(t, sip.BYE), say{status: 481})
			if f := h.customer.gone(t); f.FarEnded {
				t.Error("we gave it up")
			}
			h.desk.Drop()
			h.phone().reply(h.phone().request(t, sip.BYE), say{status: 408})
			h.desk.gone(t)
		})
	}
	t.Run("NOTIFY 481", func(t *testing.T) {
		t.Parallel()
		h := newHandOn(t)
		if res := h.refer(t, 1, "<sip:202@kakeru>"); res.StatusCode != 202 {
			t.Fatalf("got %d", res.StatusCode)
		}
		h.phone().reply(h.phone().request(t, sip.NOTIFY), say{status: 481})
		h.phone().write(h.Agent, h.phone().within(h.first, "p", "OPTIONS", 2, nil, ""))
		if res := h.phone().response(t, sip.OPTIONS); res.StatusCode != 200 {
			t.Errorf("after it: %d", res.StatusCode)
		}
		h.line.RefuseTransfer() // else the talk would outlive the phone, and wait for it
		h.phone().reply(h.phone().request(t, sip.NOTIFY), say{status: 481})
		h.hangUp(t)
	})
}

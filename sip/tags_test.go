package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestTagsAreOurs(t *testing.T) {
	t.Parallel()
	here, elsewhere := newTags([]byte("one")), newTags([]byte("another"))
	tag := here.make("call")
	if again := newTags([]byte("one")); !again.ours("call", tag) {
		t.Error("after a restart it is not known any more")
	}
	if tag == here.make("call") {
		t.Error("two tags are alike")
	}
	for name, is := range map[string]bool{
		"another call's": here.ours("call2", tag), "another centre's": elsewhere.ours("call", tag), "none": here.ours("call", ""),
		"cut": here.ours("call", tag[:len(tag)-1]), "longer": here.ours("call", tag+"0"), "of no secret": newTags(nil).ours("call", tag),
	} {
		if is {
			t.Errorf("a tag is taken for ours: %s", name)
		}
	}
}

// TestAForgedAnswerIsAnsweredByNothing: an ACK and eleven BYEs for one datagram would go to whoever's source it bears.
func TestAForgedAnswerIsAnsweredByNothing(t *testing.T) {
	r := newRig(t)
	w := r.customer(t)
	invite := r.trunk.request(t, sip.INVITE)
	text := r.trunk.responseText(invite, say{status: 200, tag: "a", sdp: plainSDP})
	text = strings.ReplaceAll(text, value(invite, "Call-ID"), "somebody-elses") // the tag is ours, but of another call
	for _, method := range []sip.RequestMethod{sip.ACK, sip.BYE} {
		r.trunk.write(r.Agent, text)
		r.trunk.quiet(t, r.Agent, method, "somebody-elses")
	}
	r.trunk.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

// TestWhoKnowsACallIDFillsNothing: what belongs to no dialog of the call is answered and forgotten, and its own far end is heard.
func TestWhoKnowsACallIDFillsNothing(t *testing.T) {
	r := newRig(t)
	k := newTalk(t, r)
	stranger := newPeerAt(t, freshAddress())
	l := r.lane(value(k.invite, "Call-ID"))
	defer l.release()
	for i := range openAtOnce {
		stranger.write(r.Agent, stranger.within(k.invite, "wrong", "INFO", 10+i, nil, ""))
		if i%50 == 49 || i == openAtOnce-1 {
			r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag()))
			r.trunk.response(t, sip.OPTIONS) // they have been read
		}
	}
	left := make(chan int, 1)
	l.post(func() { left <- len(l.got) })
	if n := within(t, left, "the call's lane"); n != 0 {
		t.Errorf("%d requests are remembered", n)
	}
	r.trunk.write(r.Agent, r.trunk.within(k.invite, "a", "INFO", 10, nil, ""))
	if res := r.trunk.response(t, sip.INFO); res.StatusCode != 200 {
		t.Errorf("the far end's own request got %d", res.StatusCode)
	}
	k.cseq = 11
	k.hangUp(t)
}

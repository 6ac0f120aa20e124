package sip

import (
	"fmt"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// teller is a registered phone that tells of its dialogs, and what Kakeru makes of it.
type teller struct {
	*phoneSide

	t    *testing.T
	used chan bool
	sub  *sip.Request // the SUBSCRIBE that stands
	cseq int
}

// newTeller registers a phone of a make that tells; it has got its SUBSCRIBE then, and not answered it.
func newTeller(t *testing.T) *teller {
	t.Helper()
	r := newRig(t, account, func(c *Config) {
		c.Desks[0].Phone, c.RegisterRetry = "yealink", 10*time.Millisecond
	})
	p := &teller{phoneSide: newPhoneSide(t, r.Agent), t: t, used: make(chan bool, 10)}
	r.OnInUseElsewhere(func(desk dialer.DeskID, used bool) {
		if desk != "desk1" || r.InUseElsewhere(desk) != used {
			t.Errorf("told of %s: %v", desk, used)
		}
		p.used <- used
	})
	if res := p.login(t, "Contact: <sip:phone1@"+p.addr.String()+">"); res.StatusCode != 200 {
		t.Fatalf("REGISTER: %d", res.StatusCode)
	}
	p.asked()
	return p
}

// asked waits for the next SUBSCRIBE.
func (p *teller) asked() *sip.Request {
	p.t.Helper()
	p.sub = p.request(p.t, sip.SUBSCRIBE)
	return p.sub
}

// takes answers it with a 200 for so many seconds.
func (p *teller) takes(expires int) {
	p.reply(p.sub, say{status: 200, tag: "t", headers: []string{fmt.Sprintf("Expires: %d", expires), "Contact: <sip:phone1@" + p.addr.String() + ">"}})
}

// tells sends a NOTIFY and returns the status that answers it.
func (p *teller) tells(body string, headers ...string) int {
	p.t.Helper()
	p.cseq++
	if !hasHeader(headers, "Event") {
		headers = append(headers, "Event: dialog")
	}
	if !hasHeader(headers, "Subscription-State") {
		headers = append(headers, "Subscription-State: active;expires=600")
	}
	if body != "" {
		headers = append(headers, "Content-Type: "+dialogInfoType)
	}
	text := p.within(p.sub, "t", "NOTIFY", p.cseq, headers, "")
	text = text[:len(text)-len("Content-Length: 0\r\n\r\n")] + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
	p.write(p.a, text)
	return p.response(p.t, sip.NOTIFY).StatusCode
}

// is waits until the phone counts as used, or not.
func (p *teller) is(used bool) {
	p.t.Helper()
	if got := within(p.t, p.used, "word of the phone's use"); got != used {
		p.t.Fatalf("the phone is told to be used: %v", got)
	}
}

func TestSubscribesToAPhoneOnceItIsRegistered(t *testing.T) {
	p := newTeller(t)
	if value(p.sub, "Event") != "dialog" || value(p.sub, "Accept") != dialogInfoType || value(p.sub, "Expires") != "600" ||
		p.sub.Recipient.User != "phone1" || value(p.sub, "Contact") == "" || p.sub.To().Params.Has("tag") {
		t.Errorf("the SUBSCRIBE is\n%s", p.sub)
	}
	p.takes(600)
	for _, step := range []struct {
		body string
		used []bool
	}{
		{info(0, "full"), nil},
		{info(1, "partial", "a trying"), []bool{true}},
		{info(2, "partial", "a confirmed x"), nil},
		{info(3, "partial", "a terminated x"), []bool{false}},
		{"", nil},
	} {
		if status := p.tells(step.body); status != 200 {
			t.Errorf("a NOTIFY is answered %d", status)
		}
		for _, used := range step.used {
			p.is(used)
		}
	}
	if len(p.used) > 0 {
		t.Error("it is told what has not changed")
	}
}

// A NOTIFY may come before the answer to the SUBSCRIBE (RFC 6665 §4.4.1).
func TestNotifyMayComeBeforeItsAnswer(t *testing.T) {
	p := newTeller(t)
	if status := p.tells(info(0, "full", "a confirmed x")); status != 200 {
		t.Fatalf("it is answered %d", status)
	}
	p.is(true)
	p.takes(600)
	if status := p.tells(info(1, "partial", "a terminated x")); status != 200 {
		t.Fatalf("the next one is answered %d", status)
	}
	p.is(false)
}

// Our own call does not make the phone busy, another does, by its Call-ID.
func TestOurOwnCallIsNotElsewhere(t *testing.T) {
	p := newTeller(t)
	p.takes(600)
	n, err := p.a.Prepare(t.Context(), dialer.CallOrder{ID: "call", Desk: "desk1", Click: dialer.NewClick("desk1"), Number: testNumber, Sample: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	w := watch(n.Desk())
	w.Dial()
	invite := p.request(t, sip.INVITE)
	p.reply(invite, say{status: 180, tag: "a"})
	p.tells(info(0, "full", "a early "+value(invite, "Call-ID")))
	p.tells(info(1, "partial", "b early other"))
	p.is(true)
	p.tells(info(2, "partial", "b terminated other"))
	p.is(false)
	p.reply(invite, say{status: 486, tag: "a"})
	w.gone(t)
}

func TestBadNotifiesAreRefused(t *testing.T) {
	p := newTeller(t)
	p.takes(600)
	p.tells(info(0, "full"))
	for _, c := range []struct {
		name, body string
		headers    []string
		want       int
	}{
		{"another event", "", []string{"Event: presence"}, 489},
		{"no XML", "what", nil, 400},
		{"entities", `<!DOCTYPE d [<!ENTITY a "b">]><dialog-info version="9" state="full"/>`, nil, 400},
	} {
		if got := p.tells(c.body, c.headers...); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		name, tag string
		cseq      int
		headers   []string
		want      int
	}{
		{"another phone's", "stranger", 50, nil, 481},
		{"an old one", "t", 1, nil, 500},
		{"another type", "t", 60, []string{"Content-Type: text/plain"}, 200}, // with no body there is nothing to refuse
	} {
		p.write(p.a, p.within(p.sub, c.tag, "NOTIFY", c.cseq, append(c.headers, "Event: dialog", "Subscription-State: active"), ""))
		if got := p.response(t, sip.NOTIFY).StatusCode; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	p.write(p.a, p.outside("NOTIFY", "no-such-subscription", "Event: dialog", "Subscription-State: active"))
	if got := p.response(t, sip.NOTIFY).StatusCode; got != 481 {
		t.Errorf("a NOTIFY of no subscription: %d, want 481", got)
	}
	p.write(p.a, p.outside("SUBSCRIBE", p.sub.CallID().Value(), "Event: dialog"))
	if got := p.response(t, sip.SUBSCRIBE).StatusCode; got != 481 {
		t.Errorf("a SUBSCRIBE to us: %d, want 481", got)
	}
}

func TestSubscriptionIsRefreshedInItsDialog(t *testing.T) {
	t.Parallel()
	p := newTeller(t)
	first := p.sub
	p.takes(1)
	p.tells(info(0, "full"), "Subscription-State: active;expires=1")
	again := p.asked()
	tag, _ := again.To().Params.Get("tag")
	if tag != "t" || value(again, "From") != value(first, "From") || again.CSeq().SeqNo <= first.CSeq().SeqNo {
		t.Errorf("the refresh is\n%s", again)
	}
}

// A document that was missed is made good by asking for all of it (RFC 4235 §4.3).
func TestMissedDocumentIsAskedFor(t *testing.T) {
	t.Parallel()
	p := newTeller(t)
	p.takes(600)
	p.tells(info(0, "full"))
	p.tells(info(4, "partial", "a confirmed x"))
	p.is(true)
	p.asked()
	p.takes(600)
	p.tells(info(5, "full"))
	p.is(false)
}

// What a phone says of the subscription, and what is done about it: a new one is asked for, in a dialog of its own.
func TestSubscriptionIsMadeAnew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ends func(p *teller)
	}{
		{"the phone has started anew", func(p *teller) {
			p.tells("", "Subscription-State: active;expires=1")
			p.reply(p.asked(), say{status: 481, tag: "t"})
		}},
		{"the phone ends it", func(p *teller) { p.tells("", "Subscription-State: terminated;reason=deactivated") }},
		{"a refresh fails", func(p *teller) {
			p.tells("", "Subscription-State: active;expires=1")
			p.reply(p.asked(), say{status: 503, tag: "t"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newTeller(t)
			old := p.sub
			p.takes(600)
			p.tells(info(0, "full", "a confirmed x"))
			p.is(true)
			c.ends(p)
			p.is(false) // what it said holds no more
			if again := p.asked(); again.To().Params.Has("tag") || value(again, "From") == value(old, "From") {
				t.Errorf("the new SUBSCRIBE is\n%s", again)
			}
			p.cseq = 0
			p.takes(600)
			if status := p.tells(info(0, "full", "b confirmed y")); status != 200 {
				t.Errorf("its NOTIFY is answered %d", status)
			}
			p.is(true)
		})
	}
}

// Without a NOTIFY there is no subscription, whatever the answer said (timer N).
func TestSubscriptionWithoutNotifyIsMadeAnew(t *testing.T) {
	t.Parallel()
	p := newTeller(t)
	old := p.sub
	p.takes(600)
	if again := p.asked(); value(again, "From") == value(old, "From") {
		t.Errorf("the new SUBSCRIBE is\n%s", again)
	}
}

func TestSubscriptionLastsAsLongAsThePhoneWants(t *testing.T) {
	p := newTeller(t)
	p.reply(p.sub, say{status: 423, tag: "t", headers: []string{"Min-Expires: 1800"}})
	if again := p.asked(); value(again, "Expires") != "1800" {
		t.Errorf("the second SUBSCRIBE asks for %s", value(again, "Expires"))
	}
	p.reply(p.sub, say{status: 423, tag: "t", headers: []string{"Min-Expires: 3600"}})
	p.quiet(t, p.a, sip.SUBSCRIBE, p.sub.CallID().Value())
}

// A phone that takes no subscriptions is left alone until it comes anew.
func TestPhoneThatDoesNotTellIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{489, 405, 403, 401} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			p := newTeller(t)
			p.reply(p.sub, say{status: status, tag: "t"})
			contact := "Contact: <sip:phone1@" + p.addr.String() + ">"
			p.login(t, contact) // renews: it had never gone
			p.quiet(t, p.a, sip.SUBSCRIBE, p.sub.CallID().Value())
			p.login(t, contact+";expires=0")
			p.login(t, contact)
			p.asked()
		})
	}
}

// What a phone said is forgotten when it goes.
func TestPhoneThatIsGoneIsNotInUse(t *testing.T) {
	p := newTeller(t)
	p.takes(600)
	p.tells(info(0, "full", "a confirmed x"))
	p.is(true)
	p.login(t, "Contact: <sip:phone1@"+p.addr.String()+">;expires=0")
	p.is(false)
	if status := p.tells(info(1, "partial")); status != 481 {
		t.Errorf("its NOTIFY is answered %d", status)
	}
}

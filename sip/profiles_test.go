package sip

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// answersOf are the headers of an INVITE that ask a phone to pick up by itself.
func answersOf(invite *sip.Request) []string {
	var all []string
	for _, name := range answerHeaders {
		for _, v := range values(invite, name) {
			all = append(all, name+": "+v)
		}
	}
	return all
}

// Each make is asked in its own way, and in no other.
func TestEachMakeIsAskedInItsOwnWay(t *testing.T) {
	const (
		call  = "Call-Info: <sip:US>;answer-after=0"
		alert = "Alert-Info: <http://US>;info=alert-autoanswer;delay=0"
	)
	own := map[string]Profile{"ours": {Headers: []string{"P-Auto-Answer: normal", "Answer-Mode:Auto"}}}
	for phone, want := range map[string][]string{
		"":            {alert, call, "Answer-Mode: Auto"},
		"generic":     {alert, call, "Answer-Mode: Auto"},
		"lift":        nil,
		"yealink":     {alert},
		"panasonic":   {alert, call},
		"polycom":     {"Alert-Info: Auto Answer"},
		"grandstream": {call},
		"snom":        {alert, call},
		"cisco":       {call},
		"ours":        {"Answer-Mode: Auto", "P-Auto-Answer: normal"},
	} {
		t.Run(phone, func(t *testing.T) {
			r := newRig(t, func(c *Config) { c.Desks[0].Phone, c.PhoneProfiles = phone, own })
			w := watch(r.line(t).Desk())
			w.Dial()
			invite := r.desk.request(t, sip.INVITE)
			got := answersOf(invite)
			for i := range got {
				got[i] = strings.ReplaceAll(got[i], r.us, "US")
			}
			if !slices.Equal(got, want) {
				t.Errorf("asked by %q, want %q", got, want)
			}
			if invite.Recipient.User != "201" || strings.Contains(invite.String(), string(testNumber)) {
				t.Error("the desk's INVITE is to the desk, and says nothing of the debtor")
			}
			r.desk.reply(invite, say{status: 486, tag: "a"})
			w.gone(t)
		})
	}
}

// What everybody has keeps the rules that one's own profiles must keep.
func TestProfilesThatAreThereKeepTheRules(t *testing.T) {
	for name, p := range profiles {
		if !profileName.MatchString(name) || len(p.Headers) > headersMost {
			t.Errorf("%s breaks the rules", name)
		}
		for _, h := range p.Headers {
			if err := checkHeader(h); err != nil {
				t.Errorf("%s: %q %v", name, h, err)
			}
		}
		if len(p.Headers) == 0 && p.Talk {
			t.Errorf("%s has the handset lifted, and takes it off the hook all the same", name)
		}
	}
}

func TestProfilesOfOnesOwnAreChecked(t *testing.T) {
	with := func(name string, headers ...string) func(*Config) {
		return func(c *Config) { c.PhoneProfiles = map[string]Profile{name: {Headers: headers}} }
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string // "" for none
	}{
		{"one that is right", with("ours", "Alert-Info: <http://{us}>;info=x"), ""},
		{"another header", with("ours", "Route: <sip:evil.invalid;lr>"), "sip.phone_profiles.ours.headers[0]: must be"},
		{"a space before the colon", with("ours", "Alert-Info : x"), "headers[0]: must be"},
		{"a second header smuggled in", with("ours", "Alert-Info: x\r\nRoute: <sip:evil.invalid>"), "headers[0]: has no value"},
		{"a lone line feed", with("ours", "Alert-Info: x\nRoute: y"), "headers[0]: has no value"},
		{"no value", with("ours", "Alert-Info: "), "headers[0]: has no value"},
		{"not plain text", with("ours", "Alert-Info: \u81ea\u52d5"), "headers[0]: has no value"},
		{"too long", with("ours", "Alert-Info: "+strings.Repeat("x", headerLong)), "headers[0]: is longer"},
		{"too many", with("ours", slices.Repeat([]string{"Alert-Info: x"}, headersMost+1)...), "sip.phone_profiles.ours.headers: has 6"},
		{"a name that is taken", with("snom", "Alert-Info: x"), "sip.phone_profiles.snom: is one of those"},
		{"a name that is none", with("Our Phone", "Alert-Info: x"), "sip.phone_profiles.Our Phone: a profile's name"},
		{"a desk that names none", func(c *Config) { c.Desks[0].Phone = "yeahlink" },
			`sip.desks[0].phone: there is no profile "yeahlink"; there are cisco, generic, grandstream, lift, panasonic, polycom, snom, yealink`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := testConfig()
			cfg.Desks = []Desk{{ID: "desk1", URI: "sip:201@127.0.0.1:5060"}}
			c.change(&cfg)
			_, err := New(cfg)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestAClickOpensAPhoneOnce: an order without a click, with one that was spent, or with another desk's, rings a phone and asks it
// nothing: whoever replays an order opens no microphone.
func TestAClickOpensAPhoneOnce(t *testing.T) {
	r := newRig(t)
	asked := func(c *dialer.Click) []string {
		t.Helper()
		n, err := r.Prepare(t.Context(), dialer.CallOrder{ID: "call", Desk: "desk1", Click: c, Number: testNumber, Sample: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		w := watch(n.Desk())
		w.Dial()
		invite := r.desk.request(t, sip.INVITE)
		r.desk.reply(invite, say{status: 486, tag: dialer.NewID(time.Now())[:8]})
		w.gone(t)
		return answersOf(invite)
	}
	click := dialer.NewClick("desk1")
	if got := asked(click); len(got) == 0 {
		t.Fatal("the click's own call does not ask the phone to pick up")
	}
	for name, c := range map[string]*dialer.Click{"the same click again": click, "no click": nil, "another desk's": dialer.NewClick("desk2")} {
		if got := asked(c); len(got) > 0 {
			t.Errorf("%s asks the phone to pick up: %q", name, got)
		}
	}
}

package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// A list of one-octet addresses is not shown to the library, which would make of each a header, and write each out again in the answer.
func TestLongListsAreMisread(t *testing.T) {
	p := peer{}
	list := func(unit string, n int) string { return strings.TrimSuffix(strings.Repeat(unit, n), ",") }
	for name, c := range map[string]struct {
		header string
		taken  bool
	}{
		"as many routes as may be":       {"Record-Route: " + list("<sip:a@b;lr>,", mostValues), true},
		"as many hops":                   {"Via: " + list("SIP/2.0/UDP h;branch=z,", mostValues-1), true}, // and its own
		"commas that part nothing":       {`Contact: "` + list("a,", 1000) + `" <sip:` + list("b,", 1000) + `@c>;methods="` + list("ACK,", 1000) + `"`, true},
		"what the library does not part": {"Allow: " + list("ACK,", 1000), true},
		"one route too many":             {"Record-Route: " + list("<sip:a@b;lr>,", mostValues+1), false},
		"one hop too many":               {"Via: " + list("SIP/2.0/UDP h;branch=z,", mostValues), false},
		"routes in two headers":          {"Route: " + list("*,", mostValues) + "\r\nRoute: *", false},
		"by a header each":               {strings.Repeat("Refer-To: *\r\n", mostValues) + "r: *", false},
		"folded":                         {"Contact: *" + strings.Repeat(",\r\n *", mostValues/2) + list(",*", mostValues), false},
		"routes":                         {"Record-Route: " + list("*,", 16000), false},
		"of nothing":                     {"Route: " + list(",", 32000), false},
		"contacts":                       {"m: " + list("*,", 16000), false},
		"hops without parameters":        {"Via: " + list("/// a,", 5000), false},
		"hops, the first of them empty":  {"Via: SIP/2.0/UDP h;" + list(",/// a;b", 900), false},
		"many that may be there once":    {strings.Repeat("Referred-By: a:b\r\n", mostValues) + "b: a:b", false},
	} {
		text := p.outside("OPTIONS", "c", c.header)
		var err error
		n := spent(func() { err = answered(text) })
		if (err == nil) != c.taken {
			t.Errorf("%s: %v", name, err)
		}
		if !c.taken && n > 256<<10 {
			t.Errorf("%s: %d kB for a message of %d", name, n>>10, len(text)>>10)
		}
	}
}

// A stranger's datagram is answered by nothing long, whoever it says that it comes from; nor is one that cannot be read, unless it is short.
func TestStrangersHaveNoLongAnswers(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stranger := newPeerAt(t, freshAddress())
	long := strings.Repeat("a", longestUnreadAnswered)
	for _, header := range []string{
		"Record-Route: <sip:" + long + ">", "Via: SIP/2.0/UDP h;branch=" + long, "To: <sip:" + long + "@b>", "Require: " + long, "Route: " + strings.Repeat("*,", longestUnreadAnswered),
	} {
		stranger.write(r.Agent, stranger.outside("OPTIONS", newTag(), header))
		callID := newTag()
		stranger.write(r.Agent, stranger.outside("OPTIONS", callID, "Subject: "+long)) // of which no answer says anything
		if res := stranger.response(t, sip.OPTIONS); res.StatusCode != 200 || res.CallID().Value() != callID {
			t.Errorf("%.20s: %s", header, res.StartLine())
		}
	}
	stranger.write(r.Agent, stranger.outside("OPTIONS", newTag(), "Route: "+strings.Repeat("*,", mostValues)))
	if res := stranger.response(t, sip.OPTIONS); res.StatusCode != 400 {
		t.Errorf("a short list: %s", res.StartLine())
	}
	r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag(), "Record-Route: <sip:"+long+">"))
	if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != 200 || len(value(res, "Record-Route")) < len(long) {
		t.Errorf("a trunk's: %s", res.StartLine())
	}
}

// BenchmarkLongList is what one datagram costs the goroutine that reads all of them.
func BenchmarkLongList(b *testing.B) {
	text := []byte((&peer{}).outside("OPTIONS", "c", "Record-Route: "+strings.Repeat("*,", 16000)))
	for b.Loop() {
		_, _ = read(text)
	}
}

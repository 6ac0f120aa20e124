package sip

import (
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// spent is how many bytes are asked for while f runs.
func spent(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// answered reads a request and writes an answer to it, as whoever refuses one does.
func answered(text string) error {
	m, err := read([]byte(text))
	if req, ok := m.(*sip.Request); ok && err == nil {
		req.SetSource("192.0.2.1:5060")
		_ = answer{status: sip.StatusOK}.respond(req, statelessTag(req)).String()
	}
	return err
}

// The library takes all that follows for the name of what is quoted: each quote writes the rest of the header once more.
func TestQuotesAreRefusedOrCostLittle(t *testing.T) {
	p := peer{}
	via := "Via: SIP/2.0/UDP h;branch=z"
	long := func(unit string) string { return strings.Repeat(unit, 24000/len(unit)) }
	few := func(unit, end string, n int) string { return strings.Repeat(unit+strings.Repeat("y", 24000/n)+end, n) }
	for name, c := range map[string]struct {
		header string
		taken  bool
	}{
		"a quoted name":                {`From: "A \"B\" C, <D>" <sip:a@b>;tag=x`, true},
		"none between name and URI":    {`Contact: "A"<sip:a@b>`, true},
		"an instance":                  {`Contact: <sip:a@b>;reg-id=1;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";expires=60`, true},
		"several":                      {`Contact: "a" <sip:a@b>;x="y,z" , "b" <sip:c@d>;methods="INVITE, ACK"`, true},
		"a received":                   {`Via: SIP/2.0/UDP h;received="192.0.2.1";branch=z`, true},
		"one at the end":               {`Refer-To: <sip:a@b> ; x="y" ; z`, true},
		"a list of as many as can be":  {"Contact: " + strings.TrimSuffix(strings.Repeat(`"n" <sip:a@b>;x="y",`, mostQuotes), ","), true},
		"as many as can be, each long": {via + few(`;x="`, `"`, mostQuotesOfVia/2), true},
		"of a URI without brackets":    {`From: "";sip:a@b?x=y` + few(`&x="`, `" `, mostQuotes/2-1), true},
		"elsewhere":                    {"Subject: " + long(`x=""`), true},
		"a Via of nothing else":        {via + ";" + long(`x=""`), false},
		"parted":                       {via + long(`;x=""`), false},
		"the first of it empty":        {via[:len(via)-len("branch=z")] + ",x" + long(`=""y,`), false},
		"a name with a form feed":      {"Via\f: SIP/2.0/UDP h;branch=z" + long(`;x=""`), false},
		"a From that is a list":        {"From: <sip:a@b>" + long(`;x="",`), false},
		"a URI":                        {`From: <sip:a@b;` + long(`x=""`) + ">;tag=a", false},
		"a short name":                 {`m: <sip:a@b;` + long(`x=""`) + ">", false},
		"a URI's header":               {`Refer-To: <sip:a@b?` + long(`x=""`) + ">", false},
		"one quote in a URI":           {`To: <sip:a@b;x="y">`, false},
		"what follows one":             {`Contact: <sip:a@b>;x="y"z=1`, false},
		"one that does not end":        {`Contact: <sip:a@b>;x="y`, false},
		"folded":                       {"Contact: <sip:a@b>;x=\"y\"\r\n z, <sip:" + long(`x=""`) + ">", false},
	} {
		t.Run(name, func(t *testing.T) {
			text := p.outside("OPTIONS", "c", c.header)
			var err error
			n := spent(func() { err = answered(text) })
			if n > 4<<20 {
				t.Errorf("%d kB for a message of %d", n>>10, len(text)>>10)
			}
			if (err == nil) != c.taken {
				t.Errorf("%v", err)
			}
		})
	}
	if err := answered(strings.Replace(p.outside("OPTIONS", "c"), "sip:kakeru@", `sip:kakeru;x="y"@`, 1)); err == nil {
		t.Error("a quote in the Request-URI")
	}
	if err := answered("SIP/2.0 sip:h;" + long(`x="",`) + " SIP/2.0\r\n" + p.outside("OPTIONS", "c")); err == nil {
		t.Error("quotes in that of a method called SIP/2.0")
	}
}

// A response may be all that a caller hears of a call: it is thrown away for what it costs, and for nothing else.
func TestResponsesAreHeardWhateverTheirQuotes(t *testing.T) {
	const start = "SIP/2.0 200 \"OK\"\r\nVia: SIP/2.0/UDP h;branch=z\r\nCall-ID: c\r\nContact: <sip:a@b"
	if _, err := read([]byte(start + ";x=\"y\"z>\r\n\r\n")); err != nil {
		t.Error(err)
	}
	if _, err := read([]byte(start + strings.Repeat(`;x=""`, mostQuotes) + ">\r\n\r\n")); err == nil {
		t.Error("without end")
	}
}

func TestQuotesAreAnsweredBadRequest(t *testing.T) {
	r := newRig(t)
	r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag(), `Contact: <sip:a@b;x="">`))
	if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != 400 {
		t.Errorf("got %d", res.StatusCode)
	}
}

// What was written once in a very long message is not kept for all that are written later.
func TestLongTextsAreNotKept(t *testing.T) {
	r := newRig(t)
	m := sip.NewResponse(sip.StatusOK, "OK")
	m.SetBody(make([]byte, 2*longestMessage))
	_ = hop{agent: r.Agent, to: place{AddrPort: r.trunk.addr}}.WriteMsg(m) // it does not fit into a datagram
	for range 8 {
		if kept, _ := texts.Get().(*text); cap(*kept) > longestMessage {
			t.Fatalf("%d bytes", cap(*kept))
		}
	}
}

// What cannot be read is answered by its headers, and takes as much longer as it is longer.
func TestAnswersToWhatIsUnreadGrowAsItDoes(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:5090")
	for _, unit := range []string{";rport", ",", `;x=""`, "/", "\r\nVia: h;rport", "\r\nTo: a"} {
		cost := func(n int) uint64 {
			text := []byte("X sip:x@y z SIP/2.0\r\nVia: SIP/2.0/UDP h" + strings.Repeat(unit, n/len(unit)) + "\r\n\r\n")
			return spent(func() {
				if _, err := read(text); err == nil {
					t.Error("it was read")
				}
				if answer, _ := unreadRefusal(text, from); answer == nil {
					t.Error("no answer")
				}
			})
		}
		if one, two := cost(15000), cost(30000); two > 3*one+64<<10 {
			t.Errorf("%q: %d bytes, and for twice as many %d", unit, one, two)
		}
	}
}

// A datagram that cannot be read is repeated to nobody if it is long.
func TestLongUnreadDatagramsAreNotAnswered(t *testing.T) {
	r := newRig(t)
	unread := func(long int) string {
		text := r.trunk.outside("OPTIONS", newTag(), "S: ")
		return strings.Replace(strings.Replace(text, "S: ", "S: "+strings.Repeat("a", long-len(text)), 1), "70\r\n", "xx\r\n", 1)
	}
	for _, c := range []struct{ long, want int }{{longestUnreadAnswered + 1, 200}, {longestUnreadAnswered, 400}} {
		r.trunk.write(r.Agent, unread(c.long))
		r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag()))
		if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != c.want { // the datagrams are taken in order
			t.Errorf("%d bytes: got %d, want %d", c.long, res.StatusCode, c.want)
		}
	}
}

// What fills the buffer that datagrams are read into may have lost its end: it is as if it had not come.
func TestDatagramsThatMayBeCutAreDropped(t *testing.T) {
	r := newRig(t)
	write := func(long int) (callID string) {
		callID = newTag()
		text := r.trunk.outside("OPTIONS", callID, "S: ")
		r.trunk.write(r.Agent, strings.Replace(text, "S: ", "S: "+strings.Repeat("a", max(0, long-len(text))), 1))
		return callID
	}
	write(int(sip.TransportBufferReadSize))
	for _, long := range []int{0, int(sip.TransportBufferReadSize) - 1} {
		callID := write(long)
		if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != 200 || res.CallID().Value() != callID {
			t.Errorf("%d bytes: %s", long, res.StartLine())
		}
	}
}

package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestHeadersAreReadWhateverTheirSpacing(t *testing.T) {
	text := "OPTIONS sip:x@y SIP/2.0\r\n" +
		"Via : SIP / 2.0 / UDP  192.0.2.1 ; Branch = z9hG4bKa ;\tRPORT , SIP/2.0/TCP h;branch=z9hG4bKb\r\n" +
		"f: \"a; b = \\\" <c>\" <sip:u;P = v@h>\r\n ;\r\n\tTAG = t1\r\n" +
		"TO:\r\n sip:x@y ; tag\t=t2\r\n" +
		"Call-ID: c ; d\r\nCSeq:  007 \t OPTIONS\r\n" +
		"Contact: <sip:a@b>; expires=60 ; +sip.X = \"<;=>\" , \"n\"<sip:c@d> ;Expires= 7\r\n" +
		"S: a ;  b\r\n = c\r\nk : timer\r\nX: 90\r\nR: <sip:z@y>\r\n\r\n a ; b \r\n"
	m, err := read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	req := m.(*sip.Request)
	for name, c := range map[string]struct{ got, want string }{
		"Via":             {values(req, "Via")[0], "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;rport"},
		"next Via":        {values(req, "Via")[1], "SIP/2.0/TCP h;branch=z9hG4bKb"},
		"From":            {value(req, "From"), `"a; b = \" <c>" <sip:u;P = v@h>;tag=t1`},
		"To":              {value(req, "To"), "<sip:x@y>;tag=t2"},
		"Call-ID":         {value(req, "Call-ID"), "c ; d"},
		"CSeq":            {value(req, "CSeq"), "7 OPTIONS"},
		"Contact":         {values(req, "Contact")[0], `<sip:a@b>;expires=60;+sip.X="<;=>"`},
		"another":         {values(req, "Contact")[1], `"n" <sip:c@d>;expires=7`},
		"Subject":         {value(req, "Subject"), "a ;  b = c"},
		"Supported":       {value(req, "Supported"), "timer"},
		"Session-Expires": {value(req, "Session-Expires"), "90"},
		"Refer-To":        {value(req, "Refer-To"), "<sip:z@y>"},
		"the body":        {string(req.Body()), " a ; b \r\n"},
		"faultless":       {answerText(faultOf(req)), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

func answerText(w *answer) string {
	if w == nil {
		return ""
	}
	return w.reason
}

func TestMethodsAreToldApartByCase(t *testing.T) {
	r := newRig(t)
	r.trunk.write(r.Agent, r.trunk.outside("options", newTag()))
	if res := r.trunk.response(t, "options"); res.StatusCode != 501 {
		t.Errorf("options got %d: it is not OPTIONS", res.StatusCode)
	}
}

// One header in as many lines as a datagram has room for is copied once, not once for each line.
func TestManyLinesOfOneHeaderAreJoinedAtOnce(t *testing.T) {
	const lines = 10000
	text := []byte("S: " + strings.Repeat("a", 1000) + strings.Repeat("\r\n\t x ", lines) + "\r\nTo: b\r\n")
	var line, rest []byte
	n := testing.AllocsPerRun(1, func() { line, rest, _ = field(text) })
	if n > 64 { // doublings of one buffer
		t.Errorf("%v buffers for %d lines", n, lines)
	}
	if want := "S: " + strings.Repeat("a", 1000) + strings.Repeat(" x", lines); string(line) != want || string(rest) != "To: b\r\n" {
		t.Errorf("%d bytes, then %q", len(line), rest)
	}
}

func TestWhatNoHeaderHasSoMuchOfIsRefused(t *testing.T) {
	r := newRig(t)
	various := func(n int, sign string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sp%x", sign, i)
		}
		return b.String()
	}
	plain := r.trunk.outside("OPTIONS", "x", "From: <sip:far@h>;tag=x", "CSeq: 1 OPTIONS")
	has, lines := strings.Count(plain, ";"), strings.Count(plain, "\r\n")-2 // the start line and the empty one
	for name, c := range map[string]struct {
		header string
		want   int
	}{
		"as many lines as it may have": {"S: a" + strings.Repeat("\r\nX: b", mostLines-lines-1), 200},
		"one more":                     {"S: a" + strings.Repeat("\r\nX: b", mostLines-lines), 400},
		"folded often enough":          {"S: a" + strings.Repeat("\r\n x", mostContinuations/2) + strings.Repeat("\r\n\tx", mostContinuations/2), 200},
		"folded too often":             {"S: a" + strings.Repeat("\r\n x", mostContinuations/2) + strings.Repeat("\r\n\tx", mostContinuations/2+1), 400},
		"several, folded too often":    {strings.Repeat("S: a\r\n x\r\n", mostContinuations) + "S: a\r\n x", 400},
		"many parameters":              {"S: a" + strings.Repeat(";", mostParameters-has), 200},
		"too many":                     {"S: a" + strings.Repeat(";", mostParameters-has+1), 400},
		"many of one value":            {"Contact: <sip:a@b>" + various(mostOfOneValue, ";"), 200},
		"too many of one":              {"Contact: <sip:a@b>" + various(mostOfOneValue+1, ";"), 400},
		"many of a URI":                {"Contact: <sip:a@b?x=y" + various(mostOfOneValue, "&") + ">", 200},
		"too many of a URI":            {"Contact: <sip:a@b?x=y" + various(mostOfOneValue+1, "&") + ">", 400},
		"many of each in a list":       {strings.TrimSuffix("Contact: "+strings.Repeat("<sip:a@b,c>"+various(mostOfOneValue, ";")+", ", 5), ", "), 200},
		"a comma in quotes":            {"Contact: <sip:a@b>" + various(mostOfOneValue/2, ";") + `;a=","` + various(mostOfOneValue/2, ";"), 400},
		"a comma in a From":            {"From: <sip:a@b>;tag=x" + various(mostOfOneValue/2, ";") + "," + various(mostOfOneValue/2, ";"), 400},
		"Vias":                         {"Via: SIP/2.0/UDP h" + various(mostOfOneValue, ";") + ", SIP/2.0/UDP i" + various(mostOfOneValue, ";"), 200},
		"Vias that the library joins":  {"Via: SIP/2.0/UDP h; ," + various(mostOfOneValue/2, ";") + ",x" + various(mostOfOneValue/2, ";"), 400},
	} {
		t.Run(name, func(t *testing.T) {
			r.trunk.write(r.Agent, r.trunk.outside("OPTIONS", newTag(), c.header))
			if res := r.trunk.response(t, sip.OPTIONS); res.StatusCode != c.want {
				t.Errorf("got %d", res.StatusCode)
			}
		})
	}
	if err := answered(strings.Replace(plain, "@127.0.0.1 SIP", "@127.0.0.1"+various(mostOfOneValue+1, ";")+" SIP", 1)); err == nil {
		t.Error("too many of the Request-URI")
	}
	body := plain + strings.Repeat("\r\n ;&", 2*mostParameters)
	if overdone([]byte(body)) || misread([]byte(body)) != nil {
		t.Error("the body was counted")
	}
}

// A Via that says rport often is stamped once: each time would copy all of it.
func TestOneRportIsStamped(t *testing.T) {
	from := netip.MustParseAddrPort("192.0.2.1:5090")
	got, to := stamp("SIP/2.0/UDP 192.0.2.1;rport;rport;rport", from)
	if got != "SIP/2.0/UDP 192.0.2.1;rport=5090;rport;rport" || to != from {
		t.Errorf("%q, to %v", got, to)
	}
}

// What is tidied once is tidy.
func FuzzTidy(f *testing.F) {
	p := peer{}
	f.Add([]byte(p.outside("OPTIONS", "c", "From: \"a\\\"\" <sip:x;a = b> ; TAG =x")))
	f.Add([]byte("INVITE sip:a SIP/2.0\r\nVia: SIP / 2.0 / UDP a ,\r\n b\r\nm: <>;;= \"\r\n\r\nbody"))
	f.Add([]byte("OPTIONS sip:a SIP/2.0\r\nS:a \r\n \t\r\n x\r\n\t\r\nVia: SIP/2.0/UDP a\r\n ;\r\n\trport\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		once, err := tidy(data)
		if err != nil {
			return
		}
		if twice, err := tidy(once); err != nil || string(twice) != string(once) {
			t.Errorf("%v\n%q\n%q\n%q", err, data, once, twice)
		}
	})
}

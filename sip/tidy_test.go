package sip

import (
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

// What is tidied once is tidy.
func FuzzTidy(f *testing.F) {
	p := peer{}
	f.Add([]byte(p.outside("OPTIONS", "c", "From: \"a\\\"\" <sip:x;a = b> ; TAG =x")))
	f.Add([]byte("INVITE sip:a SIP/2.0\r\nVia: SIP / 2.0 / UDP a ,\r\n b\r\nm: <>;;= \"\r\n\r\nbody"))
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

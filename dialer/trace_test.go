package dialer

import (
	"regexp"
	"strings"
	"testing"
)

func TestMaskSIP(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"request line", "INVITE sip:0300001234;npdi@192.0.2.1:5060 SIP/2.0\r\n", "INVITE sip:***@192.0.2.1:5060 SIP/2.0\r\n"},
		{"tel", "INVITE tel:+81-3-0000-1234;x=1 SIP/2.0\r\n", "INVITE tel:*** SIP/2.0\r\n"},
		{"status line", "SIP/2.0 404 No 0300001234 here\r\n", "SIP/2.0 404 No ########## here\r\n"},
		{"quoted name", header(`From: "Anna \" <x>" <sip:anna@h>;tag=1a`), header(`From: "***" <sip:***@h>;tag=***`)},
		{"bare name", header("f: Anna B <SIP:anna@h>;tag=1a"), header("f: *** <SIP:***@h>;tag=***")},
		{"no name", header("To: <sip:192.0.2.1>;tag=7"), header("To: <sip:192.0.2.1>;tag=***")},
		{"no brackets", header("To: sip:anna@h;tag=7"), header("To: sip:***@h;tag=***")},
		{
			"several", header("P-Asserted-Identity: Anna <sip:a@h>;x=1, Bert <tel:0312>"),
			header("P-Asserted-Identity: *** <sip:***@h>;x=1, *** <tel:***>"),
		},
		{"digest", header(`Authorization: Digest username="anna", uri="sip:anna@h", realm="r"`), header(`Authorization: Digest username="***", uri="sip:***@h", realm="r"`)},
		{"harmless", header("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK12"), header("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=***")},
		{"dialog", header("Call-ID: 1a2b@192.0.2.1"), header("Call-ID: ***")},
		{"dialog, short", header("i:1a2b"), header("i: ***")},
		{"replaced", header("Refer-To: <sip:anna@h?Replaces=1a2b%3Bto-tag%3D7>"), header("Refer-To: <sip:***@h?Replaces=***>")},
		{"unknown", header("Subject: Anna"), header("Subject: ***")},
		{"continued", header("Subject: x\r\n Anna"), header("Subject: ***\r\n ***")},
		{
			"sdp", "SIP/2.0 200 OK\r\nc: application/sdp\r\n\r\nv=0\r\no=anna 1 1 IN IP4 192.0.2.1\r\ns=Anna calls\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
			"SIP/2.0 200 OK\r\nc: application/sdp\r\n\r\nv=0\r\no=***\r\ns=***\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n",
		},
		{"other body", "INFO sip:h SIP/2.0\r\nContent-Type: text/plain\r\n\r\nAnna\r\n", "INFO sip:h SIP/2.0\r\nContent-Type: text/plain\r\n\r\n***"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MaskSIP(c.in); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func header(line string) string { return "SIP/2.0 200 OK\r\n" + line + "\r\n" }

func TestMaskedMessageHasItsOwnFirstLine(t *testing.T) {
	m := TraceMessage{First: "BYE sip:anna@h SIP/2.0", Text: "BYE sip:anna@h SIP/2.0\r\nFrom: Anna <sip:anna@h>\r\n\r\n"}.Masked()
	if m.First != "BYE sip:***@h SIP/2.0" || strings.Contains(strings.ToLower(m.Text), "anna") {
		t.Errorf("got %+v", m)
	}
}

var sevenDigits = regexp.MustCompile(`[0-9]{7}`)

// FuzzMaskSIP: whatever a far end sends, no number of seven digits and no user part of a URI reaches an administrator.
func FuzzMaskSIP(f *testing.F) {
	f.Add("INVITE sip:0300001234@h SIP/2.0\r\nFrom: \"x\" <sip:y@h>\r\n\r\nv=0\r\n")
	f.Add("SIP/2.0 200 OK\nContent-Type: application/sdp\n\no=- 12345678 1 IN IP4 1.2.3.4\na=x:1234567\n1=1234567")
	f.Add("A\r\n1234567: 1\r\n 1234567\r\nTo: \"\\")
	f.Add("123456\r7")
	f.Fuzz(func(t *testing.T, text string) {
		got := MaskSIP(text)
		if found := sevenDigits.FindString(got); found != "" {
			t.Fatalf("%q survives in %q", found, got)
		}
		within := MaskSIP("INVITE sip:h SIP/2.0\r\nTo: <sip:h>\r\nX-" + strings.ReplaceAll(text, "\n", "") + "\r\nFrom: <sip:SomeBody@h>\r\n\r\n")
		if strings.Contains(within, "SomeBody") {
			t.Fatalf("a user part survives in %q", within)
		}
	})
}

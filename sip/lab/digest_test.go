package lab

import "testing"

// The example of RFC 2617 §3.5.
func TestDigestOfTheRFC(t *testing.T) {
	p := map[string]string{
		"username": "Mufasa", "realm": "testrealm@host.com", "nonce": "dcd98b7102dd2f0e8b11d0f600bfb0c093",
		"uri": "/dir/index.html", "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b",
	}
	if got := digest(p, "Circle Of Life", "GET"); got != "6629fae49393a05397450978507c4ef1" {
		t.Errorf("got %s", got)
	}
	delete(p, "qop") // RFC 2069's way, computed by hand from the same A1 and A2
	if got, want := digest(p, "Circle Of Life", "GET"), "670fd8c2df070c60b045671b8b24ff02"; got != want {
		t.Errorf("without qop: %s, want %s", got, want)
	}
}

func TestParseDigest(t *testing.T) {
	got := parseDigest(`Digest realm="a, b", nonce=plain , qop="auth,auth-int",algorithm=MD5`)
	for name, want := range map[string]string{"realm": "a, b", "nonce": "plain", "qop": "auth,auth-int", "algorithm": "MD5"} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	for _, bad := range []string{"", "Basic abc", "Digest", "Digest realm", `Digest realm="open`} {
		if got := parseDigest(bad); got != nil {
			t.Errorf("%q gave %v", bad, got)
		}
	}
}

func TestAuthorizeIsVerified(t *testing.T) {
	who := credentials{"desk1", "secret"}
	for _, challenge := range []string{
		newChallenge("r", "n"), `Digest realm="r", nonce="n"`, `Digest realm="r",nonce="n",qop="auth-int,auth",opaque="o"`,
	} {
		value, ok := who.authorize(challenge, "REGISTER", "sip:h", 1)
		if !ok || !who.verify(value, "r", "n", "REGISTER", "sip:h") {
			t.Errorf("%s: answered with %s", challenge, value)
		}
		for what, ok := range map[string]bool{
			"another password": credentials{"desk1", "x"}.verify(value, "r", "n", "REGISTER", "sip:h"),
			"another method":   who.verify(value, "r", "n", "INVITE", "sip:h"),
			"another nonce":    who.verify(value, "r", "m", "REGISTER", "sip:h"),
			"another uri":      who.verify(value, "r", "n", "REGISTER", "sip:i"),
		} {
			if ok {
				t.Errorf("%s: accepted", what)
			}
		}
	}
	for _, unknown := range []string{`Digest realm="r", nonce="n", algorithm=SHA-512`, `Digest realm="r", nonce="n", qop="auth-int"`, "Basic"} {
		if _, ok := who.authorize(unknown, "REGISTER", "sip:h", 1); ok {
			t.Errorf("%s: answered", unknown)
		}
	}
}

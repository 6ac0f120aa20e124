package lab

import (
	"crypto/md5" //nolint:gosec // RFC 3261 §22.4 knows nothing better, and phones speak nothing else
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest authentication (RFC 2617 as profiled by RFC 3261 §22): MD5, with and
// without qop=auth. Both parts are here, for the carrier asks and the phone
// answers.

// parseDigest reads the parameters of a WWW-Authenticate or Authorization
// value; nil if it is not Digest.
func parseDigest(value string) map[string]string {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok || !strings.EqualFold(scheme, "Digest") {
		return nil
	}
	params := map[string]string{}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimLeft(rest, ", \t") {
		name, after, ok := strings.Cut(rest, "=")
		if !ok {
			return nil
		}
		var v string
		if v, rest, ok = parseDigestValue(after); !ok {
			return nil
		}
		params[strings.ToLower(strings.TrimSpace(name))] = v
	}
	return params
}

func parseDigestValue(s string) (value, rest string, ok bool) {
	if quoted, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
		return strings.Cut(quoted, `"`)
	}
	value, rest, _ = strings.Cut(s, ",")
	return strings.TrimSpace(value), rest, true
}

// digest is the response of RFC 2617 §3.2.2 for the parameters p of an
// Authorization header.
func digest(p map[string]string, password, method string) string {
	ha1 := md5hex(p["username"], p["realm"], password)
	ha2 := md5hex(method, p["uri"])
	if p["qop"] == "" {
		return md5hex(ha1, p["nonce"], ha2)
	}
	return md5hex(ha1, p["nonce"], p["nc"], p["cnonce"], p["qop"], ha2)
}

func md5hex(parts ...string) string {
	sum := md5.Sum([]byte(strings.Join(parts, ":"))) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// newNonce is unguessable.
func newNonce() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// newChallenge is the value of WWW-Authenticate.
func newChallenge(realm, nonce string) string {
	return fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=MD5, qop="auth"`, realm, nonce)
}

// credentials is who one is to a server that challenges.
type credentials struct{ user, password string }

// authorize answers a challenge for method and uri, the count-th time with its
// nonce; false if it asks for what we cannot do.
func (c credentials) authorize(challenge, method, uri string, count int) (value string, ok bool) {
	asked := parseDigest(challenge)
	if asked == nil || asked["algorithm"] != "" && !strings.EqualFold(asked["algorithm"], "MD5") {
		return "", false
	}
	p := map[string]string{"username": c.user, "realm": asked["realm"], "nonce": asked["nonce"], "uri": uri}
	if asked["qop"] != "" {
		if !offersAuth(asked["qop"]) {
			return "", false
		}
		p["qop"], p["nc"], p["cnonce"] = "auth", fmt.Sprintf("%08x", count), newNonce()[:16]
	}
	value = fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", algorithm=MD5`,
		p["username"], p["realm"], p["nonce"], uri, digest(p, c.password, method))
	if p["qop"] != "" {
		value += fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s"`, p["nc"], p["cnonce"])
	}
	if opaque, given := asked["opaque"]; given {
		value += fmt.Sprintf(`, opaque="%s"`, opaque)
	}
	return value, true
}

// offersAuth looks for plain "auth" in a list that may hold auth-int too.
func offersAuth(qop string) bool {
	for option := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(strings.TrimSpace(option), "auth") {
			return true
		}
	}
	return false
}

// verify checks an Authorization value against what we asked.
func (c credentials) verify(value, realm, nonce, method, uri string) bool {
	p := parseDigest(value)
	return p != nil && p["username"] == c.user && p["realm"] == realm && p["nonce"] == nonce &&
		p["uri"] == uri && p["response"] == digest(p, c.password, method)
}

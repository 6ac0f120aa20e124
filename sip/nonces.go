package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// nonceLife is how long a nonce is good. An older one is called stale, which a phone answers without asking its user.
const nonceLife = 5 * time.Minute

// nonces gives out challenges and checks their answers (RFC 3261 §22, RFC 7616). A nonce carries its time and our seal,
// so that a challenge costs no memory; only nonces that were answered rightly are remembered, with the last nonce count.
// The seal is for the address that asked: who answers has been sent the challenge there, so a right answer proves the address
// besides the password. Else a datagram with a forged source could register a phone at somebody else's address.
type nonces struct {
	realm string
	key   [32]byte

	mu    sync.Mutex
	used  map[string]count // by nonce
	swept time.Time        // when those that are over were last taken out
}

// count is how far a nonce was used: the highest nc seen, and when the nonce was made.
type count struct {
	highest int
	made    time.Time
}

func newNonces(realm string) *nonces {
	n := &nonces{realm: realm, used: map[string]count{}}
	_, _ = rand.Read(n.key[:]) // never fails
	return n
}

const (
	nonceClear = 16 // time and randomness
	nonceSeal  = 12
)

func (n *nonces) make(now time.Time, to netip.Addr) string {
	b := make([]byte, nonceClear, nonceClear+nonceSeal)
	binary.BigEndian.PutUint64(b, uint64(now.UnixMilli())) //nolint:gosec // the years 1970 on
	_, _ = rand.Read(b[8:])                                // never fails
	return base64.RawURLEncoding.EncodeToString(append(b, n.seal(b, to)...))
}

func (n *nonces) seal(open []byte, to netip.Addr) []byte {
	m := hmac.New(sha256.New, n.key[:])
	m.Write(open)
	m.Write(to.AsSlice())
	return m.Sum(nil)[:nonceSeal]
}

// made is when we made a nonce for an address; false if we did not.
func (n *nonces) made(nonce string, to netip.Addr) (time.Time, bool) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != nonceClear+nonceSeal || !hmac.Equal(b[nonceClear:], n.seal(b[:nonceClear], to)) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))), true //nolint:gosec // we wrote it
}

// asker is who sent a request, and when.
type asker struct {
	from netip.Addr
	at   time.Time
}

// challenge is a 401. The stronger algorithm comes first (RFC 8760 §2.3).
func (n *nonces) challenge(who asker, sha256Too, stale bool) answer {
	w := answer{status: sip.StatusUnauthorized}
	nonce := n.make(who.at, who.from)
	algorithms := []string{"MD5"}
	if sha256Too {
		algorithms = []string{"SHA-256", "MD5"}
	}
	for _, algorithm := range algorithms {
		c := digest.Challenge{Realm: n.realm, Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}, Stale: stale}
		w.extras = append(w.extras, extra{"WWW-Authenticate", c.String()})
	}
	return w
}

// verdict is what an answer to a challenge is worth.
type verdict int

const (
	foreign verdict = iota // not for this account and realm, or nothing that can be read
	wrong                  // not the secret
	stale                  // the secret, with a nonce that is too old or was used before
	right
)

// given is the Authorization for our realm, or the first there is; "" for none. A phone may answer several realms at once
// (RFC 3261 §22.3).
func (n *nonces) given(all []string) string {
	for _, text := range all {
		if c, err := digest.ParseCredentials(text); err == nil && c.Realm == n.realm {
			return text
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return ""
}

// check judges the Authorization of a request.
func (n *nonces) check(text, method string, d Desk, who asker) verdict {
	c, err := digest.ParseCredentials(text)
	if err != nil || c.Realm != n.realm || c.Username != d.Account || !acceptable(c, d) {
		return foreign
	}
	made, ours := n.made(c.Nonce, who.from)
	if !ours {
		return stale // our own, of a life before or for another address; or a guess, which a fresh challenge does not help
	}
	by := &digest.Challenge{Realm: c.Realm, Nonce: c.Nonce, Algorithm: c.Algorithm}
	if c.QOP != "" {
		by.QOP = []string{c.QOP}
	} else {
		c.Nc = 0 // the digest does not cover it: whoever has seen an answer could count on
	}
	want, err := digest.Digest(by, digest.Options{
		Method: method, URI: c.URI, Count: c.Nc, Username: d.Account, Password: d.Password, Cnonce: c.Cnonce,
	})
	if err != nil || subtle.ConstantTimeCompare([]byte(want.Response), []byte(strings.ToLower(c.Response))) != 1 {
		return wrong
	}
	if age := who.at.Sub(made); age < 0 || age > nonceLife || !n.first(c.Nonce, count{c.Nc, made}, who.at) {
		return stale
	}
	return right
}

// acceptable: the algorithm we offered, and of quality of protection what we offered or none.
func acceptable(c *digest.Credentials, d Desk) bool {
	md5 := c.Algorithm == "" || strings.EqualFold(c.Algorithm, "MD5")
	sha := strings.EqualFold(c.Algorithm, "SHA-256") && d.SHA256
	return (md5 || sha) && (c.QOP == "" || c.QOP == "auth" && c.Nc > 0 && c.Cnonce != "")
}

// first reports whether the nonce was never used with this count or a higher one: a replay is not (RFC 7616 §3.4). A
// nonce without counts serves once.
func (n *nonces) first(nonce string, use count, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if now.Sub(n.swept).Abs() >= time.Second { // not for each of a flood
		n.swept = now
		maps.DeleteFunc(n.used, func(_ string, c count) bool { return now.Sub(c.made) > nonceLife })
	}
	if last, seen := n.used[nonce]; seen && use.highest <= last.highest {
		return false
	}
	n.used[nonce] = use
	return true
}

// digestsIn are the request's Authorizations by the one scheme that we ask for: another is as none (§22.1).
func digestsIn(req *sip.Request) []string {
	return slices.DeleteFunc(values(req, "Authorization"), func(text string) bool {
		scheme, _, _ := strings.Cut(text, " ")
		return !strings.EqualFold(scheme, "Digest")
	})
}

package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// tags makes the tags of our calls (RFC 3261 §19.3), each with a seal over it and its Call-ID. So a 2xx that nobody waits for is told from a
// forged one: an answer to an INVITE of a process that has died bears a tag of ours and is ended, anything else is nothing to us. Without
// that, datagrams with another's source would have us send there what is larger than they are.
type tags struct{ key []byte }

// newTags takes the secret of the centre, which a process that starts after another has died has too.
func newTags(secret []byte) tags {
	if len(secret) == 0 {
		secret = make([]byte, sha256.Size)
		_, _ = rand.Read(secret) // never fails
	}
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("kakeru sip tag")) // what the secret seals elsewhere is good for nothing here
	return tags{m.Sum(nil)}
}

const (
	tagClear = 14 // random letters: about 80 bits (§19.3 wants 32)
	tagSeal  = 8  // octets, written in hexadecimal
)

func (t tags) make(callID string) string {
	open := sip.GenerateTagN(tagClear)
	return open + t.seal(callID, open)
}

// ours reports whether a tag was made here, or on another node or before a restart, for that Call-ID.
func (t tags) ours(callID, tag string) bool {
	return len(tag) == tagClear+2*tagSeal && hmac.Equal([]byte(tag[tagClear:]), []byte(t.seal(callID, tag[:tagClear])))
}

// account seals what a desk's phone registers by, so that it can be told whether that is still the same.
func (t tags) account(d Desk) string {
	m := hmac.New(sha256.New, t.key)
	fmt.Fprintf(m, "account %q %q", d.Account, d.Password)
	return hex.EncodeToString(m.Sum(nil)[:16])
}

func (t tags) seal(callID, open string) string {
	m := hmac.New(sha256.New, t.key)
	m.Write([]byte(open)) // of one length, so nothing can move between the two
	m.Write([]byte(callID))
	return hex.EncodeToString(m.Sum(nil)[:tagSeal])
}

package dialer

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"time"
)

// The names that things go by. Each is opaque text; none holds personal data.
type (
	// CallID names a call (UUIDv7). An outbound call and its attempt in the ledger share one id.
	CallID string
	// CaseID names a case (UUIDv7).
	CaseID string
	// DeskID names a desk and its phone, as the settings spell it ("desk1").
	DeskID string
	// UserID names a person who signs in (UUIDv7).
	UserID string
)

// IsID reports whether a text is written as NewID writes one: stores read other spellings of an id too, and nothing else knows those.
func IsID(text string) bool { return idWritten.MatchString(text) }

var idWritten = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// NewID returns a UUIDv7 (RFC 9562 §5.7) for the given instant: sortable by time, random in the rest.
func NewID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli()) //nolint:gosec // the years 1970 to 10889 fit
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	_, _ = rand.Read(b[6:]) // never fails: crypto/rand aborts the process instead
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// Refs makes the references that an attempt keeps for ever in place of personal data: an HMAC-SHA-256 under a secret
// that is kept outside the database. With the secret a known number can be confirmed; none can be read back.
type Refs struct{ secret []byte }

// NewRefs returns references under secret, of at least 32 bytes.
func NewRefs(secret []byte) Refs { return Refs{secret: secret} }

// Number returns the number_ref of a number: the same for one number in every case, for ever.
func (r Refs) Number(n Number) string { return r.sum("number:" + string(n)) }

// NumberOf names a number among those of its case, for who chooses one of them without seeing it whole: it stays when another is put before it, and
// joins up with no other case's.
func (r Refs) NumberOf(c CaseID, n Number) string {
	return r.sum("number of " + string(c) + ":" + string(n))
}

// Case returns the case_ref of the ward's own number for a person (宛名番号).
func (r Refs) Case(wardNumber string) string { return r.sum("case:" + wardNumber) }

// Key returns a key of 32 bytes for a purpose, made from the secret: the same for ever, and of no use for another purpose.
func (r Refs) Key(purpose string) []byte { return r.mac("key:" + purpose) }

func (r Refs) sum(s string) string { return base64.RawURLEncoding.EncodeToString(r.mac(s)[:18]) }

func (r Refs) mac(s string) []byte {
	m := hmac.New(sha256.New, r.secret)
	m.Write([]byte(s))
	return m.Sum(nil)
}

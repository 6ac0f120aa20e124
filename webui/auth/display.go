package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// A screen on the wall is let in without a person. An administrator makes a code, which is put in once at the screen; the screen then keeps
// a secret of its own in a cookie that no script can read. Both are kept by us as their SHA-256 alone: they are random, so nothing slower
// is needed.
const (
	// DisplayCookieName carries a screen's secret; behind https it has the prefix __Host-.
	DisplayCookieName = "kakeru_display"
	// DisplayCodeFor is how long a screen's code may be put in.
	DisplayCodeFor = 24 * time.Hour
	// displayKept is how long a browser keeps a screen's secret: the screen hangs for years.
	displayKept = 400 * 24 * time.Hour // the longest that browsers allow
	// displayCodeLength is in characters of 5 bits: 80 bits, which nobody guesses within a day.
	displayCodeLength = 16
)

// codeLetters have none that are taken for each other (Crockford's base 32).
const codeLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewDisplayCode makes a screen's code, in groups of four, and what is kept of it.
func NewDisplayCode() (code string, hash []byte) {
	raw := make([]byte, displayCodeLength)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	var text strings.Builder
	for i, b := range raw {
		if i > 0 && i%4 == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(codeLetters[b%32])
	}
	return text.String(), DisplayCodeHash(text.String())
}

// DisplayCodeHash is what is kept of a code, however it was typed: small letters, spaces and hyphens as people put them, O for 0, and I or L
// for 1.
func DisplayCodeHash(typed string) []byte {
	sum := sha256.Sum256([]byte("code\x00" + strings.NewReplacer(" ", "", "-", "", "\u3000", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(normal(typed)))))
	return sum[:]
}

// NewDisplayToken makes a screen's secret, and what is kept of it.
func NewDisplayToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails (crypto/rand)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, DisplayTokenHash(token)
}

// DisplayTokenHash is what is kept of a secret.
func DisplayTokenHash(token string) []byte {
	sum := sha256.Sum256([]byte("token\x00" + token))
	return sum[:]
}

// DisplayCookie carries a screen's secret; of an empty one it is the cookie that removes it.
func (k *Keeper) DisplayCookie(token string) http.Cookie {
	c := http.Cookie{ //nolint:gosec // Secure is a setting: a panel on the ward's own network may be without TLS
		Name: k.hostOnly(DisplayCookieName), Value: token, Path: "/", MaxAge: int(displayKept.Seconds()),
		HttpOnly: true, Secure: k.settings.SecureCookie, SameSite: http.SameSiteStrictMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// DisplayToken is the screen's secret that a request brings, or "".
func (k *Keeper) DisplayToken(r *http.Request) string {
	c, err := r.Cookie(k.hostOnly(DisplayCookieName))
	if err != nil {
		return ""
	}
	return c.Value
}

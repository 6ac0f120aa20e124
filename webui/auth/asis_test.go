package auth

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"kakeru/dialer"
)

// TestPasswordsAreTakenAsTheyAre: nothing is cut off, trimmed, or made small or wide letters of; any characters will do, and many.
func TestPasswordsAreTakenAsTheyAre(t *testing.T) {
	c, err := newChecker(cheap)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("とても長い合言葉", 16) // 128 characters, 384 octets: beyond where bcrypt would stop reading
	for _, word := range []string{long + "a", "  blanks at both ends  ", "UPPER and lower and 半角ﾊﾝｶｸ", "🔑🔑 keys of any kind \t and \" ' \\"} {
		hash, err := HashPassword(word, cheap)
		if err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		if ok, err := c.matches(t.Context(), word, hash, ""); !ok || err != nil {
			t.Errorf("%q does not open what it was set for: %v", word, err)
		}
		for _, other := range []string{strings.TrimSpace(word) + "!", strings.ToLower(word) + " ", word[:len(word)-1], word + "a", strings.ReplaceAll(word, "ﾊﾝｶｸ", "ハンカク") + "."} {
			if ok, _ := c.matches(t.Context(), other, hash, ""); ok {
				t.Errorf("%q opens what %q was set for", other, word)
			}
		}
	}
	for _, pair := range [][2]string{{"Correct horse battery", "correct horse battery"}, {" correct horse battery", "correct horse battery"}} {
		hash, err := HashPassword(pair[0], cheap)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := c.matches(t.Context(), pair[1], hash, ""); ok {
			t.Errorf("%q opens what %q was set for", pair[1], pair[0])
		}
	}
}

// TestTokensAreDrawn: a session's token is 256 random bits, and no two are alike.
func TestTokensAreDrawn(t *testing.T) {
	k, _ := newKeeper(t, newStores())
	seen := map[string]bool{}
	for range 20 {
		token := mustSignIn(t, k, "anna", "").Token
		b, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil || len(b) != 32 || seen[token] {
			t.Fatalf("token of %d octets, seen %v: %v", len(b), seen[token], err)
		}
		seen[token] = true
	}
	if _, err := k.Session(t.Context(), strings.Repeat("A", 43)); !errors.Is(err, ErrSignedOut) {
		t.Errorf("a guess: %v", err)
	}
	if _, err := k.SignIn(t.Context(), SignIn{Login: "anna", Password: string(dialer.RoleAdmin)}); !errors.Is(err, ErrWrong) {
		t.Errorf("a wrong word: %v", err)
	}
}

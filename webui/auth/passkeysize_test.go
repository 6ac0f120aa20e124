package auth

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// signsItself answers navigator.credentials.create with an RSA key of so many octets, which says that it signed for itself (WebAuthn §8.2): the signature is
// only found wrong by a computation as long as the key is large.
func (a *authenticator) signsItself(question []byte, size int) []byte {
	n, signature := make([]byte, size), make([]byte, size)
	for _, b := range [][]byte{n, signature} {
		if _, err := rand.Read(b); err != nil {
			a.t.Fatal(err)
		}
	}
	n[0], n[size-1], signature[0] = 0xff, n[size-1]|1, 0
	rs256 := []byte{0x39, 0x01, 0x00}
	cose := append(append([]byte{0xa4, 0x01, 0x03, 0x03}, rs256...), 0x20)
	cose = append(append(cose, octets(n)...), 0x21, 0x43, 0x01, 0x00, 0x01)
	data := append(a.data(a.flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object := append([]byte{0xa3}, text("fmt")...)
	object = append(append(append(object, text("packed")...), text("attStmt")...), 0xa2)
	object = append(append(append(object, text("alg")...), rs256...), text("sig")...)
	object = append(append(append(object, octets(signature)...), text("authData")...), octets(data)...)
	return a.answer(map[string]string{"clientDataJSON": raw(a.client("webauthn.create", question)), "attestationObject": raw(object)})
}

// TestWhatAPasskeySaysIsBoundedBeforeItIsRead: its key may be of any size, and to find out that it signed nothing takes seconds for one that fills a body.
func TestWhatAPasskeySaysIsBoundedBeforeItIsRead(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	a := newAuthenticator(t)
	half := mustSignIn(t, k, "chief", "")
	begin := func() []byte {
		t.Helper()
		question, err := k.BeginPasskey(t.Context(), visit(half), Proof{})
		if err != nil {
			t.Fatal(err)
		}
		return question
	}
	// A key that is no larger is computed with, and is none.
	if _, _, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.signsItself(begin(), 4<<10)); !errors.Is(err, ErrPasskey) {
		t.Errorf("a key of 4 kB: %v", err)
	}
	question := begin()
	if _, _, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.signsItself(question, 23_000)); !errors.Is(err, ErrPasskeyLarge) {
		t.Errorf("a key of 23 kB: %v", err)
	}
	// Nothing was read, so the question still stands.
	if s, _, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.create(question)); err != nil || s.Step != StepDone {
		t.Fatalf("%v at %v", err, s.Step)
	}
	half = mustSignIn(t, k, "chief", "")
	for _, padding := range []int{mostSaid, 0} {
		a.padding = strings.Repeat("x", padding)
		question, err := k.AskPasskey(t.Context(), visit(half))
		if err != nil {
			t.Fatal(err)
		}
		given := a.get(question)
		s, err := k.SecondByPasskey(t.Context(), visit(half), given)
		if padding > 0 && !errors.Is(err, ErrPasskey) || padding == 0 && (err != nil || s.Step != StepDone) {
			t.Errorf("an answer of %d octets: %v at %v", len(given), err, s.Step)
		}
	}
}

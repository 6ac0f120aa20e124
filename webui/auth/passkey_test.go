package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"kakeru/dialer"
)

// authenticator is a passkey made by hand, as WebAuthn describes one: none of the library's code that checks it made it.
type authenticator struct {
	t       *testing.T
	key     *ecdsa.PrivateKey
	id      []byte
	rp      string // whom it believes to talk to
	origin  string
	counter uint32
	flags   byte
	padding string // of the client data, which is kept with the passkey
}

// The flags of authenticator data (WebAuthn §6.1).
const (
	userPresent  = 0x01
	userVerified = 0x04
	attested     = 0x40
)

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return &authenticator{t: t, key: key, id: []byte("a made-up credential"), rp: u.Hostname(), origin: testOrigin, flags: userPresent | userVerified}
}

// data is the authenticator data: the relying party's hash, the flags and the counter.
func (a *authenticator) data(flags byte) []byte {
	sum := sha256.Sum256([]byte(a.rp))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), a.counter)
}

// client is the client data of a question.
func (a *authenticator) client(kind string, question []byte) []byte {
	var q struct{ Challenge string }
	if err := json.Unmarshal(question, &q); err != nil {
		a.t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": q.Challenge, "origin": a.origin, "crossOrigin": false, "padding": a.padding})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) answer(response map[string]string) []byte {
	id := base64.RawURLEncoding.EncodeToString(a.id)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func raw(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// text and octets are CBOR strings of less than 64 KiB (RFC 8949 §3.1).
func text(s string) []byte { return append([]byte{0x60 | byte(len(s))}, s...) }

func octets(b []byte) []byte {
	return append([]byte{0x59, byte(len(b) >> 8), byte(len(b))}, b...)
}

// create answers navigator.credentials.create, without attestation.
func (a *authenticator) create(question []byte) []byte {
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		a.t.Fatal(err)
	}
	cose := []byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01} // an EC2 key for ES256 on P-256 (RFC 9053 §7.1)
	cose = append(append(cose, 0x21, 0x58, 0x20), point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), point[33:]...)
	data := a.data(a.flags | attested)
	data = append(data, make([]byte, 16)...) // of no known model
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), cose...)
	object := append([]byte{0xa3}, text("fmt")...)
	object = append(append(object, text("none")...), text("attStmt")...)
	object = append(append(append(object, 0xa0), text("authData")...), octets(data)...)
	return a.answer(map[string]string{"clientDataJSON": raw(a.client("webauthn.create", question)), "attestationObject": raw(object)})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(question []byte) []byte {
	a.counter++
	data, client := a.data(a.flags), a.client("webauthn.get", question)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, signed[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.answer(map[string]string{"clientDataJSON": raw(client), "authenticatorData": raw(data), "signature": raw(signature)})
}

// TestPasskeysOfAnotherMaking: a passkey that the library did not make is taken, and signs its person in; from another origin, for
// another site, with another key, without the person's touch, a second time, or with a counter that goes back, it does not.
func TestPasskeysOfAnotherMaking(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	a := newAuthenticator(t)
	half := mustSignIn(t, k, "chief", "")
	question, err := k.BeginPasskey(t.Context(), visit(half), Proof{})
	if err != nil {
		t.Fatal(err)
	}
	whole, codes, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.create(question))
	if err != nil || whole.Step != StepDone || len(codes) == 0 {
		t.Fatalf("%v at %v with %d codes", err, whole.Step, len(codes))
	}
	try := func(answer func(question []byte) []byte) (Session, []byte, error) {
		t.Helper()
		half := mustSignIn(t, k, "chief", "")
		question, err := k.AskPasskey(t.Context(), visit(half))
		if err != nil {
			t.Fatal(err)
		}
		given := answer(question)
		s, err := k.SecondByPasskey(t.Context(), visit(half), given)
		if err == nil {
			if _, again := k.SecondByPasskey(t.Context(), visit(half), given); !errors.Is(again, ErrStep) && !errors.Is(again, ErrSignedOut) {
				t.Errorf("the same answer once more: %v", again)
			}
		}
		return s, given, err
	}
	s, old, err := try(a.get)
	if err != nil || s.Step != StepDone {
		t.Fatalf("its own answer: %v at %v", err, s.Step)
	}
	refused := func(what string, answer func([]byte) []byte) {
		t.Helper()
		if s, _, err := try(answer); !errors.Is(err, ErrPasskey) {
			t.Errorf("%s: %v at %v", what, err, s.Step)
		}
	}
	refused("an answer to an earlier question", func([]byte) []byte { return old })
	with := func(change func(*authenticator)) func([]byte) []byte {
		return func(question []byte) []byte {
			b := *a
			b.counter += 100
			change(&b)
			return b.get(question)
		}
	}
	refused("from another origin", with(func(b *authenticator) { b.origin = "https://elsewhere.example" }))
	refused("for another site", with(func(b *authenticator) { b.rp = "elsewhere.example" }))
	refused("with another key", with(func(b *authenticator) { b.key = newAuthenticator(t).key }))
	refused("with another id", with(func(b *authenticator) { b.id = []byte("another") }))
}

// TestACopiedPasskeyIsRefused: a counter that goes back is a second key (WebAuthn §6.1.1); and nobody has to have touched what answers
// without the flag of presence.
func TestACopiedPasskeyIsRefused(t *testing.T) {
	for what, change := range map[string]func(*authenticator){
		"a counter that goes back":      func(a *authenticator) { a.counter = 3 },
		"nobody was there to answer it": func(a *authenticator) { a.flags = 0 },
	} {
		k, _ := newKeeper(t, newStores())
		a := newAuthenticator(t)
		a.counter = 50
		half := mustSignIn(t, k, "chief", "")
		question, err := k.BeginPasskey(t.Context(), visit(half), Proof{})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := k.FinishPasskey(t.Context(), visit(half), "鍵", a.create(question)); err != nil {
			t.Fatal(err)
		}
		change(a)
		half = mustSignIn(t, k, "chief", "")
		if question, err = k.AskPasskey(t.Context(), visit(half)); err != nil {
			t.Fatal(err)
		}
		if s, err := k.SecondByPasskey(t.Context(), visit(half), a.get(question)); !errors.Is(err, ErrPasskey) {
			t.Errorf("%s: %v at %v", what, err, s.Step)
		}
	}
}

// TestPasskeysAreBounded: nobody has more than twenty, however they are made, nor one that is larger than any device makes; with twenty one signs in as before.
func TestPasskeysAreBounded(t *testing.T) {
	stores := newStores()
	k, _ := newKeeper(t, stores)
	first := newAuthenticator(t)
	s := mustSignIn(t, k, "chief", "")
	begin := func() ([]byte, error) {
		t.Helper()
		if s.Step == StepEnrol {
			return k.BeginPasskey(t.Context(), visit(s), Proof{})
		}
		question, err := k.AskPasskey(t.Context(), visit(s))
		if err != nil {
			t.Fatal(err)
		}
		return k.BeginPasskey(t.Context(), visit(s), Proof{Password: password, Passkey: first.get(question)})
	}
	add := func(a *authenticator, question []byte) error {
		t.Helper()
		after, _, err := k.FinishPasskey(t.Context(), visit(s), "鍵", a.create(question))
		if err == nil {
			s = after
		}
		return err
	}
	another := func(id string) *authenticator {
		a := newAuthenticator(t)
		a.id = []byte(id)
		return a
	}
	have := func() dialer.SecondFactors {
		t.Helper()
		f, err := stores.factors.SecondFactors(t.Context(), s.User.ID)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	copied := func(id string) { // as if it had been made elsewhere
		t.Helper()
		now := have()
		if err := stores.factors.PutPasskey(t.Context(), s.User.ID, now, dialer.Passkey{ID: []byte(id), Credential: now.Passkeys[0].Credential}); err != nil {
			t.Fatal(err)
		}
	}
	must := func(question []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return question
	}
	if err := add(first, must(begin())); err != nil {
		t.Fatal(err)
	}
	large, longest := another("large"), another(strings.Repeat("x", 1023))
	large.padding = strings.Repeat("x", mostPasskey)
	if err := add(large, must(begin())); !errors.Is(err, ErrPasskeyLarge) || len(have().Passkeys) != 1 {
		t.Errorf("a large one: %v, and there are %d", err, len(have().Passkeys))
	}
	if err := add(longest, must(begin())); err != nil {
		t.Errorf("one with the longest id: %v", err)
	}
	for n := len(have().Passkeys); n < MostPasskeys-1; n++ {
		copied(strconv.Itoa(n))
	}
	question := must(begin())
	copied("meanwhile")
	if err := add(another("one too many"), question); !errors.Is(err, ErrPasskeysFull) || len(have().Passkeys) != MostPasskeys {
		t.Errorf("while the twentieth was made elsewhere: %v, and there are %d", err, len(have().Passkeys))
	}
	if _, err := begin(); !errors.Is(err, ErrPasskeysFull) {
		t.Errorf("with twenty another can be begun: %v", err)
	}
	half := mustSignIn(t, k, "chief", "")
	question = must(k.AskPasskey(t.Context(), visit(half)))
	if whole, err := k.SecondByPasskey(t.Context(), visit(half), first.get(question)); err != nil || whole.Step != StepDone {
		t.Errorf("with twenty nobody signs in: %v", err)
	}
}

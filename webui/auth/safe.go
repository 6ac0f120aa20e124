package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// safe seals and signs under keys that are made from the installation's secret, one for each use.
type safe struct {
	aead    cipher.AEAD
	signing []byte
}

// secretBytes is the least a secret may have.
const secretBytes = 32

func newSafe(secret []byte) (safe, error) {
	if secret == nil {
		secret = make([]byte, secretBytes)
		_, _ = rand.Read(secret) // never fails (crypto/rand)
	}
	if len(secret) < secretBytes {
		return safe{}, fmt.Errorf("the secret has %d bytes; it needs %d or more", len(secret), secretBytes)
	}
	sealing, err := hkdf.Key(sha256.New, secret, nil, "kakeru auth sealing 1", 32)
	if err != nil {
		return safe{}, err
	}
	signing, err := hkdf.Key(sha256.New, secret, nil, "kakeru auth signing 1", 32)
	if err != nil {
		return safe{}, err
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return safe{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return safe{aead, signing}, err
}

// seal seals what belongs to a person: under another's name it cannot be opened.
func (s safe) seal(plain []byte, whose string) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(whose)) //nolint:gosec // its nonce is made by itself, at random
}

var errOtherKey = errors.New("what is kept of a second factor cannot be read: it was sealed under another secret (secret_file, or state_dir/secret); " +
	"put that back, or have an administrator reset the person's second factors")

func (s safe) open(sealed []byte, whose string) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(whose))
	if err != nil {
		return nil, errOtherKey
	}
	return plain, nil
}

// mac signs a text for one use.
func (s safe) mac(use, text string) []byte {
	m := hmac.New(sha256.New, s.signing)
	m.Write([]byte(use + "\x00" + text))
	return m.Sum(nil)
}

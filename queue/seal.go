package queue

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"sync"
)

// sealer keeps what nodes tell each other from whoever else can look into Redis, or write there: AES-256-GCM under a key of each
// sender's life, derived from the centre's secret (RFC 5869). What is sealed for one stream opens on no other.
type sealer struct {
	secret []byte

	mu   sync.Mutex
	keys map[string]cipher.AEAD // by sender
}

// sealersKept bounds the keys remembered.
const sealersKept = 64

func newSealer(secret []byte) *sealer { return &sealer{secret: secret, keys: map[string]cipher.AEAD{}} }

func (s *sealer) key(sender string) (cipher.AEAD, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.keys[sender]; k != nil {
		return k, nil
	}
	key, err := hkdf.Key(sha256.New, s.secret, nil, "kakeru wire 1\x00"+sender, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	k, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	if len(s.keys) >= sealersKept {
		clear(s.keys)
	}
	s.keys[sender] = k
	return k, nil
}

func (s *sealer) seal(sender, stream string, text []byte) ([]byte, error) {
	k, err := s.key(sender)
	if err != nil {
		return nil, err
	}
	return k.Seal(nil, nil, text, []byte(stream)), nil //nolint:gosec // this AEAD draws its nonce itself and takes none
}

// errForeign is a message that nobody of the fleet has sealed.
var errForeign = errors.New("it was not sealed by a node with the same secret")

func (s *sealer) open(sender, stream string, sealed []byte) ([]byte, error) {
	k, err := s.key(sender)
	if err != nil {
		return nil, err
	}
	text, err := k.Open(nil, nil, sealed, []byte(stream))
	if err != nil {
		return nil, errForeign
	}
	return text, nil
}

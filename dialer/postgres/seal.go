package postgres

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// record is one thing that waits in the spool. Exactly one of its fields is set.
type record struct {
	Arrival *dialer.Arrival    `json:"arrival,omitempty"`
	Note    *note              `json:"note,omitempty"`
	End     *dialer.AttemptEnd `json:"end,omitempty"`
	Result  *casework.Recorded `json:"result,omitempty"`
}

// note is what has come to be known of a running attempt.
type note struct {
	ID dialer.CallID
	dialer.Progress
}

// about names a record for a log.
func (r record) about() (kind string, id dialer.CallID) {
	switch {
	case r.Arrival != nil:
		return "arrival", r.Arrival.ID
	case r.Note != nil:
		return "note", r.Note.ID
	case r.End != nil:
		return "end", r.End.ID
	case r.Result != nil:
		return "result", r.Result.Attempt
	default:
		return "nothing", ""
	}
}

// seal keeps what waits in a spool from whoever reads the disk: a record may hold a number, or what was said. Its key comes
// from the house's secret and is one ledger's: AES-256-GCM (NIST SP 800-38D), with a random nonce a record and the spool's
// head as what is signed along.
type seal struct {
	aead cipher.AEAD
	head []byte // the first line of a spool under this seal
}

// headBegins is what every spool of this kind begins with.
const headBegins = "kakeru spool 1 "

func newSeal(refs dialer.Refs, ledger string) (*seal, error) {
	block, err := aes.NewCipher(refs.Key("spool of " + ledger))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	// The check says whether the key is the same, and nothing of the key.
	check := refs.Key("check of the spool of " + ledger)[:8]
	return &seal{aead: aead, head: fmt.Appendf(nil, "%s%s %x\n", headBegins, ledger, check)}, nil
}

func (s *seal) close(r record) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("a record cannot be written down: %w", err)
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := io.ReadFull(rand.Reader, nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, plain, s.head), nil
}

var errBroken = errors.New("its checksum, its length or its seal is wrong")

func (s *seal) open(sealed []byte) (r record, err error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return r, errBroken
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], s.head)
	if err != nil || json.Unmarshal(plain, &r) != nil {
		return record{}, errBroken
	}
	if _, id := r.about(); id == "" {
		return record{}, errBroken
	}
	return r, nil
}

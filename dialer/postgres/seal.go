package postgres

import (
	"encoding/json"
	"errors"
	"fmt"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/vault"
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

// seal keeps what waits in a spool from whoever reads the disk: a record may hold a number, or what was said. Each is sealed under
// the key of the day it was written on, which stands before it, and bound to one ledger by the spool's head.
type seal struct {
	vault *vault.Vault
	now   dialer.Clock
	head  []byte // the first line of a spool under this seal
}

// headBegins is what every spool of this kind begins with.
const headBegins = "kakeru spool 2 "

func newSeal(v *vault.Vault, now dialer.Clock, ledger string) *seal {
	return &seal{vault: v, now: now, head: fmt.Appendf(nil, "%s%s\n", headBegins, ledger)}
}

// dayLen is the length of a day as it stands before what is sealed.
const dayLen = len("2026-11-24")

func (s *seal) close(r record) ([]byte, error) {
	plain, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("a record cannot be written down: %w", err)
	}
	day, err := s.vault.Custody(s.now())
	if err != nil {
		return nil, err
	}
	sealed, err := s.vault.Seal(vault.Day(day), plain, s.head)
	return append([]byte(day.String()), sealed...), err
}

var errBroken = errors.New("its checksum, its length or its seal is wrong")

func (s *seal) open(sealed []byte) (r record, err error) {
	if len(sealed) < dayLen {
		return r, errBroken
	}
	day, err := dialer.ParseDate(string(sealed[:dayLen]))
	if err != nil {
		return r, errBroken
	}
	plain, err := s.vault.Unseal(vault.Day(day), sealed[dayLen:], s.head)
	if errors.Is(err, vault.ErrDestroyed) || errors.Is(err, vault.ErrNoKey) {
		return r, err
	}
	if err != nil || json.Unmarshal(plain, &r) != nil {
		return record{}, errBroken
	}
	if _, id := r.about(); id == "" {
		return record{}, errBroken
	}
	return r, nil
}

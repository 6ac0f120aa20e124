package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"slices"
	"time"
)

// SealBytes is the length of a seal.
const SealBytes = sha256.Size

// version stands at the front of what is sealed, so that another layout can never be taken for this one.
const version = "kakeru audit 1"

// Chain seals entries under a key.
type Chain struct{ key []byte }

// NewChain returns a chain under a key of 32 bytes that is kept outside the database.
func NewChain(key []byte) Chain { return Chain{key: key} }

// Origin is what stands for the seal before the first entry.
func (c Chain) Origin() []byte {
	m := hmac.New(sha256.New, c.key)
	m.Write([]byte(version))
	return m.Sum(nil)
}

// Append makes the entry of an event, behind another; behind none with the zero Entry. The event's Refs must be all there are:
// its Cases and Calls are not sealed.
func (c Chain) Append(last Entry, e Event) Entry {
	before := last.Seal
	if last.N == 0 {
		before = c.Origin()
	}
	e.At = e.At.UTC().Truncate(time.Microsecond) // as PostgreSQL keeps it
	e.Refs = slices.Compact(slices.Sorted(slices.Values(e.Refs)))
	e.Cases, e.Calls = nil, nil
	entry := Entry{N: last.N + 1, Event: e, Before: before}
	entry.Seal = c.seal(entry)
	return entry
}

// Holds reports whether an entry is as it was sealed.
func (c Chain) Holds(e Entry) bool { return hmac.Equal(e.Seal, c.seal(e)) }

// seal covers each field with its length in front, so that nothing can be moved from one into the next.
func (c Chain) seal(e Entry) []byte {
	m := hmac.New(sha256.New, c.key)
	text(m, version)
	text(m, string(e.Before))
	number(m, uint64(e.N))              //nolint:gosec // its bits
	number(m, uint64(e.At.UnixMicro())) //nolint:gosec // its bits
	for _, field := range []string{string(e.By), string(e.Role), string(e.Action), e.Route, e.Object, e.Outcome, e.Detail, e.Address} {
		text(m, field)
	}
	number(m, uint64(len(e.Refs)))
	for _, ref := range e.Refs {
		text(m, ref)
	}
	return m.Sum(nil)
}

func text(h hash.Hash, s string) {
	number(h, uint64(len(s)))
	h.Write([]byte(s))
}

func number(h hash.Hash, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	h.Write(b[:])
}

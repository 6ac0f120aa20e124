package recording

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"

	"github.com/tink-crypto/tink-go/v2/core/cryptofmt"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// A recording's file is a header in the clear, then chunks: a word with the chunk's length, whose top bit marks the last, and
// the chunk, sealed. Each is bound to the header, to its number and to whether it is the last, by its associated data.
const (
	magic      = "KAKEREC\x01"
	idSize     = 16
	daySize    = len("2026-11-27")
	headerSize = len(magic) + daySize + idSize

	wordSize  = 4
	lastChunk = 1 << 31

	// chunkFrames is half a second: with what waits for late packets, what a crash costs stays under a second.
	chunkFrames = rate / 2
	chunkOctets = chunkFrames * channels
	// sealedLimit bounds what a chunk may take when sealed: tink's prefix, nonce and tag are 33 octets.
	sealedLimit = chunkOctets + 64
	// keyNumberSize is tink's prefix: which key sealed what follows.
	keyNumberSize = cryptofmt.TinkPrefixSize
)

// reference names a recording: its day, and the id of its call. It stands in what each chunk is bound to, so that no call can be given the recording of another.
type reference struct {
	day string
	id  [idSize]byte
}

// String writes a reference as "2026-11-27.0123456789abcdef0123456789abcdef", the id without its hyphens.
func (r reference) String() string { return r.day + "." + hex.EncodeToString(r.id[:]) }

var errNoReference = errors.New("that names no recording")

func parseReference(s string) (reference, error) {
	if len(s) != daySize+1+2*idSize || s[daySize] != '.' || !isDay(s[:daySize]) {
		return reference{}, errNoReference
	}
	r := reference{day: s[:daySize]}
	if _, err := hex.Decode(r.id[:], []byte(s[daySize+1:])); err != nil || r.String() != s {
		return reference{}, errNoReference
	}
	return r, nil
}

// IsOf reports whether a reference is that of a call's recording, whose id is a UUID.
func IsOf(name, call string) bool {
	ref, err := parseReference(name)
	if err != nil {
		return false
	}
	id, err := idOf(call)
	return err == nil && ref.id == id
}

var errNoCall = errors.New("a recording is a call's, whose id is a UUID")

// idOf is a UUID's octets.
func idOf(call string) (id [idSize]byte, err error) {
	digits := strings.ReplaceAll(call, "-", "")
	if len(digits) != 2*idSize {
		return id, errNoCall
	}
	if _, err := hex.Decode(id[:], []byte(digits)); err != nil {
		return id, errNoCall
	}
	return id, nil
}

func (r reference) header() []byte {
	h := append(make([]byte, 0, headerSize), magic...)
	return append(append(h, r.day...), r.id[:]...)
}

// sealer makes a file's chunks.
type sealer struct {
	key   tink.AEAD
	bound []byte // the header, with room for the rest of what a chunk is bound to
	n     uint32
}

func newSealer(key tink.AEAD, r reference) *sealer { return &sealer{key: key, bound: r.header()} }

// boundTo is the associated data of the chunk that comes next.
func (s *sealer) boundTo(last bool) []byte {
	b := binary.BigEndian.AppendUint32(s.bound[:headerSize:headerSize], s.n)
	if last {
		return append(b, 1)
	}
	return append(b, 0)
}

// seal is a chunk as it stands in the file.
func (s *sealer) seal(frames []byte, last bool) ([]byte, error) {
	sealed, err := s.key.Encrypt(frames, s.boundTo(last))
	if err != nil {
		return nil, err
	}
	word := uint32(len(sealed)) //nolint:gosec // at most sealedLimit
	if last {
		word |= lastChunk
	}
	s.n++
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, wordSize+len(sealed)), word), sealed...), nil
}

// open is the next chunk's sound.
func (s *sealer) open(sealed []byte, last bool) ([]byte, error) {
	frames, err := s.key.Decrypt(sealed, s.boundTo(last))
	if err != nil || len(frames)%channels != 0 {
		return nil, ErrAltered
	}
	s.n++
	return frames, nil
}

// readHeader reads whose file it is.
func readHeader(r io.Reader) (reference, error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return reference{}, ErrAltered
	}
	ref := reference{day: string(h[len(magic) : len(magic)+daySize])}
	copy(ref.id[:], h[len(magic)+daySize:])
	if string(h[:len(magic)]) != magic || !isDay(ref.day) {
		return reference{}, ErrAltered
	}
	return ref, nil
}

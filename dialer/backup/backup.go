package backup

import (
	"bufio"
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"filippo.io/age"
)

// The errors of a backup that is not to be restored.
var (
	// ErrKey: none of the identities opens it.
	ErrKey = errors.New("the key does not open this backup; take the identity of one of the recipients that it was made for")
	// ErrBroken: it was changed, or is not whole.
	ErrBroken = errors.New("the backup was changed, or is not whole; take another one, nothing of it was used")
	// ErrOther: the file is no backup of ours.
	ErrOther = errors.New("the file is no backup of `kakeru backup`")
	// ErrForeign: nobody who has the centre's secret has made it. Whoever knows a recipient, which is no secret, can make a backup of anything.
	ErrForeign = errors.New("the backup bears no mark of this centre's secret_file, so anybody may have made it")
)

// Manifest says what a backup holds. It stands at the end of it, and is as secret as the rest.
type Manifest struct {
	At     time.Time        `json:"at"`             // of the snapshot
	Schema []int64          `json:"schema"`         // the migrations that the database had
	Rows   map[string]int64 `json:"rows"`           // of each table, in the snapshot
	Days   []Day            `json:"days"`           // whose keys its personal data needs
	Octets int64            `json:"octets"`         // of the dump
	SHA256 string           `json:"sha256"`         // of the dump, in hexadecimal
	Mark   string           `json:"mark,omitempty"` // of whoever has the centre's secret, over all of the above; empty: nobody's
}

// Day is a day of custody that the backup knows of.
type Day struct {
	Day    string `json:"day"`    // YYYY-MM-DD
	Closed bool   `json:"closed"` // its close was over when the backup was made
}

// The kinds of pieces.
const (
	kindHead byte = iota + 1
	kindDump
	kindManifest
)

const (
	head      = "kakeru backup 1"
	intro     = "age-encryption.org/v1\n" // how every file of age's begins
	mostPiece = 1 << 20
	// mostManifest bounds what is taken into memory.
	mostManifest = 16 << 20
)

// Recipients reads public keys as age writes them ("age1…"); there must be one at least.
func Recipients(keys []string) ([]age.Recipient, error) {
	if len(keys) == 0 {
		return nil, errors.New("no recipient is known; make a key with `kakeru backup key --out FILE`, and write its public half into backup.recipients")
	}
	var all []age.Recipient
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(k))
		if err != nil {
			return nil, errors.New("a recipient of backup.recipients is none; it begins with age1, as `kakeru backup key` prints it")
		}
		all = append(all, r)
	}
	return all, nil
}

// Identities reads secret keys, one a line ("AGE-SECRET-KEY-1…"), "#" beginning a comment.
func Identities(r io.Reader) ([]age.Identity, error) {
	all, err := age.ParseIdentities(r)
	if err != nil {
		return nil, errors.New("the file holds no identity of age; it is the one that `kakeru backup key` wrote") // age's text might quote it
	}
	return all, nil
}

// NewIdentity makes a key: the secret half as the text of a file, and the public half.
func NewIdentity() (secret, public string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", err
	}
	public = id.Recipient().String()
	return fmt.Sprintf("# public key: %s\n%s\n", public, id), public, nil
}

// marked is the mark of whoever has the secret: HMAC-SHA-256, in hexadecimal, under a key of its own (RFC 5869).
func (m Manifest) marked(secret []byte) (string, error) {
	m.Mark = ""
	text, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "kakeru backup 1", sha256.Size)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// MadeBy returns ErrForeign unless somebody who has the secret has made the backup with this manifest.
func (m Manifest) MadeBy(secret []byte) error {
	want, err := m.marked(secret)
	if err == nil && !hmac.Equal([]byte(want), []byte(m.Mark)) {
		err = ErrForeign
	}
	return err
}

// Write makes a backup of what dump writes, with the mark of the centre's secret. The manifest that dump returns is completed by the length and
// the digest.
func Write(w io.Writer, to []age.Recipient, secret []byte, dump func(io.Writer) (Manifest, error)) (Manifest, error) {
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return Manifest{}, err
	}
	if err := writePiece(sealed, kindHead, []byte(head)); err != nil {
		return Manifest{}, err
	}
	p := &pieces{to: sealed, sum: sha256.New()}
	m, err := dump(p)
	if err != nil {
		return m, err
	}
	if err := p.flush(); err != nil {
		return m, err
	}
	m.Octets, m.SHA256 = p.octets, hex.EncodeToString(p.sum.Sum(nil))
	if m.Mark, err = m.marked(secret); err != nil {
		return m, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	if err := writePiece(sealed, kindManifest, text); err != nil {
		return m, err
	}
	return m, sealed.Close()
}

// pieces cuts a dump up.
type pieces struct {
	to     io.Writer
	sum    hash.Hash
	octets int64
	held   bytes.Buffer
}

// Write implements io.Writer.
func (p *pieces) Write(b []byte) (int, error) {
	_, _ = p.sum.Write(b)
	p.octets += int64(len(b))
	p.held.Write(b)
	for p.held.Len() >= mostPiece {
		if err := writePiece(p.to, kindDump, p.held.Next(mostPiece)); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (p *pieces) flush() error {
	if p.held.Len() == 0 {
		return nil
	}
	return writePiece(p.to, kindDump, p.held.Next(p.held.Len()))
}

func writePiece(w io.Writer, kind byte, b []byte) error {
	start := make([]byte, 5)
	start[0] = kind
	binary.BigEndian.PutUint32(start[1:], uint32(len(b))) //nolint:gosec // at most mostManifest
	if _, err := w.Write(start); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

// Verify reads a backup to its end and says what it holds. Errors: ErrKey, ErrBroken, ErrOther.
func Verify(r io.Reader, with []age.Identity) (Manifest, error) { return Read(r, with, io.Discard) }

// Read writes the dump of a backup to w. What was written before an error is worth nothing: verify first, and have w take all or none.
func Read(r io.Reader, with []age.Identity, w io.Writer) (Manifest, error) {
	buffered := bufio.NewReader(r)
	if begin, _ := buffered.Peek(len(intro)); string(begin) != intro {
		return Manifest{}, ErrOther
	}
	plain, err := age.Decrypt(buffered, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return Manifest{}, ErrKey
	case err != nil:
		return Manifest{}, ErrBroken // age's own text would say no more to whoever reads it
	}
	kind, first, err := readPiece(plain, len(head))
	if err != nil {
		return Manifest{}, err
	}
	if kind != kindHead || string(first) != head {
		return Manifest{}, ErrOther
	}
	sum, octets := sha256.New(), int64(0)
	for {
		kind, b, err := readPiece(plain, mostManifest)
		if err != nil {
			return Manifest{}, err
		}
		if kind == kindManifest {
			return closing(plain, b, octets, hex.EncodeToString(sum.Sum(nil)))
		}
		if kind != kindDump || len(b) > mostPiece {
			return Manifest{}, ErrBroken
		}
		_, _ = sum.Write(b)
		octets += int64(len(b))
		if _, err := w.Write(b); err != nil {
			return Manifest{}, err
		}
	}
}

// closing compares what was read with the manifest, and makes sure that nothing comes after it.
func closing(plain io.Reader, text []byte, octets int64, digest string) (m Manifest, err error) {
	if json.Unmarshal(text, &m) != nil || m.Octets != octets || m.SHA256 != digest {
		return Manifest{}, ErrBroken
	}
	if n, err := plain.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return Manifest{}, ErrBroken // the end is authenticated with the last chunk
	}
	return m, nil
}

func readPiece(r io.Reader, most int) (kind byte, b []byte, err error) {
	start := make([]byte, 5)
	if _, err := io.ReadFull(r, start); err != nil {
		return 0, nil, ErrBroken
	}
	n := binary.BigEndian.Uint32(start[1:])
	if int64(n) > int64(most) {
		return 0, nil, ErrBroken
	}
	b = make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return 0, nil, ErrBroken
	}
	return start[0], b, nil
}

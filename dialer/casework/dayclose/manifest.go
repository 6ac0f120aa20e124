package dayclose

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"kakeru/dialer"
)

// Manifest is what is signed: 返却票, what went back, and when that is over 消去証明, what was destroyed.
type Manifest struct {
	Kind     string        `json:"kind"` // "return" or "destruction"
	Version  int           `json:"version"`
	Close    string        `json:"close"`
	Day      string        `json:"day"`             // the day that was closed
	Upto     string        `json:"upto"`            // the last day whose personal data goes; empty for none
	Final    bool          `json:"final,omitempty"` // the contract's end: no close follows
	By       dialer.UserID `json:"by"`
	BegunAt  time.Time     `json:"begun_at"`
	At       time.Time     `json:"at"`
	Files    []File        `json:"files"`
	Counts   Counts        `json:"counts"`
	Previous string        `json:"previous"` // SHA-256 of the manifest before: none can be taken out of the row
	Key      string        `json:"key"`      // the public key that it is signed with
}

const (
	kindManifest = "manifest"
	kindReceipt  = "receipt"
)

// What the two say they are, and how their names begin and end.
const (
	kindReturn      = "return"
	kindDestruction = "destruction"
	returnPrefix    = kindReturn + "-"
	receiptPrefix   = kindDestruction + "-"
	manifestEnd     = ".json"
	signatureEnd    = ".sig"
)

// names of the two, within the folder of a day.
func manifestName(c Close) string { return path.Join(c.Day.String(), returnPrefix+c.ID+manifestEnd) }
func receiptName(c Close) string  { return path.Join(c.Day.String(), receiptPrefix+c.ID+manifestEnd) }

// sign writes a manifest and its signature beside it: Ed25519 over the octets of the file (RFC 8032), in base64.
func sign(to Folder, key ed25519.PrivateKey, kind, name string, m Manifest) ([]File, error) {
	m.Version, m.Key = 1, base64.StdEncoding.EncodeToString(publicOf(key))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return nil, err
	}
	file, err := to.Write(kind, name, b.Bytes(), 0)
	if err != nil {
		return nil, err
	}
	signature := base64.StdEncoding.EncodeToString(ed25519.Sign(key, b.Bytes())) + "\n"
	beside, err := to.Write(kind+"_signature", name+signatureEnd, []byte(signature), 0)
	return []File{file, beside}, err
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	p, _ := key.Public().(ed25519.PublicKey)
	return p
}

// Verify reads a manifest or a receipt and says whether it is as it was signed; hash is its SHA-256. trusted is the centre's public
// key as the ward has it; with none, the manifest's own is taken, which shows that nothing was changed by accident.
func Verify(folder Folder, name string, trusted ed25519.PublicKey) (m Manifest, hash string, err error) {
	path, err := folder.path(name)
	if err != nil {
		return m, "", err
	}
	b, err := os.ReadFile(path) //nolint:gosec // path keeps it in the folder that was named
	if err != nil {
		return m, "", err
	}
	s, err := os.ReadFile(path + signatureEnd) //nolint:gosec // as above
	if err != nil {
		return m, "", err
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, "", fmt.Errorf("%s is no manifest: %w", name, err)
	}
	key := trusted
	if key == nil {
		if key, err = base64.StdEncoding.DecodeString(m.Key); err != nil || len(key) != ed25519.PublicKeySize {
			return m, "", errors.New("the manifest names no key")
		}
	}
	signature, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(s)))
	if err != nil || !ed25519.Verify(key, b, signature) {
		return m, "", errors.New("the signature is not that of this manifest and this key: one of the two was changed")
	}
	sum := sha256.Sum256(b)
	return m, hex.EncodeToString(sum[:]), nil
}

package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// errChanged is content that is not what was frozen.
var errChanged = errors.New("the content is not what was frozen: its digest differs")

// freeze is what is kept of something that may never change: its JSON, and the digest of that in hexadecimal.
func freeze(of any) (content []byte, digest string, err error) {
	if content, err = json.Marshal(of); err != nil {
		return nil, "", err
	}
	return content, digestOf(content), nil
}

// thaw reads it back, unless it was changed: errChanged.
func thaw(content []byte, digest string, into any) error {
	if digestOf(content) != digest {
		return errChanged
	}
	return json.Unmarshal(content, into)
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

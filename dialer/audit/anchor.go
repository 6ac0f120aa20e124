package audit

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Anchor is what somebody outside keeps of the record: up to which entry it went at a time, and that entry's seal.
type Anchor struct {
	N    int64
	At   time.Time
	Seal []byte
}

// AnchorOf is the anchor of an entry.
func AnchorOf(e Entry) Anchor { return Anchor{N: e.N, At: e.At, Seal: e.Seal} }

// anchorWord opens an anchor's line.
const anchorWord = "kakeru-audit-1"

// String is the anchor as one line: "kakeru-audit-1 N TIME SEAL".
func (a Anchor) String() string {
	return fmt.Sprintf("%s %d %s %s", anchorWord, a.N, a.At.UTC().Format(time.RFC3339), base64.RawURLEncoding.EncodeToString(a.Seal))
}

// ErrAnchor is a line that is no anchor.
var ErrAnchor = errors.New(`an anchor is written "kakeru-audit-1 NUMBER TIME SEAL", as kakeru audit anchor prints it`)

// ParseAnchor reads what String wrote.
func ParseAnchor(line string) (Anchor, error) {
	word := strings.Fields(line)
	if len(word) != 4 || word[0] != anchorWord {
		return Anchor{}, ErrAnchor
	}
	n, err := strconv.ParseInt(word[1], 10, 64)
	if err != nil || n < 1 {
		return Anchor{}, ErrAnchor
	}
	at, err := time.Parse(time.RFC3339, word[2])
	if err != nil {
		return Anchor{}, ErrAnchor
	}
	seal, err := base64.RawURLEncoding.Strict().DecodeString(word[3])
	if err != nil || len(seal) != SealBytes {
		return Anchor{}, ErrAnchor
	}
	return Anchor{N: n, At: at.UTC(), Seal: seal}, nil
}

// ReadAnchors reads a file of anchors, one a line. Empty lines, and those that begin with #, are passed over. unread are the numbers of any others that are no anchor: the
// rest holds all the same.
func ReadAnchors(r io.Reader) (all []Anchor, unread []int, err error) {
	s := bufio.NewScanner(r)
	for line := 1; s.Scan(); line++ {
		text := strings.TrimSpace(s.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if a, err := ParseAnchor(text); err == nil {
			all = append(all, a)
		} else {
			unread = append(unread, line)
		}
	}
	return all, unread, s.Err()
}

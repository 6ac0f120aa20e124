package sip

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
)

// longestMessage bounds a message over a stream: what a datagram could carry at most.
const longestMessage = 64 << 10

// framing cuts a stream of bytes into messages: the header up to the empty line, and the body of as many bytes as
// Content-Length says (RFC 3261 §18.3). It looks at nothing else, so the same parser reads messages of all transports,
// and a message that it refuses leaves the ones behind it where they are.
type framing struct {
	buf     []byte
	scanned int // how far buf was searched for the end of the header
	whole   int // length of the message at the start of buf; 0 while that is not known
}

// errFraming ends a stream: where its next message begins cannot be known any more. head is the header of the message that
// did it, as far as it came; status is what a request of that header is told.
type errFraming struct {
	status int
	reason string
	head   []byte
}

func (e *errFraming) Error() string { return e.reason }

var (
	emptyLine = []byte("\r\n\r\n")
	crlf      = []byte("\r\n")
)

// feed takes what was read.
func (f *framing) feed(data []byte) { f.buf = append(f.buf, data...) }

// partial reports whether a message has begun and is not complete.
func (f *framing) partial() bool { return !bytes.HasPrefix(emptyLine, f.buf) }

// next cuts off the next message; it is nil while more must be read. A ping, two CRLF where a message could begin, comes
// as just that (RFC 5626 §3.5.1); any other CRLF there is skipped (RFC 3261 §7.5).
func (f *framing) next() ([]byte, error) {
	for f.whole == 0 {
		switch {
		case bytes.HasPrefix(f.buf, emptyLine):
			f.drop(len(emptyLine))
			return emptyLine, nil
		case !f.partial():
			return nil, nil
		case bytes.HasPrefix(f.buf, crlf):
			f.drop(len(crlf))
		default:
			if err := f.measure(); err != nil || f.whole == 0 {
				return nil, err
			}
		}
	}
	if len(f.buf) < f.whole {
		return nil, nil
	}
	message := bytes.Clone(f.buf[:f.whole])
	f.drop(f.whole)
	return message, nil
}

// measure finds how long the message at the start of buf is.
func (f *framing) measure() error {
	end := bytes.Index(f.buf[f.scanned:], emptyLine)
	if end < 0 {
		f.scanned = max(0, len(f.buf)-len(emptyLine)+1)
		if len(f.buf) > longestMessage {
			return &errFraming{status: 513, reason: "the header is too long"}
		}
		return nil
	}
	head := f.buf[:f.scanned+end+len(emptyLine)]
	length, err := contentLength(head)
	if err == nil && len(head)+length > longestMessage {
		err = &errFraming{status: 513, reason: "the message is too long", head: head}
	}
	f.whole = len(head) + length
	return err
}

func (f *framing) drop(n int) {
	f.buf = append(f.buf[:0], f.buf[n:]...)
	f.scanned, f.whole = 0, 0
}

// contentLength reads the one header that a stream depends on (§20.14), in its long or short form. It must be there, once:
// two readers who take different ones would see different messages.
func contentLength(head []byte) (int, error) {
	found, times := "", 0
	for _, line := range unfolded(string(head)) {
		if isContentLength(line) {
			_, value, _ := strings.Cut(line, ":")
			found, times = strings.Trim(value, " \t"), times+1
		}
	}
	n, err := strconv.ParseUint(found, 10, 31)
	switch {
	case times != 1:
		return 0, &errFraming{status: 400, reason: "Content-Length is missing or repeated", head: head}
	case errors.Is(err, strconv.ErrRange):
		return longestMessage, nil // which is refused for its size
	case err != nil:
		return 0, &errFraming{status: 400, reason: "Content-Length is no number", head: head}
	}
	return int(n), nil
}

func isContentLength(line string) bool {
	name, _, _ := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	return strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "l")
}

// unfolded are the lines of a header section, each with what continues it (§7.3.1).
func unfolded(head string) []string {
	var lines []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if folded := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"); folded && len(lines) > 0 {
			lines[len(lines)-1] += line
		} else {
			lines = append(lines, line)
		}
	}
	return lines
}

// without is the header without Content-Length, so that the parser can read the rest.
func (e *errFraming) without() []byte {
	var rest []string
	for _, line := range unfolded(string(e.head)) {
		if !isContentLength(line) {
			rest = append(rest, line)
		}
	}
	return []byte(strings.Join(rest, "\r\n"))
}

package sip

import (
	"bytes"
	"errors"
	"iter"
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
	for h := range headersIn(head) {
		if isContentLength(h) {
			_, value, _ := bytes.Cut(h, []byte(":"))
			found, times = strings.Trim(unfolded(value), blanks), times+1
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

func isContentLength(header []byte) bool {
	name, _, _ := bytes.Cut(header, []byte(":"))
	text := strings.TrimRight(unfolded(name), blanks)
	return strings.EqualFold(text, "Content-Length") || strings.EqualFold(text, "l")
}

// unfolded is a header's text without what parts its lines (§7.3.1).
func unfolded(text []byte) string { return strings.ReplaceAll(string(text), newline, "") }

// headersIn are the headers of a header section, the start line for one of them, each as it stands there with the lines that continue it.
// Nothing is joined: a stranger's header is measured before it is asked whether the stranger is heard.
func headersIn(head []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		from := 0
		for at := 0; ; {
			n := bytes.Index(head[at:], crlf)
			if n < 0 {
				yield(head[from:])
				return
			}
			end := at + n
			if at = end + len(crlf); continues(head[at:]) {
				continue
			}
			if !yield(head[from:end]) {
				return
			}
			from = at
		}
	}
}

// without is the header without Content-Length, so that the parser can read the rest.
func (e *errFraming) without() []byte {
	var rest [][]byte
	for h := range headersIn(e.head) {
		if !isContentLength(h) {
			rest = append(rest, h)
		}
	}
	return bytes.Join(rest, crlf)
}

package sip

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// cut feeds a framing in pieces and returns what it found, and how it ended.
func cut(pieces ...string) (found []string, err error) {
	var f framing
	for _, p := range pieces {
		f.feed([]byte(p))
		for {
			m, err := f.next()
			if err != nil {
				return found, err
			}
			if m == nil {
				break
			}
			found = append(found, string(m))
		}
	}
	return found, nil
}

func framed(body string, headers ...string) string {
	return "OPTIONS sip:a SIP/2.0\r\n" + strings.Join(append(headers, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body
}

var framings = []struct {
	name, stream string
	want         []string
	status       int // of the answer that ends the stream; 0 when it goes on
}{
	{name: "nothing"},
	{name: "one message", stream: framed("hello"), want: []string{framed("hello")}},
	{name: "two in one segment", stream: framed("hello") + framed(""), want: []string{framed("hello"), framed("")}},
	{name: "a body that looks like a message", stream: framed(framed("x")) + framed(""), want: []string{framed(framed("x")), framed("")}},
	{name: "CRLF before it", stream: "\r\n" + framed("x"), want: []string{framed("x")}},
	{name: "a ping", stream: "\r\n\r\n" + framed("x"), want: []string{"\r\n\r\n", framed("x")}},
	{name: "a ping and a half", stream: "\r\n\r\n\r\n" + framed("x"), want: []string{"\r\n\r\n", framed("x")}},
	{name: "a message that has only begun", stream: framed("hello")[:20]},
	{name: "a body that has only begun", stream: framed("") + framed("hello")[:46], want: []string{framed("")}},
	{name: "the short form", stream: "A b C\r\nl : 2 \r\n\r\nxy", want: []string{"A b C\r\nl : 2 \r\n\r\nxy"}},
	{name: "folded", stream: "A b C\r\ncontent-length:\r\n\t2\r\n\r\nxy", want: []string{"A b C\r\ncontent-length:\r\n\t2\r\n\r\nxy"}},
	{name: "of another's continuation", stream: "A b C\r\nX: y\r\n Content-Length: 7\r\nl: 2\r\n\r\nxy", want: []string{"A b C\r\nX: y\r\n Content-Length: 7\r\nl: 2\r\n\r\nxy"}},
	{name: "folded before the colon", stream: "A b C\r\nl\r\n\t: 2\r\n \r\n\r\nxy", want: []string{"A b C\r\nl\r\n\t: 2\r\n \r\n\r\nxy"}},
	{name: "another that begins so", stream: "A b C\r\nl\r\n x: 7\r\nl: 2\r\n\r\nxy", want: []string{"A b C\r\nl\r\n x: 7\r\nl: 2\r\n\r\nxy"}},
	{name: "a number in two lines", stream: "A b C\r\nl: 1\r\n 2\r\n\r\n", status: 400},
	{name: "none, folded", stream: "A b C\r\nX: a\r\n b\r\n c\r\nVia: x\r\n\ty\r\n\r\n", status: 400},
	{name: "none", stream: framed("") + "A b C\r\nVia: x\r\n\r\n", want: []string{framed("")}, status: 400},
	{name: "two that agree", stream: framed("", "Content-Length: 0"), status: 400},
	{name: "two that do not", stream: framed("", "l: 5") + "hello", status: 400},
	{name: "no number", stream: "A b C\r\nl: x\r\n\r\n", status: 400},
	{name: "negative", stream: "A b C\r\nl: -1\r\n\r\n", status: 400},
	{name: "signed", stream: "A b C\r\nl: +1\r\n\r\nx", status: 400},
	{name: "empty", stream: "A b C\r\nl:\r\n\r\n", status: 400},
	{name: "too long a body", stream: "A b C\r\nl: 65536\r\n\r\n", status: 513},
	{name: "beyond all numbers", stream: "A b C\r\nl: 99999999999999999999\r\n\r\n", status: 513},
	{name: "an endless header", stream: strings.Repeat("A: b\r\n", longestMessage/6+2), status: 513},
	{name: "an endless line", stream: strings.Repeat("x", longestMessage+1), status: 513},
	{name: "as long as can be", stream: longest(), want: []string{longest()}},
}

func longest() string {
	head := "A b C\r\nl: 65517\r\n\r\n"
	return head + strings.Repeat("x", longestMessage-len(head))
}

func TestFraming(t *testing.T) {
	for _, c := range framings {
		t.Run(c.name, func(t *testing.T) {
			check := func(how string, pieces ...string) {
				t.Helper()
				found, err := cut(pieces...)
				status := 0
				if bad, ok := errors.AsType[*errFraming](err); ok {
					status = bad.status
				}
				if !slices.Equal(found, c.want) || status != c.status {
					t.Fatalf("%s: %q, %v", how, found, err)
				}
			}
			check("whole", c.stream)
			if len(c.stream) > 1000 {
				return
			}
			for i := range len(c.stream) {
				check(fmt.Sprintf("split at %d", i), c.stream[:i], c.stream[i:])
			}
			check("byte by byte", strings.Split(c.stream, "")...)
		})
	}
}

// A header is measured before its sender is asked for, so no more may be done to it than to look at it: nothing is made for each of its lines.
func TestMeasuringJoinsNoLines(t *testing.T) {
	const lines = 10000
	folded := "A b C\r\nX: y" + strings.Repeat("\r\n x", lines) + "\r\nl: 2\r\n"
	bad := errFraming{head: []byte(folded + "l: 2\r\n\r\n")}
	for name, f := range map[string]func(){
		"with a length":     func() { _, _ = contentLength([]byte(folded + "\r\n")) },
		"without":           func() { _, _ = contentLength(bad.head) },
		"made to be parsed": func() { _ = bad.without() },
	} {
		if n := testing.AllocsPerRun(1, f); n > 64 {
			t.Errorf("%s: %v buffers for %d lines", name, n, lines)
		}
	}
	if n, err := contentLength([]byte(folded + "\r\n")); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// However a stream is split, the same messages are found in it, none longer than may be, and nothing but CRLF is lost.
func FuzzFraming(f *testing.F) {
	for _, c := range framings {
		if len(c.stream) < 1000 {
			f.Add([]byte(c.stream), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		whole, wholeErr := cut(string(stream))
		var pieces []string
		for piece := range slices.Chunk(stream, int(size)+1) {
			pieces = append(pieces, string(piece))
		}
		split, splitErr := cut(pieces...)
		if !slices.Equal(whole, split) || (wholeErr == nil) != (splitErr == nil) {
			t.Fatalf("whole %q %v, split %q %v", whole, wholeErr, split, splitErr)
		}
		for _, m := range whole {
			if len(m) > longestMessage {
				t.Errorf("a message of %d bytes", len(m))
			}
			if !bytes.Contains(stream, []byte(m)) {
				t.Errorf("%q is not what was sent", m)
			}
		}
		if bad, ok := errors.AsType[*errFraming](wholeErr); ok {
			if n, err := contentLength(append(bad.without(), "l: 0\r\n\r\n"...)); bad.head != nil && (err != nil || n != 0) {
				t.Errorf("Content-Length was left: %q", bad.without())
			}
		}
	})
}

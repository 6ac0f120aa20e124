package japan

import (
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// lookAlikes are the characters that CP932 has under another code than the one usual elsewhere.
var lookAlikes = map[rune]rune{'〜': '～', '−': '－', '—': '―', '‖': '∥'}

// EncodeCP932 encodes a text; the look-alikes 〜 − — ‖ are written as ～ － ― ∥. A character that has no place in CP932 is a
// *TextError, counted from the beginning of s.
func EncodeCP932(s string) ([]byte, error) {
	e := cp932Encoder{at: start(), out: make([]byte, 0, len(s))}
	if err := e.add(s); err != nil {
		return nil, err
	}
	return e.out, nil
}

// NewWriter returns a writer that takes UTF-8 and writes enc (UTF8 or CP932) to w. A character that has no place there
// is a *TextError with its line and cell, and nothing from it on is written. Close writes nothing; it only reports a text
// that ended in the middle of a character.
func NewWriter(w io.Writer, enc Encoding) io.WriteCloser {
	if enc == CP932 {
		return &cp932Writer{to: w, encoder: cp932Encoder{at: start()}}
	}
	return passing{w}
}

// passing is a writer as it is.
type passing struct{ io.Writer }

func (passing) Close() error { return nil }

// cp932Writer encodes what is written, keeping back a character whose bytes have not all come.
type cp932Writer struct {
	to      io.Writer
	encoder cp932Encoder
	rest    []byte
}

func (w *cp932Writer) Write(p []byte) (int, error) {
	text := slices.Concat(w.rest, p)
	cut := len(text)
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if utf8.RuneStart(text[len(text)-i]) {
			if !utf8.FullRune(text[len(text)-i:]) {
				cut = len(text) - i
			}
			break
		}
	}
	bad := w.encoder.add(string(text[:cut]))
	w.rest = append([]byte(nil), text[cut:]...)
	_, err := w.to.Write(w.encoder.out)
	w.encoder.out = w.encoder.out[:0]
	if err := errors.Join(bad, err); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *cp932Writer) Close() error {
	if len(w.rest) > 0 {
		return unwritable(CP932, w.encoder.at, utf8.RuneError)
	}
	return nil
}

// cp932Encoder encodes character by character, so that it knows where a bad one stands.
type cp932Encoder struct {
	at  position
	out []byte
}

func (e *cp932Encoder) add(s string) error {
	encoder := japanese.ShiftJIS.NewEncoder()
	for len(s) > 0 {
		// ASCII needs no table, and is most of every list.
		if c := s[0]; c < utf8.RuneSelf {
			e.at.pass(c)
			e.out = append(e.out, c)
			s = s[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		if same, ok := lookAlikes[r]; ok {
			r = same
		}
		s = s[size:]
		if r >= gaijiLow && r <= gaijiHigh {
			e.out = append(e.out, gaijiBytes(r)...)
			continue
		}
		var buf [4]byte
		n, _, err := encoder.Transform(buf[:], utf8.AppendRune(nil, r), true)
		if err != nil || r == utf8.RuneError {
			return unwritable(CP932, e.at, r)
		}
		e.out = append(e.out, buf[:n]...)
	}
	return nil
}

func gaijiBytes(r rune) []byte {
	i := r - gaijiLow
	trail := byte(i%gaijiRow) + 0x40
	if trail >= 0x7f {
		trail++
	}
	return []byte{gaijiFirst + byte(i/gaijiRow), trail}
}

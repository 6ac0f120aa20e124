package japan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is how a text is written down.
type Encoding string

// The encodings.
const (
	UTF8  Encoding = "UTF-8"
	CP932 Encoding = "CP932"
	UTF16 Encoding = "UTF-16"
)

// looked is how much of a text Decode looks at to tell its encoding.
const looked = 64 << 10

// Decode tells a text's encoding by its beginning (byte order mark; else UTF-8 when it is that, else CP932) and returns
// it as a stream of UTF-8 without the mark. Reading from that fails with a *TextError at the first character that cannot
// be read; everything before it was delivered.
func Decode(r io.Reader) (io.Reader, Encoding, error) {
	b := bufio.NewReaderSize(r, looked)
	head, err := b.Peek(looked)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", fmt.Errorf("read the file: %w", err)
	}
	enc, skip := detect(head, errors.Is(err, io.EOF))
	if _, err := b.Discard(skip); err != nil {
		return nil, "", fmt.Errorf("read the file: %w", err)
	}
	var decoder transform.Transformer
	switch enc {
	case UTF8:
		decoder = utf8Decoder{}
	case CP932:
		decoder = cp932Decoder{}
	case UTF16:
		decoder = utf16Decoder(head)
	}
	return transform.NewReader(transform.NewReader(b, decoder), &strict{enc: enc, at: start()}), enc, nil
}

// detect tells the encoding from the beginning of a text, and how long its byte order mark is. whole is true when head
// is all there is.
func detect(head []byte, whole bool) (enc Encoding, skip int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		return UTF8, 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return UTF16, 0 // the decoder reads the mark itself
	}
	if !whole { // the last character may be cut
		for i := 1; i < utf8.UTFMax && i <= len(head); i++ {
			if c := head[len(head)-i]; utf8.RuneStart(c) {
				if !utf8.FullRune(head[len(head)-i:]) {
					head = head[:len(head)-i]
				}
				break
			}
		}
	}
	if utf8.Valid(head) {
		return UTF8, 0
	}
	return CP932, 0
}

func utf16Decoder(head []byte) transform.Transformer {
	order := unicode.LittleEndian
	if head[0] == 0xfe {
		order = unicode.BigEndian
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder()
}

// strict passes UTF-8 on and fails at the character that stands for what could not be read. No encoding of Japan has
// U+FFFD itself, and a UTF-8 text that has it was spoilt before it came here.
type strict struct {
	transform.NopResetter

	enc Encoding
	at  position
}

// Transform implements transform.Transformer.
func (s *strict) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		c := src[nSrc]
		if c == '\xef' { // the first byte of U+FFFD, and of others
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if bytes.HasPrefix(src[nSrc:], replacement) {
				return nDst, nSrc, unreadable(s.enc, s.at)
			}
		}
		if nDst == len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		s.at.pass(c)
		dst[nDst] = c
		nDst, nSrc = nDst+1, nSrc+1
	}
	return nDst, nSrc, nil
}

var replacement = []byte("\ufffd")

// utf8Decoder passes UTF-8 on and turns every byte that is none into U+FFFD.
type utf8Decoder struct{ transform.NopResetter }

func (utf8Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		if !atEOF && !utf8.FullRune(src[nSrc:]) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := utf8.DecodeRune(src[nSrc:])
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// The gaiji of CP932: lead bytes F0 to F9, 188 characters each, stand for U+E000 to U+E757.
const (
	gaijiFirst, gaijiLast = 0xf0, 0xf9
	gaijiRow              = 188
	gaijiLow, gaijiHigh   = '\ue000', '\ue000' + 10*gaijiRow - 1
)

// cp932Decoder is x/text's Shift_JIS, which is CP932 but for the gaiji, and with them.
type cp932Decoder struct{ transform.NopResetter }

func (cp932Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	plain := japanese.ShiftJIS.NewDecoder()
	for nSrc < len(src) {
		run := plainRun(src[nSrc:])
		d, s, err := plain.Transform(dst[nDst:], src[nSrc:nSrc+run], atEOF || nSrc+run < len(src))
		nDst, nSrc = nDst+d, nSrc+s
		if err != nil {
			return nDst, nSrc, err
		}
		if nSrc == len(src) {
			break
		}
		if nSrc+1 == len(src) && !atEOF {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, size := gaiji(src[nSrc:])
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
}

// plainRun is how many bytes stand before the first gaiji.
func plainRun(src []byte) int {
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c >= gaijiFirst && c <= gaijiLast:
			return i
		case (c > 0x80 && c < 0xa0) || (c >= 0xe0 && c < 0xfd):
			i++ // the trail byte is no lead byte, whatever it is
		}
	}
	return len(src)
}

// gaiji decodes the gaiji at the beginning of src.
func gaiji(src []byte) (r rune, size int) {
	if len(src) < 2 || src[1] < 0x40 || src[1] == 0x7f || src[1] > 0xfc {
		return utf8.RuneError, 1
	}
	trail := rune(src[1]) - 0x40
	if src[1] > 0x7f {
		trail--
	}
	return gaijiLow + rune(src[0]-gaijiFirst)*gaijiRow + trail, 2
}

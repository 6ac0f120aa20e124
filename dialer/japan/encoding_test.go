package japan

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func decodeAll(t *testing.T, b []byte) (string, Encoding, error) {
	t.Helper()
	// One byte at a time: no cut through a character may matter.
	r, enc, err := Decode(iotest.OneByteReader(bytes.NewReader(b)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(iotest.OneByteReader(r))
	return string(got), enc, err
}

func TestDecodeTellsEncodings(t *testing.T) {
	const text = "宛名番号,氏名\r\n0000000001,見本　太郎\r\n"
	cp932, err := EncodeCP932(text)
	if err != nil {
		t.Fatal(err)
	}
	utf16 := func(high, low int) []byte {
		b := []byte{}
		for _, r := range "\ufeff" + text {
			unit := [2]byte{byte(r >> 8), byte(r)}
			b = append(b, unit[high], unit[low])
		}
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		want Encoding
	}{
		"UTF-8": {[]byte(text), UTF8}, "UTF-8 with mark": {[]byte("\ufeff" + text), UTF8}, "CP932": {cp932, CP932},
		"UTF-16BE": {utf16(0, 1), UTF16}, "UTF-16LE": {utf16(1, 0), UTF16},
	} {
		got, enc, err := decodeAll(t, c.in)
		if err != nil || enc != c.want || got != text {
			t.Errorf("%s: got %q as %s: %v", name, got, enc, err)
		}
	}
	if got, enc, err := decodeAll(t, nil); got != "" || enc != UTF8 || err != nil {
		t.Errorf("an empty file: %q %s %v", got, enc, err)
	}
}

func TestDecodeSaysWhere(t *testing.T) {
	long := strings.Repeat("あ,\"い\nう\",え\n", 20_000) // three physical lines a record, beyond what is looked at
	for name, c := range map[string]struct {
		in         []byte
		enc        Encoding
		line, cell int
	}{
		"half a character of CP932": {[]byte("\x83\x65,\x83\x65,x\x83\n"), CP932, 1, 3},
		"no character of CP932":     {[]byte("a,b\nc,\"d,\n\",\x85\xfc\n"), CP932, 3, 3},
		"in the middle of UTF-8":    {[]byte(long + "a,b,\xff"), UTF8, 40_001, 3},
		"spoilt before":             {[]byte("あ\tい\nう\t\ufffd"), UTF8, 2, 2},
		"cut UTF-8":                 {[]byte(long + "a\xe3\x81"), UTF8, 40_001, 1},
	} {
		_, enc, err := decodeAll(t, c.in)
		var bad *TextError
		if !errors.As(err, &bad) || enc != c.enc || bad.Line != c.line || bad.Cell != c.cell {
			t.Errorf("%s: got %v as %s, want line %d cell %d", name, err, enc, c.line, c.cell)
			continue
		}
		if bad.Japanese() == "" || bad.Error() == "" || bad.Encoding != c.enc {
			t.Errorf("%s: incomplete: %+v", name, bad)
		}
	}
}

func TestCP932LookAlikes(t *testing.T) {
	got, err := EncodeCP932("〜−—‖")
	if err != nil {
		t.Fatal(err)
	}
	if text, _, err := decodeAll(t, got); err != nil || text != "～－―∥" {
		t.Errorf("got %q %v", text, err)
	}
}

func TestUnwritableCharacterIsReportedWithItsCell(t *testing.T) {
	var out bytes.Buffer
	w := NewWriter(&out, CP932)
	_, err := io.Copy(w, iotest.OneByteReader(strings.NewReader("見本,一\r\n二,𠮷\r\n")))
	var bad *TextError
	if !errors.As(err, &bad) || bad.Line != 2 || bad.Cell != 2 || !strings.Contains(bad.JA, "U+20BB7") {
		t.Errorf("got %v", err)
	}
	if text, _, _ := decodeAll(t, out.Bytes()); text != "見本,一\r\n二," {
		t.Errorf("written so far: %q", text)
	}
}

func TestWriterNoticesACutCharacter(t *testing.T) {
	w := NewWriter(io.Discard, CP932)
	if _, err := w.Write([]byte("見\xe6")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Error("half a character went unnoticed")
	}
	if err := NewWriter(io.Discard, UTF8).Close(); err != nil {
		t.Error(err)
	}
}

func TestGaijiSurvive(t *testing.T) {
	in := []byte("\x96\xbc\xf0\x40\xf0\x7e\xf0\x80\xf0\xfc\xf9\xfc,x")
	text, enc, err := decodeAll(t, in)
	if err != nil || enc != CP932 || text != "名\ue000\ue03e\ue03f\ue0bb\ue757,x" {
		t.Fatalf("got %+q as %s: %v", text, enc, err)
	}
	if out, err := EncodeCP932(text); err != nil || !bytes.Equal(out, in) {
		t.Errorf("came back as % x: %v", out, err)
	}
}

// What was written in CP932 is read back as it was, however it is cut into writes.
func TestCP932RoundTrip(t *testing.T) {
	runes := rapid.OneOf(rapid.RuneFrom([]rune("あア亜ｱ①髙﨑～－　,\"\r\n1a\ue000\ue757")), rapid.RuneFrom([]rune("一丁七万丈三")))
	rapid.Check(t, func(t *rapid.T) {
		text := "見本" + rapid.StringOf(runes).Draw(t, "text")
		var out bytes.Buffer
		w := NewWriter(&out, CP932)
		for rest := []byte(text); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		r, _, err := Decode(&out)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != text {
			t.Fatalf("got %q %v", got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"\x83\x65", "\xff\xfe\x42\x30", "\xef\xbb\xbfa", "\xf0\x40", "あ\ufffd", "\x80\xa0\xfd", "\xe3\x81"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, _, err := Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if !utf8.Valid(got) || bytes.Contains(got, replacement) {
			t.Fatalf("delivered % x", got)
		}
		var bad *TextError
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.Cell < 1) {
			t.Fatal(err)
		}
	})
}

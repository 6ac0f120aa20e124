package japan

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Text makes a cell fit to be kept and shown: half-width kana become full-width, control characters go, line ends become
// "\n", and the space around it is cut. Nothing else changes: full NFKC would turn 神 (U+FA19) into another character, and
// the ward's spelling of a name is the name.
func Text(cell string) string {
	if !strings.ContainsFunc(cell, unsettled) {
		return strings.TrimSpace(cell)
	}
	out := make([]rune, 0, len(cell))
	for _, r := range strings.ReplaceAll(cell, "\r\n", "\n") {
		if r >= '\uff61' && r <= '\uff9f' {
			r = width.LookupRune(r).Wide()
		}
		switch {
		case r == '\u3099' || r == '\u309a':
			out = voice(out, r)
		case r == '\r':
			out = append(out, '\n')
		case r == '\t':
			out = append(out, ' ')
		case r == '\n' || !unicode.IsControl(r) && r != '\ufeff':
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out))
}

// unsettled reports whether Text has something to do about a character.
func unsettled(r rune) bool {
	return r < ' ' || r == 0x7f || r >= 0x80 && (unicode.IsControl(r) || r >= '\uff61' && r <= '\uff9f' ||
		r == '\u3099' || r == '\u309a' || r == '\ufeff' || r == utf8.RuneError)
}

// Kana is Text for a reading: hiragana become katakana, and any run of spaces one full-width space, so that a search by
// the beginning finds it however it was typed.
func Kana(cell string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'ぁ' && r <= 'ゖ' {
			return r + ('ァ' - 'ぁ')
		}
		return r
	}, Text(cell))
	return strings.Join(strings.Fields(s), "\u3000")
}

// Plain is a cell as it is compared: widths folded to one (ＡＢＣ１ → abc1, ｱ → ア), without spaces at its ends, lower case.
func Plain(cell string) string {
	s := Text(cell)
	if strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		s = strings.TrimSpace(norm.NFC.String(width.Fold.String(s)))
	}
	return strings.ToLower(s)
}

// voice joins a combining voicing mark to the character before it, or puts it down as a character of its own when the two
// do not make one.
func voice(out []rune, mark rune) []rune {
	if last := len(out) - 1; last >= 0 {
		if joined := []rune(norm.NFC.String(string([]rune{out[last], mark}))); len(joined) == 1 {
			out[last] = joined[0]
			return out
		}
	}
	return append(out, mark+2) // U+309B, U+309C: the same marks, standing alone
}

package dialer

import (
	"strings"
	"unicode"
)

// FormulaSign finds what has a spreadsheet take a cell for a formula, the wide signs of a Japanese keyboard included, behind whatever of a cell's beginning a
// program may skip: blanks of any width, and what is not seen at all. Tab and carriage return are signs to some programs; what follows them decides. It is asked
// of a cell as it is written, after all that is replaced in it.
func FormulaSign(cell string) (sign rune, ok bool) {
	for _, r := range strings.TrimLeftFunc(cell, skipped) {
		return r, strings.ContainsRune("=+-@＝＋－＠−", r)
	}
	return 0, false
}

func skipped(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) // Cf: zero-width signs, and a byte order mark
}

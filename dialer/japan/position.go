package japan

import "fmt"

// TextError is a character that cannot be read or written: where it stands, and what to do. Line and Cell count from
// one; cells are told apart by commas, or by tabs when the first line has a tab and no comma. It never holds the text.
type TextError struct {
	Encoding   Encoding
	Line, Cell int
	JA, EN     string
}

func (e *TextError) Error() string { return e.EN }

// Japanese is the sentence for the screen.
func (e *TextError) Japanese() string { return e.JA }

func unreadable(enc Encoding, at position) *TextError {
	return &TextError{
		Encoding: enc, Line: at.line, Cell: at.cell(),
		JA: fmt.Sprintf("%d行%d列目に %s として読めない文字があります。文字コードを Shift_JIS(CP932)か UTF-8 にして保存し直してください", at.line, at.cell(), enc),
		EN: fmt.Sprintf("line %d, cell %d: not readable as %s; save the file again as Shift_JIS (CP932) or UTF-8", at.line, at.cell(), enc),
	}
}

func unwritable(enc Encoding, at position, r rune) *TextError {
	return &TextError{
		Encoding: enc, Line: at.line, Cell: at.cell(),
		JA: fmt.Sprintf("%d行%d列目の文字(U+%04X)は %s で書けません。文字を置き換えるか UTF-8 で出力してください", at.line, at.cell(), r, enc),
		EN: fmt.Sprintf("line %d, cell %d: the character U+%04X has no place in %s; replace it, or write UTF-8", at.line, at.cell(), r, enc),
	}
}

// position follows a CSV text: which line and which cell the next character belongs to.
type position struct {
	line, commas, tabs int
	quoted             bool
	byTab              bool // settled at the end of the first line
}

func start() position { return position{line: 1} }

func (p *position) cell() int {
	if p.byTab || (p.line == 1 && p.commas == 0) {
		return p.tabs + 1
	}
	return p.commas + 1
}

// pass moves the position over one byte of UTF-8 text; bytes of other characters than these change nothing.
func (p *position) pass(c byte) {
	switch c {
	case '"':
		p.quoted = !p.quoted
	case ',':
		if !p.quoted {
			p.commas++
		}
	case '\t':
		if !p.quoted {
			p.tabs++
		}
	case '\n':
		if p.line == 1 && p.tabs > 0 && p.commas == 0 {
			p.byTab = true
		}
		p.line++
		if !p.quoted {
			p.commas, p.tabs = 0, 0
		}
	}
}

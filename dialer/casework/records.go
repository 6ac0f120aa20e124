package casework

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

const (
	// maxLine is the longest line a list may have, in bytes. What is longer is no list.
	maxLine = 1 << 20
	// maxSpan is how many lines one record may run over by line ends inside quotes. A quote that is open for longer was
	// never closed, and must not swallow the rest of the file.
	maxSpan = 20
)

var errLongLine = errors.New("a line is longer than any list's")

// records splits a text into records of cells, as RFC 4180 has it, and goes on after a broken one: encoding/csv would
// read to the end of the file behind one quote too many. Lines may end with LF, CRLF or CR.
type records struct {
	in      *bufio.Reader
	sep     byte
	line    int      // of the line last taken
	pending []string // lines that were read ahead and given back
}

// record is one record; broken says why its cells cannot be told, and is a Problem's Code.
type record struct {
	line   int // of its first line
	cells  []string
	broken string
}

// blank reports whether there is nothing in the record, as in the empty lines that spreadsheets leave.
func (r record) blank() bool {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return r.broken == ""
}

// next returns the next record; io.EOF after the last.
func (r *records) next() (record, error) {
	first, err := r.take()
	if err != nil {
		return record{}, err
	}
	rec := record{line: r.line}
	lines, quotes := []string{first}, strings.Count(first, `"`)
	for cells, state := split(first, r.sep); ; {
		if state == whole {
			rec.cells = cells
			return rec, nil
		}
		if state == broken || len(lines) == maxSpan {
			break
		}
		more, err := r.take()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return record{}, err
		}
		lines = append(lines, more)
		// With an odd number of quotes one is open still. Only where it may be closed all is read again: a file of quotes that are
		// never closed must not take the square of its length.
		if quotes += strings.Count(more, `"`); quotes%2 == 0 {
			cells, state = split(strings.Join(lines, "\n"), r.sep)
		}
	}
	rec.broken = "bare_quote"
	r.giveBack(lines[1:])
	return rec, nil
}

// take returns the next line without its end.
func (r *records) take() (string, error) {
	if len(r.pending) > 0 {
		line := r.pending[0]
		r.pending = r.pending[1:]
		r.line++
		return line, nil
	}
	var b strings.Builder
	for {
		c, err := r.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF) && b.Len() > 0, err == nil && c == '\n':
			r.line++
			return b.String(), nil
		case err != nil:
			return "", err
		case c == '\r':
			if after, _ := r.in.Peek(1); len(after) == 1 && after[0] == '\n' {
				continue
			}
			r.line++
			return b.String(), nil
		case b.Len() == maxLine:
			return "", errLongLine
		}
		b.WriteByte(c)
	}
}

func (r *records) giveBack(lines []string) {
	r.pending = append(append([]string(nil), lines...), r.pending...)
	r.line -= len(lines)
}

// splitState is how a split ended.
type splitState int

const (
	whole  splitState = iota
	open              // inside quotes
	broken            // a quote where none may be
)

// split cuts a record into cells. A cell of the form ="0312" (a spreadsheet's way to keep zeros) is the text in quotes.
func split(text string, sep byte) (cells []string, state splitState) {
	for {
		rest, formula := strings.CutPrefix(text, `="`)
		if !formula {
			rest, formula = strings.CutPrefix(text, `"`)
		}
		if !formula {
			i := strings.IndexByte(text, sep)
			cell := text
			if i >= 0 {
				cell = text[:i]
			}
			if strings.Contains(cell, `"`) {
				return nil, broken
			}
			cells = append(cells, cell)
			if i < 0 {
				return cells, whole
			}
			text = text[i+1:]
			continue
		}
		cell, after, closed := unquote(rest)
		switch {
		case !closed:
			return nil, open
		case after == "":
			return append(cells, cell), whole
		case after[0] != sep:
			return nil, broken
		}
		cells = append(cells, cell)
		text = after[1:]
	}
}

// unquote reads a cell up to its closing quote; a doubled quote inside is one quote.
func unquote(s string) (cell, after string, closed bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if !strings.HasPrefix(s, `"`) {
			return b.String(), s, true
		}
		b.WriteByte('"')
		s = s[1:]
	}
}

package casework

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"kakeru/dialer"
)

// headerWithin is how many lines with something in them may come up to the header: lists are printed with a title.
const headerWithin = 10

// ReadList reads the ward's list (UTF-8, separated by commas or tabs) row by row, holding one row at a time. A row with
// problems is yielded with them and the rest still read; an error is a *ListError, ends the sequence, and says that the
// list as a whole is not to be taken. Rows of one 宛名番号 belong to one case; whether they agree is for who gathers them.
func ReadList(r io.Reader, m Mapping, n Notation, refs dialer.Refs) iter.Seq2[Row, error] {
	l := newLines(m, n, refs)
	return readRows(r, l, func(rec record, ofHeader []Problem) Row {
		row := l.row(rec)
		row.Problems = append(ofHeader, row.Problems...)
		return row
	})
}

// readRows finds the header and reads the records behind it; read is given what was wrong with the header, once.
func readRows[R any](r io.Reader, l *lines, read func(rec record, ofHeader []Problem) R) iter.Seq2[R, error] {
	var none R
	return func(yield func(R, error) bool) {
		recs := &records{in: bufio.NewReaderSize(r, 64<<10)}
		first, err := l.findHeader(recs)
		if err != nil {
			yield(none, err)
			return
		}
		rows := 0
		for {
			rec, err := recs.next()
			switch {
			case errors.Is(err, io.EOF):
				if rows == 0 {
					yield(none, &ListError{Code: "no_rows", JA: "見出しだけで、明細が1行もありません。一覧表を出力し直してください", EN: "the list has a header but no rows; export it again"})
				}
				return
			case err != nil:
				yield(none, unread(err))
				return
			case rec.blank():
				continue
			}
			row := read(rec, first)
			first, rows = nil, rows+1
			if !yield(row, nil) {
				return
			}
		}
	}
}

// lines turns records into rows, once the header is known.
type lines struct {
	mapping    Mapping
	notation   Notation
	refs       dialer.Refs
	key        func(string) string
	insurances map[string]Insurance
	languages  map[string]string
	header     header
}

func newLines(m Mapping, n Notation, refs dialer.Refs) *lines {
	key := compare(n)
	return &lines{mapping: m, notation: n, refs: refs, key: key, insurances: byKey(m.Insurances, key), languages: byKey(m.Languages, key)}
}

// findHeader reads up to the header and settles the separator. It returns what is wrong with single columns.
func (l *lines) findHeader(recs *records) ([]Problem, error) {
	if isBook(recs.in) {
		return nil, &ListError{Code: "excel", JA: "Excelブックのようです。「CSV(コンマ区切り)」で保存してから取り込んでください", EN: "this is an Excel book; save it as CSV and take that"}
	}
	var best *header
	for seen := 0; seen < headerWithin; {
		line, err := recs.take()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unread(err)
		}
		if recs.line == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		recs.sep = separator(line)
		recs.giveBack([]string{line})
		rec, err := recs.next()
		if err != nil {
			return nil, unread(err)
		}
		if rec.blank() {
			continue
		}
		seen++
		m, h, ok := l.mapping.settle(rec.cells, l.key)
		if ok {
			l.mapping, l.header = m, h
			if m.Found != nil {
				m.Found(m.Source)
			}
			return l.unknownColumns(rec.line), nil
		}
		if best == nil || h.better(*best) {
			best = &h
		}
	}
	if best == nil {
		return nil, &ListError{Code: "empty", JA: "ファイルが空です。一覧表を出力し直してください", EN: "the file is empty; export the list again"}
	}
	return nil, l.refuse(*best)
}

// isBook reports whether a text is an Excel book that was taken for one: a zip archive, or the older format as CP932
// shows its first bytes.
func isBook(in *bufio.Reader) bool {
	magic, _ := in.Peek(7)
	return strings.HasPrefix(string(magic), "PK\x03\x04") || string(magic) == "\uff90\uff8f\x11"
}

// unknownColumns reports columns that mean nothing, by their place: what stands there may be anything.
func (l *lines) unknownColumns(line int) []Problem {
	var ps []Problem
	for _, i := range l.header.unknown {
		s := sentences["unknown_column"]
		ps = append(ps, Problem{Line: line, Column: fmt.Sprintf("%d列目", i), Code: "unknown_column", JA: s[0], EN: s[1]})
	}
	return ps
}

// separator tells tabs from commas by the header.
func separator(line string) byte {
	if strings.Contains(line, "\t") && !strings.Contains(line, ",") {
		return '\t'
	}
	return ','
}

// unread turns the reader's error into one that says what to do.
func unread(err error) error {
	var ja interface{ Japanese() string }
	switch {
	case errors.Is(err, errLongLine):
		return &ListError{Code: "long_line", JA: "1行が長すぎます。CSV の一覧表か確かめてください", EN: "a line is too long; check that this is the list as CSV", cause: err}
	case errors.As(err, &ja):
		return &ListError{Code: "encoding", JA: ja.Japanese(), EN: err.Error(), cause: err}
	default:
		return &ListError{Code: "read", JA: "ファイルを最後まで読めませんでした。もう一度取り込んでください", EN: "the file could not be read to its end; take it in again", cause: err}
	}
}

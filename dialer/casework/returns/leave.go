package returns

import (
	"fmt"
	"iter"
	"strings"

	"kakeru/dialer"
	"kakeru/dialer/casework/dayclose"
)

// leaving writes the files of one close or export into the ward's folder. They are named by it, so that written again they are the
// same files. Rows and what is reported of them go to disk as they come.
type leaving struct {
	folder   dayclose.Folder
	layout   Layout
	alphabet Alphabet
	day      dialer.Date
	id       string
	tell     func(line string) // of each cell that could not be written as it is; nil: nobody
	files    []dayclose.File
	report   *dayclose.Writing // of these cells; nil while there are none
	lines    int
}

// table leaves one file of rows under headers, and says how many there were. One without rows is left only where it is wanted.
func (l *leaving) table(kind string, headers []string, rows iter.Seq2[[]string, error], wanted bool) (n int, err error) {
	w, err := l.folder.Create(kind, l.name(kind, "csv"))
	if err != nil {
		return 0, err
	}
	defer w.Discard()
	t := l.layout.table(w, l.alphabet, func(r Replaced) error { return l.replaced(kind + " " + r.String()) })
	if err := t.add(headers, headers); err != nil {
		return 0, err
	}
	for cells, err := range rows {
		if err == nil {
			err = t.add(headers, cells)
		}
		if err != nil {
			return n, err
		}
		n++
	}
	if n == 0 && !wanted {
		return 0, nil
	}
	if err := t.out.Flush(); err != nil {
		return n, err
	}
	return n, l.keep(w, n)
}

// replaced notes one line of the report.
func (l *leaving) replaced(line string) (err error) {
	if l.tell != nil {
		l.tell(line)
	}
	if l.report == nil {
		if l.report, err = l.folder.Create(kindReplaced, l.name(kindReplaced, "txt")); err != nil {
			return err
		}
	}
	l.lines++
	_, err = l.report.Write([]byte(line + "\r\n"))
	return err
}

// holds notes in the file that was left last which hand-offs stand in it.
func (l *leaving) holds(ids []string) {
	l.files[len(l.files)-1].IDs = strings.Join(ids, " ")
}

// done leaves the report beside the files, if there is anything to report.
func (l *leaving) done() ([]dayclose.File, error) {
	if l.report == nil {
		return l.files, nil
	}
	return l.files, l.keep(l.report, l.lines)
}

// discard leaves no report of files that were not all written.
func (l *leaving) discard() {
	if l.report != nil {
		l.report.Discard()
	}
}

func (l *leaving) name(kind, ext string) string {
	return fmt.Sprintf("%s/%s-%s.%s", l.day, kind, l.id, ext)
}

func (l *leaving) keep(w *dayclose.Writing, rows int) error {
	f, err := w.Keep(rows)
	if err == nil {
		l.files = append(l.files, f)
	}
	return err
}

// write leaves one file that is no table.
func (l *leaving) write(kind, ext string, body []byte) error {
	f, err := l.folder.Write(kind, l.name(kind, ext), body, 0)
	if err == nil {
		l.files = append(l.files, f)
	}
	return err
}

// The kinds of files.
const (
	kindRecords  = "records"
	kindNumbers  = "numbers"
	kindHandoffs = "handoffs"
	kindReplaced = "replaced"
	kindHandover = "handover"
)

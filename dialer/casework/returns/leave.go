package returns

import (
	"fmt"
	"strings"

	"kakeru/dialer"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// leaving writes the files of one close or export into the ward's folder. They are named by it, so that written again they are the
// same files.
type leaving struct {
	folder dayclose.Folder
	day    dialer.Date
	id     string
	files  []dayclose.File
	report []string // the cells that could not be written as they are
}

// add leaves one file, as Layout.Records and its like return it.
func (l *leaving) add(kind string, rows int, body []byte, replaced []Replaced, err error) error {
	if err != nil {
		return err
	}
	for _, r := range replaced {
		l.report = append(l.report, kind+" "+r.String())
	}
	return l.write(kind, "csv", body, rows)
}

// holds notes in the file that was left last which hand-offs stand in it.
func (l *leaving) holds(handoffs []casework.Handoff) {
	ids := make([]string, len(handoffs))
	for i, h := range handoffs {
		ids[i] = h.ID
	}
	l.files[len(l.files)-1].IDs = strings.Join(ids, " ")
}

// done leaves the report beside the files, if there is anything to report.
func (l *leaving) done() ([]dayclose.File, error) {
	if len(l.report) == 0 {
		return l.files, nil
	}
	err := l.write(kindReplaced, "txt", []byte(strings.Join(l.report, "\r\n")+"\r\n"), len(l.report))
	return l.files, err
}

func (l *leaving) write(kind, ext string, body []byte, rows int) error {
	f, err := l.folder.Write(kind, fmt.Sprintf("%s/%s-%s.%s", l.day, kind, l.id, ext), body, rows)
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

package returns

import (
	"strconv"
	"strings"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/casework"
)

// Mark says why a row goes that is not the first of its attempt.
type Mark string

// The marks.
const (
	Correction Mark = "correction" // something was recorded after the attempt had gone
	Again      Mark = "again"      // the same stands in a file that the ward was given before: of an export, or of a close that was given up
)

// Row is one negotiation record: an attempt, or a call that came in, with what was recorded of it.
type Row struct {
	Attempt    dialer.CallID
	Revision   int // 0: nothing was recorded of it, as of one that nobody answered
	WardNumber string
	At         time.Time
	Direction  dialer.Direction
	Origin     casework.Origin
	Kind       casework.InboundKind // of a call that came in
	NumberKind dialer.NumberKind
	Result     dialer.Result
	Party      casework.Party
	Business   []casework.Business
	Promise    *casework.Promise
	Note       string
	CallAgain  *time.Time
	Operator   dialer.UserID
	Mark       Mark
}

// fields are what a column can hold. name tells a person's name.
var fields = map[string]func(r Row, c Codes, name func(dialer.UserID) string) string{
	"ward_number": func(r Row, _ Codes, _ func(dialer.UserID) string) string { return r.WardNumber },
	"date":        func(r Row, _ Codes, _ func(dialer.UserID) string) string { return inTokyo(r.At, "2006/01/02") },
	"time":        func(r Row, _ Codes, _ func(dialer.UserID) string) string { return inTokyo(r.At, "15:04") },
	"direction": func(r Row, c Codes, _ func(dialer.UserID) string) string {
		return c.Direction[string(r.Direction)] + c.Origin[string(r.Origin)]
	},
	"kind":        func(r Row, c Codes, _ func(dialer.UserID) string) string { return c.Kind[string(r.Kind)] },
	"number_kind": func(r Row, c Codes, _ func(dialer.UserID) string) string { return c.NumberKind[string(r.NumberKind)] },
	"result":      func(r Row, c Codes, _ func(dialer.UserID) string) string { return c.Result[string(r.Result)] },
	"party":       func(r Row, c Codes, _ func(dialer.UserID) string) string { return c.Party[string(r.Party)] },
	"business": func(r Row, c Codes, _ func(dialer.UserID) string) string {
		words := make([]string, len(r.Business))
		for i, b := range r.Business {
			words[i] = c.Business[string(b)]
		}
		return strings.Join(words, "、")
	},
	"promise_yen": func(r Row, _ Codes, _ func(dialer.UserID) string) string {
		if r.Promise == nil {
			return ""
		}
		return strconv.FormatInt(r.Promise.Yen, 10)
	},
	"promise_due_on": func(r Row, _ Codes, _ func(dialer.UserID) string) string {
		if r.Promise == nil {
			return ""
		}
		return strings.ReplaceAll(r.Promise.DueOn, "-", "/")
	},
	"promise_means": func(r Row, c Codes, _ func(dialer.UserID) string) string {
		if r.Promise == nil {
			return ""
		}
		return c.Means[r.Promise.Means]
	},
	"note": func(r Row, _ Codes, _ func(dialer.UserID) string) string { return r.Note },
	"call_again": func(r Row, _ Codes, _ func(dialer.UserID) string) string {
		if r.CallAgain == nil {
			return ""
		}
		return inTokyo(*r.CallAgain, "2006/01/02 15:04")
	},
	"operator": func(r Row, _ Codes, name func(dialer.UserID) string) string { return name(r.Operator) },
	"mark":     func(r Row, c Codes, _ func(dialer.UserID) string) string { return c.Mark[string(r.Mark)] },
	"id":       func(r Row, _ Codes, _ func(dialer.UserID) string) string { return string(r.Attempt) },
}

func inTokyo(at time.Time, layout string) string { return at.In(dialer.Tokyo).Format(layout) }

// Text is a record to paste into a form that has one field: one line, also of a note that has several.
func (l Layout) Text(r Row, name func(dialer.UserID) string) string {
	var parts []string
	for _, c := range l.Columns {
		if c.Field == "ward_number" || c.Field == "id" {
			continue // it is pasted where these are known
		}
		if cell := fields[c.Field](r, l.Codes, name); cell != "" {
			parts = append(parts, c.Header+":"+oneLine.Replace(cell))
		}
	}
	return strings.Join(parts, " / ")
}

var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ")

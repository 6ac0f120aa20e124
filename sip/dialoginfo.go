package sip

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

const dialogInfoType = "application/dialog-info+xml"

// Bounds of what a phone can have us read: its few lines need no more.
const (
	dialogInfoLong  = 64 << 10
	dialogInfoDeep  = 12
	dialogInfoParts = 2000
	dialogsMost     = 64
)

// dialogInfo is what a phone says of its dialogs (RFC 4235 §4.1), as far as it matters here.
type dialogInfo struct {
	version uint64
	full    bool // all there are; else only those that have changed
	dialogs []phoneDialog
}

// phoneDialog is one of them. Its numbers and names are not read at all.
type phoneDialog struct {
	id     string
	callID string // "" where the phone does not say
	state  string
}

// busy are the states in which somebody uses the phone (§3.7.1): from lifting the handset to hanging up.
func (d phoneDialog) busy() bool {
	switch d.state {
	case "trying", "proceeding", "early", "confirmed":
		return true
	}
	return false
}

var errDialogInfo = errors.New("it is no dialog-info document")

// readDialogInfo reads a document. Document type declarations are refused, so nothing in it can stand for something else.
func readDialogInfo(text []byte) (dialogInfo, error) {
	if len(text) > dialogInfoLong {
		return dialogInfo{}, errDialogInfo
	}
	r := dialogInfoReader{d: xml.NewDecoder(bytes.NewReader(text))}
	for range dialogInfoParts {
		token, err := r.d.Token()
		if errors.Is(err, io.EOF) && r.closed {
			return r.info, nil
		}
		if err != nil || !r.take(token) {
			return dialogInfo{}, errDialogInfo
		}
	}
	return dialogInfo{}, errDialogInfo
}

// dialogInfoReader walks through the document: dialog-info, in it dialogs, in each its state.
type dialogInfoReader struct {
	d      *xml.Decoder
	path   []string // the elements that are open
	info   dialogInfo
	closed bool
}

// take is false when the document cannot be one.
func (r *dialogInfoReader) take(token xml.Token) bool {
	switch token := token.(type) {
	case xml.Directive:
		return false
	case xml.StartElement:
		r.path = append(r.path, token.Name.Local)
		return r.opens(token)
	case xml.EndElement:
		r.path = r.path[:len(r.path)-1]
		r.closed = len(r.path) == 0
	case xml.CharData:
		if len(r.path) == 3 && r.in("dialog", "state") {
			last := &r.info.dialogs[len(r.info.dialogs)-1]
			last.state += strings.ToLower(strings.TrimSpace(string(token)))
		}
	}
	return true
}

// in reports whether the innermost elements below the root are these.
func (r *dialogInfoReader) in(names ...string) bool {
	for i, name := range names {
		if len(r.path) != len(names)+1 || r.path[i+1] != name {
			return false
		}
	}
	return true
}

func (r *dialogInfoReader) opens(e xml.StartElement) bool {
	switch {
	case r.closed || len(r.path) > dialogInfoDeep:
		return false
	case len(r.path) == 1:
		version, err := strconv.ParseUint(attribute(e, "version"), 10, 32)
		r.info.version, r.info.full = version, attribute(e, "state") == "full"
		return err == nil && e.Name.Local == "dialog-info" && (r.info.full || attribute(e, "state") == "partial")
	case r.in("dialog"):
		r.info.dialogs = append(r.info.dialogs, phoneDialog{id: attribute(e, "id"), callID: attribute(e, "call-id")})
		return len(r.info.dialogs) <= dialogsMost && attribute(e, "id") != ""
	}
	return true
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// phoneDialogs is a phone's state as its documents have told it, in their order (RFC 4235 §4.3).
type phoneDialogs struct {
	known   bool // a document was taken
	version uint64
	all     map[string]phoneDialog
	asked   bool // for the whole state, since the last whole state
}

// take applies a document. It is true when something was missed, and the phone must be asked for its whole state; that
// happens once until it has come, since there are phones that never send one.
func (p *phoneDialogs) take(d dialogInfo) (missed bool) {
	if p.known && d.version <= p.version {
		return false // older than what is known
	}
	gap := !d.full && (!p.known || d.version != p.version+1)
	if d.full || p.all == nil {
		p.all = map[string]phoneDialog{}
	}
	if d.full {
		p.asked = false
	}
	p.known, p.version = true, d.version
	for _, one := range d.dialogs {
		if one.callID == "" {
			one.callID = p.all[one.id].callID
		}
		if delete(p.all, one.id); one.busy() && len(p.all) < dialogsMost {
			p.all[one.id] = one
		}
	}
	missed = gap && !p.asked
	p.asked = p.asked || gap
	return missed
}

// besides reports whether the phone is in a dialog that is none of ours.
func (p *phoneDialogs) besides(ours func(callID string) bool) bool {
	for _, d := range p.all {
		if !ours(d.callID) {
			return true
		}
	}
	return false
}

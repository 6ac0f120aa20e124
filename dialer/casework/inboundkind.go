package casework

import (
	"fmt"
	"slices"

	"kakeru/dialer"
)

// InboundKind says what a call that came in was (受電の区分).
type InboundKind string

// The kinds.
const (
	CallBackReceived InboundKind = "call_back_received" // 折返し: they answer a call of ours
	Inquiry          InboundKind = "inquiry"
	ComplaintMade    InboundKind = "complaint"
	OtherBusiness    InboundKind = "other_business" // 区の他用件
)

// InboundKinds lists every kind in the order of the panel.
var InboundKinds = []InboundKind{CallBackReceived, Inquiry, ComplaintMade, OtherBusiness}

// AsCameIn is the entry with what its kind says made explicit: a call that was a complaint has the complaint among its results, so
// that all that follows from one follows from it.
func (e Entry) AsCameIn() Entry {
	if e.Kind == ComplaintMade && !slices.Contains(e.Business, Complaint) {
		e.Business = append(slices.Clone(e.Business), Complaint)
	}
	return e
}

// CheckKind returns what is wrong with the kind of an entry about a call of a direction; an empty direction is not known.
func (e Entry) CheckKind(of dialer.Direction) []FieldError {
	const field = "kind"
	f := &findings{}
	switch {
	case e.Kind != "" && !slices.Contains(InboundKinds, e.Kind):
		f.add(field, "unknown", "受電の区分が正しくありません。一覧から選んでください", fmt.Sprintf("unknown kind; use one of %v", InboundKinds))
	case e.Kind != "" && of == dialer.Outbound:
		f.add(field, "not_inbound", "受電の区分は受電だけに付けられます", "only a call that came in has a kind")
	case e.Kind == "" && of == dialer.Inbound && e.Party.IsPerson():
		f.add(field, "missing", "受電の区分を選んでください", "say what kind of call it was")
	}
	return f.found
}

// CheckNumber returns what is wrong with an entry about a call that came in, of which the number is known or not.
func (e Entry) CheckNumber(known bool) []FieldError {
	f := &findings{}
	if e.DoNotCall && !known {
		f.add("do_not_call", "no_number", "番号の分からない受電のため、架電禁止に登録できる番号がありません。チェックを外してください",
			"the caller's number is not known, so there is none to put on the do-not-call list; leave it out")
	}
	return f.found
}

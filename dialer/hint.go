package dialer

import (
	"fmt"
	"slices"
	"strings"
)

// HintKind is what a listener believes to have heard of the customer's side.
type HintKind string

// What is hinted at.
const (
	HintRecorder HintKind = "recorder" // a voice mailbox or a recorder has answered, not a person
	HintBeep     HintKind = "beep"     // "speak after the tone"
	HintFax      HintKind = "fax"      // a fax machine or a modem
	HintBusy     HintKind = "busy"     // the network's busy tone, whatever its signalling says
)

// HintKinds lists what is hinted at.
var HintKinds = []HintKind{HintRecorder, HintBeep, HintFax, HintBusy}

// Hint is something that a call's sound seems to be: for a person to weigh. Nothing is decided by it.
type Hint struct {
	Kind       HintKind `json:"kind"`
	Confidence float64  `json:"confidence"` // from 0 to 1; more likely right than wrong from 0.5 on
}

// LikelyHint is the confidence from which on a hint is shown.
const LikelyHint = 0.5

// Reason is the hint as EvHeard's evidence keeps it.
func (h Hint) Reason() string { return fmt.Sprintf("%s %.2f", h.Kind, h.Confidence) }

// parseHint reads what Reason wrote.
func parseHint(reason string) (h Hint, ok bool) {
	kind, confidence, _ := strings.Cut(reason, " ")
	h.Kind = HintKind(kind)
	_, err := fmt.Sscanf(confidence, "%g", &h.Confidence)
	return h, err == nil && slices.Contains(HintKinds, h.Kind) && h.Confidence >= 0 && h.Confidence <= 1
}

// heardHint takes what a leg's listener believes by now: of each kind the latest counts, and what is no longer likely is
// shown no longer.
func (c *call) heardHint(ev Evidence) {
	hint, ok := parseHint(ev.Reason)
	if ev.Event != EvHeard || !ok {
		return
	}
	hints := slices.DeleteFunc(slices.Clone(c.view.Hints), func(h Hint) bool { return h.Kind == hint.Kind })
	if hint.Confidence >= LikelyHint {
		hints = append(hints, hint)
	}
	c.view.Hints = hints // never changed in place: the panel has the last
	c.show(ev.At)
}

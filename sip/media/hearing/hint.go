package hearing

import "time"

// Kind is what was heard.
type Kind uint8

// What an Ear knows. Tones are those of the Japanese network (ITU-T E.180
// Supplement 2) and of fax machines (ITU-T T.30).
const (
	Speech   Kind = iota // somebody speaks; before the answer it is the network's announcement
	Silence              // nobody speaks and nothing sounds, up to now
	Ringback             // 400 Hz modulated by 16 Hz, 1 s on, 2 s off
	Busy                 // busy and reorder: 400 Hz, 0.5 s on, 0.5 s off
	DialTone             // 400 Hz without pause
	Beep                 // one tone of 600–1500 Hz after speech: "speak after the tone"
	FaxCNG               // 1100 Hz, 0.5 s on, 3 s off: a fax that calls
	FaxCED               // 2100 Hz for about 3 s: a fax or modem that answers
	Recorder             // who answered is a voice mailbox or a recorder rather than a person
	kinds
)

var kindNames = [kinds]string{"speech", "silence", "ringback", "busy", "dial tone", "beep", "fax CNG", "fax CED", "recorder"}

// String names the kind for logs and metrics.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "unknown"
}

// Kinds are all of them.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Likely is the confidence from which on a hint is more likely right than wrong.
const Likely = 0.5

// Hint is one thing that was heard. Times count from the first sample of the
// ear, lost sound included: 0 ≤ From ≤ To ≤ [Ear.Now].
type Hint struct {
	Kind       Kind
	Confidence float64 // 0: not heard; 1 is never reached
	From, To   time.Duration
	// Total is how much of From to To it sounded: what of a talk was spoken,
	// what of a ringback was tone.
	Total time.Duration
}

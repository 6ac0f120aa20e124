package dialertest

import "time"

// FarKind is what a far end does with a call.
type FarKind string

// The kinds of far end.
const (
	FarAnswers FarKind = "answers" // rings, answers, and talks until it or we hang up
	FarRejects FarKind = "rejects" // a final answer that is no 2xx
	FarRings   FarKind = "rings"   // rings for ever
	FarSilent  FarKind = "silent"  // nothing at all, neither to the INVITE nor to anything else
	FarCrosses FarKind = "crosses" // answers exactly as our CANCEL arrives
	FarMute    FarKind = "mute"    // answers, and no talk can be made of its answer: it is hung up
	FarDies    FarKind = "dies"    // answers, and from then on answers nothing more, not even BYE
	FarLies    FarKind = "lies"    // breaks the phone's promise: it never says that it is gone
)

// Far is one far end's script. All times run from the INVITE; the zero value answers at once and talks for ever.
type Far struct {
	Kind   FarKind       // "" is FarAnswers
	Ring   time.Duration // when it begins to ring; less than zero: it never does
	Early  bool          // it rings with early media
	After  time.Duration // when it answers or rejects
	Talk   time.Duration // how long after its answer it hangs up; 0 is never
	Status int           // with FarRejects; 0 is 486
	Cause  int           // Q.850, with FarRejects
	Late   bool          // with FarCrosses: the owner hears of the late answer as an answer, not only as evidence
}

// Answers rings for a while, answers, and hangs up after talk; with talk 0 it leaves that to us.
func Answers(after, talk time.Duration) Far { return Far{Kind: FarAnswers, After: after, Talk: talk} }

// Rejects ends the call with a status and a Q.850 cause (0: none), ringing before it when after is more than nothing.
func Rejects(after time.Duration, status, cause int) Far {
	ring := time.Duration(0)
	if after == 0 {
		ring = -1
	}
	return Far{Kind: FarRejects, Ring: ring, After: after, Status: status, Cause: cause}
}

// RingsForEver rings and never answers.
func RingsForEver() Far { return Far{Kind: FarRings} }

// Silent takes the INVITE and says nothing.
func Silent() Far { return Far{Kind: FarSilent, Ring: -1} }

// Package hearing listens to one side of a call and says what it seems to be:
// a voice, a tone of the network, a beep, a fax, a recorder.
//
// # Words
//
// An [Ear] hears one side, 8 kHz 16-bit PCM as G.711 decodes to. It yields at
// most one [Hint] of each [Kind], with a confidence from 0 to 1. A hint is
// evidence for a person or a rule to weigh, never a decision: nothing here
// hangs up. From [Likely] on, it is more likely than not.
//
// # The way of a sound
//
// frame → block of 20 ms (block.go: how loud, how much of it is one sine, and
// which) → a run of blocks with the same sine is a tone (tone.go) → what
// follows what, and how long after, makes a signal of the network, a fax's call
// (signal.go), a beep (beep.go) or a tune (melody.go). What stands out of the
// line's noise (floor.go) and is no tone, which is known a little later
// (recent.go), is a voice when its loudness moves as syllables do, and noise or
// music when not (voice.go). When the call was answered, how long the first
// words were and whether a beep came make the likelihood of a recorder
// (recorder.go).
//
// # Who owns what
//
// An Ear belongs to one goroutine. It is pure: it has no clock (20 ms pass with
// each 160 samples, and [Ear.Skip] lets pass what never arrived), starts nothing
// and allocates nothing after [New]. docs/hearing.md says how often it is right.
//
// # How it fails
//
// It cannot: any samples are a sound. Its errors are hints that are wrong.
package hearing

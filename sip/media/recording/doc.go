// Package recording keeps what the two ends of a talk say to each other: a file a talk, two channels, unreadable without the
// key of its day.
//
// # Words
//
// A [Recorder] makes recordings and opens them again. A [Blank] is a file made ready for one. A [Recording] is one while it is made: it listens to a bridge by a tap,
// beside the path. A [Playback] is one that is listened to: a WAV file of G.711 μ-law, channel 1 the operator, channel 2 the
// customer. A reference names a recording: it says the day and the call's id, and nothing else. A day is one of Asia/Tokyo, the one on which the
// recording began.
//
// What is recorded is what the other end could hear. Who is on hold, or has muted the phone, or speaks to a far end that takes no
// sound, speaks to nobody, and is not recorded either; nor is what two desks say to each other while the customer waits.
//
// # Where what stands
//
//	recorder.go   making, opening, naming
//	recording.go  one recording: its tap, its writer, pauses, its end
//	mixer.go      two channels on one time line, in memory
//	track.go      where a packet belongs on that line
//	seal.go       the file: sealed chunks, each bound to its place
//	playback.go   the file read again: whole, or up to where it breaks off
//	wav.go        the header that players want
//	keys.go       a key a day, sealed under the master key; the folder that nodes share
//	rotate.go     another master key
//	files.go      files that are there whole or not at all
//	sweep.go      what has been kept long enough, or goes with the contract's end
//
// # Who owns what
//
// The tap's goroutine puts packets into the mixer, the recording's own takes chunks of half a second out of it, seals them and
// writes them. They meet under the mixer's lock, which is never held over I/O: a disk that is slow holds up no ear and no talk.
// What is wanted of the disk before that, key and file, is a [Blank], and whoever waits for it has nothing else to do.
// What it does not take in eight seconds is lost to the recording, leaves silence of its length, and is told. So is what comes too
// late for its chunk, or is written over, since its packets' stamps are out of their time: nothing that came is missing untold.
//
// # How it fails
//
// The disk is full, or cannot be written: the recording ends with what it has, the talk goes on, [Event] tells. The process
// dies: the file breaks off within the last second, and is read up to there. A file that was altered anywhere is refused whole:
// [ErrAltered]. One whose day's key was destroyed is [ErrNoKey], for ever.
//
// The folder of the keys is not mounted, or is another one for now: no key is made there, nothing is recorded, no key counts as
// destroyed, and [ErrKeyAway] says so until it is back.
package recording

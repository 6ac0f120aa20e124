// Package fleet makes one centre of several processes over one ledger and one queue. It imports dialer and the standard library
// only: the ledger keeps its register (Nodes), Redis carries its messages (Wire).
//
// # Words
//
// A node is a process that makes calls, under a name that outlives it. A life of a node is one such process, numbered by an
// epoch: of two lives of one node the later is real, and the ledger refuses what the earlier one writes. A lease says until when
// a life counts as alive without showing itself; a beat prolongs it. To reap is to end the life of a node whose lease has run
// out; to bury it, to say that all it left is closed. A desk has one owner.
//
// # Where what stands
//
//	ports.go   what a fleet needs of the world: the register and the wire
//	fleet.go   its own life: join, start, run, leave
//	life.go    the lease by our own monotonic clock
//	beat.go    the beat, and what follows from it; being fenced
//	reap.go    closing what another left
//	desks.go   whose a desk is, and how it passes on; the end of a node's work
//	show.go    what happens here, shown to the others
//	views.go   what happens there, shown here
//	calls.go   what a person asks for, done where the desk or the call is
//	ask.go     commands to other nodes, and their answers
//	words.go   what goes over the wire
//
// # Who owns what
//
// A call belongs to the engine that dialled or took it, to its end; no other touches it while its node lives. A desk belongs to the
// node that the register names, and passes on only while idle: first to where its phone is registered, else so that all have
// as many. What is known here of other nodes' desks and calls is a copy of what they have shown, for the screen and to know whom
// to ask; nothing is decided by it. Fleet's mutex guards that copy and is never held over I/O.
//
// # How it fails
//
// A node that dies is reaped when its lease has run out: by one other, whose own beats had no gap, so that a ledger that was away
// kills nobody. What it left is closed as a restart closes it, its desks are free. A node that slept through that is fenced: it
// writes nothing, rings nobody, hangs up what it has, and begins another life; one whose name another process has taken ends. While the
// ledger is away talks go on and nobody dials. While the wire is away each node goes on with its own desks, and says of the others'
// that they cannot be reached; when it is back everybody shows everything again. Whose a call is that nobody has shown here, the
// register says. A command is done once or not at all; whoever asked and got no answer is told that it is not known.
package fleet

// Package sip is the phone: it makes calls out of two SIP legs and the sound between them, and turns what the network
// says into facts and evidence. It implements the port dialer.Phone.
//
// # Words
//
// A call is a line: a desk leg to the operator's phone, a customer leg to the debtor by a trunk, and a bridge of
// package media between them. Each leg is one dialog of ours (RFC 3261 §12), from before its INVITE until it is gone,
// and then for another 64·T1, in which what answers late is still hung up. A handle is a leg's identity in bytes: from
// it another process can end the leg. An ender is what does that. A lane is everything with one Call-ID.
//
// # Where what stands
//
//	agent.go         the agent's own life: start, run, hang up, close
//	line.go, gate.go preparing a call; the last gate, which no forbidden number passes
//	leg.go           a leg's facts and memory
//	uac.go           the INVITE and its answers (§13.2), ACK, challenges
//	cancel.go        dropping: CANCEL (§9.1), BYE (§15)
//	uas.go           what the far end asks within a call: BYE, hold, resume, INFO (§12.2.2, §14.2)
//	ender.go         legs of dead processes; answers to calls that nobody here knows
//	inbound.go       what belongs to no call
//	registrar.go, nonces.go, bindings.go, keepalive.go, phones.go   where the desk phones are (§10.3), and whether they live
//	ordering.go, transactions.go, messages.go, dialog.go, wire.go, timers.go   the ground all of it stands on
//
// # The library, and what is ours
//
// sipgo reads and parses messages and runs the transactions' retransmissions. The rest is ours, since its dialog layer
// loses and reorders messages (traps_test.go has one test for each thing that was measured): which transaction and
// which dialog a message belongs to, CSeq, route set, ACK, CANCEL, BYE, digests. Our requests leave by hop, always from
// the one socket, to the address the transaction began with.
//
// # Who owns what
//
// The transport calls Agent.receive for one message after the other; it posts each to the lane of its Call-ID. A lane
// runs what is posted to it, messages, timers and the owner's wishes alike, one at a time and in order, on a goroutine
// that exists only while there is work. So a leg needs no lock, and nothing a far end sends back to back is overtaken.
// Facts go into a channel with room for all that must come; nobody who does not read can hold a leg up. The agent's
// mutex guards its tables and is never held over I/O; so does the registrar's.
//
// # How it fails
//
// New lists every wrong setting by its key. Prepare answers with a *dialer.Refusal, or an error when ports or names
// fail. After that a leg always ends by exactly one gone, no later than 64·T1 after Drop, whatever the far end does.
// When Run ends, what is left is hung up within a grace; a far end that missed it is what handles are for.
package sip

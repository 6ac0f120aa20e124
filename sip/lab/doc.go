// Package lab holds a simulated telephone network for demonstrations, tests
// and load: desk phones and a carrier that speak real SIP and RTP over UDP.
// Nothing here ever reaches a real telephone; what it sends is labelled
// simulated in its User-Agent.
//
// # Words
//
// A [Phone] is an operator's desk phone: it registers, rings, is lifted or
// answers by itself when the caller's header asks for that, speaks and
// listens. A [Carrier] is the network beyond the trunk together with all the
// people and machines in it: the last two digits of the number dialled choose
// a row of the lab dial plan (plan.go), and the row decides what happens. A
// [Customer] is one of those people who calls for once: a call that comes in.
//
// # How it is built
//
// It is a peer, not a part of Kakeru, so it shares no SIP code with it beyond
// sipgo's parser. An endpoint owns one UDP socket and one goroutine that reads
// it; messages go by Call-ID to the call they belong to, in the order of their
// arrival. Each call is one goroutine that owns everything of that call: its
// dialog, its transactions and their retransmissions (RFC 3261 §17), its
// timers and its sound. So nothing in a call can overtake anything else.
//
// What was seen and done is written to a [CallLog] for each call, without the
// number: its last two digits, and the Call-ID, are what it keeps.
//
// # How it fails
//
// As a network does: what it cannot understand it refuses by RFC 3261's
// status, a message it cannot read it drops. An answer that is never
// acknowledged is repeated and then hung up (§13.3.1.4). Setting up fails with
// an error from NewCarrier or NewPhone; after that nothing returns errors but
// the journal's writer, which is reported once to the log.
package lab

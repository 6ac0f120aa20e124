// Package sip is the phone: it makes calls out of two SIP legs and the sound between them, and turns what the network
// says into facts and evidence. It implements the port dialer.Phone.
//
// # Words
//
// A call is a line: a desk leg to the operator's phone, a customer leg to the debtor by a trunk, and a bridge of
// package media between them. Each leg is one dialog of ours (RFC 3261 §12), from before its INVITE until it is gone;
// its remains stay for another 64·T1, in which what answers late is still hung up. A handle is a leg's identity in bytes: from
// it another process can end the leg. An ender is what does that. A lane is everything with one Call-ID.
//
// # Where what stands
//
//	agent.go         the agent's own life: start, run, hang up, close
//	line.go, gate.go preparing a call; the last gate, which no forbidden number passes
//	trunks.go        the trunks as they stand: where they are, whether they answer; the ways a call may go
//	trunkview.go     a trunk as others see it, and why it cannot be used
//	registration.go  keeping us registered with a PBX, a gateway or a carrier (§10.2)
//	examine.go       asking a trunk or a phone from outside, for `kakeru doctor`
//	leg.go           a leg's facts and memory
//	uac.go, late.go  the INVITE and its answers (§13.2), ACK, challenges; when it is too late for another INVITE
//	remains.go, fade.go       what is kept of a leg that is gone, and for how long
//	hear.go          what the customer's sound seems to be: hints, for a person
//	cancel.go        dropping: CANCEL (§9.1), BYE (§15), the busy tone before it
//	ask.go           what we ask within a dialog: CSeq, challenges, what ends it (§12.2.1)
//	session.go, prack.go      session timers (RFC 4028), reliable ringing (RFC 3262)
//	uas.go           what the far end asks within a call: BYE, hold, resume, INFO (§12.2.2, §14.2)
//	quality.go, silence.go    how a talk sounds, in figures; who of the two no longer sends
//	dtmf.go          key presses by INFO, where telephone-event was not agreed to (RFC 6086, RFC 4733)
//	ender.go, tags.go         legs of dead processes; answers to calls that nobody here knows, and how ours are told from forged ones
//	inbound.go       what belongs to no call
//	registrar.go, path.go, nonces.go, bindings.go, keepalive.go, phones.go   where the desk phones are (§10.3), and whether they live
//	wishes.go, claims.go   what a REGISTER asks for, and what is believed of where it says that its phone is
//	roaming.go       phones that another server of the centre may ring
//	pings.go         what phones send to keep a NAT's door open
//	place.go         where messages go to and how they travel there
//	profiles.go      how each make of phone is asked to pick up by itself, as data
//	notify.go        NOTIFY within a call: of a transfer, and to have a ringing phone pick up
//	dialogevent.go, dialoginfo.go   whether a phone is used outside our calls (RFC 6665, RFC 4235)
//	incoming.go, summons.go   calls that come in, and our answers to them (§13.3)
//	hunt.go, transfer.go      the desk's side of a call: many phones, one after the other, hold
//	record.go        recording a talk: the notice that both hear, pauses, the end
//	refer.go         a phone's own transfer button (RFC 3515)
//	called.go        a phone's own INVITE within its talk: whose it is, what leg it makes
//	replaces.go, aside.go     such an INVITE in the place of a dialog that there is (RFC 3891); or to ask another desk (RFC 5589)
//	datagrams.go     what comes in: who may speak, what can be read
//	tidy.go, malformed.go   headers as the library can read them; the answer to what nobody can
//	strangers.go     sources we do not know: held to a rate, banned for a while
//	homes.go         the networks that phones of ours are in: what strangers may ask there
//	callers.go, guesses.go, buckets.go      whom we know: how many callers, how many wrong passwords
//	framing.go, stream.go, streams.go, rooms.go, guests.go   TCP and TLS: messages out of bytes, one connection, all of them, how many ours may be, and others'
//	arrivals.go      how fast others may connect
//	flows.go         phones that are reached by the connection they registered by (RFC 5626)
//	certificates.go, unreachable.go     TLS: ours and whom we trust, read anew as they change; why no connection came about
//	ladder.go        the messages of live and recent calls, without secrets, in memory alone
//	ordering.go, transactions.go, messages.go, dialog.go, wire.go, timers.go   the ground all of it stands on
//
// # The library, and what is ours
//
// sipgo reads and parses messages and runs the transactions' retransmissions. The rest is ours, since its dialog layer
// loses and reorders messages (traps_test.go has one test for each thing that was measured): which transaction and
// which dialog a message belongs to, CSeq, route set, ACK, CANCEL, BYE, digests, and all of TCP and TLS but the parser.
// Our requests leave by hop: over UDP always from the one socket, else by the connection to the place the transaction
// began with.
//
// # Who owns what
//
// The transport shows Agent.datagram one datagram after the other, and calls Agent.receive for what comes by a connection;
// that posts each message to the lane of its Call-ID. A connection has two goroutines, one that connects and reads and one
// that writes; what is to be sent is queued, so a far end that reads slowly, or cannot be connected to, holds up nobody. A
// lane runs what is posted to it, messages, timers and the owner's wishes alike, one at a time and in order, on a goroutine
// that exists only while there is work. So a leg needs no lock, and nothing a far end sends back to back is overtaken.
// Facts go into a channel with room for all that must come; nobody who does not read can hold a leg up. The agent's
// mutex guards its tables and is never held over I/O; so does the registrar's.
//
// # Which way a call goes
//
// Trunks are tried in the order of the settings, and of each its addresses in the order of its SRV records. A way that is
// known to be down is left out. A refusal that comes at once, before anything rang, and speaks of the route sends the same
// leg on by the next way (leg.reroute): same Call-ID, another CSeq and branch, both fixed in Prepare, so that the handle
// names every INVITE that may have left. Silence sends it nowhere: the phone may be ringing.
//
// # How it fails
//
// New lists every wrong setting by its key. Prepare answers with a *dialer.Refusal, or an error when ports or names
// fail. After that a leg always ends by exactly one gone, no later than 64·T1 after Drop and the busy tone, whatever the far end does.
// When Run ends, what is left is hung up within a grace; a far end that missed it is what handles are for.
package sip

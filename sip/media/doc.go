// Package media is the sound side of the phone: RTP, RTCP and SDP.
//
// # Words
//
// A [Bridge] joins the two legs of one call, [Desk] and [Customer]. Each leg
// has a pair of UDP sockets of ours (RTP on an even port, RTCP on the next)
// and one far end: the address, codecs and direction that the peer's SDP
// named. All sound passes through us; the far ends never see each other.
//
// # Who owns what
//
// A [Pool] lends port pairs and takes them back. A Bridge owns its sockets;
// [Bridge.Close] closes them. They are read by a poller (poller.go), one goroutine
// for a thousand bridges: a goroutine a socket would be woken for each packet, and
// waking costs more than passing it on. While few packets come, each is passed on
// at once; of many, what has gathered in a millisecond. Tones, keys and reports
// are sent by the same goroutine at their times. A bridge's sockets are touched
// with its poller's lock alone.
//
// The far end of a leg is an immutable value, swapped as a whole when an SDP or a
// latched address changes it, so the forwarding path takes no lock that
// signalling could hold. What is counted about arriving packets (inbound) and
// the renumbering of leaving ones (outbound) have a short lock each, never
// held during I/O.
//
// A packet's way: socket → is the sender the one SDP named? → is it RTP with a
// payload we agreed on? → count → the other leg: convert if its far end lacks
// the codec → renumber, so that it sees one SSRC and one run of
// sequence numbers and timestamps, whatever changes behind us → socket.
//
// Keys (keys.go) pass as the packets they are (RFC 4733). Those of ours are a
// stream that has the far end's ear alone for as long as it takes. A listener
// that has not agreed to telephone-event is for signalling to tell: OnKey.
//
// A leg may be protected (Secure): SRTP (RFC 3711, srtp.go) with keys in the SDP
// (RFC 4568, crypto.go). Its packets are opened before anything else is done
// with them, an address latched included, and sealed last. The cipher is pion's,
// whose RTP and SDP we use as well: what counts cycles and refuses repetitions
// is small, but wrong in ways that no talk shows. Our own is what it cannot
// know: whose key is whose, that no two offers share one, that a leg's counts
// outlive a new SDP, and that no number is sealed twice. Plain legs pay one
// comparison a packet.
//
// Where the line carries it, G.722 passes as the laws do; what one end cannot
// understand is converted (g722.go). The codec is borrowed.
//
// What the far ends say can be listened to ([Bridge.Tap]): a copy, taken beside the
// path, so that whoever listens cannot hold a talk up.
//
// RTCP ends at us on both legs: we send our own reports with figures of the
// leg itself, and read the far end's. A [Meter] makes of both what a person
// would say of the sound (quality.go; the E-model of ITU-T G.107, emodel.go).
//
// Besides the relay the package holds what makes sound where no network does:
// [Tone], [NewSpeech], and [Sender], which plays a [Source] as RTP at an exact
// pace. They serve the operator's ringback and the simulated phones alike.
//
// # How it fails
//
// Ports run out: [ErrPortsExhausted]. SDP that cannot be used: an error that
// matches one of the Err… values of sdp.go, so that signalling can answer 488.
// Packets that may not pass are dropped and counted in [Stats], never
// reported one by one.
package media

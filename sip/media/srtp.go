package media

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// replayWindow is how many packets may overtake one another (RFC 3711 §3.3.2).
const replayWindow = 64

// sourcesKept is how many SSRCs of a far end have state under one key. Each transfer and each announcement may bring another, of some phones each hold
// and each resumption (RFC 3550 §8.1): it is for 250 of both in a talk. Without a bound, a far end would have us remember one for each packet; one that does
// costs 200 kB. None is forgotten for a newer one: its packets could be played to us again (RFC 3711 §3.3.2), and to remember which those were costs as much.
const sourcesKept = 512

// opener takes the protection off what the far end sends (RFC 3711): it counts
// the sequence numbers' cycles, and refuses what is forged, repeated or plain.
// The poller alone uses it.
type opener struct {
	key        *cryptoKey
	context    *srtp.Context
	rtpHeader  rtp.Header
	rtcpHeader rtcp.Header
	rtp, rtcp  sources
	plain      [maxPacket]byte
}

// sources are the SSRCs that were let in.
type sources map[uint32]struct{}

// room reports whether a packet of this one may be looked at.
func (s sources) room(ssrc uint32) bool {
	_, known := s[ssrc]
	return known || len(s) < sourcesKept
}

func newOpener(key *cryptoKey) (*opener, error) {
	options := []srtp.ContextOption{srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow)}
	if len(key.mki) > 0 {
		options = append(options, srtp.MasterKeyIndicator(key.mki))
	}
	context, err := key.context(options...)
	return &opener{key: key, context: context, rtp: sources{}, rtcp: sources{}}, err
}

// openRTP returns the packet as it was sent; like openRTCP's, it is good until the next one.
func (o *opener) openRTP(packet []byte) ([]byte, bool) {
	if len(packet) < rtpHeaderSize {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(packet[8:])
	if !o.rtp.room(ssrc) {
		return nil, false
	}
	plain, err := o.context.DecryptRTP(o.plain[:0], packet, &o.rtpHeader)
	if err != nil {
		return nil, false
	}
	o.rtp[ssrc] = struct{}{}
	return plain, true
}

func (o *opener) openRTCP(packet []byte) ([]byte, bool) {
	if len(packet) < rtcpHeaderSize {
		return nil, false
	}
	ssrc := binary.BigEndian.Uint32(packet[4:])
	if !o.rtcp.room(ssrc) {
		return nil, false
	}
	plain, err := o.context.DecryptRTCP(o.plain[:0], packet, &o.rtcpHeader)
	if err != nil {
		return nil, false
	}
	o.rtcp[ssrc] = struct{}{}
	return plain, true
}

// sealer protects what we send. Whoever sends has the poller's lock; the buffer
// is the sealer's until the packet has left.
type sealer struct {
	key     *cryptoKey
	context *srtp.Context
	sent    sentWindow
	header  rtp.Header
	buffer  [maxPacket + 64]byte
}

func newSealer(key *cryptoKey) (*sealer, error) {
	context, err := key.context()
	return &sealer{key: key, context: context}, err
}

// sendRTP protects a packet and sends it.
func (s *sealer) sendRTP(packet []byte, by *socket, to *sockaddr) error {
	if !s.sent.fresh(binary.BigEndian.Uint16(packet[2:])) {
		return errRepeated
	}
	sealed, err := s.context.EncryptRTP(s.buffer[:0], packet, &s.header)
	if err == nil {
		err = by.send(sealed, to)
	}
	return err
}

func (s *sealer) sendRTCP(packet []byte, by *socket, to *sockaddr) error {
	sealed, err := s.context.EncryptRTCP(s.buffer[:0], packet, nil)
	if err == nil {
		err = by.send(sealed, to)
	}
	return err
}

var errRepeated = errors.New("media: a packet's number was used before")

// sentWindow remembers which sequence numbers have left. A number that returns
// with another payload would lay both open (RFC 3711 §9.1), and what we relay
// may bring it: from a sender that repeats itself, or behind a gap we closed.
type sentWindow struct {
	any  bool
	last uint16
	seen uint64 // bit i is last-i
}

// fresh is true once for each number.
func (w *sentWindow) fresh(seq uint16) bool {
	ahead := int16(seq - w.last)
	switch {
	case !w.any:
		*w = sentWindow{any: true, last: seq, seen: 1}
	case ahead > 0:
		w.last, w.seen = seq, w.seen<<ahead|1
	case ahead <= -replayWindow || w.seen&(1<<-ahead) != 0:
		return false
	default:
		w.seen |= 1 << -ahead
	}
	return true
}

// context is the state of one direction under the key.
func (k *cryptoKey) context(options ...srtp.ContextOption) (*srtp.Context, error) {
	return srtp.CreateContext(k.octets[:keySize], k.octets[keySize:], k.suite.profile(), options...)
}

func (k *cryptoKey) equal(other *cryptoKey) bool {
	return k.suite == other.suite && k.octets == other.octets && bytes.Equal(k.mki, other.mki)
}

// protection is how a leg's packets are protected, both ways.
type protection struct {
	in  *opener
	out *sealer
}

// protect makes the protection that two keys ask for. What an earlier one of
// the leg has under the same key goes on: its counts must not begin anew, or
// packets would be protected twice by the same stream of the cipher.
func protect(old *protection, ours, theirs *cryptoKey) (*protection, error) {
	if old == nil {
		old = &protection{}
	}
	p := &protection{in: old.in, out: old.out}
	var err error
	if p.in == nil || !p.in.key.equal(theirs) {
		if p.in, err = newOpener(theirs); err != nil {
			return nil, err
		}
	}
	if p.out == nil || !p.out.key.equal(ours) {
		if p.out, err = newSealer(ours); err != nil {
			return nil, err
		}
	}
	return p, nil
}

package media

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// defaultEventPT is what we offer for telephone-event unless the far end has
// named its own: the number nearly everyone uses.
const defaultEventPT = 101

// Local is our side of one media session: it writes our SDP, offers and
// answers alike, with an origin that stays and a version that goes up by one
// whenever, and only when, the content changes (RFC 3264 §8). It is safe for
// concurrent use.
type Local struct {
	addr netip.AddrPort
	id   uint64

	mu      sync.Mutex
	version uint64
	content string // what followed the o= line last time
	formats []Format
	eventPT uint8
	wide    bool        // G.722 may be offered and answered
	muxed   bool        // the far end has reports by the port of the sound
	lines   []mediaLine // the session's m= lines so far; they may not vanish

	security Security
	keyring  []*cryptoKey // all keys that answers may still choose from
	ours     *cryptoKey   // the one agreed on, for theirs; nil for RTP/AVP
	theirs   *cryptoKey
}

// NewLocal starts a session whose sound shall be sent to rtp, reports to the
// port after it.
func NewLocal(rtp netip.AddrPort) *Local {
	l := &Local{addr: rtp}
	l.renew()
	return l
}

// renew begins another session at the same port.
func (l *Local) renew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.id, l.version, l.content = uint64(rand.Uint32()), 0, ""
	l.formats, l.eventPT = []Format{{PCMU, PCMU.staticPT()}, {PCMA, PCMA.staticPT()}}, defaultEventPT
	l.wide, l.muxed = false, false
	l.lines = []mediaLine{{media: "audio", protos: plainProtos, audio: true}}
	l.security, l.keyring, l.ours, l.theirs = 0, nil, nil, nil
}

// Secure says whether the sound shall be protected, before anything is offered
// or answered.
func (l *Local) Secure(s Security) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.security = s
}

// Wideband says whether G.722 may be offered and answered from now on.
func (l *Local) Wideband(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wide = on
}

// offered are the codecs of an offer: the better sound first, where it may be.
// It needs l.mu.
func (l *Local) offered() []Format {
	is := func(f Format) bool { return f.Codec == G722 }
	all := slices.Clone(l.formats)
	switch {
	case !l.wide:
		return slices.DeleteFunc(all, is)
	case slices.ContainsFunc(all, is):
		return all
	default:
		return slices.Insert(all, 0, Format{G722, G722.staticPT()})
	}
}

// Offer writes an offer: PCMU, PCMA and telephone-event/8000, 20 ms, and the
// key that is agreed on, if any.
func (l *Local) Offer(d Direction) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ours != nil {
		return l.write(l.offered(), l.eventPT, d, []*cryptoKey{l.ours})
	}
	return l.write(l.offered(), l.eventPT, d, l.newKeys(l.security))
}

// OfferAnew is Offer to somebody who has not been offered anything, with keys
// that nobody else has seen. Several may be asked at once, each with a security
// of its own.
func (l *Local) OfferAnew(d Direction, s Security) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func(was bool) { l.muxed = was }(l.muxed)
	l.muxed = false // that was agreed on with somebody else
	return l.write(l.offered(), l.eventPT, d, l.newKeys(s))
}

// parse reads an SDP of the far end as far as we want what it says.
func (l *Local) parse(body []byte, security Security) (Description, error) {
	l.mu.Lock()
	wide := l.wide
	l.mu.Unlock()
	return parse(body, security, wide)
}

// secured is what may be agreed to at present.
func (l *Local) secured() Security {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.security
}

// newKeys are for one offer. Their tags are the session's own, so that an answer
// says which offer it is to.
func (l *Local) newKeys(security Security) []*cryptoKey {
	if security != SRTPRequired {
		return nil
	}
	first := len(l.keyring)
	for s := range suites {
		l.keyring = append(l.keyring, newKey(uint32(len(l.keyring)+1), s))
	}
	return l.keyring[first:]
}

// Answer writes the answer to an offer (RFC 3264 §6): the common codecs under
// the offer's numbers and in its order, telephone-event if offered, the
// direction turned round, any other stream refused.
func (l *Local) Answer(offer Description) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = offer.lines
	l.muxed = offer.Muxed
	l.choose(offer)
	l.formats = merged(offer.Formats, l.formats)
	if offer.EventPT != 0 {
		l.eventPT = offer.EventPT
	}
	var keys []*cryptoKey
	if l.ours != nil {
		keys = []*cryptoKey{l.ours}
	}
	return l.write(offer.Formats, offer.EventPT, offer.Direction.reversed(), keys)
}

// choose takes the first of the offered keys, and answers it by one of ours
// under its tag and suite (RFC 4568 §5.1.2). The one we have stays while the
// offer asks for the same again; a far end with a new key has begun anew, and so
// do we.
func (l *Local) choose(offer Description) {
	if offer.keys == nil {
		l.ours, l.theirs = nil, nil
		return
	}
	theirs := offer.keys[0]
	l.keyring = nil // what was offered before is over: its keys have been used, and their tags are taken by this one's
	ours := newKey(theirs.tag, theirs.suite)
	if l.ours != nil && l.theirs.equal(theirs) {
		ours.octets = l.ours.octets
	}
	l.ours, l.theirs = ours, theirs
}

// accept takes the far end's answer to our offer: of our keys the one whose tag
// and suite it chose (§5.1.3). False when it chose none, or sends our own key back:
// two streams under one key can be read without it.
func (l *Local) accept(answer Description) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muxed = answer.Muxed
	if answer.keys == nil {
		l.ours, l.theirs = nil, nil
		return true
	}
	candidates := l.keyring
	if l.ours != nil {
		candidates = append(slices.Clone(candidates), l.ours)
	}
	for _, theirs := range answer.keys {
		for _, ours := range candidates {
			if ours.tag == theirs.tag && ours.suite == theirs.suite && ours.octets != theirs.octets {
				l.ours, l.theirs = ours, theirs
				return true
			}
		}
	}
	return false
}

// pair are the keys agreed on; nil without protection.
func (l *Local) pair() (ours, theirs *cryptoKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ours, l.theirs
}

// EventPT is the payload type we give telephone-event at present.
func (l *Local) EventPT() uint8 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.eventPT
}

// merged keeps the far end's numbers for the codecs it named and ours for the
// rest, so that a later offer of ours does not renumber (RFC 3264 §8.3.2).
func merged(theirs, ours []Format) []Format {
	all := slices.Clone(theirs)
	for _, f := range ours {
		if !slices.ContainsFunc(all, func(g Format) bool { return g.Codec == f.Codec || g.PT == f.PT }) {
			all = append(all, f)
		}
	}
	return all
}

func (l *Local) write(formats []Format, event uint8, d Direction, keys []*cryptoKey) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", addressType(l.addr.Addr()), l.addr.Addr())
	for _, line := range l.lines {
		if line.audio {
			l.writeAudio(&b, formats, event, d, keys)
			continue
		}
		fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", line.media, line.protos, line.formats)
	}
	if content := b.String(); content != l.content {
		l.content = content
		l.version++
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\n%s", l.id, l.version, addressType(l.addr.Addr()), l.addr.Addr(), l.content)
}

func (l *Local) writeAudio(b *strings.Builder, formats []Format, event uint8, d Direction, keys []*cryptoKey) {
	protos := plainProtos
	if keys != nil {
		protos = secureProtos
	}
	fmt.Fprintf(b, "m=audio %d %s", l.addr.Port(), protos)
	for _, f := range formats {
		fmt.Fprintf(b, " %d", f.PT)
	}
	if event != 0 {
		fmt.Fprintf(b, " %d", event)
	}
	b.WriteString("\r\n")
	for _, f := range formats {
		fmt.Fprintf(b, "a=rtpmap:%d %s/8000\r\n", f.PT, f.Codec)
	}
	if event != 0 {
		fmt.Fprintf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", event, event)
	}
	for _, k := range keys {
		b.WriteString(k.line())
	}
	fmt.Fprintf(b, "a=ptime:20\r\na=%s\r\n", d)
	if l.muxed {
		b.WriteString("a=rtcp-mux\r\n")
		return
	}
	fmt.Fprintf(b, "a=rtcp:%d\r\n", l.addr.Port()+1)
}

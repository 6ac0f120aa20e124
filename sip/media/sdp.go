package media

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// Why an SDP cannot be used. Signalling matches them with errors.Is; every one
// of them calls for 488 Not Acceptable Here (RFC 3261 §21.4.26), malformed SDP
// for 400.
var (
	ErrMalformedSDP  = errors.New("media: SDP cannot be parsed")
	ErrNoAudio       = errors.New("media: SDP has no audio that is RTP/AVP, or RTP/SAVP where SRTP is allowed")
	ErrPlain         = errors.New("media: SDP has no RTP/SAVP audio, and SRTP is required")
	ErrNoCrypto      = errors.New("media: SDP has no a=crypto that can be used")
	ErrAudioRejected = errors.New("media: SDP refuses the audio (port 0)")
	ErrNoCodec       = errors.New("media: SDP has neither PCMU nor PCMA, nor G722 where that is wanted")
	ErrNoConnection  = errors.New("media: SDP has no c= line for the audio")
	ErrOtherFamily   = errors.New("media: SDP names an address of the other IP version than ours")
	ErrBadAddress    = errors.New("media: SDP names an address that is no unicast IP address")
)

// Direction is who sends, as seen by the one whose SDP says so (RFC 3264 §5.1).
type Direction uint8

// The four directions; SendRecv holds when an SDP says nothing.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

// String gives the attribute name.
func (d Direction) String() string { return directionNames[d&3] }

var directionNames = [4]string{"sendrecv", "sendonly", "recvonly", "inactive"}

// receives reports whether the describer wants to hear anything.
func (d Direction) receives() bool { return d == SendRecv || d == RecvOnly }

// reversed is the widest direction that may answer d (RFC 3264 §6.1).
func (d Direction) reversed() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	case SendRecv, Inactive:
	}
	return d
}

// Format is a codec under the payload type an SDP gave it.
type Format struct {
	Codec Codec
	PT    uint8
}

// Description is what one SDP says about its describer's audio, as far as it
// concerns us.
type Description struct {
	// RTP is where the describer wants sound. Its address is 0.0.0.0 for the
	// old way of holding (RFC 2543): nothing may be sent then.
	RTP netip.AddrPort
	// RTCP is where it wants reports: a=rtcp (RFC 3605), else the next port.
	RTCP netip.AddrPort
	// Muxed says that reports come and go by the port of the sound (RFC 5761).
	Muxed bool
	// Formats are the codecs it understands, its favourite first; never empty.
	Formats []Format
	// EventPT is the payload type of telephone-event/8000 (RFC 4733), 0 for none.
	EventPT uint8
	// PTime is the length of sound it wants in one packet; 20 ms if not said.
	PTime time.Duration
	// Direction is Inactive when RTP is 0.0.0.0.
	Direction Direction

	keys  []*cryptoKey // of RTP/SAVP, its favourite first; nil for RTP/AVP
	lines []mediaLine  // all m= lines in order, for the answer
}

// mediaLine is one m= line as an answer must repeat it (RFC 3264 §6).
type mediaLine struct {
	media, protos, formats string
	audio                  bool // the one we use
}

// Held reports whether the describer does not want to hear us: hold.
func (d Description) Held() bool { return !d.Direction.receives() }

func (d Description) equal(e Description) bool { return reflect.DeepEqual(d, e) }

// Parse reads an SDP offer or answer without SRTP and G.722. Of several audio
// streams it takes the first usable one. The error matches one of the Err…
// values of this package.
func Parse(body []byte) (Description, error) { return parse(body, SRTPOff, false) }

// parse is Parse with SRTP as far as security allows it, and with G.722 where it
// is wanted.
func parse(body []byte, security Security, wideband bool) (Description, error) {
	var session sdp.SessionDescription
	readable, names := standIns(body)
	if err := session.Unmarshal(readable); err != nil {
		// The parser's own error may quote addresses; it stays out.
		return Description{}, ErrMalformedSDP
	}
	var (
		found Description
		lines []mediaLine
		fault = ErrNoAudio
	)
	if security == SRTPRequired {
		fault = ErrPlain
	}
	if len(names) != len(session.MediaDescriptions) {
		return Description{}, ErrMalformedSDP
	}
	for i, m := range session.MediaDescriptions {
		line := names[i]
		line.formats = strings.Join(m.MediaName.Formats, " ")
		if line.media == "audio" && security.takes(line.protos) && found.Formats == nil {
			d, err := parseAudio(&session, m, line.protos == secureProtos, wideband)
			if line.audio = err == nil; line.audio {
				found = d
			} else {
				fault = err
			}
		}
		lines = append(lines, line)
	}
	if found.Formats == nil {
		return Description{}, fault
	}
	found.lines = lines
	return found, nil
}

// standIns is an SDP with the parser's own words in its m= lines, and what stood
// there: the parser refuses whole an SDP with a stream of a kind or transport it
// does not know, as a gateway's fax is (m=image … udptl). Such a stream is to be
// refused alone (RFC 3264 §6).
func standIns(body []byte) (readable []byte, names []mediaLine) {
	for line := range bytes.Lines(body) {
		fields := bytes.SplitN(line, []byte(" "), 4)
		media, isMedia := bytes.CutPrefix(fields[0], []byte("m="))
		if isMedia && len(fields) == 4 && isName(media) && isName(fields[2]) {
			names = append(names, mediaLine{media: string(media), protos: string(fields[2])})
			fields[0], fields[2] = []byte("m=audio"), []byte("RTP/AVP")
			line = bytes.Join(fields, []byte(" "))
		}
		readable = append(readable, line...)
	}
	return readable, names
}

// isName reports what may stand for a medium or a transport (RFC 8866 §9): our
// answer repeats it.
func isName(text []byte) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-+./_", r)
	}
	return len(text) > 0 && bytes.IndexFunc(text, odd) < 0
}

func parseAudio(session *sdp.SessionDescription, m *sdp.MediaDescription, secure, wideband bool) (Description, error) {
	var d Description
	port := m.MediaName.Port.Value
	if port == 0 {
		return d, ErrAudioRejected
	}
	if port < 0 || port > 65535 {
		return d, fmt.Errorf("%w: port %d", ErrMalformedSDP, port)
	}
	d.Formats, d.EventPT = parseFormats(m, wideband)
	if len(d.Formats) == 0 {
		return d, ErrNoCodec
	}
	if secure {
		if d.keys = parseKeys(m); d.keys == nil {
			return d, ErrNoCrypto
		}
	}
	addr, err := parseConnection(session, m)
	if err != nil {
		return d, err
	}
	d.RTP = netip.AddrPortFrom(addr, uint16(port))
	if _, d.Muxed = m.Attribute("rtcp-mux"); d.Muxed {
		d.RTCP = d.RTP
	} else {
		d.RTCP = parseRTCP(m, d.RTP)
	}
	d.PTime = parsePTime(m)
	d.Direction = parseDirection(session, m)
	if addr.IsUnspecified() {
		d.Direction = Inactive
	}
	return d, nil
}

// parseFormats keeps the order of the m= line: it is the preference. A number that is said again says nothing, and our answer would say it
// again too, with its a=rtpmap.
func parseFormats(m *sdp.MediaDescription, wideband bool) (formats []Format, event uint8) {
	names := rtpMaps(m)
	var had [128]bool
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 7)
		if err != nil || had[pt] {
			continue
		}
		had[pt] = true
		name, mapped := names[uint8(pt)]
		switch {
		case name == "PCMU/8000", !mapped && pt == 0:
			formats = append(formats, Format{PCMU, uint8(pt)})
		case name == "PCMA/8000", !mapped && pt == 8:
			formats = append(formats, Format{PCMA, uint8(pt)})
		case wideband && (name == "G722/8000" || !mapped && pt == 9):
			formats = append(formats, Format{G722, uint8(pt)})
		case name == "TELEPHONE-EVENT/8000" && event == 0:
			event = uint8(pt)
		}
	}
	return formats, event
}

// rtpMaps reads a=rtpmap:PT NAME/RATE[/CHANNELS]; names are case-insensitive
// (RFC 8866 §6.6), one channel may be said or left out.
func rtpMaps(m *sdp.MediaDescription) map[uint8]string {
	names := map[uint8]string{}
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" {
			continue
		}
		number, encoding, ok := strings.Cut(strings.TrimSpace(a.Value), " ")
		pt, err := strconv.ParseUint(number, 10, 7)
		if ok && err == nil {
			encoding = strings.ToUpper(strings.TrimSpace(encoding))
			names[uint8(pt)] = strings.TrimSuffix(encoding, "/1")
		}
	}
	return names
}

// addressType is how SDP calls an address's family (RFC 8866 §5.7).
func addressType(addr netip.Addr) string {
	if addr.Is4() {
		return "IP4"
	}
	return "IP6"
}

func parseConnection(session *sdp.SessionDescription, m *sdp.MediaDescription) (netip.Addr, error) {
	c := m.ConnectionInformation
	if c == nil {
		c = session.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return netip.Addr{}, ErrNoConnection
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil || c.AddressType != addressType(addr) || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}, ErrBadAddress
	}
	return addr, nil
}

// parseRTCP reads a=rtcp:PORT [IN IP4 ADDRESS] or [IN IP6 ADDRESS] (RFC 3605 §2.1); what cannot be
// read there falls back to the next port.
func parseRTCP(m *sdp.MediaDescription, rtp netip.AddrPort) netip.AddrPort {
	next := netip.AddrPortFrom(rtp.Addr(), rtp.Port()+1)
	value, ok := m.Attribute("rtcp")
	if !ok {
		return next
	}
	fields := strings.Fields(value)
	if len(fields) == 0 {
		return next
	}
	port, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil || port == 0 {
		return next
	}
	addr := rtp.Addr()
	if len(fields) == 4 {
		if named, err := netip.ParseAddr(fields[3]); err == nil && named.Is4() == addr.Is4() && !named.IsMulticast() {
			addr = named
		}
	}
	return netip.AddrPortFrom(addr, uint16(port))
}

func parsePTime(m *sdp.MediaDescription) time.Duration {
	value, _ := m.Attribute("ptime")
	ms, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil || ms == 0 {
		return Frame
	}
	return time.Duration(ms) * time.Millisecond
}

// parseDirection: the stream's attribute overrides the session's.
func parseDirection(session *sdp.SessionDescription, m *sdp.MediaDescription) Direction {
	for _, attributes := range [][]sdp.Attribute{m.Attributes, session.Attributes} {
		for _, a := range attributes {
			for d, name := range directionNames {
				if a.Key == name {
					return Direction(d)
				}
			}
		}
	}
	return SendRecv
}

package media

// Codec is a way to write sound: the two laws of G.711, the only audio the
// telephone network is sure to speak, and G.722 where a line carries it.
type Codec uint8

// What we speak. All three take 64 kbit/s and count 8,000 a second in RTP,
// G.722 too though it samples at twice that (RFC 3551 §4.5.2): one octet, one
// tick.
const (
	PCMU Codec = iota
	PCMA
	G722
	codecs
)

// The encoding names of SDP and the payload types that RFC 3551 §6 assigns.
var (
	codecNames = [codecs]string{"PCMU", "PCMA", "G722"}
	staticPTs  = [codecs]uint8{0, 8, 9}
)

// String gives the encoding name used in SDP.
func (c Codec) String() string { return codecNames[c] }

func (c Codec) staticPT() uint8 { return staticPTs[c] }

// law reports whether c is one of G.711, which need no memory of what came before.
func (c Codec) law() bool { return c < G722 }

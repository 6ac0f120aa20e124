package media

import (
	"crypto/rand"
	"encoding/base64"
	"math/bits"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
)

// Security says whether a leg's sound is protected (SRTP, RFC 3711, with keys
// in the SDP, RFC 4568). The zero value is no protection.
type Security uint8

// What a leg's SDP may agree to.
const (
	SRTPOff      Security = iota // RTP/AVP only
	SRTPAllowed                  // RTP/AVP offered, RTP/SAVP taken when it is offered
	SRTPRequired                 // RTP/SAVP only
)

// takes reports whether a stream of a protocol will do.
func (s Security) takes(protos string) bool {
	switch protos {
	case plainProtos:
		return s != SRTPRequired
	case secureProtos:
		return s != SRTPOff
	}
	return false
}

const (
	plainProtos  = "RTP/AVP"
	secureProtos = "RTP/SAVP"
)

// suite is a crypto suite (RFC 4568 §6.2).
type suite uint8

// The suites we have, our favourite first. They differ in the RTP packets' tag.
const (
	tag80 suite = iota
	tag32
	suites
)

func (s suite) String() string {
	return [suites]string{"AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"}[s]
}

func (s suite) profile() srtp.ProtectionProfile {
	return [suites]srtp.ProtectionProfile{
		srtp.ProtectionProfileAes128CmHmacSha1_80, srtp.ProtectionProfileAes128CmHmacSha1_32,
	}[s]
}

const (
	keySize    = 16
	masterSize = keySize + 14 // key and salt
	// minLifetime is the shortest life of a key that outlasts any call of ours:
	// at 50 packets a second nearly six hours.
	minLifetime = 1 << 20
)

// cryptoKey is one direction's key. It is only ever passed as a pointer, which
// is all of it that a description prints.
type cryptoKey struct {
	tag    uint32
	suite  suite
	octets [masterSize]byte
	mki    []byte
}

func newKey(tag uint32, s suite) *cryptoKey {
	k := &cryptoKey{tag: tag, suite: s}
	_, _ = rand.Read(k.octets[:]) // never fails
	return k
}

// line is the key as an attribute.
func (k *cryptoKey) line() string {
	return "a=crypto:" + strconv.FormatUint(uint64(k.tag), 10) + " " + k.suite.String() +
		" inline:" + base64.StdEncoding.EncodeToString(k.octets[:]) + "\r\n"
}

// parseKeys reads a stream's a=crypto lines and keeps those that we can use, in
// their order. A tag that repeats another's is no line of its own (RFC 4568
// §9.2).
func parseKeys(m *sdp.MediaDescription) []*cryptoKey {
	var keys []*cryptoKey
	seen := map[uint32]bool{}
	for _, a := range m.Attributes {
		if a.Key != "crypto" {
			continue
		}
		if k := parseCrypto(a.Value); k != nil && !seen[k.tag] {
			seen[k.tag] = true
			keys = append(keys, k)
		}
	}
	return keys
}

// parseCrypto reads TAG SUITE inline:KEY[|LIFETIME][|MKI:LENGTH] [PARAMETERS]
// (RFC 4568 §9.1, §9.2). nil for what is malformed or asks for what we lack: of
// several keys we would have to take each (§6.1).
func parseCrypto(value string) *cryptoKey {
	fields := strings.Fields(value)
	if len(fields) < 3 || len(fields[0]) > 9 || fields[0][0] == '0' && len(fields[0]) > 1 {
		return nil
	}
	tag, err := strconv.ParseUint(fields[0], 10, 32)
	if err != nil {
		return nil
	}
	k := &cryptoKey{tag: uint32(tag), suite: suites}
	for s := range suites {
		if strings.EqualFold(fields[1], s.String()) {
			k.suite = s
		}
	}
	method, info, ok := strings.Cut(fields[2], ":")
	if k.suite == suites || !ok || !strings.EqualFold(method, "inline") || !k.parseInfo(info) {
		return nil
	}
	for _, parameter := range fields[3:] {
		// WSH is advice, and what begins with a hyphen may be ignored (§6.3.7).
		// The rest would have us leave out the encryption, or derive keys anew.
		if !strings.HasPrefix(parameter, "-") && !strings.HasPrefix(strings.ToUpper(parameter), "WSH=") {
			return nil
		}
	}
	return k
}

func (k *cryptoKey) parseInfo(info string) bool {
	parts := strings.Split(info, "|")
	octets, err := base64.StdEncoding.Strict().DecodeString(parts[0])
	if err != nil || len(octets) != masterSize || len(parts) > 3 {
		return false
	}
	copy(k.octets[:], octets)
	rest := parts[1:]
	if len(rest) > 0 && !strings.Contains(rest[0], ":") {
		if !longLived(rest[0]) {
			return false
		}
		rest = rest[1:]
	}
	switch len(rest) {
	case 0:
		return true
	case 1:
		k.mki = parseMKI(rest[0])
		return k.mki != nil
	}
	return false
}

// longLived reads a lifetime: a number of packets, or a power of two.
func longLived(text string) bool {
	power, isPower := strings.CutPrefix(text, "2^")
	if isPower {
		n, err := strconv.ParseUint(power, 10, 8)
		return err == nil && n >= uint64(bits.Len(minLifetime)-1) && n <= 48
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return err == nil && n >= minLifetime && n <= 1<<48
}

// parseMKI reads VALUE:LENGTH, a number in so many octets.
func parseMKI(text string) []byte {
	number, size, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(number, 10, 64)
	length, errLength := strconv.ParseUint(size, 10, 8)
	if err != nil || errLength != nil || length == 0 || length > 128 || length < 8 && n>>(8*length) != 0 {
		return nil
	}
	mki := make([]byte, length)
	for i := len(mki) - 1; i >= 0; i-- {
		mki[i] = byte(n)
		n >>= 8
	}
	return mki
}

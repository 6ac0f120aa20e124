package dialer

import (
	"regexp"
	"strings"
	"time"
)

// TraceMessage is one SIP message of a call, as it passed. Text holds no key and no digest, but it does hold numbers and
// names: whoever may not see those gets Masked.
type TraceMessage struct {
	At        time.Time `json:"at"`
	Out       bool      `json:"out" doc:"sent by us"`
	Leg       LegName   `json:"leg"`
	Desk      DeskID    `json:"desk,omitempty" doc:"of a desk leg: whose phone"`
	From      string    `json:"from" doc:"address and port"`
	To        string    `json:"to" doc:"address and port"`
	Transport string    `json:"transport" doc:"UDP, TCP or TLS"`
	First     string    `json:"first" doc:"the message's first line"`
	Text      string    `json:"text" doc:"the message, without secrets"`
}

// Traces remembers the messages of live and recent calls.
type Traces interface {
	// Trace returns a call's messages in the order in which they passed; nil when the call is not remembered (any more).
	Trace(id CallID) []TraceMessage
}

// masked stands for what was left out.
const masked = "***"

// Masked is the message for whoever looks after lines and phones and is not to know who calls whom: without the user
// parts of URIs, the names of people, bodies other than SDP, and whatever could be somebody's number. Of the headers, those
// are kept that are known to be harmless; what nobody knows is left out.
func (m TraceMessage) Masked() TraceMessage {
	m.Text = MaskSIP(m.Text)
	m.First, _, _ = strings.Cut(m.Text, "\n")
	m.First = strings.TrimSuffix(m.First, "\r")
	return m
}

// MaskSIP masks a whole SIP message: see TraceMessage.Masked.
func MaskSIP(text string) string {
	lines := strings.SplitAfter(text, "\n")
	var (
		b    strings.Builder
		kind headerKind
		sdp  bool
	)
	for i, whole := range lines {
		line := strings.TrimRight(whole, "\r\n")
		end := whole[len(line):]
		switch {
		case i == 0:
			line = maskURIs(line)
		case line == "" && end != "":
			b.WriteString(end)
			b.WriteString(maskBody(strings.Join(lines[i+1:], ""), sdp))
			return b.String()
		case line == "":
		case line[0] == ' ' || line[0] == '\t': // it continues the header before (RFC 3261 §7.3.1)
			line = " " + masked
		default:
			name, value, _ := strings.Cut(line, ":")
			kind = kindOf(name)
			sdp = sdp || kind == headerType && strings.Contains(strings.ToLower(value), "application/sdp")
			line = maskHeader(name, value, kind)
		}
		b.WriteString(MaskDigits(line) + end)
	}
	return b.String()
}

// secretParameters are those by which a dialog's requests are known: with them, and the Call-ID (left out whole, as a header that
// headerKinds does not have), somebody on the phones' network could end
// a talk that goes on. Who may not see whom it is with needs none of them.
var secretParameters = regexp.MustCompile(`(?i)([;?&](?:tag|branch|from-tag|to-tag|replaces)=)[^;,>&\s]*`)

// headerKind is what a header's value may say of people.
type headerKind int

const (
	headerUnknown  headerKind = iota
	headerHarmless            // nothing but user parts in URIs
	headerType                // Content-Type, which is harmless too
	headerAddress             // a name before an address
	headerDigest              // a user's name among parameters
)

// headerKinds are the headers that are not left out whole, compact forms (RFC 3261 §7.3.3) among them.
var headerKinds = func() map[string]headerKind {
	kinds := map[string]headerKind{"content-type": headerType, "c": headerType}
	for kind, names := range map[headerKind]string{
		headerHarmless: "via v cseq max-forwards content-length l content-encoding content-disposition allow supported k " +
			"require proxy-require unsupported user-agent server expires min-expires session-expires x min-se rseq rack accept " +
			"accept-encoding accept-language date timestamp event o allow-events u subscription-state retry-after reason privacy answer-mode " +
			"priv-answer-mode mime-version path service-route",
		headerAddress: "from f to t contact m route record-route p-asserted-identity p-preferred-identity p-called-party-id " +
			"remote-party-id reply-to refer-to r referred-by b diversion history-info call-info alert-info",
		headerDigest: "authorization proxy-authorization www-authenticate proxy-authenticate authentication-info",
	} {
		for name := range strings.FieldsSeq(names) {
			kinds[name] = kind
		}
	}
	return kinds
}()

func kindOf(name string) headerKind { return headerKinds[strings.ToLower(strings.TrimSpace(name))] }

func maskHeader(name, value string, kind headerKind) string {
	switch kind {
	case headerHarmless, headerType:
		value = maskURIs(value)
	case headerAddress:
		value = maskURIs(maskNames(value))
	case headerDigest:
		value = maskURIs(maskUser(value))
	case headerUnknown:
		name, value = maskURIs(name), " "+masked
	}
	return name + ":" + secretParameters.ReplaceAllString(value, "${1}"+masked)
}

// maskURIs masks the user part of each URI: all of a tel: URI, of others what stands before the last @ that can still
// belong to it.
func maskURIs(s string) string {
	var b strings.Builder
	for {
		at := uriAt(s)
		if at < 0 {
			return b.String() + s
		}
		b.WriteString(s[:at])
		rest := s[at:]
		end := strings.IndexAny(rest, "> \t\"")
		if end < 0 {
			end = len(rest)
		}
		user := strings.LastIndexByte(rest[:end], '@')
		switch {
		case strings.EqualFold(s[at-4:at], "tel:"):
			b.WriteString(masked)
			user = end
		case user >= 0:
			b.WriteString(masked)
		default:
			user = 0
		}
		b.WriteString(rest[user:end])
		s = rest[end:]
	}
}

// uriAt is where the first URI goes on behind its scheme; -1 when there is none.
func uriAt(s string) int {
	first := -1
	lower := asciiLower(s)
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if i := strings.Index(lower, scheme); i >= 0 && (first < 0 || i+len(scheme) < first) {
			first = i + len(scheme)
		}
	}
	return first
}

// asciiLower keeps every byte where it is, whatever the text is written in.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// maskNames masks what stands before the < of each address: the name of a person (RFC 3261 §20.10), in quotes or not.
func maskNames(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '<')
		if quote := strings.IndexByte(s, '"'); quote >= 0 && (quote < open || open < 0) {
			b.WriteString(beforeName(s[:quote]) + `"` + masked + `"`)
			s = s[endOfQuoted(s, quote):]
			continue
		}
		if open < 0 {
			return b.String() + s
		}
		b.WriteString(beforeName(s[:open]))
		if name := s[len(beforeName(s[:open])):open]; strings.TrimSpace(name) != "" {
			b.WriteString(masked + " ")
		}
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return b.String() + s[open:]
		}
		b.WriteString(s[open : open+end+1])
		s = s[open+end+1:]
	}
}

// beforeName is what stands before a name: the parameters of the address before it, up to the comma, and blanks.
func beforeName(s string) string {
	end := strings.LastIndexByte(s, ',') + 1
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	if end == 0 && strings.HasPrefix(s, ";") {
		return s
	}
	return s[:end]
}

// endOfQuoted is where a quoted string ends that begins at a quote; a backslash quotes what follows it (§25.1).
func endOfQuoted(s string, quote int) int {
	for i := quote + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// maskUser masks the user's name of credentials.
func maskUser(s string) string {
	at := strings.Index(asciiLower(s), "username")
	if at < 0 {
		return s
	}
	quote := strings.IndexByte(s[at:], '"')
	if quote < 0 {
		return s[:at] + "username=" + masked
	}
	return s[:at] + `username="` + masked + `"` + s[endOfQuoted(s, at+quote):]
}

// maskBody keeps of SDP (RFC 8866) what describes the sound, and of other bodies nothing.
func maskBody(body string, sdp bool) string {
	if body == "" {
		return ""
	}
	if !sdp {
		return masked
	}
	var b strings.Builder
	for whole := range strings.SplitAfterSeq(body, "\n") {
		line := strings.TrimRight(whole, "\r\n")
		switch {
		case line == "":
		case len(line) > 1 && line[1] == '=' && strings.IndexByte("vcbtrmak", line[0]) >= 0:
			line = MaskDigits(maskURIs(line))
		case len(line) > 1 && line[1] == '=' && line[0] != '-':
			line = MaskDigits(line[:2]) + masked // o= s= i= e= p= u=: who speaks, and about what
		default:
			line = masked
		}
		b.WriteString(line + whole[len(strings.TrimRight(whole, "\r\n")):])
	}
	return b.String()
}

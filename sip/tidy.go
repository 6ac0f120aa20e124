package sip

import (
	"bytes"
	"errors"
	"strings"
)

// structured are the headers in which white space may stand around separators (RFC 3261 §25.1: SEMI, EQUAL, COMMA,
// SLASH), which the library takes for part of a name or a value. Of a CSeq only the space between its two words counts.
var structured = []string{"via", "from", "to", "contact", "route", "record-route", "cseq"}

// longNames are the names that a letter stands for (§7.3.3, and the extensions' own RFCs). The library knows some.
var longNames = map[byte]string{
	'a': "Accept-Contact", 'b': "Referred-By", 'c': "Content-Type", 'd': "Request-Disposition", 'e': "Content-Encoding",
	'f': "From", 'i': "Call-ID", 'j': "Reject-Contact", 'k': "Supported", 'l': "Content-Length", 'm': "Contact",
	'o': "Event", 'r': "Refer-To", 's': "Subject", 't': "To", 'u': "Allow-Events", 'v': "Via", 'x': "Session-Expires",
	'y': "Identity",
}

// lowered are the header parameters we look for. Their names say the same in any case (§7.3.1).
var lowered = []string{"branch", "expires", "received", "rport", "tag"}

var errBareQuestion = errors.New("a Contact whose URI has headers stands without brackets")

const (
	newline = "\r\n"
	blanks  = " \t"
)

// tidy writes the headers as the library can read them: unfolded, their names spelled out, with no white space around
// separators, the names of parameters in lower case. What they say is not changed, and neither is the start line or the body.
func tidy(data []byte) ([]byte, error) {
	start, rest, ok := bytes.Cut(data, []byte(newline))
	if !ok {
		return data, nil // the parser says what is wrong
	}
	asks := !bytes.HasPrefix(start, []byte("SIP/")) // a response is not thrown away for this: it may be all that a caller hears
	out := make([]byte, 0, len(data))
	out = append(append(out, start...), newline...)
	for len(rest) > 0 && !bytes.HasPrefix(rest, []byte(newline)) {
		line, after, whole := field(rest)
		if !whole {
			break
		}
		rest = after
		name, value, ok := bytes.Cut(line, []byte(":"))
		name = longName(name)
		switch {
		case !ok:
			out = append(append(out, line...), newline...)
			continue
		case !named(name, structured...):
			out = append(append(append(append(out, name...), ':'), value...), newline...)
			continue
		}
		if asks && named(name, "contact") && !bytes.ContainsRune(value, '<') && bytes.ContainsRune(value, '?') {
			return nil, errBareQuestion // whose is the question mark? (§20.10, RFC 4475 §3.1.2.13)
		}
		out = append(append(out, name...), ": "...)
		out = append(squeeze(out, value, named(name, "via")), newline...)
	}
	return append(out, rest...), nil
}

// longName is a header's name without white space, and spelled out.
func longName(name []byte) []byte {
	name = bytes.Trim(name, blanks)
	if len(name) == 1 {
		if long := longNames[name[0]|0x20]; long != "" {
			return []byte(long)
		}
	}
	return name
}

// named reports whether a header's name is one of these, which are in lower case.
func named(name []byte, names ...string) bool {
	for _, n := range names {
		if len(n) == len(name) && strings.EqualFold(n, string(name)) {
			return true
		}
	}
	return false
}

// field cuts the first header off, unfolded (§7.3.1). It is false when the header has no end.
func field(text []byte) (line, rest []byte, whole bool) {
	line, rest, whole = bytes.Cut(text, []byte(newline))
	if !whole || !continues(rest) {
		return line, rest, whole
	}
	joined := bytes.Clone(line) // once, however many lines follow: copied for each of them, one datagram costs what thousands should
	for whole && continues(rest) {
		var more []byte
		more, rest, whole = bytes.Cut(rest, []byte(newline))
		joined = append(append(bytes.TrimRight(joined, blanks), ' '), bytes.Trim(more, blanks)...)
	}
	return joined, rest, whole
}

// continues reports whether a line belongs to the header before it.
func continues(line []byte) bool { return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') }

// squeeze appends a header's value without the white space that says nothing. What stands in quotes or brackets is left as it is.
func squeeze(out, value []byte, slashes bool) []byte {
	value = bytes.Trim(value, blanks)
	var quoted, escaped, bracketed, space bool
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case quoted:
			quoted, escaped = c != '"' || escaped, c == '\\' && !escaped
		case bracketed:
			bracketed = c != '>'
		case c == ' ' || c == '\t':
			space = true
			continue
		case c == ';' || c == '=' || c == ',' || c == '/' && slashes:
			out = append(out, c)
			i += blanksAt(value[i+1:])
			if c == ';' {
				name := known(value[i+1:])
				out = append(out, name...)
				i += len(name)
			}
			space = false
			continue
		default:
			quoted, bracketed = c == '"', c == '<'
		}
		if space {
			out, space = append(out, ' '), false
		}
		out = append(out, c)
	}
	return out
}

func blanksAt(text []byte) int { return len(text) - len(bytes.TrimLeft(text, blanks)) }

// known is the name of the parameter that text begins with, in lower case, if it is one we look for.
func known(text []byte) string {
	end := bytes.IndexAny(text, "=;, \t")
	if end < 0 {
		end = len(text)
	}
	for _, name := range lowered {
		if strings.EqualFold(name, string(text[:end])) {
			return name
		}
	}
	return ""
}

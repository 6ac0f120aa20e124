package sip

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// parsedByLibrary are the headers in whose values the library looks for parameters and URIs.
var parsedByLibrary = []string{"via", "from", "to", "contact", "route", "record-route", "refer-to", "referred-by"}

// What one value may have. A Contact that says all it can (RFC 3840) has some twenty parameters and fourteen quotes; a Via has hardly ever any
// quotes, and is written the most often.
const (
	mostOfOneValue  = 64 // parameters
	mostQuotes      = 32
	mostQuotesOfVia = 16
)

var (
	errOverfull  = errors.New("a header has more of something than any that is meant has")
	errMisquoted = errors.New("a header is quoted so that two readers may read two things")
)

// misread is why a message is not shown to the library, which would make more of it than is there. In the parameters of a Via or a URI the library
// takes all that follows for the name of what is quoted, so that each quoted parameter has everything written once more, and it reads those
// without quotes otherwise than others do; each parameter it compares with all before it. What is quoted wrongly is a request's fault; a response is
// heard all the same, if its quotes are few.
func misread(data []byte) error {
	head, _, _ := bytes.Cut(data, emptyLine)
	start, headers, _ := bytes.Cut(head, crlf)
	asks := !bytes.HasPrefix(start, []byte("SIP/"))
	switch {
	case overfull(nil, start): // also where it looks like a response's: the library takes what ends in SIP/2.0 for a request
		return errOverfull
	case asks && bytes.IndexByte(start, '"') >= 0:
		return errMisquoted
	}
	for h := range headersIn(headers) {
		name, value, _ := bytes.Cut(h, []byte(":"))
		name = longName(bytes.TrimSpace(name)) // the library trims more than blanks
		switch {
		case !named(name, parsedByLibrary...):
		case overfull(name, value):
			return errOverfull
		case asks && misquoted(value):
			return errMisquoted
		}
	}
	return nil
}

// mostValues is how many values the headers of one such name may have together. A list of one-octet addresses is hundreds of headers for each of its
// kilobytes, which the library parses one by one, and an answer writes out again. No call that is meant passes as many places.
const mostValues = 64

// overlisted reports whether the library would make more headers of one name than any that is meant has. It is asked of the header as it came.
func overlisted(head []byte) bool {
	if bytes.Count(head, []byte(","))+bytes.Count(head, crlf) < mostValues {
		return false // as nearly all that come
	}
	_, headers, _ := bytes.Cut(head, crlf)
	of := make([]int, len(parsedByLibrary))
	for h := range headersIn(headers) {
		name, value, _ := bytes.Cut(h, []byte(":"))
		name = longName(bytes.TrimSpace(name))
		at := slices.IndexFunc(parsedByLibrary, func(n string) bool { return named(name, n) })
		if at < 0 {
			continue
		}
		if of[at] += valuesIn(name, value); of[at] > mostValues {
			return true
		}
	}
	return false
}

// valuesIn counts a header's values, where the library parts them or might. It stops when there are too many.
func valuesIn(name, value []byte) int {
	n, via := 1, named(name, "via")
	if named(name, "from", "to", "referred-by") {
		return n
	}
	var quoted, bracketed bool
	for _, c := range value {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && (via || !quoted && !bracketed):
			if n++; n > mostValues {
				return n
			}
		case (c == '<' || c == '>') && !quoted:
			bracketed = c == '<'
		}
	}
	return n
}

// overfull reports whether one value of a header has too much, where a value ends where the library thinks so: it does not know that a quote may be
// escaped, in a Via it knows no quotes at all, and reads on if the first parameter is empty; and what may be there but once it does not part.
func overfull(name, value []byte) bool {
	via, parts := named(name, "via"), name != nil && !named(name, "from", "to", "referred-by")
	if via && bytes.Contains(value, []byte(";,")) {
		parts = false
	}
	params, quotes, most := 0, 0, mostQuotes
	if via {
		most = mostQuotesOfVia
	}
	var quoted, bracketed bool
	for _, c := range value {
		switch {
		case c == '"':
			quotes++
			quoted = !quoted
		case c == ',' && parts && (via || !quoted && !bracketed):
			params, quotes, quoted, bracketed = 0, 0, false, false
		case c == ';' || c == '&':
			params++
		case (c == '<' || c == '>') && !quoted:
			bracketed = c == '<'
		}
		if params > mostOfOneValue || quotes > most {
			return true
		}
	}
	return false
}

// misquoted reports whether quotes stand where none may (RFC 3261 §25.1): in brackets, or round less than a whole value.
func misquoted(value []byte) bool {
	var quoted, escaped, bracketed bool
	for i, c := range value {
		switch {
		case escaped:
			escaped = false
		case quoted && c == '\\':
			escaped = true
		case quoted && c == '"':
			quoted = false
			if rest := value[i+1:]; len(rest) > 0 && strings.IndexByte(";,<> \t\r", rest[0]) < 0 {
				return true
			}
		case quoted:
		case c == '"':
			if quoted = true; bracketed {
				return true
			}
		case c == '<' || c == '>':
			bracketed = c == '<'
		}
	}
	return quoted
}

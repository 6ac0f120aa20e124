package sip

import (
	"strconv"
	"strings"
)

// completedElsewhere reports whether the Reason headers of a CANCEL say that another has answered the call: SIP;cause=200;text="Call completed
// elsewhere" (RFC 3326 §3.1). The text is for people. A protocol has one value at most (§2): where there are two that differ, it is not known.
//
// Who says so can keep a call from the list of those to be called back, so it is asked of nobody but the trunk that brought the call. CANCEL goes from hop to
// hop (RFC 3261 §9.1), and this hop's Reason is that peer's word. Should it pass on what the caller's own telephone wrote, then a caller has kept
// us from calling back themselves: the evidence shows it.
func completedElsewhere(reasons []string) bool {
	said := false
	for _, header := range reasons {
		for _, reason := range splitOutsideQuotes(header, ',') {
			cause, ours := causeOf(reason, "SIP")
			if ours && cause != 200 {
				return false
			}
			said = said || ours
		}
	}
	return said
}

// q850 finds the Q.850 cause among the values of Reason headers (RFC 3326 §2). Several values may stand in one header
// and several headers in one message; other protocols' values are passed over. 0 when there is none.
func q850(reasons []string) int {
	for _, header := range reasons {
		for _, reason := range splitOutsideQuotes(header, ',') {
			// Q.850 numbers its causes in seven bits.
			if cause, _ := causeOf(reason, "Q.850"); cause > 0 && cause < 1<<7 {
				return cause
			}
		}
	}
	return 0
}

// causeOf reads one value: Q.850;cause=16;text="Terminated". It is not ok where the value is of another protocol; 0 is a cause that is missing or no number.
func causeOf(reason, protocol string) (cause int, ok bool) {
	parts := splitOutsideQuotes(reason, ';')
	if !strings.EqualFold(strings.TrimSpace(parts[0]), protocol) {
		return 0, false
	}
	for _, p := range parts[1:] {
		name, text, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "cause") {
			continue
		}
		n, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(text), `"`), 10, 16)
		if err != nil {
			return 0, true
		}
		return int(n), true
	}
	return 0, true
}

// splitOutsideQuotes splits at sep, but not within a quoted string (RFC 3261 §25.1). It returns at least one part.
func splitOutsideQuotes(s string, sep byte) []string {
	var parts []string
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

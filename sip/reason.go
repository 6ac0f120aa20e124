package sip

import (
	"strconv"
	"strings"
)

// q850 finds the Q.850 cause among the values of Reason headers (RFC 3326 §2). Several values may stand in one header
// and several headers in one message; other protocols' values are passed over. 0 when there is none.
func q850(reasons []string) int {
	for _, header := range reasons {
		for _, reason := range splitOutsideQuotes(header, ',') {
			if cause := q850Cause(reason); cause != 0 {
				return cause
			}
		}
	}
	return 0
}

// q850Cause reads one value: Q.850;cause=16;text="Terminated".
func q850Cause(reason string) int {
	parts := splitOutsideQuotes(reason, ';')
	if !strings.EqualFold(strings.TrimSpace(parts[0]), "Q.850") {
		return 0
	}
	for _, p := range parts[1:] {
		name, text, _ := strings.Cut(p, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "cause") {
			continue
		}
		// Q.850 numbers its causes in seven bits.
		cause, err := strconv.ParseUint(strings.Trim(strings.TrimSpace(text), `"`), 10, 7)
		if err != nil {
			return 0
		}
		return int(cause)
	}
	return 0
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

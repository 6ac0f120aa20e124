package sip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// otherScheme is a sound URI of a scheme that is not ours (RFC 3986 §3.1).
var otherScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^<> ]`)

// unreadRefusal is the answer to a request that cannot be parsed (RFC 3261 §8.2.6, RFC 4475 §3.1.2), without a transaction
// and as far as its headers go: whoever sent it matches the answer by them. It is nil for a response that cannot be parsed,
// which is as if it had never come, and for an ACK, which is never answered.
func unreadRefusal(data []byte, from netip.AddrPort) (text []byte, to netip.AddrPort) {
	status := refusalOf(data)
	if status == 0 || hasBareBreak(data) { // an answer would repeat it
		return nil, to
	}
	h := rawHeaders(data)
	if len(h["via"]) == 0 {
		return nil, to // nobody could tell what the answer is to
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 " + strconv.Itoa(status) + " " + phrases[status] + newline)
	top, to := stamp(h["via"][0], from)
	b.WriteString("Via: " + top + newline)
	for _, via := range h["via"][1:] {
		b.WriteString("Via: " + via + newline)
	}
	sum := sha256.Sum256([]byte(strings.Join(h["via"], ",")))
	for _, name := range []string{"From", "To", "Call-ID", "CSeq"} {
		for i, value := range h[strings.ToLower(name)] {
			if name == "To" && i == 0 && !strings.Contains(value, ";tag=") {
				value += ";tag=" + hex.EncodeToString(sum[:10])
			}
			b.WriteString(name + ": " + value + newline)
		}
	}
	b.WriteString("Content-Length: 0" + newline + newline)
	return []byte(b.String()), to
}

// unreadRinging takes of a response that cannot be read the one thing that must not be lost: that a phone rings which a leg of ours has called. Else it would be rung by
// another trunk when this one's next answer is that it has trouble, and nobody could stop it before somebody answers.
func (a *Agent) unreadRinging(data []byte, from place) {
	if !bytes.HasPrefix(data, []byte("SIP/2.0 18")) || !a.ours(data) {
		return
	}
	l := a.lane(string(callIDIn(data)))
	posted := l.post(func() {
		defer l.release()
		if called, ok := l.who.(*leg); ok {
			called.ringsUnread(from)
		}
	})
	if !posted {
		l.release()
	}
}

// ringsUnread notes a ringing of which no more can be read.
func (l *leg) ringsUnread(from place) {
	if l.summons != nil || l.state == legUp || l.current == nil || l.over || l.rang() || !l.dialog.isAt(from.Addr()) {
		return
	}
	l.state, l.rangAt = legEarly, l.lane.agent.cfg.Now()
	if l.dropped {
		l.cancel()
		return
	}
	l.rings(dialer.Evidence{Event: dialer.EvRinging, Status: sip.StatusRinging, Reason: "in a response that cannot be read"})
}

// refusalOf is what a request that cannot be parsed is answered with; 0 for nothing.
func refusalOf(data []byte) int {
	start, _, ok := bytes.Cut(data, []byte(newline))
	words := strings.Fields(string(start))
	if !ok || len(words) < 3 || !strings.HasPrefix(words[len(words)-1], "SIP/") || words[0] == "ACK" || strings.Contains(words[0], "/") {
		return 0
	}
	uri := words[1]
	scheme, _, _ := strings.Cut(uri, ":")
	if len(words) == 3 && otherScheme.MatchString(uri) && !strings.EqualFold(scheme, "sip") && !strings.EqualFold(scheme, "sips") {
		return 416
	}
	return sip.StatusBadRequest
}

// rawHeaders are the values of the headers that an answer repeats, by name in lower case, as they came.
func rawHeaders(data []byte) map[string][]string {
	all := map[string][]string{}
	_, rest, _ := bytes.Cut(data, []byte(newline))
	for len(rest) > 0 && !bytes.HasPrefix(rest, []byte(newline)) {
		line, after, whole := field(rest)
		if !whole {
			break
		}
		rest = after
		name, value, ok := bytes.Cut(line, []byte(":"))
		if name = longName(name); ok && named(name, "via", "from", "to", "call-id", "cseq") {
			key := strings.ToLower(string(name))
			all[key] = append(all[key], string(squeeze(nil, value, key == "via")))
		}
	}
	return all
}

// stamp says in the topmost Via where the request came from, and where the answer goes (§18.2, RFC 3581 §4).
func stamp(via string, from netip.AddrPort) (stamped string, to netip.AddrPort) {
	top, below, several := strings.Cut(via, ",")
	_, rest, _ := strings.Cut(top, " ")
	by, params, _ := strings.Cut(rest, ";")
	host, port := sentBy(by)
	to = netip.AddrPortFrom(from.Addr(), uint16(orElse(port, defaultPort))) //nolint:gosec // the next lines see to it
	if port < 0 || port > 65535 || by == "" {
		to = from
	}
	if host != from.Addr().String() {
		top += ";received=" + from.Addr().String()
	}
	for p := range strings.SplitSeq(params, ";") {
		if p == "rport" {
			top = strings.Replace(top, ";rport", ";rport="+strconv.Itoa(int(from.Port())), 1)
			to = from
			break // said again it means nothing, and each time would copy the whole Via
		}
	}
	if several {
		top += "," + below
	}
	return top, to
}

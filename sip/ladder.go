package sip

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"kakeru/dialer"
)

// How much is remembered (docs/decisions/0010-traces.md).
const (
	// laddersKept is an afternoon of two desks: what went wrong is asked about within hours.
	laddersKept = 200
	// rungsKept is far beyond a call with every hold, transfer and repetition; who goes on talking after that is a storm.
	rungsKept = 200
	// rungsUsual is what a call has that is answered and hung up, with a challenge and a repetition or two.
	rungsUsual = 24
	// rungBytes is beyond any message that a datagram of Ethernet's size or a phone's longest SDP makes.
	rungBytes = 8 << 10
	// ladderBytes is for all calls together, fifteen times what 200 ordinary ones take: the bounds above, all reached at
	// once, would be ten times as much.
	ladderBytes = 32 << 20
)

// ladders remember the messages of live and recent calls, in memory alone. What is remembered holds no secret: those are cut
// before it is kept.
type ladders struct {
	agent *Agent

	mu     sync.Mutex
	calls  map[dialer.CallID]*ladder
	order  []*ladder       // the oldest first
	dialog map[string]side // by Call-ID
	bytes  int
}

// ladder is one call's.
type ladder struct {
	id      dialer.CallID
	callIDs []string
	rungs   []dialer.TraceMessage
	bytes   int
}

// side is the leg that a Call-ID belongs to.
type side struct {
	of   *ladder
	leg  dialer.LegName
	desk dialer.DeskID
}

var _ dialer.Traces = (*Agent)(nil)

func newLadders(a *Agent) *ladders {
	return &ladders{agent: a, calls: map[dialer.CallID]*ladder{}, dialog: map[string]side{}}
}

// Trace implements dialer.Traces.
func (a *Agent) Trace(id dialer.CallID) []dialer.TraceMessage { return a.ladders.trace(id) }

func (s *ladders) trace(id dialer.CallID) []dialer.TraceMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.calls[id]
	if l == nil {
		return nil
	}
	return append([]dialer.TraceMessage{}, l.rungs...)
}

// ForgetTraces forgets the messages of all calls: at a day's close nothing that names anybody stays.
func (a *Agent) ForgetTraces() { a.ladders.forgetAll() }

func (s *ladders) forgetAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calls)
	clear(s.dialog)
	s.order, s.bytes = nil, 0
}

// remembered has the leg's messages be its call's from now on.
func (l *leg) remembered() {
	l.lane.agent.ladders.join(l.line.id, l.dialog.CallID, side{leg: l.name, desk: l.desk})
}

func (s *ladders) join(id dialer.CallID, callID string, as side) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.calls[id]
	if l == nil {
		l = &ladder{id: id, rungs: make([]dialer.TraceMessage, 0, rungsUsual)}
		s.calls[id] = l
		s.order = append(s.order, l)
	}
	as.of = l
	l.callIDs = append(l.callIDs, callID)
	s.dialog[callID] = as
	s.forget()
}

// forget needs s.mu: the oldest calls make room, never the newest.
func (s *ladders) forget() {
	for len(s.order) > laddersKept || s.bytes > ladderBytes && len(s.order) > 1 {
		oldest := s.order[0]
		s.order = s.order[1:]
		s.bytes -= oldest.bytes
		delete(s.calls, oldest.id)
		for _, callID := range oldest.callIDs {
			if s.dialog[callID].of == oldest {
				delete(s.dialog, callID)
			}
		}
	}
}

// sent remembers a message that leaves, each time it does.
func (s *ladders) sent(m sip.Message, data []byte, to place) {
	if id := m.CallID(); id != nil {
		s.add(string(*id), true, func() (place, string) { return to, string(data) })
	}
}

// copied is a message as it came, if it is to be remembered.
func (s *ladders) copied(callID string, data []byte) string {
	if !s.wants(callID) {
		return ""
	}
	return string(data[:min(len(data), rungBytes+1)]) // one more says that it is too long
}

// came remembers a message that was read, repetitions too. Without its text, which nobody copied when its call was not one
// yet, it is written anew from what the parser made of it.
func (s *ladders) came(m sip.Message, text string) {
	if id := m.CallID(); id != nil {
		s.add(string(*id), false, func() (place, string) {
			if text == "" {
				text = m.String()
			}
			return sourceOf(m), text
		})
	}
}

func (s *ladders) add(callID string, out bool, read func() (far place, text string)) {
	if !s.wants(callID) {
		return // what belongs to no call, or to one that was forgotten, costs a look and no more
	}
	far, text := read()
	rung := s.agent.rung(far, out, withoutSecrets(shortened(text)))
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.dialog[callID]
	if !ok || len(at.of.rungs) >= rungsKept {
		return
	}
	rung.At, rung.Leg, rung.Desk = s.agent.cfg.Now(), at.leg, at.desk // under the lock: times go as the messages do
	at.of.rungs = append(at.of.rungs, rung)
	at.of.bytes += len(rung.Text)
	s.bytes += len(rung.Text)
	s.forget()
}

func (s *ladders) wants(callID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.dialog[callID]
	return ok && len(at.of.rungs) < rungsKept
}

// rung is a message as it is kept, but for what depends on its call.
func (a *Agent) rung(far place, out bool, text string) dialer.TraceMessage {
	m := dialer.TraceMessage{Out: out, Transport: far.by.token(), Text: text}
	first, _, _ := strings.Cut(text, "\n")
	m.First = strings.TrimSuffix(first, "\r")
	m.From, m.To = far.AddrPort.String(), a.ourEnd(far.by).String()
	if out {
		m.From, m.To = m.To, m.From
	}
	return m
}

// ourEnd is where messages come to and leave from. Of a connection that we opened the port is another; which one, nobody
// needs to know.
func (a *Agent) ourEnd(by transport) netip.AddrPort {
	at := a.addr
	if by == overTLS && a.secure.IsValid() {
		at = a.secure
	}
	if at.Addr().IsUnspecified() && a.cfg.Media.AdvertiseIP.IsValid() {
		return netip.AddrPortFrom(a.cfg.Media.AdvertiseIP.Unmap(), at.Port())
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// cutHere stands for what was cut.
const cutHere = "…"

// shortened is a message's beginning, of its own memory.
func shortened(text string) string {
	if len(text) <= rungBytes {
		return text
	}
	return strings.ToValidUTF8(text[:rungBytes-len(cutHere)], "") + cutHere
}

// withoutPressed leaves out what an INFO carries: keys that somebody has pressed, which may be a PIN (dtmf.go).
func withoutPressed(text string) string {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	if body == "" || !strings.HasPrefix(text, "INFO ") {
		return text
	}
	return head + "\r\n\r\n" + cutHere
}

// withoutSecrets cuts what lets somebody else sign in, guess a password, or listen: digests and what they are made from
// (RFC 3261 §22), and the keys of SRTP (RFC 4568, RFC 4567, and the k= of old SDP).
func withoutSecrets(text string) string {
	text = withoutPressed(text)
	var (
		b    strings.Builder
		done int
		hot  bool // a line that goes on is of the header before
	)
	for start := 0; start < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		line := strings.TrimRight(text[start:end], "\r\n")
		if goesOn := line != "" && (line[0] == ' ' || line[0] == '\t'); !goesOn {
			hot = isSigned(line)
		}
		if clean := cutLine(line, hot); clean != line {
			b.WriteString(text[done:start] + clean)
			done = start + len(line)
		}
		start = end
	}
	if done == 0 {
		return text
	}
	return b.String() + text[done:]
}

func cutLine(line string, signed bool) string {
	switch {
	case signed:
		return cutDigest(line)
	case len(line) > 2 && line[1] == '=' && (line[0]|0x20 == 'a' || line[0]|0x20 == 'k'):
		return cutKeys(line)
	}
	return line
}

// isSigned reports whether a header line carries digests.
func isSigned(line string) bool {
	if line == "" || strings.IndexByte("AaPpWw", line[0]) < 0 {
		return false // most lines
	}
	name, _, ok := strings.Cut(line, ":")
	if !ok || len(name) < len("Authorization") {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate", "authentication-info", "proxy-authentication-info":
		return true
	}
	return false
}

// secretParameters are those that a digest is made of, or is.
var secretParameters = []string{"response", "nonce", "cnonce", "nextnonce", "opaque", "rspauth"}

// cutDigest cuts the values of a header's secret parameters; of a scheme other than Digest, which may send a password as it
// is, everything.
func cutDigest(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if ok && isSigned(line) {
		scheme, _, _ := strings.Cut(strings.TrimLeft(value, " \t"), " ")
		if !strings.EqualFold(scheme, "digest") && !strings.Contains(strings.ToLower(name), "-info") {
			return name + ": " + cutHere
		}
	}
	var b strings.Builder
	for rest := line; rest != ""; {
		eq := strings.IndexByte(rest, '=')
		if eq < 0 {
			b.WriteString(rest)
			break
		}
		end := endOfValue(rest, eq+1)
		if slices.Contains(secretParameters, parameterBefore(rest[:eq])) {
			b.WriteString(rest[:eq+1] + `"` + cutHere + `"`)
		} else {
			b.WriteString(rest[:end])
		}
		rest = rest[end:]
	}
	return b.String()
}

// parameterBefore is the name that ends where an equals sign stands.
func parameterBefore(s string) string {
	s = strings.TrimRight(s, " \t")
	return strings.ToLower(s[strings.LastIndexAny(s, " \t,:")+1:])
}

// endOfValue is where a parameter's value ends: behind its closing quote, or before the comma. What is never closed reaches
// to the end, so that nothing of it is left.
func endOfValue(s string, from int) int {
	i := from
	for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
		i++
	}
	if i == len(s) || s[i] != '"' {
		if comma := strings.IndexByte(s[i:], ','); comma >= 0 {
			return i + comma
		}
		return len(s)
	}
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// cutKeys cuts a line of SDP that carries a key. Its tag and suite are kept: they say what was agreed.
func cutKeys(line string) string {
	lower := strings.ToLower(line)
	switch {
	case lower[0] == 'k':
		return line[:2] + cutHere
	case strings.HasPrefix(lower, "a=key-mgmt:"):
		return line[:len("a=key-mgmt:")] + cutHere
	case strings.HasPrefix(lower, "a=crypto:"):
		parts := strings.Fields(line)
		return strings.Join(append(parts[:min(2, len(parts))], cutHere), " ")
	}
	return line
}

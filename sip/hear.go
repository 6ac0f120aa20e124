package sip

import (
	"sync"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
	"kakeru/sip/media/hearing"
)

// listener hears what a customer's leg sounds like, before it is answered and after, and notes what it seems to be
// (docs/hearing.md): a tap beside the path, and an ear of its own. Nothing is decided by it, and no sound is kept.
type listener struct {
	leg  *leg
	tap  *media.Tap
	mu   sync.Mutex // guards what follows: sounds come from the tap, the answer from the lane
	ear  *hearing.Ear
	read media.Decoder

	begun bool
	ssrc  uint32
	next  uint32    // the timestamp that would follow without a gap
	last  time.Time // when the last sound came
	said  [len(hinted)]belief
	notes int
	fresh []dialer.Hint // not yet noted
}

// belief is how much a hint is believed: not, likely, or sure. Only its change is told.
type belief uint8

const (
	unlikely belief = iota
	likely
	sure
)

const (
	sureFrom = 0.9
	// maxHints bounds what one call may note: a mind that changes for ever is no hint.
	maxHints = 12
	// maxGap is the longest pause that a sender leaves out; beyond it its clock has been set anew.
	maxGap = 10 * media.SampleRate
)

// hinted is what is told, and of which kinds heard.
var hinted = [...]struct {
	as dialer.HintKind
	of []hearing.Kind
}{
	{dialer.HintRecorder, []hearing.Kind{hearing.Recorder}},
	{dialer.HintBeep, []hearing.Kind{hearing.Beep}},
	{dialer.HintFax, []hearing.Kind{hearing.FaxCNG, hearing.FaxCED}},
	{dialer.HintBusy, []hearing.Kind{hearing.Busy}},
}

// listen begins to hear the customer's leg, where that is wanted; it may be called again.
func (l *leg) listen() {
	if l.ear != nil || l.side != media.Customer || !l.lane.agent.cfg.Hearing {
		return
	}
	e := &listener{leg: l, ear: hearing.New(hearing.Config{})}
	l.ear = e
	e.tap = l.line.bridge.Tap(e.hear)
}

// earAnswered tells the ear that somebody, or something, has picked up.
func (l *leg) earAnswered() {
	if l.ear == nil {
		return
	}
	after := hearing.Unknown
	if l.rang() {
		after = l.lane.agent.cfg.Now().Sub(l.rangAt)
	}
	l.ear.mu.Lock()
	defer l.ear.mu.Unlock()
	l.ear.ear.Answered(after)
}

// deaf ends it, with what was heard last.
func (l *leg) deaf() {
	if l.ear != nil {
		l.ear.tap.Stop()
		l.ear.tell()
	}
}

// tell notes what was heard since. It belongs to the lane's functions.
func (e *listener) tell() {
	e.mu.Lock()
	fresh := e.fresh
	e.fresh = nil
	e.mu.Unlock()
	for _, hint := range fresh {
		e.leg.note(dialer.EvHeard, hint.Reason())
	}
}

// hear takes what has come of the call's sound. It belongs to the tap.
func (e *listener) hear(sounds []media.Sound) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range sounds {
		if s := &sounds[i]; s.Side == media.Customer && e.follows(s) {
			e.ear.Frame(e.read.Decode(s))
		}
	}
	if e.weigh() {
		e.leg.lane.post(e.tell)
	}
}

// follows lets pass what is missing before a sound; false when it comes too late to be heard.
func (e *listener) follows(s *media.Sound) bool {
	gap := int32(s.Stamp - e.next)
	switch {
	case !e.begun:
	case s.SSRC != e.ssrc, gap > maxGap, gap < -maxGap: // another source, with a clock of its own
		e.ear.Skip(max(0, s.At.Sub(e.last)-media.Frame))
	case gap < 0:
		return false
	default:
		e.ear.Skip(time.Duration(gap) * time.Second / media.SampleRate)
	}
	e.begun, e.ssrc, e.last, e.next = true, s.SSRC, s.At, s.Stamp+uint32(len(s.Octets())) //nolint:gosec // a packet's
	return true
}

// weigh finds what has become likely, or is so no longer.
func (e *listener) weigh() (news bool) {
	for i, hint := range hinted {
		confidence := 0.0
		for _, kind := range hint.of {
			confidence = max(confidence, e.ear.Hint(kind).Confidence)
		}
		now := unlikely
		switch {
		case confidence >= sureFrom:
			now = sure
		case confidence >= dialer.LikelyHint:
			now = likely
		}
		if now == e.said[i] || e.notes == maxHints {
			continue
		}
		e.said[i] = now
		e.notes++
		e.fresh = append(e.fresh, dialer.Hint{Kind: hint.as, Confidence: confidence})
		news = true
	}
	return news
}

package dialer

import (
	"strings"
	"time"
	"unicode/utf8"
)

// LegName says which of a call's two legs is meant.
type LegName string

// The legs of a call.
const (
	DeskLeg     LegName = "desk"
	CustomerLeg LegName = "customer"
)

// EndedBy says who or what ended a call.
type EndedBy string

// Who can end a call.
const (
	ByOperator  EndedBy = "operator"   // the panel's button or the desk phone's own hook
	ByCustomer  EndedBy = "customer"   // the debtor's BYE
	ByNetwork   EndedBy = "network"    // a final answer that is no 2xx
	ByRingLimit EndedBy = "ring_limit" // our own limit on ringing the debtor
	ByDeskLimit EndedBy = "desk_limit" // our own limit on ringing the operator's phone
	ByTalkLimit EndedBy = "talk_limit" // our own limit on a talk
	BySystem    EndedBy = "system"     // the ledger could not be written, or the house is closing
	ByCrash     EndedBy = "crash"      // found open after a crash
)

// EvidenceEvent is the kind of thing that was seen or done on a leg.
type EvidenceEvent string

// What evidence can record.
const (
	EvInvite      EvidenceEvent = "invite_sent"
	EvTrying      EvidenceEvent = "trying"      // 100
	EvRinging     EvidenceEvent = "ringing"     // 18x without SDP
	EvTalkAsked   EvidenceEvent = "talk_asked"  // the desk phone that rings was asked to pick up by itself
	EvEarlyMedia  EvidenceEvent = "early_media" // 18x with SDP
	EvAnswered    EvidenceEvent = "answered"    // 2xx
	EvChallenged  EvidenceEvent = "challenged"  // 401 or 407 that was answered: the same leg goes on
	EvAskedAgain  EvidenceEvent = "asked_again" // 422: the same leg asks for a longer session
	EvRerouted    EvidenceEvent = "rerouted"    // a refusal before anything rang: the same leg goes on by another route
	EvFinal       EvidenceEvent = "final"       // 3xx to 6xx
	EvChanged     EvidenceEvent = "changed"     // the far end's re-INVITE or UPDATE: hold, resume, another address
	EvCancelSent  EvidenceEvent = "cancel_sent"
	EvByeSent     EvidenceEvent = "bye_sent"
	EvByeReceived EvidenceEvent = "bye_received"
	EvNoAnswer    EvidenceEvent = "no_response" // the transaction timed out, or the message could not be sent
	EvGone        EvidenceEvent = "gone"
	EvHangupAsked EvidenceEvent = "hangup_asked"
	EvRingLimit   EvidenceEvent = "ring_limit"
	EvTalkLimit   EvidenceEvent = "talk_limit"
	EvForbidden   EvidenceEvent = "forbidden"             // while the desk rang, the number came to the do-not-call list: nobody was rung
	EvWithheld    EvidenceEvent = "withheld"              // while the desk rang, something else came that forbids the call: nobody was rung; Reason says what
	EvCrossed     EvidenceEvent = "answer_crossed_cancel" // a 2xx that met our CANCEL; it was ACKed and hung up
	EvRecovered   EvidenceEvent = "hung_up_after_restart"

	// Of a call that came in.

	EvInviteReceived EvidenceEvent = "invite_received"
	EvAnswerSent     EvidenceEvent = "answer_sent"
	EvRefusalSent    EvidenceEvent = "refusal_sent"
	EvCancelReceived EvidenceEvent = "cancel_received"
	EvElsewhere      EvidenceEvent = "answered_elsewhere" // a CANCEL by which the network says that another took the call (RFC 3326 §3.1)
	EvAnnounced      EvidenceEvent = "announced"          // the caller was answered by an announcement, not by a person

	// Of a talk.

	EvHeld           EvidenceEvent = "held"
	EvResumed        EvidenceEvent = "resumed"
	EvTransferAsked  EvidenceEvent = "transfer_asked"
	EvConsulting     EvidenceEvent = "consulting" // the operator talks with the desk that shall take over
	EvTransferred    EvidenceEvent = "transferred"
	EvTransferFailed EvidenceEvent = "transfer_failed"
	EvDigitsSent     EvidenceEvent = "digits_sent" // keys; Reason says how many, never which

	// Of its recording.

	EvRecordingBegan   EvidenceEvent = "recording_began" // both sides have heard the notice
	EvRecordingPaused  EvidenceEvent = "recording_paused"
	EvRecordingResumed EvidenceEvent = "recording_resumed"
	EvRecordingGap     EvidenceEvent = "recording_gap"
	EvRecordingEnded   EvidenceEvent = "recording_ended"
	EvRecordingFailed  EvidenceEvent = "recording_failed"

	// Of a talk in which nobody is held: packets of sound no longer come, though the far end said that it would send.

	EvOneWay    EvidenceEvent = "one_way_audio" // none come from the leg, while the other's do
	EvDeadAir   EvidenceEvent = "dead_air"      // none come from either leg
	EvSoundBack EvidenceEvent = "sound_back"    // they come again

	EvHeard             EvidenceEvent = "heard"              // what the customer's sound seems to be; Reason is a Hint's
	EvAnnouncementHeard EvidenceEvent = "announcement_heard" // what the operator heard; Reason is an Announcement

	EvMore EvidenceEvent = "more" // how often more the same was seen, which was only counted; Reason is the event and the number
)

// EvidenceEvents lists what evidence can record.
var EvidenceEvents = []EvidenceEvent{
	EvInvite, EvTrying, EvRinging, EvTalkAsked, EvEarlyMedia, EvAnswered, EvChallenged, EvAskedAgain, EvRerouted, EvFinal, EvChanged,
	EvCancelSent, EvByeSent,
	EvByeReceived, EvNoAnswer, EvGone, EvHangupAsked, EvRingLimit, EvTalkLimit, EvForbidden, EvWithheld, EvCrossed, EvRecovered,
	EvInviteReceived, EvAnswerSent, EvRefusalSent, EvCancelReceived, EvElsewhere, EvAnnounced,
	EvHeld, EvResumed, EvTransferAsked, EvConsulting, EvTransferred, EvTransferFailed, EvDigitsSent,
	EvRecordingBegan, EvRecordingPaused, EvRecordingResumed, EvRecordingGap, EvRecordingEnded, EvRecordingFailed,
	EvOneWay, EvDeadAir, EvSoundBack, EvHeard, EvAnnouncementHeard, EvMore,
}

// Evidence is one thing that was seen or done, kept whole and for ever. Reason is the reason phrase with runs of seven
// or more digits masked; Cause is the Q.850 cause of a Reason header (RFC 3326), 0 when there was none.
type Evidence struct {
	At     time.Time     `json:"at"`
	Leg    LegName       `json:"leg"`
	Event  EvidenceEvent `json:"event"`
	Status int           `json:"status,omitempty"`
	Reason string        `json:"reason,omitempty"`
	Cause  int           `json:"cause,omitempty"`
}

// MaskDigits replaces the digits of what could be somebody's number by "#", full-width ones by "＃": of every run of seven or more, and of every
// group of seven or more that is written like a telephone number: beginning with 0 or +, with spaces, hyphens, dots, commas, underscores or
// brackets between its digits, full-width or as an address writes them. What comes out is as long as what went in.
func MaskDigits(s string) string {
	b := []byte(s)
	for i := 0; i < len(s); {
		from, end := numberAt(s, i)
		for k := from; k < end; {
			n := digitAt(s, k)
			switch n {
			case 1:
				b[k] = '#'
			case len(wideMask):
				copy(b[k:], wideMask)
			default:
				n = max(partingAt(s, k), 1)
			}
			k += n
		}
		i = max(end, i+1)
	}
	return string(b)
}

const (
	maskedFrom = 7
	wideMask   = "＃"
)

// numberAt looks at the group of digits that begins at i with a digit or a plus: where it ends, and from where on it could be somebody's number;
// from is end when it is none.
func numberAt(s string, i int) (from, end int) {
	plus, k := 0, i
	if strings.HasPrefix(s[i:], "+") || strings.HasPrefix(s[i:], "＋") {
		_, plus = utf8.DecodeRuneInString(s[i:])
		k += plus
	} else if digitAt(s, i) == 0 {
		return i, i
	}
	digits, run, plain := 0, 0, false
	begins, before := -1, 0 // the first run that begins as a number does, and how many digits stand before it
	if plus > 0 {
		begins = i
	}
	for end = i; k < len(s); {
		if n := digitAt(s, k); n > 0 {
			if run == 0 && begins < 0 && s[k+n-1]&0x0F == 0 { // 0x30 is 0, and 0x90 ends ０
				begins, before = k, digits
			}
			k += n
			digits, run, end = digits+1, run+1, k
			plain = plain || run >= maskedFrom
			continue
		}
		n := partingAt(s, k)
		if n == 0 {
			break
		}
		k, run = k+n, 0
	}
	switch {
	case plain:
		return i, end
	case begins >= 0 && digits-before >= maskedFrom:
		return begins, end
	}
	return end, end
}

// digitAt is how many octets the digit at i has; 0 when there is none.
func digitAt(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] >= '0' && s[i] <= '9':
		return 1
	case len(s)-i >= 3 && s[i] == 0xEF && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99: // ０ to ９
		return 3
	}
	return 0
}

// partingAt is how many octets what may part the digits of a number has at i; 0 when there is none.
func partingAt(s string, i int) int {
	for _, escaped := range []string{"%2D", "%2d", "%20", "%2E", "%2e", "%28", "%29"} {
		if strings.HasPrefix(s[i:], escaped) {
			return len(escaped)
		}
	}
	if c, n := utf8.DecodeRuneInString(s[i:]); strings.ContainsRune(" -.(),_　－ー‐‑‒–—−．（），＿", c) {
		return n
	}
	return 0
}

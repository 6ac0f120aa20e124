package dialer

import (
	"strings"
	"time"
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
	EvCrossed     EvidenceEvent = "answer_crossed_cancel" // a 2xx that met our CANCEL; it was ACKed and hung up
	EvRecovered   EvidenceEvent = "hung_up_after_restart"

	// Of a call that came in.

	EvInviteReceived EvidenceEvent = "invite_received"
	EvAnswerSent     EvidenceEvent = "answer_sent"
	EvRefusalSent    EvidenceEvent = "refusal_sent"
	EvCancelReceived EvidenceEvent = "cancel_received"
	EvAnnounced      EvidenceEvent = "announced" // the caller was answered by an announcement, not by a person

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
)

// EvidenceEvents lists what evidence can record.
var EvidenceEvents = []EvidenceEvent{
	EvInvite, EvTrying, EvRinging, EvTalkAsked, EvEarlyMedia, EvAnswered, EvChallenged, EvAskedAgain, EvRerouted, EvFinal, EvChanged,
	EvCancelSent, EvByeSent,
	EvByeReceived, EvNoAnswer, EvGone, EvHangupAsked, EvRingLimit, EvTalkLimit, EvCrossed, EvRecovered,
	EvInviteReceived, EvAnswerSent, EvRefusalSent, EvCancelReceived, EvAnnounced,
	EvHeld, EvResumed, EvTransferAsked, EvConsulting, EvTransferred, EvTransferFailed, EvDigitsSent,
	EvRecordingBegan, EvRecordingPaused, EvRecordingResumed, EvRecordingGap, EvRecordingEnded, EvRecordingFailed,
	EvOneWay, EvDeadAir, EvSoundBack, EvHeard, EvAnnouncementHeard,
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

// MaskDigits replaces the digits of what could be somebody's number by "#": of every run of seven or more, and of every
// group of seven or more that is written like a telephone number: beginning with 0 or +, with spaces, hyphens, dots or
// brackets between its digits.
func MaskDigits(s string) string {
	b := []byte(s)
	for i := 0; i < len(b); {
		end, digits, plain := groupAt(b, i)
		if digits < maskedFrom || !plain && b[i] != '0' && b[i] != '+' {
			i++
			for i < len(b) && isDigit(b[i]) && isDigit(b[i-1]) { // to the end of this run: a number may begin behind it
				i++
			}
			continue
		}
		for ; i < end; i++ {
			if isDigit(b[i]) {
				b[i] = '#'
			}
		}
	}
	return string(b)
}

const maskedFrom = 7

// groupAt is the group of digits that begins at i with a digit or a plus: where its last digit ends, how many digits it has,
// and whether a run of seven or more of them stands in it without anything between.
func groupAt(b []byte, i int) (end, digits int, plain bool) {
	if !isDigit(b[i]) && b[i] != '+' {
		return i, 0, false
	}
	run := 0
	end = i
	for k := i; k < len(b); k++ {
		switch {
		case isDigit(b[k]):
			digits, run, end = digits+1, run+1, k+1
			plain = plain || run >= maskedFrom
		case k > i && !strings.ContainsRune(" -.()", rune(b[k])):
			return end, digits, plain
		default:
			run = 0
		}
	}
	return end, digits, plain
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

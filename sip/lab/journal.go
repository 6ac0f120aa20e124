package lab

import (
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// CallLog is what one simulated far end saw and did in one call. Counts leave
// retransmissions out. No number stands in it but its last two digits.
type CallLog struct {
	CallID  string `json:"call_id"`
	LastTwo string `json:"last_two"`         // of the number in the Request-URI, if it ends in digits
	Callee  int    `json:"callee,omitempty"` // calls to one number have the same; 0 where that is not known
	Row     string `json:"row"`              // what the far end was to do, in words

	Started  time.Time `json:"started"`
	Ringing  time.Time `json:"ringing,omitzero"`
	Answered time.Time `json:"answered,omitzero"`
	Ended    time.Time `json:"ended,omitzero"`

	Invites    int     `json:"invites"` // seen, re-INVITEs included
	Acks       int     `json:"acks"`
	Cancels    int     `json:"cancels"`
	ByesSeen   int     `json:"byes_seen"`
	ByesSent   int     `json:"byes_sent"`
	Status     int     `json:"status"` // the final answer to the first INVITE, 0 if there was none
	Up         bool    `json:"up"`     // answered and not yet ended
	AutoAnswer bool    `json:"auto_answer"`
	RTPSeen    uint64  `json:"rtp_seen"`
	RTPLoud    uint64  `json:"rtp_loud"` // of those, packets that were not silence
	RTPSent    uint64  `json:"rtp_sent"`
	EndedBy    End     `json:"ended_by,omitempty"`
	Events     []Event `json:"events"`
}

// End says how a call came to its end.
type End string

// The ends of a call, as the far end sees them.
const (
	EndedByUs      End = "us"        // we sent BYE
	EndedByThem    End = "them"      // they sent BYE
	EndedCancelled End = "cancelled" // CANCEL, or BYE, before an answer
	EndedRefused   End = "refused"   // a status of 300 or more was given
	EndedNoAck     End = "no ACK"    // our 200 was never acknowledged; we sent BYE
	EndedStopped   End = "stopped"   // the simulation was stopped
)

// Event is one message that came in or went out, retransmissions apart.
type Event struct {
	At   time.Time `json:"at"`
	In   bool      `json:"in"`
	What string    `json:"what"` // a method, or a status with the method it answers
}

// maxEvents bounds a call's events: a call that is held and resumed for ever
// must not fill the memory.
const maxEvents = 200

// journal keeps the logs of the latest calls and writes each as a line of JSON
// when it starts, is answered and ends; the last line of a Call-ID holds.
type journal struct {
	mu    sync.Mutex
	calls []*record
	keep  int
	out   io.Writer
	log   *slog.Logger
}

// record is a log with the sound that still changes its counts.
type record struct {
	CallLog
	sound *sound
}

func (j *journal) open(entry CallLog) *record {
	r := &record{CallLog: entry}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls = append(j.calls, r)
	if len(j.calls) > j.keep {
		j.calls = slices.Delete(j.calls, 0, len(j.calls)-j.keep)
	}
	return r
}

// change alters a record; write puts it out as it is then.
func (j *journal) change(r *record, write bool, f func(*record)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(r)
	if !write || j.out == nil {
		return
	}
	line, err := json.Marshal(r.snapshot())
	if err == nil {
		_, err = j.out.Write(append(line, '\n'))
	}
	if err != nil {
		j.log.Error("lab journal cannot be written, no more lines", "err", err)
		j.out = nil
	}
}

// snapshot needs the journal's lock.
func (r *record) snapshot() CallLog {
	c := r.CallLog
	c.Events = slices.Clone(c.Events)
	if r.sound != nil {
		c.RTPSeen, c.RTPLoud, c.RTPSent = r.sound.counts()
	}
	return c
}

func (j *journal) list() []CallLog {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]CallLog, len(j.calls))
	for i, r := range j.calls {
		all[i] = r.snapshot()
	}
	return all
}

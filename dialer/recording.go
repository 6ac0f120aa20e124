package dialer

import (
	"context"
	"time"
)

// RecordingState says whether what is said in a call is being recorded.
type RecordingState string

// The states of a call's recording; empty is none.
const (
	RecordingOn     RecordingState = "on"
	RecordingPaused RecordingState = "paused"
)

// RecordingFault is why a recording ended before its time.
type RecordingFault string

// What can end a recording.
const (
	FaultDiskFull   RecordingFault = "disk_full"
	FaultUnwritable RecordingFault = "unwritable"
	FaultSlow       RecordingFault = "slow" // the disk did not take the end in time
	FaultNoKey      RecordingFault = "no_key"
)

// Pause is a time in which nothing was recorded, since somebody asked for that.
type Pause struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// Recording is what an attempt keeps of how it was recorded: never the sound, nor where that is.
type Recording struct {
	Ref    string         `json:"ref"` // names the file to whoever keeps it: a day and the id of the call; it holds no number and no path
	From   time.Time      `json:"from"`
	Until  time.Time      `json:"until"` // zero while it goes on, and after a crash
	Pauses []Pause        `json:"pauses,omitempty"`
	Lost   time.Duration  `json:"lost,omitempty"` // of sound, in whose place there is silence
	Fault  RecordingFault `json:"fault,omitempty"`
}

// notRecorded: there is nothing to pause.
var notRecorded = &Refusal{Rule: NotTalking, JA: "この通話は録音していません", EN: "this call is not being recorded"}

// MostPauses bounds how often one talk's recording is paused: each pause is written down with the attempt's end. The last lasts until somebody has it go on.
const MostPauses = 100

// TooManyPauses refuses to pause a recording that was paused MostPauses times.
const TooManyPauses Rule = "too_many_pauses"

var pausedTooOften = &Refusal{
	Rule: TooManyPauses, JA: "この通話の録音は、もう一時停止できません(1通話100回まで)。録音は続いています。録音してはいけない話は、通話を終えてからにしてください",
	EN: "the recording of this talk was paused 100 times and is paused no more; it goes on. Leave what must not be recorded until the talk is over",
}

// PauseRecording stops recording a talk, or has it go on. Asking twice changes nothing.
func (e *Engine) PauseRecording(_ context.Context, a Asker, id CallID, on bool) error {
	c, err := e.talkOf(a, id)
	if err != nil {
		return err
	}
	e.mu.Lock()
	now, pauses := c.shown.Recording, c.pauses
	e.mu.Unlock()
	switch {
	case now == "":
		return notRecorded
	case on && now != RecordingPaused && pauses >= MostPauses:
		return pausedTooOften
	}
	c.post(posted{control: &control{do: controlPauseRecording, how: on}})
	return nil
}

// pauseRecording does what PauseRecording asked for.
func (c *call) pauseRecording(on bool) {
	state, event := RecordingOn, EvRecordingResumed
	if on {
		state, event = RecordingPaused, EvRecordingPaused
	}
	if c.view.Recording == "" || c.view.Recording == state {
		return
	}
	if on && !c.countPause() {
		return // many asked at once, and were told that it will be
	}
	c.line.PauseRecording(on)
	c.view.Recording = state
	now := c.e.d.Now()
	c.keep(Evidence{At: now, Leg: DeskLeg, Event: event})
	c.note(nil)
	c.show(now)
}

// countPause counts one more pause, unless there were as many as a talk has.
func (c *call) countPause() bool {
	c.e.mu.Lock()
	defer c.e.mu.Unlock()
	if c.pauses >= MostPauses {
		return false
	}
	c.pauses++
	return true
}

// heardRecording takes what the desk leg tells of the recording.
func (c *call) heardRecording(f LegFact) {
	switch f.Evidence.Event {
	case EvRecordingBegan:
		c.recording, c.unsaved = f.Recording, f.Recording
		c.view.Recording = RecordingOn
		c.unrecorded = false // it began late: what ends it now is told too
	case EvRecordingFailed:
		c.view.Recording = ""
		c.recordingFailed()
	case EvRecordingGap:
		c.e.alert(Alert{
			Kind: "recording_failed", Desk: c.view.Desk, CallID: c.view.ID,
			Text:   "録音の一部が欠けました。ディスクかサーバーが遅すぎるか、相手の音声が乱れて届きました",
			TextEN: "a recording has a gap: the disk or this machine is too slow, or sound came out of its time",
		})
		return
	default:
		return
	}
	c.show(f.Evidence.At)
}

// recordingFailed tells a supervisor, once a call. The talk goes on.
func (c *call) recordingFailed() {
	if c.unrecorded {
		return
	}
	c.unrecorded = true
	c.e.alert(Alert{
		Kind: "recording_failed", Desk: c.view.Desk, CallID: c.view.ID,
		Text:   "通話を録音できません。通話は続いています。録音先のディスクの空きと鍵を確かめてください",
		TextEN: "a talk cannot be recorded; it goes on. Check the disk of the recordings and their keys",
	})
}

// recorded takes what the recording came to, once the line is closed.
func (c *call) recorded() {
	r := c.line.Recorded()
	if r == nil {
		return
	}
	c.recording = r
	c.view.Recording = ""
	c.keep(Evidence{At: r.Until, Leg: DeskLeg, Event: EvRecordingEnded, Reason: string(r.Fault)})
	if r.Fault != "" {
		c.recordingFailed()
	}
}

package sip

import (
	"errors"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
	"kakeru/sip/media/recording"
)

// taping is the recording of a line's talk. It is guarded by hunt.mu, which is held over no I/O: the recording's own goroutine
// writes. The notice comes first and both sides must hear all of it: it waits for whoever takes no sound, and what hold or mute cut off
// is played again.
type taping struct {
	notice noticeState
	run    int // of the notice: an earlier one that ends late says nothing
	owed   int // how many of the two it has not been sent to
	paused bool
	over   bool
	live   *recording.Recording
	kept   *dialer.Recording
	fault  dialer.RecordingFault // why there is none
	slow   *time.Timer           // tells that there is none so far
}

type noticeState int

const (
	noticeOwed noticeState = iota
	noticePlays
	noticeHeard
)

const (
	// recordingPatience is how long the end of a call waits for the file: both legs are gone by then.
	recordingPatience = 2 * time.Second
	// beginPatience is how long a talk goes on unrecorded before that is told. The recording begins whenever the disk is ready.
	beginPatience = time.Second
)

// The beeps of a recording that begins, where the settings have no words for it.
const (
	noticeBeep = 200 * time.Millisecond
	noticeGap  = 150 * time.Millisecond
)

// noticeOf is what both sides hear before anything is recorded.
func noticeOf(clip []int16) media.Source {
	if clip != nil {
		return media.Clip(clip)
	}
	beep := func() media.Source { return media.For(noticeBeep, media.Beep.Source()) }
	gap := func() media.Source { return media.For(noticeGap, media.Silence.Source()) }
	return media.Sequence(beep(), gap(), beep(), gap())
}

// notify needs h.mu: operator and customer hear each other, and are told that they are recorded, if they were not.
func (h *hunt) notify(operator media.Side) {
	a, t := h.line.agent, &h.tape
	if a.cfg.Recorder == nil || t.notice != noticeOwed || t.over {
		return
	}
	t.notice = noticePlays
	t.run++
	t.owed = 2
	run := t.run
	for _, side := range []media.Side{operator, media.Customer} {
		h.line.bridge.PlayWhole(side, func() media.Source { return noticeOf(a.notice) }, func() { h.notified(run) })
	}
}

// unnotify needs h.mu: one of them no longer hears the notice, so it is owed to both again.
func (h *hunt) unnotify() {
	if h.tape.notice == noticePlays {
		h.tape.notice = noticeOwed
		h.line.bridge.StopTone(h.winner.side)
	}
}

// hush needs h.mu: the operator's phone is played nothing any more, not the notice either.
func (h *hunt) hush() {
	h.unnotify()
	h.line.bridge.StopTone(h.winner.side)
}

// notified begins the recording once both have been sent the notice. Closing the bridge waits for whom it calls, so the disk is waited for elsewhere,
// by nobody: it may stand still for as long as it likes.
func (h *hunt) notified(run int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &h.tape
	if t.run != run || t.notice != noticePlays || t.over {
		return
	}
	if t.owed--; t.owed > 0 {
		return
	}
	t.notice = noticeHeard
	t.slow = time.AfterFunc(beginPatience, h.slowToBegin)
	go h.beginRecording()
}

// slowToBegin tells that nothing is recorded so far.
func (h *hunt) slowToBegin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := &h.tape; t.live == nil && t.fault == "" && !t.over {
		h.noRecording(recording.ErrSlow)
	}
}

// beginRecording waits for the disk, and records from then on, unless the talk is over.
func (h *hunt) beginRecording() {
	blank, err := h.line.agent.cfg.Recorder.Prepare(string(h.line.id))
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &h.tape
	t.slow.Stop()
	switch {
	case err != nil && t.over: // nobody waits for it any more
	case err != nil:
		h.noRecording(err)
	case t.over:
		go blank.Discard() // the disk, and h.mu is held over none
	default:
		t.live, t.fault = blank.Begin(h.line.bridge, h.recordingEvent), ""
		t.live.Pause(t.paused)
		h.record(dialer.EvRecordingBegan, "", &dialer.Recording{Ref: t.live.Ref(), From: t.live.From()})
	}
}

// recordingEvent is what the recording tells by itself.
func (h *hunt) recordingEvent(e recording.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if e.Err != nil {
		h.noRecording(e.Err)
		return
	}
	h.record(dialer.EvRecordingGap, "", nil)
}

// noRecording needs h.mu.
func (h *hunt) noRecording(err error) {
	h.tape.fault = recordingFault(err)
	h.record(dialer.EvRecordingFailed, string(h.tape.fault), nil)
}

func recordingFault(err error) dialer.RecordingFault {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, recording.ErrFull):
		return dialer.FaultDiskFull
	case errors.Is(err, recording.ErrSlow):
		return dialer.FaultSlow
	case errors.Is(err, recording.ErrNoKey):
		return dialer.FaultNoKey
	}
	return dialer.FaultUnwritable
}

// record needs h.mu: it tells of the recording. What there is no room for, Recorded says in the end.
func (h *hunt) record(event dialer.EvidenceEvent, reason string, r *dialer.Recording) {
	if !h.full() {
		h.tell(dialer.LegFact{Kind: dialer.LegNote, Recording: r, Evidence: dialer.Evidence{Event: event, Reason: reason}})
	}
}

// cutRecording has nothing recorded any more: one of the two is gone.
func (h *hunt) cutRecording() {
	if h.tape.live != nil {
		h.tape.live.Cut()
	}
	h.tape.over = true
}

// PauseRecording implements dialer.Line.
func (n *line) PauseRecording(on bool) {
	n.desk.mu.Lock()
	defer n.desk.mu.Unlock()
	t := &n.desk.tape
	t.paused = on
	if t.live != nil {
		t.live.Pause(on)
	}
}

// endRecording waits for the file, within reason.
func (h *hunt) endRecording() {
	h.mu.Lock()
	h.cutRecording()
	live := h.tape.live
	h.mu.Unlock()
	if live == nil {
		return
	}
	k := live.End(recordingPatience)
	kept := dialer.Recording{Ref: k.Ref, From: k.From, Until: k.Until, Lost: k.Lost, Fault: recordingFault(k.Err)}
	for _, p := range k.Pauses {
		kept.Pauses = append(kept.Pauses, dialer.Pause{From: p.From, Until: p.Until})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tape.kept = &kept
}

// Recorded implements dialer.Line.
func (n *line) Recorded() *dialer.Recording {
	n.desk.mu.Lock()
	defer n.desk.mu.Unlock()
	return n.desk.tape.kept
}

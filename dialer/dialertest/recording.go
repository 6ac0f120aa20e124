package dialertest

import (
	"time"

	"kakeru/dialer"
)

// Record has a call be recorded from now on.
func (p *Phone) Record(id dialer.CallID) {
	n := p.line(id)
	r := dialer.Recording{Ref: "recording of " + string(id), From: time.Now()}
	p.mu.Lock()
	n.recording = &r
	p.mu.Unlock()
	n.desk.say(dialer.LegFact{Kind: dialer.LegNote, Recording: &r, Evidence: dialer.Evidence{
		At: r.From, Leg: dialer.DeskLeg, Event: dialer.EvRecordingBegan,
	}})
}

// RecordingFails has a call's recording end before its time, or never begin; a gap leaves it going on.
func (p *Phone) RecordingFails(id dialer.CallID, why dialer.RecordingFault) {
	n := p.line(id)
	p.mu.Lock()
	if n.recording != nil {
		failed := *n.recording
		failed.Fault = why
		n.recording = &failed
	}
	p.mu.Unlock()
	n.desk.say(dialer.LegFact{Kind: dialer.LegNote, Evidence: dialer.Evidence{
		At: time.Now(), Leg: dialer.DeskLeg, Event: dialer.EvRecordingFailed, Reason: string(why),
	}})
}

// RecordingGap has some of a call's sound be missing.
func (p *Phone) RecordingGap(id dialer.CallID) {
	p.line(id).desk.tellOf("", dialer.LegNote, dialer.EvRecordingGap)
}

// PauseRecording implements dialer.Line.
func (n *phoneLine) PauseRecording(on bool) {
	n.phone.did(n.order.ID, dialer.DeskLeg, onOff("pause_recording", "resume_recording", on))
	n.phone.mu.Lock()
	defer n.phone.mu.Unlock()
	if n.recording == nil {
		return
	}
	r := *n.recording
	r.Pauses = append([]dialer.Pause(nil), r.Pauses...)
	if on {
		r.Pauses = append(r.Pauses, dialer.Pause{From: time.Now()})
	} else {
		r.Pauses[len(r.Pauses)-1].Until = time.Now()
	}
	n.recording = &r
}

// Recorded implements dialer.Line.
func (n *phoneLine) Recorded() *dialer.Recording {
	n.phone.mu.Lock()
	defer n.phone.mu.Unlock()
	if n.recording == nil {
		return nil
	}
	r := *n.recording
	r.Until = time.Now()
	return &r
}

// record needs Ledger.mu: what is noted first, or ended, counts.
func (a *Attempt) record(r *dialer.Recording) {
	if r != nil && (a.Recording == nil || a.Recording.Until.IsZero()) {
		a.Recording = r
	}
}

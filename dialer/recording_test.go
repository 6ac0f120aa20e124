package dialer_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kakeru/dialer"
)

func (h *house) recordingState(id dialer.CallID, want dialer.RecordingState) {
	h.t.Helper()
	synctest.Wait()
	if v, _ := h.Call(id); v.Recording != want {
		h.t.Errorf("the recording is %q, want %q", v.Recording, want)
	}
}

func (h *house) recordingAlerts() (n int) {
	for _, a := range h.board.Alerts() {
		if a == "recording_failed" {
			n++
		}
	}
	return n
}

func TestARecordingIsKeptWithTheAttempt(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		h.refused(h.PauseRecording(ctx, first, call, true), dialer.NotTalking) // nothing is recorded yet
		h.phone.Record(call)
		h.recordingState(call, dialer.RecordingOn)
		if a, _ := h.ledger.Attempt(call); a.Recording == nil || a.Recording.Ref == "" || !a.Recording.Until.IsZero() {
			t.Errorf("what a crash would leave: %+v", a.Recording)
		}
		h.refused(h.PauseRecording(ctx, second, call, true), dialer.NotYourDesk)
		h.must(h.PauseRecording(ctx, first, call, true))
		h.must(h.PauseRecording(ctx, first, call, true)) // twice is once
		h.recordingState(call, dialer.RecordingPaused)
		time.Sleep(time.Minute)
		h.must(h.PauseRecording(ctx, supervisor, call, false))
		h.recordingState(call, dialer.RecordingOn)
		h.must(h.Hangup(ctx, first, call))
		h.ended(call)
		a, _ := h.ledger.Attempt(call)
		r := a.End.Recording
		if r == nil || r.Until.IsZero() || len(r.Pauses) != 1 || r.Pauses[0].Until.Sub(r.Pauses[0].From) != time.Minute {
			t.Errorf("%+v", r)
		}
		want := []dialer.EvidenceEvent{dialer.EvRecordingBegan, dialer.EvRecordingPaused, dialer.EvRecordingResumed, dialer.EvRecordingEnded}
		got := slices.DeleteFunc(h.evidence(call), func(e dialer.EvidenceEvent) bool { return !slices.Contains(want, e) })
		if !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
		if n := h.recordingAlerts(); n != 0 {
			t.Errorf("%d alerts", n)
		}
	})
}

func TestATalkGoesOnWithoutItsRecording(t *testing.T) {
	for _, begun := range []bool{true, false} {
		inHouse(t, func(t *testing.T, h *house) {
			call, _ := h.talks(first, desk1)
			if begun {
				h.phone.Record(call)
			}
			h.phone.RecordingFails(call, dialer.FaultDiskFull)
			h.recordingState(call, "")
			if v, _ := h.Call(call); v.State != dialer.Talking {
				t.Errorf("the talk is %s", v.State)
			}
			h.refused(h.PauseRecording(t.Context(), first, call, true), dialer.NotTalking)
			h.must(h.Hangup(t.Context(), first, call))
			h.ended(call)
			if a, _ := h.ledger.Attempt(call); (a.End.Recording != nil) != begun || begun && a.End.Recording.Fault != dialer.FaultDiskFull {
				t.Errorf("%+v", a.End.Recording)
			}
			if n := h.recordingAlerts(); n != 1 {
				t.Errorf("%d alerts", n)
			}
		})
	}
}

func TestAGapIsTold(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		h.phone.Record(call)
		h.phone.RecordingGap(call)
		h.recordingState(call, dialer.RecordingOn)
		if n := h.recordingAlerts(); n != 1 {
			t.Errorf("%d alerts", n)
		}
		h.must(h.Hangup(t.Context(), first, call))
		h.ended(call)
	})
}

// TestARecordingIsPausedSoOften and no oftener, also by many at once: each pause is kept. The last stays until it is taken back, and whoever asks for another is told.
func TestARecordingIsPausedSoOften(t *testing.T) {
	inHouse(t, func(t *testing.T, h *house) {
		call, _ := h.talks(first, desk1)
		ctx := t.Context()
		h.phone.Record(call)
		h.recordingState(call, dialer.RecordingOn)
		turn := func(on bool, now dialer.RecordingState) {
			t.Helper()
			h.must(h.PauseRecording(ctx, first, call, on))
			h.recordingState(call, now)
		}
		for range dialer.MostPauses - 2 {
			turn(true, dialer.RecordingPaused)
			turn(false, dialer.RecordingOn)
		}
		for n := range 40 { // of whoever is quicker than the call
			if err := h.PauseRecording(ctx, supervisor, call, n%2 == 0); err != nil {
				h.refused(err, dialer.TooManyPauses)
			}
		}
		h.must(h.PauseRecording(ctx, first, call, false))
		h.recordingState(call, dialer.RecordingOn)
		for h.PauseRecording(ctx, first, call, true) == nil { // what is left of them
			h.recordingState(call, dialer.RecordingPaused)
			turn(true, dialer.RecordingPaused) // it is, and nothing is asked
			turn(false, dialer.RecordingOn)
		}
		h.refused(h.PauseRecording(ctx, first, call, true), dialer.TooManyPauses)
		h.recordingState(call, dialer.RecordingOn)
		h.must(h.Hangup(ctx, first, call))
		h.ended(call)
		if a, _ := h.ledger.Attempt(call); len(a.End.Recording.Pauses) != dialer.MostPauses {
			t.Errorf("%d pauses are kept", len(a.End.Recording.Pauses))
		}
	})
}

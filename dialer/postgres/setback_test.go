package postgres

import (
	"testing"
	"time"

	"kakeru/dialer"
	"kakeru/dialer/alarm"
	"kakeru/dialer/casework"
	"kakeru/dialer/casework/dayclose"
)

// What must be writable though the clock of the house was set back meanwhile: the ledger's clock was ahead, and was set right.

// TestACallEndsThoughTheClockWasSetBack at each of its steps: each time of it is earlier than the one before.
func TestACallEndsThoughTheClockWasSetBack(t *testing.T) {
	l := newLedger(t)
	for _, noted := range []bool{true, false} { // whether the ledger had heard of the recording before
		r := reservation(listedTarget(t, l), noon)
		must(t, l.Reserve(t.Context(), r))
		must(t, l.Dialled(t.Context(), r.ID, noon.Add(-time.Second), customerLeg(noon)))
		recording := recordingFrom(noon.Add(-3 * time.Second))
		if noted {
			must(t, l.Note(t.Context(), r.ID, dialer.Progress{Recording: &recording}))
		}
		end := endOf(r, dialer.Answered)
		for i, at := range []*time.Time{&end.DialledAt, &end.RingingAt, &end.AnsweredAt, &end.EndedAt} {
			*at = noon.Add(-time.Duration(i+1) * time.Second)
		}
		for i := range end.Evidence {
			end.Evidence[i].At = noon.Add(-time.Duration(i) * time.Second)
		}
		ended, want := recording, recording
		ended.Until, ended.Lost = recording.From.Add(-50*time.Second), -time.Second
		ended.Pauses = []dialer.Pause{{From: recording.From, Until: recording.From.Add(-time.Minute)}}
		want.Until, want.Pauses = want.From, []dialer.Pause{{From: want.From, Until: want.From}}
		end.Recording = &ended
		must(t, l.End(t.Context(), end))
		wantRecording(t, l, r.ID, want)
		if a := attempt(t, l, r.ID); !a.EndedAt.Equal(end.EndedAt) || a.Verdict.Result != dialer.Answered {
			t.Errorf("%+v", a)
		}
		result := entry(r)
		result.At = end.EndedAt.Add(-time.Minute)
		_, err := l.Record(t.Context(), result)
		must(t, err)
		result.Business, result.At = []casework.Business{casework.NoCommitment}, result.At.Add(-time.Minute)
		result.Promise = nil
		if got, err := l.Record(t.Context(), result); err != nil || got.Revision != 2 {
			t.Errorf("what was recorded after that: revision %d, %v", got.Revision, err)
		}
		if a := attempt(t, l, r.ID); a.Entry == nil || a.Entry.Promise != nil {
			t.Errorf("the newest does not count: %+v", a.Entry)
		}
	}
	if got, err := l.Open(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("open are %v, %v", got, err)
	}
}

// TestWhatLastsEndsThoughTheClockWasSetBack: a desk's pause, somebody's absence, a day's close.
func TestWhatLastsEndsThoughTheClockWasSetBack(t *testing.T) {
	l := newLedger(t)
	back := noon.Add(-time.Minute)
	must(t, l.SetPause(t.Context(), dialer.DeskPause{Desk: "desk1", By: "sv", Reason: "研修", At: noon}))
	must(t, l.SetPause(t.Context(), dialer.DeskPause{Desk: "desk1", By: "sv", At: back}))
	if open, err := l.OpenPauses(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("paused are %+v, %v", open, err)
	}
	must(t, l.BeginAbsence(t.Context(), dialer.Absence{Desk: "desk1", Operator: "operator1", Reason: dialer.AwayBreak, From: noon}))
	must(t, l.EndAbsence(t.Context(), "desk1", "operator1", back))
	if open, err := l.OpenAbsences(t.Context()); err != nil || len(open) != 0 {
		t.Errorf("away are %+v, %v", open, err)
	}
	c := begun(t, l, newClose(noon))
	c.Moved = back
	walk(t, l, c, dayclose.Closed)
	if last, err := l.LastClosed(t.Context()); err != nil || last.ID != c.ID || !last.Moved.Equal(back) {
		t.Errorf("closed is %+v, %v", last, err)
	}
}

// TestAlertsEndThoughTheClockWasSetBack, that of the clock itself among them. What another raised after an end was said goes on, as before.
func TestAlertsEndThoughTheClockWasSetBack(t *testing.T) {
	l := newLedger(t)
	now := time.Now()
	for _, c := range []struct {
		ahead time.Duration // of the clock by which it was raised
		over  bool
	}{{time.Hour, true}, {50 * time.Second, true}, {-time.Second, false}} {
		down := dialer.Alert{Kind: "trunk_down", Subject: c.ahead.String()}
		must(t, l.RaiseAlert(t.Context(), down, now.Add(c.ahead)))
		end := now.Add(min(0, c.ahead) - time.Second)
		must(t, l.EndAlerts(t.Context(), dialer.Alert{Kind: "trunk_back", Subject: down.Subject}, end))
		got, err := l.Alerts(t.Context(), alarm.Filter{Limit: 1})
		must(t, err)
		if k := got[0]; k.Subject != down.Subject || k.EndedAt.IsZero() == c.over || c.over && k.EndedAt.Before(k.At) {
			t.Errorf("raised %s from now, it ended at %v: %+v", c.ahead, k.EndedAt, k)
		}
	}
	for _, p := range []alarm.Presence{{User: "sv", At: now.Add(time.Hour), Break: true}, {User: "sv", At: now}} {
		must(t, l.Here(t.Context(), p))
	}
	if got, err := l.Presences(t.Context()); err != nil || len(got) != 1 || got[0].Break {
		t.Errorf("there is %+v, %v", got, err)
	}
}

// TestANumberIsAllowedAgainThoughTheClockWasSetBack, and forbidden again: the newest word counts, whatever the clock showed.
func TestANumberIsAllowedAgainThoughTheClockWasSetBack(t *testing.T) {
	l := newLedger(t)
	target := listedTarget(t, l)
	for i, on := range []bool{true, false, true, false, true} {
		f := casework.Forbidding{On: on, By: "supervisor", At: noon.Add(-time.Duration(i) * time.Minute), Reason: "本人の申し出"}
		must(t, l.ForbidNumber(t.Context(), target.CaseID, target.Number, f))
		got, err := l.Target(t.Context(), target.CaseID, "")
		if must(t, err); got.DoNotCall != on {
			t.Errorf("after the word %d it is forbidden: %v", i, got.DoNotCall)
		}
		if listed := count(t, l, "SELECT count(*) FROM do_not_call WHERE number_ref = $1", target.NumberRef) == 1; listed != on {
			t.Errorf("after the word %d it is on the list: %v", i, listed)
		}
	}
	if kinds, err := l.ForeignRows(t.Context()); err != nil || len(kinds) != 0 {
		t.Errorf("of it is told %v, %v", kinds, err)
	}
}

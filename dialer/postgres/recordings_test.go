package postgres

import (
	"reflect"
	"testing"
	"time"

	"kakeru/dialer"
)

func recordingFrom(at time.Time) dialer.Recording {
	return dialer.Recording{Ref: "2026-11-24." + dialer.NewID(at), From: at}
}

// wantRecording compares in one time zone: the database gives times back in its own.
func wantRecording(t testing.TB, l *Ledger, id dialer.CallID, want dialer.Recording) {
	t.Helper()
	got, err := l.Recording(t.Context(), id)
	must(t, err)
	got.From, got.Until = got.From.UTC(), got.Until.UTC()
	for i := range got.Pauses {
		got.Pauses[i] = dialer.Pause{From: got.Pauses[i].From.UTC(), Until: got.Pauses[i].Until.UTC()}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestARecordingStandsWithItsAttempt(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	_, err := l.Recording(t.Context(), r.ID)
	wantErr(t, err, dialer.ErrNotFound)

	begun := recordingFrom(noon.Add(5 * time.Second))
	for range 2 { // a note may come twice
		must(t, l.Note(t.Context(), r.ID, dialer.Progress{Recording: &begun}))
	}
	wantRecording(t, l, r.ID, begun)

	ended := begun
	ended.Until, ended.Lost, ended.Fault = noon.Add(9*time.Second), 1500*time.Millisecond, dialer.FaultDiskFull
	ended.Pauses = []dialer.Pause{{From: noon.Add(6 * time.Second), Until: noon.Add(7 * time.Second)}, {From: noon.Add(8 * time.Second), Until: ended.Until}}
	end := endOf(r, dialer.Answered)
	end.Recording = &ended
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	for range 2 {
		must(t, l.End(t.Context(), end))
	}
	wantRecording(t, l, r.ID, ended)

	late := recordingFrom(noon.Add(time.Hour))
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{Recording: &late}))
	wantRecording(t, l, r.ID, ended)
}

// TestARecordingThatOnlyItsEndTellsOf was noted to a ledger that was away.
func TestARecordingThatOnlyItsEndTellsOf(t *testing.T) {
	l := newLedger(t)
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	must(t, l.Dialled(t.Context(), r.ID, noon.Add(2*time.Second), customerLeg(noon)))
	recording := recordingFrom(noon.Add(5 * time.Second))
	recording.Until = noon.Add(9 * time.Second)
	end := endOf(r, dialer.Answered)
	end.Recording = &recording
	must(t, l.End(t.Context(), end))
	wantRecording(t, l, r.ID, recording)
	line, err := l.spool.encode(record{End: &end})
	must(t, err)
	back, err := l.spool.decode(line)
	must(t, err)
	if !reflect.DeepEqual(back.End.Recording, end.Recording) {
		t.Errorf("by the spool: %+v", back.End.Recording)
	}
}

func TestListeningIsWrittenDown(t *testing.T) {
	url := migrated(t)
	l := openLedger(t, url, t.TempDir())
	silent := call(t, l, newTarget(), noon, dialer.Answered)
	if err := l.Listened(t.Context(), silent.ID, "supervisor", noon); err == nil {
		t.Error("somebody listened to what was not recorded")
	}
	r := reservation(newTarget(), noon)
	must(t, l.Reserve(t.Context(), r))
	begun := recordingFrom(noon)
	must(t, l.Note(t.Context(), r.ID, dialer.Progress{Recording: &begun}))
	end := endOf(r, dialer.NotDialled)
	end.Recording = &begun
	end.Recording.Until = noon.Add(time.Second)
	end.Recording.Pauses = []dialer.Pause{{From: noon, Until: noon.Add(time.Second)}}
	must(t, l.End(t.Context(), end))
	must(t, l.Listened(t.Context(), r.ID, "supervisor", noon))
	if n := count(t, l, "SELECT count(*) FROM recording_listens WHERE attempt_id = $1 AND by_user = 'supervisor' AND at = $2", string(r.ID), noon); n != 1 {
		t.Errorf("%d times", n)
	}
	for _, sql := range []string{
		"UPDATE recording_listens SET by_user = 'nobody'",
		"DELETE FROM recording_listens",
		"TRUNCATE recording_listens",
		"INSERT INTO recording_listens (attempt_id, by_user, at) SELECT attempt_id, '', at FROM recording_listens",
		"UPDATE recordings SET ended_at = NULL",
		"UPDATE recordings SET ref = 'x'",
		"DELETE FROM recordings",
		"TRUNCATE recordings CASCADE",
		"UPDATE recording_pauses SET ended_at = now()",
		"DELETE FROM recording_pauses",
	} {
		if err := exec(t, url, sql); err == nil {
			t.Errorf("accepted: %s", sql)
		}
	}
}

// TestAListenIsKeptOnceAMinute of a recording and a person, however often a player asks for it: listens stay for good, and the month's log reads all of them.
func TestAListenIsKeptOnceAMinute(t *testing.T) {
	l := newLedger(t)
	calls := make([]dialer.CallID, 2)
	for i := range calls {
		r := reservation(newTarget(), noon)
		must(t, l.Reserve(t.Context(), r))
		begun := recordingFrom(noon)
		must(t, l.Note(t.Context(), r.ID, dialer.Progress{Recording: &begun}))
		calls[i] = r.ID
	}
	listen := func(id dialer.CallID, by dialer.UserID, at time.Time, want int) {
		t.Helper()
		for range 3 {
			must(t, l.Listened(t.Context(), id, by, at))
		}
		if n := count(t, l, "SELECT count(*) FROM recording_listens"); n != want {
			t.Errorf("%d listens are kept, want %d", n, want)
		}
	}
	now := noon.Add(10 * time.Second)
	listen(calls[0], "supervisor", now, 1)
	listen(calls[0], "ward", now, 2)
	listen(calls[1], "supervisor", now, 3)
	listen(calls[0], "supervisor", noon.Add(59*time.Second), 3)
	listen(calls[0], "supervisor", noon.Add(time.Minute), 4)
}

package webui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"kakeru/dialer"
)

func (w *world) Recording(_ context.Context, id dialer.CallID) (dialer.Recording, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.recordings[id]
	if w.fail.recording != nil {
		return r, w.fail.recording
	}
	if !ok {
		return r, dialer.ErrNotFound
	}
	return r, nil
}

func (w *world) Listened(_ context.Context, id dialer.CallID, by dialer.UserID, at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.listened != nil {
		return w.fail.listened
	}
	w.listened = append(w.listened, fmt.Sprint(id, by, at.Equal(tuesday)))
	return nil
}

func (w *world) Kept(ref string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sounds[ref] != ""
}

// soundOf is a file that says whether anybody had listened when it was first read, and whether it was closed.
type soundOf struct {
	io.Reader

	size   int64
	cut    bool
	closed func()
}

func (s soundOf) Ended() bool { return !s.cut }

func (s soundOf) Size() int64  { return s.size }
func (s soundOf) Close() error { s.closed(); return nil }

// readerFunc reads by a function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func (w *world) Sound(_ dialer.CallID, ref string) (Playable, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail.sound != nil {
		return nil, w.fail.sound
	}
	text, ok := w.sounds[ref]
	if !ok {
		return nil, ErrSoundGone
	}
	from := strings.NewReader(text)
	w.openSounds++
	return soundOf{Reader: readerFunc(func(b []byte) (int, error) {
		w.mu.Lock()
		written := len(w.listened) > 0
		w.mu.Unlock()
		if !written {
			return 0, errors.New("it is read before anybody has written down who listens")
		}
		return from.Read(b)
	}), size: int64(len(text)), cut: strings.HasSuffix(text, "…"), closed: func() { w.set(func() { w.openSounds-- }) }}, nil
}

func withRecording(h *house) {
	h.set(func() {
		h.attempts = append(h.attempts, talked("a1", "user-operator"), talked("a2", "user-operator"))
		h.recordings = map[dialer.CallID]dialer.Recording{"a1": {
			Ref: "secret-ref", From: tuesday.Add(-4 * time.Minute), Until: tuesday.Add(-time.Minute), Lost: 1500 * time.Millisecond,
			Pauses: []dialer.Pause{{From: tuesday.Add(-3 * time.Minute), Until: tuesday.Add(-2 * time.Minute)}},
		}}
		h.sounds = map[string]string{"secret-ref": "RIFF and what was said"}
	})
}

func TestListeningIsWrittenDownFirst(t *testing.T) {
	h := open(t)
	withRecording(h)
	for i, login := range []string{"supervisor", "ward"} {
		h.set(func() { h.listened = nil })
		got := h.as(login).do("GET", "/api/attempts/a1/recording", nil).want(t, 200)
		if string(got.body) != "RIFF and what was said" || got.header.Get("Content-Type") != "audio/wav" ||
			got.header.Get("Content-Length") != "22" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s, %v", login, got.body, got.header)
		}
		if want := "a1user-" + login + "true"; len(h.listened) != 1 || h.listened[0] != want {
			t.Errorf("%d: %v, want %s", i, h.listened, want)
		}
		if !strings.Contains(h.logs.String(), `"msg":"recording listened to","call":"a1","user":"user-`+login+`"`) {
			t.Errorf("it is not in the log:\n%s", h.logs)
		}
	}
	for _, login := range []string{"operator", "admin"} {
		h.set(func() { h.listened = nil })
		h.as(login).do("GET", "/api/attempts/a1/recording", nil).problem(t, 403, "forbidden")
		if len(h.listened) > 0 {
			t.Errorf("%s: %v", login, h.listened)
		}
	}
	if strings.Contains(h.logs.String(), "secret-ref") {
		t.Error("the reference is in the log")
	}
	if h.openSounds != 0 {
		t.Errorf("%d files were left open", h.openSounds)
	}
}

func TestWhatIsNotPlayed(t *testing.T) {
	h := open(t)
	withRecording(h)
	c := h.as("supervisor")
	c.do("GET", "/api/attempts/a2/recording", nil).problem(t, 404, "not_found")
	c.do("GET", "/api/attempts/none/recording", nil).problem(t, 404, "not_found")
	for name, f := range map[string]struct {
		fail   func()
		status int
		rule   string
		says   string
	}{
		"who listens cannot be written down": {func() { h.fail.listened = dialer.ErrLedgerDown }, 503, "ledger_down", "聴取の記録"},
		"the ledger is away":                 {func() { h.fail.recording = dialer.ErrLedgerDown }, 503, "ledger_down", ""},
		"not kept":                           {func() { delete(h.sounds, "secret-ref") }, 410, "not_found", "保存期間"},
		"altered":                            {func() { h.fail.sound = ErrSoundAltered }, 500, "", "書き換え"},
		"cut off afterwards":                 {func() { h.sounds["secret-ref"] = "RIFF and…" }, 500, "", "書き換え"},
		"a disk that is away":                {func() { h.fail.sound = errors.New("/secret/path: no such device") }, 500, "", ""},
		"still going on": {func() {
			h.calls["a1"] = dialer.CallView{ID: "a1", State: dialer.Talking}
		}, 409, "desk_busy", "終話"},
	} {
		t.Run(name, func(t *testing.T) {
			withRecording(h)
			h.set(func() { h.listened = nil; f.fail() })
			p := c.do("GET", "/api/attempts/a1/recording", nil).problem(t, f.status, f.rule)
			if !strings.Contains(p.Detail, f.says) || strings.Contains(p.Detail+p.DetailEN, "secret") {
				t.Errorf("%+v", p)
			}
			h.set(func() {
				if len(h.listened) > 0 || h.openSounds != 0 {
					t.Errorf("%v, %d files open", h.listened, h.openSounds)
				}
				h.fail.listened, h.fail.recording, h.fail.sound = nil, nil, nil
				delete(h.calls, "a1")
			})
		})
	}
}

// TestWhatBreaksOffIsPlayed when the ledger says so: nobody knows its end, or it ended before its time.
func TestWhatBreaksOffIsPlayed(t *testing.T) {
	h := open(t)
	for what, change := range map[string]func(*dialer.Recording){
		"a crash":     func(r *dialer.Recording) { r.Until = time.Time{} },
		"a full disk": func(r *dialer.Recording) { r.Fault = dialer.FaultDiskFull },
	} {
		withRecording(h)
		h.set(func() {
			r := h.recordings["a1"]
			change(&r)
			h.recordings["a1"], h.sounds["secret-ref"] = r, "RIFF and…"
		})
		if got := h.as("supervisor").do("GET", "/api/attempts/a1/recording", nil); got.status != 200 {
			t.Errorf("%s: %d", what, got.status)
		}
	}
}

// TestWhoSeesThatThereIsARecording: those who may listen, and of one attempt alone.
func TestWhoSeesThatThereIsARecording(t *testing.T) {
	h := open(t)
	withRecording(h)
	for login, sees := range map[string]bool{"supervisor": true, "ward": true, "operator": false} {
		a := into[Attempt](t, h.as(login).do("GET", "/api/attempts/a1", nil).want(t, 200))
		if (a.Recording != nil) != sees {
			t.Fatalf("%s sees %+v", login, a.Recording)
		}
		if r := a.Recording; sees && (!r.Kept || r.LostSeconds != 1.5 || len(r.Pauses) != 1 || r.Until == nil) {
			t.Errorf("%+v", r)
		}
	}
	c := h.as("supervisor")
	if a := into[Attempt](t, c.do("GET", "/api/attempts/a2", nil).want(t, 200)); a.Recording != nil {
		t.Errorf("%+v", a.Recording)
	}
	h.set(func() { delete(h.sounds, "secret-ref") })
	a := into[Attempt](t, c.do("GET", "/api/attempts/a1", nil).want(t, 200))
	if a.Recording == nil || a.Recording.Kept {
		t.Errorf("%+v", a.Recording)
	}
}

func TestARecordingIsPaused(t *testing.T) {
	h := open(t)
	h.set(func() {
		h.calls["call-1"] = dialer.CallView{ID: "call-1", Desk: "desk1", Operator: "user-operator", State: dialer.Talking, Recording: dialer.RecordingOn}
	})
	op := h.as("operator")
	op.do("POST", "/api/calls/call-1/recording/pause", nil).want(t, 202)
	op.do("POST", "/api/calls/call-1/recording/resume", nil).want(t, 202)
	op.do("POST", "/api/calls/none/recording/pause", nil).problem(t, 404, "not_found")
	h.as("ward").do("POST", "/api/calls/call-1/recording/pause", nil).problem(t, 403, "forbidden")
	if got := strings.Join(h.asked, ", "); !strings.Contains(got, "pause recording true") || !strings.Contains(got, "pause recording false") {
		t.Errorf("%s", got)
	}
	live := op.do("GET", "/api/calls/call-1", nil).want(t, 200)
	if !strings.Contains(string(live.body), `"recording":"on"`) {
		t.Errorf("%s", live.body)
	}
}

// hangingDisk answers when it is let go.
type hangingDisk struct {
	*world

	asked chan struct{}
	let   chan struct{}
}

func (d *hangingDisk) Kept(string) bool {
	d.asked <- struct{}{}
	<-d.let
	return true
}

func (d *hangingDisk) Sound(id dialer.CallID, ref string) (Playable, error) {
	d.asked <- struct{}{}
	<-d.let
	return d.world.Sound(id, ref)
}

// TestAHangingDiskTakesNobodysTurns: whoever asks is told so in time, no more are asked than there are places, and what comes too late is closed.
func TestAHangingDiskTakesNobodysTurns(t *testing.T) {
	disk := &hangingDisk{asked: make(chan struct{}, 10*mostDiskAsked), let: make(chan struct{})}
	h := open(t, func(d *Deps) { disk.world, _ = d.Sounds.(*world); d.Sounds = disk })
	h.server.disk.look, h.server.disk.read = time.Millisecond, time.Millisecond
	withRecording(h)
	c := h.as("supervisor")
	for n := range mostDiskAsked + asksAtOnce {
		if n%2 == 0 {
			if p := c.do("GET", "/api/attempts/a1/recording", nil).problem(t, 503, "disk"); !strings.Contains(p.Detail, "ディスク") {
				t.Fatalf("%+v", p)
			}
			continue
		}
		a := into[Attempt](t, c.do("GET", "/api/attempts/a1", nil).want(t, 200))
		if a.Recording == nil || a.Recording.Kept || !a.Recording.Silent {
			t.Fatalf("%+v", a.Recording)
		}
	}
	if n := len(disk.asked); n != mostDiskAsked {
		t.Errorf("the disk was asked %d times while it owed all", n)
	}
	close(disk.let)
	for range mostDiskAsked { // each gives its place back
		h.server.disk.asked <- struct{}{}
	}
	for range mostDiskAsked {
		<-h.server.disk.asked
	}
	h.set(func() {
		if h.openSounds != 0 || len(h.listened) > 0 {
			t.Errorf("%d files are open, listened: %v", h.openSounds, h.listened)
		}
	})
	h.server.disk.look = time.Minute
	if a := into[Attempt](t, c.do("GET", "/api/attempts/a1", nil).want(t, 200)); !a.Recording.Kept || a.Recording.Silent {
		t.Errorf("once it answers: %+v", a.Recording)
	}
}

// TestWhatPanicsAtTheDiskEndsOneRequest: it is read outside the request's own goroutine.
func TestWhatPanicsAtTheDiskEndsOneRequest(t *testing.T) {
	_, err := inTime(t.Context(), newSoundDisk(), time.Minute, func() (int, error) { panic("somebody's name") }, func(int) {})
	if err == nil || strings.Contains(err.Error(), "somebody's name") {
		t.Error(err)
	}
}

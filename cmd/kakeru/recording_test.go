package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/dialer/dialertest/full"
	"kakeru/webui"
)

// recordingHouse is a house whose ward has allowed recording.
func recordingHouse(t *testing.T) (h *house, folder string) {
	t.Helper()
	dir := t.TempDir()
	folder = filepath.Join(dir, "recordings")
	h = newHouse(t, houseOptions{desks: 1, recording: fmt.Sprintf(
		"{allowed: true, allowed_by: 課長, allowed_at: \"2026-11-20\", folder: %q, keys_folder: %q, key_file: %q, retention_days: 30}",
		folder, filepath.Join(dir, "keys"), filepath.Join(dir, "master", "key"),
	)})
	return h, folder
}

// recordedTalk dials a person who answers, and waits until the talk is recorded.
func (h *house) recordedTalk(operator *panelClient) dialer.CallID {
	h.t.Helper()
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.recording(operator, id, dialer.RecordingOn)
	return id
}

func (h *house) recording(c *panelClient, id dialer.CallID, want dialer.RecordingState) {
	h.t.Helper()
	h.eventually(fmt.Sprintf("the recording is %q", want), func() bool {
		var v dialer.CallView
		h.must(c.call(h.t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v))
		return v.Recording == want
	})
}

// listens asks for an attempt's recording, as a browser does.
func (h *house) listens(name string, id dialer.CallID) (status int, wav []byte) {
	h.t.Helper()
	c := h.signIn(name)
	req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, c.base+"/api/attempts/"+string(id)+"/recording", nil)
	h.must(err)
	resp, err := c.http.Do(req)
	h.must(err)
	defer func() { _ = resp.Body.Close() }()
	wav, err = io.ReadAll(resp.Body)
	h.must(err)
	return resp.StatusCode, wav
}

// heard checks a WAV file of two channels that both have sound, and returns how long it lasts.
func (h *house) heard(wav []byte) time.Duration {
	h.t.Helper()
	const header, muLaw = 58, 7
	if len(wav) < header || string(wav[:4]) != "RIFF" || binary.LittleEndian.Uint16(wav[20:]) != muLaw ||
		int(binary.LittleEndian.Uint32(wav[header-4:])) != len(wav)-header {
		h.t.Fatalf("%d octets of no WAV file", len(wav))
	}
	var loud [2]int
	for i, octet := range wav[header:] {
		if octet|0x80 < 0xe0 { // louder than a whisper
			loud[i%2]++
		}
	}
	if loud[0] < 1000 || loud[1] < 1000 {
		h.t.Errorf("of %d frames the operator is heard in %d, the customer in %d", (len(wav)-header)/2, loud[0], loud[1])
	}
	return time.Duration(len(wav)-header) * time.Second / 16000
}

// listeners are who has listened to an attempt, as the ledger has it.
func (h *house) listeners(id dialer.CallID) int {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.postgres.URL(database))
	h.must(err)
	defer func() { _ = conn.Close(h.t.Context()) }()
	var n int
	h.must(conn.QueryRow(h.t.Context(), "SELECT count(*) FROM recording_listens WHERE attempt_id = $1", string(id)).Scan(&n))
	return n
}

func TestATalkIsRecordedAndListenedTo(t *testing.T) {
	full.Only(t)
	h, folder := recordingHouse(t)
	h.start()
	r := h.command("doctor", "--config", h.config())
	r.says(t, fine, "recording", "is on since 2026-11-20", "hours of talk")
	operator := h.seated("operator1", "desk1")
	id := h.recordedTalk(operator)
	post := func(what string) {
		h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/"+what, nil, nil))
	}
	post("recording/pause")
	h.recording(operator, id, dialer.RecordingPaused)
	post("recording/resume")
	h.recording(operator, id, dialer.RecordingOn)
	path := h.fileOf(folder, 40_000) // two and a half seconds
	if status, _ := h.listens("supervisor", id); status != http.StatusConflict {
		t.Errorf("listened to while the call is up: %d", status)
	}
	post("hangup")
	a := h.ended(id)
	for _, want := range []dialer.EvidenceEvent{dialer.EvRecordingBegan, dialer.EvRecordingPaused, dialer.EvRecordingResumed, dialer.EvRecordingEnded} {
		found := false
		for _, e := range a.Evidence {
			found = found || e.Event == want
		}
		if !found {
			t.Errorf("no %s in the evidence", want)
		}
	}
	kept, err := h.ledger.Recording(t.Context(), id)
	h.must(err)
	if kept.Until.IsZero() || len(kept.Pauses) != 1 || kept.Fault != "" || !strings.Contains(path, kept.Ref) {
		t.Errorf("%+v, in %s", kept, path)
	}
	if status, _ := h.listens("operator1", id); status != http.StatusForbidden || h.listeners(id) != 0 {
		t.Errorf("an operator listened: %d, %d", status, h.listeners(id))
	}
	status, wav := h.listens("supervisor", id)
	if status != http.StatusOK || h.listeners(id) != 1 {
		t.Fatalf("%d, %d have listened", status, h.listeners(id))
	}
	length := h.heard(wav)
	if want := kept.Until.Sub(kept.From) - kept.Pauses[0].Until.Sub(kept.Pauses[0].From); length < want-time.Millisecond || length > want+time.Millisecond {
		t.Errorf("%s of sound, want %s", length, want)
	}
	sealed, err := os.ReadFile(path)
	h.must(err)
	if piece := wav[len(wav)/2 : len(wav)/2+64]; bytes.Contains(sealed, piece) {
		t.Error("what was said stands in the file as it was said")
	}
	h.must(os.WriteFile(path, sealed[:len(sealed)*2/3], 0o600))
	if status, _ := h.listens("ward", id); status != http.StatusInternalServerError || h.listeners(id) != 1 {
		t.Errorf("a file whose end was cut off: %d", status)
	}
	sealed[len(sealed)/2] ^= 1
	h.must(os.WriteFile(path, sealed, 0o600))
	if status, _ := h.listens("ward", id); status != http.StatusInternalServerError || h.listeners(id) != 1 {
		t.Errorf("an altered file: %d", status)
	}
	h.must(os.Remove(path))
	if status, _ := h.listens("ward", id); status != http.StatusGone || h.listeners(id) != 1 {
		t.Errorf("a file that is gone: %d", status)
	}
	if log := h.serverLog(); strings.Contains(log, folder) || strings.Contains(log, "課長") {
		t.Errorf("the log names the folder, or who allowed it:\n%s", log)
	}
}

// fileOf waits until the only recording has so many octets, and returns its path.
func (h *house) fileOf(folder string, octets int64) (path string) {
	h.t.Helper()
	h.eventually("a recording grows", func() bool {
		files, err := filepath.Glob(filepath.Join(folder, "*", "*.rec"))
		h.must(err)
		if len(files) != 1 {
			return false
		}
		path = files[0]
		info, err := os.Stat(path)
		h.must(err)
		return info.Size() > octets
	})
	return path
}

// TestARecordingOutlivesACrash kills the server in the middle of a talk.
func TestARecordingOutlivesACrash(t *testing.T) {
	full.Only(t)
	h, folder := recordingHouse(t)
	h.start()
	id := h.recordedTalk(h.seated("operator1", "desk1"))
	h.fileOf(folder, 40_000)
	kept, err := h.ledger.Recording(t.Context(), id)
	h.must(err)
	h.kill()
	h.start()
	if a := h.ended(id); a.Verdict.Result != dialer.Interrupted {
		t.Errorf("the attempt ended as %s", a.Verdict.Result)
	}
	after, err := h.ledger.Recording(t.Context(), id)
	h.must(err)
	if kept.Ref == "" || after.Ref != kept.Ref || !after.Until.IsZero() {
		t.Errorf("%+v, then %+v", kept, after)
	}
	status, wav := h.listens("supervisor", id)
	if status != http.StatusOK {
		t.Fatalf("%d: %s", status, wav)
	}
	if length := h.heard(wav); length < 2*time.Second {
		t.Errorf("%s can be heard", length)
	}
	s, err := configs.Load(h.config())
	h.must(err)
	r, err := recorder(s.Recording, dialer.NewWatch(dialer.WatchDeps{}), slog.New(slog.DiscardHandler))
	h.must(err)
	if _, err := (sounds{r}).Sound(dialer.CallID(dialer.NewID(time.Now())), after.Ref); !errors.Is(err, webui.ErrSoundAltered) {
		t.Errorf("as another call's: %v", err)
	}
}

// snapshot is the first live frame that somebody gets.
func (h *house) snapshot(name string) (first string) {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	defer stop()
	h.must(h.signIn(name).live(ctx, func(f frame) {
		if first == "" {
			first = string(f.Data)
		}
		stop()
	}))
	return first
}

// TestATalkGoesOnThoughItCannotBeRecorded takes the place of the recordings away.
func TestATalkGoesOnThoughItCannotBeRecorded(t *testing.T) {
	full.Only(t)
	h, folder := recordingHouse(t)
	h.start()
	operator := h.seated("operator1", "desk1")
	h.must(os.Remove(folder))
	h.must(os.WriteFile(folder, nil, 0o600))
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("it cannot be recorded", func() bool {
		for _, e := range h.attempt(id).Evidence {
			if e.Event == dialer.EvRecordingFailed {
				return true
			}
		}
		return false
	})
	var v dialer.CallView
	h.must(operator.call(t.Context(), http.MethodGet, "/api/calls/"+string(id), nil, &v))
	if v.State != dialer.Talking || v.Recording != "" {
		t.Errorf("%s, recording %q", v.State, v.Recording)
	}
	h.eventually("an alert is raised", func() bool { return strings.Contains(h.snapshot("supervisor"), `"kind":"recording_failed"`) })
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.ended(id)
	if _, err := h.ledger.Recording(t.Context(), id); !errors.Is(err, dialer.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestACallEndsThoughTheKeysAreNotRead has a pipe that nobody writes to in the place of the day's key: to read it takes for ever, as from a disk that is gone.
func TestACallEndsThoughTheKeysAreNotRead(t *testing.T) {
	full.Only(t)
	h, folder := recordingHouse(t)
	keys := filepath.Join(filepath.Dir(folder), "keys")
	h.must(os.Mkdir(keys, 0o700))
	for _, day := range []time.Time{time.Now(), time.Now().AddDate(0, 0, 1)} {
		h.must(syscall.Mkfifo(filepath.Join(keys, day.In(dialer.Tokyo).Format(time.DateOnly)+".key"), 0o600))
	}
	h.must(os.Mkdir(filepath.Join(filepath.Dir(folder), "master"), 0o700))
	h.succeeds("recording", "key", "--out", filepath.Join(filepath.Dir(folder), "master", "key"))
	h.start()
	operator := h.seated("operator1", "desk1")
	id := h.dial(operator, "desk1", h.caseEnding("05"))
	h.eventually("it is not recorded", func() bool {
		return slices.ContainsFunc(h.attempt(id).Evidence, func(e dialer.Evidence) bool {
			return e.Event == dialer.EvRecordingFailed && e.Reason == string(dialer.FaultSlow)
		})
	})
	h.must(operator.call(t.Context(), http.MethodPost, "/api/calls/"+string(id)+"/hangup", nil, nil))
	h.ended(id)
	h.recorded(operator, id, map[string]any{"party": "silent"})
}

package sip

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kakeru/dialer"
)

// said keeps what is logged.
type said struct {
	mu  sync.Mutex
	all strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(b)
}

func (s *said) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.all.String(), what)
}

// newStuckTalk is a talk of which nothing can be recorded until thaw.
func newStuckTalk(t *testing.T) (k *tapedTalk, log *said, thaw func()) {
	t.Helper()
	k, log = newTapedTalk(t), &said{}
	thawed := make(chan struct{})
	k.recorder.Log = slog.New(slog.NewTextHandler(log, nil))
	k.recorder.Now = func() time.Time { <-thawed; return time.Now() } // which is asked where the disk is
	thaw = sync.OnceFunc(func() { close(thawed) })
	t.Cleanup(thaw)
	k.line.Join()
	if f := k.deskLeg.untilEvent(t, dialer.EvRecordingFailed); f.Evidence.Reason != string(dialer.FaultSlow) {
		t.Errorf("%+v", f)
	}
	return k, log, thaw
}

// TestACallEndsThoughTheDiskStandsStill: nothing waits for it, and once it is ready nothing is left of the talk.
func TestACallEndsThoughTheDiskStandsStill(t *testing.T) {
	t.Parallel()
	k, log, thaw := newStuckTalk(t)
	over := make(chan *dialer.Recording)
	go func() { over <- k.over(t, k.desk) }()
	if kept := within(t, over, "the end of the call"); kept != nil {
		t.Errorf("%+v", kept)
	}
	thaw()
	eventually(t, "the file is taken away again", func() bool { return log.has("before the disk was ready") })
	if files, err := filepath.Glob(filepath.Join(k.recorder.Folder, "*", "*")); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestARecordingBeginsWhenTheDiskIsReady: late, which was told, and with what is said from then on.
func TestARecordingBeginsWhenTheDiskIsReady(t *testing.T) {
	t.Parallel()
	k, _, thaw := newStuckTalk(t)
	ready := time.Now()
	thaw()
	began := k.deskLeg.untilEvent(t, dialer.EvRecordingBegan)
	pass(t, k.customerSays, 500*time.Millisecond)
	kept := k.over(t, k.desk)
	if _, customer := hear(t, k.recorder, kept); toneIn(customer, 700) < 5000 || began.Recording.From.Before(ready) {
		t.Errorf("%.0f of the customer, since %s", toneIn(customer, 700), began.Recording.From)
	}
}

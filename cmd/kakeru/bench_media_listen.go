//go:build !production

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kakeru/dialer"
	"kakeru/sip/media"
	"kakeru/sip/media/hearing"
	"kakeru/sip/media/recording"
)

// benchListeners have every call of the benchmark heard, on the customer's side as sip does, and recorded.
type benchListeners struct {
	folder   string
	recorder *recording.Recorder
	taps     []*media.Tap
	records  []*recording.Recording
}

func newBenchListeners() (*benchListeners, error) {
	folder, err := os.MkdirTemp("", "kakeru-bench-media-")
	if err != nil {
		return nil, err
	}
	l := &benchListeners{folder: folder}
	keys, err := recording.OpenKeys(filepath.Join(folder, "keys"), filepath.Join(folder, "master"), "")
	if err == nil {
		l.recorder, err = recording.New(recording.Config{
			Folder: filepath.Join(folder, "recordings"), Keys: keys, Zone: time.UTC, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

func (l *benchListeners) to(b *media.Bridge) error {
	ear, read := hearing.New(hearing.Config{}), &media.Decoder{}
	l.taps = append(l.taps, b.Tap(func(sounds []media.Sound) {
		for i := range sounds {
			if sounds[i].Side == media.Customer {
				ear.Frame(read.Decode(&sounds[i]))
			}
		}
		_ = ear.Hint(hearing.Recorder) // asked as often as sip does
	}))
	blank, err := l.recorder.Prepare(dialer.NewID(time.Now()))
	if err == nil {
		l.records = append(l.records, blank.Begin(b, func(recording.Event) {}))
	}
	return err
}

func (l *benchListeners) close() {
	for _, t := range l.taps {
		t.Stop()
	}
	for _, r := range l.records {
		_ = r.End(time.Second)
	}
	_ = os.RemoveAll(l.folder) // of the benchmark alone
}

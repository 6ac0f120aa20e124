package recording

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"

	"kakeru/sip/media"
)

// ErrGone is told of a recording that was removed, or that was never there.
var ErrGone = errors.New("there is no such recording any more")

// Config is what a Recorder must be told.
type Config struct {
	Folder string // of the recordings: a folder a day in it
	Keys   Keys
	Zone   *time.Location // whose days are meant
	Now    func() time.Time
	// ClockWrong says why Now is not believed; nil for a clock that always is.
	ClockWrong func() error
	Log        *slog.Logger
}

// Recorder makes recordings and opens them. It is safe for concurrent use.
type Recorder struct {
	Config

	create func(path string) (file, error)
}

// file is what a recording is written to.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// New makes a recorder, and its folder. Where there are recordings there must be keys.
func New(c Config) (*Recorder, error) {
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("recording.folder: %w", err)
	}
	if c.ClockWrong == nil {
		c.ClockWrong = func() error { return nil }
	}
	r := &Recorder{Config: c, create: createFile}
	some := false
	if err := r.eachDay(func(string) error { some = true; return nil }); err != nil {
		return nil, fmt.Errorf("recording.folder: %w", err)
	}
	if some {
		if err := c.Keys.Expect(); err != nil {
			c.Log.Error("no talk is recorded until that is mended", "err", err)
		}
	}
	return r, nil
}

func createFile(path string) (file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a day and a random name
	if err != nil {
		return nil, err
	}
	return f, syncFolder(filepath.Dir(path))
}

// Begin begins to record what the ends of a call's bridge say to each other from now on; the call's id is a UUID, and it has one recording. tell is called from a goroutine of the
// recording's, once for each kind of event. The recording must be ended. An error is ErrFull, ErrNoKey, or says no more than that
// the file cannot be written; the rest is in the log.
func (r *Recorder) Begin(call string, b *media.Bridge, tell func(Event)) (*Recording, error) {
	g, err := r.begun(call, b, tell)
	if err != nil {
		r.Log.Error("a talk cannot be recorded", "err", err)
		return nil, named(err)
	}
	return g, nil
}

func (r *Recorder) begun(call string, b *media.Bridge, tell func(Event)) (*Recording, error) {
	now := r.Now()
	id, err := idOf(call)
	if err != nil {
		return nil, err
	}
	ref := reference{day: now.In(r.Zone).Format(time.DateOnly), id: id}
	key, err := r.Keys.ForDay(ref.day)
	if err != nil {
		return nil, errors.Join(ErrNoKey, err)
	}
	f, err := r.create(r.path(ref))
	if err != nil {
		return nil, err
	}
	return r.begin(b, tell, ref, key, f)
}

func (r *Recorder) begin(b *media.Bridge, tell func(Event), ref reference, key tink.AEAD, f file) (*Recording, error) {
	header := ref.header()
	if _, err := f.Write(header); err != nil {
		_ = f.Close()
		_ = os.Remove(r.path(ref))
		return nil, err
	}
	g := &Recording{
		recorder: r, bridge: b, ref: ref, tell: tell, mixer: newMixer(r.Now()),
		file: f, good: int64(len(header)), sealer: newSealer(key, ref),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	g.tap = b.Tap(g.listen)
	go g.run()
	return g, nil
}

// Open opens a recording by its reference. It may still be going on: then it ends where it is now.
func (r *Recorder) Open(name string) (*Playback, error) {
	ref, err := parseReference(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(r.path(ref))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrGone
	}
	if err != nil {
		return nil, err
	}
	key, err := r.Keys.OfDay(ref.day)
	if err == nil {
		var p *Playback
		if p, err = openFile(f, ref, key); err == nil {
			return p, nil
		}
	}
	_ = f.Close() // it was only read
	return nil, err
}

// Kept reports whether a recording and its day's key are there, without reading it.
func (r *Recorder) Kept(name string) bool {
	ref, err := parseReference(name)
	if err != nil {
		return false
	}
	_, gone := os.Stat(r.path(ref))
	_, sealed := r.Keys.OfDay(ref.day)
	return gone == nil && sealed == nil
}

const fileSuffix = ".rec"

func (r *Recorder) path(ref reference) string {
	return filepath.Join(r.Folder, ref.day, ref.String()+fileSuffix)
}

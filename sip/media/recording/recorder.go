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

	"kakeru/dialer/vault/owner"
	"kakeru/sip/media"
)

// ErrGone is told of a recording that was removed, or that was never there.
var ErrGone = errors.New("there is no such recording any more")

// Config is what a Recorder must be told.
type Config struct {
	Folder string // of the recordings: a folder a day in it
	Keys   Keys
	Zone   *time.Location // whose days are meant
	// Now is the clock by which days end and a recording's beginning is known. It may be another machine's, and be set: nothing is measured by it.
	Now func() time.Time
	// ClockWrong says why Now is not believed; nil for a clock that always is.
	ClockWrong func() error
	Log        *slog.Logger
}

// Recorder makes recordings and opens them. It is safe for concurrent use.
type Recorder struct {
	Config

	create func(path string) (file, error)
	counts func() time.Time // this machine's clock, as packets bear it
	asked  chan struct{}    // a place for each file that the disk is asked for
}

// mostAsked is how many files a disk that stands still is asked for: each holds a thread of the process, which ends when it has too many.
const mostAsked = 128

// file is what a recording is written to.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
}

// New makes a recorder, and its folder. Where there are recordings there must be keys.
func New(c Config) (*Recorder, error) {
	if err := owner.Folder(c.Folder); err != nil {
		return nil, fmt.Errorf("recording.folder: %w", err)
	}
	if c.ClockWrong == nil {
		c.ClockWrong = func() error { return nil }
	}
	r := &Recorder{Config: c, create: createFile, counts: time.Now, asked: make(chan struct{}, mostAsked)}
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
	if err := owner.Folder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a day and a random name
	if err != nil {
		return nil, err
	}
	return f, syncFolder(filepath.Dir(path))
}

// Blank is a recording's file, ready on the disk, of which nothing is recorded yet. It must be begun or discarded.
type Blank struct {
	recorder *Recorder
	ref      reference
	key      tink.AEAD
	file     file
}

// Prepare makes ready what a call's recording needs of the disk, and may take as long as that does; the call's id is a UUID, and it has one
// recording. An error is ErrFull, ErrNoKey, ErrSlow when the disk already owes too many, or says no more than that the file cannot be
// written; the rest is in the log.
func (r *Recorder) Prepare(call string) (*Blank, error) {
	select {
	case r.asked <- struct{}{}:
		defer func() { <-r.asked }()
	default:
		r.Log.Error("a talk cannot be recorded: the disk of the recordings, or of their keys, stands still", "owes", mostAsked)
		return nil, ErrSlow
	}
	b, err := r.prepare(call)
	if err != nil {
		r.Log.Error("a talk cannot be recorded", "err", err)
		return nil, named(err)
	}
	return b, nil
}

func (r *Recorder) prepare(call string) (*Blank, error) {
	id, err := idOf(call)
	if err != nil {
		return nil, err
	}
	ref := reference{day: r.Now().In(r.Zone).Format(time.DateOnly), id: id}
	key, err := r.Keys.ForDay(ref.day)
	if err != nil {
		return nil, errors.Join(ErrNoKey, err)
	}
	f, err := r.create(r.path(ref))
	if err != nil {
		return nil, err
	}
	b := &Blank{r, ref, key, f}
	if _, err := f.Write(ref.header()); err != nil {
		b.remove()
		return nil, err
	}
	return b, nil
}

// Discard takes the file away again: the talk was over before the disk was ready.
func (b *Blank) Discard() {
	b.remove()
	b.recorder.Log.Warn("a talk was over before the disk was ready for its recording", "recording", b.ref.String())
}

func (b *Blank) remove() { _ = errors.Join(b.file.Close(), os.Remove(b.recorder.path(b.ref))) } // nothing is in it

// Begin records what the ends of a bridge say to each other from now on, and waits for no disk. tell is called from a goroutine of the
// recording's, once for each kind of event. The recording must be ended.
func (b *Blank) Begin(bridge *media.Bridge, tell func(Event)) *Recording {
	g := &Recording{
		recorder: b.recorder, bridge: bridge, ref: b.ref, tell: tell, from: b.recorder.Now().Round(0), mixer: newMixer(b.recorder.counts()),
		file: b.file, good: int64(headerSize), sealer: newSealer(b.key, b.ref),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	g.tap = bridge.Tap(g.listen)
	go g.run()
	return g
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

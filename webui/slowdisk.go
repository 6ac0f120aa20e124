package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// soundDisk is where recordings lie, which may stand still for hours (FUSE, NFS): whoever asks it waits for a while, and not for as long as it stands. What was
// asked goes on behind them, since nothing ends a thread that waits for a disk, so only so many are asked at once.
type soundDisk struct {
	asked chan struct{} // a place for each
	look  time.Duration // for a look whether a file is there
	read  time.Duration // for reading all of one: of an hour it is 58 MB
}

// mostDiskAsked leaves room for as many as there are who may listen, and is few threads where all of them hang.
const mostDiskAsked = 32

func newSoundDisk() soundDisk {
	return soundDisk{asked: make(chan struct{}, mostDiskAsked), look: time.Second, read: 15 * time.Second}
}

// errDiskStill is told of what the disk did not say in time.
var errDiskStill = newProblem(http.StatusServiceUnavailable, "disk",
	"録音を保存しているディスクが応答しません。しばらくしてからお試しください。続くときは管理者に連絡してください",
	"the disk where recordings are kept does not answer; try again shortly, and tell the administrator if it goes on")

// inTime asks the disk, and waits no longer than within: then, and at once when it owes as many answers as it may, errDiskStill. An answer that comes too late
// is left to drop.
func inTime[T any](ctx context.Context, d soundDisk, within time.Duration, ask func() (T, error), drop func(T)) (T, error) {
	var none T
	select {
	case d.asked <- struct{}{}:
	default:
		return none, errDiskStill
	}
	answer, left := make(chan func() (T, error)), make(chan struct{})
	defer close(left)
	go func() {
		defer func() { <-d.asked }()
		said, err := guarded(ask)
		select {
		case answer <- func() (T, error) { return said, err }:
		case <-left:
			if err == nil {
				drop(said)
			}
		}
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case said := <-answer:
		return said()
	case <-timer.C:
		return none, errDiskStill
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// guarded makes an error of a panic: outside a request's goroutine it would end the process.
func guarded[T any](ask func() (T, error)) (said T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("asking the recordings' disk panicked (%T) at %s", p, debug.Stack())
		}
	}()
	return ask()
}

// kept asks whether a recording can still be listened to. silent: nobody can say, since its disk does not answer.
func (s *Server) kept(ctx context.Context, ref string) (kept, silent bool, err error) {
	kept, err = inTime(ctx, s.disk, s.disk.look, func() (bool, error) { return s.d.Sounds.Kept(ref), nil }, func(bool) {})
	if errors.Is(err, errDiskStill) {
		s.log.Error("the disk of the recordings, or of their keys, does not answer", "owes", len(s.disk.asked))
		return false, true, nil
	}
	return kept, false, err
}

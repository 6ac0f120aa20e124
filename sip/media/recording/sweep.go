package recording

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Retention is how long recordings are kept.
type Retention struct {
	Days int // after the day on which they were made; 0 keeps them for ever
	// Keys says that the keys of the days go with them: then what a backup has of them cannot be read either.
	Keys bool
}

const (
	sweepEvery  = time.Hour
	askTheClock = time.Minute // while it is not believed
)

// errClockWrong is told of a sweep that was not made.
var errClockWrong = errors.New("no recording is removed while the clock is not believed")

// Run removes what was kept long enough, now and every hour, until ctx is done. How long that is may be another each time. While the clock is not believed
// it waits.
func (r *Recorder) Run(ctx context.Context, keep func() Retention) error {
	waited := false
	for {
		err := r.Sweep(keep())
		waits, next := errors.Is(err, errClockWrong), sweepEvery
		switch {
		case waits && !waited:
			r.Log.Warn("old recordings stay for now", "why", err)
		case err != nil && !waits:
			r.Log.Error("old recordings could not be removed", "err", err)
		}
		if waited = waits; waits {
			next = askTheClock
		}
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// Sweep removes the days that were kept long enough: their keys first, since without these the rest is noise.
func (r *Recorder) Sweep(keep Retention) error {
	if keep.Days <= 0 {
		return nil
	}
	if err := r.ClockWrong(); err != nil { // asked before the time is, which may be set right in between
		return fmt.Errorf("%w: %w", errClockWrong, err)
	}
	now := r.Now().In(r.Zone)
	first := now.AddDate(0, 0, -keep.Days).Format(time.DateOnly) // the oldest that stays
	var all []error
	if keep.Keys {
		days, err := r.Keys.Days()
		all = append(all, err)
		for _, day := range days {
			if day < first {
				all = append(all, r.Keys.Destroy(day))
			}
		}
	}
	all = append(all, r.eachDay(func(day string) error {
		if day >= first {
			return nil
		}
		r.Log.Info("recordings of a day removed", "day", day, "key", keep.Keys)
		return os.RemoveAll(filepath.Join(r.Folder, day))
	}))
	return errors.Join(all...)
}

// eachDay hands on each day of which there is a folder of recordings, and goes on past an error.
func (r *Recorder) eachDay(do func(day string) error) error {
	entries, err := os.ReadDir(r.Folder)
	all := []error{err}
	for _, e := range entries {
		if e.IsDir() && isDay(e.Name()) {
			all = append(all, do(e.Name()))
		}
	}
	return errors.Join(all...)
}

// Count is how many recordings there are, and how many days' keys. A recording whose key is gone counts: its file is there.
func (r *Recorder) Count() (recordings, keys int, err error) {
	days, err := r.Keys.Days()
	if err != nil {
		return 0, 0, err
	}
	err = r.eachDay(func(day string) error {
		files, err := filepath.Glob(filepath.Join(r.Folder, day, "*"+fileSuffix))
		recordings += len(files)
		return err
	})
	return recordings, len(days), err
}

// DestroyAll ends all recordings: every day's key first, so that what is cut off in between is noise, also in a backup; then the
// files. Asked again it does what is left. Nothing may be recorded meanwhile: no call is open when it is asked.
func (r *Recorder) DestroyAll() error {
	days, err := r.Keys.Days()
	if err != nil {
		return err
	}
	for _, day := range days {
		if err := r.Keys.Destroy(day); err != nil {
			return err
		}
	}
	err = r.eachDay(func(day string) error { return os.RemoveAll(filepath.Join(r.Folder, day)) })
	r.Log.Info("all recordings were destroyed", "keys", len(days))
	return err
}

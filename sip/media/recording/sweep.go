package recording

import (
	"context"
	"errors"
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

const sweepEvery = time.Hour

// Run removes what was kept long enough, now and every hour, until ctx is done.
func (r *Recorder) Run(ctx context.Context, keep Retention) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := r.Sweep(keep); err != nil {
			r.Log.Error("old recordings could not be removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep removes the days that were kept long enough: their keys first, since without these the rest is noise.
func (r *Recorder) Sweep(keep Retention) error {
	if keep.Days <= 0 {
		return nil
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
	entries, err := os.ReadDir(r.Folder)
	all = append(all, err)
	for _, e := range entries {
		if e.IsDir() && isDay(e.Name()) && e.Name() < first {
			all = append(all, os.RemoveAll(filepath.Join(r.Folder, e.Name())))
			r.Log.Info("recordings of a day removed", "day", e.Name(), "key", keep.Keys)
		}
	}
	return errors.Join(all...)
}

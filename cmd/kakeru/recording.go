package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"kakeru/configs"
	"kakeru/dialer"
	"kakeru/sip/media/recording"
	"kakeru/webui"
)

// recorder opens the recordings and their keys. It is nil where the settings name no place for them. Whether anything is
// recorded is another question: what was, stays there to be heard, and is removed in time.
func recorder(s configs.Recording, watch *dialer.Watch, log *slog.Logger) (*recording.Recorder, error) {
	if s.Folder == "" || s.KeysFolder == "" || s.KeyFile == "" {
		return nil, nil //nolint:nilnil // there is none, and that is no mistake
	}
	keys, err := recording.OpenKeys(s.KeysFolder, s.KeyFile, s.FormerKeyFile)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	r, err := recording.New(recording.Config{
		Folder: s.Folder, Keys: keys, Zone: dialer.Tokyo, Now: watch.Now, Log: log,
		ClockWrong: func() error {
			if no := watch.Refusal(); no != nil {
				return no
			}
			return nil // and not a *Refusal that is nil
		},
	})
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return r, nil
}

// keepSound removes recordings in time. Where the contract has ended, what is there goes first: another node carried that close, or a
// backup was put back.
func (a *app) keepSound(ctx context.Context) error {
	switch s, err := a.closer.State(ctx); {
	case err != nil:
		a.log.Warn("whether the contract has ended is not known; recordings are left as they are", "err", err)
	case s.Ours:
		_ = a.endSound() // said there
	}
	return a.recorder.Run(ctx, func() recording.Retention {
		keep := a.live.settings().Recording
		return recording.Retention{Days: keep.RetentionDays, Keys: keep.DeleteKeys}
	})
}

// endSound destroys the recordings that lie here, at the contract's end, and says which could not be.
func (a *app) endSound() error {
	err := a.recorder.DestroyAll()
	if err != nil {
		a.log.Error("recordings are left after the contract's end", "err", err)
	}
	return err
}

// sounds are the recordings as the panel is given them.
type sounds struct{ recorder *recording.Recorder }

// Kept implements webui.Sounds.
func (s sounds) Kept(ref string) bool { return s.recorder != nil && s.recorder.Kept(ref) }

// Sound implements webui.Sounds.
func (s sounds) Sound(id dialer.CallID, ref string) (webui.Playable, error) {
	if s.recorder == nil {
		return nil, webui.ErrSoundGone
	}
	if !recording.IsOf(ref, string(id)) { // the ledger was told another call's
		return nil, webui.ErrSoundAltered
	}
	p, err := s.recorder.Open(ref)
	switch {
	case errors.Is(err, recording.ErrGone), errors.Is(err, recording.ErrNoKey):
		return nil, webui.ErrSoundGone
	case errors.Is(err, recording.ErrAltered):
		return nil, webui.ErrSoundAltered
	case errors.Is(err, recording.ErrKeyAway):
		return nil, recording.ErrKeyAway // the cause names the folder
	case err != nil:
		return nil, errors.New("the recording cannot be read: see recording.folder") // the cause names the file
	}
	return playable{p}, nil
}

// playable is a recording as the panel is given it.
type playable struct{ *recording.Playback }

// Ended implements webui.Playable.
func (p playable) Ended() bool { return p.Whole }

// checkRecording says whether talks are recorded, and whether they can be. It makes nothing.
func checkRecording(_ context.Context, s configs.Settings) []finding {
	const about = "recording"
	r := s.Recording
	if !r.Allowed {
		return []finding{{fine, about, "is off: the ward has not allowed it (recording.allowed)", ""}}
	}
	_, noKey := os.Stat(r.KeyFile)
	_, noFolder := os.Stat(r.KeysFolder)
	if !errors.Is(noKey, fs.ErrNotExist) && !errors.Is(noFolder, fs.ErrNotExist) { // else the first start makes them
		if _, err := recording.OpenKeys(r.KeysFolder, r.KeyFile, r.FormerKeyFile); err != nil {
			return []finding{{major, about, oneLine(err), "mend that: the server does not start without its keys"}}
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(nearest(r.Folder), &disk); err != nil {
		return []finding{{major, about, r.Folder + " cannot be used: " + err.Error(), "make it, or correct recording.folder"}}
	}
	free := disk.Bavail * uint64(disk.Bsize) //nolint:gosec // a block size is no negative number
	const anHour = 2 * 8000 * 3600           // octets
	f := finding{fine, about, fmt.Sprintf("is on since %s; there is room for %d hours of talk", r.AllowedAt, free/anHour), ""}
	switch {
	case free < diskEmpty:
		f.grade, f.todo = major, "make room in recording.folder"
	case free < diskLow:
		f.grade, f.todo = minor, "make room in recording.folder soon"
	}
	return []finding{f}
}

// nearest is the folder itself, or the nearest above it that is there.
func nearest(folder string) string {
	for {
		if _, err := os.Stat(folder); err == nil || filepath.Dir(folder) == folder {
			return folder
		}
		folder = filepath.Dir(folder)
	}
}

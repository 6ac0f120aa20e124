package recording

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"kakeru/dialer/vault/owner"
)

// createDurably makes a file that is there whole after a crash, or not at all. One that is there already stays: fs.ErrExist.
func createDurably(path string, text []byte) error {
	return durably(path, text, func(name string) error {
		err := os.Link(name, path)
		if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) { // a file system without links: exFAT, some of a network's
			return unix.Renameat2(unix.AT_FDCWD, name, unix.AT_FDCWD, path, unix.RENAME_NOREPLACE)
		}
		return errors.Join(err, os.Remove(name))
	})
}

// replaceDurably puts another file in the place of one, whole or not at all. Whoever does that holds the folder's lock.
func replaceDurably(path string, text []byte) error {
	return durably(path, text, func(name string) error { return os.Rename(name, path) })
}

// halfOf begins the names of what makings of a file that were cut off have left beside it, so that whatever destroys the file finds them too.
func halfOf(path string) string { return ".new-" + filepath.Base(path) + "-" }

// halves lists them.
func halves(path string) (all []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), halfOf(path)) {
			all = append(all, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return all, err
}

// durably has a file put in its place once its octets are on the disk.
func durably(path string, text []byte, put func(name string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), halfOf(path)) // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, owner.LikeFolder(f, filepath.Dir(path)), f.Sync(), f.Close())
	if err == nil {
		err = put(f.Name())
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return errors.Join(err, syncFolder(filepath.Dir(path))) // also for who was slower: it goes by the name that another gave
}

// destroy writes a file over, and removes it; none is no error.
func destroy(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := overwrite(path, info.Size()); err != nil {
		return err
	}
	return os.Remove(path)
}

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NOFOLLOW, 0) //nolint:gosec // ours, in the folder of the settings; no link of somebody's is followed
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // one of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package owner

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// LikeFolder gives a file that root has made to whoever its folder is. Whoever has taken over the server could put links there, to files of root's own:
// whoever opens such a file follows none (O_NOFOLLOW), and none is given away here that has another name elsewhere. One that was removed meanwhile, as half of
// a key is whose day is closed, has none. Of anybody else's process it changes nothing.
func LikeFolder(f *os.File, folder string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	own, err := f.Stat()
	if err != nil {
		return err
	}
	if file, ok := own.Sys().(*syscall.Stat_t); ok && file.Nlink > 1 {
		return fmt.Errorf("%s has another name, by which it may be somebody else's", filepath.Base(f.Name()))
	}
	return chownLike(f, info)
}

// Folder makes a folder, and those above it that are not there, for its owner alone (0700). Each of them is whose the one above it is.
func Folder(path string) error {
	if _, err := os.Stat(path); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(path, 0o700) // says what stands there, if that is no folder
	}
	above := filepath.Dir(path)
	if err := Folder(above); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); errors.Is(err, fs.ErrExist) {
		return nil // somebody was quicker
	} else if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(above)
	if err != nil {
		return err
	}
	made, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0) //nolint:gosec // just made
	if err != nil {
		return err
	}
	return errors.Join(chownLike(made, info), made.Close())
}

func chownLike(f *os.File, other os.FileInfo) error {
	if owner, ok := other.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}

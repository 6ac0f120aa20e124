package owner

import (
	"fmt"
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
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		return f.Chown(int(owner.Uid), int(owner.Gid))
	}
	return nil
}

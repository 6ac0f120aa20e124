package stores

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxSocketDir leaves room in the 107 bytes of a socket address for the longest
// name in it, ".s.PGSQL.5432.lock".
const maxSocketDir = 107 - 19

// folder is one store's part of the state directory. The holder of a folder is
// the only process that may start a server on its data.
type folder struct {
	name string   // "postgres" or "redis"
	data string   // the data folder, the server's working directory
	run  string   // where the socket stands
	log  string   // what the server writes on its standard streams
	lock *os.File // flock'd; the kernel frees it when we die, however we die
}

// openFolder makes what is missing of the state directory, takes the lock and
// waits until no server of an earlier owner is left.
func openFolder(dir, name string) (*folder, error) {
	if dir == "" {
		return nil, errors.New("stores: no state directory given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := makeStateDir(dir); err != nil {
		return nil, err
	}
	f := &folder{
		name: name,
		data: filepath.Join(dir, name),
		run:  socketDir(dir),
		log:  filepath.Join(dir, name+".log"),
	}
	if err := f.takeLock(filepath.Join(dir, name+".lock")); err != nil {
		return nil, err
	}
	if err := errors.Join(own(f.run), f.evict()); err != nil {
		f.release()
		return nil, err
	}
	return f, nil
}

// makeStateDir makes dir, and makes it possible for the servers' user to reach
// what is in it.
func makeStateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return fmt.Errorf("cannot make the state directory: %w; choose another with KAKERU_STATE=DIR", err)
	}
	if os.Geteuid() != 0 {
		return nil
	}
	// The directory is ours, so opening it for passing through (not for listing)
	// is too. The folders above it belong to others and are only looked at.
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := os.Chmod(dir, info.Mode().Perm()|0o011); err != nil {
		return err
	}
	for up := filepath.Dir(dir); ; up = filepath.Dir(up) {
		info, err := os.Stat(up)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("the state directory %s cannot be reached by the user the stores run as (uid %d), "+
				"because %s is closed to others; choose another with KAKERU_STATE=DIR", dir, serverID, up)
		}
		if up == filepath.Dir(up) {
			return nil
		}
	}
}

// socketDir is run/ in the state directory, or, where that is too long for a
// socket address, a folder in /tmp whose name is fixed by the state directory.
func socketDir(dir string) string {
	run := filepath.Join(dir, "run")
	if len(run) <= maxSocketDir {
		return run
	}
	sum := sha256.Sum256([]byte(dir))
	return "/tmp/kakeru-" + strconv.Itoa(os.Geteuid()) + "-" + hex.EncodeToString(sum[:6])
}

// own makes a folder that only the servers' user may enter, or checks that the
// one that is there is such: somebody else may have made it first in /tmp.
func own(dir string) error {
	uid := os.Geteuid()
	if err := os.Mkdir(dir, 0o700); err == nil {
		if uid == 0 {
			return os.Chown(dir, serverID, serverID)
		}
		return nil
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	wanted := uid
	if uid == 0 {
		wanted = serverID
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(stat.Uid) != wanted {
		return fmt.Errorf("%s is not a folder of uid %d, which the stores run as; "+
			"move it away, or choose another state directory with KAKERU_STATE=DIR", dir, wanted)
	}
	return os.Chmod(dir, 0o700)
}

// takeLock fails at once when another process holds the folder.
func (f *folder) takeLock(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("%s in %s is already in use by process %s; stop that one, "+
				"or choose another state directory with KAKERU_STATE=DIR",
				f.name, filepath.Dir(path), strings.TrimSpace(string(holder)))
		}
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if err := errors.Join(file.Truncate(0), writeAt(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		_ = file.Close()
		return err
	}
	f.lock = file
	return nil
}

// Free says whether the state directory may be removed: nil when no process keeps
// a store running there, else an error that names the process.
func Free(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, name := range []string{"postgres", "redis"} {
		path := filepath.Join(dir, name+".lock")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			continue
		}
		f := &folder{name: name}
		if err := f.takeLock(path); err != nil {
			return err
		}
		f.release()
	}
	return nil
}

func writeAt(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}

// release gives the folder up. The lock file stays: removing it would let two
// processes lock two files of the same name.
func (f *folder) release() { _ = f.lock.Close() }

// evict waits until no process of an earlier owner works in the data folder: it
// is usually just ending, because the kernel told it that its parent died. What
// is still there after stopLimit is ended by force.
func (f *folder) evict() error {
	deadline := time.Now().Add(stopLimit)
	for {
		left := occupants(f.data)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline.Add(killLimit)) {
			return fmt.Errorf("%s of an earlier run does not end (processes %v); end it by hand", f.name, left)
		}
		if time.Now().After(deadline) {
			for _, pid := range left {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		time.Sleep(pollEvery)
	}
}

// occupants are the processes whose working directory is dir.
func occupants(dir string) []int {
	target, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil // not there, so nobody is in it
	}
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	var pids []int
	for _, link := range links {
		// A process that ended meanwhile, or belongs to someone else, is no occupant.
		if cwd, err := os.Readlink(link); err == nil && cwd == target {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// lastLogLine is what the server said last, for an error message.
func (f *folder) lastLogLine() string {
	text, err := os.ReadFile(f.log)
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}

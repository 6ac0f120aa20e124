package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"

	"kakeru/dialer"
	"kakeru/dialer/vault/owner"
)

// openSpool opens or makes the spool in dir, for this process alone. One that waits for another ledger, or was sealed with
// another secret, is refused and left as it is.
func openSpool(dir string, seal *seal, log *slog.Logger) (*spool, error) {
	if err := owner.Folder(dir); err != nil {
		return nil, fmt.Errorf("the spool's folder cannot be made: %w", err)
	}
	path := filepath.Join(dir, spoolName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the folder comes from the settings
	if err != nil {
		return nil, fmt.Errorf("the spool cannot be opened: %w", err)
	}
	s := &spool{log: log, dir: dir, seal: seal, file: f, ends: map[dialer.CallID]bool{}, aside: map[int64]bool{}}
	if err := s.start(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return s, nil
}

func (s *spool) start(f *os.File) error {
	if err := lockSpool(f, s.dir); err != nil {
		return err
	}
	fresh, err := s.judgeHead()
	if err != nil {
		return err
	}
	if fresh {
		if err := s.writeHead(); err != nil {
			return fmt.Errorf("the spool cannot be begun: %w", err)
		}
	}
	if err := s.scan(); err != nil {
		return fmt.Errorf("the spool cannot be read: %w", err)
	}
	return nil
}

func lockSpool(f *os.File, dir string) error {
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("the spool's permissions cannot be set: %w", err)
	}
	//nolint:gosec // a file descriptor fits an int
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("the spool in %s is used by another kakeru; stop that one, or give this one another folder", dir)
	}
	return nil
}

// judgeHead reads the head and judges it. The file is fresh when nothing waits in it: it is empty, was torn while its head was
// written, or holds the head of another and no more.
func (s *spool) judgeHead() (fresh bool, err error) {
	begin := make([]byte, 4096)
	n, err := s.file.ReadAt(begin, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("the spool cannot be read: %w", err)
	}
	head, rest, whole := bytes.Cut(begin[:n], []byte("\n"))
	ours := bytes.TrimSuffix(s.seal.head, []byte("\n"))
	switch {
	case whole && bytes.Equal(head, ours):
		return false, nil
	case !whole && bytes.HasPrefix(ours, head), whole && len(rest) == 0 && bytes.HasPrefix(head, []byte(headBegins)):
		return true, nil
	case !bytes.HasPrefix(head, []byte(headBegins)):
		return false, fmt.Errorf("the spool in %s was not written by this version of kakeru and was left as it is: "+
			"start the version that wrote it once more, so that it brings what waits there to the database", s.dir)
	}
	return false, fmt.Errorf("in the spool in %s records wait for another database and were left as they are: "+
		"correct database.url, or start kakeru once with the one they belong to", s.dir)
}

func (s *spool) writeHead() error {
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	if _, err := s.file.WriteAt(s.seal.head, 0); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// syncDir makes the names in a folder outlast a power cut, as their files' contents do.
func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // the folder comes from the settings
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

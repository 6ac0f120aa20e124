package postgres

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"kakeru/dialer"
)

// spool is the file in which ends wait for the database: one record a line, synced before append returns. A record is
// taken out only by emptying the file once all of them are replayed; replaying one twice changes nothing. An end holds no
// personal data.
type spool struct {
	log  *slog.Logger
	dir  string
	mu   sync.Mutex // guards all below; held over local file operations only
	file spoolFile
	size int64 // where the next record goes
	from int64 // where the first record not yet replayed begins
	ids  map[dialer.CallID]bool
}

// spoolFile is the part of *os.File a spool needs.
type spoolFile interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
	Sync() error
	Close() error
}

const (
	spoolName    = "ends.spool"
	rejectedName = "ends.rejected"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openSpool opens or makes the spool in dir, for this process alone. A torn record at its end, the trace of a crash while
// writing, is cut off and reported; a broken one further up is set aside.
func openSpool(dir string, log *slog.Logger) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the spool's folder cannot be made: %w", err)
	}
	path := filepath.Join(dir, spoolName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the folder comes from the settings
	if err != nil {
		return nil, fmt.Errorf("the spool cannot be opened: %w", err)
	}
	if err := lockSpool(f, dir); err != nil {
		_ = f.Close()
		return nil, err
	}
	s := &spool{log: log, dir: dir, file: f, ids: map[dialer.CallID]bool{}}
	if err := s.scan(); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("the spool cannot be read: %w", err)
	}
	return s, nil
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

// scan learns what an earlier run left.
func (s *spool) scan() error {
	r := bufio.NewReader(io.NewSectionReader(s.file, 0, 1<<62))
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return s.cutTorn(line)
		}
		if err != nil {
			return err
		}
		s.size += int64(len(line))
		if e, err := decode(line); err == nil {
			s.ids[e.ID] = true
		}
	}
}

func (s *spool) cutTorn(rest []byte) error {
	if len(rest) == 0 {
		return nil
	}
	s.log.Warn("the spool's last record was torn by a crash and is cut off", "bytes", len(rest), "at", s.size)
	if err := s.file.Truncate(s.size); err != nil {
		return err
	}
	return s.file.Sync()
}

// append writes an end and syncs it. One that waits already is not written again. On error the file is as it was.
func (s *spool) append(e dialer.AttemptEnd) error {
	line, err := encode(e)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[e.ID] {
		return nil
	}
	_, err = s.file.WriteAt(line, s.size)
	if err == nil {
		err = s.file.Sync()
	}
	if err != nil {
		// Half a record must not stand before the next one.
		return errors.Join(fmt.Errorf("the spool cannot be written: %w", err), s.file.Truncate(s.size))
	}
	s.size += int64(len(line))
	s.ids[e.ID] = true
	return nil
}

func (s *spool) holds(id dialer.CallID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ids[id]
}

// depth is how many ends wait.
func (s *spool) depth() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

// spooled is a record on its way out; end is where it ends in the file.
type spooled struct {
	dialer.AttemptEnd
	end int64
}

// next reads up to limit records that wait, oldest first. Broken ones are set aside.
func (s *spool) next(limit int) ([]spooled, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []spooled
	r := bufio.NewReader(io.NewSectionReader(s.file, s.from, s.size-s.from))
	for at := s.from; len(out) < limit; {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the spool cannot be read: %w", err)
		}
		at += int64(len(line))
		e, err := decode(line)
		if err != nil {
			if err := s.setAside(line); err != nil {
				return nil, err
			}
			if len(out) == 0 {
				s.from = at
			}
			s.log.Error("a record of the spool is broken and was set aside", "file", rejectedName, "err", err)
			continue
		}
		out = append(out, spooled{e, at})
	}
	if len(out) == 0 {
		return nil, s.emptyLocked()
	}
	return out, nil
}

// done notes that records were replayed, and empties the file when they were the last.
func (s *spool) done(es ...spooled) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range es {
		s.from = e.end
		delete(s.ids, e.ID)
	}
	return s.emptyLocked()
}

func (s *spool) emptyLocked() error {
	if s.from < s.size || s.size == 0 {
		return nil
	}
	if err := s.file.Truncate(0); err != nil {
		return fmt.Errorf("the spool cannot be emptied: %w", err)
	}
	s.size, s.from = 0, 0
	clear(s.ids)
	return s.file.Sync()
}

// reject sets a record aside that the database will never take.
func (s *spool) reject(e spooled) error {
	line, err := encode(e.AttemptEnd)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.setAside(line)
}

func (s *spool) setAside(line []byte) error {
	f, err := os.OpenFile(filepath.Join(s.dir, rejectedName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // ours
	if err != nil {
		return fmt.Errorf("a record cannot be set aside: %w", err)
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.file.Close() // all that matters was synced
}

// encode writes a record: CRC-32C of the rest and its length, both fixed in width, then the end as JSON.
func encode(e dialer.AttemptEnd) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("the end cannot be written down: %w", err)
	}
	return fmt.Appendf(nil, "%08x %08x %s\n", crc32.Checksum(b, castagnoli), len(b), b), nil
}

var errBroken = errors.New("checksum or length is wrong")

func decode(line []byte) (e dialer.AttemptEnd, err error) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	var sum, length uint32
	if len(line) < 18 {
		return e, errBroken
	}
	if _, err := fmt.Sscanf(string(line[:17]), "%08x %08x", &sum, &length); err != nil {
		return e, errBroken
	}
	body := line[18:]
	if int(length) != len(body) || sum != crc32.Checksum(body, castagnoli) {
		return e, errBroken
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, errBroken
	}
	return e, nil
}

package postgres

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"kakeru/dialer"
)

// spool is the file in which what the database did not take waits for it: a head, then one sealed record a line, synced
// before append returns. A record is taken out only by emptying the file once all of them are replayed; replaying one twice
// changes nothing.
type spool struct {
	log   *slog.Logger
	dir   string
	seal  *seal
	mu    sync.Mutex // guards all below; held over local file operations only
	file  spoolFile
	size  int64 // where the next record goes
	from  int64 // where the first record not yet replayed begins
	waits int
	ends  map[dialer.CallID]bool // whose end is among them
	aside map[int64]bool         // where broken records stand that were set aside

	onAside func(of dialer.CallID) // nil: nobody is told
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

// scan learns what an earlier run left behind the head. A torn record at its end, the trace of a crash while writing, is cut
// off and reported; a broken one further up is set aside when its turn comes.
func (s *spool) scan() error {
	s.size, s.from, s.waits = s.headLen(), s.headLen(), 0
	r := bufio.NewReader(io.NewSectionReader(s.file, s.size, 1<<62))
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return s.cutTorn(line)
		}
		if err != nil {
			return err
		}
		s.size += int64(len(line))
		s.waits++
		if r, err := s.decode(line); err == nil && r.End != nil {
			s.ends[r.End.ID] = true
		}
	}
}

func (s *spool) headLen() int64 { return int64(len(s.seal.head)) }

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

// append writes a record and syncs it. An end that waits already is not written again. On error the file is as it was.
func (s *spool) append(r record) error {
	line, err := s.encode(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.End != nil && s.ends[r.End.ID] {
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
	s.waits++
	if r.End != nil {
		s.ends[r.End.ID] = true
	}
	return nil
}

// holdsEnd reports whether the end of an attempt waits.
func (s *spool) holdsEnd(id dialer.CallID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends[id]
}

// depth is how many records wait.
func (s *spool) depth() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waits
}

// spooled is a record on its way out; end is where it ends in the file.
type spooled struct {
	record
	line []byte
	end  int64
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
		began := at
		at += int64(len(line))
		rec, err := s.decode(line)
		if err == nil {
			out = append(out, spooled{rec, line, at})
			continue
		}
		if err := s.setBrokenAside(began, line, err); err != nil {
			return nil, err
		}
		if len(out) == 0 {
			s.from = at
		}
	}
	if len(out) == 0 {
		return nil, s.emptyLocked()
	}
	return out, nil
}

// setBrokenAside keeps a record that cannot be read, once however often its place is passed.
func (s *spool) setBrokenAside(at int64, line []byte, why error) error {
	if s.aside[at] {
		return nil
	}
	if err := s.setAside(line, ""); err != nil {
		return err
	}
	s.aside[at] = true
	s.waits--
	s.log.Error("a record of the spool is broken and was set aside", "file", rejectedName, "err", why)
	return nil
}

// done notes that records were replayed, and empties the file when they were the last.
func (s *spool) done(rs ...spooled) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rs {
		s.from = r.end
		s.waits--
		if r.End != nil {
			delete(s.ends, r.End.ID)
		}
	}
	return s.emptyLocked()
}

func (s *spool) emptyLocked() error {
	if s.from < s.size || s.size == s.headLen() {
		return nil
	}
	if err := s.file.Truncate(s.headLen()); err != nil {
		return fmt.Errorf("the spool cannot be emptied: %w", err)
	}
	s.size, s.from, s.waits = s.headLen(), s.headLen(), 0
	clear(s.ends)
	clear(s.aside)
	return s.file.Sync()
}

// reject sets a record aside that the database will never take, sealed as it was.
func (s *spool) reject(r spooled) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, of := r.about()
	return s.setAside(r.line, of)
}

// setAside keeps a record beside the spool, and tells who is to see to it: nothing else does, and what it says is missing from the ledger. of is its call, where
// that is known.
func (s *spool) setAside(line []byte, of dialer.CallID) error {
	f, err := os.OpenFile(filepath.Join(s.dir, rejectedName), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // ours
	if err != nil {
		return fmt.Errorf("a record cannot be set aside: %w", err)
	}
	_, err = f.Write(line)
	if err = errors.Join(err, f.Sync(), f.Close(), syncDir(s.dir)); err == nil && s.onAside != nil {
		s.onAside(of)
	}
	return err
}

func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.file.Close() // all that matters was synced
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	written    = base64.RawStdEncoding.Strict()
)

// encode writes a record as a line: CRC-32C of the rest and its length, both fixed in width, then what is sealed as base64.
func (s *spool) encode(r record) ([]byte, error) {
	sealed, err := s.seal.close(r)
	if err != nil {
		return nil, err
	}
	b := written.EncodeToString(sealed)
	return fmt.Appendf(nil, "%08x %08x %s\n", crc32.Checksum([]byte(b), castagnoli), len(b), b), nil
}

// prefixLen is the length of what stands before what is sealed.
const prefixLen = 18

func (s *spool) decode(line []byte) (record, error) {
	if len(line) <= prefixLen || line[8] != ' ' || line[prefixLen-1] != ' ' || line[len(line)-1] != '\n' {
		return record{}, errBroken
	}
	body := line[prefixLen : len(line)-1]
	sum, err1 := strconv.ParseUint(string(line[:8]), 16, 32)
	length, err2 := strconv.ParseUint(string(line[9:prefixLen-1]), 16, 32)
	if err1 != nil || err2 != nil || int(length) != len(body) || uint32(sum) != crc32.Checksum(body, castagnoli) { //nolint:gosec // parsed as 32 bits
		return record{}, errBroken
	}
	sealed, err := written.DecodeString(string(body))
	if err != nil {
		return record{}, errBroken
	}
	return s.seal.open(sealed)
}

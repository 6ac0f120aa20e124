package postgres

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"kakeru/dialer"
)

func newSpool(t testing.TB, dir string) (*spool, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := openSpool(dir, testSeal(t), slog.New(slog.NewTextHandler(&log, nil)))
	must(t, err)
	t.Cleanup(s.close)
	return s, &log
}

// testSeal is the seal of a ledger that has no database.
func testSeal(t testing.TB) *seal {
	t.Helper()
	return newSeal(testVault(t), testNow, "01935b6e-0000-7000-8000-000000000001")
}

func ended(e dialer.AttemptEnd) record { return record{End: &e} }

func anEnd() dialer.AttemptEnd { return endOf(reservation(newTarget(), noon), dialer.Answered) }

// drain reads a spool to its end, a few records at a time.
func drain(t testing.TB, s *spool) (ends []dialer.AttemptEnd) {
	t.Helper()
	for {
		batch, err := s.next(2)
		must(t, err)
		if len(batch) == 0 {
			return ends
		}
		for _, e := range batch {
			ends = append(ends, *e.End)
			must(t, s.done(e))
		}
	}
}

func TestTheSpoolKeepsEndsInOrderAcrossAKill(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSpool(t, dir)
	want := []dialer.AttemptEnd{anEnd(), anEnd(), anEnd()}
	for _, e := range append(want, want[0]) { // the last is a repeat
		must(t, s.append(ended(e)))
	}
	if s.depth() != 3 || !s.holdsEnd(want[1].ID) || s.holdsEnd("another") {
		t.Errorf("depth %d", s.depth())
	}
	info, err := os.Stat(filepath.Join(dir, spoolName))
	if must(t, err); info.Mode().Perm() != 0o600 {
		t.Errorf("permissions %v", info.Mode())
	}
	s.close() // a kill does no more
	s, _ = newSpool(t, dir)
	if got := drain(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if info, err = os.Stat(filepath.Join(dir, spoolName)); err != nil || info.Size() != s.headLen() || s.depth() != 0 {
		t.Errorf("%d bytes were left, depth %d, %v", info.Size(), s.depth(), err)
	}
}

// However a crash cuts the file, all whole records come back, and what is written next does too.
func TestATornRecordIsCutOff(t *testing.T) {
	full := t.TempDir()
	s, _ := newSpool(t, full)
	first, second, third := anEnd(), anEnd(), anEnd()
	must(t, s.append(ended(first)))
	whole := s.size
	must(t, s.append(ended(second)))
	s.close()
	b, err := os.ReadFile(filepath.Join(full, spoolName))
	must(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		at := rapid.IntRange(0, len(b)-1).Draw(rt, "cut")
		dir, err := os.MkdirTemp(full, "cut")
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, spoolName), b[:at], 0o600))
		s, log := newSpool(t, dir)
		must(t, s.append(ended(third)))
		got := drain(t, s)
		want := []dialer.AttemptEnd{third}
		if int64(at) >= whole {
			want = []dialer.AttemptEnd{first, third}
		}
		if !reflect.DeepEqual(got, want) {
			rt.Fatalf("cut at %d of %d: %d records", at, len(b), len(got))
		}
		if torn := int64(at) != whole && int64(at) > s.headLen(); torn != strings.Contains(log.String(), "torn") {
			rt.Fatalf("cut at %d: the log says %q", at, log)
		}
	})
}

func TestABrokenRecordIsSetAside(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSpool(t, dir)
	first, second := anEnd(), anEnd()
	must(t, s.append(ended(first)))
	at := s.size
	must(t, s.append(ended(anEnd())))
	must(t, s.append(ended(second)))
	s.close()
	path := filepath.Join(dir, spoolName)
	b, err := os.ReadFile(path)
	must(t, err)
	b[at+40] ^= 1
	must(t, os.WriteFile(path, b, 0o600))
	s, log := newSpool(t, dir)
	told := 0
	s.onAside = func(dialer.CallID) { told++ }
	if got := drain(t, s); !reflect.DeepEqual(got, []dialer.AttemptEnd{first, second}) || told != 1 {
		t.Errorf("%d records, told %d times", len(got), told)
	}
	aside, err := os.ReadFile(filepath.Join(dir, rejectedName))
	if must(t, err); len(aside) == 0 || !strings.Contains(log.String(), "set aside") {
		t.Errorf("%q, log %q", aside, log)
	}
}

func FuzzDecode(f *testing.F) {
	s := &spool{seal: testSeal(f)}
	line, err := s.encode(ended(anEnd()))
	must(f, err)
	f.Add(line)
	f.Add([]byte("00000000 00000000 \n"))
	f.Add([]byte("fffffff0 ffffffff {}"))
	f.Add(append([]byte("00000000 00000010 "), "AAAAAAAAAAAAAAAA\n"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Without the key nobody writes a record that can be opened.
		if r, err := s.decode(b); err == nil && !bytes.Equal(b, line) {
			t.Errorf("%+v", r)
		}
	})
}

// fullDisk takes some bytes and then no more.
type fullDisk struct {
	spoolFile
	left int
}

func (f *fullDisk) WriteAt(b []byte, at int64) (int, error) {
	if len(b) <= f.left {
		f.left -= len(b)
		return f.spoolFile.WriteAt(b, at)
	}
	n, _ := f.spoolFile.WriteAt(b[:f.left], at)
	f.left = 0
	return n, syscall.ENOSPC
}

func TestAFullDiskIsToldAndLeavesNoHalfRecord(t *testing.T) {
	s, _ := newSpool(t, t.TempDir())
	first, second := anEnd(), anEnd()
	line, err := s.encode(ended(first))
	must(t, err)
	disk := &fullDisk{s.file, len(line) + 20}
	s.file = disk
	must(t, s.append(ended(first)))
	wantErr(t, s.append(ended(second)), syscall.ENOSPC)
	if s.depth() != 1 || s.holdsEnd(second.ID) {
		t.Error("what was not written counts as kept")
	}
	disk.left = 1 << 20 // somebody made room
	must(t, s.append(ended(second)))
	if got := drain(t, s); !reflect.DeepEqual(got, []dialer.AttemptEnd{first, second}) {
		t.Errorf("%+v", got)
	}
}

func TestASpoolIsOneProcesss(t *testing.T) {
	dir := t.TempDir()
	s, _ := newSpool(t, dir)
	_, err := openSpool(dir, testSeal(t), slog.New(slog.DiscardHandler))
	oneLine(t, err, "used by another kakeru")
	s.close()
	newSpool(t, dir)
	blocked := filepath.Join(dir, "file")
	must(t, os.WriteFile(blocked, nil, 0o600))
	if _, err = openSpool(blocked, testSeal(t), slog.New(slog.DiscardHandler)); err == nil || errors.Is(err, syscall.EAGAIN) {
		t.Errorf("%v", err)
	}
}

func TestTheSpoolTakesEndsWhileItIsDrained(t *testing.T) {
	s, _ := newSpool(t, t.TempDir())
	const writers, each = 4, 50
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				if err := s.append(ended(anEnd())); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[dialer.CallID]bool{}
	finished := make(chan struct{})
	go func() { all.Wait(); close(finished) }()
	for last := false; ; {
		for _, e := range drain(t, s) {
			if seen[e.ID] {
				t.Fatal("replayed twice")
			}
			seen[e.ID] = true
		}
		if last {
			break
		}
		select {
		case <-finished:
			last = true
		default:
		}
	}
	if len(seen) != writers*each {
		t.Errorf("%d of %d", len(seen), writers*each)
	}
}

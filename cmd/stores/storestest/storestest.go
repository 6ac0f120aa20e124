package storestest

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kakeru/cmd/stores"
)

// startLimit bounds the start of a server on a busy machine.
const startLimit = time.Minute

// shared are the servers of this test process.
var shared servers

type servers struct {
	mu       sync.Mutex
	dir      *scratch
	postgres *stores.Postgres
	redis    *stores.Redis
}

// Main runs a package's tests, stops the shared servers, and fails the run when
// a goroutine is left over. It does not return. Options say which goroutines
// may stay.
func Main(m *testing.M, may ...goleak.Option) {
	code := m.Run()
	shared.stop()
	if code == 0 {
		if err := goleak.Find(may...); err != nil {
			fmt.Fprintf(os.Stderr, "goroutines left after the tests: %v\n", err)
			code = 1
		}
	}
	os.Exit(code)
}

// Dir is a folder for all tests of this process, for whatever they keep beside their servers. It goes with them.
func Dir(t testing.TB, name string) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.dir == nil {
		shared.dir = newScratch(t)
	}
	return filepath.Join(shared.dir.path, name)
}

func (s *servers) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.postgres != nil {
		s.postgres.Stop()
	}
	if s.redis != nil {
		s.redis.Stop()
	}
	s.dir.remove()
	s.postgres, s.redis, s.dir = nil, nil, nil
}

// server returns the running server that at points to, or starts it with start.
// A server that has died is started again.
func server[S interface {
	comparable
	Exited() <-chan struct{}
	Stop()
}](t testing.TB, at *S, start func(context.Context, stores.Options) (S, error),
) S {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	var none S
	if *at != none {
		select {
		case <-(*at).Exited():
			(*at).Stop() // frees its folder
		default:
			return *at
		}
	}
	if shared.dir == nil {
		shared.dir = newScratch(t)
	}
	*at = launch(t, shared.dir.path, start)
	return *at
}

func launch[S any](t testing.TB, dir string, start func(context.Context, stores.Options) (S, error)) S {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	s, err := start(ctx, stores.Options{Dir: dir, Fast: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// scratch is a temporary state directory with a short path (a socket's address
// has 107 bytes), locked while its owner lives.
type scratch struct {
	path string
	lock *os.File
}

const scratchName = "kakeru-test-"

func newScratch(t testing.TB) *scratch {
	t.Helper()
	sweep()
	dir, err := os.MkdirTemp("/tmp", scratchName)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // servers of their own lie in folders of it, and run as another user
		t.Fatal(err)
	}
	lock, err := os.Create(filepath.Join(dir, "owner"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return &scratch{dir, lock}
}

func (s *scratch) remove() {
	if s != nil {
		_ = os.RemoveAll(s.path)
		_ = s.lock.Close()
	}
}

// sweep removes what killed test runs left: scratch directories whose lock is
// free and that are old enough to be locked if they were alive.
func sweep() {
	dirs, _ := filepath.Glob(filepath.Join("/tmp", scratchName+"*"))
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := os.Open(filepath.Join(dir, "owner"))
		if err != nil {
			continue // someone else's
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}

package storestest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kakeru/cmd/stores"
)

var (
	databases atomic.Int64
	templates = template{made: map[string]bool{}}
	prepared  = folders{made: map[string]bool{}}
)

// folders remembers which prepared servers lie, stopped, in the folder of all tests.
type folders struct {
	mu   sync.Mutex
	made map[string]bool
}

// get makes the server for key the first time; other tests wait meanwhile.
func (f *folders) get(t testing.TB, key string, prepare func(*stores.Postgres) error) (dir string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	dir = Dir(t, "from-"+key)
	if f.made[dir] {
		return dir
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil { // an attempt that failed half-way is begun again
		t.Fatal(err)
	}
	pg := launch(t, dir, stores.StartPostgres)
	err := prepare(pg)
	pg.Stop()
	if err != nil {
		t.Fatalf("prepare the server %q: %v", key, err)
	}
	f.made[dir] = true
	return dir
}

// template remembers which prepared databases the shared server holds.
type template struct {
	mu     sync.Mutex
	server *stores.Postgres
	made   map[string]bool
}

// Postgres is the URL of an empty database of the shared server, dropped when
// the test is over.
func Postgres(t testing.TB) (url string) {
	t.Helper()
	return clone(t, sharedPostgres(t), "")
}

// PostgresFrom is the URL of a database of the shared server that is a copy of
// the one that prepare filled (migrations, say). prepare runs once for each key
// in a test process and must have closed its connections when it returns.
func PostgresFrom(t testing.TB, key string, prepare func(url string) error) (url string) {
	t.Helper()
	pg := sharedPostgres(t)
	return clone(t, pg, templates.get(t, pg, key, prepare))
}

// OwnPostgres starts a PostgreSQL for this test alone, to be killed or paused by
// its Pid. It has no database yet but "postgres". It is stopped with the test.
func OwnPostgres(t testing.TB) *stores.Postgres {
	t.Helper()
	dir := newScratch(t)
	t.Cleanup(dir.remove)
	pg := launch(t, dir.path, stores.StartPostgres)
	t.Cleanup(pg.Stop)
	return pg
}

// OwnPostgresFrom is OwnPostgres with the databases that prepare made: a copy of the files of a server that was stopped
// after it. prepare runs once for each key in a test process, and must have closed its connections when it returns.
func OwnPostgresFrom(t testing.TB, key string, prepare func(*stores.Postgres) error) *stores.Postgres {
	t.Helper()
	from := prepared.get(t, key, prepare)
	dir := newScratch(t)
	t.Cleanup(dir.remove)
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", "--reflink=auto", from+"/.", dir.path).CombinedOutput(); err != nil {
		t.Fatalf("copy the prepared server: %v: %s", err, out)
	}
	pg := launch(t, dir.path, stores.StartPostgres)
	t.Cleanup(pg.Stop)
	return pg
}

// TLSPostgres starts a PostgreSQL for this test alone that speaks TLS at a port of the loopback, besides its socket; it shows these
// PEM files. It is stopped with the test.
func TLSPostgres(t testing.TB, cert, key string) (pg *stores.Postgres, addr string) {
	t.Helper()
	dir := newScratch(t)
	t.Cleanup(dir.remove)
	n := stores.Network{Host: "127.0.0.1", Port: strconv.Itoa(newPort(t)), Cert: cert, Key: key}
	pg = launch(t, dir.path, func(ctx context.Context, o stores.Options) (*stores.Postgres, error) {
		o.Network = &n
		return stores.StartPostgres(ctx, o)
	})
	t.Cleanup(pg.Stop)
	return pg, net.JoinHostPort(n.Host, n.Port)
}

// RestartPostgres starts pg, which the test has killed or stopped, once more on
// the same data.
func RestartPostgres(t testing.TB, pg *stores.Postgres) *stores.Postgres {
	t.Helper()
	return PostgresLater(t, pg, 0)
}

// PostgresLater starts pg once more on the same data, by a clock that is ahead.
func PostgresLater(t testing.TB, pg *stores.Postgres, by time.Duration) *stores.Postgres {
	t.Helper()
	pg.Stop() // frees its folder if it was killed
	again := launch(t, pg.StateDir(), func(ctx context.Context, o stores.Options) (*stores.Postgres, error) {
		o.Later = by
		return stores.StartPostgres(ctx, o)
	})
	t.Cleanup(again.Stop)
	return again
}

func sharedPostgres(t testing.TB) *stores.Postgres {
	t.Helper()
	return server(t, &shared.postgres, stores.StartPostgres)
}

func clone(t testing.TB, pg *stores.Postgres, from string) (url string) {
	t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := pg.CreateDatabase(t.Context(), name, from); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := pg.DropDatabase(context.Background(), name); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return pg.URL(name)
}

// get makes the template for key the first time; other tests wait meanwhile.
func (m *template) get(t testing.TB, pg *stores.Postgres, key string, prepare func(string) error) string {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.server != pg {
		m.server, m.made = pg, map[string]bool{} // a new server holds none of them
	}
	sum := sha256.Sum256([]byte(key))
	name := "template_" + hex.EncodeToString(sum[:8])
	if m.made[name] {
		return name
	}
	if err := fill(t.Context(), pg, name, prepare); err != nil {
		t.Fatalf("prepare the template %q: %v", key, err)
	}
	m.made[name] = true
	return name
}

func fill(ctx context.Context, pg *stores.Postgres, name string, prepare func(string) error) error {
	// An attempt that failed half-way is begun again.
	if err := pg.DropDatabase(ctx, name); err != nil {
		return err
	}
	if err := pg.CreateDatabase(ctx, name, ""); err != nil {
		return err
	}
	if err := prepare(pg.URL(name)); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, pg.URL("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	// A session in the template would make every copy of it fail.
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false")
	return err
}

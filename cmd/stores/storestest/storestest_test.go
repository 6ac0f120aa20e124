package storestest_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"kakeru/cmd/stores"
	"kakeru/cmd/stores/storestest"
)

func TestMain(m *testing.M) { storestest.Main(m) }

func exec(url, sql string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

func TestEachTestHasAnEmptyDatabase(t *testing.T) {
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if err := exec(storestest.Postgres(t), "CREATE TABLE only_mine (n int)"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestTemplateIsPreparedOnce(t *testing.T) {
	var prepared atomic.Int32
	t.Run("copies", func(t *testing.T) {
		for range 4 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				url := storestest.PostgresFrom(t, "words", func(url string) error {
					prepared.Add(1)
					return exec(url, "CREATE TABLE word (w text PRIMARY KEY)")
				})
				if err := exec(url, "INSERT INTO word VALUES ('once')"); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Fatalf("prepared %d times", n)
	}
}

func TestServersOfTheirOwnBeginWithWhatWasPrepared(t *testing.T) {
	var prepared atomic.Int32
	t.Run("copies", func(t *testing.T) {
		for range 2 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				pg := storestest.OwnPostgresFrom(t, "words", func(pg *stores.Postgres) error {
					prepared.Add(1)
					return exec(pg.URL("postgres"), "CREATE TABLE word (w text PRIMARY KEY)")
				})
				if err := exec(pg.URL("postgres"), "INSERT INTO word VALUES ('once')"); err != nil {
					t.Fatal(err)
				}
			})
		}
	})
	if n := prepared.Load(); n != 1 {
		t.Fatalf("prepared %d times", n)
	}
}

func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEachTestHasAnEmptyRedis(t *testing.T) {
	a, b := client(t, storestest.Redis(t)), client(t, storestest.Redis(t))
	if err := a.Set(t.Context(), "k", "a", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n := b.Exists(t.Context(), "k").Val(); n != 0 {
		t.Fatal("two tests share a database")
	}
}

func TestOwnServersCanBeKilled(t *testing.T) {
	r := storestest.OwnRedis(t)
	pg := storestest.OwnPostgres(t)
	for _, pid := range []int{r.Pid(), pg.Pid()} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	<-r.Exited()
	<-pg.Exited()
	r, pg = storestest.RestartRedis(t, r), storestest.RestartPostgres(t, pg)
	if err := client(t, r.URL()).Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := exec(pg.URL("postgres"), "SELECT 1"); err != nil {
		t.Fatal(err)
	}
}

// What a killed test run left is removed by the next; what lives is not.
func TestLeftoversAreSwept(t *testing.T) {
	leave := func(name string) string {
		dir := filepath.Join("/tmp", "kakeru-test-"+name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		if err := os.WriteFile(filepath.Join(dir, "owner"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(dir, old, old); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	dead, alive := leave("dead"), leave("alive")
	lock, err := os.Open(filepath.Join(alive, "owner"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	storestest.OwnRedis(t)
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dead, err)
	}
	if _, err := os.Stat(alive); err != nil {
		t.Errorf("removed the directory of a living run: %v", err)
	}
}

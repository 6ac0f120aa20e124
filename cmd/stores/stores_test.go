package stores_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"kakeru/cmd/stores"
)

// ownerEnv makes this test binary, started by a test, the owner of both stores
// in the directory it names.
const ownerEnv = "KAKERU_TEST_OWNER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		ownUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

func ownUntilKilled(dir string) {
	pg, err := stores.StartPostgres(context.Background(), stores.Options{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	r, err := stores.StartRedis(context.Background(), stores.Options{Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("pids", pg.Pid(), r.Pid())
	select {}
}

// stateDir is a short, empty state directory; t.TempDir would be too long for a
// socket and closed to the servers' user.
func stateDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "kakeru-stores-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func startPostgres(t *testing.T, o stores.Options) *stores.Postgres {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	pg, err := stores.StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pg.Stop)
	return pg
}

func startRedis(t *testing.T, o stores.Options) *stores.Redis {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	r, err := stores.StartRedis(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if strings.HasPrefix(sql, "SELECT") || strings.HasPrefix(sql, "SHOW") {
		var answer string
		if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return answer
	}
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return ""
}

func redisClient(t *testing.T, r *stores.Redis) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(r.URL())
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// gone is also true of a process that ended but was not reaped: an orphan in a
// container may have no parent that does it.
func gone(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestPostgresKeepsItsDataOverARestart(t *testing.T) {
	dir := stateDir(t)
	pg := startPostgres(t, stores.Options{Dir: dir})
	if err := pg.CreateDatabase(t.Context(), "kakeru", ""); err != nil {
		t.Fatal(err)
	}
	query(t, pg.URL("kakeru"), "CREATE TABLE word (w text)")
	query(t, pg.URL("kakeru"), "INSERT INTO word VALUES ('架ける')")
	if err := pg.CreateDatabase(t.Context(), "kakeru", ""); err != nil {
		t.Fatalf("a database that is there already must be left alone: %v", err)
	}
	pg.Stop()
	pg.Stop() // a second time does nothing
	if !gone(pg.Pid()) {
		t.Fatal("the server outlived Stop")
	}

	pg = startPostgres(t, stores.Options{Dir: dir})
	if got := query(t, pg.URL("kakeru"), "SELECT w FROM word"); got != "架ける" {
		t.Fatalf("after the restart: %q", got)
	}
	if got := query(t, pg.URL("kakeru"), "SHOW fsync"); got != "on" {
		t.Fatalf("fsync is %q outside tests", got)
	}
	if got := query(t, pg.URL("kakeru"), "SHOW listen_addresses"); got != "" {
		t.Fatalf("listens on %q", got)
	}
}

func TestRedisKeepsItsDataOverARestart(t *testing.T) {
	dir := stateDir(t)
	r := startRedis(t, stores.Options{Dir: dir})
	if err := redisClient(t, r).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	r.Stop()
	r.Stop()
	if !gone(r.Pid()) {
		t.Fatal("the server outlived Stop")
	}
	r = startRedis(t, stores.Options{Dir: dir})
	if got := redisClient(t, r).Get(t.Context(), "k").Val(); got != "v" {
		t.Fatalf("after the restart: %q", got)
	}
}

func TestCopyOfATemplate(t *testing.T) {
	pg := startPostgres(t, stores.Options{Dir: stateDir(t), Fast: true})
	if err := pg.CreateDatabase(t.Context(), "mother", ""); err != nil {
		t.Fatal(err)
	}
	query(t, pg.URL("mother"), "CREATE TABLE word (w text)")
	for i := range 3 {
		name := "Child \"" + strconv.Itoa(i) // a name that needs quoting
		if err := pg.CreateDatabase(t.Context(), name, "mother"); err != nil {
			t.Fatal(err)
		}
		query(t, pg.URL(name), "INSERT INTO word VALUES ('x')")
		if err := pg.DropDatabase(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSecondStartInOneDirectoryIsRefused(t *testing.T) {
	dir := stateDir(t)
	startPostgres(t, stores.Options{Dir: dir, Fast: true})
	startRedis(t, stores.Options{Dir: dir, Fast: true})
	freeErr := stores.Free(dir)
	_, pgErr := stores.StartPostgres(t.Context(), stores.Options{Dir: dir, Fast: true})
	_, redisErr := stores.StartRedis(t.Context(), stores.Options{Dir: dir, Fast: true})
	for _, err := range []error{freeErr, pgErr, redisErr} {
		if err == nil {
			t.Fatal("a second server was started on the same data")
		}
		for _, want := range []string{dir, "already in use by process " + strconv.Itoa(os.Getpid()), "KAKERU_STATE=DIR"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	}
}

func TestFreeDirectory(t *testing.T) {
	dir := stateDir(t)
	if err := stores.Free(filepath.Join(dir, "not there")); err != nil {
		t.Fatal(err)
	}
	r := startRedis(t, stores.Options{Dir: dir, Fast: true})
	if err := stores.Free(dir); err == nil {
		t.Fatal("a directory in use was called free")
	}
	r.Stop()
	if err := stores.Free(dir); err != nil {
		t.Fatal(err)
	}
	startRedis(t, stores.Options{Dir: dir, Fast: true}) // asking holds nothing
}

func TestKillOfTheOwnerEndsTheServersAndKeepsTheData(t *testing.T) {
	dir := stateDir(t)
	owner := exec.Command(os.Args[0])
	owner.Env = append(os.Environ(), ownerEnv+"="+dir)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	var pgPid, redisPid int
	if _, err := fmt.Sscanf(line, "pids %d %d", &pgPid, &redisPid); err != nil {
		t.Fatalf("the owner said %q", line)
	}
	if gone(pgPid) || gone(redisPid) {
		t.Fatal("the servers were not there")
	}
	_ = owner.Process.Kill()
	_ = owner.Wait()

	// At once, while the servers may still be on their way out.
	pg := startPostgres(t, stores.Options{Dir: dir})
	startRedis(t, stores.Options{Dir: dir})
	if !gone(pgPid) || !gone(redisPid) {
		t.Fatal("a server outlived its owner")
	}
	query(t, pg.URL("postgres"), "SELECT 'alive'")
}

func TestKilledServerRecovers(t *testing.T) {
	dir := stateDir(t)
	pg := startPostgres(t, stores.Options{Dir: dir})
	query(t, pg.URL("postgres"), "CREATE TABLE word (w text)")
	query(t, pg.URL("postgres"), "INSERT INTO word VALUES ('kept')")
	r := startRedis(t, stores.Options{Dir: dir})
	for _, pid := range []int{pg.Pid(), r.Pid()} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	for _, exited := range []<-chan struct{}{pg.Exited(), r.Exited()} {
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			t.Fatal("Exited was not closed")
		}
	}
	pg.Stop()
	r.Stop()

	pg = startPostgres(t, stores.Options{Dir: dir})
	startRedis(t, stores.Options{Dir: dir})
	if got := query(t, pg.URL("postgres"), "SELECT w FROM word"); got != "kept" {
		t.Fatalf("after recovery: %q", got)
	}
}

// A restarted container hands out the same low process numbers again, so the
// number in a stale lock file may be alive and be someone else.
func TestStaleLockFileNamingALivingProcess(t *testing.T) {
	dir := stateDir(t)
	pg := startPostgres(t, stores.Options{Dir: dir, Fast: true})
	lockFile := filepath.Join(dir, "postgres", "postmaster.pid")
	text, err := os.ReadFile(lockFile)
	if err != nil {
		t.Fatal(err)
	}
	pg.Stop()

	r := startRedis(t, stores.Options{Dir: dir, Fast: true}) // same user as PostgreSQL
	_, rest, _ := strings.Cut(string(text), "\n")
	if err := os.WriteFile(lockFile, []byte(strconv.Itoa(r.Pid())+"\n"+rest), 0o644); err != nil {
		t.Fatal(err)
	}
	startPostgres(t, stores.Options{Dir: dir, Fast: true})
}

func TestPausedServerIsStopped(t *testing.T) {
	r := startRedis(t, stores.Options{Dir: stateDir(t), Fast: true})
	if err := syscall.Kill(r.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	r.Stop()
	if !gone(r.Pid()) {
		t.Fatal("a paused server outlived Stop")
	}
}

func TestInterruptOfOurGroupDoesNotReachTheServers(t *testing.T) {
	r := startRedis(t, stores.Options{Dir: stateDir(t), Fast: true})
	ours, err := syscall.Getpgid(0)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := syscall.Getpgid(r.Pid())
	if err != nil {
		t.Fatal(err)
	}
	if ours == theirs {
		t.Fatal("Ctrl-C would end the store before its owner")
	}
}

func TestLongStateDirectoryGetsAShortSocket(t *testing.T) {
	dir := filepath.Join(stateDir(t), strings.Repeat("long", 30))
	pg := startPostgres(t, stores.Options{Dir: dir, Fast: true})
	r := startRedis(t, stores.Options{Dir: dir, Fast: true})
	query(t, pg.URL("postgres"), "SELECT 'reached'")
	if err := redisClient(t, r).Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	socket := strings.TrimPrefix(r.URL(), "unix://")
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Dir(socket)) })
	info, err := os.Stat(filepath.Dir(socket))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("the socket's folder: %v %v", info.Mode(), err)
	}
}

func TestUnreachableStateDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root starts the stores as another user")
	}
	closed := filepath.Join(stateDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := stores.StartPostgres(t.Context(), stores.Options{Dir: filepath.Join(closed, "state")})
	if err == nil || !strings.Contains(err.Error(), closed+" is closed to others") {
		t.Fatalf("got %v", err)
	}
}

func TestDataOfAnotherMajorVersion(t *testing.T) {
	dir := stateDir(t)
	startPostgres(t, stores.Options{Dir: dir, Fast: true}).Stop()
	if err := os.WriteFile(filepath.Join(dir, "postgres", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := stores.StartPostgres(t.Context(), stores.Options{Dir: dir, Fast: true})
	if err == nil || !strings.Contains(err.Error(), "written by PostgreSQL 9") {
		t.Fatalf("got %v", err)
	}
}

func TestStartThatCannotSucceedSaysWhy(t *testing.T) {
	dir := stateDir(t)
	startPostgres(t, stores.Options{Dir: dir, Fast: true}).Stop()
	conf := filepath.Join(dir, "postgres", "postgresql.conf")
	if err := os.WriteFile(conf, []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := stores.StartPostgres(t.Context(), stores.Options{Dir: dir, Fast: true})
	if err == nil || !strings.Contains(err.Error(), "ended at its start") {
		t.Fatalf("got %v", err)
	}
}

func TestCancelledStart(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := stateDir(t)
	if _, err := stores.StartPostgres(ctx, stores.Options{Dir: dir, Fast: true}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := stores.StartRedis(ctx, stores.Options{Dir: dir, Fast: true}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	// What was given up half-way does not stand in the way of the next start.
	startPostgres(t, stores.Options{Dir: dir, Fast: true})
}

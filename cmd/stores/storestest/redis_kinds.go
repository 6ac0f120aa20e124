package storestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisServer is a Redis of a kind that needs more than a socket (a replica, a sentinel, a node of a cluster, one with TLS):
// it listens on a port of the loopback. It ends with the test.
type RedisServer struct {
	Addr string // host:port
	Dir  string

	cmd    *exec.Cmd
	exited chan struct{}
}

// StartRedis starts a Redis with these lines of configuration ("replicaof 127.0.0.1 7000"). It does not wait for it.
func StartRedis(t testing.TB, lines ...string) *RedisServer {
	t.Helper()
	return startRedis(t, newPort(t), lines)
}

// StartSentinels starts three sentinels that watch over a master by the name "kakeru" and act within a second or two.
func StartSentinels(t testing.TB, master *RedisServer, lines ...string) []*RedisServer {
	t.Helper()
	host, port, _ := net.SplitHostPort(master.Addr)
	lines = append([]string{
		fmt.Sprintf("sentinel monitor kakeru %s %s 2", host, port), "sentinel down-after-milliseconds kakeru 500",
		"sentinel failover-timeout kakeru 5000",
	}, lines...)
	all := make([]*RedisServer, 3)
	for i := range all {
		all[i] = startRedis(t, newPort(t), lines, "--sentinel")
	}
	return all
}

// StartCluster starts three masters that share the slots among them.
func StartCluster(t testing.TB, lines ...string) []*RedisServer {
	t.Helper()
	lines = append([]string{"cluster-enabled yes", "cluster-node-timeout 1000", "cluster-require-full-coverage no"}, lines...)
	all := make([]*RedisServer, 3)
	for i := range all {
		all[i] = startRedis(t, newPort(t), lines)
	}
	first := all[0].Client(t)
	for i, s := range all {
		c := s.Client(t)
		await(t, "a node of the cluster answers", func(ctx context.Context) bool { return c.Ping(ctx).Err() == nil })
		if err := c.ClusterAddSlotsRange(t.Context(), i*16384/3, (i+1)*16384/3-1).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(s.Addr)
		if err := first.ClusterMeet(t.Context(), host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range all {
		c := s.Client(t)
		await(t, "the cluster is one", func(ctx context.Context) bool {
			info := c.ClusterInfo(ctx).Val()
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_slots_ok:16384")
		})
	}
	return all
}

// Client is a plain client of this server alone, closed with the test.
func (s *RedisServer) Client(t testing.TB) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Kill ends the server as a power cut does.
func (s *RedisServer) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Signal sends a signal: syscall.SIGSTOP makes a server that hangs.
func (s *RedisServer) Signal(sig syscall.Signal) error { return s.cmd.Process.Signal(sig) }

// newPort is one that nobody has, and whose port for the cluster's bus is not beyond the last.
func newPort(t testing.TB) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		if port < 55000 {
			return port
		}
	}
	t.Fatal("no port below 55000 is free")
	return 0
}

func startRedis(t testing.TB, port int, lines []string, flags ...string) *RedisServer {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is not installed; run: sudo apt-get install redis-server")
	}
	scratch := newScratch(t)
	t.Cleanup(scratch.remove)
	config := append([]string{
		"bind 127.0.0.1", "port " + strconv.Itoa(port), "dir " + scratch.path, "save \"\"", "appendonly no", "daemonize no",
		"logfile " + filepath.Join(scratch.path, "log"), "repl-diskless-sync-delay 0",
	}, lines...)
	if len(flags) > 0 { // a sentinel takes none of what stores need
		config = append(config[:3:3], lines...)
	}
	file := filepath.Join(scratch.path, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &RedisServer{Addr: fmt.Sprintf("127.0.0.1:%d", port), Dir: scratch.path, exited: make(chan struct{})}
	s.cmd = exec.Command(program, append([]string{file}, flags...)...) //nolint:noctx // it outlives any context of the test
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.exited)
		_ = s.cmd.Wait()
	}()
	t.Cleanup(s.Kill)
	return s
}

// await polls until ok, for at most twenty seconds.
func await(t testing.TB, what string, ok func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(errors.New("never came true: " + what))
		}
	}
}

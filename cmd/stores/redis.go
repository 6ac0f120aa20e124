package stores

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// redisDatabases is how many numbered databases a private server has; tests take
// one each.
const redisDatabases = "1024"

// Redis is a running private Redis server.
type Redis struct{ *process }

// StartRedis starts Redis in o.Dir and returns when it answers, its data loaded.
// ctx bounds the start only; the server runs until Stop, or until this process
// dies. Errors are those of StartPostgres.
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	f, err := openFolder(o.Dir, "redis")
	if err != nil {
		return nil, err
	}
	r, err := startRedis(ctx, f, o)
	if err != nil {
		f.release()
		return nil, err
	}
	return r, nil
}

func startRedis(ctx context.Context, f *folder, o Options) (*Redis, error) {
	program, err := redisServer()
	if err != nil {
		return nil, err
	}
	if err := own(f.data); err != nil {
		return nil, err
	}
	socket := filepath.Join(f.run, "redis.sock")
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	appendOnly := "yes"
	if o.Fast {
		appendOnly = "no"
	}
	cmd := f.newCommand(context.WithoutCancel(ctx), syscall.SIGTERM, program,
		"--port", "0", "--unixsocket", socket, "--unixsocketperm", "700",
		"--dir", f.data, "--appendonly", appendOnly, "--save", "",
		"--databases", redisDatabases, "--daemonize", "no")
	proc, err := f.launch(cmd, o, syscall.SIGTERM)
	if err != nil {
		return nil, err
	}
	r := &Redis{proc}
	if err := r.awaitReady(ctx, r.ping); err != nil {
		r.Stop()
		return nil, err
	}
	return r, nil
}

// ping speaks the protocol by hand: a client with a pool would log each refusal
// of a server that is not up yet. While data is loaded the answer is an error.
func (r *Redis) ping(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", r.socket())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && answer != "+PONG\r\n" {
		err = fmt.Errorf("redis answers %q", answer)
	}
	return err
}

func (r *Redis) socket() string { return filepath.Join(r.folder.run, "redis.sock") }

// URL is the address of database 0 of this server, as go-redis reads it; add
// "?db=N" for another.
func (r *Redis) URL() string { return "unix://" + r.socket() }

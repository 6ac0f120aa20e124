package stores

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// process is a server that runs as our child, from start to the release of its
// folder.
type process struct {
	folder *folder
	cmd    *exec.Cmd
	stop   []syscall.Signal // in the order in which Stop tries them before SIGKILL
	exited chan struct{}    // closed when the child was reaped
	log    *slog.Logger
	once   sync.Once
}

// newCommand prepares a program to run in the folder: as the servers' user, in
// a process group of its own, ended by the kernel with sig should we die, and
// with SIGKILL when ctx ends.
func (f *folder) newCommand(ctx context.Context, sig syscall.Signal, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = f.data
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=" + f.data}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: credential(),
		Setpgid:    true,
		Pdeathsig:  sig,
	}
	return cmd
}

// launch starts cmd with its output going to the folder's log.
func (f *folder) launch(cmd *exec.Cmd, o Options, stop ...syscall.Signal) (*process, error) {
	out, err := os.OpenFile(f.log, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	p := &process{folder: f, cmd: cmd, stop: stop, exited: make(chan struct{}), log: o.logger().With("store", f.name)}
	started := make(chan error)
	go func() {
		// The kernel sends the death signal when the thread that started the child
		// ends, so that thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", f.name, err)
	}
	return p, nil
}

// awaitReady asks ready until it succeeds. It fails when the server ends, when
// ctx does, or after startLimit.
func (p *process) awaitReady(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	began := time.Now()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			p.log.Info("store started", "pid", p.Pid(), "took_ms", time.Since(began).Milliseconds())
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended at its start, saying %q; see %s", p.folder.name, p.folder.lastLogLine(), p.folder.log)
		case <-ctx.Done():
			return fmt.Errorf("%s did not become ready: %w", p.folder.name, errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

// Pid is the server's process number.
func (p *process) Pid() int { return p.cmd.Process.Pid }

// StateDir is the state directory the server was started in.
func (p *process) StateDir() string { return filepath.Dir(p.folder.data) }

// Exited is closed when the server has ended, by Stop or by itself.
func (p *process) Exited() <-chan struct{} { return p.exited }

// Stop ends the server in an orderly way, by force if it takes too long, and
// frees its folder for the next start. It returns when the server is gone, may
// be called again, and also when the server has ended by itself.
func (p *process) Stop() {
	p.once.Do(func() {
		defer p.folder.release()
		for _, sig := range p.stop {
			// A paused server cannot act on a signal before it goes on.
			_ = syscall.Kill(p.Pid(), syscall.SIGCONT)
			if p.signal(sig, stopLimit) {
				p.log.Info("store stopped")
				return
			}
		}
		p.signal(syscall.SIGKILL, killLimit)
		p.log.Info("store stopped by force")
	})
}

// signal reports whether the server is gone, waiting for it at most limit.
func (p *process) signal(sig syscall.Signal, limit time.Duration) bool {
	_ = p.cmd.Process.Signal(sig) // fails only when it has ended
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.exited:
		return true
	case <-timer.C:
		return false
	}
}

//go:build !production

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"kakeru/sip/media"
)

// rtpengine is one that runs for us alone: in user space, on ports of ours, with no settings but ours.
type rtpengine struct {
	ng    *ngClient
	cmd   *exec.Cmd
	ended chan struct{}
	dir   string
	says  bytes.Buffer // read once it has ended
	last  int          // call
}

// rtpengineStarts is how long it may take to come up.
const rtpengineStarts = 10 * time.Second

func startRTPEngine(ctx context.Context) (mediaSystem, error) {
	dir, err := os.MkdirTemp("", "kakeru-rtpengine-")
	if err != nil {
		return nil, err
	}
	r := &rtpengine{dir: dir}
	if err := r.start(ctx); err != nil {
		r.stop()
		return nil, fmt.Errorf("rtpengine: %w%s", err, r.lastWord())
	}
	return r, nil
}

func (r *rtpengine) start(ctx context.Context) error {
	settings := filepath.Join(r.dir, "rtpengine.conf") // else it reads the machine's own
	if err := os.WriteFile(settings, []byte("[rtpengine]\n"), 0o600); err != nil {
		return err
	}
	at, err := freePort()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "rtpengine", "--config-file="+settings, "--foreground", "--log-stderr", "--log-level=4", //nolint:gosec // fixed words
		"--table=-1", "--interface="+loopback.String(), "--listen-ng="+at.String(), "--pidfile="+filepath.Join(r.dir, "pid"),
		"--port-min="+strconv.Itoa(relayPortMin), "--port-max="+strconv.Itoa(relayPortMax))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stderr = &r.says
	if err := cmd.Start(); err != nil {
		return err
	}
	r.cmd, r.ended = cmd, make(chan struct{})
	ctx, gone := context.WithTimeout(ctx, rtpengineStarts)
	go func() {
		defer close(r.ended)
		defer gone()
		_ = cmd.Wait() // what it died of stands in what it says
	}()
	var files unix.Rlimit // a call takes four: it may have as many as we might
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &files) == nil {
		files.Cur = files.Max
		_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_NOFILE, &files, nil)
	}
	if r.ng, err = dialNG(at); err != nil {
		return err
	}
	return r.ng.await(ctx)
}

// freePort is a port of this machine that is free now.
func freePort() (netip.AddrPort, error) {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		return netip.AddrPort{}, err
	}
	return portOf(conn), conn.Close()
}

func (r *rtpengine) bridge(ctx context.Context, desk, customer netip.AddrPort) (toDesk, toCustomer netip.AddrPort, err error) {
	r.last++
	call := ngOrder{Command: "offer", CallID: fmt.Sprintf("bench-%d", r.last), FromTag: "desk", SDP: string(farSDP(desk))}
	if toCustomer, err = r.ng.sound(ctx, call); err != nil {
		return toDesk, toCustomer, err
	}
	call.Command, call.ToTag, call.SDP = "answer", "customer", string(farSDP(customer))
	toDesk, err = r.ng.sound(ctx, call)
	return toDesk, toCustomer, err
}

func (r *rtpengine) pid() int               { return r.cmd.Process.Pid }
func (*rtpengine) mallocs() (uint64, error) { return 0, nil }

func (r *rtpengine) stop() {
	if r.ng != nil {
		_ = r.ng.conn.Close()
	}
	if r.cmd != nil {
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
		<-r.ended
	}
	_ = os.RemoveAll(r.dir)
}

// lastWord is the last line that it has said, for an error.
func (r *rtpengine) lastWord() string {
	said := strings.TrimSpace(r.says.String())
	if said == "" {
		return ""
	}
	return ": it says " + strconv.Quote(said[strings.LastIndexByte(said, '\n')+1:])
}

// ngClient speaks rtpengine's ng protocol: a cookie, a blank and an object, each way one datagram. Objects are JSON here;
// rtpengine answers in what it was asked in.
type ngClient struct {
	conn *net.UDPConn
	last int // cookie
}

// ngNoPorts is what it says when a port cannot be opened, be it for want of files.
const ngNoPorts = "Ran out of ports"

type ngOrder struct {
	Command string `json:"command"`
	CallID  string `json:"call-id,omitempty"`
	FromTag string `json:"from-tag,omitempty"`
	ToTag   string `json:"to-tag,omitempty"`
	SDP     string `json:"sdp,omitempty"`
}

type ngReply struct {
	Result string `json:"result"`
	Reason string `json:"error-reason"`
	SDP    string `json:"sdp"`
}

func dialNG(at netip.AddrPort) (*ngClient, error) {
	conn, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(at))
	return &ngClient{conn: conn}, err
}

// An order that is not answered is sent again: rtpengine knows the cookie, and does nothing twice.
const (
	ngPatience = 500 * time.Millisecond
	ngTries    = 10
)

var errNGSilent = errors.New("does not answer on its control port")

// ask sends an order and returns the answer, if that is not an error.
func (c *ngClient) ask(ctx context.Context, o ngOrder) (ngReply, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return ngReply{}, err
	}
	c.last++
	cookie := fmt.Sprintf("%d ", c.last)
	for range ngTries {
		if err := ctx.Err(); err != nil {
			return ngReply{}, err
		}
		if _, err := c.conn.Write(append([]byte(cookie), text...)); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			return ngReply{}, err
		}
		reply, ok, err := c.answer(cookie)
		if ok || err != nil {
			return reply, err
		}
	}
	return ngReply{}, errNGSilent
}

// answer waits for the answer to a cookie; answers to others are old.
func (c *ngClient) answer(cookie string) (r ngReply, ok bool, err error) {
	buffer := make([]byte, 1<<16)
	_ = c.conn.SetReadDeadline(time.Now().Add(ngPatience))
	for {
		n, err := c.conn.Read(buffer)
		if err != nil {
			return r, false, nil //nolint:nilerr // nothing came: it is asked again
		}
		text, mine := bytes.CutPrefix(buffer[:n], []byte(cookie))
		if !mine {
			continue
		}
		if err := json.Unmarshal(text, &r); err != nil {
			return r, false, fmt.Errorf("ng: %w", err)
		}
		if r.Result == "error" && r.Reason == ngNoPorts {
			return r, false, fmt.Errorf("%w (ng: %s)", errNoSockets, r.Reason)
		}
		if r.Result == "error" {
			return r, false, fmt.Errorf("ng: %s", r.Reason)
		}
		return r, true, nil
	}
}

// await waits until there is an rtpengine that answers.
func (c *ngClient) await(ctx context.Context) error {
	for {
		r, err := c.ask(ctx, ngOrder{Command: "ping"})
		if err == nil && r.Result == "pong" {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond): // a port that nobody has refuses at once
		case <-ctx.Done():
			return errNGSilent
		}
	}
}

// sound gives rtpengine an SDP and says where what it makes of that wants its sound.
func (c *ngClient) sound(ctx context.Context, o ngOrder) (netip.AddrPort, error) {
	r, err := c.ask(ctx, o)
	if err != nil {
		return netip.AddrPort{}, err
	}
	said, err := media.Parse([]byte(r.SDP))
	return said.RTP, err
}

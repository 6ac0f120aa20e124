package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"kakeru/cmd/stores/storestest"
	"kakeru/dialer"
)

// breakage is a row of the matrix: what is broken, and how it is put right again. Between the two the fault holds for a
// random while, up to hold.
type breakage struct {
	name   string
	hold   time.Duration
	strike func(ctx context.Context, c *cell) error
	mend   func(ctx context.Context, c *cell) error
}

func nothing(context.Context, *cell) error { return nil }

func breakages() []breakage {
	return []breakage{
		{"nothing", 300 * time.Millisecond, nothing, nothing},
		{"node killed", 300 * time.Millisecond, killNode, startNode},
		{"node told to stop", 100 * time.Millisecond, stopNode, startNode},
		{"postgres killed", time.Second, killPostgres, startPostgres},
		{"postgres restarted", 10 * time.Millisecond, nothing, startPostgres},
		{"postgres hung", 2500 * time.Millisecond, hangPostgres, wakePostgres},
		{"redis killed", time.Second, killRedis, startRedis},
		{"redis flushed", 100 * time.Millisecond, flushRedis, nothing},
		{"redis hung", 2500 * time.Millisecond, hangRedis, wakeRedis},
		{"redis failed over, empty", 300 * time.Millisecond, nothing, failOver},
		{"postgres cut off", 2500 * time.Millisecond, onLedger(wire{noRequests: true, noAnswers: true}), joinLedger},
		{"postgres half cut off", 2500 * time.Millisecond, onLedger(wire{noAnswers: true}), joinLedger},
		{"postgres slow", 2500 * time.Millisecond, onLedger(wire{delay: 120 * time.Millisecond}), joinLedger},
		{"postgres breaks off", 500 * time.Millisecond, breakLedger, joinLedger},
		{"redis cut off", 2500 * time.Millisecond, onLine(wire{noRequests: true, noAnswers: true}), joinLine},
		{"redis half cut off", 2500 * time.Millisecond, onLine(wire{noAnswers: true}), joinLine},
		{"redis slow", 2500 * time.Millisecond, onLine(wire{delay: 120 * time.Millisecond}), joinLine},
		{"redis breaks off", 500 * time.Millisecond, breakLine, joinLine},
		{"carrier silent", 2 * time.Second, silenceCarrier, hearCarrier},
		{"desk phone unplugged", time.Second, unplug, plugIn},
		{"browser gone", 500 * time.Millisecond, browserGoes, browserComes},
		{"two browsers, one case", 200 * time.Millisecond, twoBrowsers, nothing},
		{"one key twice", 200 * time.Millisecond, sameKey, sameKeyAfterwards},
		{"clock set back an hour", time.Second, clockBack, clockRight},
		{diskFull, time.Second, fillDisk, emptyDisk},
	}
}

// diskFull needs a house whose PostgreSQL has a small disk of its own.
const diskFull = "postgres disk full"

func killNode(_ context.Context, c *cell) error { c.h.kill(); return nil }

func stopNode(_ context.Context, c *cell) error { return c.h.terminate() }

func startNode(_ context.Context, c *cell) error { c.h.start(); return nil }

func killPostgres(_ context.Context, c *cell) error {
	err := syscall.Kill(c.h.postgres.Pid(), syscall.SIGKILL)
	<-c.h.postgres.Exited()
	return err
}

func startPostgres(_ context.Context, c *cell) error {
	c.h.postgres = storestest.RestartPostgres(c.h.t, c.h.postgres)
	return nil
}

func hangPostgres(_ context.Context, c *cell) error {
	c.wake = c.h.pausePostgres()
	return nil
}

func wakePostgres(_ context.Context, c *cell) error { c.wake(); return nil }

func killRedis(_ context.Context, c *cell) error {
	err := syscall.Kill(c.h.redis.Pid(), syscall.SIGKILL)
	<-c.h.redis.Exited()
	return err
}

func startRedis(_ context.Context, c *cell) error {
	c.h.redis = storestest.RestartRedis(c.h.t, c.h.redis)
	return nil
}

func flushRedis(ctx context.Context, c *cell) error { return flush(ctx, c.h.redis.URL()) }

func flush(ctx context.Context, url string) error {
	o, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(o)
	return errors.Join(client.FlushAll(ctx).Err(), client.Close())
}

func hangRedis(_ context.Context, c *cell) error {
	return syscall.Kill(c.h.redis.Pid(), syscall.SIGSTOP)
}

func wakeRedis(_ context.Context, c *cell) error {
	return syscall.Kill(c.h.redis.Pid(), syscall.SIGCONT)
}

// failOver: the address answers again, and another server stands there, which has nothing.
func failOver(ctx context.Context, c *cell) error {
	if err := flush(ctx, c.h.spare.URL()); err != nil {
		return err
	}
	c.h.redis, c.h.spare = c.h.spare, c.h.redis
	c.h.lineWire.lead(redisSocket(c.h.redis))
	return nil
}

func onLedger(w wire) func(context.Context, *cell) error {
	return func(_ context.Context, c *cell) error { c.h.ledgerWire.set(w); return nil }
}

func onLine(w wire) func(context.Context, *cell) error {
	return func(_ context.Context, c *cell) error { c.h.lineWire.set(w); return nil }
}

func joinLedger(_ context.Context, c *cell) error { c.h.ledgerWire.join(c.rnd); return nil }

func joinLine(_ context.Context, c *cell) error { c.h.lineWire.join(c.rnd); return nil }

// breakLedger breaks the next answer in the middle, several times.
func breakLedger(ctx context.Context, c *cell) error { return breakOff(ctx, c, c.h.ledgerWire) }

func breakLine(ctx context.Context, c *cell) error { return breakOff(ctx, c, c.h.lineWire) }

func breakOff(ctx context.Context, c *cell, p *pipe) error {
	for range 1 + c.rnd.IntN(4) {
		p.set(wire{cutAfter: 1 + c.rnd.IntN(40)})
		if err := c.linger(ctx, 80*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func silenceCarrier(_ context.Context, c *cell) error {
	c.h.carrier.Silence(true)
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.deaf = append(c.h.deaf, span{from: time.Now(), to: time.Now().Add(time.Hour)})
	return nil
}

func hearCarrier(_ context.Context, c *cell) error {
	c.h.carrier.Silence(false)
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.deaf[len(c.h.deaf)-1].to = time.Now()
	return nil
}

func unplug(_ context.Context, c *cell) error { c.me().phone().Unplug(true); return nil }

// plugIn: the operator sees that the phone is dead and ends the call on the panel; the phone comes back without a memory.
func plugIn(ctx context.Context, c *cell) error {
	if c.call != "" {
		_ = c.me().hangUp(ctx, c.call)
	}
	return c.h.replug(c.me().n - 1)
}

// browserGoes: the browser is closed with a request under way.
func browserGoes(ctx context.Context, c *cell) error {
	gone, cancel := context.WithCancel(ctx)
	defer cancel()
	c.me().mu.Lock()
	browser := c.me().panel
	c.me().mu.Unlock()
	board := watchPanel(browser)
	defer board.close()
	path, body := "/api/calls", any(map[string]any{"desk": c.me().id(), "next": true})
	if c.call != "" {
		path, body = "/api/calls/"+c.call+"/hangup", nil
	}
	over := make(chan struct{})
	go func() { defer close(over); _ = browser.call(gone, http.MethodPost, path, body, nil) }()
	err := c.linger(ctx, 8*time.Millisecond)
	cancel()
	<-over
	browser.http.CloseIdleConnections()
	return err
}

func browserComes(ctx context.Context, c *cell) error { return c.me().signIn(ctx) }

// twoBrowsers: two people click the same case in the same instant.
func twoBrowsers(_ context.Context, c *cell) error {
	id := c.caseID
	start := make(chan struct{})
	for _, s := range c.h.desks[:2] {
		c.behind(func(ctx context.Context) {
			<-start
			_, _ = s.click(ctx, dialer.NewID(time.Now()), map[string]any{"case_id": id})
		})
	}
	close(start)
	return nil
}

// sameKey: the click comes twice more at the same time, as from a browser that did not hear of its answer.
func sameKey(_ context.Context, c *cell) error {
	if c.key == "" {
		c.key = dialer.NewID(time.Now())
	}
	for range 2 {
		c.behind(func(ctx context.Context) { _, _ = c.me().click(ctx, c.key, map[string]any{"case_id": c.caseID}) })
	}
	return nil
}

// sameKeyAfterwards: and once more when the node has been started again.
func sameKeyAfterwards(ctx context.Context, c *cell) error {
	c.h.kill()
	c.h.start()
	_ = c.me().sit(ctx)
	_, _ = c.me().click(ctx, c.key, map[string]any{"case_id": c.caseID})
	return nil
}

func clockBack(_ context.Context, c *cell) error { return c.h.clock.set(-time.Hour) }

// clockRight sets it right, and waits until the node has seen so: until then it rightly dials nothing.
func clockRight(_ context.Context, c *cell) error {
	if err := c.h.clock.set(0); err != nil {
		return err
	}
	c.h.eventually("the node sees that its clock is right", func() bool {
		return math.Abs(c.h.metric("kakeru_clock_offset_seconds")) < dialer.WardClock().Stop.Seconds()
	})
	return nil
}

// fillDisk leaves PostgreSQL no room at all.
func fillDisk(_ context.Context, c *cell) error {
	if c.h.disk == "" {
		return errors.New("this house has no disk of its own")
	}
	f, err := os.Create(filepath.Join(c.h.disk, "filler"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return nil
}

// emptyDisk makes room. PostgreSQL may have given up meanwhile; whoever looks after it starts it again.
func emptyDisk(ctx context.Context, c *cell) error {
	if err := os.Remove(filepath.Join(c.h.disk, "filler")); err != nil {
		return fmt.Errorf("the disk cannot be emptied: %w", err)
	}
	for { // it may be giving up at this very moment
		select {
		case <-c.h.postgres.Exited():
			return startPostgres(ctx, c)
		default:
		}
		if c.h.sql(ctx, "SELECT 1") == nil {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

//go:build !production

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab"
)

// benchOperators is everybody outside a house under load: phones and carrier that answer at once, operators who click when
// it is time, and one browser that reads all live frames. What it is to do comes in lines of JSON, and so does its word.
func benchOperators(ctx context.Context, std streams) error {
	phones, err := lab.NewAnswerer("127.0.0.1:0")
	if err != nil {
		return err
	}
	carrier, err := lab.NewAnswerer("127.0.0.1:0")
	if err != nil {
		return err
	}
	carrier.Keep()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	for _, a := range []*lab.Answerer{phones, carrier} {
		work.Go(func() { _ = a.Run(ctx) })
	}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(std.out)
	in.Buffer(nil, 1<<20)
	if err := out.Encode(standing{Desks: phones.Addr().String(), Carrier: carrier.Addr().String()}); err != nil {
		return err
	}
	var o orders
	if !in.Scan() {
		return nil // the house could not be made
	}
	if json.Unmarshal(in.Bytes(), &o) != nil || len(o.Logins) < 2 {
		return errors.New("`bench operators` is started by `bench calls --ledger=on`")
	}
	c := &crowd{orders: o}
	if err := c.sitDown(ctx); err != nil {
		return err
	}
	if err := out.Encode(struct{}{}); err != nil || !in.Scan() {
		return err
	}
	c.work(ctx)
	r, err := c.report(ctx)
	if err != nil {
		return err
	}
	r.Carrier = carrier.Calls()
	if err := out.Encode(r); err != nil {
		return err
	}
	in.Scan() // until the other side has heard
	return nil
}

// crowd are the operators.
type crowd struct {
	orders

	board  *panelClient
	desks  map[dialer.DeskID]*clicker
	failed atomic.Int64
	said   sync.Once
}

// sitDown seats everybody and opens the board.
func (c *crowd) sitDown(ctx context.Context) error {
	last := len(c.Logins) - 1
	// Each keeps its connection open, as a browser does.
	kept := &http.Transport{MaxIdleConnsPerHost: 2 * len(c.Logins)}
	c.desks = map[dialer.DeskID]*clicker{}
	for i, l := range c.Logins {
		panel, err := newPanelClient(c.URL)
		if err != nil {
			return err
		}
		panel.http.Transport = kept
		if err := panel.signIn(ctx, l.Login, l.Password); err != nil {
			return err
		}
		if i == last {
			c.board = panel
			break
		}
		id := dialer.DeskID(fmt.Sprintf("desk%d", i+1))
		k := &clicker{desk: id, panel: panel, frames: make(chan frame, framesKept)}
		c.desks[id] = k
		if err := k.sit(ctx); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return watchBoard(ctx, c.board, func(f frame) { c.pass(ctx, f) }, func() {
		for _, k := range c.desks {
			close(k.frames)
		}
	})
}

// pass shows a frame to the operator whose call it is of.
func (c *crowd) pass(ctx context.Context, f frame) {
	var of struct {
		Desk dialer.DeskID `json:"desk"`
	}
	if f.Type != "call" || json.Unmarshal(f.Data, &of) != nil {
		return
	}
	if k := c.desks[of.Desk]; k != nil {
		offer(ctx, k.frames, f)
	}
}

// work has calls begin at the rate: the clock, not the calls before, says when the next is due. Who is free takes it.
func (c *crowd) work(ctx context.Context) {
	due := make(chan time.Time, c.Calls)
	began := time.Now()
	for i := range c.Calls {
		due <- began.Add(time.Duration(float64(i) / c.Rate * float64(time.Second)))
	}
	close(due)
	var all sync.WaitGroup
	for _, k := range c.desks {
		all.Go(func() {
			for at := range due {
				if err := pause(ctx, time.Until(at)); err != nil {
					return
				}
				if err := c.call(ctx, k, at); err != nil {
					c.failed.Add(1)
					c.said.Do(func() { fmt.Fprintf(os.Stderr, "a call has failed: %v\n", err) })
				}
			}
		})
	}
	all.Wait()
}

var (
	errLate   = errors.New("nobody was free in time")
	errNoTalk = errors.New("it came to no talk in time")
)

// call makes one call that is due. One that nobody is free for in time counts as failed, and is not made any more.
func (c *crowd) call(ctx context.Context, k *clicker, due time.Time) error {
	if time.Since(due) > callWithin {
		return errLate
	}
	if err := k.oneCall(ctx); err != nil {
		return err
	}
	s := &k.seen[len(k.seen)-1]
	s.Clicked = due // who had to wait for a free desk has waited
	if s.Result != dialer.Answered || s.Talked.Sub(due) > callWithin {
		return errNoTalk
	}
	return nil
}

// report is what everybody has seen.
func (c *crowd) report(ctx context.Context) (reportedCalls, error) {
	r := reportedCalls{Panel: map[dialer.DeskID][]seenCall{}, Failed: int(c.failed.Load())}
	for id, k := range c.desks {
		r.Panel[id] = k.seen
	}
	month := time.Now().In(dialer.Tokyo).Format("2006-01")
	return r, c.board.call(ctx, http.MethodGet, "/api/progress?month="+month, nil, &r.Done)
}

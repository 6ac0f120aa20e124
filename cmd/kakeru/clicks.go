//go:build !production

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"kakeru/dialer"
)

// clicker is one operator at one desk, driven through HTTP and the websocket as a browser would: click, follow the call,
// hang up a talk, record its result, click again. It keeps what it saw.
type clicker struct {
	desk   dialer.DeskID
	panel  *panelClient
	frames chan frame
	seen   []seenCall
}

// seenCall is one call as the panel saw it.
type seenCall struct {
	ID      dialer.CallID
	Clicked time.Time
	Result  dialer.Result
	Counted bool
	Rang    time.Time // when the frame that said so was read; zero when none did
	Talked  time.Time
	resent  bool // the click was sent again, since the ledger had not answered the first
}

// sitDown signs in, opens the live socket and takes the desk. The socket lives until ctx is done.
func (c *clicker) sitDown(ctx context.Context, l login) error {
	if err := c.panel.signIn(ctx, l.Login, l.Password); err != nil {
		return err
	}
	c.frames = make(chan frame, framesKept)
	err := watchBoard(ctx, c.panel, func(f frame) { offer(ctx, c.frames, f) }, func() { close(c.frames) })
	if err != nil {
		return err
	}
	return c.sit(ctx)
}

// sit takes the desk.
func (c *clicker) sit(ctx context.Context) error {
	return c.panel.call(ctx, http.MethodPost, "/api/desks/"+string(c.desk)+"/sit", map[string]bool{}, nil)
}

// framesKept is how many frames wait for an operator to look.
const framesKept = 4096

// offer hands a frame on, unless ctx is done.
func offer(ctx context.Context, to chan<- frame, f frame) {
	select {
	case to <- f:
	case <-ctx.Done():
	}
}

// watchBoard opens a live socket that hands on every frame but the first, the snapshot, which it waits for. over is called
// when the socket is closed.
func watchBoard(ctx context.Context, panel *panelClient, on func(frame), over func()) error {
	first, live := make(chan frame, 1), make(chan error, 1)
	go func() {
		defer over()
		begun := false
		live <- panel.live(ctx, func(f frame) {
			if !begun {
				begun = true
				first <- f
				return
			}
			on(f)
		})
	}()
	select {
	case f := <-first:
		if f.Type != "snapshot" {
			return fmt.Errorf("the first live frame is %q", f.Type)
		}
		return nil
	case err := <-live:
		return fmt.Errorf("the live socket was closed: %w", err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work clicks for the next case until take says that there is no more to do.
func (c *clicker) work(ctx context.Context, take func() bool) error {
	for take() {
		if err := c.oneCall(ctx); err != nil {
			return fmt.Errorf("%s, call %d: %w", c.desk, len(c.seen)+1, err)
		}
	}
	return nil
}

const (
	// deskPause is how long a clicker waits when the desk is still ending its last call.
	deskPause = 10 * time.Millisecond
	// ledgerPatience is how long it clicks again while the ledger is too slow to have a call.
	ledgerPatience = 10 * time.Second
)

// again says whether a person would look at a refusal and click again: the next case is just coming to stand there, or its
// number is in a call for another of the household, or another desk had the case meanwhile, or the ledger did not take the call in
// time.
func again(refused error, since time.Time) bool {
	p := (*problem)(nil)
	if !errors.As(refused, &p) {
		return false
	}
	rule := dialer.Rule(p.Rule)
	return rule == dialer.DeskBusy || rule == dialer.NumberLocked || rule == dialer.CaseBusy ||
		rule == dialer.LedgerDown && time.Since(since) < ledgerPatience
}

func (c *clicker) oneCall(ctx context.Context) error {
	began := time.Now()
	s := seenCall{Clicked: began}
	var accepted struct {
		CallID dialer.CallID `json:"call_id"`
	}
	key := dialer.NewID(s.Clicked)
	for {
		err := c.panel.do(ctx, request{http.MethodPost, "/api/calls", map[string]any{"desk": c.desk, "next": true}, key}, &accepted)
		if err == nil {
			break
		}
		if !again(err, began) {
			return err
		}
		p := (*problem)(nil)
		s.resent = s.resent || errors.As(err, &p) && dialer.Rule(p.Rule) == dialer.LedgerDown
		if err := pause(ctx, deskPause); err != nil {
			return err
		}
		s.Clicked = time.Now()
	}
	s.ID = accepted.CallID
	if err := c.followed(ctx, &s); err != nil {
		return err
	}
	c.seen = append(c.seen, s)
	if s.Result != dialer.Answered {
		return nil
	}
	return c.panel.call(ctx, http.MethodPut, "/api/attempts/"+string(s.ID)+"/result",
		map[string]any{"party": "self", "business_results": []string{"no_commitment"}}, nil)
}

const (
	// callPatience is how long a call may take: the longest rings for half a minute.
	callPatience = 2 * time.Minute
	// resentPatience is how long a click that was sent again waits before it asks.
	resentPatience = 5 * time.Second
)

// followed follows a call to its end. A click that was sent again, since the ledger had not answered, may have found the attempt of the
// first time: the ledger took it in all the same, and it was closed without ever being a call. Then the ledger says what came of it. The
// end of any other that is never shown is an error.
func (c *clicker) followed(ctx context.Context, s *seenCall) error {
	patience := callPatience
	if s.resent {
		patience = resentPatience
	}
	short, stop := context.WithTimeout(ctx, patience)
	defer stop()
	err := c.follow(short, s)
	if err == nil || ctx.Err() != nil || short.Err() == nil {
		return err
	}
	var known struct {
		Result  dialer.Result `json:"result"`
		Counted bool          `json:"counted"`
		EndedAt *time.Time    `json:"ended_at"`
	}
	if asked := c.panel.call(ctx, http.MethodGet, "/api/attempts/"+string(s.ID), nil, &known); asked != nil {
		return errors.Join(err, asked)
	}
	switch {
	case !s.resent:
		return fmt.Errorf("%w; the ledger has it as %q, ended %v", err, known.Result, known.EndedAt)
	case known.EndedAt == nil:
		s.resent = false
		return c.followed(ctx, s)
	default:
		s.Result, s.Counted = known.Result, known.Counted
		return nil
	}
}

// follow reads frames until the call has ended, and hangs a talk up.
func (c *clicker) follow(ctx context.Context, s *seenCall) error {
	for {
		var f frame
		var ok bool
		select {
		case f, ok = <-c.frames:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the end of %s: %w", s.ID, ctx.Err())
		}
		if !ok {
			return errors.New("the live socket was closed")
		}
		if f.Type != "call" {
			continue
		}
		var v dialer.CallView
		if err := json.Unmarshal(f.Data, &v); err != nil {
			return err
		}
		if v.ID != s.ID {
			continue
		}
		if s.Rang.IsZero() && !v.RingingAt.IsZero() {
			s.Rang = f.Read
		}
		if s.Talked.IsZero() && v.State == dialer.Talking {
			s.Talked = f.Read
			if err := c.panel.call(ctx, http.MethodPost, "/api/calls/"+string(v.ID)+"/hangup", nil, nil); err != nil && !hasEnded(err) {
				return err
			}
		}
		if v.State == dialer.Ended {
			s.Result, s.Counted = v.Verdict.Result, v.Verdict.Counted
			return nil
		}
	}
}

// hasEnded: the other side hung up while we were about to.
func hasEnded(err error) bool {
	p := (*problem)(nil)
	return errors.As(err, &p) && p.Rule == "not_found"
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// takeUpTo returns a function that says yes n times, to whoever asks.
func takeUpTo(n int) func() bool {
	var taken atomic.Int64
	return func() bool { return taken.Add(1) <= int64(n) }
}

// clickAll lets every clicker work at once, until calls clicks were made.
func clickAll(ctx context.Context, all []*clicker, calls int) error {
	take := takeUpTo(calls)
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() { errs[i] = c.work(ctx, take) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

package dayclose

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"kakeru/dialer"
)

// Deps is what a Closer is made of; all fields are needed.
type Deps struct {
	Store     Store
	Returns   Returner
	Destroyer Destroyer
	Folder    Folder
	Key       ed25519.PrivateKey // signs manifests
	Keep      func() Keep        // as it holds at the moment
	Day       func() dialer.Date // the day that would be closed now
	Now       dialer.Clock
	// ClockWrong says why Now is not believed: then no close begins, and one that is under way waits.
	ClockWrong func() *dialer.Refusal
	Show       func(Close) // told of each step
	Log        *slog.Logger
}

// Closer carries closes. Its methods may be called from anywhere at once.
type Closer struct {
	d    Deps
	wake chan struct{}

	mu      sync.Mutex
	trouble string // why the close that is under way does not get on; empty while it does
}

// New makes a Closer; Run has to be called for closes to get on.
func New(d Deps) *Closer {
	if d.Keep == nil {
		d.Keep = func() Keep { return Keep{} } // everything goes the same day
	}
	return &Closer{d: d, wake: make(chan struct{}, 1)}
}

// State is what a supervisor reads before the button.
type State struct {
	Day dialer.Date // what would be closed now
	// Closed: today was closed already; Day is a day to come, and cannot be closed before.
	Closed bool
	// Ended: the contract is over; there is nothing to close any more. Ours: and what was left then may be destroyed.
	Ended, Ours bool
	Found       Found
	Under       *Close // the close that is under way
	// Trouble is why it does not get on, as the last try found; empty while it does.
	Trouble string
}

// State returns how the day and its close stand.
func (c *Closer) State(ctx context.Context) (State, error) {
	found, err := c.d.Store.Found(ctx)
	if err != nil {
		return State{}, err
	}
	newest, err := c.d.Store.Closes(ctx, 1)
	if err != nil {
		return State{}, err
	}
	s := State{Day: c.d.Day(), Found: found}
	s.Closed = isAfter(s.Day, dialer.DateOf(c.d.Now()))
	s.Ended = len(newest) > 0 && newest[0].Final && newest[0].Step == Closed // none follows it
	s.Ours = s.Ended && !newest[0].Foreign
	if len(newest) > 0 && !newest[0].Step.Over() {
		s.Under, s.Trouble = &newest[0], c.troubleNow()
	}
	return s, nil
}

// End is what a supervisor reads before the contract's end.
type End struct {
	State
	Goes Counts // what a final close would destroy now
}

// End returns how the contract's end stands. It counts all that is in custody: ask it when somebody looks, not by the clock.
func (c *Closer) End(ctx context.Context) (End, error) {
	s, err := c.State(ctx)
	if err != nil || s.Ended {
		return End{State: s}, err
	}
	goes, err := c.d.Destroyer.Doomed(ctx, Close{Day: s.Day, Upto: &s.Day, Final: true})
	return End{State: s, Goes: goes}, err
}

// Closes lists the closes there were, newest first.
func (c *Closer) Closes(ctx context.Context, limit int) ([]Close, error) {
	return c.d.Store.Closes(ctx, limit)
}

// Open opens one of a close's files, if it is as it was written; dialer.ErrNotFound when there is no such file.
func (c *Closer) Open(ctx context.Context, id string, n int) (File, *os.File, error) {
	cl, err := c.d.Store.CloseByID(ctx, id)
	if err != nil {
		return File{}, nil, err
	}
	if n < 0 || n >= len(cl.Files) {
		return File{}, nil, fmt.Errorf("the close has no file %d: %w", n, dialer.ErrNotFound)
	}
	r, err := c.d.Folder.Open(cl.Files[n])
	return cl.Files[n], r, err
}

// Begin begins the close of a day, or with final the contract's end, and has it carried on. A *NotReady says what stands in the way, a *dialer.Refusal
// (clock_off) that nobody can know which day it is.
func (c *Closer) Begin(ctx context.Context, day dialer.Date, by dialer.UserID, final bool) (Close, error) {
	if no := c.d.ClockWrong(); no != nil {
		return Close{}, no
	}
	now := c.d.Now()
	if newest, err := c.d.Store.Closes(ctx, 1); err != nil || len(newest) > 0 && newest[0].Ends() {
		return Close{}, orEnded(err)
	}
	if isAfter(day, dialer.DateOf(now)) {
		return Close{}, ErrClosed
	}
	cl := Close{
		ID: dialer.NewID(now), Day: day, Upto: c.d.Keep().Upto(day), Final: final, By: by, BegunAt: now, Moved: now, Step: Begun, Counts: Counts{}, Destroyed: Counts{},
	}
	if final {
		cl.Upto = &day
	}
	if err := c.d.Store.BeginClose(ctx, cl); err != nil {
		return Close{}, err
	}
	c.d.Log.Info("the day's close has begun", "close", cl.ID, "day", day, "final", final, "by", by)
	c.d.Show(cl)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return cl, nil
}

// orEnded is an error, or that the contract has ended.
func orEnded(err error) error {
	if err != nil {
		return err
	}
	return dialer.Refuse(dialer.ContractEnded)
}

func isAfter(a, b dialer.Date) bool { return a.String() > b.String() }

// GiveUp ends a close that has destroyed nothing yet, or that somebody has written or changed in the database; the day goes on. ErrNoWayBack when it is too late.
func (c *Closer) GiveUp(ctx context.Context, id string, by dialer.UserID) (Close, error) {
	cl, err := c.d.Store.CloseByID(ctx, id)
	if err != nil {
		return cl, err
	}
	from := cl.Step
	cl.Step, cl.Moved = GivenUp, c.d.Now()
	if !cl.MayStandFrom(from) {
		cl.Step = from
		return cl, ErrNoWayBack
	}
	if err := c.d.Store.MoveClose(ctx, cl, from); err != nil {
		return cl, err
	}
	c.d.Log.Info("the day's close was given up", "close", cl.ID, "step", from, "by", by)
	c.d.Show(cl)
	return cl, nil
}

// How long a close that does not get on is left alone before it is tried again, at first and at most.
const (
	firstWait = time.Second
	longWait  = 30 * time.Second
	// look is how often it is looked whether a close was left by a process that is gone.
	look = 10 * time.Second
)

// Run carries what is under way, also what another process left, until ctx ends.
func (c *Closer) Run(ctx context.Context) error {
	wait := firstWait
	for ctx.Err() == nil {
		err := c.carryNewest(ctx)
		switch {
		case ctx.Err() != nil: // whatever it was, it is no trouble
		case err == nil || errors.Is(err, ErrHeld):
			c.setTrouble("")
			wait = look
		default:
			c.d.Log.Error("the day's close does not get on", "err", err)
			c.setTrouble(err.Error())
			wait = min(max(2*wait, firstWait), longWait)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-c.wake:
			wait = firstWait
		}
		timer.Stop()
	}
	return nil
}

func (c *Closer) carryNewest(ctx context.Context) error {
	newest, err := c.d.Store.Closes(ctx, 1)
	if err != nil || len(newest) == 0 || newest[0].Step.Over() {
		return err
	}
	release, err := c.d.Store.HoldClose(ctx, newest[0].ID)
	if err != nil {
		return err
	}
	defer release()
	// It may have moved before it was ours.
	cl, err := c.d.Store.CloseByID(ctx, newest[0].ID)
	if err == nil && cl.Foreign {
		err = ErrForeign
	}
	for err == nil && !cl.Step.Over() {
		cl, err = c.step(ctx, cl)
	}
	return err
}

// step does what leads to the next step, and keeps that it was reached. By a clock that is not believed it does nothing: the manifests say when, and who had the
// day closed may have been shown a wrong one.
func (c *Closer) step(ctx context.Context, cl Close) (Close, error) {
	if no := c.d.ClockWrong(); no != nil {
		return cl, no
	}
	from := cl.Step
	next, err := from.after()
	if err != nil {
		return cl, err
	}
	switch next { //nolint:exhaustive // nothing leads to the first step, and a close is given up elsewhere
	case Written:
		err = c.write(ctx, &cl)
	case Signed:
		err = c.sign(ctx, &cl)
	case Destroying:
		if err = c.checkFiles(cl); err == nil {
			// Counted before it goes: half of it may be gone when a close is carried on.
			cl.Destroyed, err = c.d.Destroyer.Doomed(ctx, cl)
		}
	case Closed:
		err = c.destroy(ctx, &cl)
	}
	if err != nil {
		return cl, fmt.Errorf("on the way from %s to %s: %w", from, next, err)
	}
	cl.Step, cl.Moved = next, c.d.Now()
	if err := c.d.Store.MoveClose(ctx, cl, from); err != nil {
		return cl, err
	}
	c.d.Log.Info("the day's close gets on", "close", cl.ID, "step", next)
	c.d.Show(cl)
	return cl, nil
}

func (c *Closer) write(ctx context.Context, cl *Close) error {
	files, err := c.d.Returns.Return(ctx, *cl)
	if err != nil {
		return err
	}
	cl.Files = files
	if cl.Counts, err = c.d.Store.DayCounts(ctx, cl.Day); err != nil {
		return err
	}
	return c.checkFiles(*cl)
}

func (c *Closer) sign(ctx context.Context, cl *Close) error {
	before, err := c.previous(ctx)
	if err != nil {
		return err
	}
	m := c.manifest(*cl, kindReturn, cl.Counts, before)
	signed, err := sign(c.d.Folder, c.d.Key, kindManifest, manifestName(*cl), m)
	if err != nil {
		return err
	}
	cl.Files, cl.Manifest = append(cl.Files, signed...), signed[0].SHA256
	return nil
}

// destroy is what there is no way back from. The files were checked in the step before, and are once more: a close that comes
// back after a while may find the ward's folder gone, and then nothing may go.
func (c *Closer) destroy(ctx context.Context, cl *Close) error {
	if err := c.checkFiles(*cl); err != nil {
		return err
	}
	if err := c.d.Destroyer.Destroy(ctx, *cl); err != nil {
		return err
	}
	signed, err := sign(c.d.Folder, c.d.Key, kindReceipt, receiptName(*cl), c.manifest(*cl, kindDestruction, cl.Destroyed, cl.Manifest))
	if err != nil {
		return err
	}
	cl.Files = append(cl.Files, signed...)
	return nil
}

func (c *Closer) manifest(cl Close, kind string, counts Counts, previous string) Manifest {
	m := Manifest{
		Kind: kind, Close: cl.ID, Day: cl.Day.String(), Final: cl.Final, By: cl.By, BegunAt: cl.BegunAt.UTC(), At: c.d.Now().UTC(),
		Files: cl.Files, Counts: counts, Previous: previous,
	}
	if cl.Upto != nil {
		m.Upto = cl.Upto.String()
	}
	return m
}

// previous is the hash of the manifest before the one that is being made.
func (c *Closer) previous(ctx context.Context) (string, error) {
	last, err := c.d.Store.LastClosed(ctx)
	if errors.Is(err, dialer.ErrNotFound) {
		return "", nil
	}
	return last.Manifest, err
}

func (c *Closer) checkFiles(cl Close) error {
	for _, f := range cl.Files {
		if err := c.d.Folder.Check(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *Closer) troubleNow() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trouble
}

func (c *Closer) setTrouble(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trouble = why
}

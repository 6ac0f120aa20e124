package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kakeru/dialer"
	"kakeru/sip/lab"
)

// stage is a state of a call, as a column of the matrix: how a call is brought there. Where it lasts, the cell waits a
// random moment in it; where it passes at once, the fault strikes a random moment behind what leads there.
type stage struct {
	name  string
	reach func(*cell, context.Context) error
}

func stages() []stage {
	return []stage{
		{"presented", (*cell).toPresented},
		{"queued", (*cell).toQueued},
		{"calling desk", (*cell).toCallingDesk},
		{"before 18x", (*cell).toBeforeRinging},
		{"ringing", (*cell).toRinging},
		{"talking", (*cell).toTalking},
		{"ending", (*cell).toEnding},
		{"result owed", (*cell).toResultOwed},
	}
}

// The rows of the lab dial plan by what they are good for here.
var (
	thinks  = []string{"41", "43", "45", "47", "48", "52"} // nothing is said for half a second, or ever
	rings   = []string{"40", "44", "56", "01", "05", "12", "23", "31", "38"}
	answers = []string{"49", "50", "53", "55", "57"} // within a second, and not over by themselves
	anyRow  = append(append(append([]string{"46", "54", "60", "75", "88", "99"}, thinks...), rings...), answers...)
)

func (c *cell) me() *seat { return c.h.desks[0] }

// dial clicks for a fresh case with one of these endings. A case that a neighbour has been given meanwhile is let go.
func (c *cell) dial(ctx context.Context, endings []string) error {
	var err error
	for range 8 {
		if c.caseID, err = c.h.freshCase(ctx, c.rnd, endings); err != nil {
			return err
		}
		c.key = dialer.NewID(time.Now())
		c.call, err = c.me().click(ctx, c.key, map[string]any{"case_id": c.caseID})
		if err == nil {
			return nil
		}
		if !ruled(err, dialer.CaseBusy) && !ruled(err, dialer.NumberLocked) && !ruled(err, dialer.DeskBusy) {
			return err
		}
	}
	return err
}

// linger waits a random moment.
func (c *cell) linger(ctx context.Context, most time.Duration) error {
	return pause(ctx, time.Duration(c.rnd.Int64N(int64(most))))
}

// farEnd is the carrier's log of the cell's call.
func (c *cell) farEnd(ctx context.Context, what string, ok func(lab.CallLog) bool) error {
	var reached, over bool
	err := await(ctx, 15*time.Second, what, func() bool {
		a, err := c.h.ledger.Attempt(ctx, dialer.CallID(c.call)) // past the node
		over = err == nil && !a.EndedAt.IsZero()
		for _, l := range c.h.carrier.Calls() {
			reached = reached || err == nil && a.SIPCallID != "" && l.CallID == a.SIPCallID && ok(l)
		}
		return reached || over
	})
	if err == nil && over {
		return fmt.Errorf("it was over before: %s", what)
	}
	return err
}

func (c *cell) toPresented(ctx context.Context) error {
	var out struct {
		CaseID string `json:"case_id"`
	}
	err := c.me().call(ctx, request{method: http.MethodPost, path: "/api/desks/" + c.me().id() + "/next"}, &out)
	c.caseID = out.CaseID
	return errors.Join(err, c.linger(ctx, 100*time.Millisecond))
}

// toQueued strikes while the click is under way: what becomes of it is not waited for.
func (c *cell) toQueued(ctx context.Context) error {
	id, err := c.h.freshCase(ctx, c.rnd, anyRow)
	if err != nil {
		return err
	}
	c.caseID, c.key = id, dialer.NewID(time.Now())
	c.behind(func(ctx context.Context) { _, _ = c.me().click(ctx, c.key, map[string]any{"case_id": id}) })
	return c.linger(ctx, 25*time.Millisecond)
}

func (c *cell) toCallingDesk(ctx context.Context) error {
	before := len(c.me().phone().Calls())
	c.me().phone().SetNeverAnswer(true)
	if err := c.dial(ctx, anyRow); err != nil {
		return err
	}
	err := await(ctx, 15*time.Second, "the desk phone rings", func() bool {
		all := c.me().phone().Calls()
		return len(all) > before && !all[len(all)-1].Ringing.IsZero()
	})
	return errors.Join(err, c.linger(ctx, 100*time.Millisecond))
}

func (c *cell) toBeforeRinging(ctx context.Context) error {
	if err := c.dial(ctx, thinks); err != nil {
		return err
	}
	err := c.farEnd(ctx, "the carrier sees the INVITE", func(lab.CallLog) bool { return true })
	return errors.Join(err, c.linger(ctx, 100*time.Millisecond))
}

func (c *cell) toRinging(ctx context.Context) error {
	if err := c.dial(ctx, rings); err != nil {
		return err
	}
	err := c.farEnd(ctx, "it rings", func(l lab.CallLog) bool { return !l.Ringing.IsZero() })
	return errors.Join(err, c.linger(ctx, 300*time.Millisecond))
}

func (c *cell) toTalking(ctx context.Context) error {
	if err := c.dial(ctx, answers); err != nil {
		return err
	}
	err := c.farEnd(ctx, "they talk", func(l lab.CallLog) bool { return !l.Answered.IsZero() })
	return errors.Join(err, c.linger(ctx, 300*time.Millisecond))
}

// toEnding strikes behind the operator's hang-up, when anything may be half done.
func (c *cell) toEnding(ctx context.Context) error {
	begin := c.toRinging
	if c.rnd.IntN(2) == 0 {
		begin = c.toTalking
	}
	if err := begin(ctx); err != nil {
		return err
	}
	call := c.call
	c.behind(func(ctx context.Context) { _ = c.me().hangUp(ctx, call) })
	return c.linger(ctx, 40*time.Millisecond)
}

func (c *cell) toResultOwed(ctx context.Context) error {
	if err := c.toTalking(ctx); err != nil {
		return err
	}
	if err := c.me().hangUp(ctx, c.call); err != nil {
		return fmt.Errorf("the talk cannot be hung up: %w", err)
	}
	return await(ctx, 15*time.Second, "its result is owed", func() bool {
		d, err := c.me().look(ctx)
		return err == nil && d.State == dialer.DeskWrapUp
	})
}

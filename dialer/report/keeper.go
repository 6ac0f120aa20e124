package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kakeru/dialer"
)

// Keeper issues what is due by itself: a day's report once the day is closed or over, a month's and a fiscal year's on the 1st after.
// It keeps nothing: what was issued says what is due, so that a report that was missed while everything stood still is made as soon as
// it goes on, and two nodes make one.
type Keeper struct {
	Issuer  Issuer
	Options func(context.Context) (Options, error)
	Log     *slog.Logger

	settled map[Period]bool // what was issued whole: it need not be looked at again
}

// lookBack is how many days before today are looked at: a centre stands still at the year's end, and over a long recess.
const lookBack = 31

// Run issues what is due, now and every so often, until ctx ends.
func (k *Keeper) Run(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if n, err := k.Once(ctx); err != nil && ctx.Err() == nil {
			k.Log.Warn("the reports that are due could not be issued; they are tried again", "error", err)
		} else if n > 0 {
			k.Log.Info("reports were issued by themselves", "reports", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once issues what is due, and says how many that were.
func (k *Keeper) Once(ctx context.Context) (issued int, err error) {
	o, err := k.Options(ctx)
	if err != nil {
		return 0, err
	}
	due, err := due(o)
	if err != nil {
		return 0, err
	}
	var failed []error // one that fails keeps none of the others back
	for _, p := range due {
		done, err := k.issue(ctx, o, p)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s %s: %w", p.Kind, p.Name, err))
		}
		if done {
			issued++
		}
	}
	return issued, errors.Join(failed...)
}

// due are the periods that are over, or closed.
func due(o Options) ([]Period, error) {
	now := o.Now
	today := dialer.DateOf(now)
	var names [][2]string
	for back := lookBack; back > 0; back-- {
		names = append(names, [2]string{string(OfDay), Current(OfDay, today.At(0).AddDate(0, 0, -back))})
	}
	if o.Closed == today {
		names = append(names, [2]string{string(OfDay), today.String()})
	}
	names = append(names, [2]string{string(OfMonth), Current(OfMonth, today.At(0).AddDate(0, 0, -today.Day))})
	year, err := ParsePeriod(OfYear, Current(OfYear, now), now)
	if err != nil {
		return nil, err
	}
	names = append(names, [2]string{string(OfYear), Current(OfYear, year.Start().Add(-1))})
	out := make([]Period, len(names))
	for i, n := range names {
		if out[i], err = ParsePeriod(Kind(n[0]), n[1], now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// over is why a report that went out before its period was over goes out again.
const over = "期間終了による確定"

// issue issues a period's report, if something happened in it and none went out since it is over.
func (k *Keeper) issue(ctx context.Context, o Options, p Period) (bool, error) {
	if k.settled[p] {
		return false, nil
	}
	before, err := k.Issuer.Store.IssuedOf(ctx, p.Kind, p.Name)
	if err != nil {
		return false, err
	}
	reason := over
	if len(before) == 0 {
		reason = ""
		seen := &glance{}
		if err := k.Issuer.Ledger.Facts(ctx, p.Start(), p.End(), seen); err != nil || !seen.any {
			return false, err
		}
	} else if whole, err := k.whole(ctx, before[len(before)-1]); err != nil || whole {
		return false, err
	}
	_, err = k.Issuer.Issue(ctx, o, p, "", reason)
	var asked *AskError
	if errors.Is(err, ErrIssued) || errors.As(err, &asked) { // another node, or somebody, was first
		return false, nil
	}
	return err == nil, err
}

// whole reports whether a report went out when nothing more could come, and remembers it.
func (k *Keeper) whole(ctx context.Context, i Issued) (bool, error) {
	last, err := k.Issuer.Store.IssuedReport(ctx, i.Kind, i.Period, i.Revision)
	if err != nil {
		return false, err
	}
	was, err := last.Report()
	if err != nil || !was.Whole {
		return false, err
	}
	p, err := ParsePeriod(i.Kind, i.Period, last.At)
	if err != nil {
		return false, err
	}
	if k.settled == nil {
		k.settled = map[Period]bool{}
	}
	k.settled[p] = true
	return true, nil
}

// glance sees whether there is anything to report.
type glance struct{ any bool }

func (g *glance) Attempt(Attempt) { g.any = true }
func (g *glance) Promise(Promise) {}
func (g *glance) Payment(Payment) { g.any = true }
func (g *glance) Handoff(Handoff) { g.any = true }
func (g *glance) Number(Number)   { g.any = true }
func (g *glance) SMS(SMS)         { g.any = true }

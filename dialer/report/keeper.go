package report

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kakeru/dialer"
)

// Keeper issues what is due by itself: a day's report once the day is closed or over, a month's and a fiscal year's on the 1st after.
// It keeps nothing: what was issued says what is due, so that a report that was missed while everything stood still, however
// long, is made as soon as it goes on, and two nodes make one. It looks back over this fiscal year and the one before: a contract is
// for one. While the clock is not believed nothing is due: what was issued is frozen.
type Keeper struct {
	Issuer  Issuer
	Options func(context.Context) (Options, error)
	// ClockWrong says why the clock of the options is not believed.
	ClockWrong func() *dialer.Refusal
	Log        *slog.Logger
}

// Run issues what is due, now and every so often, until ctx ends.
func (k *Keeper) Run(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for waited := false; ; {
		n, err := k.Once(ctx)
		var wrong *dialer.Refusal
		waits := errors.As(err, &wrong) && wrong.Rule == dialer.ClockOff
		switch {
		case waits && !waited:
			k.Log.Warn("the reports that are due wait until the clock is believed", "why", wrong.EN)
		case err != nil && !waits && ctx.Err() == nil:
			k.Log.Warn("the reports that are due could not be issued; they are tried again", "error", err)
		case n > 0:
			k.Log.Info("reports were issued by themselves", "reports", n)
		}
		waited = waits
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once issues what is due, and says how many that were.
func (k *Keeper) Once(ctx context.Context) (issued int, err error) {
	if no := k.ClockWrong(); no != nil { // asked before the options are, whose time may be set right in between
		return 0, no
	}
	o, err := k.Options(ctx)
	if err != nil {
		return 0, err
	}
	waiting, err := k.waiting(ctx, o)
	if err != nil {
		return 0, err
	}
	var failed []error // one that fails keeps none of the others back
	for _, w := range waiting {
		done, err := k.issue(ctx, o, w)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s %s: %w", w.Kind, w.Name, err))
		}
		if done {
			issued++
		}
	}
	return issued, errors.Join(failed...)
}

// over is why a report that went out before its period was over goes out again.
const over = "期間終了による確定"

// waits is a period whose report is to go out, and why once more.
type waits struct {
	Period
	reason string
}

// waiting are the periods that are over, or closed, of which there is something to report, and of which no report went out since.
func (k *Keeper) waiting(ctx context.Context, o Options) ([]waits, error) {
	issued, err := k.Issuer.Store.IssuedSince(ctx, lookBack(o).At(0))
	if err != nil {
		return nil, err
	}
	type name struct {
		kind   Kind
		period string
	}
	whole := make(map[name]bool, len(issued))
	for _, i := range issued {
		whole[name{i.Kind, i.Period}] = i.Whole
	}
	periods := slices.DeleteFunc(due(o), func(p Period) bool { return whole[name{p.Kind, p.Name}] })
	looks, err := k.Issuer.Ledger.Look(ctx, periods)
	if err != nil {
		return nil, err
	}
	var out []waits
	for i, p := range periods {
		_, early := whole[name{p.Kind, p.Name}]
		switch {
		case looks[i].Open:
			k.Log.Info("a report waits for a call that has not ended", "kind", p.Kind, "period", p.Name)
		case early:
			out = append(out, waits{p, over})
		case looks[i].Any:
			out = append(out, waits{Period: p})
		}
	}
	return out, nil
}

// lookBack is the first day that is looked at.
func lookBack(o Options) dialer.Date {
	year := dialer.DateOf(o.Now)
	if year.Month < time.April {
		year.Year--
	}
	return dialer.Date{Year: year.Year - 1, Month: time.April, Day: 1}
}

// due are the periods that are over, or closed, a day before the month that it is of.
func due(o Options) []Period {
	var out []Period
	today := dialer.DateOf(o.Now).String()
	for _, kind := range Kinds {
		if kind == OfAnalysis || kind == OfPack { // those are the meeting's, and issued by who prepares it
			continue
		}
		for day := lookBack(o); day.String() <= today; {
			p, err := ParsePeriod(kind, Current(kind, day.At(0)), o.Now)
			if err != nil {
				break // it has not begun, and nor has what follows
			}
			if p.Over(o.Now) || kind == OfDay && p.From == o.Closed {
				out = append(out, p)
			}
			day = p.To
		}
	}
	return out
}

// issue issues a period's report.
func (k *Keeper) issue(ctx context.Context, o Options, w waits) (bool, error) {
	_, err := k.Issuer.Issue(ctx, o, w.Period, "", w.reason)
	var asked *AskError
	if errors.Is(err, ErrIssued) || errors.As(err, &asked) { // another node, or somebody, was first
		return false, nil
	}
	return err == nil, err
}
